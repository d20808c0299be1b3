//! The values of a template: first all that stands for itself, then lengths, then checksums.

use super::checksum::{Form, RangeError, Spec};
use super::context::Context;
use super::encoded;
use super::error::{Error, ErrorKind, TemplateError};
use super::pieces::Piece;
use super::template::{Generator, Kind, Order, Value, Variable};
use crate::codec::Encoding;
use std::borrow::Cow;

/// The bytes of each piece; empty if none is a variable.
pub(super) fn evaluated<'a>(
    pieces: &'a [Piece],
    order: &Order,
    input: &str,
    is_text: bool,
    context: &Context<'_>,
) -> Result<Vec<Cow<'a, [u8]>>, Error> {
    if !pieces.iter().any(|piece| matches!(piece, Piece::Variable(_))) {
        return Ok(Vec::new());
    }
    let mut generator = Generator::of(context);
    let mut values: Vec<Cow<'a, [u8]>> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        values.push(match piece {
            Piece::Bytes { bytes, .. } => Cow::Borrowed(bytes),
            Piece::Text(text) => {
                let mut bytes = Vec::new();
                text.encode(context.encoding, input, &mut bytes)?;
                Cow::Owned(bytes)
            }
            Piece::Variable(variable) => match variable.value(context, &mut generator) {
                Some(value) => Cow::Owned(bytes_of(value, variable, input, context.encoding)?),
                // As many bytes as it will have, if that is known.
                None => Cow::Owned(vec![0; size(&variable.kind, is_text, context.encoding)]),
            },
        });
    }
    let variable = |piece: usize| match pieces.get(piece) {
        Some(Piece::Variable(variable)) => Some(variable),
        _ => None,
    };
    for scoped in &order.lengths {
        let Some(variable) = variable(scoped.piece) else { continue };
        let Kind::Length { form, .. } = &variable.kind else { continue };
        let length: usize = values[scoped.about.clone()].iter().map(|bytes| bytes.len()).sum();
        let value = form.write(length as i128).and_then(|value| match &value {
            // A width is a promise: more digits would move all that follows.
            Value::Text(digits) if form.fixed_length().is_some_and(|width| digits.len() > width) => {
                let most = 10_i128.saturating_pow(form.fixed_length().unwrap_or_default() as u32) - 1;
                Err(TemplateError::TooLarge { value: length as i128, least: 0, most })
            }
            _ => Ok(value),
        });
        values[scoped.piece] = Cow::Owned(bytes_of(value, variable, input, context.encoding)?);
    }
    for scoped in &order.checksums {
        let Some(variable) = variable(scoped.piece) else { continue };
        let Kind::Checksum { spec, .. } = &variable.kind else { continue };
        let data = values[scoped.about.clone()].concat();
        let checksum = written(spec, &data, is_text, context.encoding)
            .map_err(|error| Error::at(ErrorKind::Checksum(error), variable.source.clone(), input))?;
        values[scoped.piece] = Cow::Owned(checksum);
    }
    Ok(values)
}

/// The bytes of a checksum: digits in the encoding if it is that of text.
pub(super) fn written(
    spec: &Spec,
    data: &[u8],
    is_text: bool,
    encoding: Encoding,
) -> Result<Vec<u8>, RangeError> {
    let checksum = spec.of(data)?;
    let is_encoded = is_text && spec.form == Form::HexDigits;
    Ok(if is_encoded { encoded(&String::from_utf8_lossy(&checksum), encoding) } else { checksum })
}

fn bytes_of(
    value: Result<Value, TemplateError>,
    variable: &Variable,
    input: &str,
    encoding: Encoding,
) -> Result<Vec<u8>, Error> {
    let error = |kind| Error::at(kind, variable.source.clone(), input);
    match value.map_err(|wrong| error(ErrorKind::Template(Box::new(wrong))))? {
        Value::Bytes(bytes) => Ok(bytes),
        Value::Text(text) => {
            let mut bytes = Vec::new();
            encoding.encode(&text, &mut bytes).map_err(|lacking| {
                error(ErrorKind::NotInEncoding { encoding, character: lacking.character })
            })?;
            Ok(bytes)
        }
    }
}

/// The bytes of a length or a checksum, if they are as many for each value, or else 0.
fn size(kind: &Kind, is_text: bool, encoding: Encoding) -> usize {
    let per_digit = encoded("0", encoding).len();
    match kind {
        Kind::Length { form, .. } => {
            form.fixed_length().unwrap_or_default() * if form.is_bytes() { 1 } else { per_digit }
        }
        Kind::Checksum { spec, .. } => match spec.form {
            Form::Bytes => spec.algorithm.bytes(),
            Form::HexDigits => 2 * spec.algorithm.bytes() * if is_text { per_digit } else { 1 },
        },
        _ => 0,
    }
}
