//! Any text as a framing, any preset, and any bytes as a stream: an error has its place in the text, what is printed is
//! read again, the parts joined are the stream whatever the borders of the reads, and a checkpoint goes on as the framer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wirelab::framing::{Found, Framer, Framing};
use wirelab::model::{Direction, Timestamp};

/// All that is found in reads of at most so many bytes; from a checkpoint before each of them.
fn found(framing: &Framing, stream: &[u8], read: usize) -> Vec<Found> {
    let mut found = Vec::new();
    let mut framer = Framer::new(framing, Direction::Inbound);
    for bytes in stream.chunks(read) {
        let mut checkpoint = framer.clone();
        let before = found.len();
        framer.push(bytes, Timestamp(0), |part| found.push(part));
        let mut again = Vec::new();
        checkpoint.push(bytes, Timestamp(0), |part| again.push(part));
        assert_eq!(again, found[before..]);
        assert!(checkpoint == framer);
    }
    framer.cut(|part| found.push(part));
    assert_eq!(framer.unfinished(), None);
    found
}

fuzz_target!(|input: (&str, u8, u8, &[u8])| {
    let (text, preset, read, stream) = input;
    let chosen = match text.parse::<Framing>() {
        Ok(framing) => {
            assert_eq!(framing.to_string().parse::<Framing>().as_ref(), Ok(&framing));
            Some(framing)
        }
        Err(error) => {
            assert!(text.get(error.range).is_some());
            None
        }
    };
    let preset = Framing::PRESETS[usize::from(preset) % Framing::PRESETS.len()].framing();
    for framing in chosen.iter().chain([&preset]) {
        let whole = found(framing, stream, stream.len().max(1));
        let mut at = 0;
        for part in &whole {
            assert!(part.start == at && part.end > at, "{framing}: {whole:?}");
            at = part.end;
            let bytes = &stream[part.start as usize..part.end as usize];
            assert!(framing.content(bytes).len() <= bytes.len());
            assert!(framing.checked(bytes).len() <= bytes.len());
        }
        assert_eq!(at, stream.len() as u64);
        assert_eq!(found(framing, stream, usize::from(read).max(1)), whole, "{framing}");
    }
});
