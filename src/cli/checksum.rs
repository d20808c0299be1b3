//! `wirelab checksum`: computes a checksum of data on the command line, or lists the checksums that are known.

use super::process::{Outcome, say, stdout};
use crate::codec::Encoding;
use crate::lang::{Language, explain_checksum, explain_checksum_range, explain_payload};
use crate::payload::checksum::{Algorithm, ByteOrder, Form, Named, Spec, find};
use crate::payload::{Format, Options, encode};
use serde_json::{Value, json};
use std::io::{self, Write};

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// The checksum of data.
    Compute { spec: String, data: String, format: Format, is_json: bool },
    /// The checksums of which a name contains the word.
    List { word: String, is_json: bool },
}

pub(super) fn run(plan: &Plan) -> Outcome {
    let result = match plan {
        Plan::Compute { spec, data, format, is_json } => match compute(spec, data, *format, *is_json) {
            Ok(line) => print(&[line]),
            Err(problem) => {
                say(&problem);
                return Outcome::Usage;
            }
        },
        Plan::List { word, is_json } => {
            let found = find(word);
            if found.is_empty() {
                say(&format!("No checksum has '{word}' in its name. All: wirelab checksum --list"));
                return Outcome::Usage;
            }
            print(&if *is_json {
                found.iter().map(|named| object(named).to_string()).collect()
            } else {
                table(&found)
            })
        }
    };
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            say(&format!("Could not write to standard output: {error}."));
            Outcome::LeftOut
        }
        _ => Outcome::Done,
    }
}

fn print(lines: &[String]) -> io::Result<()> {
    let mut out = stdout()?;
    for line in lines {
        writeln!(out, "{line}")?;
    }
    out.flush()
}

/// # Errors
/// What is wrong with the checksum, the data or the range, in words.
fn compute(text: &str, data: &str, format: Format, is_json: bool) -> Result<String, String> {
    let words = Language::English.words();
    let spec: Spec = text.parse().map_err(|error| explain_checksum(words, text, &error))?;
    let options = Options { format, ..Options::default() };
    let data = encode(data, &options, Encoding::Utf8).map_err(|error| explain_payload(words, &error))?;
    let bytes = spec.of(&data).map_err(|error| explain_checksum_range(words, error))?;
    let shown = match spec.form {
        Form::Bytes => bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" "),
        Form::HexDigits => String::from_utf8_lossy(&bytes).into_owned(),
    };
    if !is_json {
        return Ok(shown);
    }
    let check = spec.algorithm.of(b"123456789");
    let mut object = described(&spec.name, &spec.algorithm, check, spec.order, spec.form);
    object["bytes"] = data.len().into();
    object["checksum"] = shown.into();
    Ok(object.to_string())
}

fn object(named: &Named) -> Value {
    let mut object = described(&named.name, &named.algorithm, named.check, named.order, named.form);
    object["aliases"] = named.aliases.into();
    object
}

/// The keys that all objects have. Numbers of a cyclic redundancy check are hex digits of its width.
fn described(name: &str, algorithm: &Algorithm, check: u128, order: ByteOrder, form: Form) -> Value {
    let parameters = parameters(algorithm);
    let value = |text: &str| if text.is_empty() { Value::Null } else { Value::from(text) };
    let switch = |text: &str| if text.is_empty() { Value::Null } else { Value::from(text == "yes") };
    let [poly, init, refin, refout, xorout] = &parameters;
    json!({
        "name": name,
        "width": algorithm.width(),
        "poly": value(poly),
        "init": value(init),
        "refin": switch(refin),
        "refout": switch(refout),
        "xorout": value(xorout),
        "check": digits(check, algorithm.width()),
        "order": if order == ByteOrder::Big { "big" } else { "little" },
        "form": if form == Form::Bytes { "bytes" } else { "hex" },
    })
}

/// Poly, init, refin, refout and xorout; empty for a checksum that has none.
fn parameters(algorithm: &Algorithm) -> [String; 5] {
    let Algorithm::Crc(crc) = algorithm else { return Default::default() };
    let switch = |is_on: bool| if is_on { "yes" } else { "no" }.to_owned();
    let value = |value: u128| digits(value, crc.width);
    [value(crc.poly), value(crc.init), switch(crc.refin), switch(crc.refout), value(crc.xorout)]
}

/// A value as hex digits, as many as its bits take.
fn digits(value: u128, width: u8) -> String {
    format!("{value:0count$X}", count = usize::from(width.div_ceil(4)))
}

/// The lines of a table, with a head.
fn table(found: &[&Named]) -> Vec<String> {
    let head =
        ["name", "width", "poly", "init", "refin", "refout", "xorout", "check", "also"].map(str::to_owned);
    let row = |named: &&Named| {
        let [poly, init, refin, refout, xorout] = parameters(&named.algorithm);
        let width = named.algorithm.width();
        let check = digits(named.check, width);
        let also = named.aliases.join(", ");
        [named.name.clone(), width.to_string(), poly, init, refin, refout, xorout, check, also]
    };
    let rows: Vec<_> = std::iter::once(head).chain(found.iter().map(row)).collect();
    let mut widths = [0; 9];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: &[String; 9]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}
