//! Any frames: what is found agrees with all of them and is read back from its text, and the order of frames does not
//! matter for checksums.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wirelab::finder::{CLAIMED_BELOW, MOST_FRAMES, find};
use wirelab::payload::checksum::Spec;

fuzz_target!(|frames: Vec<&[u8]>| {
    let findings = find(&frames);
    for group in &findings.checksums.groups {
        assert!(!group.candidates.is_empty());
        assert_eq!(group.is_claimed, group.expected_false < CLAIMED_BELOW);
        assert_eq!(group.is_claimed, group.frames_wanted == 0);
        for spec in &group.candidates {
            assert!(frames.iter().all(|frame| frame.is_empty() || spec.is_right(frame)), "{spec}");
            let again: Spec = spec.to_string().parse().expect("a checksum is read back");
            assert_eq!(again, *spec);
        }
    }
    // Of more, those that come first are looked at.
    if frames.len() > MOST_FRAMES {
        return;
    }
    let reversed: Vec<_> = frames.iter().rev().copied().collect();
    let again = find(&reversed);
    assert_eq!(again.checksums.tried, findings.checksums.tried);
    assert_eq!(again.checksums.groups.len(), findings.checksums.groups.len());
});
