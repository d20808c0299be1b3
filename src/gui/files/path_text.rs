//! A path in a text field. On Linux a path need not be valid text: an unedited field keeps the exact path.

use crate::settings::SaveFormat;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A path that can be edited.
pub struct PathText {
    /// The text of the field.
    pub text: String,
    /// The path that the field was filled with, and its text.
    exact: PathBuf,
    shown: String,
}

impl PathText {
    /// A field that shows `path`.
    pub fn new(path: PathBuf) -> Self {
        let shown = path.display().to_string();
        Self { text: shown.clone(), exact: path, shown }
    }

    /// The path in the field.
    pub fn path(&self) -> PathBuf {
        if self.text == self.shown { self.exact.clone() } else { typed_path(&self.text) }
    }

    /// The place of the file's name without the ending of a format, in characters of the field: the part that is most
    /// likely to be changed.
    pub fn name_place(&self) -> Range<usize> {
        let name = self.text.rsplit(std::path::is_separator).next().unwrap_or_default();
        let is_format = |ending: &str| SaveFormat::of_extension(ending).is_some();
        let stem =
            name.rsplit_once('.').filter(|(_, ending)| is_format(ending)).map_or(name, |(stem, _)| stem);
        let end = self.text.chars().count();
        let start = end - name.chars().count();
        start..start + stem.chars().count()
    }
}

/// A path as typed or pasted: without blanks around it, and without the quotes that Explorer adds.
pub fn typed_path(text: &str) -> PathBuf {
    let text = text.trim();
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    PathBuf::from(text)
}

/// `path` with the ending `now` in place of `before`; another ending stays. `""` is no ending.
pub fn with_ending(path: &Path, before: &str, now: &str) -> PathBuf {
    if !before.is_empty() && path.extension().is_some_and(|ending| ending == before) {
        return path.with_extension(now);
    }
    let mut longer = path.as_os_str().to_owned();
    if !now.is_empty() {
        longer.push(".");
        longer.push(now);
    }
    longer.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    fn no_text() -> std::ffi::OsString {
        std::os::unix::ffi::OsStringExt::from_vec(b"caf\xE9".to_vec())
    }

    /// With half of a surrogate pair.
    #[cfg(windows)]
    fn no_text() -> std::ffi::OsString {
        std::os::windows::ffi::OsStringExt::from_wide(&[0x63, 0x61, 0x66, 0xD800])
    }

    #[test]
    fn a_path_that_is_no_text_is_kept_until_it_is_edited() {
        let folder = Path::new("/").join(no_text());
        let mut field = PathText::new(with_ending(&folder.join("run.pcapng"), "pcapng", "csv"));
        assert!(field.text.contains("caf\u{FFFD}"), "{}", field.text);
        assert_eq!(field.text, folder.join("run.csv").to_string_lossy());
        assert_eq!(field.path(), folder.join("run.csv"));
        field.text = "/tmp/run.csv".into();
        assert_eq!(field.path(), Path::new("/tmp/run.csv"));
    }

    #[test]
    fn the_name_is_found_without_its_ending() {
        for (path, name) in [
            ("/tmp/温度/run 1.pcapng", "run 1"),
            ("/tmp/run.7788.csv", "run.7788"),
            ("/tmp/server 127.0.0.1", "server 127.0.0.1"),
            ("run", "run"),
            ("/tmp/", ""),
        ] {
            let field = PathText::new(path.into());
            let characters: Vec<char> = path.chars().collect();
            assert_eq!(characters[field.name_place()].iter().collect::<String>(), name, "{path}");
        }
    }

    #[test]
    fn quotes_and_blanks_around_a_path_are_removed() {
        assert_eq!(typed_path(" \"/a b/c.txt\"\n"), Path::new("/a b/c.txt"));
        assert_eq!(typed_path("\"/a"), Path::new("\"/a"));
    }

    #[test]
    fn the_ending_follows_the_format() {
        for (path, before, now, expected) in [
            ("/a/run.1.pcapng", "pcapng", "txt", "/a/run.1.txt"),
            ("/a/run.1.txt", "txt", "", "/a/run.1"),
            ("/a/run.1", "", "csv", "/a/run.1.csv"),
            ("/a/mine.dat", "csv", "txt", "/a/mine.dat.txt"),
        ] {
            assert_eq!(with_ending(Path::new(path), before, now), Path::new(expected));
        }
    }
}
