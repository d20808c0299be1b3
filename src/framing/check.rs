//! The checks that belong to presets.

use super::{Framing, Preset};
use crate::codec::parse_plain_hex;
use crate::payload::checksum::Spec;
use std::borrow::Cow;

impl Framing {
    /// The check that belongs to the preset, if there is one. It is that of [`checked`](Self::checked), not of the frame.
    #[must_use]
    pub fn check(&self) -> Option<Spec> {
        let text = match self.preset()? {
            Preset::ModbusRtu => "CRC-16/MODBUS",
            Preset::ModbusAscii => "NEG-8",
            Preset::Hdlc => "CRC-16/IBM-SDLC,little",
            Preset::StxEtxBcc | Preset::DleStxEtxBcc | Preset::Jt808 => "XOR-8",
            Preset::Hj212 => "HJ-212,from=6,to=-2,at=-2",
            Preset::Dlt645 => "SUM-8,to=-1,at=-1",
            Preset::Gbt32960 => "XOR-8,from=2",
            _ => return None,
        };
        text.parse().ok()
    }

    /// What [`check`](Self::check) is computed over, with its value in it: the [`content`](Self::content), but for
    /// Modbus ASCII the bytes that its digits mean, and with the end mark where a BCC counts it.
    #[must_use]
    pub fn checked<'a>(&self, frame: &'a [u8]) -> Cow<'a, [u8]> {
        let content = self.content(frame);
        match self.preset() {
            Some(Preset::ModbusAscii) => {
                let bytes =
                    std::str::from_utf8(&content).ok().and_then(|digits| parse_plain_hex(digits).ok());
                bytes.map_or(content, Cow::Owned)
            }
            // The content, ETX and the check are next to each other.
            Some(Preset::StxEtxBcc) => frame.get(1..).map_or(content, Cow::Borrowed),
            // DLE counts neither before ETX nor where it is doubled.
            Some(Preset::DleStxEtxBcc) => match frame {
                [.., etx, check] if frame.len() >= 5 => Cow::Owned([&content[..], &[*etx, *check]].concat()),
                _ => content,
            },
            _ => content,
        }
    }
}
