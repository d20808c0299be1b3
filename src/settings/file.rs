//! Reading and writing the settings file.
//!
//! The file has a version. Entries that this program does not know stay in the file, so that a newer program of the
//! same version finds its own again. A file of a higher version is neither used nor written.

use super::{Settings, tolerant};
use crate::capture::{AtomicFile, ensure_private_folder, make_private};
use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Version of the file. It is raised when the meaning of an entry changes; new entries do not raise it.
const VERSION: i64 = 1;
const VERSION_KEY: &str = "version";

/// Why the settings could not be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file is no TOML. It was renamed.
    #[error("{reason}")]
    Damaged {
        /// What is wrong, in the parser's words.
        reason: String,
        /// Where the file is now.
        kept_as: PathBuf,
    },
    /// A newer program wrote it. It stays as it is.
    #[error("the file has version {version}, and this program knows versions up to {VERSION}")]
    Newer {
        /// Its version.
        version: i64,
    },
    /// It could not be read, or not be renamed. It stays as it is.
    #[error("{0}")]
    Unreadable(#[from] io::Error),
}

impl LoadError {
    /// Whether the file is still in its place, and must not be overwritten.
    #[must_use]
    pub fn keeps_file(&self) -> bool {
        !matches!(self, Self::Damaged { .. })
    }
}

/// The settings file.
#[derive(Clone, Debug)]
pub struct SettingsFile {
    path: PathBuf,
}

impl SettingsFile {
    /// The file of this user, or `None` where the system names no configuration folder.
    #[must_use]
    pub fn of_user() -> Option<Self> {
        let folders = directories::ProjectDirs::from("", "", "wirelab")?;
        Some(Self::at(folders.config_dir().join("settings.toml")))
    }

    /// A file at a given path.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the settings; the defaults where there is no file yet. A file that others may read becomes private.
    ///
    /// # Errors
    /// See [`LoadError`], which also says what became of the file.
    pub fn load(&self) -> Result<Settings, LoadError> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Settings::default()),
            Err(error) => return Err(error.into()),
        };
        make_private(&self.path);
        let text = String::from_utf8(bytes).map_err(|error| error.to_string());
        if let Ok(text) = &text
            && let Some(version) = newer_version(text)
        {
            return Err(LoadError::Newer { version });
        }
        match text.and_then(|text| Settings::from_text(&text).map_err(|error| error.message().to_owned())) {
            Ok(settings) => Ok(settings),
            Err(reason) => {
                let kept_as = self.keep_aside()?;
                Err(LoadError::Damaged { reason, kept_as })
            }
        }
    }

    /// Writes the settings into a private file, and keeps the entries of the old one that this program does not
    /// know. Afterwards the file has all of the new settings, or all of the old ones.
    ///
    /// # Errors
    /// A newer program has written the file meanwhile, or the system does not let it be replaced. It is as it was
    /// then.
    pub fn save(&self, settings: &Settings) -> io::Result<()> {
        let old = fs::read_to_string(&self.path).unwrap_or_default();
        if let Some(version) = newer_version(&old) {
            return Err(io::Error::other(LoadError::Newer { version }));
        }
        let table = table_beside(settings, old.parse().unwrap_or_default()).map_err(io::Error::other)?;
        let text = toml::to_string_pretty(&table).map_err(io::Error::other)?;
        ensure_private_folder(self.path.parent().ok_or(io::ErrorKind::InvalidInput)?)?;
        let mut file = AtomicFile::create_private(&self.path)?;
        file.file().write_all(text.as_bytes())?;
        file.commit()
    }

    /// Renames the file. Returns its new path.
    fn keep_aside(&self) -> io::Result<PathBuf> {
        for number in 1u32.. {
            let aside = self.path.with_extension(format!("damaged-{number}.toml"));
            if !aside.exists() {
                fs::rename(&self.path, &aside)?;
                return Ok(aside);
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

/// The version of the file with this text, if it is higher than what this program knows.
fn newer_version(text: &str) -> Option<i64> {
    let table: Table = text.parse().ok()?;
    table.get(VERSION_KEY)?.as_integer().filter(|version| *version > VERSION)
}

/// The table of the settings, with the entries of the old file that this program does not know or cannot read.
fn table_beside(settings: &Settings, mut old: Table) -> Result<Table, Box<dyn Error + Send + Sync>> {
    let old_window = old.get("window").and_then(Value::as_table).cloned().unwrap_or_default();
    // Not an entry of the settings.
    old.remove(VERSION_KEY);
    let default = Settings::default();
    let (_, unknown) = tolerant::read(old, &default)?;
    let mut table = tolerant::write(settings, &default, &unknown)?;
    if table.get("window").is_some_and(Value::is_table) {
        let (_, unknown) = tolerant::read(old_window, &default.window)?;
        table.insert("window".into(), tolerant::write(&settings.window, &default.window, &unknown)?.into());
    }
    table.insert(VERSION_KEY.into(), VERSION.into());
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Encoding;
    use crate::payload::Format;
    use crate::settings::{
        ComposerSettings, HistoryEntry, TabKind, TabSettings, ThemeChoice, TimeMode, ViewMode, WindowSettings,
    };

    fn file() -> (tempfile::TempDir, SettingsFile) {
        let folder = tempfile::tempdir().unwrap();
        let file = SettingsFile::at(folder.path().join("wirelab").join("settings.toml"));
        (folder, file)
    }

    #[test]
    fn what_is_saved_comes_back() {
        let (_folder, file) = file();
        assert_eq!(file.load().unwrap(), Settings::default());
        let mut tab = TabSettings::new(TabKind::Udp);
        tab.encoding = Encoding::Gbk;
        tab.payload = "多行\n\"text\"\\ \u{7}".into();
        let template =
            HistoryEntry { is_template: true, ..HistoryEntry::new(Format::Escaped, "${len}".into()) };
        tab.history = vec![HistoryEntry::new(Format::Hex, "01 03".into()), template];
        tab.payload_format = Format::Escaped;
        tab.is_template = true;
        tab.checksum = "CRC-16/MODBUS,big".into();
        tab.sent_count = 7;
        tab.answers.insert("地址".into(), "17".into());
        let settings = Settings {
            theme: ThemeChoice::Dark,
            language: Some("zh-CN".into()),
            window: WindowSettings { list_width: 300.0, ..WindowSettings::default() },
            tabs: vec![tab],
            composer: ComposerSettings { recent_checksums: vec!["SUM-8".into()], shares_history: true },
            ..Settings::default()
        };
        file.save(&settings).unwrap();
        assert_eq!(file.load().unwrap(), settings);
        // No temporary file is left.
        assert_eq!(fs::read_dir(file.path().parent().unwrap()).unwrap().count(), 1);
    }

    // Not on Windows: symbolic links need a privilege there.
    #[cfg(unix)]
    #[test]
    fn a_link_to_the_file_stays_one() {
        let (folder, file) = file();
        let kept = folder.path().join("dotfiles.toml");
        fs::create_dir_all(file.path().parent().unwrap()).unwrap();
        fs::write(&kept, "").unwrap();
        std::os::unix::fs::symlink(&kept, file.path()).unwrap();
        let settings = Settings { theme: ThemeChoice::Dark, ..Settings::default() };
        file.save(&settings).unwrap();
        assert!(file.path().is_symlink());
        assert_eq!(SettingsFile::at(&kept).load().unwrap(), settings);
    }

    #[test]
    fn a_damaged_file_is_kept_aside() {
        let (_folder, file) = file();
        fs::create_dir_all(file.path().parent().unwrap()).unwrap();
        for bytes in [&b"theme = ["[..], b"\xFF\xFE"] {
            fs::write(file.path(), bytes).unwrap();
            let Err(LoadError::Damaged { kept_as, reason }) = file.load() else {
                panic!("{bytes:?} was accepted")
            };
            assert_eq!(fs::read(&kept_as).unwrap(), bytes);
            assert!(!reason.is_empty());
            assert_eq!(file.load().unwrap(), Settings::default());
        }
    }

    #[test]
    fn entries_of_a_newer_program_stay_in_the_file() {
        let (_folder, file) = file();
        fs::create_dir_all(file.path().parent().unwrap()).unwrap();
        let written = "version = 1\nfrom_the_future = [1, 2]\n[window]\nside = 0.5\n[lists]\nopen = true\n\
                       [[tabs]]\nkind = \"udp\"\nname = \"PLC-1\"\n[[tabs]]\nkind = \"tcp-client\"\n\
                       [[tabs]]\nname = \"PLC-2\"\n[tabs.rules]\non = 1\n";
        fs::write(file.path(), written).unwrap();
        let mut settings = file.load().unwrap();
        // The tabs are reordered, and one is closed.
        settings.tabs.remove(1);
        settings.tabs.swap(0, 1);
        settings.theme = ThemeChoice::Dark;
        file.save(&settings).unwrap();
        file.save(&settings).unwrap();
        assert_eq!(file.load().unwrap(), settings);
        let kept: Table = fs::read_to_string(file.path()).unwrap().parse().unwrap();
        assert_eq!(kept["version"].as_integer(), Some(1));
        assert_eq!(kept["from_the_future"], Value::from(vec![1, 2]));
        assert_eq!(kept["window"]["side"], Value::from(0.5));
        assert_eq!(kept["lists"]["open"], Value::from(true));
        assert_eq!((&kept["theme"], kept["tabs"].as_array().unwrap().len()), (&Value::from("dark"), 2));
        assert_eq!(kept["tabs"][0]["name"], Value::from("PLC-2"));
        assert_eq!(kept["tabs"][0]["rules"]["on"], Value::from(1));
        assert_eq!(kept["tabs"][1]["name"], Value::from("PLC-1"));
    }

    #[test]
    fn a_value_of_a_newer_program_is_the_default_and_stays_in_the_file_until_it_is_changed() {
        let (_folder, file) = file();
        fs::create_dir_all(file.path().parent().unwrap()).unwrap();
        let written = "theme = \"purple\"\nlanguage = \"zh-CN\"\n[window]\nwidth = \"wide\"\nheight = 900\n\
                       [[tabs]]\nkind = \"udp\"\nview = \"frames\"\ntime = \"relative\"\nlocal_port = \"9\"\n\
                       [[tabs.history]]\nformat = \"base64\"\npayload = \"AQID\"\nname = \"hello\"\n\
                       [[tabs]]\nkind = \"modem\"\nlocal_port = \"7\"\n";
        fs::write(file.path(), written).unwrap();
        let mut settings = file.load().unwrap();
        let expected = WindowSettings { height: 900.0, ..WindowSettings::default() };
        assert_eq!((settings.window, settings.theme), (expected, ThemeChoice::System));
        assert_eq!(settings.language.as_deref(), Some("zh-CN"));
        let [udp, modem] = &settings.tabs[..] else { panic!("{:?}", settings.tabs) };
        assert_eq!((udp.kind, udp.view, &*udp.local_port), (TabKind::Udp, ViewMode::default(), "9"));
        assert_eq!((modem.kind, &*modem.local_port), (TabKind::TcpServer, "7"));
        let entry = &udp.history[0];
        assert_eq!((entry.format, &*entry.payload), (Format::Text, "AQID"));
        // One of them is changed.
        settings.tabs[0].time = TimeMode::SinceStart;
        settings.tabs.swap(0, 1);
        file.save(&settings).unwrap();
        file.save(&settings).unwrap();
        assert_eq!(file.load().unwrap().tabs[1].time, TimeMode::SinceStart);
        let kept: Table = fs::read_to_string(file.path()).unwrap().parse().unwrap();
        assert_eq!((&kept["theme"], &kept["window"]["width"]), (&"purple".into(), &"wide".into()));
        assert_eq!(kept["tabs"][0]["kind"], "modem".into());
        let udp = &kept["tabs"][1];
        assert_eq!((&udp["view"], &udp["time"]), (&"frames".into(), &"since-start".into()));
        let entry = &udp["history"][0];
        assert_eq!((&entry["format"], &entry["payload"]), (&"base64".into(), &"AQID".into()));
        assert_eq!(entry["name"], "hello".into(), "an entry that is unknown");
    }

    #[test]
    fn a_file_of_a_higher_version_is_told_and_not_overwritten() {
        let (_folder, file) = file();
        file.save(&Settings::default()).unwrap();
        let written = format!("{VERSION_KEY} = {}\ntheme = {{ new = \"form\" }}\n", VERSION + 1);
        fs::write(file.path(), &written).unwrap();
        let error = file.load().unwrap_err();
        assert!(matches!(error, LoadError::Newer { version: 2 }) && error.keeps_file(), "{error}");
        // Also if it was written while this program ran.
        assert!(file.save(&Settings::default()).is_err());
        assert_eq!(fs::read_to_string(file.path()).unwrap(), written);
        assert_eq!(fs::read_dir(file.path().parent().unwrap()).unwrap().count(), 1);
    }

    // Not on Windows: there are no file modes.
    #[cfg(unix)]
    #[test]
    fn the_file_and_its_folder_are_private_also_where_they_were_not() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, file) = file();
        let folder = file.path().parent().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        file.save(&Settings::default()).unwrap();
        assert_eq!((mode(folder), mode(file.path())), (0o700, 0o600));
        let open = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        open(file.path(), 0o644);
        file.load().unwrap();
        assert_eq!(mode(file.path()), 0o600, "after it was read");
        open(folder, 0o755);
        open(file.path(), 0o644);
        file.save(&Settings::default()).unwrap();
        assert_eq!((mode(folder), mode(file.path())), (0o700, 0o600), "after it was written");
    }

    #[test]
    fn unknown_and_missing_entries_are_no_error() {
        let (_folder, file) = file();
        fs::create_dir_all(file.path().parent().unwrap()).unwrap();
        let written =
            "from_the_future = 1\n[[tabs]]\nkind = \"udp\"\nfrom_the_future = 1\n[window]\nwidth = 900\n";
        fs::write(file.path(), written).unwrap();
        let settings = file.load().unwrap();
        assert_eq!(settings.tabs.len(), 1);
        let tab = TabSettings { unknown: settings.tabs[0].unknown.clone(), ..TabSettings::new(TabKind::Udp) };
        assert_eq!(settings.tabs, [tab]);
        assert_eq!(settings.window, WindowSettings { width: 900.0, ..WindowSettings::default() });
        assert_eq!((settings.language, settings.theme), (None, ThemeChoice::System));
    }

    #[test]
    fn a_tab_written_by_hand_has_the_defaults_of_its_kind() {
        let read = |text: &str| toml::from_str::<Settings>(text).unwrap().tabs;
        for (tag, kind) in
            [("tcp-client", TabKind::TcpClient), ("tcp-server", TabKind::TcpServer), ("udp", TabKind::Udp)]
        {
            assert_eq!(read(&format!("[[tabs]]\nkind = \"{tag}\"\n")), [TabSettings::new(kind)]);
        }
        let tab = &read("[[tabs]]\nremote_host = \"10.0.0.7\"\nkind = \"tcp-client\"\n")[0];
        assert_eq!((&*tab.remote_host, &*tab.remote_port), ("10.0.0.7", "7788"));
        assert_eq!((&*tab.local_address, &*tab.local_port), ("", ""), "a client leaves them to the system");
        // Without a kind it is a server, as a new tab is.
        assert_eq!(read("[[tabs]]\n"), [TabSettings::default()]);
    }

    #[test]
    fn as_the_system_has_it_is_a_value_of_its_own() {
        let text = toml::to_string(&Settings::default()).unwrap();
        assert!(text.contains("language = \"system\"") && text.contains("theme = \"system\""), "{text}");
        assert_eq!(toml::from_str::<Settings>(&text).unwrap(), Settings::default());
        let chosen: Settings = toml::from_str("language = \"en\"\ntheme = \"light\"\n").unwrap();
        assert_eq!((chosen.language.as_deref(), chosen.theme), (Some("en"), ThemeChoice::Light));
    }

    #[test]
    fn impossible_sizes_are_replaced() {
        let text = "[window]\nwidth = nan\nheight = 1\nzoom = inf\nlist_width = 9999\n";
        let window = toml::from_str::<Settings>(text).unwrap().window.sane();
        let expected = WindowSettings { height: 360.0, list_width: 480.0, ..WindowSettings::default() };
        assert_eq!(window, expected);
    }
}
