//! Prints a framing as the text that is read as it.

use super::kind::{Delimiters, Effect, Kind, LengthField, Marks, Width};
use super::{Chosen, Framing};
use crate::model::units::duration_text;
use std::fmt;

impl fmt::Display for Framing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.0 {
            Chosen::Preset(preset) => return out.write_str(preset.name()),
            Chosen::Kind(kind) => kind,
        };
        match kind {
            Kind::Delimiter(delimiters) => print_delimiters(out, delimiters),
            Kind::Fixed(bytes) => write!(out, "fixed={bytes}"),
            Kind::Length(field) => print_length(out, field),
            Kind::Marks(marks) => print_marks(out, marks),
            Kind::Gap(gap) => write!(out, "gap={}", duration_text(*gap)),
        }
    }
}

impl From<Framing> for String {
    fn from(framing: Framing) -> Self {
        framing.to_string()
    }
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02X}"))
    }
}

fn print_delimiters(out: &mut fmt::Formatter<'_>, delimiters: &Delimiters) -> fmt::Result {
    let all: Vec<_> = delimiters.all().map(|mark| Hex(mark.bytes()).to_string()).collect();
    write!(out, "delimiter={}", all.join("/"))?;
    if delimiters.is_kept { out.write_str(",keep") } else { Ok(()) }
}

fn print_length(out: &mut fmt::Formatter<'_>, field: &LengthField) -> fmt::Result {
    write!(out, "length,at={},width=", field.at)?;
    match field.width {
        Width::Bytes { count, is_little } => {
            write!(out, "{count}")?;
            if count > 1 {
                out.write_str(if is_little { ",little" } else { ",big" })?;
            }
        }
        Width::Leb128 => out.write_str("leb128")?,
        Width::Mqtt => out.write_str("mqtt")?,
        Width::Decimal(count) => write!(out, "dec{count}")?,
        Width::Hex(count) => write!(out, "hex{count}")?,
    }
    if field.adjust != 0 { write!(out, ",adjust={}", field.adjust) } else { Ok(()) }
}

fn print_marks(out: &mut fmt::Formatter<'_>, marks: &Marks) -> fmt::Result {
    out.write_str("marks")?;
    if let Some(start) = &marks.start {
        write!(out, ",start={}", Hex(start.bytes()))?;
    }
    write!(out, ",end={}", Hex(marks.end.bytes()))?;
    if let Some(escape) = marks.escape {
        write!(out, ",escape={:02X}", escape.byte)?;
        match escape.effect {
            Effect::Hide => {}
            Effect::Xor(mask) => write!(out, ",xor={mask:02X}")?,
            Effect::Map(pairs) => {
                out.write_str(",map=")?;
                pairs.iter().flatten().try_for_each(|pair| write!(out, "{:02X}{:02X}", pair.0, pair.1))?;
            }
        }
    }
    if marks.restarts {
        out.write_str(",restart")?;
    }
    if marks.trailer > 0 { write!(out, ",trailer={}", marks.trailer) } else { Ok(()) }
}
