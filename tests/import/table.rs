//! Captures made packet by packet (`cases`), compared byte for byte with a reassembly that shares no code with the
//! program: `reassemble.py`.
//!
//! Not on Windows: wine has no Python, and importing does not depend on the system.

use super::cases::cases;
use super::tshark::Conversation;
use super::{pcap_of, read};
use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

/// What `reassemble.py` finds of a half.
struct Half {
    bytes: Vec<u8>,
    missing: i64,
    /// The number of bytes that were captured again with another value.
    differing: u64,
    /// Bytes that are not part of the stream.
    outside: Vec<u8>,
}

/// What `reassemble.py` finds, by file, source and destination.
fn reassembled(paths: &[String]) -> BTreeMap<(String, String, String), Half> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/import/reassemble.py");
    let output = Command::new("python3").arg(script).args(paths).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8(output.stdout).unwrap();
    let half = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| line[key].as_str().unwrap().to_owned();
        let bytes = |key: &str| {
            let hex = text(key);
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
        };
        let half = Half {
            bytes: bytes("bytes"),
            missing: line["missing"].as_i64().unwrap(),
            differing: line["differing"].as_u64().unwrap(),
            outside: bytes("outside"),
        };
        ((text("file"), text("source"), text("destination")), half)
    };
    told.lines().map(half).collect()
}

#[test]
fn imports_agree_with_an_independent_reassembly() {
    let folder = tempfile::tempdir().unwrap();
    let cases = cases();
    assert!(cases.len() >= 40, "{}", cases.len());
    let mut paths = Vec::new();
    for (number, (_, packets)) in cases.iter().enumerate() {
        let path = folder.path().join(format!("{number}.pcap"));
        let frames = packets.iter().map(|packet| (&packet.frame[..packet.captured], packet.frame.len()));
        fs::write(&path, pcap_of(frames)).unwrap();
        paths.push(path.display().to_string());
    }
    let expected = reassembled(&paths);
    let mut differences = Vec::new();
    for ((name, _), path) in cases.iter().zip(&paths) {
        let found = read(Path::new(path));
        let (mut missing, mut differing) = (0, 0);
        for ((_, source, destination), expected) in expected
            .range((path.clone(), String::new(), String::new())..)
            .take_while(|((file, ..), _)| file == path)
        {
            missing += expected.missing;
            differing += expected.differing;
            let address = |text: &str| {
                let (ip, port) = text.split_once(' ').unwrap();
                SocketAddr::new(ip.parse().unwrap(), port.parse().unwrap())
            };
            // Connections are named by their client's address, and each case has one server.
            let said = |conversations: &BTreeMap<SocketAddr, Conversation>| match (
                conversations.get(&address(source)),
                conversations.get(&address(destination)),
            ) {
                (Some((said, _)), _) | (None, Some((_, said))) => said.clone(),
                (None, None) => Vec::new(),
            };
            for (place, found, expected) in [
                ("in the stream", said(&found.conversations), &expected.bytes),
                ("outside", said(&found.outside), &expected.outside),
            ] {
                if found != *expected {
                    let show = |bytes: &[u8]| {
                        format!("{} bytes, {}", bytes.len(), bytes[..bytes.len().min(60)].escape_ascii())
                    };
                    let (found, expected) = (show(&found), show(expected));
                    differences.push(format!("{name}, {source}, {place}: {found} instead of {expected}"));
                }
            }
        }
        let imported = found.imported;
        if imported.missing_bytes as i64 != missing {
            differences.push(format!("{name}: {} missing instead of {missing}", imported.missing_bytes));
        }
        if (imported.differing_bytes, imported.uncompared_bytes) != (differing, 0) {
            differences
                .push(format!("{name}: {} differing instead of {differing}", imported.differing_bytes));
        }
        assert_eq!(imported.failure, None, "{name}");
    }
    assert!(differences.is_empty(), "{} of {}:\n{}", differences.len(), cases.len(), differences.join("\n"));
}
