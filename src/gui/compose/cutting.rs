//! How payloads are written, from what is typed in the form: cut into pieces, several in one write, with a gap. Draws
//! nothing.

use crate::lang::{Words, fill};
use crate::model::units::parse_duration;
use crate::payload::{Cuts, Delivery, MOST_GLUED};
use crate::settings::{CutMode, TabSettings};
use std::time::Duration;

/// The most places that a click makes of a payload that is cut byte by byte; of a longer one only the clicked place is
/// taken.
const MOST_PLACES: usize = 256;

/// What the preview of cuts keeps between frames.
#[derive(Debug, Default)]
pub struct Cutting {
    /// The place of the keys: behind so many bytes.
    pub at: usize,
    /// The first byte that is shown.
    pub first: usize,
    /// How many payloads were cut at random with this seed.
    numbers: Option<(u64, u64)>,
}

impl Cutting {
    /// How many payloads were cut before the next one: random places differ with it, and begin again with another seed.
    #[must_use]
    pub fn number(&self, cuts: &Cuts) -> u64 {
        match (cuts, self.numbers) {
            (Cuts::Random { seed }, Some((known, number))) if known == *seed => number,
            _ => 0,
        }
    }

    /// Notes that a payload was handed over to be cut.
    pub fn sent(&mut self, cuts: &Cuts) {
        if let Cuts::Random { seed } = cuts {
            self.numbers = Some((*seed, self.number(cuts) + 1));
        }
    }
}

/// The cuts of a form, also while they are switched off.
///
/// # Errors
/// What is typed is no list of places, or no seed; in the language of the window.
pub fn cuts(form: &TabSettings, words: &Words) -> Result<Cuts, String> {
    match form.cut {
        CutMode::None => Ok(Cuts::None),
        CutMode::Every => Ok(Cuts::Every),
        CutMode::At => match form.cut_places.parse() {
            Ok(cuts @ (Cuts::None | Cuts::At(_))) => Ok(cuts),
            // The words for the other choices are those of the list beside the field.
            Ok(Cuts::Every | Cuts::Random { .. }) | Err(_) => Err(words.cut_places_wrong.clone()),
        },
        CutMode::Random => {
            let seed = form.cut_seed.trim().parse().map_err(|_| words.cut_seed_wrong.clone())?;
            Ok(Cuts::Random { seed })
        }
    }
}

/// The gap of a form; `None`: the usual one.
///
/// # Errors
/// It is no duration; in the language of the window.
pub fn gap(form: &TabSettings, words: &Words) -> Result<Option<Duration>, String> {
    let typed = form.cut_gap.trim();
    let gap = (!typed.is_empty()).then(|| parse_duration(typed)).transpose();
    gap.map_err(|_| words.cut_gap_wrong.clone())
}

/// How many payloads of a form are written at once.
///
/// # Errors
/// It is no number, or too large; in the language of the window.
pub fn glue(form: &TabSettings, words: &Words) -> Result<usize, String> {
    let typed = form.glue.trim();
    let glue = if typed.is_empty() { Some(1) } else { typed.parse().ok() };
    let glue = glue.filter(|glue| (1..=MOST_GLUED).contains(glue));
    glue.ok_or_else(|| fill(&words.glue_wrong, &[("most", &MOST_GLUED)]))
}

/// How what a tab sends is written: whole, unless this is switched on.
///
/// # Errors
/// What is wrong with the first field that is, in the language of the window.
pub fn delivery(form: &TabSettings, words: &Words) -> Result<Delivery, String> {
    if !form.pieces {
        return Ok(Delivery::default());
    }
    Ok(Delivery { cuts: cuts(form, words)?, glue: glue(form, words)?, gap: gap(form, words)? })
}

/// Sets or removes the cut behind `place` of `length` bytes. Cuts that are shown because of another choice stay as places.
pub fn toggle(form: &mut TabSettings, shown: &Cuts, number: u64, place: usize, length: usize) {
    let pieces = shown.pieces(length, number).map(|piece| piece.end).filter(|end| *end < length);
    let mut places: Vec<_> = match shown {
        Cuts::None => Vec::new(),
        // Places behind the end of this payload are kept.
        Cuts::At(places) => places.clone(),
        Cuts::Every | Cuts::Random { .. } => pieces.take(MOST_PLACES + 1).collect(),
    };
    if places.len() > MOST_PLACES && !matches!(shown, Cuts::At(_)) {
        places.clear();
    }
    match places.iter().position(|known| *known == place) {
        Some(index) => drop(places.remove(index)),
        None => places.push(place),
    }
    form.cut = CutMode::At;
    form.cut_places = Cuts::at(places).to_string();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Language;
    use crate::settings::TabKind;

    fn form() -> TabSettings {
        TabSettings { pieces: true, ..TabSettings::new(TabKind::TcpServer) }
    }

    #[test]
    fn each_field_is_read_or_said_to_be_wrong_and_counts_only_when_switched_on() {
        let words = Language::English.words();
        let given = TabSettings {
            cut: CutMode::At,
            cut_places: "3，1".into(),
            cut_gap: "20 ms".into(),
            glue: " 2 ".into(),
            ..form()
        };
        let expected = Delivery { cuts: Cuts::At(vec![1, 3]), glue: 2, gap: Some(Duration::from_millis(20)) };
        assert_eq!(delivery(&given, words), Ok(expected));
        assert_eq!(delivery(&TabSettings { pieces: false, ..given.clone() }, words), Ok(Delivery::default()));
        let random = TabSettings { cut: CutMode::Random, cut_seed: "7".into(), ..given.clone() };
        assert_eq!(cuts(&random, words), Ok(Cuts::Random { seed: 7 }));
        assert_eq!(cuts(&TabSettings { cut: CutMode::Every, ..given.clone() }, words), Ok(Cuts::Every));
        assert_eq!(cuts(&TabSettings { cut: CutMode::None, ..given.clone() }, words), Ok(Cuts::None));
        for (wrong, said) in [
            (TabSettings { cut_places: "1,x".into(), ..given.clone() }, words.cut_places_wrong.clone()),
            (TabSettings { cut_places: "every".into(), ..given.clone() }, words.cut_places_wrong.clone()),
            (TabSettings { cut_seed: "x".into(), ..random }, words.cut_seed_wrong.clone()),
            (TabSettings { cut_gap: "soon".into(), ..given.clone() }, words.cut_gap_wrong.clone()),
        ] {
            assert_eq!(delivery(&wrong, words), Err(said));
        }
        for glue in ["0", "-1", "many", "65537"] {
            let wrong = TabSettings { glue: glue.into(), ..given.clone() };
            assert!(delivery(&wrong, words).unwrap_err().contains("65536"), "{glue}");
        }
    }

    #[test]
    fn a_click_sets_and_removes_a_place_and_keeps_the_others() {
        let mut form = form();
        toggle(&mut form, &Cuts::None, 0, 3, 8);
        toggle(&mut form, &Cuts::At(vec![3]), 0, 1, 8);
        assert_eq!((form.cut, form.cut_places.as_str()), (CutMode::At, "1,3"));
        toggle(&mut form, &Cuts::At(vec![1, 3, 100]), 0, 3, 8);
        assert_eq!(form.cut_places, "1,100", "a place behind the end is kept");
        toggle(&mut form, &Cuts::Every, 0, 2, 4);
        assert_eq!(form.cut_places, "1,3", "of those that are shown");
        toggle(&mut form, &Cuts::Every, 0, 2, 100_000);
        assert_eq!(form.cut_places, "2", "of too many only the one that was clicked");
    }

    #[test]
    fn payloads_are_numbered_from_the_first_one_with_a_seed() {
        let mut cutting = Cutting::default();
        let [one, two] = [Cuts::Random { seed: 1 }, Cuts::Random { seed: 2 }];
        assert_eq!(cutting.number(&one), 0);
        cutting.sent(&one);
        cutting.sent(&Cuts::Every);
        cutting.sent(&one);
        assert_eq!((cutting.number(&one), cutting.number(&two), cutting.number(&Cuts::Every)), (2, 0, 0));
        cutting.sent(&two);
        assert_eq!((cutting.number(&one), cutting.number(&two)), (0, 1), "another seed begins again");
    }
}
