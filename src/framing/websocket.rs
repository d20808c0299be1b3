//! WebSocket (RFC 6455), with the HTTP messages by which it begins.

use super::found::SkipReason;
use super::http;
use super::step::Step;
use std::borrow::Cow;

/// The longest frame that is believed: 1 TiB.
const LONGEST: u64 = 1 << 40;

/// The search for the borders of a message of HTTP or a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Search {
    /// The message of HTTP that has begun.
    http: Option<http::Search>,
}

impl Search {
    pub fn reset(&mut self) {
        self.http = None;
    }

    /// Whether what has begun may end here.
    pub fn may_end(&self) -> bool {
        self.http.is_some_and(|http| http.may_end())
    }

    pub fn step(&mut self, window: &[u8]) -> Step {
        if self.http.is_none() {
            // No header of a frame begins with G or H: the opcodes 7 and, in more than one frame, 8 do not exist.
            let starts: [&[u8]; 2] = [b"GET ", b"HTTP/1."];
            if starts.iter().any(|start| window.starts_with(start)) {
                self.http = Some(http::Search::default());
            } else if let Some(start) = starts.iter().find(|start| start.starts_with(window)) {
                return Step::need(start.len());
            }
        }
        let Some(http) = &mut self.http else { return frame(window) };
        let step = http.step(window);
        if matches!(step, Step::Ends(_) | Step::Abandon(..) | Step::Skip(..)) {
            self.http = None;
        }
        step
    }
}

/// A frame.
struct Frame {
    header: usize,
    payload: u64,
    is_masked: bool,
}

/// RFC 6455, 5.2. `Err`: there is none, or it takes so many bytes to tell.
fn header(window: &[u8]) -> Result<Frame, Step> {
    const NONE: Step = Step::Skip(1, SkipReason::NoHeader);
    let [first, second, ..] = *window else { return Err(Step::need(2)) };
    let (is_final, reserved, code) = (first & 0x80 != 0, first & 0x70, first & 0x0F);
    // The highest of the reserved bits is used for compression (RFC 7692), for data only.
    let is_possible = match code {
        0..=2 => reserved & 0x30 == 0,
        8..=10 => reserved == 0 && is_final && second & 0x7F <= 125,
        _ => false,
    };
    if !is_possible {
        return Err(NONE);
    }
    let (length, payload) = match second & 0x7F {
        126 => {
            let [_, _, high, low, ..] = *window else { return Err(Step::need(4)) };
            (4, u64::from(u16::from_be_bytes([high, low])))
        }
        127 => {
            let Some(long) = window[2..].first_chunk() else { return Err(Step::need(10)) };
            (10, u64::from_be_bytes(*long))
        }
        short => (2, u64::from(short)),
    };
    // Lengths have as few bytes as possible.
    let is_shortest = match length {
        4 => payload > 125,
        10 => payload > 65_535,
        _ => true,
    };
    if !is_shortest {
        return Err(NONE);
    }
    if payload > LONGEST {
        return Err(Step::Skip(1, SkipReason::Length));
    }
    let is_masked = second & 0x80 != 0;
    Ok(Frame { header: length + if is_masked { 4 } else { 0 }, payload, is_masked })
}

fn frame(window: &[u8]) -> Step {
    match header(window) {
        Ok(frame) => Step::Ends(frame.header as u64 + frame.payload),
        Err(step) => step,
    }
}

/// The payload of a frame, unmasked. A message of HTTP, and what is no whole frame, is left as it is.
pub(super) fn content(frame: &[u8]) -> Cow<'_, [u8]> {
    let Ok(Frame { header, payload, is_masked }) = header(frame) else { return Cow::Borrowed(frame) };
    let Some((header, bytes)) =
        frame.split_at_checked(header).filter(|(_, bytes)| bytes.len() as u64 == payload)
    else {
        return Cow::Borrowed(frame);
    };
    match header.last_chunk::<4>() {
        Some(mask) if is_masked => {
            bytes.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect()
        }
        _ => Cow::Borrowed(bytes),
    }
}
