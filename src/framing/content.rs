//! The content of a frame, without marks and escapes.

use super::kind::{Delimiters, Effect, Escape, Kind, Marks};
use super::preset::Method;
use super::{Framing, cobs, websocket};
use std::borrow::Cow;

impl Framing {
    /// What the frame says: without a delimiter that is not kept, without marks and what follows them, with escapes and COBS
    /// resolved; of WebSocket the payload, unmasked. All others are their own content. What does not have the form of a
    /// frame, because it is a part of one, is left as it is there.
    #[must_use]
    pub fn content<'a>(&self, frame: &'a [u8]) -> Cow<'a, [u8]> {
        match self.method() {
            Method::Kind(Kind::Delimiter(delimiters)) => Cow::Borrowed(without_delimiter(frame, &delimiters)),
            Method::Kind(Kind::Marks(marks)) => {
                let bytes = without_marks(frame, &marks);
                marks.escape.map_or(Cow::Borrowed(bytes), |escape| without_escapes(bytes, &escape))
            }
            Method::Cobs(marks) => cobs::decode(without_marks(frame, &marks)),
            Method::WebSocket => websocket::content(frame),
            Method::Kind(Kind::Fixed(_) | Kind::Length(_) | Kind::Gap(_))
            | Method::Header(_)
            | Method::ModbusRtu
            | Method::Http => Cow::Borrowed(frame),
        }
    }
}

fn without_delimiter<'a>(frame: &'a [u8], delimiters: &Delimiters) -> &'a [u8] {
    if delimiters.is_kept {
        return frame;
    }
    let found = delimiters.all().filter(|mark| frame.ends_with(mark.bytes()));
    &frame[..frame.len() - found.map(|mark| mark.len()).max().unwrap_or(0)]
}

fn without_marks<'a>(frame: &'a [u8], marks: &Marks) -> &'a [u8] {
    let mut rest = frame;
    if marks.is_flag() {
        while let Some(shorter) = rest.strip_prefix(marks.end.bytes()) {
            rest = shorter;
        }
    } else if let Some(start) = &marks.start {
        rest = rest.strip_prefix(start.bytes()).unwrap_or(rest);
    }
    let trailer = usize::from(marks.trailer).min(rest.len());
    rest[..rest.len() - trailer].strip_suffix(marks.end.bytes()).unwrap_or(rest)
}

fn without_escapes<'a>(bytes: &'a [u8], escape: &Escape) -> Cow<'a, [u8]> {
    let Some(first) = memchr::memchr(escape.byte, bytes) else { return Cow::Borrowed(bytes) };
    let mut content = bytes[..first].to_vec();
    let mut rest = &bytes[first..];
    while let [byte, after @ ..] = rest {
        rest = after;
        let next = rest.first().filter(|_| *byte == escape.byte);
        let meant = next.and_then(|next| match escape.effect {
            Effect::Hide => Some(*next),
            Effect::Xor(mask) => Some(next ^ mask),
            Effect::Map(pairs) => pairs.iter().flatten().find(|pair| pair.0 == *next).map(|pair| pair.1),
        });
        if meant.is_some() {
            rest = &rest[1..];
        }
        content.push(meant.unwrap_or(*byte));
    }
    Cow::Owned(content)
}
