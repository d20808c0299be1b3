//! `wirelab checksum`.

use crate::support::{Ended, run};
use serde_json::json;

fn checksum(arguments: &[&str]) -> Ended {
    run(&[&["checksum"], arguments].concat())
}

#[test]
fn the_checksum_of_data_is_printed_as_the_wire_has_it() {
    for (arguments, printed) in [
        (&["CRC-16/MODBUS", "--hex", "01 03 00 0A 00 01"][..], "A4 08\n"),
        (&["crc16modbus,big,hex", "--hex", "01 03 00 0A 00 01"], "08A4\n"),
        (&["CRC:16,8005,FFFF,0000,Yes,Yes,little", "--hex", "0103000A0001"], "A4 08\n"),
        (&["crc32", "123456789"], "CB F4 39 26\n"),
        (&["sum8,from=1,to=-1", "--text", "(12)"], "63\n"),
        (&["HJ212", "123456789"], "2F80\n"),
        (&["xor", "温"], "F7\n"),
    ] {
        assert_eq!(checksum(arguments).expect(0).text(), printed, "{arguments:?}");
    }
}

#[test]
fn the_parameters_of_a_checksum_are_in_its_object() {
    let ended = checksum(&["modbus", "--json", "123456789"]).expect(0);
    let expected = json!({
        "name": "CRC-16/MODBUS", "width": 16, "poly": "8005", "init": "FFFF", "refin": true, "refout": true,
        "xorout": "0000", "check": "4B37", "order": "little", "form": "bytes", "bytes": 9, "checksum": "37 4B",
    });
    assert_eq!(ended.objects(), [expected]);
}

#[test]
fn the_list_has_every_checksum_and_finds_by_each_name() {
    let all = checksum(&["--list"]).expect(0).text();
    // A head, the models of the catalogue, and thirteen others.
    assert_eq!(all.lines().count(), 1 + 113 + 13);
    let modbus = all.lines().find(|line| line.starts_with("CRC-16/MODBUS ")).unwrap();
    assert!(
        modbus
            .split_whitespace()
            .eq("CRC-16/MODBUS 16 8005 FFFF yes yes 0000 4B37 MODBUS, MODBUS RTU".split(' '))
    );
    let found = checksum(&["--list", "ccitt", "--json"]).expect(0).objects();
    let names: Vec<_> = found.iter().map(|object| object["name"].as_str().unwrap()).collect();
    for name in ["CRC-16/KERMIT", "CRC-16/IBM-3740", "CRC-16/XMODEM", "CRC-16/SPI-FUJITSU"] {
        assert!(names.contains(&name), "{names:?}");
    }
}

#[test]
fn what_is_wrong_is_told() {
    for (arguments, words) in [
        (&["CCITT", "1"][..], "'CCITT' is not the name of one checksum. Choose from: "),
        (&["sum9", "1"], "'sum9' is not a known checksum"),
        (&["sum8,huge", "1"], "'huge' is not an option"),
        (&["sum8", "--hex", "0x"], "is not followed by two hex digits"),
        (&["sum8,from=2", "1"], "from=2 does not fit 1 byte."),
        (&["--list", "nothing"], "No checksum has 'nothing' in its name"),
        (&["sum8"], "<DATA>"),
    ] {
        checksum(arguments).expect(2).says(words);
    }
}
