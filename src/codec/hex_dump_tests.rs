//! Tests of `hex_dump`: the output of real tools, dumps that are damaged, and our own rows.
//!
//! The dumps below are what the tools named above each wrote for [`SAMPLE`] or [`PACKET`]
//! (xxd 2022-01-14, util-linux 2.38.1, coreutils 9.1, TShark 4.0.17).

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::codec::parse_hex;

const SAMPLE: &[u8] = b"Hello world.\n\x00\x01\x02abcdef 0123456789  \xE4\xB8\xAD\xFF tail";

const PACKET: &[u8] =
    b"\x45\x00\x00\x3d\x00\x01\x00\x00\x40\x11\x00\x00\x7f\x00\x00\x01\x7f\x00\x00\x01\x13\x88\x13\x89\
\x00\x28\x00\x00GET / HTTP/1.1\r\nHost: abcdef 0123";

const XXD: &str = "\
00000000: 4865 6c6c 6f20 776f 726c 642e 0a00 0102  Hello world.....
00000010: 6162 6364 6566 2030 3132 3334 3536 3738  abcdef 012345678
00000020: 3920 20e4 b8ad ff20 7461 696c            9  .... tail
";

const XXD_G1: &str = "\
00000000: 48 65 6c 6c 6f 20 77 6f 72 6c 64 2e 0a 00 01 02  Hello world.....
00000010: 61 62 63 64 65 66 20 30 31 32 33 34 35 36 37 38  abcdef 012345678
00000020: 39 20 20 e4 b8 ad ff 20 74 61 69 6c              9  .... tail
";

const XXD_E: &str = "\
00000000: 6c6c6548 6f77206f 2e646c72 0201000a  Hello world.....
00000010: 64636261 30206665 34333231 38373635  abcdef 012345678
00000020: e4202039 20ffadb8 6c696174           9  .... tail
";

const HEXDUMP_C: &str = "\
00000000  48 65 6c 6c 6f 20 77 6f  72 6c 64 2e 0a 00 01 02  |Hello world.....|
00000010  61 62 63 64 65 66 20 30  31 32 33 34 35 36 37 38  |abcdef 012345678|
00000020  39 20 20 e4 b8 ad ff 20  74 61 69 6c              |9  .... tail|
0000002c
";

const HEXDUMP: &str = "\
0000000 6548 6c6c 206f 6f77 6c72 2e64 000a 0201
0000010 6261 6463 6665 3020 3231 3433 3635 3837
0000020 2039 e420 adb8 20ff 6174 6c69          
000002c
";

const OD_X1Z: &str = "\
000000 48 65 6c 6c 6f 20 77 6f 72 6c 64 2e 0a 00 01 02  >Hello world.....<
000010 61 62 63 64 65 66 20 30 31 32 33 34 35 36 37 38  >abcdef 012345678<
000020 39 20 20 e4 b8 ad ff 20 74 61 69 6c              >9  .... tail<
00002c
";

const OD_X1: &str = "\
000000 48 65 6c 6c 6f 20 77 6f 72 6c 64 2e 0a 00 01 02
000010 61 62 63 64 65 66 20 30 31 32 33 34 35 36 37 38
000020 39 20 20 e4 b8 ad ff 20 74 61 69 6c
00002c
";

const TSHARK_X: &str = "\
0000  45 00 00 3d 00 01 00 00 40 11 00 00 7f 00 00 01   E..=....@.......
0010  7f 00 00 01 13 88 13 89 00 28 00 00 47 45 54 20   .........(..GET 
0020  2f 20 48 54 54 50 2f 31 2e 31 0d 0a 48 6f 73 74   / HTTP/1.1..Host
0030  3a 20 61 62 63 64 65 66 20 30 31 32 33            : abcdef 0123

";

const HEXDUMP_C_REPEATED: &str = "\
00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
*
00000050  78                                                |x|
00000051
";

const OD_REPEATED: &str = "\
000000 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  >................<
*
000050 78                                               >x<
000051
";

const XXD_A_REPEATED: &str = "\
00000000: 0000 0000 0000 0000 0000 0000 0000 0000  ................
*
00000050: 78                                       x
";

#[test]
fn dumps_of_real_tools_are_read() {
    let upper = XXD.replace("6c6c 6f", "6C6C 6F");
    let windows = HEXDUMP_C.replace('\n', "\r\n");
    let indented = TSHARK_X.lines().map(|line| format!("    {line}\n")).collect::<String>();
    let cut_blanks: String = TSHARK_X.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    let later: String = XXD.lines().skip(1).map(|line| format!("{line}\n")).collect();
    let wireshark = "0000   45 00 00 3d 00 01 00 00  40 11 00 00 7f 00 00 01   E..=.... @.......";
    for (name, dump, expected) in [
        ("xxd", XXD, SAMPLE),
        ("xxd, digits of both cases", &upper, SAMPLE),
        ("xxd -g1", XXD_G1, SAMPLE),
        ("xxd from its second line", &later, &SAMPLE[16..]),
        ("xxd, one line", XXD.lines().next().unwrap(), &SAMPLE[..16]),
        ("xxd, one line that looks like hex", "00000000: 6162 6364 6566  abcdef", b"abcdef"),
        ("xxd -p is plain", "48656c6c6f20776f726c642e0a00\n0102", &SAMPLE[..16]),
        ("hexdump -C", HEXDUMP_C, SAMPLE),
        ("hexdump -C with CR LF", &windows, SAMPLE),
        ("hexdump -C, one line", HEXDUMP_C.lines().next().unwrap(), &SAMPLE[..16]),
        ("od -A x -t x1z", OD_X1Z, SAMPLE),
        ("od -A x -t x1", OD_X1, SAMPLE),
        ("tshark -x", TSHARK_X, PACKET),
        ("tshark -x, indented", &indented, PACKET),
        ("tshark -x without blanks at the ends", &cut_blanks, PACKET),
        ("Wireshark with halves", wireshark, &PACKET[..16]),
        ("one row that looks like hex", "0000  61 62 63   abc", b"abc"),
        ("colon, no characters", "0000: 01 02 03", &[1, 2, 3]),
        ("xxd -g4", "00000000: 48656c6c 6f000102  Hello...", b"Hello\0\x01\x02"),
        ("xxd -e of zeros", "00000000: 00000000  ....", &[0; 4]),
        ("spaces only", "00000000: 2020 2020", b"    "),
    ] {
        assert_eq!(parse_hex(dump).as_deref(), Ok(expected), "{name}");
    }
}

/// One row of at most 16 bytes, without its line break.
fn row_of(offset: u64, bytes: &[u8]) -> String {
    let mut row = String::new();
    write_dump(offset, bytes, "", &mut row);
    assert_eq!(row.pop(), Some('\n'));
    row
}

#[test]
fn repeated_rows_are_filled_in() {
    let expected = [&[0; 80][..], b"x"].concat();
    for dump in [HEXDUMP_C_REPEATED, OD_REPEATED, XXD_A_REPEATED] {
        assert_eq!(parse_hex(dump).as_deref(), Ok(&expected[..]), "{dump}");
    }
    let row = row_of(0, &[7; 16]);
    let total = MAX_LEFT_OUT_BYTES + 16;
    assert_eq!(parse_hex(&format!("{row}\n*\n{total:08X}\n")).map(|bytes| bytes.len() as u64), Ok(total));
    // Three lines must not fill the memory.
    for end in ["FFFFFFFFFFFFFFF0".to_owned(), format!("{:08X}", total + 16), "00000018".into()] {
        let error = parse_hex(&format!("{row}\n*\n{end}\n")).unwrap_err();
        assert_eq!((error.kind, error.line), (HexErrorKind::LeftOutRows, 2), "{end}");
    }
    let half = MAX_LEFT_OUT_BYTES / 2 + 32;
    let rest = half + 16 + MAX_LEFT_OUT_BYTES / 2;
    let twice = format!("{row}\n*\n{}\n*\n{rest:08X}", row_of(half, &[7; 16]));
    assert_eq!(parse_hex(&twice).unwrap_err().kind, HexErrorKind::LeftOutRows);
    for open in [
        format!("{row}\n*\n"),
        format!("*\n{row}"),
        format!("{row}\n*\n00000010"),
        format!("{row}\n*\n*\n00000030"),
    ] {
        assert_eq!(parse_hex(&open).unwrap_err().kind, HexErrorKind::LeftOutRows, "{open}");
    }
}

#[test]
fn a_damaged_dump_is_an_error_and_not_plain_hex() {
    use HexErrorKind::{ColumnDiffers, LoneDigit, NotDumpRow, OffsetJump, UnknownWordOrder};
    let without_middle: String = XXD.lines().step_by(2).map(|line| format!("{line}\n")).collect();
    let two_packets = format!("{TSHARK_X}{TSHARK_X}");
    let edited = XXD.replace("6162 6364", "6162 6365");
    let all_hex = "0000  61 62   ab\n0004  63 64   cd";
    let dots_in_words = "00000000: 03020100 07060504  ........";
    let words = "000000  0102 0304\n000004  0506 0708";
    let zeros_first = "00000000: 00000000  ....\n00000004: 03020100  ....";
    let short = "00000000: 6162 6364 65  abcde\n00000005: 66";
    for (name, dump, kind, line) in [
        ("a line is missing", &*without_middle, OffsetJump { expected: 0x10, found: 0x20 }, 2),
        ("two packets", &two_packets, OffsetJump { expected: 0x3D, found: 0 }, 6),
        ("hex in the column", all_hex, OffsetJump { expected: 2, found: 4 }, 2),
        ("edited bytes", &edited, ColumnDiffers, 2),
        ("xxd -e", XXD_E, ColumnDiffers, 1),
        ("xxd -e that looks like hex", "00000000: 64636261  abcd", UnknownWordOrder, 1),
        ("xxd -e of what has no letters", dots_in_words, UnknownWordOrder, 1),
        ("xxd -e after a row that reads either way", zeros_first, UnknownWordOrder, 2),
        ("words in two rows", words, UnknownWordOrder, 1),
        ("hexdump", HEXDUMP, LoneDigit('0'), 1),
        ("a word between", &XXD.replace("00000010:", "10:"), NotDumpRow, 2),
        ("bytes after the end", "000000 01  >.<\n000001\n000001 02  >.<", NotDumpRow, 3),
    ] {
        let error = parse_hex(dump).unwrap_err();
        assert_eq!((error.kind, error.line), (kind, line), "{name}");
    }
    assert_eq!(parse_hex(short).as_deref(), Ok(&b"abcdef"[..]));
    let error = parse_hex(&without_middle).unwrap_err();
    assert_eq!(&without_middle[error.range.clone()], "00000020");
}

#[test]
fn plain_hex_is_not_taken_for_a_dump() {
    for (input, count) in [
        ("00000000 01020304\n00000008 05060708", 16),
        ("000000 01 02\n000001 03 04", 10),
        ("0001 0203\n0003 0405", 8),
        ("0103000A  00 01", 6),
        ("00 01 02 03\n04 05 06 07", 8),
    ] {
        assert_eq!(parse_hex(input).map(|bytes| bytes.len()), Ok(count), "{input:?}");
    }
}

#[test]
fn a_long_line_takes_no_long_time() {
    // Quadratic work would take minutes here.
    for row in ["00000000: ", "00000000  ", "000000 "] {
        let line = format!("{row}{}", "36 31 20 ".repeat(100_000));
        assert!(parse_dump(&line).is_none(), "{row}");
    }
    let rows: String = (0..2_000).map(|row| row_of(row * 16, &[b'6'; 16]) + "\n").collect();
    assert_eq!(parse_hex(&rows).map(|bytes| bytes.len()), Ok(32_000));
}

#[test]
fn rows_are_sixteen_bytes_wide() {
    for (offset, bytes, expected) in [
        (
            0,
            &b"\x01\x03\x00\x0A\x00\x01\xC5\xC8"[..],
            "00000000  01 03 00 0A 00 01 C5 C8                           |........|",
        ),
        (
            0x10,
            b"Hello world.\n\x00\x01\xFE",
            "00000010  48 65 6C 6C 6F 20 77 6F  72 6C 64 2E 0A 00 01 FE  |Hello world.....|",
        ),
        (0x1_0000_0000, b"~\x7F|", "100000000  7E 7F 7C                                          |~.||"),
    ] {
        assert_eq!(row_of(offset, bytes), expected);
    }
    let mut rows = String::new();
    write_dump(0, &[0x41; 20], "", &mut rows);
    assert_eq!(rows, format!("{}\n{}\n", row_of(0, &[0x41; 16]), row_of(16, &[0x41; 4])));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn our_own_dumps_are_read_back(
        bytes in prop_oneof![
            proptest::collection::vec(any::<u8>(), 1..70),
            proptest::collection::vec(proptest::sample::select(&b" |<>.0123abcf:"[..]), 1..70),
        ],
        offset in prop_oneof![Just(0), 0..0x2_0000_0000_u64],
    ) {
        let mut dump = String::new();
        write_dump(offset, &bytes, "", &mut dump);
        prop_assert_eq!(parse_hex(&dump), Ok(bytes), "{}", dump);
    }

    #[test]
    fn rows_with_hex_in_their_column_are_read_back(
        bytes in proptest::collection::vec(proptest::sample::select(&b" 0123abcf"[..]), 1..70),
        // The widths of xxd -g1, xxd and tshark.
        form in 0..3,
    ) {
        // One row of spaces without a colon is as much plain hex as a dump.
        let bytes = [&b"a"[..], &bytes].concat();
        let mut dump = String::new();
        for (row, chunk) in bytes.chunks(16).enumerate() {
            let mut hex = String::new();
            for (index, byte) in chunk.iter().enumerate() {
                let gap = if index > 0 && (form != 1 || index % 2 == 0) { " " } else { "" };
                write!(hex, "{gap}{byte:02x}").unwrap();
            }
            let shown = String::from_utf8_lossy(chunk);
            let offset = row * 16;
            match form {
                0 => writeln!(dump, "{offset:08x}: {hex:<47}  {shown}").unwrap(),
                1 => writeln!(dump, "{offset:08x}: {hex:<39}  {shown}").unwrap(),
                _ => writeln!(dump, "{offset:04x}  {hex:<47}   {shown}").unwrap(),
            }
        }
        prop_assert_eq!(parse_hex(&dump), Ok(bytes), "{}", dump);
    }
}
