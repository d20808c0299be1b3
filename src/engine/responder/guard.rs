//! Slows the exchange with a UDP peer down that only returns what it is sent, as another echo does.
//!
//! A datagram is a *return* if it equals one that was sent to the peer and has not come back since. Two echoes return
//! datagrams to each other without end, but so does a client with a constant payload that waits for each answer: the
//! two cannot be told apart, and so no answer is dropped. After many prompt returns in a row each answer is held for a
//! moment, which leaves a loop a few datagrams a second. A peer that sends something by itself meanwhile gets the held
//! answers at once and in order, and is held up ever more rarely.

use crate::model::ConnectionId;
use crate::net::{ConnectionEnds, Timers};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// After so many prompt returns in a row the answers are held: a fraction of a second of a loop on one machine. Doubled
/// whenever a peer shows that it sends by itself.
const RETURNS: u32 = 4096;

/// A return that comes later than this is not prompt and not counted: a peer that polls with the same
/// datagram at longer intervals is always answered at once, and a slower loop does no harm.
const RETURN_TIME: Duration = Duration::from_millis(20);

/// How long an answer is held. Clients that repeat a request wait longer for an answer.
const HOLD_TIME: Duration = Duration::from_millis(100);

/// A peer that was silent for so long, with nothing held, is counted anew.
const PAUSE: Duration = Duration::from_secs(1);

/// How many sent datagrams are remembered for each peer; so many may circulate in one loop.
const REMEMBERED: usize = 32;

/// The most payload that is held over all peers, in bytes; beyond it nothing more is held.
const HELD_BYTES: usize = 4 << 20;

/// What to do with a datagram that was received.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Answer it.
    Answer,
    /// Answer these first, which were held, and then this one.
    Release(Vec<Arc<[u8]>>),
    /// It is held and not answered now.
    Hold,
}

/// What was held and is to be answered now.
#[derive(Debug, Default)]
pub(super) struct Released {
    /// Answers, in order, with whom they are for.
    pub payloads: Vec<(ConnectionId, Arc<[u8]>)>,
    /// Peers that are answered late for the first time.
    pub loops: Vec<ConnectionEnds>,
}

/// Watches the exchange with each UDP peer.
#[derive(Debug, Default)]
pub(super) struct LoopGuard {
    exchanges: HashMap<ConnectionId, Exchange>,
    /// When held answers are sent.
    timers: Timers<ConnectionId>,
    held_bytes: usize,
}

/// The exchange with one peer.
#[derive(Debug)]
struct Exchange {
    ends: ConnectionEnds,
    /// Fingerprints of datagrams that were sent and have not come back, oldest first, each once.
    outstanding: VecDeque<u64>,
    last_sent: Option<Instant>,
    last_received: Option<u64>,
    /// Prompt returns, with nothing but late ones between them.
    returns: u32,
    /// The number of returns from which on answers are held.
    limit: u32,
    held: Vec<Arc<[u8]>>,
    /// That the peer is answered late was told.
    is_told: bool,
}

impl LoopGuard {
    /// A datagram was received.
    pub fn received(&mut self, from: &ConnectionEnds, payload: &[u8], now: Instant) -> Verdict {
        // A peer that nothing was sent to can return nothing.
        let Some(exchange) = self.exchanges.get_mut(&from.id) else { return Verdict::Answer };
        exchange.ends = *from;
        let fingerprint = fingerprint(payload);
        let is_repeated = exchange.last_received.replace(fingerprint) == Some(fingerprint);
        if !exchange.is_return(fingerprint) {
            exchange.returns = 0;
            // Several copies on the way at once, or something else while an answer is held: the peer sends
            // by itself.
            if is_repeated || !exchange.held.is_empty() {
                exchange.limit = exchange.limit.saturating_mul(2);
            }
            if exchange.held.is_empty() {
                return Verdict::Answer;
            }
            self.timers.cancel(from.id);
            let held = std::mem::take(&mut exchange.held);
            self.held_bytes -= bytes(&held);
            return Verdict::Release(held);
        }
        if exchange.held.is_empty() {
            match exchange.last_sent.map(|sent| now.saturating_duration_since(sent)) {
                Some(late) if late >= PAUSE => exchange.returns = 0,
                Some(late) if late > RETURN_TIME => return Verdict::Answer,
                _ => {}
            }
        }
        exchange.returns = exchange.returns.saturating_add(1);
        if exchange.returns < exchange.limit || self.held_bytes + payload.len() > HELD_BYTES {
            return Verdict::Answer;
        }
        if exchange.held.is_empty() {
            self.timers.set(from.id, now + HOLD_TIME);
        }
        self.held_bytes += payload.len();
        exchange.held.push(payload.into());
        Verdict::Hold
    }

    /// A datagram was sent.
    pub fn sent(&mut self, to: ConnectionId, payload: &[u8], now: Instant) {
        let exchange = self.exchanges.entry(to).or_insert_with(|| Exchange::new(to));
        exchange.last_sent = Some(now);
        let fingerprint = fingerprint(payload);
        if !exchange.outstanding.contains(&fingerprint) {
            if exchange.outstanding.len() == REMEMBERED {
                exchange.outstanding.pop_front();
            }
            exchange.outstanding.push_back(fingerprint);
        }
    }

    /// The peer is no longer listed. Returns the number of bytes that were held for it.
    pub fn forget(&mut self, id: ConnectionId) -> usize {
        let Some(exchange) = self.exchanges.remove(&id) else { return 0 };
        self.timers.cancel(id);
        let bytes = bytes(&exchange.held);
        self.held_bytes -= bytes;
        bytes
    }

    /// When [`due`](Self::due) has something to do.
    pub fn deadline(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Sends the answers that were held for long enough.
    pub fn due(&mut self, now: Instant, released: &mut Released) {
        while let Some(id) = self.timers.pop_due(now) {
            if let Some(exchange) = self.exchanges.get_mut(&id)
                && !std::mem::replace(&mut exchange.is_told, true)
            {
                released.loops.push(exchange.ends);
            }
            self.release(id, released);
        }
    }

    /// Sends everything that is held.
    pub fn release_all(&mut self, released: &mut Released) {
        let holding: Vec<_> = self
            .exchanges
            .iter()
            .filter(|(_, exchange)| !exchange.held.is_empty())
            .map(|(id, _)| *id)
            .collect();
        for id in holding {
            self.timers.cancel(id);
            self.release(id, released);
        }
    }

    fn release(&mut self, id: ConnectionId, released: &mut Released) {
        let Some(exchange) = self.exchanges.get_mut(&id) else { return };
        let held = std::mem::take(&mut exchange.held);
        self.held_bytes -= bytes(&held);
        released.payloads.extend(held.into_iter().map(|payload| (id, payload)));
    }
}

impl Exchange {
    fn new(id: ConnectionId) -> Self {
        let any = ([0, 0, 0, 0], 0).into();
        let ends = ConnectionEnds { id, transport: crate::model::Transport::Udp, local: any, peer: any };
        Self {
            ends,
            outstanding: VecDeque::new(),
            last_sent: None,
            last_received: None,
            returns: 0,
            limit: RETURNS,
            held: Vec::new(),
            is_told: false,
        }
    }

    /// Whether a datagram only comes back. It does so once; those sent before it are lost.
    fn is_return(&mut self, fingerprint: u64) -> bool {
        let Some(at) = self.outstanding.iter().position(|known| *known == fingerprint) else { return false };
        self.outstanding.drain(..=at);
        true
    }
}

fn bytes(held: &[Arc<[u8]>]) -> usize {
    held.iter().map(|payload| payload.len()).sum()
}

/// Equal datagrams have equal fingerprints, and others practically never: 64 bits, made at several bytes a
/// cycle. Two that are taken for equal cost at most a short delay.
fn fingerprint(payload: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let mix = |hash: u64, word: u64| (hash.rotate_left(23) ^ word).wrapping_mul(FACTOR);
    let (words, rest) = payload.as_chunks::<8>();
    let hash = words.iter().fold(payload.len() as u64, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(hash, u64::from_le_bytes(last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Transport;

    fn ends(id: u32) -> ConnectionEnds {
        let at = |port: u16| ([127, 0, 0, 1], port).into();
        ConnectionEnds { id: ConnectionId(id), transport: Transport::Udp, local: at(7), peer: at(9) }
    }

    /// A guard and a peer, with the answers that were sent to it.
    struct Scene {
        guard: LoopGuard,
        now: Instant,
        answered: Vec<Vec<u8>>,
    }

    impl Scene {
        fn new() -> Self {
            Self { guard: LoopGuard::default(), now: Instant::now(), answered: Vec::new() }
        }

        /// The peer sends these in one turn; then the answers are sent.
        fn receive(&mut self, payloads: &[&[u8]]) {
            let mut answers: Vec<Arc<[u8]>> = Vec::new();
            for payload in payloads {
                match self.guard.received(&ends(1), payload, self.now) {
                    Verdict::Answer => {}
                    Verdict::Hold => continue,
                    Verdict::Release(held) => answers.extend(held),
                }
                answers.push((*payload).into());
            }
            for answer in answers {
                self.guard.sent(ConnectionId(1), &answer, self.now);
                self.answered.push(answer.to_vec());
            }
            self.now += Duration::from_micros(50);
        }

        /// Lets the hold time pass. Returns what is sent then, and how many peers are told.
        fn wait(&mut self) -> (Vec<Vec<u8>>, usize) {
            self.now += HOLD_TIME;
            let mut answers = Released::default();
            self.guard.due(self.now, &mut answers);
            let late: Vec<_> = answers.payloads.iter().map(|(_, payload)| payload.to_vec()).collect();
            for answer in &late {
                self.guard.sent(ConnectionId(1), answer, self.now);
            }
            (late, answers.loops.len())
        }

        /// The peer returns the same datagram until the answer is held. Returns how often it was answered.
        fn receive_until_held(&mut self, payload: &[u8]) -> u32 {
            let before = self.answered.len();
            // It goes around as long as it is answered.
            while self.guard.deadline().is_none() {
                self.receive(&[payload]);
            }
            (self.answered.len() - before) as u32
        }
    }

    #[test]
    fn one_datagram_between_two_echoes_is_answered_late_after_many_returns_and_told_once() {
        let mut scene = Scene::new();
        // The first one returns nothing.
        assert_eq!(scene.receive_until_held(b"x"), RETURNS);
        assert_eq!(scene.wait(), (vec![b"x".to_vec()], 1));
        for _ in 0..100 {
            scene.receive(&[b"x"]);
            assert!(scene.guard.deadline().is_some(), "the next one is held as well");
            assert_eq!(scene.wait(), (vec![b"x".to_vec()], 0));
        }
        assert_eq!((scene.answered.len(), scene.guard.held_bytes), (RETURNS as usize, 0));
    }

    #[test]
    fn a_peer_that_pauses_or_sends_something_else_is_answered_at_once_again() {
        let mut scene = Scene::new();
        scene.receive_until_held(b"x");
        scene.wait();
        scene.now += PAUSE;
        assert_eq!(scene.receive_until_held(b"x"), RETURNS - 1, "after a pause");
        scene.receive(&[b"y"]);
        assert_eq!(
            scene.receive_until_held(b"y"),
            2 * RETURNS - 1,
            "after something else while one was held"
        );
    }

    #[test]
    fn several_different_datagrams_between_two_echoes_are_answered_late_as_well() {
        let mut scene = Scene::new();
        let all: Vec<_> = (0..REMEMBERED as u8).map(|number| vec![number]).collect();
        let all: Vec<_> = all.iter().map(|datagram| &datagram[..]).collect();
        // First all of them at once, and then each when it comes back.
        scene.receive(&all);
        let mut returned = 0;
        while let Some(datagram) = scene.answered.get(returned).cloned() {
            assert!(returned < 10_000, "the loop goes on");
            returned += 1;
            scene.receive(&[&datagram]);
        }
        let (mut late, told) = scene.wait();
        late.sort();
        assert_eq!((late, told), (all.iter().map(|datagram| datagram.to_vec()).collect(), 1));
    }

    #[test]
    fn what_is_held_is_sent_when_the_echo_ends_and_counted_when_the_peer_is_gone() {
        let mut scene = Scene::new();
        scene.receive_until_held(b"held");
        let mut answers = Released::default();
        scene.guard.release_all(&mut answers);
        assert_eq!((answers.payloads.len(), scene.guard.deadline()), (1, None));
        scene.guard.sent(ConnectionId(1), b"held", scene.now);
        scene.receive(&[b"held"]);
        assert_eq!((scene.guard.forget(ConnectionId(1)), scene.guard.held_bytes), (4, 0));
        assert_eq!((scene.guard.deadline(), scene.guard.forget(ConnectionId(1))), (None, 0));
    }

    #[test]
    fn equal_datagrams_in_bursts_are_all_answered() {
        for burst in [2, 3, 8, 100] {
            let mut scene = Scene::new();
            let datagrams = vec![&b"same"[..]; burst];
            (0..1000).for_each(|_| scene.receive(&datagrams));
            assert_eq!((scene.answered.len(), scene.guard.deadline()), (1000 * burst, None));
        }
    }

    /// Each is received alone, as if it were the return of the one before; the peer does not wait for answers.
    #[test]
    fn equal_datagrams_of_a_peer_that_does_not_wait_are_all_answered() {
        let mut scene = Scene::new();
        (0..100_000).for_each(|_| scene.receive(&[b"same"]));
        if scene.guard.deadline().is_some() {
            scene.receive(&[b"the last one"]);
        }
        assert!(scene.answered.len() >= 100_000, "{}", scene.answered.len());
        let exchange = &scene.guard.exchanges[&ConnectionId(1)];
        assert!(exchange.limit > 30_000, "it is held up rarely: {}", exchange.limit);
    }

    #[test]
    fn held_answers_are_sent_in_order_when_the_peer_sends_something_else() {
        let mut scene = Scene::new();
        scene.receive_until_held(b"same");
        let before = scene.answered.len();
        scene.receive(&[b"other"]);
        assert_eq!(scene.answered[before..], [b"same".to_vec(), b"other".to_vec()]);
        assert_eq!((scene.guard.deadline(), scene.guard.held_bytes), (None, 0));
    }

    #[test]
    fn a_poll_with_the_same_datagram_at_intervals_is_always_answered() {
        let mut scene = Scene::new();
        for _ in 0..1000 {
            scene.receive(&[b"poll"]);
            scene.now += RETURN_TIME;
        }
        assert_eq!(scene.answered.len(), 1000);
    }

    #[test]
    fn different_datagrams_are_always_answered_and_little_is_remembered() {
        let mut scene = Scene::new();
        (0..10_000u32).for_each(|number| scene.receive(&[&number.to_le_bytes()]));
        assert_eq!(scene.answered.len(), 10_000);
        assert_eq!(scene.guard.exchanges[&ConnectionId(1)].outstanding.len(), REMEMBERED);
        scene.guard.forget(ConnectionId(1));
        assert!(scene.guard.exchanges.is_empty());
    }

    #[test]
    fn fingerprints_differ_where_datagrams_do() {
        let all: Vec<_> =
            (0..2000).map(|length| vec![0; length]).chain((0..=255).map(|b| vec![b; 9])).collect();
        let distinct: std::collections::HashSet<_> =
            all.iter().map(|datagram| fingerprint(datagram)).collect();
        // Nine zero bytes are in both.
        assert_eq!(distinct.len(), all.len() - 1);
    }
}
