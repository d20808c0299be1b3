//! Which strips are shown above and below the data: in a low window the data keeps its rows, and the strips that
//! matter least give way.

use crate::gui::kit::sizes::STRIP_HEIGHT;

/// The height of the plot of rates, in points.
pub const PLOT_HEIGHT: f32 = 110.0;
/// The height of a row of what is sent over time, in points.
pub const RUNNING_ROW_HEIGHT: f32 = 26.0;
/// The most of these rows that are shown at once.
pub const RUNNING_ROWS: usize = 4;
/// The height that the data keeps, in points: five rows.
pub const DATA_HEIGHT: f32 = 100.0;

/// The strips of a tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Strips {
    /// The search.
    pub find: bool,
    /// Its filter.
    pub filter: bool,
    /// The question for a note or a time.
    pub question: bool,
    /// Rows of what is sent over time.
    pub running: usize,
    /// The advice about the data.
    pub advice: bool,
    /// The plot of rates.
    pub plot: bool,
}

impl Strips {
    /// Those of the strips that fit into `room` points beside the least height of the data. The question always
    /// fits: it waits for an answer. So does a row of what is sent over time: it has the button that stops it.
    #[must_use]
    pub fn fitting(self, room: f32) -> Self {
        let mut left = room - DATA_HEIGHT;
        let mut fits = |is_wanted: bool, height: f32| {
            let is_shown = is_wanted && left >= height;
            if is_shown {
                left -= height;
            }
            is_shown
        };
        let _ = fits(self.question, STRIP_HEIGHT);
        let wanted = self.running.min(RUNNING_ROWS);
        let mut running = 0;
        while running < wanted && fits(true, RUNNING_ROW_HEIGHT) {
            running += 1;
        }
        Self {
            question: self.question,
            running: running.max(wanted.min(1)),
            find: fits(self.find, STRIP_HEIGHT),
            filter: fits(self.filter, STRIP_HEIGHT),
            advice: fits(self.advice, STRIP_HEIGHT),
            plot: fits(self.plot, PLOT_HEIGHT),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: Strips =
        Strips { find: true, filter: true, question: true, running: 2, advice: true, plot: true };

    #[test]
    fn what_matters_least_gives_way() {
        assert_eq!(ALL.fitting(1000.0), ALL);
        assert_eq!(
            ALL.fitting(DATA_HEIGHT + 4.0 * STRIP_HEIGHT + 2.0 * RUNNING_ROW_HEIGHT),
            Strips { plot: false, ..ALL }
        );
        let none = Strips { question: true, running: 1, ..Strips::default() };
        assert_eq!(ALL.fitting(0.0), none);
        let many = Strips { running: 50, ..Strips::default() };
        assert_eq!(many.fitting(1000.0).running, RUNNING_ROWS, "the others are scrolled to");
    }

    proptest! {
        #[test]
        fn the_data_keeps_its_height(room in DATA_HEIGHT + STRIP_HEIGHT + RUNNING_ROW_HEIGHT..1000.0) {
            let shown = ALL.fitting(room);
            let strips = [shown.find, shown.filter, shown.question, shown.advice];
            let strips = strips.into_iter().filter(|is_shown| *is_shown).count() as f32 * STRIP_HEIGHT;
            let plot = if shown.plot { PLOT_HEIGHT } else { 0.0 };
            let running = shown.running as f32 * RUNNING_ROW_HEIGHT;
            prop_assert!(room - strips - running - plot >= DATA_HEIGHT);
        }
    }
}
