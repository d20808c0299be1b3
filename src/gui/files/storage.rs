//! The room that recordings take: how much they take now, their limits, and when one is near. Draws nothing.

use crate::capture::{Limits, recordings_bytes};
use crate::model::Operation;
use crate::settings::RecordingSettings;
use crate::task::{Notify, Task};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How often the recordings are looked at while sessions record.
const INTERVAL: Duration = Duration::from_secs(5);
/// The least that a session may keep, in bytes, also where the limit for all recordings is reached.
const LEAST_BYTES: u64 = 64 << 20;
/// From this part of a limit on it is near.
const NEAR: f64 = 0.9;

/// How near a recording is to a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Near {
    /// The bytes in use.
    pub used: u64,
    /// The limit in bytes.
    pub limit: u64,
    /// The limit is that of all recordings, not that of one session.
    pub is_total: bool,
}

impl Near {
    /// `None` if the limit is not near.
    pub fn to(used: u64, limit: u64, is_total: bool) -> Option<Self> {
        (used as f64 >= limit as f64 * NEAR).then_some(Self { used, limit, is_total })
    }
}

/// The room that recordings take.
pub struct Storage {
    /// The folder for recordings if the user chose none.
    pub usual: PathBuf,
    /// The number and the size of the recordings that were left behind.
    pub unfinished: (usize, u64),
    used: Option<u64>,
    looking: Option<Task<u64>>,
    looked: Option<Instant>,
    /// The settings were drawn since the last update.
    pub(super) is_shown: bool,
}

impl Storage {
    /// `usual` is the folder for recordings if the user chose none.
    pub fn new(usual: PathBuf) -> Self {
        Self { usual, unfinished: (0, 0), used: None, looking: None, looked: None, is_shown: false }
    }

    /// The folder for the recordings of new sessions.
    pub fn folder(&self, settings: &RecordingSettings) -> PathBuf {
        let chosen = Path::new(settings.folder.trim());
        if chosen.is_absolute() { chosen.into() } else { self.usual.clone() }
    }

    /// The limits of a new session: its own, or what is left of that of all recordings.
    pub fn limits(&self, settings: &RecordingSettings) -> Limits {
        let left = settings.total_bytes().saturating_sub(self.used.unwrap_or(0));
        let total = settings.session_bytes().min(left.max(LEAST_BYTES));
        let segment_bytes = (total / 8).clamp(4 << 20, Limits::default().segment_bytes);
        Limits { segment_bytes, total_bytes: Some(total) }
    }

    /// What all recordings take, in bytes, once that is known.
    pub fn used(&self) -> Option<u64> {
        self.used
    }

    /// Whether the limit of all recordings is near.
    pub fn near(&self, settings: &RecordingSettings) -> Option<Near> {
        Near::to(self.used?, settings.total_bytes(), true)
    }

    /// Looks at the disk, as a job: at first, and then at intervals while sessions record or the settings are shown. It
    /// asks for no frame but when the job has ended.
    pub fn update(
        &mut self,
        settings: &RecordingSettings,
        is_recording: bool,
        now: Instant,
        notify: &Notify,
    ) {
        if let Some(outcome) = self.looking.as_mut().and_then(Task::take) {
            self.looking = None;
            self.used = outcome.ok();
        }
        let is_wanted = self.used.is_none() || is_recording || std::mem::take(&mut self.is_shown);
        let is_due = self.looked.is_none_or(|looked| now.saturating_duration_since(looked) >= INTERVAL);
        if is_wanted && is_due && self.looking.is_none() {
            self.looked = Some(now);
            let (usual, chosen) = (self.usual.clone(), self.folder(settings));
            let look = move |_: &_| {
                let other = if chosen == usual { 0 } else { recordings_bytes(&usual) };
                Ok(recordings_bytes(&chosen) + other)
            };
            self.looking = Some(Task::start("measure recordings", Operation::Read, notify, look));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gui::tests::wait;
    use std::sync::Arc;

    #[test]
    fn a_session_gets_its_own_limit_or_what_is_left_of_that_of_all() {
        let mut storage = Storage::new("/usual".into());
        let settings = RecordingSettings {
            session_gigabytes: 2.0,
            total_gigabytes: 10.0,
            ..RecordingSettings::default()
        };
        for (used, total) in [
            (None, 2_000_000_000),
            (Some(7_000_000_000), 2_000_000_000),
            (Some(9_500_000_000), 500_000_000),
            (Some(20_000_000_000), LEAST_BYTES),
        ] {
            storage.used = used;
            let limits = storage.limits(&settings);
            assert_eq!(limits.total_bytes, Some(total), "{used:?}");
            assert!(limits.segment_bytes <= total / 4, "a dropped segment is a small part: {limits:?}");
        }
        storage.used = Some(8_999_999_999);
        assert_eq!(storage.near(&settings), None);
        storage.used = Some(9_000_000_000);
        let near = Near { used: 9_000_000_000, limit: 10_000_000_000, is_total: true };
        assert_eq!(storage.near(&settings), Some(near));
        // Nonsense in the file does not end recording.
        let wrong = RecordingSettings {
            folder: "relative".into(),
            session_gigabytes: f64::NAN,
            total_gigabytes: -1.0,
        };
        assert_eq!(wrong.session_bytes(), 16_000_000_000);
        assert_eq!(wrong.total_bytes(), 100_000_000);
        assert_eq!(storage.folder(&wrong), Path::new("/usual"));
    }

    #[test]
    fn what_recordings_take_is_measured_in_both_places() {
        let parent = tempfile::tempdir().unwrap();
        let at = |name: &str| parent.path().join(name);
        for (folder, bytes) in [("usual/1", 1000), ("chosen/2", 30)] {
            std::fs::create_dir_all(at(folder)).unwrap();
            std::fs::write(at(folder).join("000001.pcapng"), vec![0; bytes]).unwrap();
        }
        let notify: Notify = Arc::new(|| {});
        let mut storage = Storage::new(at("usual"));
        let folder = at("chosen").to_str().unwrap().to_owned();
        let settings = RecordingSettings { folder, ..RecordingSettings::default() };
        let now = Instant::now();
        wait("the size", || {
            storage.update(&settings, false, now, &notify);
            storage.used() == Some(1030)
        });
    }
}
