//! What is searched for in a tab, what is shown of it, and the scans that find both.
//!
//! Owns the scans; drawing the fields is `find_bar`'s, showing matches and filtered records the view's.

use crate::capture::{CaptureReader, Position};
use crate::codec::Encoding;
use crate::lang::{Words, explain, fill};
use crate::model::{ConnectionId, Direction, Failure, Operation, RecordKind};
use crate::search::{Filter, Job, Matches, Part, Place, Query, QueryError, Scan};
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

/// What a scan was started for: when that becomes something else, another one is started.
struct Running<T> {
    wanted: T,
    from: Position,
    scan: Arc<Scan>,
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
    search: Option<Running<Query>>,
    filtering: Option<Running<Filter>>,
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
        let Some(reader) = reader else {
            (self.search, self.filtering) = (None, None);
            // What is wrong is told before anything was recorded, too.
            self.query_error = query.and_then(|query| query.compile().err());
            return;
        };
        if self.search.as_ref().map(|running| (&running.wanted, running.from))
            != query.as_ref().map(|query| (query, floor))
        {
            self.query_error = None;
            self.search = query.and_then(|wanted| match wanted.compile() {
                Ok(matcher) => {
                    let scan = self.start(Job::Search(matcher), reader, floor, notify)?;
                    Some(Running { wanted, from: floor, scan })
                }
                Err(error) => {
                    self.query_error = Some(error);
                    None
                }
            });
        }
        if self.filtering.as_ref().map(|running| (&running.wanted, running.from))
            != filter.as_ref().map(|filter| (filter, floor))
        {
            self.filtering = filter.and_then(|wanted| {
                let compiled = wanted.compile().ok()?;
                let scan = self.start(Job::Filter(compiled), reader, floor, notify)?;
                Some(Running { wanted, from: floor, scan })
            });
        }
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
        self.search.as_ref().map(|running| &running.scan)
    }

    /// The filter at work.
    #[must_use]
    pub fn filtering(&self) -> Option<&Arc<Scan>> {
        self.filtering.as_ref().map(|running| &running.scan)
    }

    /// The match after a place, or before it; beyond the last one the first comes again. Only those in
    /// records that are shown.
    #[must_use]
    pub fn step(&self, from: Option<Place>, forward: bool) -> Option<Vec<Part>> {
        let search = self.searching()?;
        search.with_matches(|matches| {
            let count = matches.kept();
            if count == 0 {
                return None;
            }
            let mut index = match (from, forward) {
                (None, true) => 0,
                (None, false) => count - 1,
                (Some(place), true) => matches.next_after(place).unwrap_or(0),
                (Some(place), false) => matches.previous_before(place).unwrap_or(count - 1),
            };
            // Among very many in hidden records, the first visible one may be far.
            for _ in 0..count.min(HIDDEN_MATCHES) {
                if self.is_shown(matches, index) {
                    return Some(matches.parts(index));
                }
                index = if forward { (index + 1) % count } else { (index + count - 1) % count };
            }
            None
        })
    }

    fn is_shown(&self, matches: &Matches, index: usize) -> bool {
        let Some(filter) = self.filtering() else { return true };
        matches.place(index).is_some_and(|place| filter.with_positions(|shown| shown.contains(place.record)))
    }

    /// How the search stands, in words; `at` is the place that is selected.
    #[must_use]
    pub fn state(&self, at: Option<Place>, words: &Words) -> Option<String> {
        let scan = self.searching()?;
        let progress = scan.progress();
        let index = at.and_then(|place| scan.with_matches(|matches| matches.index_at(place)));
        let count = super::view::grouped(progress.matches);
        let found = match (progress.matches, index) {
            (0, _) if progress.is_caught_up => words.find_nothing.clone(),
            (_, Some(index)) => {
                let number = super::view::grouped(index as u64 + 1);
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
        let count = super::view::grouped(progress.matches);
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

/// So many matches in records that are not shown are passed over at once.
const HIDDEN_MATCHES: usize = 100_000;

fn with_progress(found: String, progress: &crate::search::Progress, words: &Words) -> String {
    if progress.is_caught_up || progress.total_bytes == 0 {
        return found;
    }
    let percent = progress.scanned_bytes.saturating_mul(100) / progress.total_bytes;
    format!("{found} · {}", fill(&words.find_progress, &[("percent", &percent)]))
}
