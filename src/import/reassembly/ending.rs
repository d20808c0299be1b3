//! The end of a direction: its FIN, or a reset. Bytes may follow either.

use super::Half;

/// What has become of a reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::import) enum ResetState {
    /// All bytes before it are there, or were given up: the stream ends here.
    Reached,
    /// Bytes before it are missing.
    Waiting,
    /// The stream went on past it.
    Passed,
    None,
}

impl Half {
    /// Notes that the sender has finished before `sequence`, unless bytes are known behind it.
    pub fn finish_at(&mut self, sequence: u32) {
        if self.base.is_none() {
            self.begin_at(sequence, 0);
        }
        let Some(position) = self.position(sequence) else { return };
        if position >= self.next + self.known_ahead() {
            (self.fin, self.fin_number) = (Some(position), Some(position));
        }
    }

    /// Whether `length` bytes from `sequence` on go past the sender's end.
    pub fn is_behind_fin(&self, sequence: u32, length: usize) -> bool {
        let end = self.position(sequence).map(|start| start + length as i64);
        self.fin.zip(end).is_some_and(|(fin, end)| end > fin)
    }

    /// Whether all up to the sender's end was handed on.
    pub fn is_finished(&self) -> bool {
        self.fin.is_some_and(|fin| self.next >= fin)
    }

    /// Notes that the sender has reset the connection before `sequence`. The FIN takes a number, too.
    pub fn reset_at(&mut self, sequence: u32) {
        if self.base.is_none() {
            self.begin_at(sequence, 0);
        }
        let Some(position) = self.position(sequence) else { return };
        let is_behind_fin = self.fin.is_some_and(|fin| position == fin + 1);
        self.reset = Some(position - i64::from(is_behind_fin));
    }

    /// Whether the sender has reset the connection: it sends nothing again.
    pub fn awaits_reset(&self) -> bool {
        self.reset.is_some()
    }

    /// What has become of the reset. It is forgotten if the stream went on past it.
    pub fn take_reset(&mut self) -> ResetState {
        match self.reset {
            None => ResetState::None,
            Some(reset) if reset > self.next => ResetState::Waiting,
            Some(reset) => {
                self.reset = None;
                if reset == self.next { ResetState::Reached } else { ResetState::Passed }
            }
        }
    }

    /// Goes on as if there had been no end.
    pub fn go_on(&mut self) {
        self.fin = None;
        self.reset = None;
    }
}
