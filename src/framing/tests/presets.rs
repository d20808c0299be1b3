//! Presets, with examples from the documents that define the protocols.

use super::{assert_told, found, told};
use crate::codec::parse_hex;
use crate::framing::{Found, FoundKind, Framer, Preset};
use crate::model::{Direction, Timestamp};
use crate::payload::checksum::Spec;

fn bytes(hex: &str) -> Vec<u8> {
    parse_hex(hex).unwrap()
}

/// Each of these is a frame, together and each for itself.
#[track_caller]
fn assert_frames(preset: Preset, frames: &[&[u8]]) {
    let expected: Vec<_> = frames.iter().map(|frame| ("frame".to_owned(), frame.to_vec())).collect();
    assert_eq!(told(&preset.framing(), &frames.concat()), expected, "{preset:?}");
    for frame in frames {
        assert_eq!(told(&preset.framing(), frame), [("frame".to_owned(), frame.to_vec())], "{preset:?}");
    }
}

/// The same, in hex.
#[track_caller]
fn assert_hex(preset: Preset, frames: &[&str]) {
    let frames: Vec<_> = frames.iter().map(|frame| bytes(frame)).collect();
    assert_frames(preset, &frames.iter().map(Vec::as_slice).collect::<Vec<_>>());
}

/// What is found in text, in words.
#[track_caller]
fn assert_text(preset: Preset, stream: &str, expected: &[(&str, &str)]) {
    let told = told(&preset.framing(), stream.as_bytes());
    let told: Vec<_> =
        told.iter().map(|(what, bytes)| (what.as_str(), std::str::from_utf8(bytes).unwrap())).collect();
    assert_eq!(told, expected);
}

/// Whether the check of the preset fits a frame.
fn is_right(preset: Preset, frame: &[u8]) -> bool {
    let framing = preset.framing();
    framing.check().unwrap().is_right(&framing.checked(frame))
}

/// The check fits, and no longer does after any byte from `from` to `to` was changed.
#[track_caller]
fn assert_checked(preset: Preset, frame: &[u8], changed: std::ops::Range<usize>) {
    assert!(is_right(preset, frame), "{preset:?}");
    for index in changed {
        let mut wrong = frame.to_vec();
        wrong[index] ^= 0x04;
        assert!(!is_right(preset, &wrong), "{preset:?}, byte {index}");
    }
}

#[test]
fn lines_end_with_lf_or_crlf_and_texts_with_their_delimiter() {
    assert_text(
        Preset::Lines,
        "a\r\nb\n\nc",
        &[("frame", "a\r\n"), ("frame", "b\n"), ("frame", "\n"), ("1", "c")],
    );
    assert_text(Preset::Crlf, "a\nb\r\nc", &[("frame", "a\nb\r\n"), ("1", "c")]);
    assert_text(Preset::Nul, "a\0b\0", &[("frame", "a\0"), ("frame", "b\0")]);
    assert_text(Preset::Semicolon, "a;b;", &[("frame", "a;"), ("frame", "b;")]);
    assert_text(Preset::JsonLines, "{}\n[1]\r\n", &[("frame", "{}\n"), ("frame", "[1]\r\n")]);
    for (preset, frame) in [
        (Preset::Lines, "a\r\n"),
        (Preset::Lines, "a\n"),
        (Preset::Crlf, "a\r\n"),
        (Preset::JsonLines, "a\n"),
    ] {
        assert_eq!(&*preset.framing().content(frame.as_bytes()), b"a", "{frame:?}");
    }
    assert_eq!(&*Preset::Crlf.framing().content(b"a\n\r\n"), b"a\n");
}

#[test]
fn lengths_are_before_their_data() {
    assert_hex(Preset::U16Big, &["0002 AABB", "0000"]);
    assert_hex(Preset::U16Little, &["0200 AABB"]);
    assert_hex(Preset::U32Big, &["00000002 AABB"]);
    assert_hex(Preset::U32Little, &["02000000 AABB"]);
}

/// "MODBUS Messaging on TCP/IP Implementation Guide" V1.0b, 3.1.3 has the request.
#[test]
fn modbus_tcp() {
    assert_hex(
        Preset::ModbusTcp,
        &["1501 0000 0006 FF 03 0004 0001", "1501 0000 0005 FF 03 02 0005", "1502 0000 0003 FF 83 02"],
    );
    // At most 260 bytes, at least a function code, and protocol 0.
    let framing = Preset::ModbusTcp.framing();
    assert_told(&framing, "1501 0000 00FE 01", &["7 of 260: 15 01 00 00 00 FE 01"]);
    assert_told(
        &framing,
        "FF 1501 0000 00FF 01 1501 0000 0002 FF 07",
        &["skipped NoHeader: FF 15 01 00 00 00 FF 01", "frame: 15 01 00 00 00 02 FF 07"],
    );
    assert_told(&framing, "1501 0000 0001 FF", &["skipped NoHeader: 15 01", "5: 00 00 00 01 FF"]);
    assert_eq!(framing.check(), None);
}

fn with_crc(hex: &str) -> Vec<u8> {
    let mut frame = bytes(hex);
    frame.extend("CRC-16/MODBUS".parse::<Spec>().unwrap().of(&frame).unwrap());
    frame
}

/// The PDUs are the examples of "MODBUS Application Protocol Specification" V1.1b3, 6.1 to 6.21 and 7.
#[test]
fn modbus_rtu_frames_have_the_length_of_their_function_in_requests_and_answers() {
    let pairs = [
        ("01 0013 0013", "01 03 CD6B05"),
        ("02 00C4 0016", "02 03 ACDB35"),
        ("03 006B 0003", "03 06 022B 0000 0064"),
        ("04 0008 0001", "04 02 000A"),
        ("05 00AC FF00", "05 00AC FF00"),
        ("06 0001 0003", "06 0001 0003"),
        ("07", "07 6D"),
        ("08 0000 A537", "08 0000 A537"),
        ("0B", "0B FFFF 0108"),
        ("0C", "0C 08 0000 0108 0121 20 00"),
        ("0F 0013 000A 02 CD01", "0F 0013 000A"),
        ("10 0001 0002 04 000A 0102", "10 0001 0002"),
        ("11", "11 03 01 FF 41"),
        ("14 0E 06 0004 0001 0002 06 0003 0009 0002", "14 0C 05 06 0DFE 0020 05 06 33CD 0040"),
        ("15 0D 06 0004 0007 0003 06AF 04BE 100D", "15 0D 06 0004 0007 0003 06AF 04BE 100D"),
        ("16 0004 00F2 0025", "16 0004 00F2 0025"),
        ("17 0003 0006 000E 0003 06 00FF 00FF 00FF", "17 0C 00FE 0ACD 0001 0003 000D 00FF"),
        ("17 0003 0001 000E 0001 02 00FF", "17 02 00FE"),
        ("18 04DE", "18 0006 0002 01B8 1284"),
        ("2B 0E 01 00", "2B 0E 01 01 00 00 01 00 0A 43 6F 6D 70 61 6E 79 20 69 64"),
        ("01 04A1 0001", "81 02"),
        // A function for users.
        ("64 01 02 03 04 05", "64 01"),
    ];
    let (mut requests, mut answers) = (Vec::new(), Vec::new());
    for (request, answer) in pairs {
        requests.push(with_crc(&format!("11 {request}")));
        answers.push(with_crc(&format!("11 {answer}")));
    }
    for frames in [&requests, &answers] {
        assert_frames(Preset::ModbusRtu, &frames.iter().map(Vec::as_slice).collect::<Vec<_>>());
    }
    // Both in one half, as on a tapped line.
    let both: Vec<_> = requests.iter().zip(&answers).flat_map(|(a, b)| [a.as_slice(), b]).collect();
    assert_frames(Preset::ModbusRtu, &both);
    // The CRC that is known for this request.
    assert_eq!(requests[2], bytes("11 03 006B 0003 7687"));
    assert_checked(Preset::ModbusRtu, &requests[2], 0..8);
}

#[test]
fn modbus_rtu_goes_on_where_a_crc_fits() {
    let framing = Preset::ModbusRtu.framing();
    // A broken request, noise, and two whole ones.
    assert_told(
        &framing,
        "11 03 006B 0003 7686 F8 55 11 03 006B 0003 7687 11 03 006B 0003 7687",
        &[
            "skipped NoCheck: 11 03 00 6B 00 03 76 86 F8 55",
            "frame: 11 03 00 6B 00 03 76 87",
            "frame: 11 03 00 6B 00 03 76 87",
        ],
    );
    // What seems to begin long before ends with the stream.
    assert_told(
        &framing,
        "01 03 F0 11 03 006B 0003 7687 01 03",
        &["3 of 245: 01 03 F0", "frame: 11 03 00 6B 00 03 76 87", "2: 01 03"],
    );
    assert_told(&framing, "11 03 06 AE41", &["5 of 8: 11 03 06 AE 41"]);
    // 256 bytes are the most.
    let mut longest = bytes("01 64");
    longest.resize(254, 0x55);
    let crc = "CRC-16/MODBUS".parse::<Spec>().unwrap().of(&longest).unwrap();
    longest.extend(crc);
    assert_eq!(told(&framing, &longest), [("frame".into(), longest)]);
}

/// "MODBUS over Serial Line" V1.02, 2.5.2.
#[test]
fn modbus_ascii() {
    let (request, answer) = (b":1103006B00037E\r\n", b":110306AE415652434049\r\n");
    assert_frames(Preset::ModbusAscii, &[request, answer]);
    assert_checked(Preset::ModbusAscii, request, 1..15);
    assert!(!is_right(Preset::ModbusAscii, answer));
    assert_eq!(&*Preset::ModbusAscii.framing().content(request), b"1103006B00037E");
    // A colon begins a frame, whatever was before it.
    assert_text(
        Preset::ModbusAscii,
        "03\r\n:1103:1103006B00037E\r\n:",
        &[
            ("skipped NoStart", "03\r\n"),
            ("skipped NoEnd", ":1103"),
            ("frame", ":1103006B00037E\r\n"),
            ("1", ":"),
        ],
    );
}

/// MQTT 3.1.1: the fixed headers of 2.2, the example of 3.8.3 and the lengths of table 2.4; MQTT 5.0, 3.14 and 3.15.
#[test]
fn mqtt() {
    let long = |header: &str, length: usize| {
        let mut packet = bytes(header);
        packet.resize(packet.len() + length, b'x');
        packet
    };
    assert_frames(
        Preset::Mqtt,
        &[
            &bytes("10 10 0004 4D515454 04 02 003C 0004 61626364"),
            &bytes("20 02 00 00"),
            &bytes("82 0E 000A 0003 612F62 01 0003 632F64 02"),
            &bytes("90 04 000A 01 02"),
            &bytes("30 07 0003 612F62 6869"),
            &bytes("3D 09 0003 612F62 0001 6869"),
            &bytes("40 02 0001"),
            &bytes("62 02 0001"),
            &bytes("A2 07 000B 0003 612F62"),
            &bytes("C0 00"),
            &bytes("D0 00"),
            &bytes("E0 00"),
            &bytes("E0 02 8E 00"),
            &bytes("F0 02 18 00"),
            &long("30 7F", 127),
            &long("30 80 01", 128),
            &long("30 C1 02", 321),
            &long("30 FF 7F", 16_383),
            &long("30 80 80 01", 16_384),
        ],
    );
    let framing = Preset::Mqtt.framing();
    // Reserved types and flags, impossible lengths, and a length of five bytes.
    for wrong in ["00 00", "36 04 0000 0001", "11 0A", "81 05", "C0 01", "10 09", "30 01", "30 80808080 01"] {
        let stream = [bytes(wrong), bytes("C0 00")].concat();
        let found = found(&framing, &stream);
        assert!(matches!(found[0].kind, FoundKind::Skipped(_)), "{wrong}: {found:?}");
    }
    let mut framer = Framer::new(&framing, Direction::Inbound);
    framer.push(&bytes("30 FFFFFF7F"), Timestamp(0), |part| panic!("{part:?}"));
    assert_eq!(framer.unfinished().unwrap().expected, Some(5 + 268_435_455), "in parts, when it comes");
}

/// RFC 8448, 3 has the record with the alert of the client.
#[test]
fn tls_records() {
    let hello = [bytes("16 0301 00C4 01"), vec![0x55; 0xC3]].concat();
    assert_frames(
        Preset::Tls,
        &[
            &hello,
            &bytes("14 0303 0001 01"),
            &bytes("17 0303 0013 C98727606556 66B74D7FF115 3EFD6DB6D0B0E3"),
            &bytes("15 0300 0002 0100"),
            &bytes("17 0303 0000"),
        ],
    );
    assert_told(
        &Preset::Tls.framing(),
        "19 0303 0001 00 16 0303 0000 17 0305 0001 17 0303 4801 15 0303 0002 0100",
        &[
            "skipped NoHeader: 19 03 03 00 01 00 16 03 03 00 00 17 03 05 00 01 17 03 03 48 01",
            "frame: 15 03 03 00 02 01 00",
        ],
    );
}

/// [MS-RDPBCGR] 4.1.1, and a setup of S7 communication.
#[test]
fn tpkt() {
    assert_hex(
        Preset::Tpkt,
        &[
            "0300002C 27E00000000000 436F6F6B69653A206D737473686173683D656C746F6E730D0A 0100080000000000",
            "03000019 02F080 32010000040000080000F0000001000101E0",
        ],
    );
    assert_told(
        &Preset::Tpkt.framing(),
        "02 03010007 03000006 03000007 02F080",
        &["skipped NoHeader: 02 03 01 00 07 03 00 00 06", "frame: 03 00 00 07 02 F0 80"],
    );
}

/// RFC 1035, 4.1 and 4.2.2: a question for the address of example.com.
#[test]
fn dns_over_tcp() {
    let question = "001D 1234 0100 0001 0000 0000 0000 07 6578616D706C65 03 636F6D 00 0001 0001";
    assert_hex(Preset::Dns, &[question, question]);
    assert_told(&Preset::Dns.framing(), "0000 000C 12", &["skipped Length: 00 00", "3 of 14: 00 0C 12"]);
}

/// RFC 6455, 1.2 and 5.7.
#[test]
fn websocket_frames_follow_the_handshake() {
    let request =
        b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    let answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    let refusal = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno";
    let medium = [bytes("82 7E 0100"), vec![0xAA; 256]].concat();
    let long = [bytes("82 7F 0000000000010000"), vec![0xAA; 65_536]].concat();
    let masked = bytes("81 85 37FA213D 7F9F4D5158");
    assert_frames(
        Preset::WebSocket,
        &[
            refusal,
            answer,
            &bytes("81 05 48656C6C6F"),
            &bytes("01 03 48656C"),
            &bytes("80 02 6C6F"),
            &bytes("89 05 48656C6C6F"),
            &medium,
            &long,
            // Compressed by RFC 7692, 7.2.3.1.
            &bytes("C1 07 F248CDC9C90700"),
            &bytes("88 02 03E8"),
        ],
    );
    assert_frames(Preset::WebSocket, &[request, &masked, &bytes("8A 85 37FA213D 7F9F4D5158"), request]);
    let framing = Preset::WebSocket.framing();
    assert_eq!(&*framing.content(&masked), b"Hello");
    assert_eq!(&*framing.content(&medium), [0xAA; 256]);
    assert_eq!(&*framing.content(answer), answer);
    assert_eq!(&*framing.content(&masked[..8]), &masked[..8], "a part of a frame");
    // Reserved opcodes and bits, fragmented and long control frames, and lengths in too many bytes.
    for wrong in ["83 00", "A1 00", "09 00", "89 7E 0080", "C9 00", "82 7E 007D", "82 7F 000000000000FFFF"] {
        let found = found(&framing, &bytes(wrong));
        assert!(matches!(found[0].kind, FoundKind::Skipped(_)), "{wrong}: {found:?}");
    }
    let found = found(&framing, &bytes("82 7F 8000000000000000"));
    assert!(matches!(found[0].kind, FoundKind::Skipped(crate::framing::SkipReason::Length)), "{found:?}");
}

/// RFC 9110, 3.9 has the first two messages.
#[test]
fn http_messages_end_by_their_length_by_chunks_and_with_the_connection() {
    let request = "GET /hello.txt HTTP/1.1\r\nUser-Agent: curl/7.64.1\r\nHost: www.example.com\r\nAccept-Language: en, mi\r\n\r\n";
    let answer = "HTTP/1.1 200 OK\r\nDate: Mon, 27 Jul 2009 12:28:53 GMT\r\nServer: Apache\r\n\
        Content-Length: 51\r\nVary: Accept-Encoding\r\nContent-Type: text/plain\r\n\r\n\
        Hello World! My content includes a trailing CRLF.\r\n";
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, Chunked\r\n\r\n\
        4\r\nWiki\r\n7;name=\"value\"\r\npedia i\r\nB\r\nn \r\nchunks.\r\n0\r\nExpires: never\r\n\r\n";
    let post = "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc";
    let posted =
        "PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 99\r\n\r\n1\r\na\r\n0\r\n\r\n";
    let bare = "M-SEARCH * HTTP/1.0\nMAN: x\n\n";
    let text = |messages: &[&str]| {
        let messages: Vec<_> = messages.iter().map(|message| message.as_bytes()).collect();
        assert_frames(Preset::Http, &messages);
    };
    text(&[request, post, posted, bare, request]);
    text(&[answer, chunked, answer]);
    // No body follows these, whatever their head says.
    text(&[
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 304\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        answer,
    ]);
    // A body without a length ends with the connection.
    text(&[answer, "HTTP/1.0 200 OK\r\n\r\nHTTP is\r\nHTTP/1.0 200 OK"]);
    assert_text(
        Preset::Http,
        "\r\nHTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
        &[("skipped Fill", "\r\n"), ("41 of 47", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")],
    );
}

#[test]
fn an_http_answer_to_head_has_no_body() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n";
    let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let close = "HTTP/1.1 200 OK\r\nETag: 1\r\n\r\n";
    assert_text(
        Preset::Http,
        &[head, chunks, close, head].concat(),
        &[("frame", head), ("frame", chunks), ("frame", close), ("frame", head)],
    );
    // A body that begins alike.
    let other = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nHTTP/2!";
    let short = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nHTTP";
    assert_text(Preset::Http, &[short, other].concat(), &[("frame", short), ("frame", other)]);
}

#[test]
fn http_is_found_again_after_other_data_and_ends_where_another_protocol_begins() {
    assert_text(
        Preset::Http,
        "xGET\r\nGET / HTTP/1.1\r\n\r\nHTTP/1.1 101 Switching Protocols\r\n\r\nanything\r\n",
        &[
            ("skipped NoHeader", "xGET\r\n"),
            ("frame", "GET / HTTP/1.1\r\n\r\n"),
            ("frame", "HTTP/1.1 101 Switching Protocols\r\n\r\n"),
            ("skipped Upgraded", "anything\r\n"),
        ],
    );
    // First lines that are none.
    for wrong in [
        "HTTP/1.1 2\0\0 OK",
        "HTTP/1.1 2000 OK",
        "HTTP/1.x 200 OK",
        "GET  HTTP/1.1",
        "GET / HTTP/2.0",
        "GE / HTTP/1.1",
    ] {
        let parts = found(&Preset::Http.framing(), format!("{wrong}\r\nGET / HTTP/1.1\r\n\r\n").as_bytes());
        assert!(matches!(parts[0].kind, FoundKind::Skipped(_)), "{wrong}: {parts:?}");
        assert_eq!(parts.last().map(|part| part.kind), Some(FoundKind::Frame), "{wrong}: {parts:?}");
    }
    // Lines that are longer than what is kept.
    let long = format!("GET /{} HTTP/1.1\r\nCookie: {}\r\n\r\n", "a".repeat(5000), "b".repeat(9000));
    let next = "GET / HTTP/1.1\r\n\r\n";
    assert_text(Preset::Http, &[&long, next].concat(), &[("frame", &long), ("frame", next)]);
    let trailer =
        format!("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: {}\r\n\r\n", "c".repeat(3000));
    assert_text(Preset::Http, &[&trailer, next].concat(), &[("frame", &trailer), ("frame", next)]);
    // Chunks that are none.
    let begin = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    for wrong in ["x\r\n", "\r\n", "1\r\nab\r\n", "FFFFFFFFFFFFFFFFFF\r\n"] {
        let stream = [begin, wrong, next].concat();
        let parts = found(&Preset::Http.framing(), stream.as_bytes());
        assert!(matches!(parts[0].kind, FoundKind::Skipped(_)), "{wrong}: {parts:?}");
        let last = parts.last().unwrap();
        assert_eq!(stream[last.start as usize..], *next, "{wrong}");
    }
}

/// RFC 1055.
#[test]
fn slip() {
    assert_hex(Preset::Slip, &["C0 4500 DBDC 01 DBDD C0", "C0 45 C0"]);
    assert_told(&Preset::Slip.framing(), "45 C0 46 C0", &["frame: 45 C0", "frame: 46 C0"]);
    assert_eq!(
        &*Preset::Slip.framing().content(&bytes("C0 4500 DBDC 01 DBDD C0")),
        bytes("4500 C0 01 DB").as_slice()
    );
}

/// Cheshire and Baker, and the usual table of examples.
#[test]
fn cobs() {
    let run = |from: u8, to: u8| (from..=to).collect::<Vec<_>>();
    for (data, encoded) in [
        (bytes("00"), bytes("01 01 00")),
        (bytes("00 00"), bytes("01 01 01 00")),
        (bytes("11 22 00 33"), bytes("03 11 22 02 33 00")),
        (bytes("11 22 33 44"), bytes("05 11 22 33 44 00")),
        (bytes("11 00 00 00"), bytes("02 11 01 01 01 00")),
        (run(1, 0xFE), [&[0xFF][..], &run(1, 0xFE), &[0]].concat()),
        ([&[0][..], &run(1, 0xFE)].concat(), [&[1, 0xFF][..], &run(1, 0xFE), &[0]].concat()),
        (run(1, 0xFF), [&[0xFF][..], &run(1, 0xFE), &[2, 0xFF, 0]].concat()),
    ] {
        assert_frames(Preset::Cobs, &[&encoded]);
        assert_eq!(&*Preset::Cobs.framing().content(&encoded), data.as_slice());
    }
    // What is no COBS is shown as it is.
    assert_eq!(&*Preset::Cobs.framing().content(&bytes("05 11 00")), bytes("05 11").as_slice());
}

/// RFC 1662: 4.2 and appendix C. The packet is a request of LCP (RFC 1661, 5.1).
#[test]
fn hdlc() {
    let mut data = bytes("FF 03 C021 01 01 000A 05 06 1234 7E7D");
    data.extend("CRC-16/IBM-SDLC,little".parse::<Spec>().unwrap().of(&data).unwrap());
    let mut frame = vec![0x7E];
    for byte in &data {
        match byte {
            0x7D | 0x7E | 0..0x20 => frame.extend([0x7D, byte ^ 0x20]),
            _ => frame.push(*byte),
        }
    }
    frame.push(0x7E);
    assert_frames(Preset::Hdlc, &[&frame, &frame]);
    assert_eq!(&*Preset::Hdlc.framing().content(&frame), data.as_slice());
    assert!(is_right(Preset::Hdlc, &frame));
    frame[1] ^= 1;
    assert!(!is_right(Preset::Hdlc, &frame));
    // One flag between two frames is enough, and an escape before it aborts the frame.
    assert_told(
        &Preset::Hdlc.framing(),
        "41 7E 42 7E 43 7D 7E 44 7E 7E",
        &[
            "skipped NoStart: 41",
            "frame: 7E 42 7E",
            "skipped Aborted: 43 7D",
            "frame: 7E 44 7E",
            "skipped Fill: 7E",
        ],
    );
}

/// ISO 1745: the block check counts all behind STX up to ETX.
#[test]
fn stx_etx_with_and_without_a_check_and_with_doubled_dle() {
    assert_hex(Preset::StxEtx, &["02 414243 03", "02 03"]);
    assert_hex(Preset::StxEtxBcc, &["02 414243 03 43", "02 03 03"]);
    assert_checked(Preset::StxEtxBcc, &bytes("02 414243 03 43"), 1..6);
    assert_eq!(&*Preset::StxEtxBcc.framing().content(&bytes("02 414243 03 43")), b"ABC");
    assert_hex(Preset::DleStxEtx, &["1002 41 1010 03 1003", "1002 1003"]);
    let checked = bytes("1002 41 1010 42 1003 10");
    assert_frames(Preset::DleStxEtxBcc, &[&checked, &checked]);
    assert_eq!(&*Preset::DleStxEtxBcc.framing().content(&checked), b"A\x10B");
    // 41 ^ 10 ^ 42 ^ 03.
    assert!(is_right(Preset::DleStxEtxBcc, &checked));
    assert!(!is_right(Preset::DleStxEtxBcc, &bytes("1002 41 1010 42 1003 11")));
    assert_told(
        &Preset::DleStxEtx.framing(),
        "41 1002 41 1002 42 1003 10",
        &["skipped NoStart: 41", "skipped NoEnd: 10 02 41", "frame: 10 02 42 10 03", "1: 10"],
    );
}

/// The example of HJ 212-2017, annex A.
#[test]
fn hj212() {
    let data = "QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&";
    let frame = format!("##0101{data}1C80\r\n");
    assert_frames(Preset::Hj212, &[frame.as_bytes(), frame.as_bytes()]);
    assert_checked(Preset::Hj212, frame.as_bytes(), 6..frame.len() - 2);
    // A wrong check is a frame, a wrong length is none, and the next frame is found inside of what it would take.
    let wrong_check = frame.replace("1C80", "1C81");
    let (too_long, too_short) = (frame.replace("0101", "0109"), frame.replace("0101", "0090"));
    assert_text(
        Preset::Hj212,
        &[&too_long, &wrong_check, &too_short, &frame, "##01"].concat(),
        &[
            ("skipped NoEnd", &too_long),
            ("frame", &wrong_check),
            ("skipped NoEnd", &too_short),
            ("frame", &frame),
            ("4", "##01"),
        ],
    );
    let long = format!("##9000{}0000\r\n", "x".repeat(9000));
    assert_frames(Preset::Hj212, &[long.as_bytes(), frame.as_bytes()]);
    assert_text(Preset::Hj212, "x##+101y", &[("skipped NoHeader", "x##+101y")]);
}

/// JT/T 808-2019, 4.4.2.
#[test]
fn jt808() {
    let frame = bytes("7E 30 7D02 08 7D01 55 7E");
    assert_frames(Preset::Jt808, &[&frame, &frame]);
    assert_eq!(&*Preset::Jt808.framing().content(&frame), bytes("30 7E 08 7D 55").as_slice());
    // A heartbeat: its id, no body, the phone number and a serial number.
    let heartbeat = "0002 0000 013912345678 0001";
    let check = "XOR-8".parse::<Spec>().unwrap().of(&bytes(heartbeat)).unwrap()[0];
    let heartbeat = bytes(&format!("7E {heartbeat} {check:02X} 7E"));
    assert_checked(Preset::Jt808, &heartbeat, 1..14);
    // The check itself may be escaped.
    assert!(is_right(Preset::Jt808, &bytes("7E 7D01 7D01 7E")));
    assert!(!is_right(Preset::Jt808, &bytes("7E 7D01 7D02 7E")));
    assert_told(
        &Preset::Jt808.framing(),
        "08 55 7E 7E 30 30 7E",
        &["skipped NoStart: 08 55", "frame: 7E 7E 30 30 7E"],
    );
}

/// DL/T 645-2007: reading the total energy, asked of any meter.
#[test]
fn dlt645() {
    let request = bytes("68 AAAAAAAAAAAA 68 11 04 33333433 AE 16");
    let answer = bytes("68 123456789012 68 91 08 33333433 4A89 6745 00 16");
    assert_frames(Preset::Dlt645, &[&request, &answer]);
    assert_checked(Preset::Dlt645, &request, 0..15);
    assert!(!is_right(Preset::Dlt645, &answer));
    assert_told(
        &Preset::Dlt645.framing(),
        "FEFEFEFE 68AAAAAAAAAAAA6811043333 3433AE17 FE 68AAAAAAAAAAAA681104333334 33AE16 FE68",
        &[
            "skipped Fill: FE FE FE FE",
            "skipped NoEnd: 68 AA AA AA AA AA AA 68 11 04 33 33 34 33 AE 17 FE",
            "frame: 68 AA AA AA AA AA AA 68 11 04 33 33 34 33 AE 16",
            "skipped Fill: FE",
            "1: 68",
        ],
    );
}

/// GB/T 32960.3-2016, 6.2: a heartbeat, which has no data, and a login.
#[test]
fn gbt32960() {
    let frame = |command: u8, data: &str| {
        let data = bytes(data);
        let mut frame =
            [&b"##"[..], &[command, 0xFE], b"LSVAU2180N2183294", &[1], &[0, data.len() as u8]].concat();
        frame.extend(data);
        frame.extend("XOR-8,from=2".parse::<Spec>().unwrap().of(&frame).unwrap());
        frame
    };
    let login = frame(1, "1A0B160A0F1E 0001 3839383630303030303030303030303030303030 01 00");
    let heartbeat = frame(7, "");
    assert_eq!(heartbeat.len(), 25);
    assert_frames(Preset::Gbt32960, &[&login, &heartbeat]);
    assert_checked(Preset::Gbt32960, &login, 2..login.len());
    let mut stream = b"x#y".to_vec();
    stream.extend(&heartbeat);
    let told = told(&Preset::Gbt32960.framing(), &stream);
    assert_eq!(told, [("skipped NoHeader".into(), b"x#y".to_vec()), ("frame".into(), heartbeat)]);
}

/// IEC 60870-5-104, 5: start, test and stop, a confirmation, and an interrogation.
#[test]
fn iec104() {
    let frames = [
        "68 04 07000000",
        "68 04 0B000000",
        "68 04 43000000",
        "68 04 83000000",
        "68 04 13000000",
        "68 04 23000000",
        "68 04 0100 0200",
        "68 0E 0000 0000 64 01 0600 0100 000000 14",
    ];
    assert_hex(Preset::Iec104, &frames);
    // A wrong length, formats that do not exist, and a counter that ends with 1.
    for wrong in [
        "68 03 070000",
        "68 FE 000000 00",
        "68 04 00000000",
        "68 04 03000000",
        "68 04 07000001",
        "68 05 0000 0100 01",
    ] {
        let stream = [bytes(wrong), bytes(frames[0])].concat();
        let parts = found(&Preset::Iec104.framing(), &stream);
        let last =
            Found { start: (stream.len() - 6) as u64, end: stream.len() as u64, kind: FoundKind::Frame };
        assert!(matches!(parts[0].kind, FoundKind::Skipped(_)), "{wrong}: {parts:?}");
        assert_eq!(parts.last(), Some(&last), "{wrong}");
    }
}
