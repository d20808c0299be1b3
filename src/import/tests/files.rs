//! Files of every format, cut, damaged, cancelled, or of another kind.

use super::*;

#[test]
fn every_format_and_link_type_gives_the_same_records() {
    let ethernet = |tags: &'static [u8]| move |ip: &[u8]| [&[2; 12][..], tags, &[8, 0], ip].concat();
    let sll = |ip: &[u8]| [&[0; 14][..], &[8, 0], ip].concat();
    let sll2 = |ip: &[u8]| [&[8, 0][..], &[0; 18], ip].concat();
    let null = |ip: &[u8]| [&[2, 0, 0, 0][..], ip].concat();
    let raw = |ip: &[u8]| ip.to_vec();
    type Wrap<'a> = (u16, Box<dyn Fn(&[u8]) -> Vec<u8> + 'a>);
    let wraps: [Wrap<'_>; 8] = [
        (1, Box::new(ethernet(&[]))),
        (1, Box::new(ethernet(&[0x81, 0, 0, 5]))),
        (1, Box::new(ethernet(&[0x88, 0xA8, 0, 9, 0x81, 0, 0, 5]))),
        (113, Box::new(sll)),
        (276, Box::new(sll2)),
        (0, Box::new(null)),
        (101, Box::new(raw)),
        (228, Box::new(raw)),
    ];
    let mut packets = handshake(100, 900);
    packets.push(from_client("A", 101, 901, b"question"));
    packets.push(from_server("A", 901, 109, b"answer"));
    packets.push(udp(CLIENT, SERVER, b"datagram"));
    let expected = import_frames(&packets);
    assert_eq!(expected.0.connections, 2);
    assert_eq!(said(&expected.1, 1, Direction::Inbound), "question");
    assert_eq!(said(&expected.1, 1, Direction::Outbound), "answer");
    assert_eq!(said(&expected.1, 2, Direction::Inbound), "datagram");
    for (link_type, wrap) in &wraps {
        let frames: Vec<_> = packets.iter().map(|packet| wrap(packet)).collect();
        for which in 0..8 {
            let format = Format {
                is_pcapng: which & 1 > 0,
                is_big_endian: which & 2 > 0,
                is_nanos: which & 4 > 0,
                link_type: *link_type,
            };
            assert!(import_bytes(&format.file(&frames, 65_535)) == expected, "{format:?}");
        }
    }
}

#[test]
fn times_are_those_of_the_capture() {
    for which in 0..8 {
        let format =
            Format { is_pcapng: which & 1 > 0, is_big_endian: which & 2 > 0, is_nanos: which & 4 > 0, ..RAW };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("capture");
        fs::write(&path, format.file(&[udp(CLIENT, SERVER, b"1"), udp(CLIENT, SERVER, b"2")], 100)).unwrap();
        let into = folder.path().join("recording");
        import(&path, Destination::Folder(into.clone()), Language::Chinese, &mut |_| {
            ControlFlow::Continue(())
        })
        .unwrap();
        let opened = open_folder(&into).unwrap();
        let mut cursor = Cursor::new(opened.reader.snapshot());
        let last = cursor.previous(cursor.snapshot().end()).unwrap().unwrap();
        let entry = cursor.read(last).unwrap().unwrap();
        assert_eq!(entry.record.time.0, 1_700_000_000_000_001_000, "{format:?}");
        assert_eq!(entry.record.local, SocketAddr::from(SERVER));
        assert_eq!(entry.record.peer, SocketAddr::from(CLIENT));
        assert_eq!(entry.record.transport, Transport::Udp);
    }
}

#[test]
fn an_import_can_be_cancelled_and_files_of_other_kinds_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("capture");
    fs::write(&path, RAW.file(&vec![udp(CLIENT, SERVER, &[1; 1000]); 4000], 65_535)).unwrap();
    let mut calls = 0;
    let into = || Destination::Folder(folder.path().join("recording"));
    let cancelled = import(&path, into(), Language::English, &mut |progress| {
        calls += 1;
        assert!(progress.bytes_done <= progress.bytes_total);
        if calls == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!((cancelled, calls), (Ok(None), 3));
    for bytes in [&b"these are notes"[..], b"", &[0x0A, 0x0D, 0x0D, 0x0A], &[0xD4, 0xC3, 0xB2, 0xA1]] {
        fs::write(&path, bytes).unwrap();
        let go_on = &mut |_| ControlFlow::Continue(());
        let failure = import(&path, into(), Language::English, go_on).unwrap_err();
        assert_eq!(failure.kind, FailureKind::NoCapture, "{bytes:?}");
    }
    fs::write(&path, b"these are notes").unwrap();
    assert_eq!(sniff(&path).unwrap_err().kind, FailureKind::NoCapture);
    // What was imported is a recording, not a capture.
    fs::write(&path, RAW.file(&[udp(CLIENT, SERVER, b"x")], 100)).unwrap();
    let own = folder.path().join("own.pcapng");
    let go_on = &mut |_| ControlFlow::Continue(());
    import(&path, Destination::file(own.clone()).unwrap(), Language::English, go_on).unwrap();
    assert_eq!(sniff(&own), Ok(FileKind::Recording));
}

// Not on Windows: the full disk is made with RLIMIT_FSIZE.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_an_import_and_nobody_is_told_to_wait() {
    let folder = tempfile::tempdir().unwrap();
    let (path, into) = (folder.path().join("capture"), folder.path().join("full.pcapng"));
    fs::write(&path, RAW.file(&handshake(0, 0), 65_535)).unwrap();
    // Every write to this device fails with ENOSPC.
    std::os::unix::fs::symlink("/dev/full", &into).unwrap();
    let go_on = &mut |_| ControlFlow::Continue(());
    let failure = import(&path, Destination::file(into).unwrap(), Language::English, go_on).unwrap_err();
    let text = crate::lang::explain(Language::English.words(), &failure);
    assert!(text.contains("full.pcapng") && text.contains("the disk is full"), "{text}");
    assert!(!text.contains("session"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_bytes_make_importing_panic(
        mut bytes in prop::collection::vec(any::<u8>(), 0..300),
        which in 0..4,
        link_type in prop::sample::select(vec![0u16, 1, 101, 113, 276]),
    ) {
        let format = Format { is_pcapng: which & 1 > 0, is_big_endian: which & 2 > 0, link_type, ..RAW };
        let whole = format.file(&[bytes.clone()], 300);
        let start = format.file(&[], 300);
        for file in [whole, { let mut file = start; file.append(&mut bytes); file }] {
            import_bytes(&file);
        }
    }
}
