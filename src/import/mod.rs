//! Captures made by tcpdump, Wireshark and others, turned into recordings.
//!
//! Reads pcap and pcapng files of either byte order, puts TCP streams together and writes everything with a
//! [`CaptureWriter`], so that nothing above needs to know where a recording came from. What cannot be
//! read is counted by reason. Start with [`sniff`] and [`import`].
//!
//! **Which side is local?** A capture does not tell, and it may be neither. The server is taken for this
//! machine: what its clients send is received, what it answers is sent, as in a recording of a TCP
//! server, and the list of connections names the clients. The server of a TCP connection is the side that
//! got the SYN; without one, and for UDP, the side with the lower port, or the one that was written to first.
//!
//! **Times** are those of the capture: of the packet with which the bytes could be read. Checksums are not
//! looked at, since network cards fill them in after capturing.

mod file;
mod flows;
mod packet;
mod tcp;

use crate::capture::{CaptureWriter, Destination, Limits, is_own};
use crate::lang::{Language, Words};
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

/// Why a packet became no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkipReason {
    /// Of a kind of network that is not known here.
    LinkType,
    /// No IP packet: ARP, and what switches say to each other.
    NotIp,
    /// IP with neither TCP nor UDP in it: ICMP, IGMP and others.
    OtherProtocol,
    /// A fragment of a packet whose other fragments are not there.
    Fragment,
    /// Cut before its headers end.
    Cut,
    /// Its headers contradict each other.
    Damaged,
}

impl SkipReason {
    /// The reason in words, without a full stop.
    #[must_use]
    pub fn words(self, words: &Words) -> &str {
        match self {
            Self::LinkType => &words.import_skipped_link_type,
            Self::NotIp => &words.import_skipped_not_ip,
            Self::OtherProtocol => &words.import_skipped_other_protocol,
            Self::Fragment => &words.import_skipped_fragment,
            Self::Cut => &words.import_skipped_cut,
            Self::Damaged => &words.import_skipped_damaged,
        }
    }
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
    /// Bytes of a cut packet at the end of the file.
    pub ignored_bytes: u64,
    /// Damage at which reading ended; what lies before it was imported.
    pub failure: Option<Failure>,
}

/// Tells recordings and captures apart. Anything else is a failure.
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

/// Writes what is in the capture `path` as a recording. The words in it are in `language`. `progress` is
/// called on this thread, and may cancel: `None`. After that, as after a failure, what was written so far is
/// the caller's to delete.
pub fn import(
    path: &Path,
    into: Destination,
    language: Language,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Option<Imported>, Failure> {
    let mut file = CaptureFile::open(path)?;
    let bytes_total = file.length();
    let writer = CaptureWriter::new(into, Limits { total_bytes: None, ..Limits::default() });
    let mut flows = Flows::new(writer, language.words());
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
            Ok(Some(packet)) => flows.packet(frame.time, &packet),
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
    let ignored_bytes = file.ignored_bytes();
    let imported = flows.finish()?;
    Ok(Some(Imported { skipped: skipped.into_iter().collect(), ignored_bytes, failure, ..imported }))
}

#[cfg(test)]
mod gap_tests;
#[cfg(test)]
mod tests;
