//! The options for a payload that is sent again and again.

use crate::model::Spacing;
use crate::model::units::{duration_text, parse_duration};
use crate::net::least_interval;
use clap::{Args, ValueEnum};
use std::time::Duration;

/// How the payload is repeated.
#[derive(Debug, Args)]
pub(super) struct RepeatArgs {
    /// Send the payload again and again at this interval: 0.5ms, 10ms, 2h. For listen, to all connections. Deadlines are
    /// absolute; one that the next has passed is missed, counted, and not caught up
    #[arg(long, value_name = "INTERVAL", value_parser = parse_interval, requires = "payload")]
    pub repeat: Option<Duration>,
    /// End after so many sends; without it, the payload is repeated until the session ends
    #[arg(long, value_name = "SENDS", value_parser = clap::value_parser!(u64).range(1..), requires = "repeat")]
    pub times: Option<u64>,
    /// Measure the interval from the start of a send (the default), or from its end
    #[arg(long, value_name = "start|end", value_enum, requires = "repeat")]
    pub repeat_from: Option<From>,
}

/// What the interval is measured from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum From {
    Start,
    End,
}

/// How a payload is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) struct RepeatPlan {
    pub interval: Duration,
    pub spacing: Spacing,
    pub times: Option<u64>,
}

impl RepeatArgs {
    /// What the options ask for.
    pub fn plan(&self) -> Option<RepeatPlan> {
        let spacing = match self.repeat_from {
            None | Some(From::Start) => Spacing::StartToStart,
            Some(From::End) => Spacing::AfterEnd,
        };
        Some(RepeatPlan { interval: self.repeat?, spacing, times: self.times })
    }
}

fn parse_interval(text: &str) -> Result<Duration, String> {
    let interval = parse_duration(text).map_err(|error| error.to_string())?;
    let least = least_interval();
    if interval < least {
        return Err(format!("the shortest interval on this system is {}", duration_text(least)));
    }
    Ok(interval)
}
