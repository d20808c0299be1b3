//! The checks that belong to presets.

use super::kind::Kind;
use super::preset::Method;
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

    /// What a check is computed over, with its value in it: the [`content`](Self::content), but for Modbus ASCII the bytes that
    /// its digits mean; and where bytes follow the end mark, also the end mark, which a BCC counts, and these bytes.
    #[must_use]
    pub fn checked<'a>(&self, frame: &'a [u8]) -> Cow<'a, [u8]> {
        let content = self.content(frame);
        if self.preset() == Some(Preset::ModbusAscii) {
            let bytes = std::str::from_utf8(&content).ok().and_then(|digits| parse_plain_hex(digits).ok());
            return bytes.map_or(content, Cow::Owned);
        }
        let Method::Kind(Kind::Marks(marks)) = self.method() else { return content };
        let tail = frame.len().saturating_sub(marks.end.len() + usize::from(marks.trailer));
        let tail = &frame[tail..];
        if marks.trailer == 0
            || !tail.starts_with(marks.end.bytes())
            || content.len() + tail.len() > frame.len()
        {
            return content;
        }
        // An escape before the end mark counts as little as those in the content: DLE of DLE ETX.
        let is_escaped = marks.escape.is_some_and(|escape| escape.byte == tail[0]);
        Cow::Owned([&content, &tail[usize::from(is_escaped)..]].concat())
    }
}
