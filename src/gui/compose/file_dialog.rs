//! The dialog that sends a file: its fields as they are typed, and what they mean. Draws nothing.

use crate::engine::{FileForm, FileOptions};
use crate::gui::files::browse::{Answer, Chooser};
use crate::gui::files::desktop::Desktop;
use crate::gui::files::path_text::PathText;
use crate::model::units::{parse_duration, parse_rate, parse_size};
use crate::task::Notify;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The largest chunk, in bytes.
const MOST_CHUNK_BYTES: u64 = 16 << 20;
/// The largest chunk that is a datagram, in bytes.
const MOST_DATAGRAM_BYTES: u64 = 65_507;

/// The dialog.
pub struct FileDialog {
    /// The path; one that was chosen or dropped stays as it is until it is edited.
    pub path: PathText,
    /// How the content is sent.
    pub form: FileForm,
    /// The size of a chunk; empty for the usual one.
    pub chunk: String,
    /// The pause after each chunk; empty for none.
    pub gap: String,
    /// The most that is sent in a second; empty for no limit.
    pub rate: String,
    /// The desktop's dialog, and whether this one is shown.
    pub chooser: Chooser<Vec<PathBuf>>,
    folder: PathBuf,
}

/// A field with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileField {
    /// The size of a chunk.
    Chunk,
    /// The pause.
    Gap,
    /// The rate.
    Rate,
}

impl FileDialog {
    /// `folder`: where the desktop's dialog begins.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self {
            path: PathText::new(PathBuf::new()),
            form: FileForm::Raw,
            chunk: String::new(),
            gap: String::new(),
            rate: String::new(),
            chooser: Chooser::default(),
            folder: folder.into(),
        }
    }

    /// Opens the desktop's dialog.
    pub fn browse(&mut self, desktop: Option<&Arc<dyn Desktop>>, notify: &Notify) {
        let folder = self.folder.clone();
        self.chooser.ask(desktop, notify, move |desktop| desktop.choose_files(&folder));
    }

    /// Takes the answer of the desktop's dialog.
    pub fn update(&mut self) {
        if let Some(Answer::Chosen(paths)) = self.chooser.take_answer()
            && let Some(path) = paths.into_iter().next()
        {
            self.path = PathText::new(path);
        }
    }

    /// What the fields say.
    ///
    /// # Errors
    /// The first field that says nothing that can be done.
    pub fn options(&self, is_datagram: bool) -> Result<FileOptions, FileField> {
        let given = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        let rate = given(&self.rate).map(|text| parse_rate(&text).ok().filter(|rate| *rate > 0));
        let rate = rate.map(|rate| rate.ok_or(FileField::Rate)).transpose()?;
        let gap = given(&self.gap).map(|text| parse_duration(&text).map_err(|_| FileField::Gap));
        let most = if is_datagram { MOST_DATAGRAM_BYTES } else { MOST_CHUNK_BYTES };
        let chunk = given(&self.chunk).filter(|_| self.form != FileForm::Lines);
        let chunk = chunk.map(|text| parse_size(&text).ok().filter(|size| (1..=most).contains(size)));
        let chunk = chunk.map(|chunk| chunk.ok_or(FileField::Chunk)).transpose()?;
        Ok(FileOptions {
            form: self.form,
            chunk_bytes: chunk
                .map_or_else(|| FileOptions::usual_chunk_bytes(is_datagram, rate), |chunk| chunk as usize),
            gap: gap.transpose()?.unwrap_or(Duration::ZERO),
            rate,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_read_with_their_units_and_wrong_ones_are_named() {
        let mut dialog = FileDialog::new(Path::new("."));
        assert_eq!(dialog.options(false), Ok(FileOptions::default()), "what is empty is as usual");
        assert_eq!(dialog.options(true).unwrap().chunk_bytes, FileOptions::DATAGRAM_BYTES);
        (dialog.chunk, dialog.gap, dialog.rate) = ("1KiB".into(), "5 ms".into(), "1MB/s".into());
        dialog.form = FileForm::Hex;
        let expected = FileOptions {
            form: FileForm::Hex,
            chunk_bytes: 1024,
            gap: Duration::from_millis(5),
            rate: Some(1_000_000),
        };
        assert_eq!(dialog.options(false), Ok(expected));
        for (chunk, gap, rate, wrong) in [
            ("0", "", "", FileField::Chunk),
            ("x", "", "", FileField::Chunk),
            ("17MiB", "", "", FileField::Chunk),
            ("", "soon", "", FileField::Gap),
            ("", "", "fast", FileField::Rate),
            ("", "", "0", FileField::Rate),
        ] {
            (dialog.chunk, dialog.gap, dialog.rate) = (chunk.into(), gap.into(), rate.into());
            assert_eq!(dialog.options(false), Err(wrong), "{chunk} {gap} {rate}");
        }
        (dialog.chunk, dialog.gap, dialog.rate) = ("64KiB".into(), String::new(), String::new());
        assert_eq!(dialog.options(true), Err(FileField::Chunk), "more than a datagram holds");
        dialog.form = FileForm::Lines;
        assert!(dialog.options(true).is_ok(), "lines have no chunks");
    }
}
