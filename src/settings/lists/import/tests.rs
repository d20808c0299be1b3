//! Files built from the formats that the programs have, and what becomes of them.

use super::packet_sender::MACROS;
use super::{ImportError, Imported, Place, Reason, Source, import};
use crate::codec::{Encoding, LineEnding};
use crate::lang::Language;
use crate::payload::{Format, encode};
use crate::settings::TabKind;
use crate::settings::lists::{Attachment, Checksum, Item, ItemTarget, List};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::fmt::Write;
use std::time::Duration;

fn imported(bytes: impl AsRef<[u8]>) -> Imported {
    import(bytes.as_ref(), "file").unwrap_or_else(|error| panic!("{error}"))
}

fn gbk(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    Encoding::Gbk.encode(text, &mut bytes).unwrap();
    bytes
}

/// The remarks as (place, reason).
fn remarks(imported: &Imported) -> Vec<(String, Reason)> {
    let place = |place: &Place| match place {
        Place::Line(line) => format!("line {line}"),
        Place::Named(name) => name.clone(),
    };
    imported.remarks.iter().map(|remark| (place(&remark.place), remark.reason.clone())).collect()
}

/// Everything of an item but its id.
fn without_id(item: &Item) -> Item {
    Item { id: Default::default(), ..item.clone() }
}

/// An `sscom51.ini` with these items (order, name, interval, form, payload) and settings.
fn sscom(items: &[(u32, &str, u32, char, &str)], settings: &[(u32, &str)]) -> Vec<u8> {
    let mut text = String::from(";SSCOM\r\n");
    for (number, value) in settings {
        let _ = write!(text, "N{number}=,{value}\r\n");
    }
    for (index, (order, name, interval, form, payload)) in items.iter().enumerate() {
        let slot = index + 1;
        let payload = payload.replace(',', "\u{2}");
        let _ = write!(text, "N{}={order},{name},{interval}\r\nN{slot}={form},{payload}\r\n", slot + 100);
    }
    gbk(&text)
}

#[test]
fn items_of_sscom_keep_names_formats_intervals_and_what_takes_part() {
    let file = sscom(
        &[
            (1, "读保持寄存器", 1000, 'H', "01 03 00 00 00 0A"),
            (0, "2无注释", 1000, 'A', ""),
            (2, "握手", 0, 'A', "AT+温度,1"),
            (0, "hand", 50, 'A', "by hand"),
        ],
        &[(1057, "Y"), (1060, "1"), (1080, "1"), (1068, "10.0.0.7"), (1069, "502"), (1059, "Y")],
    );
    let imported = imported(&file);
    assert_eq!(imported.source, Source::Sscom);
    assert_eq!(imported.list.attached, Attachment::Kind(TabKind::TcpClient));
    assert_eq!(imported.list.name, "file");
    let checksum = Some(Checksum::parse("CRC-16/MODBUS").unwrap());
    let usual = Item { checksum, ..Item::default() };
    let expected = [
        Item {
            name: "读保持寄存器".into(),
            format: Format::Hex,
            payload: "01 03 00 00 00 0A".into(),
            delay: Some(Duration::from_secs(1)),
            ..usual.clone()
        },
        Item {
            name: "握手".into(),
            payload: "AT+温度,1".into(),
            encoding: Some(Encoding::Gbk),
            line_ending: LineEnding::CrLf,
            ..usual.clone()
        },
        Item {
            name: "hand".into(),
            payload: "by hand".into(),
            line_ending: LineEnding::CrLf,
            delay: Some(Duration::from_millis(50)),
            takes_part: false,
            ..usual
        },
    ];
    let items: Vec<_> = imported.list.items.iter().map(without_id).collect();
    assert_eq!(items, expected);
    assert_eq!(
        remarks(&imported),
        [
            ("读保持寄存器".into(), Reason::EndingOfHex),
            ("N1068, N1069".into(), Reason::Address("10.0.0.7:502".into())),
            ("SSCOM".into(), Reason::ProgramSettings("N1059".into())),
        ]
    );
}

#[test]
fn what_sscom_has_besides_is_named_with_its_reason() {
    let mut file = sscom(
        &[
            (3, "late", 0, 'A', "c"),
            (1, "early", 0, 'A', "a"),
            (0, "heading", 0, 'A', ""),
            (0, "broken", 0, 'H', "0G"),
            (0, "odd", 0, 'X', "x"),
        ],
        &[(1057, "maybe"), (1060, "9"), (1080, "7"), (1070, "8080")],
    );
    file.extend(b"N6=A,\xFF\xFF\r\nnonsense\r\nN7=A,named badly\r\nN107=one,x,soon\r\nN7=A,again\r\n");
    let imported = imported(&file);
    let names: Vec<_> = imported.list.items.iter().map(|item| item.title()).collect();
    assert_eq!(names, ["late", "early", "broken", "x"]);
    let setting = |key: &str, value: &str| Reason::Setting(key.into(), value.into());
    assert_eq!(
        remarks(&imported),
        [
            ("line 16".into(), Reason::NotInEncoding(Encoding::Gbk)),
            ("line 17".into(), Reason::NotUnderstood),
            ("line 20".into(), Reason::NotUnderstood),
            ("early".into(), Reason::Order(1)),
            ("heading".into(), Reason::NoPayload),
            ("broken".into(), Reason::NotHex),
            ("odd".into(), Reason::NotUnderstood),
            ("x".into(), setting("ms", "soon")),
            ("x".into(), setting("order", "one")),
            ("N1057".into(), setting("N1057", "maybe")),
            ("N1060".into(), setting("N1060", "9")),
            ("N1080".into(), setting("N1080", "7")),
            ("N1070".into(), Reason::Address("8080".into())),
        ]
    );
    for (number, name) in
        [("0", None), ("1", Some("CRC-16/MODBUS")), ("2", Some("SUM-8")), ("3", Some("XOR-8"))]
    {
        let imported = self::imported(sscom(&[(0, "a", 0, 'A', "a")], &[(1060, number)]));
        assert_eq!(imported.list.items[0].checksum.as_ref().map(Checksum::text), name);
    }
}

/// A packet as Packet Sender exports it.
fn packet(name: &str, bytes: &[u8]) -> Value {
    let hex: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    json!({
        "name": name, "hexstring": hex.join(" "), "fromip": "You", "toip": "10.0.0.7", "port": "502",
        "fromport": "0", "tcporudp": "UDP", "sendresponse": "0", "requestpath": "", "asciistring": "aGVsbG8=",
        "repeat": 0,
    })
}

#[test]
fn packets_keep_their_bytes_targets_and_repeats() {
    let mut hello = packet("hello", b"hello");
    hello["repeat"] = json!(1.5);
    let mut v6 = packet("v6", b"AT\r\n");
    v6["toip"] = json!("fe80::1");
    let bytes = packet("bytes", &[0, 1, 0xFF]);
    let file =
        json!([hello, v6, bytes, packet("text", "温度".as_bytes()), packet("spaced", b" a ")]).to_string();
    let imported = imported(&file);
    assert_eq!((imported.source, remarks(&imported)), (Source::PacketSender, vec![]));
    assert_eq!(imported.list.attached, Attachment::Kind(TabKind::Udp));
    let items: Vec<_> = imported.list.items.iter().map(without_id).collect();
    let target = ItemTarget::Peer("10.0.0.7:502".into());
    let text = Item { encoding: Some(Encoding::Utf8), target: target.clone(), ..Item::default() };
    let hex = Item { format: Format::Hex, target, ..Item::default() };
    let expected = [
        Item {
            name: "hello".into(),
            payload: "hello".into(),
            interval: Some(Duration::from_millis(1500)),
            ..text.clone()
        },
        Item {
            name: "v6".into(),
            payload: "AT".into(),
            line_ending: LineEnding::CrLf,
            target: ItemTarget::Peer("[fe80::1]:502".into()),
            ..text.clone()
        },
        Item { name: "bytes".into(), payload: "00 01 FF".into(), ..hex.clone() },
        Item { name: "text".into(), payload: "温度".into(), ..text },
        Item { name: "spaced".into(), payload: "20 61 20".into(), ..hex },
    ];
    assert_eq!(items, expected);
}

#[test]
fn what_packets_have_besides_is_named_with_its_reason() {
    let with = |key: &str, value: Value| {
        let mut packet = packet(key, b"x");
        packet[key] = value;
        packet
    };
    let file = json!([
        with("tcporudp", json!("SSL")),
        with("tcporudp", json!("GET")),
        with("hexstring", json!("")),
        with("hexstring", json!("6")),
        with("fromport", json!("5000")),
        with("fromip", json!("10.0.0.1")),
        with("sendresponse", json!("1")),
        with("requestpath", json!("/index")),
        with("repeat", json!("often")),
        with("color", json!("red")),
        "text",
    ]);
    let imported = imported(file.to_string());
    assert_eq!(imported.list.items.len(), 6);
    let setting = |key: &str, value: &str| (key.to_owned(), Reason::Setting(key.into(), value.into()));
    assert_eq!(
        remarks(&imported),
        [
            ("tcporudp".into(), Reason::Protocol("SSL".into())),
            ("tcporudp".into(), Reason::Protocol("GET".into())),
            ("hexstring".into(), Reason::NoPayload),
            ("hexstring".into(), Reason::NotUnderstood),
            ("fromport".into(), Reason::LocalAddress("You:5000".into())),
            ("fromip".into(), Reason::LocalAddress("10.0.0.1:0".into())),
            setting("sendresponse", "1"),
            setting("requestpath", "/index"),
            setting("repeat", "often"),
            setting("color", "red"),
            ("[10]".into(), Reason::NotUnderstood),
        ]
    );
}

#[test]
fn macros_become_variables_of_a_template_or_are_named() {
    for (name, variable) in MACROS {
        let imported = imported(json!([packet("m", format!("a{name}$\r").as_bytes())]).to_string());
        let item = &imported.list.items[0];
        match variable {
            Some(variable) => {
                assert_eq!(item.payload, format!("a{variable}\\x24\\r"));
                assert_eq!((item.format, item.is_template), (Format::Escaped, true));
                assert!(imported.remarks.is_empty());
                let bytes = sent(item);
                assert!(bytes.starts_with(b"a") && bytes.ends_with(b"$\r"), "{name}: {bytes:?}");
                if *name == "{{COUNTER}}" {
                    assert_eq!(bytes, b"a0$\r");
                }
            }
            None => {
                assert!(!item.is_template);
                assert_eq!(remarks(&imported), [("m".into(), Reason::Macro((*name).into()))]);
            }
        }
    }
}

#[test]
fn packets_of_the_ini_file_are_in_the_order_of_its_list_of_names() {
    let file = "[General]\nNAMES=Read%20status, \"b, c\", gone\nversion=8\n\n[Other]\nkey=1\n\n[b%2C%20c]\nhexString=62\n\
                toIP=10.0.0.7\nport=7\nrepeat=2\ntcpOrUdp=TCP\nname=\"b, c\"\n\n[Read%20status]\nhexString=\"61 0d\"\n\
                tcpOrUdp=UDP\nfromPort=0\nbroken=\"\nodd\n";
    let imported = imported(file.replace("Read%20status, ", "Read status, "));
    let items: Vec<_> =
        imported.list.items.iter().map(|item| (item.name.as_str(), item.payload.as_str())).collect();
    assert_eq!(items, [("Read status", "a"), ("b, c", "b")]);
    assert_eq!(imported.list.items[1].interval, Some(Duration::from_secs(2)));
    assert_eq!(imported.list.attached, Attachment::All, "of both kinds");
    assert_eq!(
        remarks(&imported),
        [
            ("line 20".into(), Reason::NotUnderstood),
            ("line 21".into(), Reason::NotUnderstood),
            ("gone".into(), Reason::Missing),
            ("Packet Sender".into(), Reason::ProgramSettings("version, [Other]".into())),
        ]
    );
}

#[test]
fn shortcuts_of_net_assist_are_hex_or_else_text() {
    let file = gbk(
        "port=1\r\n[SETTINGS]\r\na=b\r\n[SHORTCUT]\r\n读=01 03\r\nhello=world,=1\r\n你=好\r\nempty=\r\nodd\r\n",
    );
    let imported = imported(&file);
    assert_eq!(imported.source, Source::NetAssist);
    let items: Vec<_> = imported.list.items.iter().map(without_id).collect();
    let expected = [
        Item { name: "读".into(), payload: "01 03".into(), format: Format::Hex, ..Item::default() },
        Item { name: "hello".into(), payload: "world,=1".into(), ..Item::default() },
        Item { name: "你".into(), payload: "好".into(), encoding: Some(Encoding::Gbk), ..Item::default() },
    ];
    assert_eq!(items, expected);
    assert_eq!(
        remarks(&imported),
        [
            ("hello".into(), Reason::TakenAsText),
            ("你".into(), Reason::TakenAsText),
            ("empty".into(), Reason::NoPayload),
            ("line 9".into(), Reason::NotUnderstood),
            ("NetAssist".into(), Reason::ProgramSettings("port, [SETTINGS]".into())),
        ]
    );
    assert_eq!(imported.remarks.iter().filter(|remark| remark.is_left_out()).count(), 3);
}

#[test]
fn items_of_comtool_are_found_wherever_they_stand() {
    let file = json!({
        "baudrate": 9600,
        "plugins": {"dbg": {"theme": "dark", "customSendItems": ["AT", "", 5, "你好\n"]}},
    });
    let imported = imported(file.to_string());
    assert_eq!(imported.source, Source::ComTool);
    let payloads: Vec<_> = imported.list.items.iter().map(|item| item.payload.as_str()).collect();
    assert_eq!(payloads, ["AT", "你好\n"]);
    assert_eq!(
        remarks(&imported),
        [
            ("plugins.dbg.customSendItems[1]".into(), Reason::NoPayload),
            ("plugins.dbg.customSendItems[2]".into(), Reason::NotUnderstood),
            ("COMTool".into(), Reason::ProgramSettings("baudrate, plugins.dbg.theme".into())),
        ]
    );
}

#[test]
fn a_list_of_a_colleague_gets_ids_of_its_own() {
    let list = List {
        name: "theirs".into(),
        attached: Attachment::Tab("7".into()),
        items: vec![Item::new("a")],
        ..List::default()
    };
    let imported = imported(list.to_text());
    assert_eq!((imported.source, &*imported.list.name), (Source::Wirelab, "theirs"));
    assert_eq!(imported.list.attached, Attachment::All, "the tab is not of this user");
    assert_eq!(imported.list.items[0].name, "a");
    assert_ne!(imported.list.items[0].id, list.items[0].id);
}

#[test]
fn what_is_no_list_is_refused_with_its_place() {
    for bytes in [&b""[..], b"hello", b"\xFF\xFE", b"{}", b"[1]", b"[a]\nb=c", b"name = \"x\""] {
        assert!(matches!(import(bytes, ""), Err(ImportError::Unknown)), "{bytes:?}");
    }
    assert!(matches!(import(b"{\n\"a\": ,}", ""), Err(ImportError::Json { line: 2, .. })));
    let wrong = import(b"version = 1\n[[items]]\nformat = \"x\"\n", "").unwrap_err().to_string();
    assert!(wrong.starts_with("line 3 (format)"), "{wrong}");
}

#[test]
fn every_remark_is_explained_in_both_languages() {
    let text = || "x".to_owned();
    let reasons = [
        Reason::NotUnderstood,
        Reason::NotInEncoding(Encoding::Gbk),
        Reason::NotHex,
        Reason::TakenAsText,
        Reason::NoPayload,
        Reason::Missing,
        Reason::Protocol(text()),
        Reason::LocalAddress(text()),
        Reason::Address(text()),
        Reason::Setting(text(), text()),
        Reason::ProgramSettings(text()),
        Reason::Macro(text()),
        Reason::Order(7),
        Reason::EndingOfHex,
    ];
    for language in Language::ALL {
        for reason in &reasons {
            for place in [Place::Line(3), Place::Named("item".into())] {
                let remark = super::Remark { place, reason: reason.clone() };
                let said = remark.explain(language.words());
                assert!(!said.contains('{') && (said.contains('3') || said.contains("item")), "{said}");
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_imported_or_refused(
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            "(N[0-9]{1,4}=[HA0-9,]{0,3}[a-f0-9 ,é\u{2}]{0,8}\r?\n|\\[[a-zA-Z]{0,9}\\]\n|[a-z%0-9]{1,5}=[a-z,\"\\\\@]{0,6}\n){0,12}"
                .prop_map(String::into_bytes),
            "\\[SHORTCUT\\]\n([a-z]=[0-9a-z ]{0,6}\n){0,6}".prop_map(String::into_bytes),
            "\\[a\\]\nhexString=([0-9a-f]{2} ){0,6}\n[a-zA-Z]{1,8}=[a-z0-9]{0,5}\n".prop_map(String::into_bytes),
        ],
    ) {
        if let Ok(imported) = import(&bytes, "name") {
            // What was imported is a list that can be written and read.
            let text = imported.list.to_text();
            prop_assert_eq!(List::from_text(&text).unwrap(), imported.list);
        }
    }

    #[test]
    fn the_bytes_of_packets_stay_the_same(bytes in prop_oneof![
        prop::collection::vec(any::<u8>(), 1..40),
        "[ -~温\r\n\t]{1,20}".prop_map(String::into_bytes),
    ]) {
        let imported = imported(json!([packet("p", &bytes)]).to_string());
        let item = &imported.list.items[0];
        prop_assert_eq!(sent(item), bytes);
    }

    #[test]
    fn the_payloads_of_sscom_stay_the_same(payloads in prop::collection::vec("[!-~温度][ -~温度]{0,12}", 1..5)) {
        let items: Vec<_> = payloads.iter().map(|payload| (0, "", 0, 'A', payload.as_str())).collect();
        let imported = imported(sscom(&items, &[]));
        let found: Vec<_> = imported.list.items.iter().map(|item| item.payload.clone()).collect();
        prop_assert_eq!(found, payloads);
    }
}

/// The bytes that an item sends in a tab in another encoding.
fn sent(item: &Item) -> Vec<u8> {
    let encoding = item.encoding.unwrap_or(Encoding::Big5);
    encode(&item.payload, &item.options(), encoding).unwrap()
}
