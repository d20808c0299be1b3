//! The order of steps: one after the other, and back to the begin of a loop as often as it runs.

use super::{Loop, Sequence};

/// Which step runs, and in which rounds of its loops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    step: usize,
    /// The rounds that each loop of the sequence has finished since it was entered.
    finished: Vec<u64>,
}

impl Cursor {
    /// The first step. `None`: there is none.
    #[must_use]
    pub fn new(sequence: &Sequence) -> Option<Self> {
        (!sequence.steps.is_empty()).then(|| Self { step: 0, finished: vec![0; sequence.loops.len()] })
    }

    /// The index of the step.
    #[must_use]
    pub fn step(&self) -> usize {
        self.step
    }

    /// The numbers of the rounds of the loops around the step, from 1, the outermost first.
    #[must_use]
    pub fn rounds(&self, sequence: &Sequence) -> Vec<u64> {
        let around = self.finished.iter().zip(&sequence.loops).filter(|(_, l)| l.steps.contains(&self.step));
        around.map(|(finished, _)| finished + 1).collect()
    }

    /// Goes to the next step. `false`: that was the last one.
    pub fn advance(&mut self, sequence: &Sequence) -> bool {
        let end = self.step + 1;
        let ends = |l: &Loop| l.steps.end == end && l.steps.contains(&self.step);
        // Loops stand before those inside of them: the innermost comes first here.
        for index in (0..sequence.loops.len()).rev() {
            let Loop { steps, times } = &sequence.loops[index];
            if !ends(&sequence.loops[index]) {
                continue;
            }
            self.finished[index] += 1;
            if times.is_none_or(|times| self.finished[index] < times.get()) {
                self.step = steps.start;
                return true;
            }
            // It may be entered again, in the next round of a loop around it.
            self.finished[index] = 0;
        }
        self.step = end;
        end < sequence.steps.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sequence::Step;
    use std::num::NonZeroU64;

    fn sequence(steps: usize, loops: &[(std::ops::Range<usize>, u64)]) -> Sequence {
        let looped = |(steps, times): &(std::ops::Range<usize>, u64)| Loop {
            steps: steps.clone(),
            times: NonZeroU64::new(*times),
        };
        Sequence {
            steps: vec![Step::default(); steps],
            loops: loops.iter().map(looped).collect(),
            ..Sequence::default()
        }
    }

    /// The steps and rounds of a run, at most 20.
    fn run(sequence: &Sequence) -> String {
        let mut cursor = Cursor::new(sequence).unwrap();
        let mut out = Vec::new();
        for _ in 0..20 {
            let rounds: Vec<_> = cursor.rounds(sequence).iter().map(u64::to_string).collect();
            out.push(format!("{}:{}", cursor.step(), rounds.join(".")));
            if !cursor.advance(sequence) {
                return out.join(" ");
            }
        }
        out.join(" ") + " and so on"
    }

    #[test]
    fn steps_run_in_order_and_loops_as_often_as_they_say() {
        assert_eq!(run(&sequence(3, &[])), "0: 1: 2:");
        assert_eq!(run(&sequence(2, &[(0..2, 2)])), "0:1 1:1 0:2 1:2");
        assert_eq!(run(&sequence(4, &[(1..3, 2)])), "0: 1:1 2:1 1:2 2:2 3:");
        // Two loops in each other, one that ends with the other, and one after it.
        let nested = sequence(4, &[(0..3, 2), (1..3, 2), (3..4, 2)]);
        assert_eq!(run(&nested), "0:1 1:1.1 2:1.1 1:1.2 2:1.2 0:2 1:2.1 2:2.1 1:2.2 2:2.2 3:1 3:2");
        let same = sequence(1, &[(0..1, 2), (0..1, 3)]);
        assert_eq!(run(&same), "0:1.1 0:1.2 0:1.3 0:2.1 0:2.2 0:2.3");
        assert!(run(&sequence(1, &[(0..1, 0)])).ends_with("0:20 and so on"));
        assert_eq!(Cursor::new(&sequence(0, &[])), None);
    }

    #[test]
    fn the_loop_around_all_steps_says_how_often_it_runs() {
        assert_eq!(sequence(2, &[]).times(), Some(1));
        assert_eq!(sequence(2, &[(0..2, 5)]).times(), Some(5));
        assert_eq!(sequence(2, &[(0..2, 0)]).times(), None);
        assert_eq!(sequence(2, &[(0..1, 5)]).times(), Some(1));
    }
}
