//! Bytes to text and back, and bytes to hex and back: no I/O, no threads, no clock, and no
//! knowledge of connections or recordings.
//!
//! The promises: decoding gives the same characters however the bytes were cut into reads, with
//! one U+FFFD per malformed sequence; encoding and hex input give exactly what was typed or an
//! error that names its place; and a view can map every character back to its bytes.
//!
//! Start with [`Encoding`]; [`StreamDecoder`] decodes one direction of one connection,
//! [`resync_point`] says where decoding may begin in the middle of it, and [`RecordText`] is one
//! record ready to be drawn.

mod control;
mod decode;
mod encoding;
mod hex;
mod hex_digits;
mod hex_dump;
mod hex_error;
mod hint;
mod line_column;
mod line_ending;
mod mapped;
mod pieces;
mod plain_text;
mod sync;
mod values;

#[cfg(test)]
mod samples;

pub use control::{ControlName, control_name, is_control};
pub use decode::StreamDecoder;
pub use encoding::{EncodeError, Encoding, UnknownEncoding};
pub use hex::{HexPatternByte, parse_hex, parse_hex_pattern, parse_plain_hex};
pub use hex_digits::write_hex;
pub use hex_dump::{DUMP_ROW_BYTES, write_dump};
pub use hex_error::{HexError, HexErrorKind};
pub use hint::{Compression, Hint, other_encoding, signature};
pub use line_column::line_and_column;
pub use line_ending::{LineEnding, UnknownLineEnding};
pub use mapped::MappedText;
pub use pieces::{Piece, RecordText, Span, SpanKind};
pub use plain_text::is_private;
pub use sync::resync_point;
pub use values::{Value, values};
