//! Several payloads in one write, for the preview: what they are when each of them is evaluated, as the session does it.
//! Draws nothing.

use crate::codec::Encoding;
use crate::gui::compose::payload::{Encoded, first, parse, preview};
use crate::lang::Language;
use crate::payload::Built;
use crate::settings::TabSettings;
use std::net::SocketAddr;
use std::rc::Rc;

/// Beyond so many bytes no more payloads are shown.
const MOST_BYTES: usize = 4096;

/// Several payloads in one write.
pub struct Write {
    /// The bytes.
    pub built: Built,
    /// Where each payload but the first begins.
    pub starts: Vec<usize>,
}

/// The payloads as they were last asked for.
#[derive(Default)]
pub struct Glued {
    known: Option<(Rc<Encoded>, usize, Rc<Write>)>,
}

impl Glued {
    /// `count` payloads one behind the other, or the first of them; `None` if it is one or none. `encoded` is the first.
    pub fn get(
        &mut self,
        encoded: &Rc<Encoded>,
        form: &TabSettings,
        (encoding, peer): (Encoding, Option<SocketAddr>),
        count: usize,
    ) -> Option<Rc<Write>> {
        let one = first(encoded).filter(|_| count > 1)?;
        if let Some((known, number, write)) = &self.known
            && (Rc::ptr_eq(known, encoded), *number) == (true, count)
        {
            return Some(write.clone());
        }
        let write = Rc::new(glued(one, form, (encoding, peer), count));
        self.known = Some((encoded.clone(), count, write.clone()));
        Some(write)
    }
}

fn glued(
    one: &Built,
    form: &TabSettings,
    (encoding, peer): (Encoding, Option<SocketAddr>),
    count: usize,
) -> Write {
    // The words are those of errors, and it was parsed without any.
    let payload = parse(form, Language::English.words()).ok().filter(|_| form.is_template);
    let mut all = one.clone();
    let mut starts = Vec::new();
    let mut counted = form.clone();
    for _ in 1..count {
        if all.bytes.len() >= MOST_BYTES || one.bytes.is_empty() {
            break;
        }
        counted.sent_count = counted.sent_count.saturating_add(1);
        let next = payload.as_ref().and_then(|payload| preview(payload, &counted, encoding, peer).ok());
        let next = next.as_ref().unwrap_or(one);
        let end = all.bytes.len();
        starts.push(end);
        all.bytes.extend_from_slice(&next.bytes);
        let parts = next.parts.iter();
        all.parts.extend(parts.map(|(range, kind)| (range.start + end..range.end + end, *kind)));
    }
    Write { built: all, starts }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gui::compose::payload::EncodedPayload;
    use crate::settings::TabKind;

    #[test]
    fn each_payload_has_the_next_counter_and_the_parts_stay_at_their_bytes() {
        let words = Language::English.words();
        let mut form = TabSettings {
            payload: "n${counter}".into(),
            is_template: true,
            ..TabSettings::new(TabKind::TcpServer)
        };
        let (mut encoded, mut glued) = (EncodedPayload::default(), Glued::default());
        let utf8 = Encoding::Utf8;
        let one = encoded.get(&form, &[utf8], words);
        let write = glued.get(&one, &form, (utf8, None), 3).unwrap();
        let built = &write.built;
        let first = String::from_utf8(super::first(&one).unwrap().bytes.clone()).unwrap();
        let text = String::from_utf8(built.bytes.clone()).unwrap();
        let number: u64 = first[1..].parse().unwrap();
        assert_eq!(text, format!("n{number}n{}n{}", number + 1, number + 2));
        assert_eq!(built.parts.last().unwrap().0.end, built.bytes.len());
        assert!(built.parts.windows(2).all(|pair| pair[0].0.end == pair[1].0.start));
        assert_eq!(write.starts, [first.len(), 2 * first.len()]);
        assert!(Rc::ptr_eq(&write, &glued.get(&one, &form, (utf8, None), 3).unwrap()), "not built again");
        assert!(glued.get(&one, &form, (utf8, None), 1).is_none());
        form.payload = "x".repeat(1000);
        form.is_template = false;
        let one = encoded.get(&form, &[utf8], words);
        let long = glued.get(&one, &form, (utf8, None), 60_000).unwrap();
        assert_eq!(long.built.bytes.len(), 5000, "no more than can be looked at");
    }
}
