//! The folder of lists: reading all of them, and writing one without losing what others wrote meanwhile.

use super::item::ItemId;
use super::list::{List, ListError};
use super::merge::merge;
use crate::capture::{AtomicFile, FileLock, ensure_private_folder, make_private};
use crate::model::FileInUse;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// How long a save waits for the save of another program, which takes milliseconds.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// The folder of a user's lists.
#[derive(Clone, Debug)]
pub struct ListFolder {
    path: PathBuf,
}

/// A list with its file, as it was read or written last.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredList {
    /// Its file.
    pub file: PathBuf,
    /// What the file has.
    pub list: List,
}

/// A file that cannot be used.
#[derive(Debug)]
pub struct BadList {
    /// The file.
    pub file: PathBuf,
    /// Why.
    pub error: ListError,
}

/// What is in the folder.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The lists, by the names of their files.
    pub lists: Vec<StoredList>,
    /// The files that cannot be used. They stay as they are.
    pub bad: Vec<BadList>,
}

/// What a save wrote.
#[derive(Debug)]
pub struct Saved {
    /// The list with what others changed meanwhile.
    pub stored: StoredList,
    /// Copies of items that both sides changed: the item itself is that of the other side.
    pub copies: Vec<ItemId>,
}

/// Why a list was not saved. Its file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// Someone else has changed the file so that it is no list any more.
    #[error(transparent)]
    Bad(#[from] ListError),
    /// It has changed since it was read, and is not deleted.
    #[error("it was changed by another window meanwhile")]
    Changed,
    /// The system does not let it be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl ListFolder {
    /// The folder at a given path. It is made when the first list is saved.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads all lists. Files that others may read become private.
    ///
    /// # Errors
    /// The folder is there and cannot be read.
    pub fn load(&self) -> io::Result<Loaded> {
        let entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Loaded::default()),
            Err(error) => return Err(error),
        };
        let mut files: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
        let is_hidden = |file: &Path| file.file_name().is_some_and(|name| name.as_encoded_bytes()[0] == b'.');
        files.retain(|file| file.extension().is_some_and(|end| end == "toml") && !is_hidden(file));
        files.sort_unstable();
        let mut loaded = Loaded::default();
        for file in files {
            make_private(&file);
            match read(&file) {
                Ok(list) => loaded.lists.push(StoredList { file, list }),
                Err(error) => loaded.bad.push(BadList { file, error }),
            }
        }
        Ok(loaded)
    }

    /// Writes a new list into a file of its own, which is named after it.
    ///
    /// # Errors
    /// The system does not let the file be made.
    pub fn create(&self, list: &List) -> io::Result<StoredList> {
        ensure_private_folder(&self.path)?;
        let stem = file_stem(&list.name);
        for number in 1u32.. {
            let suffix = if number == 1 { String::new() } else { format!("-{number}") };
            let file = self.path.join(format!("{stem}{suffix}.toml"));
            let _lock = lock(&file)?;
            if !file.exists() {
                write(&file, list)?;
                return Ok(StoredList { file, list: list.clone() });
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Writes a list that was `base` when it was read. What others changed in the file since then is merged, by item and
    /// by key: nothing that they or we wrote is lost. Afterwards the file has all of the new list, or all of the old one.
    ///
    /// # Errors
    /// See [`SaveError`]. The file is as it was.
    pub fn save(&self, base: &StoredList, list: &List) -> Result<Saved, SaveError> {
        ensure_private_folder(&self.path)?;
        let file = base.file.clone();
        let _lock = lock(&file)?;
        let (list, copies) = match read(&file) {
            Ok(theirs) if theirs == base.list => (list.clone(), Vec::new()),
            Ok(theirs) => {
                let merged = merge(&base.list, list, &theirs);
                (merged.list, merged.copies)
            }
            // What others deleted and we changed stays.
            Err(ListError::Unreadable(error)) if error.kind() == io::ErrorKind::NotFound => {
                (list.clone(), Vec::new())
            }
            Err(error) => return Err(error.into()),
        };
        write(&file, &list)?;
        Ok(Saved { stored: StoredList { file, list }, copies })
    }

    /// Deletes a list, unless its file has changed since it was read. One that is gone already is no error.
    ///
    /// # Errors
    /// See [`SaveError`]. The file is still there.
    pub fn delete(&self, base: &StoredList) -> Result<(), SaveError> {
        let _lock = lock(&base.file)?;
        match read(&base.file) {
            Ok(list) if list == base.list => Ok(fs::remove_file(&base.file)?),
            Err(ListError::Unreadable(error)) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Ok(_) => Err(SaveError::Changed),
            Err(error) => Err(error.into()),
        }
    }
}

fn read(file: &Path) -> Result<List, ListError> {
    let bytes = fs::read(file)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + valid.iter().filter(|byte| **byte == b'\n').count();
        ListError::Text { line, key: None, reason: "the text is not UTF-8".into() }
    })?;
    List::from_text(&text)
}

fn write(file: &Path, list: &List) -> io::Result<()> {
    let mut out = AtomicFile::create_private(file)?;
    out.file().write_all(list.to_text().as_bytes())?;
    out.commit()
}

/// Waits until no other program saves to the file. A lock of its own name: an [`AtomicFile`] replaces no locked file.
fn lock(file: &Path) -> io::Result<FileLock> {
    let file = &file.with_extension("edited");
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        match FileLock::acquire(file) {
            Err(error) if FileInUse::of(&error).is_some() && Instant::now() < deadline => {
                thread::park_timeout(LOCK_PAUSE);
            }
            result => return result,
        }
    }
}

/// The name of the file of a list: its letters and digits, in any script.
fn file_stem(name: &str) -> String {
    const CHARACTERS: usize = 40;
    // Names that Windows keeps for devices.
    const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];
    let mut stem = String::new();
    for character in name.trim().chars().take(CHARACTERS) {
        if character.is_alphanumeric() {
            stem.extend(character.to_lowercase());
        } else if !stem.is_empty() && !stem.ends_with('-') {
            stem.push('-');
        }
    }
    let stem = stem.trim_end_matches('-');
    let is_device =
        DEVICES.iter().any(|device| stem.trim_end_matches(|c: char| c.is_ascii_digit()) == *device);
    match stem {
        "" => "list".into(),
        _ if is_device => format!("list-{stem}"),
        _ => stem.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::lists::Item;

    fn folder() -> (tempfile::TempDir, ListFolder) {
        let outer = tempfile::tempdir().unwrap();
        let lists = ListFolder::at(outer.path().join("wirelab").join("lists"));
        (outer, lists)
    }

    fn list(name: &str, items: &[&str]) -> List {
        let items = items.iter().map(|name| Item::new(*name)).collect();
        List { name: name.into(), items, ..List::default() }
    }

    fn names(list: &List) -> Vec<&str> {
        list.items.iter().map(|item| item.name.as_str()).collect()
    }

    #[test]
    fn what_is_saved_comes_back_from_a_file_that_is_named_after_it() {
        let (_outer, folder) = folder();
        assert!(folder.load().unwrap().lists.is_empty());
        let first = folder.create(&list("泵 / Pump 1", &["a"])).unwrap();
        let second = folder.create(&list("泵 / Pump 1", &["b"])).unwrap();
        let device = folder.create(&list("COM1", &[])).unwrap();
        let stems =
            [&first, &second, &device].map(|stored| stored.file.file_name().unwrap().to_str().unwrap());
        assert_eq!(stems, ["泵-pump-1.toml", "泵-pump-1-2.toml", "list-com1.toml"]);
        let mut loaded = folder.load().unwrap();
        loaded.lists.sort_by_key(|stored| stored.file.clone());
        let mut expected = vec![first.clone(), second, device];
        expected.sort_by_key(|stored| stored.file.clone());
        assert_eq!(loaded.lists, expected);
        let changed = List { name: "other".into(), ..first.list.clone() };
        let saved = folder.save(&first, &changed).unwrap();
        assert_eq!((&saved.stored.file, &saved.stored.list), (&first.file, &changed));
        // No temporary file and no lock is left.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    // Not on Windows: there are no file modes.
    #[cfg(unix)]
    #[test]
    fn files_and_folder_are_private() {
        use std::os::unix::fs::PermissionsExt;
        let (_outer, folder) = folder();
        let stored = folder.create(&list("a", &[])).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(folder.path()), mode(&stored.file)), (0o700, 0o600));
        fs::set_permissions(&stored.file, fs::Permissions::from_mode(0o644)).unwrap();
        folder.load().unwrap();
        assert_eq!(mode(&stored.file), 0o600);
    }

    #[test]
    fn a_bad_file_is_told_with_its_line_and_stays_while_others_load() {
        let (_outer, folder) = folder();
        let good = folder.create(&list("good", &["a"])).unwrap();
        for (text, line, key, reason) in [
            ("name = \"x\"\nattached = \"moon\"\n", 2, Some("attached"), "tcp-client"),
            ("[[items]]\nname = \"a\"\nformat = \"base64\"\n", 3, Some("format"), "base64"),
            ("[[items]]\nchecksum = \"crc99\"\n", 2, Some("checksum"), "crc99"),
            ("[[items]]\ninterval = \"5 days\"\n", 2, Some("interval"), "unit"),
            ("[[items]]\ndelay = -1\n", 2, Some("delay"), "number"),
            ("[[items]]\nrepeat = 0\n", 2, Some("repeat"), "nonzero"),
            ("[[items]]\nkey = \"Ctrl+Enter\"\n", 2, Some("key"), "F24"),
            ("[[items]]\ncolor = \"mauve\"\n", 2, Some("color"), "mauve"),
            ("[[items]]\nencoding = \"ebcdic\"\n", 2, Some("encoding"), "ebcdic"),
            ("[[items]]\nline_ending = \"crcr\"\n", 2, Some("line_ending"), "crcr"),
            ("[[items]]\ntemplate = \"yes\"\n", 2, Some("template"), "boolean"),
            ("[[items]]\ntakes_part = 1\n", 2, Some("takes_part"), "boolean"),
            ("[[items]]\nname = 5\n", 2, Some("name"), "string"),
            ("[[items]]\n\n\npayload = \"\n", 4, Some("payload"), ""),
            ("version = \"one\"\n", 1, Some("version"), "version"),
        ] {
            let file = folder.path().join("bad.toml");
            fs::write(&file, text).unwrap();
            let loaded = folder.load().unwrap();
            assert_eq!(loaded.lists, std::slice::from_ref(&good), "{text}");
            let [bad] = &loaded.bad[..] else { panic!("{text}: {:?}", loaded.bad) };
            assert_eq!(bad.file, file);
            let ListError::Text { line: found, key: at, reason: said } = &bad.error else {
                panic!("{text}: {:?}", bad.error)
            };
            assert_eq!((*found, at.as_deref()), (line, key), "{text}: {said}");
            assert!(said.contains(reason), "{text}: {said}");
            let base = StoredList { file: file.clone(), list: List::default() };
            assert!(matches!(folder.save(&base, &list("x", &[])), Err(SaveError::Bad(_))));
            assert!(folder.delete(&base).is_err());
            assert_eq!(fs::read_to_string(&file).unwrap(), text, "it stays as it is");
        }
        fs::write(folder.path().join("bad.toml"), b"name = \"a\"\nnote = \"\xFF\"\n").unwrap();
        let bad = folder.load().unwrap().bad;
        assert!(bad[0].error.to_string().starts_with("line 2"), "{}", bad[0].error);
    }

    #[test]
    fn a_list_of_a_newer_program_is_told_and_not_overwritten() {
        let (_outer, folder) = folder();
        let stored = folder.create(&list("a", &["one"])).unwrap();
        let newer = "version = 2\nname = \"a\"\nitems = { new = \"form\" }\n";
        fs::write(&stored.file, newer).unwrap();
        assert!(matches!(folder.load().unwrap().bad[0].error, ListError::Newer { version: 2 }));
        assert!(folder.save(&stored, &list("a", &["two"])).is_err());
        assert_eq!(fs::read_to_string(&stored.file).unwrap(), newer);
    }

    #[test]
    fn keys_that_are_not_known_stay_in_the_file() {
        let (_outer, folder) = folder();
        let stored = folder.create(&list("a", &[])).unwrap();
        let text =
            "version = 1\nfrom_the_future = [1, 2]\nname = \"a\"\n[[items]]\nname = \"x\"\nlater = \"OK\"\n";
        fs::write(&stored.file, text).unwrap();
        let stored = folder.load().unwrap().lists.remove(0);
        let mut changed = stored.list.clone();
        changed.items[0].name = "y".into();
        changed.items.insert(0, Item::new("first"));
        folder.save(&stored, &changed).unwrap();
        let kept: toml::Table = fs::read_to_string(&stored.file).unwrap().parse().unwrap();
        assert_eq!(kept["from_the_future"], toml::Value::from(vec![1, 2]));
        let item = &kept["items"][1];
        assert_eq!((&item["name"], &item["later"]), (&"y".into(), &"OK".into()));
    }

    #[test]
    fn two_windows_do_not_overwrite_each_other() {
        let (_outer, folder) = folder();
        let stored = folder.create(&list("shared", &["first"])).unwrap();
        let write = |name: &'static str| {
            let folder = folder.clone();
            let mut base = stored.clone();
            thread::Builder::new().name(name.into()).spawn(move || {
                for number in 0..20 {
                    let mut list = base.list.clone();
                    list.items.push(Item::new(format!("{name}{number}")));
                    list.items[0].note = format!("{}{name}", list.items[0].note);
                    base = folder.save(&base, &list).unwrap().stored;
                }
            })
        };
        let writers = ["a", "b"].map(|name| write(name).unwrap());
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        let list = folder.load().unwrap().lists.remove(0).list;
        for name in ["a", "b"] {
            for number in 0..20 {
                let item = format!("{name}{number}");
                assert_eq!(names(&list).iter().filter(|name| **name == item).count(), 1, "{item}");
            }
        }
    }

    #[test]
    fn an_edit_of_an_old_state_is_merged_and_told() {
        let (_outer, folder) = folder();
        let read = folder.create(&list("shared", &["a", "b"])).unwrap();
        let mut theirs = read.list.clone();
        theirs.items[0].name = "theirs".into();
        folder.save(&read, &theirs).unwrap();
        assert!(matches!(folder.delete(&read), Err(SaveError::Changed)));
        let mut ours = read.list.clone();
        ours.items[0].name = "ours".into();
        ours.items[1].name = "c".into();
        let saved = folder.save(&read, &ours).unwrap();
        assert_eq!(names(&saved.stored.list), ["theirs", "ours", "c"]);
        assert_eq!(saved.copies.len(), 1);
        assert_eq!(folder.load().unwrap().lists, [saved.stored]);
    }

    #[test]
    fn a_list_that_is_gone_already_is_deleted_without_an_error() {
        let (_outer, folder) = folder();
        let stored = folder.create(&list("a", &["x"])).unwrap();
        folder.delete(&stored).unwrap();
        assert!(folder.load().unwrap().lists.is_empty());
        folder.delete(&stored).unwrap();
    }

    #[test]
    fn items_without_an_id_have_the_same_in_every_window() {
        let text = "[[items]]\nname = \"a\"\n[[items]]\nname = \"a\"\n[[items]]\nid = \"7\"\n[[items]]\nid = \"7\"\n";
        let [one, other] = [(); 2].map(|()| List::from_text(text).unwrap());
        assert_eq!(one, other);
        let mut ids: Vec<_> = one.items.iter().map(|item| &item.id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 4);
    }
}
