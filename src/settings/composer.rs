//! What the composers of all tabs share.

use serde::{Deserialize, Serialize};

/// What the composers of all tabs share.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ComposerSettings {
    /// The checksums that were chosen, the last one first, as their texts.
    pub recent_checksums: Vec<String>,
    /// What is sent in one tab is in the history of all.
    pub shares_history: bool,
}

/// The most checksums that are remembered.
const RECENT: usize = 8;

impl ComposerSettings {
    /// Remembers that a checksum was chosen; an empty text is none.
    pub fn used(&mut self, checksum: &str) {
        if checksum.is_empty() || self.recent_checksums.first().is_some_and(|first| first == checksum) {
            return;
        }
        self.recent_checksums.retain(|known| known != checksum);
        self.recent_checksums.insert(0, checksum.to_owned());
        self.recent_checksums.truncate(RECENT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_is_the_first() {
        let mut composer = ComposerSettings::default();
        for checksum in ["SUM-8", "XOR-8", "SUM-8"] {
            composer.used(checksum);
        }
        assert_eq!(composer.recent_checksums, ["SUM-8", "XOR-8"]);
        (0..20).for_each(|number| composer.used(&number.to_string()));
        assert_eq!((composer.recent_checksums.len(), &*composer.recent_checksums[0]), (RECENT, "19"));
    }
}
