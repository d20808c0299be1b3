//! Sends standard input: text or hex line by line, or raw bytes. A line that cannot be encoded is reported with
//! its place and skipped. Independent of sessions: bytes go to an [`Outlet`].

use super::args::Format;
use crate::codec::{Encoding, LineEnding};
use crate::lang::{Language, explain_payload};
use crate::model::{Target, longest_datagram};
use crate::payload::checksum::Spec;
use crate::payload::{self, LineEncoder};
use std::io::{self, BufRead};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// Raw input is sent in blocks of at most this many bytes.
const BLOCK_BYTES: usize = 64 * 1024;

/// Longer lines, in bytes, are not buffered and not sent.
const MAX_LINE_BYTES: usize = 16 << 20;

/// How standard input is read and encoded.
#[derive(Clone, Debug)]
pub(super) struct Input {
    pub format: Format,
    pub encoding: Encoding,
    /// What replaces the line break of each line of text; `None`: lines end as they were typed.
    pub line_ending: Option<LineEnding>,
    /// What is added to each line.
    pub checksum: Option<Spec>,
    /// The largest payload of a datagram, in bytes; `None` for TCP.
    pub datagram_bytes: Option<usize>,
}

/// The receiver of the encoded input.
pub(super) trait Outlet {
    /// Sends bytes, blocking while the queue is full. `false`: nothing more can be sent.
    fn send(&mut self, bytes: Arc<[u8]>) -> bool;
    /// Reports that something was not sent, and why.
    fn left_out(&mut self, why: &str);
}

impl Input {
    /// Sends everything up to the end of `reader`, or until the outlet takes nothing more.
    pub fn pump(&self, reader: &mut impl BufRead, outlet: &mut impl Outlet) {
        let pumped = match self.format {
            Format::Raw => self.pump_blocks(reader, outlet),
            Format::Text | Format::Hex => self.pump_lines(reader, outlet),
        };
        if let Err(error) = pumped {
            outlet.left_out(&format!("Reading standard input failed: {error}. What follows is not sent."));
        }
    }

    fn pump_blocks(&self, reader: &mut impl BufRead, outlet: &mut impl Outlet) -> io::Result<()> {
        let mut block = vec![0; BLOCK_BYTES.min(self.datagram_bytes.unwrap_or(usize::MAX))];
        loop {
            match reader.read(&mut block) {
                Ok(0) => return Ok(()),
                Ok(count) => {
                    if !outlet.send(Arc::from(&block[..count])) {
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn pump_lines(&self, reader: &mut impl BufRead, outlet: &mut impl Outlet) -> io::Result<()> {
        let mut line = Vec::new();
        let options = payload::Options {
            format: if self.format == Format::Hex { payload::Format::Hex } else { payload::Format::Text },
            line_ending: self.line_ending.unwrap_or_default(),
            checksum: self.checksum.clone(),
            ..payload::Options::default()
        };
        let mut encoder = LineEncoder::new(options, self.encoding);
        for number in 1.. {
            line.clear();
            let limit = MAX_LINE_BYTES as u64 + 1;
            if io::Read::take(&mut *reader, limit).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            let bytes = if line.len() > MAX_LINE_BYTES && !line.ends_with(b"\n") {
                reader.skip_until(b'\n')?;
                Err(format!("line {number} is longer than {} MiB. Use --send raw.", MAX_LINE_BYTES >> 20))
            } else {
                self.bytes(&line, number, &mut encoder)
            };
            match bytes {
                Ok(None) => {}
                Ok(Some(bytes)) => {
                    if !outlet.send(bytes) {
                        break;
                    }
                }
                Err(why) => outlet.left_out(&format!("Standard input: {why} The line is not sent.")),
            }
        }
        Ok(())
    }

    /// The bytes to send for a line with its line break. `None`: nothing to send.
    fn bytes(
        &self,
        line: &[u8],
        number: usize,
        encoder: &mut LineEncoder,
    ) -> Result<Option<Arc<[u8]>>, String> {
        let text = std::str::from_utf8(line).map_err(|error| {
            let (valid, rest) = line.split_at(error.valid_up_to());
            let column = String::from_utf8_lossy(valid).chars().count() + 1;
            let byte = rest.first().copied().unwrap_or_default();
            format!("the byte {byte:02X} is not UTF-8 (line {number}, column {column}). Use --send raw for other encodings.")
        })?;
        let text = if self.line_ending.is_some() { without_line_break(text) } else { text };
        let bytes = encoder.encode(text).map_err(|error| {
            let error = payload::Error { line: number, ..error };
            explain_payload(Language::English.words(), &error)
        })?;
        if bytes.is_empty() && self.format == Format::Hex {
            return Ok(None);
        }
        if let Some(limit) = self.datagram_bytes.filter(|limit| bytes.len() > *limit) {
            return Err(format!(
                "line {number} has {} bytes, and one datagram holds at most {limit}.",
                bytes.len()
            ));
        }
        Ok(Some(bytes.into()))
    }
}

fn without_line_break(line: &str) -> &str {
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line)
}

/// The largest payload of a datagram from `local` to `target`, in bytes.
pub(super) fn datagram_bytes(local: SocketAddr, target: &Target) -> usize {
    match target {
        Target::Address(peer) => longest_datagram(*peer),
        // "::" also receives IPv4 and the last peer is unknown: assume IPv4's limit.
        _ if local.ip().is_unspecified() => longest_datagram((Ipv4Addr::UNSPECIFIED, 0).into()),
        _ => longest_datagram(local),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Collected {
        sent: Vec<Vec<u8>>,
        problems: Vec<String>,
        room: Option<usize>,
    }

    impl Outlet for Collected {
        fn send(&mut self, bytes: Arc<[u8]>) -> bool {
            self.sent.push(bytes.to_vec());
            self.room.is_none_or(|room| self.sent.len() < room)
        }

        fn left_out(&mut self, why: &str) {
            self.problems.push(why.into());
        }
    }

    fn input(format: Format) -> Input {
        Input { format, encoding: Encoding::Utf8, line_ending: None, checksum: None, datagram_bytes: None }
    }

    fn pumped(input: &Input, bytes: &[u8]) -> (Vec<Vec<u8>>, Vec<String>) {
        let mut collected = Collected::default();
        input.pump(&mut &bytes[..], &mut collected);
        (collected.sent, collected.problems)
    }

    fn sent(input: &Input, bytes: &[u8]) -> Vec<Vec<u8>> {
        let (sent, problems) = pumped(input, bytes);
        assert_eq!(problems, [""; 0]);
        sent
    }

    #[test]
    fn lines_are_sent_as_typed_or_with_the_ending_asked_for() {
        let typed = b"one\ntwo\r\n\nlast";
        for (ending, expected) in [
            (None, [&b"one\n"[..], b"two\r\n", b"\n", b"last"]),
            (Some(LineEnding::None), [b"one", b"two", b"", b"last"]),
            (Some(LineEnding::Lf), [b"one\n", b"two\n", b"\n", b"last\n"]),
            (Some(LineEnding::Cr), [b"one\r", b"two\r", b"\r", b"last\r"]),
            (Some(LineEnding::CrLf), [b"one\r\n", b"two\r\n", b"\r\n", b"last\r\n"]),
        ] {
            let input = Input { line_ending: ending, ..input(Format::Text) };
            assert_eq!(sent(&input, typed), expected, "{ending:?}");
        }
    }

    #[test]
    fn text_is_encoded_with_its_ending() {
        let gbk = Input { encoding: Encoding::Gbk, ..input(Format::Text) };
        assert_eq!(sent(&gbk, "你好\n".as_bytes()), [b"\xC4\xE3\xBA\xC3\n"]);
        let utf16 =
            Input { encoding: Encoding::Utf16Be, line_ending: Some(LineEnding::CrLf), ..input(Format::Text) };
        assert_eq!(sent(&utf16, "你\n".as_bytes()), [b"\x4F\x60\x00\r\x00\n"]);
    }

    #[test]
    fn a_line_that_cannot_be_sent_is_told_with_its_place_and_the_rest_goes_on() {
        let gbk = Input { encoding: Encoding::Gbk, ..input(Format::Text) };
        let (sent, problems) = pumped(&gbk, b"a\n\xE4\xBD\xA0\xF0\x9F\x98\x80!\nb\nbad \xFF\nc\n");
        assert_eq!(sent, [b"a\n", b"b\n", b"c\n"]);
        assert_eq!(
            problems,
            [
                "Standard input: '😀' (U+1F600, line 2, column 2) does not exist in GBK. Remove it, or choose an encoding \
                 that has it, such as UTF-8. The line is not sent.",
                "Standard input: the byte FF is not UTF-8 (line 4, column 5). Use --send raw for other encodings. \
                 The line is not sent.",
            ]
        );
    }

    #[test]
    fn hex_is_read_by_line() {
        let (sent, problems) = pumped(&input(Format::Hex), b"01 03,0x0A\n\n  \nFFff\r\n0x1\n00 0G\n41");
        assert_eq!(sent, [&[1, 3, 10][..], &[255, 255], &[0x41]]);
        assert_eq!(problems.len(), 2);
        assert!(problems[0].contains("(line 5, column 1)"), "{problems:?}");
        assert!(
            problems[1].contains("(line 6, column 5)") && problems[1].ends_with("The line is not sent."),
            "{problems:?}"
        );
    }

    #[test]
    fn a_dump_is_sent_without_its_offsets_and_its_end() {
        let payload: Vec<u8> = (0..40).map(|n| n * 5).collect();
        let mut dump = String::new();
        crate::codec::write_dump(0, &payload, "", &mut dump);
        dump.push_str("00000028\n");
        assert_eq!(sent(&input(Format::Hex), dump.as_bytes()).concat(), payload);
        // Plain hex of the same looks is sent whole.
        assert_eq!(
            sent(&input(Format::Hex), b"0102\n00000002\n00000028\n").concat(),
            [1, 2, 0, 0, 0, 2, 0, 0, 0, 0x28]
        );
    }

    #[test]
    fn each_line_has_its_checksum() {
        let with = |format, checksum: &str| Input { checksum: checksum.parse().ok(), ..input(format) };
        assert_eq!(
            sent(&with(Format::Text, "sum8,hex"), b"12\n\n3\r\n"),
            [&b"1263\n"[..], b"\n", b"333\r\n"]
        );
        let modbus = with(Format::Hex, "MODBUS");
        assert_eq!(sent(&modbus, b"0103000A0001\n\n"), [[1, 3, 0, 10, 0, 1, 0xA4, 8]]);
        let (sent, problems) = pumped(&with(Format::Hex, "sum8,from=2"), b"01\n01 02 03\n");
        assert_eq!(sent, [[1, 2, 3, 3]]);
        assert!(problems[0].contains("from=2 does not fit 1 byte"), "{problems:?}");
    }

    #[test]
    fn raw_is_sent_as_it_comes() {
        let all: Vec<u8> = (0..=255).cycle().take(BLOCK_BYTES * 2 + 5).collect();
        let blocks = sent(&input(Format::Raw), &all);
        assert_eq!(blocks.concat(), all);
        assert!(blocks.len() == 3 && blocks[0].len() == BLOCK_BYTES);
        let udp = Input { datagram_bytes: Some(65_507), ..input(Format::Raw) };
        assert!(sent(&udp, &all).iter().all(|block| block.len() <= 65_507));
    }

    #[test]
    fn a_datagram_holds_what_its_recipient_s_address_allows() {
        let to = |peer: &str| Target::Address(peer.parse().unwrap());
        for (local, target, bytes) in [
            ("127.0.0.1:0", Target::LastPeer, 65_507),
            ("[::1]:0", Target::LastPeer, 65_527),
            ("[::]:0", Target::LastPeer, 65_507),
            ("[::]:0", to("127.0.0.1:9"), 65_507),
            ("[::]:0", to("[::1]:9"), 65_527),
        ] {
            assert_eq!(datagram_bytes(local.parse().unwrap(), &target), bytes, "{local} {target:?}");
        }
    }

    #[test]
    fn what_is_too_long_is_left_out() {
        let udp = Input { datagram_bytes: Some(10), ..input(Format::Text) };
        let (sent, problems) = pumped(&udp, b"0123456789\n012345678\nx\n");
        assert_eq!(sent, [&b"012345678\n"[..], b"x\n"]);
        assert_eq!(problems.len(), 1);
        assert!(
            problems[0].contains("line 1 has 11 bytes, and one datagram holds at most 10"),
            "{problems:?}"
        );

        let mut long = vec![b'a'; MAX_LINE_BYTES + 1];
        long.extend(b"a\nshort\n");
        let (sent, problems) = pumped(&input(Format::Text), &long);
        assert_eq!(sent, [b"short\n"]);
        assert!(problems[0].contains("line 1 is longer than 16 MiB"), "{problems:?}");
    }

    #[test]
    fn it_ends_when_nothing_more_can_be_sent() {
        for format in [Format::Text, Format::Raw] {
            let mut collected = Collected { room: Some(1), ..Collected::default() };
            let long = vec![b'\n'; BLOCK_BYTES * 3];
            input(format).pump(&mut &long[..], &mut collected);
            assert_eq!(collected.sent.len(), 1);
        }
    }
}
