//! Reading and writing the settings file.

use super::Settings;
use crate::capture::Draft;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Why the settings could not be used. The file is still there, under `kept_as`.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It is no TOML, or not what is expected.
    #[error("{reason}")]
    Damaged {
        /// What is wrong and where, in the parser's words.
        reason: String,
        /// Where the file was moved to.
        kept_as: PathBuf,
    },
    /// It could not be read.
    #[error("{0}")]
    Unreadable(#[from] io::Error),
}

/// The place of the settings.
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

    /// A file at a given place.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the settings; the defaults where there is no file yet.
    pub fn load(&self) -> Result<Settings, LoadError> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Settings::default()),
            Err(error) => return Err(error.into()),
        };
        let parsed = String::from_utf8(bytes)
            .map_err(|error| error.to_string())
            .and_then(|text| toml::from_str(&text).map_err(|error| error.message().to_owned()));
        match parsed {
            Ok(settings) => Ok(settings),
            Err(reason) => {
                let kept_as = self.keep_aside()?;
                Err(LoadError::Damaged { reason, kept_as })
            }
        }
    }

    /// Writes the settings: after this either all of the new ones are there, or all of the old.
    pub fn save(&self, settings: &Settings) -> io::Result<()> {
        let text = toml::to_string_pretty(settings).map_err(io::Error::other)?;
        let folder = self.path.parent().ok_or(io::ErrorKind::InvalidInput)?;
        fs::create_dir_all(folder)?;
        let mut draft = Draft::create(&self.path)?;
        draft.file().write_all(text.as_bytes())?;
        draft.commit()
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Encoding;
    use crate::payload::Format;
    use crate::settings::{HistoryEntry, TabKind, TabSettings, ThemeChoice, WindowSettings};

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
        tab.history = vec![HistoryEntry { format: Format::Hex, payload: "01 03".into() }];
        let settings = Settings {
            theme: ThemeChoice::Dark,
            language: Some("zh-CN".into()),
            window: WindowSettings { list_width: 300.0, ..WindowSettings::default() },
            tabs: vec![tab],
            ..Settings::default()
        };
        file.save(&settings).unwrap();
        assert_eq!(file.load().unwrap(), settings);
        // Nothing but the file itself is left.
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
        for bytes in [&b"theme = ["[..], b"theme = \"purple\"", b"\xFF\xFE"] {
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
    fn unknown_and_missing_entries_do_no_harm() {
        let (_folder, file) = file();
        fs::create_dir_all(file.path().parent().unwrap()).unwrap();
        let written =
            "from_the_future = 1\n[[tabs]]\nkind = \"udp\"\nfrom_the_future = 1\n[window]\nwidth = 900\n";
        fs::write(file.path(), written).unwrap();
        let settings = file.load().unwrap();
        assert_eq!(settings.tabs, [TabSettings::new(TabKind::Udp)]);
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
        // One of no kind is a server, as a new one is.
        assert_eq!(read("[[tabs]]\n"), [TabSettings::default()]);
        let wrong = toml::from_str::<Settings>("[[tabs]]\nkind = \"modem\"\n").unwrap_err();
        assert!(wrong.message().contains("modem"), "{wrong}");
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
