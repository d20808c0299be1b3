//! `wirelab commands import`: turns lists of other programs into lists.

use super::process::{Outcome, say, stdout};
use crate::capture::AtomicFile;
use crate::lang::{Language, explain};
use crate::model::{Failure, Operation};
use crate::settings::lists::import::{ImportError, Imported, MAX_BYTES, Place, Remark, import};
use serde_json::json;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// What is imported, and where to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub file: PathBuf,
    pub output: PathBuf,
    pub is_json: bool,
}

pub(super) fn run(plan: &Plan) -> Outcome {
    let words = Language::English.words();
    let imported = match read(&plan.file) {
        Ok(Ok(imported)) => imported,
        Ok(Err(error)) => {
            say(&format!("Could not import {}: {error}.", plan.file.display()));
            return Outcome::Usage;
        }
        Err(error) => {
            say(&explain(words, &Failure::from_io(Operation::Read, plan.file.display(), &error)));
            return Outcome::Usage;
        }
    };
    if let Err(error) = write(&plan.output, &imported) {
        say(&explain(words, &Failure::from_io(Operation::Save, plan.output.display(), &error)));
        return Outcome::Usage;
    }
    for remark in &imported.remarks {
        say(&said(remark, plan.is_json));
    }
    if let Err(error) = tell(plan, &imported)
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        say(&format!("Could not write to standard output: {error}."));
        return Outcome::LeftOut;
    }
    let is_whole = !imported.remarks.iter().any(Remark::is_left_out);
    if is_whole { Outcome::Done } else { Outcome::LeftOut }
}

/// # Errors
/// Of the system: the file cannot be read. Within: it is no list.
fn read(file: &Path) -> io::Result<Result<Imported, ImportError>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Ok(Err(ImportError::Unknown));
    }
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    Ok(import(&bytes, &name))
}

fn write(output: &Path, imported: &Imported) -> io::Result<()> {
    let mut file = AtomicFile::create(output)?;
    file.file().write_all(imported.list.to_text().as_bytes())?;
    file.commit()
}

fn said(remark: &Remark, is_json: bool) -> String {
    let explained = remark.explain(Language::English.words());
    if !is_json {
        return explained;
    }
    let (line, name) = match &remark.place {
        Place::Line(line) => (Some(line), None),
        Place::Named(name) => (None, Some(name)),
    };
    json!({"line": line, "name": name, "left_out": remark.is_left_out(), "text": explained}).to_string()
}

/// Says what was written.
fn tell(plan: &Plan, imported: &Imported) -> io::Result<()> {
    let (count, source, output) = (imported.list.items.len(), imported.source.name(), plan.output.display());
    let mut out = stdout()?;
    if plan.is_json {
        let left_out = imported.remarks.iter().filter(|remark| remark.is_left_out()).count();
        let object = json!({
            "source": source,
            "name": imported.list.name,
            "items": count,
            "left_out": left_out,
            "output": output.to_string(),
        });
        writeln!(out, "{object}")?;
    } else {
        let items = if count == 1 { "item" } else { "items" };
        writeln!(out, "{count} {items} of {source} written to {output}")?;
    }
    out.flush()
}
