//! The search and the filter of a tab: their inputs, and the scans that run for them. `find_bar` draws the inputs;
//! the view shows matches and filtered records.

use crate::capture::{CaptureReader, Position};
use crate::codec::Encoding;
use crate::gui::action::Step;
use crate::gui::kit::figures::grouped;
use crate::lang::{Words, explain, fill};
use crate::model::{ConnectionId, Direction, RecordKind};
use crate::search::{Filter, Job, Location, Part, Query, QueryError, Scan};
use crate::streams::Encodings;
use crate::task::Notify;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

/// How the text of a search is understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QueryKind {
    /// As characters.
    #[default]
    Text,
    /// As hex digits of bytes, with wildcards.
    Hex,
    /// As a regular expression.
    Regex,
}

/// Which kinds of records are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KindChoice {
    /// All kinds.
    #[default]
    All,
    /// Data.
    Data,
    /// Connections opened and closed, errors, notes.
    Changes,
}

/// The filter as typed and chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterInput {
    /// Received or sent; `None`: both.
    pub direction: Option<Direction>,
    /// Kinds of records.
    pub kinds: KindChoice,
    /// Least payload in bytes, as typed.
    pub min_bytes: String,
    /// Most payload in bytes, as typed.
    pub max_bytes: String,
    /// Only these connections, each with its peer; `None`: all.
    pub connections: Option<BTreeMap<ConnectionId, SocketAddr>>,
    /// Only records with matches of the search.
    pub with_matches: bool,
}

/// The search and the filter of a tab.
#[derive(Default)]
pub struct Finder {
    /// The search bar is shown.
    pub is_open: bool,
    /// Its text field gets the focus in the next frame.
    pub wants_focus: bool,
    /// The text of the search.
    pub text: String,
    /// How it is understood.
    pub kind: QueryKind,
    /// Letters that differ only in case are different.
    pub case_sensitive: bool,
    /// The filter is shown and applied.
    pub filters: bool,
    /// The filter's inputs.
    pub filter: FilterInput,
    search: Option<Arc<Scan>>,
    filtering: Option<Arc<Scan>>,
    /// What the scans were started for, where they began, and whether there was a recording. They are restarted
    /// only when this changes, even if they could not be started.
    wanted_query: Option<(Query, Encodings, Position, bool)>,
    wanted_filter: Option<(Filter, Encodings, Position, bool)>,
    /// Error in the query.
    query_error: Option<QueryError>,
    /// Size that is not a number.
    size_error: Option<String>,
    /// Where the shown part of the recording begins.
    floor: Position,
    /// The end of the recording up to which the scans were woken.
    woken_at: Position,
}

impl Finder {
    /// Shows the bar and moves the keyboard focus to its text field.
    pub fn open(&mut self) {
        self.is_open = true;
        self.wants_focus = true;
    }

    /// Shows the records of these connections alone, with the bar that shows all again.
    pub fn show_only(&mut self, connections: BTreeMap<ConnectionId, SocketAddr>) {
        self.is_open = true;
        self.filters = true;
        self.filter = FilterInput { connections: Some(connections), ..FilterInput::default() };
    }

    /// Starts, restarts, wakes or ends the scans to follow the inputs and the recording. `floor` and `end` bound
    /// what is shown of the recording.
    pub fn refresh(
        &mut self,
        reader: Option<&CaptureReader>,
        end: Position,
        floor: Position,
        encodings: &Encodings,
        notify: &Notify,
    ) {
        let query = Some(self.query(encodings.of_rest())).filter(|query| self.is_open && !query.is_empty());
        let filter = self.filter(encodings.of_rest());
        let is_recorded = reader.is_some();
        self.floor = floor;
        let wanted = query.map(|query| (query, encodings.clone(), floor, is_recorded));
        if self.wanted_query != wanted {
            self.query_error = None;
            self.search = wanted.as_ref().and_then(|(query, ..)| match query.compile_for(encodings) {
                Ok(matcher) => Some(start(Job::Search(matcher), reader?, floor, notify)),
                Err(error) => {
                    self.query_error = Some(error);
                    None
                }
            });
            self.wanted_query = wanted;
        }
        // A filter without content does not depend on encodings.
        let for_content = |filter: &Filter| match filter.content {
            Some(_) => encodings.clone(),
            None => Encodings::default(),
        };
        let wanted = filter.map(|filter| (for_content(&filter), filter));
        let wanted = wanted.map(|(encodings, filter)| (filter, encodings, floor, is_recorded));
        if self.wanted_filter != wanted {
            self.filtering = wanted.as_ref().and_then(|(filter, ..)| {
                // The same error is shown for the search.
                let compiled = filter.compile_for(encodings).ok()?;
                Some(start(Job::Filter(compiled), reader?, floor, notify))
            });
            self.wanted_filter = wanted;
        }
        if end != std::mem::replace(&mut self.woken_at, end) {
            for scan in [self.searching(), self.filtering()].into_iter().flatten() {
                scan.wake();
            }
        }
    }

    fn query(&self, encoding: Encoding) -> Query {
        let (text, case_sensitive) = (self.text.clone(), self.case_sensitive);
        match self.kind {
            QueryKind::Text => Query::Text { text, case_sensitive, encoding },
            QueryKind::Hex => Query::Hex { pattern: text },
            QueryKind::Regex => Query::Regex { pattern: text, case_sensitive, encoding },
        }
    }

    /// The filter, unless it is off, empty or invalid.
    fn filter(&mut self, encoding: Encoding) -> Option<Filter> {
        self.size_error = None;
        if !self.is_open || !self.filters {
            return None;
        }
        let mut size = |text: &str| {
            let text = text.trim();
            if text.is_empty() {
                return None;
            }
            let number = text.parse().ok();
            if number.is_none() {
                self.size_error = Some(text.into());
            }
            number
        };
        let (min_bytes, max_bytes) = (size(&self.filter.min_bytes), size(&self.filter.max_bytes));
        let kinds = match self.filter.kinds {
            KindChoice::All => Vec::new(),
            KindChoice::Data => vec![RecordKind::Data],
            KindChoice::Changes => {
                vec![RecordKind::Opened, RecordKind::Closed, RecordKind::Error, RecordKind::Note]
            }
        };
        let content =
            Some(self.query(encoding)).filter(|query| self.filter.with_matches && !query.is_empty());
        let direction = self.filter.direction;
        let connections = self.filter.connections.as_ref();
        let connections = connections.map(|chosen| chosen.keys().copied().collect());
        let filter = Filter { connections, direction, kinds, min_bytes, max_bytes, content };
        Some(filter).filter(|filter| !filter.is_empty() && self.size_error.is_none())
    }

    /// The running search.
    #[must_use]
    pub fn searching(&self) -> Option<&Arc<Scan>> {
        self.search.as_ref()
    }

    /// The running filter.
    #[must_use]
    pub fn filtering(&self) -> Option<&Arc<Scan>> {
        self.filtering.as_ref()
    }

    /// The next match after a location, or the previous one before it, wrapping around, among the records that are
    /// shown.
    #[must_use]
    pub fn step(&self, from: Option<Location>, step: Step) -> Option<Vec<Part>> {
        let forward = step == Step::Next;
        let found = self.searching()?.results();
        let matches = &found.matches;
        let shown = self.filtering().map(|filter| filter.results());
        let last = matches.kept().checked_sub(1)?;
        let mut from = from;
        for _ in 0..MAX_SKIPS {
            let index = match (from, forward) {
                (None, true) => 0,
                (None, false) => last,
                (Some(location), true) => matches.next_after(location).unwrap_or(0),
                (Some(location), false) => matches.previous_before(location).unwrap_or(last),
            };
            let record = matches.location(index)?.record;
            let Some(shown) = shown.as_ref().map(|shown| &shown.positions) else {
                return Some(matches.parts(index));
            };
            if shown.contains(record) {
                return Some(matches.parts(index));
            }
            // Over all matches that are hidden up to the next record that is shown.
            let next = if forward { shown.at_or_after(record) } else { shown.before(record) };
            from = next.map(|record| match forward {
                true => Location { record: Position(record.0.saturating_sub(1)), byte: u32::MAX },
                false => Location { record: Position(record.0 + 1), byte: 0 },
            });
        }
        None
    }

    /// The state of the search, in words; `at` is the selected location.
    #[must_use]
    pub fn state(&self, at: Option<Location>, words: &Words) -> Option<String> {
        let scan = self.searching()?;
        let progress = scan.progress();
        let index = at.and_then(|location| scan.results().matches.index_at(location));
        let count = grouped(progress.matches);
        let found = match (progress.matches, index) {
            (0, _) if progress.is_caught_up => words.find_nothing.clone(),
            (_, Some(index)) => {
                let number = grouped(index as u64 + 1);
                fill(&words.find_place, &[("number", &number), ("count", &count)])
            }
            (_, None) => fill(&words.find_count, &[("count", &count)]),
        };
        Some(with_progress(self.with_part(found, words), &progress, words))
    }

    /// The state of the filter, in words.
    #[must_use]
    pub fn filter_state(&self, words: &Words) -> Option<String> {
        let progress = self.filtering()?.progress();
        let count = grouped(progress.matches);
        let found = self.with_part(fill(&words.filter_count, &[("count", &count)]), words);
        Some(with_progress(found, &progress, words))
    }

    /// A result with the part of the recording that it is about, unless that is all of it.
    fn with_part(&self, found: String, words: &Words) -> String {
        if self.floor == Position::default() { found } else { format!("{found} · {}", words.since_clear) }
    }

    /// The error of the query, the filter or a scan, in words.
    #[must_use]
    pub fn error(&self, words: &Words) -> Option<String> {
        let of_query = self.query_error.as_ref().map(|error| error.explain(words));
        let of_size =
            || self.size_error.as_ref().map(|text| fill(&words.filter_size_wrong, &[("text", text)]));
        let of_scans = || {
            let scans = [self.searching(), self.filtering()];
            let failure = scans.into_iter().flatten().find_map(|scan| scan.progress().failure);
            failure.map(|failure| explain(words, &failure))
        };
        of_query.or_else(of_size).or_else(of_scans)
    }
}

fn start(job: Job, reader: &CaptureReader, floor: Position, notify: &Notify) -> Arc<Scan> {
    Arc::new(Scan::start(job, reader.clone(), floor, notify.clone()))
}

/// Bound on skips over hidden matches.
const MAX_SKIPS: usize = 10_000;

fn with_progress(found: String, progress: &crate::search::Progress, words: &Words) -> String {
    if progress.is_caught_up || progress.total_bytes == 0 {
        return found;
    }
    let percent = progress.scanned_bytes.saturating_mul(100) / progress.total_bytes;
    format!("{found} · {}", fill(&words.find_progress, &[("percent", &percent)]))
}

#[cfg(test)]
#[path = "finder_tests.rs"]
mod tests;
