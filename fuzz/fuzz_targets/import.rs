//! Any bytes as a capture of another program: importing gives records or an error, never a panic, within its memory
//! bounds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::ops::ControlFlow;
use wirelab::capture::{Cursor, Destination, open_folder};
use wirelab::import::{FileKind, import, sniff};
use wirelab::lang::Language;

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    let path = folder.path().join("any");
    std::fs::write(&path, bytes).unwrap();
    let into = folder.path().join("recording");
    let go_on = &mut |_| ControlFlow::Continue(());
    let result = import(&path, Destination::Folder(into.clone()), Language::English, go_on);
    if sniff(&path) == Ok(FileKind::Capture)
        && let Ok(Some(imported)) = result
        && imported.records > 0
    {
        let mut opened = open_folder(&into).unwrap();
        assert_eq!(opened.indexing.wait().failure, None);
        let snapshot = opened.reader.snapshot();
        assert_eq!(snapshot.records(), imported.records);
        let mut cursor = Cursor::new(snapshot);
        let mut at = cursor.snapshot().start();
        let mut records = 0;
        while let Some(position) = cursor.next(at).unwrap() {
            at = cursor.read(position).unwrap().unwrap().end;
            records += 1;
        }
        assert_eq!(records, imported.records);
    }
});
