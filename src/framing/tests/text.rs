//! The text of framings.

use super::framing;
use crate::framing::{Framing, FramingErrorKind};

#[test]
fn presets_have_names_of_their_own_that_are_read_in_any_case_and_spelling() {
    let mut names = std::collections::BTreeSet::new();
    for preset in Framing::PRESETS {
        assert_eq!(framing(preset.name()).preset(), Some(*preset));
        assert_eq!(preset.framing().to_string(), preset.name());
        for name in std::iter::once(preset.name()).chain(preset.aliases().iter().copied()) {
            assert!(names.insert(name.to_lowercase()), "{name}");
            assert_eq!(framing(&name.to_uppercase()), preset.framing(), "{name}");
        }
    }
    assert_eq!(framing(" Json_Lines "), framing("json-lines"));
    assert_eq!(framing("fixed=8").preset(), None);
}

#[test]
fn what_is_printed_is_read_again_and_printed_shortly() {
    for (text, printed) in [
        ("delimiter=0D0A", "delimiter=0D0A"),
        ("Delimiter = 0d 0a / 0A , Keep", "delimiter=0D0A/0A,keep"),
        ("fixed=8", "fixed=8"),
        ("fixed=67108864", "fixed=67108864"),
        ("length,at=4,width=2,big,adjust=0", "length,at=4,width=2,big"),
        ("length，width=3，little，at=0，adjust=-3", "length,at=0,width=3,little,adjust=-3"),
        ("length,at=1,width=1", "length,at=1,width=1"),
        ("length,at=0,width=8", "length,at=0,width=8,big"),
        ("length,at=0,width=leb128", "length,at=0,width=leb128"),
        ("length,at=1,width=MQTT,adjust=+2", "length,at=1,width=mqtt,adjust=2"),
        ("length,at=2,width=dec4,adjust=6", "length,at=2,width=dec4,adjust=6"),
        ("length,at=2,width=hex8", "length,at=2,width=hex8"),
        ("marks,start=02,end=03", "marks,start=02,end=03"),
        ("marks,end=C0,escape=DB,map=DCC0DDDB", "marks,end=C0,escape=DB,map=DCC0DDDB"),
        ("marks,start=7E,end=7E,escape=7D,xor=20", "marks,start=7E,end=7E,escape=7D,xor=20"),
        (
            "marks,start=1002,end=1003,escape=10,restart,trailer=1",
            "marks,start=1002,end=1003,escape=10,restart,trailer=1",
        ),
        ("marks,start=02,end=03,trailer=0", "marks,start=02,end=03"),
        ("gap=20ms", "gap=20ms"),
        ("gap", "gap=20ms"),
        ("gap=1.5s", "gap=1500ms"),
    ] {
        let read = framing(text);
        assert_eq!(read.to_string(), printed, "{text}");
        assert_eq!(framing(printed), read);
        let json = serde_json::to_string(&read).unwrap();
        assert_eq!(json, format!("\"{printed}\""));
        assert_eq!(serde_json::from_str::<Framing>(&json).unwrap(), read);
    }
}

#[test]
fn errors_name_the_text_the_place_and_the_way_out() {
    use FramingErrorKind as Kind;
    let number = |least, most| Kind::Number { least, most };
    let limit = 64 << 20;
    let length = "at=BYTES, width=WIDTH, big, little, adjust=N";
    let marks = "start=HEX, end=HEX, escape=HEX, xor=HEX, map=HEX, restart, trailer=BYTES";
    for (text, place, kind) in [
        ("", "", Kind::Empty),
        ("  ", "", Kind::Empty),
        ("nosuch", "nosuch", Kind::Unknown { similar: vec![] }),
        (",", "", Kind::Unknown { similar: vec![] }),
        ("json", "json", Kind::Unknown { similar: vec!["json-lines"] }),
        ("fix=8", "fix=8", Kind::Unknown { similar: vec!["fixed"] }),
        ("lines,keep", "keep", Kind::NoFields),
        ("lines=3", "lines=3", Kind::NoFields),
        ("delimiter", "delimiter", Kind::Bytes { most: 16 }),
        ("delimiter=", "delimiter=", Kind::Bytes { most: 16 }),
        ("delimiter=0D0", "delimiter=0D0", Kind::Bytes { most: 16 }),
        ("delimiter=0A/", "delimiter=0A/", Kind::Bytes { most: 16 }),
        (
            "delimiter=000102030405060708090A0B0C0D0E0F10",
            "delimiter=000102030405060708090A0B0C0D0E0F10",
            Kind::Bytes { most: 16 },
        ),
        ("delimiter=01/02/03/04", "delimiter=01/02/03/04", Kind::Alternatives { most: 3 }),
        ("delimiter=0A,drop", "drop", Kind::UnknownField { known: "keep" }),
        ("delimiter=0A,keep=1", "keep=1", Kind::UnknownField { known: "keep" }),
        ("delimiter=0A, keep ,keep", "keep", Kind::Again),
        ("fixed", "fixed", number(1, limit)),
        ("fixed=0", "fixed=0", number(1, limit)),
        ("fixed=67108865", "fixed=67108865", number(1, limit)),
        ("fixed=8,9", "9", Kind::UnknownField { known: "fixed=BYTES" }),
        ("length", "length", Kind::Missing { field: "at=BYTES" }),
        ("length=2", "length=2", Kind::UnknownField { known: length }),
        ("length,at=4", "length", Kind::Missing { field: "width=WIDTH" }),
        ("length,at=1001,width=2", "at=1001", number(0, 1000)),
        ("length,at=-1,width=2", "at=-1", number(0, 1000)),
        ("length,at=0,width=5", "width=5", Kind::Width),
        ("length,at=0,width=dec0", "width=dec0", Kind::Width),
        ("length,at=0,width=hex+2", "width=hex+2", Kind::Width),
        ("length,at=0,widht=2", "widht=2", Kind::UnknownField { known: length }),
        ("length,at=0,width=2,big,little", "little", Kind::Again),
        ("length,at=0,at=0,width=2", "at=0", Kind::Again),
        ("length,at=0,width=mqtt,big", "big", Kind::Needs { other: "width=2, 3, 4 or 8" }),
        ("length,at=0,width=2,adjust=x", "adjust=x", number(-limit, limit)),
        ("length,at=0,width=2,", "", Kind::UnknownField { known: length }),
        ("marks,start=02", "marks", Kind::Missing { field: "end=HEX" }),
        ("marks,end=03,stop=1", "stop=1", Kind::UnknownField { known: marks }),
        ("marks,end=03,xor=20", "xor=20", Kind::Needs { other: "escape=HEX" }),
        ("marks,end=03,escape=1003", "escape=1003", Kind::Bytes { most: 1 }),
        ("marks,end=03,escape=10,xor=20,map=1122", "map=1122", Kind::Again),
        ("marks,end=03,escape=10,map=112", "map=112", Kind::Pairs),
        ("marks,end=03,escape=10,map=112233445566778899AA", "map=112233445566778899AA", Kind::Pairs),
        ("marks,end=03,escape=03", "escape=03", Kind::IsMark),
        ("marks,end=0304,escape=03,xor=20", "escape=03", Kind::IsMark),
        ("marks,end=03,restart", "restart", Kind::Needs { other: "start=HEX, and another mark at the end" }),
        ("marks,start=02,end=03,trailer=17", "trailer=17", number(0, 16)),
        ("gap=0s", "gap=0s", Kind::Duration(crate::model::units::DurationError::Number)),
        ("gap=5 days", "gap=5 days", Kind::Duration(crate::model::units::DurationError::Unit)),
        ("gap=20ms,x", "x", Kind::UnknownField { known: "gap=DURATION" }),
    ] {
        let error = text.parse::<Framing>().unwrap_err();
        assert_eq!((&text[error.range.clone()], &error.kind), (place, &kind), "{text}");
        assert_eq!(error.input, text);
        let said = error.to_string();
        assert!(said.contains(text) && said.contains(place) && said.len() > text.len() + 25, "{said}");
        assert!(serde_json::from_value::<Framing>(text.into()).unwrap_err().to_string().contains(&said));
    }
}
