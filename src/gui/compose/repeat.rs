//! The settings of a repeat, from what is typed in the form.

use crate::lang::{Words, fill};
use crate::model::Spacing;
use crate::model::units::{duration_text, parse_duration};
use crate::net::least_interval;
use crate::settings::TabSettings;
use std::time::Duration;

/// How a payload is to be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RepeatPlan {
    /// The time between two sends.
    pub interval: Duration,
    /// What it is measured from.
    pub spacing: Spacing,
    /// How often it is sent; `None`: until it is stopped.
    pub times: Option<u64>,
}

/// The interval of a form.
///
/// # Errors
/// It is no duration, or shorter than is possible; in the language of the window.
pub fn interval(form: &TabSettings, words: &Words) -> Result<Duration, String> {
    let interval = parse_duration(&form.repeat_interval).map_err(|_| words.repeat_interval_wrong.clone())?;
    let least = least_interval();
    if interval < least {
        return Err(fill(&words.repeat_interval_least, &[("least", &duration_text(least))]));
    }
    Ok(interval)
}

/// How often the payload of a form is repeated; `None`: until it is stopped.
///
/// # Errors
/// It is no number above 0; in the language of the window.
pub fn times(form: &TabSettings, words: &Words) -> Result<Option<u64>, String> {
    let typed = form.repeat_times.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let times = typed.parse().ok().filter(|times| *times > 0);
    times.map(Some).ok_or_else(|| words.repeat_times_wrong.clone())
}

impl RepeatPlan {
    /// That of a form.
    ///
    /// # Errors
    /// What is wrong with the first field that is, in the language of the window.
    pub fn of(form: &TabSettings, words: &Words) -> Result<Self, String> {
        let spacing = if form.repeat_after_end { Spacing::AfterEnd } else { Spacing::StartToStart };
        Ok(Self { interval: interval(form, words)?, spacing, times: times(form, words)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Language;
    use crate::settings::TabKind;

    fn form(interval: &str, times: &str) -> TabSettings {
        TabSettings {
            repeat_interval: interval.into(),
            repeat_times: times.into(),
            ..TabSettings::new(TabKind::Udp)
        }
    }

    #[test]
    fn each_field_is_read_or_said_to_be_wrong() {
        let words = Language::English.words();
        let plan = |interval: &str, times: &str| RepeatPlan::of(&form(interval, times), words);
        let ten = RepeatPlan {
            interval: Duration::from_millis(10),
            spacing: Spacing::StartToStart,
            times: Some(5),
        };
        assert_eq!(plan("10 ms", " 5 "), Ok(ten));
        assert_eq!(plan("0.01", ""), Ok(RepeatPlan { times: None, ..ten }), "a number is seconds");
        let after = TabSettings { repeat_after_end: true, ..form("10ms", "5") };
        assert_eq!(RepeatPlan::of(&after, words).unwrap().spacing, Spacing::AfterEnd);
        for interval in ["", "ten", "5 parsecs", "-1s"] {
            assert_eq!(plan(interval, ""), Err(words.repeat_interval_wrong.clone()), "{interval}");
        }
        for interval in ["0", "99us"] {
            assert!(plan(interval, "").unwrap_err().contains("shortest"), "{interval}");
        }
        for times in ["0", "-1", "1.5", "many"] {
            assert_eq!(plan("1s", times), Err(words.repeat_times_wrong.clone()), "{times}");
        }
        assert_eq!(RepeatPlan::of(&TabSettings::default(), words).unwrap().interval, Duration::from_secs(1));
    }
}
