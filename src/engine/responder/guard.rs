//! Tells a UDP peer that only returns what it is sent, as another echo does, from one that sends by itself.
//!
//! A datagram is a *return* if it equals one that was sent to the peer and has not come back since. A load
//! generator that repeats one datagram seems to send returns as well, so returns alone are no proof: after many
//! prompt ones in a row, the answer is held for a moment. An echo then has nothing to return and is silent: it is a
//! loop, and the held answer is dropped. A peer that sends by itself goes on sending, and gets the held answers at
//! once and in order. Each time, the number of returns before its next hold doubles.

use super::Answers;
use crate::model::ConnectionId;
use crate::net::{ConnectionEnds, Timers};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The number of prompt returns in a row after which the answer is held. Doubles for a peer each time that it turns
/// out to send by itself.
const RETURNS: u32 = 64;

/// A return that comes later than this is not prompt and not counted: a peer that polls with the same
/// datagram at longer intervals is always answered, and a slower loop does no harm.
const RETURN_TIME: Duration = Duration::from_millis(20);

/// How long an answer is held.
const HOLD_TIME: Duration = Duration::from_millis(100);

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

/// Watches the exchange with each UDP peer.
#[derive(Debug, Default)]
pub(super) struct LoopGuard {
    exchanges: HashMap<ConnectionId, Exchange>,
    /// When held answers are dropped.
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
    /// The number of returns at which the next answer is held.
    limit: u32,
    held: Vec<Arc<[u8]>>,
    /// The loop with this peer has been reported.
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
        let is_prompt =
            exchange.last_sent.is_some_and(|sent| now.saturating_duration_since(sent) <= RETURN_TIME);
        if !is_prompt && exchange.held.is_empty() {
            return Verdict::Answer;
        }
        exchange.returns = exchange.returns.saturating_add(1);
        if exchange.returns < exchange.limit || self.held_bytes + payload.len() > HELD_BYTES {
            return Verdict::Answer;
        }
        self.timers.set(from.id, now + HOLD_TIME);
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

    /// The peer is no longer listed.
    pub fn forget(&mut self, id: ConnectionId) {
        if let Some(exchange) = self.exchanges.remove(&id) {
            self.held_bytes -= bytes(&exchange.held);
            self.timers.cancel(id);
        }
    }

    /// When [`due`](Self::due) has something to do.
    pub fn deadline(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Drops the answers to peers that were silent while they were held.
    pub fn due(&mut self, now: Instant, answers: &mut Answers) {
        while let Some(id) = self.timers.pop_due(now) {
            let Some(exchange) = self.exchanges.get_mut(&id) else { continue };
            let held = std::mem::take(&mut exchange.held);
            self.held_bytes -= bytes(&held);
            answers.unanswered += held.len() as u64;
            exchange.returns = 0;
            exchange.outstanding.clear();
            exchange.last_received = None;
            if !std::mem::replace(&mut exchange.is_told, true) {
                answers.loops.push(exchange.ends);
            }
        }
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

        /// Lets the hold time pass; returns how many datagrams are not answered, and how many peers are told.
        fn wait(&mut self) -> (u64, usize) {
            self.now += HOLD_TIME;
            let mut answers = Answers::default();
            self.guard.due(self.now, &mut answers);
            (answers.unanswered, answers.loops.len())
        }
    }

    #[test]
    fn one_datagram_between_two_echoes_is_dropped_after_a_few_returns_and_told_once() {
        let mut scene = Scene::new();
        for round in 1..=3u64 {
            let before = scene.answered.len();
            // It goes around as long as it is answered.
            scene.receive(&[b"x"]);
            while scene.guard.deadline().is_none() {
                scene.receive(&[b"x"]);
            }
            assert_eq!(scene.answered.len() - before, RETURNS as usize);
            assert_eq!(scene.wait(), (1, usize::from(round == 1)), "round {round}");
            assert_eq!(scene.guard.held_bytes, 0);
        }
    }

    #[test]
    fn several_different_datagrams_between_two_echoes_are_dropped_as_well() {
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
        assert_eq!(scene.wait(), (REMEMBERED as u64, 1));
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
        (0..=RETURNS).for_each(|_| scene.receive(&[b"same"]));
        assert!(scene.guard.deadline().is_some());
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
