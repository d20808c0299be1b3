//! Any bytes as a recording: opening, indexing and walking it gives records or an error, never a panic, and takes no
//! more memory than the file's size and one buffer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::io::Write;
use std::ops::ControlFlow;
use wirelab::capture::{Cursor, Position, Snapshot, open, save};

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    let path = folder.path().join("any.pcapng");
    std::fs::File::create(&path).unwrap().write_all(bytes).unwrap();
    let Ok(mut opened) = open(&path) else { return };
    assert!(opened.ignored_bytes <= bytes.len() as u64);
    walk(opened.reader.snapshot(), bytes.len());
    opened.set_bookmark(Position(bytes.len() as u64 / 2), Some("note"));
    let progress = opened.indexing.wait();
    let snapshot = opened.reader.snapshot();
    assert!(snapshot.records() <= bytes.len() as u64);
    walk(snapshot.clone(), bytes.len());
    let saved = save(&snapshot, &folder.path().join("saved.pcapng"), &mut |_, _| ControlFlow::Continue(()));
    assert!(saved.is_ok(), "{saved:?} of {progress:?}");
});

fn walk(snapshot: Snapshot, length: usize) {
    let mut cursor = Cursor::new(snapshot);
    let mut at = cursor.snapshot().start();
    while let Ok(Some(position)) = cursor.next(at) {
        let Ok(Some(entry)) = cursor.read(position) else { panic!("a record that cannot be read") };
        assert!(entry.end > position && entry.position == position);
        assert!(entry.record.payload.len() <= length && entry.record.text.len() <= length);
        at = entry.end;
        if let Some(previous) = entry.previous {
            assert!(previous < position);
            // In a damaged file it may lead anywhere.
            let _ = cursor.read(previous);
        }
    }
    let mut at = cursor.snapshot().end();
    while let Ok(Some(position)) = cursor.previous(at) {
        assert!(position < at);
        at = position;
    }
    for target in [0, length as u64 / 2, length as u64, u64::MAX] {
        if let Ok(Some(found)) = cursor.nearest(Position(target)) {
            assert!(cursor.read(found).is_ok());
        }
    }
}
