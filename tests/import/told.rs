//! What `show` says on standard error about a capture.

use super::{CLIENT, SERVER, pcap, segment};
use std::fs;
use std::process::Command;

/// Runs `show` on a capture; returns its exit code, what it prints, and its messages.
fn show(capture: &[u8]) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("capture");
    fs::write(&path, capture).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_wirelab")).arg("show").arg(&path).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn bytes_captured_again_with_other_content_are_reported() {
    let frames = [&b"true"[..], b"twin"].map(|bytes| segment(CLIENT, SERVER, "A", 1, 1, bytes));
    let (code, shown, told) = show(&pcap(&frames));
    assert!(shown.contains("true"), "{shown}");
    let expected = "Captured again with different content: 3 bytes. What was captured first is shown.\n";
    assert!(code == Some(0) && told.ends_with(expected), "{code:?} {told}");
}

#[test]
fn simple_packets_without_an_interface_are_reported_as_damage() {
    let block = |kind: u32, body: &[u8]| {
        let length = (body.len() as u32 + 12).to_le_bytes();
        [&kind.to_le_bytes()[..], &length, body, &length].concat()
    };
    let section = [&0x1A2B_3C4D_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xFF; 8]].concat();
    let packet = [&20u32.to_le_bytes()[..], &[0x45; 20]].concat();
    let (code, shown, told) = show(&[block(0x0A0D_0D0A, &section), block(3, &packet)].concat());
    assert_eq!((code, shown.as_str()), (Some(2), ""));
    assert!(told.starts_with("Damaged and left out: 36 bytes"), "{told}");
}
