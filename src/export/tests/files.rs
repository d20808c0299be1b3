//! The files that an export makes, replaces, or leaves alone.

use super::*;

#[test]
fn a_file_is_replaced_when_all_is_written_and_not_before() {
    let (folder, snapshot) = recorded(&[Made::data(1, Direction::Inbound, vec![7; 60_000])]);
    let target = folder.path().join("out.bin");
    fs::write(&target, "before").unwrap();
    let to_file = |path: &Path, is_cancelled: bool| {
        let export = Export {
            snapshot: snapshot.clone(),
            selection: Selection::All,
            format: Format::Raw,
            encodings: Encoding::Utf8.into(),
            names: PeerNames::default(),
            language: Language::English,
            // At the end: everything has been written already.
            frames: None,
            progress: &mut |done, total| match is_cancelled && done == total {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            },
        };
        export.to_file(path)
    };
    assert_eq!(to_file(&target, true), Ok(None));
    assert_eq!(fs::read(&target).unwrap(), b"before");
    assert_eq!(names_in(folder.path()), ["out.bin", "recording"]);

    let summary = to_file(&target, false).unwrap().unwrap();
    assert_eq!((summary.records, summary.payload_bytes), (1, 60_000));
    assert_eq!(summary.files, [target.as_path()]);
    assert_eq!(fs::read(&target).unwrap(), [7; 60_000]);
    assert_eq!(names_in(folder.path()), ["out.bin", "recording"]);

    let failure = to_file(&folder.path().join("missing/out.bin"), false).unwrap_err();
    assert_eq!(failure.operation, Operation::Export);
    assert!(failure.endpoint.ends_with("out.bin"), "{failure:?}");
    let failure = to_file(&folder.path().join("recording"), false).unwrap_err();
    assert!(failure.endpoint.ends_with("recording"), "{failure:?}");
    assert_eq!(names_in(folder.path()), ["out.bin", "recording"]);
}

#[test]
fn a_recording_is_not_replaced_by_an_export_of_it() {
    let (folder, snapshot) = recorded(&[Made::data(1, Direction::Inbound, "kept")]);
    let file = snapshot.files()[0].clone();
    let before = fs::read(&file).unwrap();
    // Also under another name of it.
    for path in [file.clone(), folder.path().join("recording/../recording").join(file.file_name().unwrap())] {
        let failure = of_all(&snapshot, Format::Csv, |export| export.to_file(&path)).unwrap_err();
        assert_eq!(failure.kind, FailureKind::SameFile);
    }
    assert_eq!(fs::read(&file).unwrap(), before);
}

// Not on Windows: the full disk is /dev/full, and symbolic links need a privilege there.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_failure_and_a_device_or_a_link_is_not_replaced() {
    let (folder, snapshot) = recorded(&[Made::data(1, Direction::Inbound, vec![7; 60_000])]);
    let to_file = |path: &Path| of_all(&snapshot, Format::Raw, |export| export.to_file(path));
    // Every write to this device fails with ENOSPC.
    let full = folder.path().join("full");
    std::os::unix::fs::symlink("/dev/full", &full).unwrap();
    let failure = to_file(&full).unwrap_err();
    assert_eq!(failure.kind, FailureKind::DiskFull);
    assert!(failure.endpoint.ends_with("full") && full.is_symlink());

    let (link, real) = (folder.path().join("link"), folder.path().join("real"));
    fs::write(&real, "before").unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    to_file(&link).unwrap().unwrap();
    assert!(link.is_symlink());
    assert_eq!(fs::read(&real).unwrap().len(), 60_000);
}

#[test]
fn a_recording_that_cannot_be_read_to_its_end_leaves_no_half_export() {
    let records: Vec<_> = (0..4).map(|_| Made::data(1, Direction::Inbound, vec![7; 60_000])).collect();
    let (folder, snapshot) = recorded(&records);
    let last = snapshot.files().pop().unwrap();
    fs::OpenOptions::new().write(true).open(&last).unwrap().set_len(1000).unwrap();
    for is_folder in [false, true] {
        let target = folder.path().join("out");
        let result = of_all(&snapshot, Format::Raw, |export| match is_folder {
            true => export.streams_to_folder(&target, "run"),
            false => export.to_file(&target),
        });
        assert_eq!(result.unwrap_err().operation, Operation::Read);
        assert_eq!(names_in(folder.path()), ["recording"]);
    }
}

#[test]
fn more_streams_than_files_can_be_open() {
    let streams = 3000;
    let mut records = Vec::new();
    // More than gathers in memory, with every stream in each part of it.
    for round in 0..2u8 {
        let made = |id| Made::data(1000 + id, Direction::Inbound, vec![round.wrapping_add(id as u8); 2000]);
        records.extend((0..streams).map(made));
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    let mut writer = CaptureWriter::new(Destination::file(file.clone()).unwrap(), Limits::default());
    for made in &records {
        writer.append(&made.record());
    }
    writer.publish();
    drop(writer);
    let mut told = Vec::new();
    let export = Export {
        snapshot: open(&file).unwrap().reader.snapshot(),
        selection: Selection::All,
        format: Format::Raw,
        encodings: Encoding::Utf8.into(),
        names: PeerNames::default(),
        language: Language::English,
        frames: None,
        progress: &mut |done, total| {
            told.push((done, total));
            ControlFlow::Continue(())
        },
    };
    let target = folder.path().join("raw");
    let summary = export.streams_to_folder(&target, "run").unwrap().unwrap();
    assert_eq!(summary.files.len(), streams as usize);
    for id in [0, 1, 1234, streams - 1] {
        let name = stream_file_name("run", ConnectionId(1000 + id), Direction::Inbound);
        let expected = [[id as u8; 2000], [1u8.wrapping_add(id as u8); 2000]].concat();
        assert_eq!(fs::read(target.join(name)).unwrap(), expected, "{id}");
    }
    assert!(told.is_sorted() && told.len() > 10, "{told:?}");
    assert!(told[0].0 == 0 && told.last().is_some_and(|(done, total)| done == total), "{told:?}");
}
