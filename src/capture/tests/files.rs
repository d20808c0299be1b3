//! The files of a recording: segments, limits, names, devices, and full disks.

use super::*;

#[test]
fn segments_open_as_one_recording() {
    let folder = tempfile::tempdir().unwrap();
    let records = numbered(400, 300);
    let limits = Limits { segment_bytes: 10_000, total_bytes: None };
    let written = write(folder.path(), limits, &records).reader().snapshot();
    assert!(written.files().len() > 10);
    let opened = whole(folder.path());
    assert_eq!(forward(opened.clone()), records);
    assert_eq!(backward(opened.clone()), records);
    assert_eq!((opened.records(), opened.end()), (400, written.end()));
    assert_eq!(positions(&opened), positions(&written));
    // Links lead across segments.
    let mut cursor = Cursor::new(opened.clone());
    let all = positions(&opened);
    for (number, position) in all.iter().enumerate() {
        let previous = cursor.read(*position).unwrap().unwrap().previous;
        assert_eq!(previous, number.checked_sub(3).map(|before| all[before]));
    }
}

#[test]
fn the_limit_deletes_the_oldest_segments_and_counts_them() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { segment_bytes: 10_000, total_bytes: Some(40_000) };
    let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), limits);
    let early = Owned::data(1, vec![7; 1000]);
    writer.append(&early.record());
    writer.publish();
    let kept = writer.reader().snapshot();
    for _ in 0..199 {
        writer.append(&early.record());
        writer.publish();
    }
    let snapshot = writer.reader().snapshot();
    let left = forward(snapshot.clone()).len() as u64;
    assert_eq!(snapshot.records(), 200);
    assert_eq!(left + snapshot.records_expired(), 200);
    assert_eq!(writer.status().bytes_expired, snapshot.records_expired() * 1000);
    let on_disk: u64 =
        fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum();
    // The limit, the segment being written, and one that Windows keeps while a snapshot has it open.
    assert!((25_000..=64_000).contains(&on_disk), "{on_disk} bytes on disk");
    // New snapshots do not have the deleted records, and their positions lead to nothing.
    assert_eq!(Cursor::new(snapshot.clone()).read(Position(100)), Ok(None));
    assert_eq!(forward(kept), [early], "a snapshot keeps what it has seen");
    let mut cursor = Cursor::new(snapshot.clone());
    assert!(cursor.nearest(Position(0)).unwrap().unwrap() > snapshot.start());
}

#[test]
fn names_of_segments_keep_their_order_after_old_ones_were_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { segment_bytes: 1000, total_bytes: Some(4000) };
    let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), limits);
    let mut newest = None;
    for _ in 0..100 {
        writer.append(&Owned::data(1, vec![7; 500]).record());
        writer.publish();
        let files = writer.reader().snapshot().files();
        assert!(files.is_sorted(), "{files:?}");
        assert!(newest.as_ref() <= files.last(), "{newest:?}, then {files:?}");
        newest = files.last().cloned();
    }
}

#[test]
fn a_record_larger_than_a_segment_is_kept_whole() {
    let folder = tempfile::tempdir().unwrap();
    let records: Vec<_> = (0..5).map(|number| Owned::data(1, vec![number; 60_000])).collect();
    for segment_bytes in [0, 1, 1000] {
        let folder = folder.path().join(segment_bytes.to_string());
        let snapshot =
            write(&folder, Limits { segment_bytes, total_bytes: None }, &records).reader().snapshot();
        assert_eq!(snapshot.files().len(), 5);
        assert_eq!(forward(snapshot.clone()), records);
        assert_eq!(backward(snapshot), records);
    }
}

#[test]
fn a_single_file_ignores_the_limits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.pcapng");
    let limits = Limits { segment_bytes: 1000, total_bytes: Some(5000) };
    let mut writer = CaptureWriter::new(Destination::file(path.clone()).unwrap(), limits);
    let records: Vec<_> = (0..100).map(|number| Owned::data(1, vec![number; 200])).collect();
    for record in &records {
        writer.append(&record.record());
        writer.publish();
    }
    assert_eq!(forward(writer.reader().snapshot()), records);
    assert_eq!(forward(whole(&path)), records);
}

// Not on Windows: the full disk is /dev/full.
#[cfg(target_os = "linux")]
#[test]
fn records_lost_to_a_full_disk_are_reported_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("link.pcapng");
    // Every write to this device fails with ENOSPC.
    std::os::unix::fs::symlink("/dev/full", &path).unwrap();
    let mut writer = CaptureWriter::new(Destination::file(path.clone()).unwrap(), LIMITS);
    writer.append(&Owned::data(1, "lost").record());
    writer.publish();
    assert_eq!(writer.status().failure.as_ref().map(|f| f.kind.clone()), Some(FailureKind::DiskFull));
    assert_eq!((writer.status().records_lost, writer.status().bytes_lost), (1, 4));
    assert_eq!(writer.reader().snapshot().records(), 0);

    // A device cannot be truncated to the last whole block, which must not be an error of its own.
    writer.append(&Owned::data(1, "lost too").record());
    writer.publish();
    assert_eq!(writer.status().failure.as_ref().map(|f| f.kind.clone()), Some(FailureKind::DiskFull));
    assert_eq!((writer.status().records_lost, writer.status().bytes_lost), (2, 12));
    drop(writer);
    assert!(path.is_symlink() && fs::read_dir(folder.path()).unwrap().count() == 1);
}

// Not on Windows: its file system has no FIFOs.
#[cfg(target_os = "linux")]
#[test]
fn a_device_or_a_fifo_is_written_to_directly() {
    use std::io::Read;
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reading = std::thread::Builder::new()
        .spawn({
            let pipe = pipe.clone();
            move || {
                let mut bytes = Vec::new();
                fs::File::open(pipe).unwrap().read_to_end(&mut bytes).unwrap();
                bytes
            }
        })
        .unwrap();
    let mut writer = CaptureWriter::new(Destination::file(&pipe).unwrap(), LIMITS);
    let records = numbered(5, 100);
    for record in &records {
        writer.append(&record.record());
    }
    writer.put_in_place();
    writer.publish();
    assert_eq!(writer.status().failure, None);
    drop(writer);
    let copy = folder.path().join("copy.pcapng");
    fs::write(&copy, reading.join().unwrap()).unwrap();
    assert_eq!(forward(whole(&copy)), records);

    let mut writer = CaptureWriter::new(Destination::file("/dev/null").unwrap(), LIMITS);
    writer.append(&records[0].record());
    writer.publish();
    assert_eq!(writer.status().failure, None);
    drop(writer);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no lock and no temporary file");
}

#[test]
fn each_recording_gets_a_new_folder_that_can_be_deleted() {
    let parent = tempfile::tempdir().unwrap();
    let first = RecordingFolder::create(parent.path(), "TCP server :7788", Timestamp(5)).unwrap();
    let second = RecordingFolder::create(parent.path(), "TCP server :7788", Timestamp(5)).unwrap();
    assert_ne!(first.path(), second.path());
    let path = first.path().to_path_buf();
    first.delete().unwrap();
    assert!(!path.exists() && second.path().exists());
}

/// A program can look for unfinished recordings while another one deletes a long recording.
#[test]
fn a_recording_that_is_being_deleted_is_not_offered() {
    let parent = tempfile::tempdir().unwrap();
    let folder = RecordingFolder::create(parent.path(), "TCP server :7788", Timestamp(5)).unwrap();
    for number in 0..2000 {
        fs::write(folder.path().join(format!("{number:06}.pcapng")), "not empty").unwrap();
    }
    let path = folder.path().to_path_buf();
    let deleting = std::thread::Builder::new().spawn(move || folder.delete()).unwrap();
    while !deleting.is_finished() {
        assert!(unfinished(parent.path()).is_empty());
    }
    deleting.join().unwrap().unwrap();
    assert!(!path.exists());
}

// Not on Windows: wine deletes an open file only once it is closed, and does not report the deletion before.
#[cfg(target_os = "linux")]
#[test]
fn records_written_to_a_deleted_or_replaced_file_are_counted_as_lost() {
    for replaces in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.pcapng");
        let mut writer = CaptureWriter::new(Destination::file(path.clone()).unwrap(), LIMITS);
        writer.append(&Owned::data(1, "before").record());
        writer.publish();
        assert_eq!((writer.status().failure.clone(), writer.status().data_recorded), (None, 1));
        if replaces {
            let other = folder.path().join("other");
            fs::write(&other, "another file").unwrap();
            fs::rename(other, &path).unwrap();
        } else {
            fs::remove_file(&path).unwrap();
        }
        writer.append(&Owned::data(1, "after").record());
        writer.publish();
        let status = writer.status();
        assert_eq!(status.failure.as_ref().map(|failure| &failure.kind), Some(&FailureKind::FileDeleted));
        assert_eq!((status.records_lost, status.data_lost, status.bytes_lost), (2, 2, 11));
        assert_eq!((status.records_recorded, status.data_recorded, status.bytes_recorded), (0, 0, 0));
        assert_eq!(forward(writer.reader().snapshot()).len(), 2, "it can still be read");
        drop(writer);
        assert_eq!(fs::read(&path).ok().as_deref(), replaces.then_some(&b"another file"[..]));
    }
}

/// Wine does not report the deletion of an open file, which Windows does: here the file layer is told to.
#[test]
fn records_in_a_file_that_the_system_reports_as_deleted_are_counted_as_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.pcapng");
    let mut writer = CaptureWriter::new(Destination::file(path).unwrap(), LIMITS);
    writer.append(&Owned::data(1, "before").record());
    writer.publish();
    // A question that the system does not answer says nothing.
    writer.is_deleted = |_| Err(std::io::ErrorKind::PermissionDenied.into());
    writer.append(&Owned::data(1, "between").record());
    writer.publish();
    assert_eq!((writer.status().failure.clone(), writer.status().bytes_lost), (None, 0));
    writer.is_deleted = |_| Ok(true);
    for (payload, lost) in [("after", 18), ("and more", 26)] {
        writer.append(&Owned::data(1, payload).record());
        writer.publish();
        let status = writer.status();
        assert_eq!(status.failure.as_ref().map(|failure| &failure.kind), Some(&FailureKind::FileDeleted));
        assert_eq!((status.bytes_recorded, status.bytes_lost), (0, lost));
    }
    assert_eq!(forward(writer.reader().snapshot()).len(), 4, "it can still be read");
}

#[test]
fn a_file_system_where_no_file_has_a_name_reports_no_deletion() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), LIMITS);
    writer.is_deleted = |_| Ok(true);
    writer.append(&Owned::data(1, "kept").record());
    writer.publish();
    assert_eq!((writer.status().failure.clone(), writer.status().bytes_recorded), (None, 4));
}

/// The files of a folder are deleted; the recording goes on in it once its file is full.
#[test]
fn records_in_a_folder_that_is_reported_as_deleted_are_counted_as_lost_and_not_as_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { segment_bytes: 2000, total_bytes: Some(8000) };
    let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), limits);
    let mut appended = 0;
    let mut append = |writer: &mut CaptureWriter, records: u64| {
        for _ in 0..records {
            writer.append(&Owned::data(1, [7; 500]).record());
            writer.publish();
            appended += 1;
            let status = writer.status();
            assert_eq!(status.data_recorded + status.data_lost, appended);
            assert_eq!(status.bytes_recorded + status.bytes_lost, appended * 500);
            assert!(
                status.data_expired <= status.data_recorded && status.bytes_expired <= status.bytes_recorded
            );
        }
    };
    append(&mut writer, 30);
    assert!(writer.status().data_expired > 0);
    // As long as one of its files is there, the recording is.
    fs::remove_file(&writer.reader().snapshot().files()[0]).unwrap();
    append(&mut writer, 1);
    assert_eq!(writer.status().failure, None);
    writer.is_deleted = |_| Ok(true);
    writer.publish();
    let status = writer.status();
    assert_eq!(status.failure.as_ref().map(|failure| &failure.kind), Some(&FailureKind::FileDeleted));
    assert_eq!(status.data_lost, 31 - status.data_expired);
    let newest = |writer: &CaptureWriter| writer.reader().snapshot().files().last().cloned();
    let deleted = newest(&writer);
    append(&mut writer, 10);
    assert_ne!(newest(&writer), deleted, "a new file begins once the deleted one is full");
    let lost = writer.status().data_lost;
    // A file that is not deleted is none that was deleted.
    writer.is_deleted = |_| Ok(false);
    append(&mut writer, 60);
    let status = writer.status();
    assert_eq!((status.failure.clone(), status.data_lost), (None, lost));
    let kept = status.data_recorded - status.data_expired;
    assert_eq!(kept, forward(writer.reader().snapshot()).len() as u64);
}

// Not on Windows: wine deletes an open file only once it is closed, and does not report the deletion before.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_deleted_during_its_session_is_reported() {
    let parent = tempfile::tempdir().unwrap();
    let folder = RecordingFolder::create(parent.path(), "TCP server :7788", Timestamp(5)).unwrap();
    let mut writer = CaptureWriter::new(folder.destination(), LIMITS);
    writer.append(&Owned::data(1, "before").record());
    writer.publish();
    fs::remove_dir_all(folder.path()).unwrap();
    writer.append(&Owned::data(1, "after").record());
    writer.publish();
    let status = writer.status();
    assert_eq!(status.failure.as_ref().map(|failure| &failure.kind), Some(&FailureKind::FileDeleted));
    assert_eq!((status.data_recorded, status.data_lost, status.bytes_lost), (0, 2, 11));
    assert_eq!(forward(writer.reader().snapshot()).len(), 2, "it can still be read");
    // The next start begins anew.
    assert!(folder.restore().unwrap() && !folder.restore().unwrap());
    writer.leave_deleted();
    writer.append(&Owned::data(1, "again").record());
    writer.publish();
    let status = writer.status();
    assert_eq!((status.failure.clone(), status.data_recorded, status.data_lost), (None, 1, 2));
    assert_eq!(forward(writer.reader().snapshot()).len(), 3);
    let path = folder.path().to_owned();
    drop((writer, folder));
    let left = unfinished(path.parent().unwrap()).pop().unwrap();
    assert_eq!((left.title.as_str(), left.records), ("TCP server :7788", 1), "it is found after a crash");
}

#[test]
fn a_recording_that_is_there_goes_on_in_its_file_at_the_next_start() {
    let parent = tempfile::tempdir().unwrap();
    let folder = RecordingFolder::create(parent.path(), "TCP server :7788", Timestamp(5)).unwrap();
    let mut writer = CaptureWriter::new(folder.destination(), LIMITS);
    for payload in ["before", "after"] {
        writer.leave_deleted();
        writer.append(&Owned::data(1, payload).record());
        writer.publish();
    }
    assert_eq!(writer.reader().snapshot().files().len(), 1);
    assert_eq!(writer.status().failure, None);
}

#[test]
fn a_recording_whose_file_is_moved_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let [path, moved] = ["run.pcapng", "moved.pcapng"].map(|name| folder.path().join(name));
    let mut writer = CaptureWriter::new(Destination::file(path.clone()).unwrap(), LIMITS);
    let records = numbered(2, 100);
    writer.append(&records[0].record());
    writer.publish();
    fs::rename(&path, &moved).unwrap();
    writer.append(&records[1].record());
    writer.publish();
    assert_eq!((writer.status().failure.clone(), writer.status().records_lost), (None, 0));
    drop(writer);
    assert_eq!(forward(whole(&moved)), records);
}

// Not on Windows: its file system has no FIFOs.
#[cfg(target_os = "linux")]
#[test]
fn a_fifo_in_the_place_of_a_lock_file_refuses_the_recording_instead_of_blocking_it() {
    let folder = tempfile::tempdir().unwrap();
    let lock = folder.path().join(".run.pcapng.lock");
    assert!(std::process::Command::new("mkfifo").arg(&lock).status().unwrap().success());
    let (sender, created) = crossbeam_channel::bounded(1);
    let path = folder.path().join("run.pcapng");
    std::thread::Builder::new()
        .spawn(move || {
            let _ = sender.send(Destination::file(path).is_err());
        })
        .unwrap();
    assert_eq!(created.recv_timeout(std::time::Duration::from_secs(20)), Ok(true));
}
