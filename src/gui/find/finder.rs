//! What is searched for in a tab, what is shown of it, and the scans that find both.
//!
//! Owns the scans; drawing the fields is `find_bar`'s, showing matches and filtered records the view's.

use crate::capture::{CaptureReader, Position};
use crate::codec::Encoding;
use crate::lang::{Words, explain, fill};
use crate::model::{ConnectionId, Direction, Failure, Operation, RecordKind};
use crate::search::{Filter, Job, Part, Place, Query, QueryError, Scan};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What the text of a search means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QueryKind {
    /// Characters.
    #[default]
    Text,
    /// Bytes, with wildcards.
    Hex,
    /// A regular expression.
    Regex,
}

/// Which kinds of records are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KindChoice {
    /// Every one.
    #[default]
    All,
    /// Bytes.
    Data,
    /// Connections that come and go, errors, notes.
    Changes,
}

/// A filter as it is typed and chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterInput {
    /// Received or sent; none: both.
    pub direction: Option<Direction>,
    /// Which kinds.
    pub kinds: KindChoice,
    /// The least bytes, as typed.
    pub min_bytes: String,
    /// The most bytes, as typed.
    pub max_bytes: String,
    /// These connections; none: all.
    pub connections: Option<BTreeSet<ConnectionId>>,
    /// Only what the search finds something in.
    pub with_matches: bool,
}

/// The search and the filter of a tab.
#[derive(Default)]
pub struct Finder {
    /// The bar is shown.
    pub is_open: bool,
    /// Its field is to get the keys.
    pub wants_focus: bool,
    /// What is searched for.
    pub text: String,
    /// What that means.
    pub kind: QueryKind,
    /// Letters that differ in case alone are different.
    pub case_sensitive: bool,
    /// The row of the filter is shown, and the filter works.
    pub filters: bool,
    /// The filter.
    pub filter: FilterInput,
    search: Option<Arc<Scan>>,
    filtering: Option<Arc<Scan>>,
    /// What they were started for, from where on, and whether there was a recording. They are started
    /// anew when that changes, not in each frame in which they could not be.
    wanted_query: Option<(Query, Position, bool)>,
    wanted_filter: Option<(Filter, Position, bool)>,
    /// What is wrong with the search or the filter.
    query_error: Option<QueryError>,
    /// Which size is no number.
    size_error: Option<String>,
    /// A scan that could not be started.
    failure: Option<Failure>,
    /// The end of the recording when the scans were woken last.
    woken_at: Position,
}

impl Finder {
    /// Starts, restarts, wakes or ends the scans, as what is wanted and what is recorded ask for.
    /// `floor` is where what is shown begins.
    pub fn refresh(
        &mut self,
        reader: Option<&CaptureReader>,
        floor: Position,
        encoding: Encoding,
        notify: &Arc<dyn Fn() + Send + Sync>,
    ) {
        let query = Some(self.query(encoding)).filter(|query| self.is_open && !query.is_empty());
        let filter = self.filter(encoding);
        let is_recorded = reader.is_some();
        let wanted = query.map(|query| (query, floor, is_recorded));
        if self.wanted_query != wanted {
            self.query_error = None;
            self.search = wanted.as_ref().and_then(|(query, ..)| match query.compile() {
                Ok(matcher) => self.start(Job::Search(matcher), reader?, floor, notify),
                Err(error) => {
                    self.query_error = Some(error);
                    None
                }
            });
            self.wanted_query = wanted;
        }
        let wanted = filter.map(|filter| (filter, floor, is_recorded));
        if self.wanted_filter != wanted {
            self.filtering = wanted.as_ref().and_then(|(filter, ..)| {
                // What is wrong with its content is told of the search.
                let compiled = filter.compile().ok()?;
                self.start(Job::Filter(compiled), reader?, floor, notify)
            });
            self.wanted_filter = wanted;
        }
        let Some(reader) = reader else { return };
        let end = reader.snapshot().end();
        if end != std::mem::replace(&mut self.woken_at, end) {
            for scan in [self.searching(), self.filtering()].into_iter().flatten() {
                scan.wake();
            }
        }
    }

    fn start(
        &mut self,
        job: Job,
        reader: &CaptureReader,
        floor: Position,
        notify: &Arc<dyn Fn() + Send + Sync>,
    ) -> Option<Arc<Scan>> {
        match Scan::start(job, reader.clone(), floor, notify.clone()) {
            Ok(scan) => {
                self.failure = None;
                Some(Arc::new(scan))
            }
            Err(error) => {
                self.failure = Some(Failure::from_io(Operation::Read, "", &error));
                None
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

    /// The filter that is wanted, if there is one and it makes sense.
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
        let connections = self.filter.connections.clone();
        let filter = Filter { connections, direction, kinds, min_bytes, max_bytes, content };
        Some(filter).filter(|filter| !filter.is_empty() && self.size_error.is_none())
    }

    /// The search at work.
    #[must_use]
    pub fn searching(&self) -> Option<&Arc<Scan>> {
        self.search.as_ref()
    }

    /// The filter at work.
    #[must_use]
    pub fn filtering(&self) -> Option<&Arc<Scan>> {
        self.filtering.as_ref()
    }

    /// The match after a place, or before it; beyond the last one the first comes again. Only those in
    /// records that are shown.
    #[must_use]
    pub fn step(&self, from: Option<Place>, forward: bool) -> Option<Vec<Part>> {
        let search = self.searching()?;
        search.with_matches(|matches| {
            let last = matches.kept().checked_sub(1)?;
            let mut from = from;
            for _ in 0..LEAPS {
                let index = match (from, forward) {
                    (None, true) => 0,
                    (None, false) => last,
                    (Some(place), true) => matches.next_after(place).unwrap_or(0),
                    (Some(place), false) => matches.previous_before(place).unwrap_or(last),
                };
                let record = matches.place(index)?.record;
                let Some(filter) = self.filtering() else { return Some(matches.parts(index)) };
                // Over all matches that are hidden up to the next record that is not.
                let (is_shown, next) = filter.with_positions(|shown| {
                    let next = if forward { shown.at_or_after(record) } else { shown.before(record) };
                    (shown.contains(record), next)
                });
                if is_shown {
                    return Some(matches.parts(index));
                }
                from = next.map(|record| match forward {
                    true => Place { record: Position(record.0.saturating_sub(1)), byte: u32::MAX },
                    false => Place { record: Position(record.0 + 1), byte: 0 },
                });
            }
            None
        })
    }

    /// How the search stands, in words; `at` is the place that is selected.
    #[must_use]
    pub fn state(&self, at: Option<Place>, words: &Words) -> Option<String> {
        let scan = self.searching()?;
        let progress = scan.progress();
        let index = at.and_then(|place| scan.with_matches(|matches| matches.index_at(place)));
        let count = crate::gui::kit::figures::grouped(progress.matches);
        let found = match (progress.matches, index) {
            (0, _) if progress.is_caught_up => words.find_nothing.clone(),
            (_, Some(index)) => {
                let number = crate::gui::kit::figures::grouped(index as u64 + 1);
                fill(&words.find_place, &[("number", &number), ("count", &count)])
            }
            (_, None) => fill(&words.find_count, &[("count", &count)]),
        };
        Some(with_progress(found, &progress, words))
    }

    /// How the filter stands, in words.
    #[must_use]
    pub fn filter_state(&self, words: &Words) -> Option<String> {
        let progress = self.filtering()?.progress();
        let count = crate::gui::kit::figures::grouped(progress.matches);
        Some(with_progress(fill(&words.filter_count, &[("count", &count)]), &progress, words))
    }

    /// What is wrong, in words.
    #[must_use]
    pub fn error(&self, words: &Words) -> Option<String> {
        let of_query = self.query_error.as_ref().map(|error| error.explain(words));
        let of_size =
            || self.size_error.as_ref().map(|text| fill(&words.filter_size_wrong, &[("text", text)]));
        let of_scans = || {
            let scans = [self.searching(), self.filtering()];
            let failure = scans.into_iter().flatten().find_map(|scan| scan.progress().failure);
            self.failure.clone().or(failure).map(|failure| explain(words, &failure))
        };
        of_query.or_else(of_size).or_else(of_scans)
    }
}

/// So often a search leaps over what a filter hides. Each leap is far, so that more are never needed but
/// where nothing that is shown has a match.
const LEAPS: usize = 10_000;

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
