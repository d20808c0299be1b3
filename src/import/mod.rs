//! Captures made by tcpdump, Wireshark and others, turned into recordings.
//!
//! Reads pcap and pcapng files of either byte order, puts TCP streams together and writes everything with a
//! [`CaptureWriter`], so that nothing above needs to know where a recording came from. Start with [`sniff`] and
//! [`import`]. Data flows one way:
//!
//! `file` (frames) → `link` (IP packets) → `packet` (TCP segments, datagrams) → `lookahead` (what comes next) →
//! `flows` (which connection) → `connection` and `reassembly` (its course, its streams) → `output` (records).
//!
//! **Every byte of the capture** is in a record, or counted with a reason: packets that are not read
//! ([`Imported::skipped`]), bytes of streams that the capture lacks ([`Imported::missing_bytes`], with notes where
//! they are missing), damaged bytes of the file ([`Imported::damaged_bytes`]). Bytes that come after the end of
//! their connection, after they were given up as missing, or with a reset are shown with a note. Of bytes that were
//! captured twice, the first are shown; where the second differ, a note says how many
//! ([`Imported::differing_bytes`]). Only the byte of a keep-alive probe (RFC 1122, 4.2.3.6) is neither shown nor
//! counted: it means nothing.
//!
//! **Memory** is bounded whatever the capture: 32 MiB are read ahead, up to 64 MiB wait for missing bytes, about
//! as much of the streams is kept to compare repetitions with (8 MiB of a direction; those that come later are
//! counted: [`Imported::uncompared_bytes`]), and up to 65,536 connections are remembered.
//!
//! **Which side is local?** A capture does not tell, and it may be neither. The server is taken for this
//! machine: what its clients send is received, what it answers is sent, as in a recording of a TCP
//! server, and the list of connections names the clients. The server of a TCP connection is the side that
//! got the SYN; without one, and for UDP, the side with the lower port, or the one that was written to first.
//!
//! **Times** are those of the capture: of the packet with which the bytes could be read. Checksums are not
//! looked at, since network cards fill them in after capturing.

mod buffer;
mod connection;
mod file;
mod flows;
mod format;
mod fragments;
mod link;
mod lookahead;
mod output;
mod packet;
mod pcap;
mod pcapng;
mod reassembly;
mod skip;

pub use skip::SkipReason;

use crate::capture::{CaptureWriter, Destination, Limits, is_own};
use crate::lang::Language;
use crate::model::{Failure, FailureKind, Operation};
use file::CaptureFile;
use flows::Flows;
use packet::Dissector;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;

/// How often progress is told, in bytes read.
const PROGRESS_BYTES: u64 = 1 << 20;

/// What a file is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A recording of this program, for [`crate::capture::open`].
    Recording,
    /// A capture of another program, for [`import`].
    Capture,
}

/// How far an import has come, in bytes of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read.
    pub bytes_done: u64,
    /// Bytes there are.
    pub bytes_total: u64,
}

/// What was made of a capture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// TCP connections and pairs of UDP addresses.
    pub connections: u64,
    /// Records written.
    pub records: u64,
    /// Packets that became no record, by reason.
    pub skipped: Vec<(SkipReason, u64)>,
    /// Bytes of TCP streams that are not in the capture; notes stand where they are missing.
    pub missing_bytes: u64,
    /// Bytes of TCP streams that were captured again with different content than the first time, which is shown.
    pub differing_bytes: u64,
    /// Bytes of TCP streams that were captured again so late that they were not compared with the first time.
    pub uncompared_bytes: u64,
    /// Bytes of a cut packet at the end of the file.
    pub ignored_bytes: u64,
    /// Bytes of the file that were left out because they are damaged.
    pub damaged_bytes: u64,
    /// The first damage, or why the file could not be read to its end. What can be read was imported.
    pub failure: Option<Failure>,
}

/// Tells recordings and captures apart.
///
/// # Errors
/// The file cannot be read, or is neither ([`FailureKind::NoCapture`]).
pub fn sniff(path: &Path) -> Result<FileKind, Failure> {
    if is_own(path)? {
        return Ok(FileKind::Recording);
    }
    let failed = |error: &std::io::Error| Failure::from_io(Operation::Read, path.display(), error);
    let mut start = Vec::new();
    File::open(path)
        .and_then(|file| file.take(12).read_to_end(&mut start))
        .map_err(|error| failed(&error))?;
    if file::is_capture(&start) {
        Ok(FileKind::Capture)
    } else {
        Err(Failure::new(Operation::Read, path.display(), FailureKind::NoCapture))
    }
}

/// Writes what is in the capture `path` as a recording, with its notes in `language`. `progress` is called on
/// this thread, about once per MiB, and may cancel: `None`.
///
/// # Errors
/// The file cannot be opened or is no capture, or the recording cannot be written. Damage of the capture, and
/// an error in reading it further, are no error but [`Imported::failure`]. After an error, as after cancelling,
/// what was written so far is the caller's to delete.
pub fn import(
    path: &Path,
    into: Destination,
    language: Language,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Option<Imported>, Failure> {
    let mut file = CaptureFile::open(path)?;
    let bytes_total = file.length();
    let into_path = into.path().display().to_string();
    let writer = CaptureWriter::new(into, Limits { total_bytes: None, ..Limits::default() });
    let mut flows = Flows::new(writer, into_path, language.words());
    let mut dissector = Dissector::default();
    let mut skipped: BTreeMap<SkipReason, u64> = BTreeMap::new();
    let mut tell_at = 0;
    let failure = loop {
        let bytes_done = file.bytes_read();
        if bytes_done >= tell_at {
            tell_at = bytes_done + PROGRESS_BYTES;
            if progress(Progress { bytes_done, bytes_total }).is_break() {
                return Ok(None);
            }
            flows.publish()?;
        }
        let is_more = file.next(|frame| match dissector.dissect(frame) {
            Ok(Some(packet)) => flows.packet(frame.time, packet),
            // A fragment that waits for the others.
            Ok(None) => {}
            Err(reason) => *skipped.entry(reason).or_default() += 1,
        });
        match is_more {
            Ok(true) => {}
            Ok(false) => break None,
            Err(failure) => break Some(failure),
        }
    };
    let fragments = dissector.unfinished();
    if fragments > 0 {
        *skipped.entry(SkipReason::Fragment).or_default() += fragments;
    }
    let damage = file.damage();
    let imported = flows.finish()?;
    Ok(Some(Imported {
        skipped: skipped.into_iter().collect(),
        ignored_bytes: damage.cut_bytes,
        damaged_bytes: damage.bytes,
        failure: damage.failure.clone().or(failure),
        ..imported
    }))
}

#[cfg(test)]
mod gap_tests;
#[cfg(test)]
mod tests;
