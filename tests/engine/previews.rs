//! What the preview of a payload shows is what the wire gets: for every format, encoding, checksum and cut, against a plain
//! socket. Clock and seed of what has them are given; what depends on the send alone is evaluated by the session.

use crate::support::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::io::Write;
use std::net::TcpListener;
use std::time::Duration;
use wirelab::codec::{Encoding, LineEnding};
use wirelab::engine::{Message, Pieces};
use wirelab::model::{SessionState, Target, Timestamp};
use wirelab::payload::checksum::named;
use wirelab::payload::{Answers, Context, Cuts, Delivery, Format, Options, Payload};

/// Payloads that are sent; many of those that are made cannot be.
const SENT: usize = 400;

/// What may stand in a payload of each format.
fn input(format: Format) -> BoxedStrategy<String> {
    const VALUES: [&str; 8] = [
        "${counter:u16be,start=7}",
        "${len:u8}",
        "${crc:CRC-16/MODBUS}",
        "${crc:SUM-8,hex}",
        "${peer:port:u16be}",
        "${ask:a:u8:1..9}",
        "${group}",
        "${/group}",
    ];
    const EACH_TIME: [&str; 3] = ["${time:u32le}", "${time:ms:u64be}", "${random:0..255:u8}"];
    let typed = match format {
        Format::Text => "[ -~é你好\n]{0,6}".boxed(),
        Format::Escaped => "([ -Z^-~你好\n]|\\\\[rnt0]|\\\\x[0-9A-F]{2}|\\\\u\\{4F60\\}){0,6}".boxed(),
        Format::Hex => "( [0-9A-F]{2}){0,6}".boxed(),
    };
    let part = prop_oneof![
        4 => typed,
        2 => prop::sample::select(&VALUES[..]).prop_map(str::to_owned),
        1 => prop::sample::select(&EACH_TIME[..]).prop_map(str::to_owned),
    ];
    prop::collection::vec(part, 1..5).prop_map(|parts| parts.concat()).boxed()
}

fn options() -> impl Strategy<Value = Options> {
    let names: Vec<_> = named().iter().map(|named| named.name.clone()).collect();
    let more = prop::sample::select(
        &["", ",big", ",little", ",hex", ",bytes", ",from=1", ",to=-1", ",at=0", ",at=-1"][..],
    );
    let checksum = (prop::sample::select(names), more).prop_map(|(name, more)| format!("{name}{more}"));
    let checksum = prop::option::weighted(0.7, checksum);
    let format = prop::sample::select(&Format::ALL[..]);
    let ending = prop::sample::select(&LineEnding::ALL[..]);
    (format, ending, any::<bool>(), checksum).prop_map(|(format, line_ending, is_template, checksum)| {
        Options { format, line_ending, is_template, checksum: checksum.map(|text| text.parse().unwrap()) }
    })
}

/// How a payload leaves. `tests/engine/pieces.rs` tests where it is cut.
fn delivery() -> impl Strategy<Value = Delivery> {
    let cuts = prop_oneof![
        3 => Just(Cuts::None),
        1 => Just(Cuts::Every),
        1 => prop::collection::vec(0..20_usize, 0..4).prop_map(Cuts::at),
        1 => any::<u64>().prop_map(|seed| Cuts::Random { seed }),
    ];
    cuts.prop_map(|cuts| Delivery { cuts, glue: 1, gap: Some(Duration::ZERO) })
}

#[test]
fn what_the_preview_shows_is_what_the_wire_gets() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let session = Session::client(client(&address.to_string()));
    let mut peer = accept(&listener);
    session.wait("open", |status| status.state == SessionState::Open);
    let mut answers = Answers::default();
    answers.set("a", "5");
    let mut runner = TestRunner::deterministic();
    let case = options().prop_flat_map(|options| {
        let encoding = prop::sample::select(&Encoding::ALL[..]);
        (input(options.format), Just(options), encoding, delivery(), any::<u64>())
    });
    let (mut sent, mut fixed, mut cut) = (0, 0, 0);
    while sent < SENT {
        let (input, options, encoding, delivery, number) = case.new_tree(&mut runner).unwrap().current();
        let count = number % 1000;
        let context = Context {
            now: Timestamp(number),
            seed: number,
            count,
            peer: Some(address),
            answers: &answers,
            ..Context::of(encoding)
        };
        let Ok(payload) = Payload::parse(&input, &options) else { continue };
        let Ok(built) = payload.build(&context) else { continue };
        if built.bytes.is_empty() {
            continue;
        }
        let has_moment =
            options.is_template && ["${time", "${random"].iter().any(|name| input.contains(name));
        let message = if has_moment {
            Message::raw(built.bytes.clone())
        } else {
            fixed += usize::from(payload.is_fixed());
            let mut message = Message::new(payload, encoding);
            (message.answers, message.count) = (answers.clone().into(), count);
            message
        };
        if delivery.is_plain() {
            session.handle.send_message(Target::All, message).unwrap();
        } else {
            cut += 1;
            let pieces = Pieces::new(Target::All, message, delivery).numbered(number);
            session.handle.start_outgoing("cut", pieces).unwrap();
        }
        let received = read_exactly(&mut peer, built.bytes.len());
        assert_eq!(received, built.bytes, "{input:?} {options:?} {encoding}");
        sent += 1;
    }
    assert!(fixed > SENT / 10 && fixed < SENT, "both kinds: {fixed}");
    assert!(cut > SENT / 10 && cut < SENT, "both kinds: {cut}");
    // Nothing more has left.
    session.handle.send(Target::All, (*b"END").into()).unwrap();
    assert_eq!(read_exactly(&mut peer, 3), b"END");
    peer.write_all(b".").unwrap();
    session.wait("all of it", |status| status.traffic.bytes_in == 1);
    assert_eq!(
        session.handle.take_send_results().iter().filter(|result| result.failure.is_some()).count(),
        0
    );
}
