//! Captures made packet by packet (`cases`), compared byte for byte with a reassembly that shares no code with the
//! program: `reassemble.py`.
//!
//! Not on Windows: wine has no Python, and importing does not depend on the system.

use super::cases::{Packet, c, cases, s, shake};
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

/// Writes captures, and returns their paths.
fn write_captures<'a>(folder: &Path, captures: impl Iterator<Item = &'a Vec<Packet>>) -> Vec<String> {
    let write = |(number, packets): (usize, &Vec<Packet>)| {
        let path = folder.join(format!("{number}.pcap"));
        let frames = packets.iter().map(|packet| (&packet.frame[..packet.captured], packet.frame.len()));
        fs::write(&path, pcap_of(frames)).unwrap();
        path.display().to_string()
    };
    captures.enumerate().map(write).collect()
}

#[test]
fn imports_agree_with_an_independent_reassembly() {
    let folder = tempfile::tempdir().unwrap();
    let cases = cases();
    assert!(cases.len() >= 40, "{}", cases.len());
    let paths = write_captures(folder.path(), cases.iter().map(|(_, packets)| packets));
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

/// A capture of pseudo-random segments with few sequence numbers, resets with texts, and SYN-ACKs with data.
fn random(seed: u64) -> Vec<Packet> {
    let mut state = seed;
    let mut random = |below: u32| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u32 % below
    };
    let mut packets = shake(0, 0);
    for _ in 0..3 + random(20) {
        let payload: Vec<u8> = (0..random(20)).map(|_| b'a' + random(4) as u8).collect();
        let number = 1 + random(60);
        let (flags, sequence, ack) = match random(20) {
            0..14 => ("A", number, 1),
            14..17 => ("R", number, 0),
            17 => ("R", random(u32::MAX), 0),
            18 => ("SA", 100_000 + random(1_000_000), 77_777),
            _ => ("FA", number, 1),
        };
        packets.push(if random(2) == 0 {
            c(flags, sequence, ack, &payload)
        } else {
            s(flags, sequence, ack, &payload)
        });
    }
    packets
}

/// How often each byte occurs.
fn counts<'a>(bytes: impl IntoIterator<Item = &'a Vec<u8>>) -> [u32; 256] {
    let mut counts = [0; 256];
    bytes.into_iter().flatten().for_each(|byte| counts[usize::from(*byte)] += 1);
    counts
}

/// Which connection such bytes belong to is open to interpretation. That each is shown is not.
#[test]
fn each_byte_of_random_captures_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let captures = (0..200).map(random).collect::<Vec<_>>();
    let paths = write_captures(folder.path(), captures.iter());
    let expected = reassembled(&paths);
    for (number, path) in paths.iter().enumerate() {
        let of_path = expected.iter().filter(|((file, ..), _)| file == path);
        let expected = counts(of_path.flat_map(|(_, half)| [&half.bytes, &half.outside]));
        let found = read(Path::new(path));
        let shown = found.conversations.values().chain(found.outside.values());
        let shown = counts(shown.flat_map(|(client, server)| [client, server]));
        let lost: Vec<_> =
            (0..=255u8).filter(|at| shown[usize::from(*at)] < expected[usize::from(*at)]).collect();
        assert!(lost.is_empty(), "capture {number}: {}", lost.escape_ascii());
    }
}
