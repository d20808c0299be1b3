//! The inspector, the advice about encodings, times and rates.

use crate::fixture::{Window, connect, read_exactly};
use eframe::egui::{Role, pos2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::io::Write;

#[test]
fn the_inspector_shows_the_selected_bytes() {
    let mut window = Window::new();
    let _peer = window.server_with([b"\xC4\xE3\xBA\xC3\x00\x00\x80\x3F"]);
    assert!(!window.shows("Select bytes"));
    window.tool("Inspector");
    assert!(window.shows("Select bytes"), "says what to do");
    window.select_newest();
    assert!(window.has("uint8 little endian 196"));
    assert!(window.has("int16 little endian -7228"));
    assert!(window.has("uint32 big endian 3303258819"), "C4 E3 BA C3");
    assert!(window.shows("As GBK: 你好"));
    assert!(window.shows("As UTF-8: ‹C4›"));
    assert!(window.has("C4 E3 BA C3"), "the bytes in hex");
    window.tool("Inspector");
    assert!(!window.shows("As GBK"));
}

#[test]
fn the_inspector_computes_checksums_and_says_where_one_stands() {
    let mut window = Window::new();
    let request = b"\x01\x03\x00\x0A\x00\x01\xA4\x08";
    let mut peer = window.server_with([request]);
    window.tool("Inspector");
    window.select_newest();
    assert!(window.has("CRC-16/MODBUS stands at the end of the selection"));
    assert!(!window.has("SUM-8 BB"), "folded");
    window.click("Checksums");
    assert!(window.has("SUM-8 BB"), "of all eight bytes");
    // The digits of CRC-32 behind its data, which is selected by dragging.
    window.receive(&mut peer, b"123456789CBF43926");
    window.select_newest();
    assert!(window.has("CRC-32/ISO-HDLC,hex stands at the end of the selection"));
    let row = window.harness.get_by_role_and_label(Role::Row, window.rows().last().unwrap()).rect();
    let behind = "CRC-32/ISO-HDLC,hex stands behind the selection";
    // Nine cells, from wherever the text begins.
    let mut left = row.left() + 60.0;
    while !window.has(behind) {
        left += 3.0;
        assert!(left < row.right(), "no nine bytes are followed by their checksum");
        window.drag(pos2(left, row.center().y), pos2(left + 9.0 * 7.83, row.center().y));
    }
    assert!(window.has("CRC-16/MODBUS 37 4B") && window.has("XOR-8 31"));
    // Without one nothing is said.
    window.receive(&mut peer, b"no checksum here");
    window.select_newest();
    assert!(!window.shows(" the selection"), "nothing stands there");
    assert!(window.has("Checksums"));
}

#[test]
fn all_numbers_are_whole_in_a_panel_of_any_width() {
    let folder = tempfile::tempdir().unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for width in [100.0, 300.0, 640.0] {
        let settings = format!("[window]\nside_width = {width:.1}\n");
        std::fs::write(folder.path().join("settings.toml"), settings).unwrap();
        let mut window = Window::at(folder.path(), Vec::new());
        let _peer = window.server_with([b"\x80\x01\x02\x03\x04\x05\x06\x87"]);
        window.tool("Inspector");
        window.select_newest();
        let right = window.harness.get_by_label("Close side panel").rect().right();
        let bytes = window.harness.get_by_label("Inspector tab").rect();
        for name in [
            "uint64 little endian 9729",
            "int64 big endian -92230",
            "float64 big endian -1.401599773079525e-309",
            "As UTF-8: ",
        ] {
            let number = window.harness.get_by_label_contains(name).rect();
            assert!(number.left() >= bytes.left() && number.right() <= right, "{name} at {number}, {width}");
            seen.insert((name, number.left() as i32));
        }
    }
    assert!(seen.len() > 4, "beside each other where there is room: {seen:?}");
}

#[test]
fn a_selection_within_a_character_is_decoded_with_the_bytes_before() {
    let mut window = Window::new();
    let address = window.start_server();
    window.choose("Encoding", "GBK");
    let mut peer = connect(address);
    for part in [&b"\xCA"[..], b"\xD4!"] {
        window.receive(&mut peer, part);
    }
    window.tool("Inspector");
    window.select_newest();
    assert!(window.shows("As GBK: 试!"), "the character belongs to the record that completes it");
    assert!(window.shows("As UTF-8: ‹D4›!"));
}

#[test]
fn characters_without_a_glyph_are_shown_by_their_code() {
    let mut window = Window::new();
    let _peer = window.server_with([&[0xAB, 0xAC, b'a'][..]]);
    window.tool("Inspector");
    window.select_newest();
    assert!(window.shows("As GBK: ‹U+E069›a"));
}

#[test]
fn another_encoding_is_suggested_and_used_by_one_click() {
    let mut window = Window::new();
    let _peer = window.server_with([b"\xCE\xC2\xB6\xC8 25\r\n", b"\xCE\xC2\xB6\xC8 26\r\n"]);
    window.wait("the advice", |window| window.has("Use suggested encoding"));
    assert!(window.shows("valid GBK"));
    window.click("Use suggested encoding");
    window.wait("the text", |window| window.shows_row("温度 26"));
    assert!(!window.has("Use suggested encoding"), "nothing more to say");
    // The wrong encoding again: the advice comes back until it is dismissed.
    window.choose("Encoding", "UTF-8");
    window.wait("the advice again", |window| window.has("Dismiss advice"));
    window.click("Dismiss advice");
    window.harness.run_steps(5);
    assert!(!window.has("Dismiss advice"));
}

#[test]
fn tls_is_detected() {
    let mut window = Window::new();
    let mut hello = vec![0x16, 3, 1, 0, 0xC8, 1, 0, 0, 0xC4, 3, 3];
    hello.resize(205, 0x41);
    let _peer = window.server_with([&hello]);
    window.wait("the advice", |window| window.shows("speaks TLS"));
}

#[test]
fn times_are_relative_to_the_chosen_record() {
    let mut window = Window::new();
    let mut peer = window.server_with([b"request"]);
    window.fill("Payload", "reply");
    window.click("Send");
    assert_eq!(read_exactly(&mut peer, 5), b"reply");
    window.wait("the reply", |window| window.shows_row("reply"));
    let times = |window: &Window| -> Vec<String> {
        let of = |row: String| row.split(" s ").next().unwrap().trim().to_string();
        window.rows().into_iter().map(of).collect()
    };
    window.choose("Time", "Since start");
    let first = times(&window)[0].clone();
    assert!(first.starts_with("+0.000000"), "{first}");
    window.choose("Time", "Reply time");
    let shown = times(&window);
    let reply: f64 = shown.last().unwrap().parse().unwrap_or_else(|_| panic!("{shown:?}"));
    assert!(reply > 0.0, "{shown:?}");
    assert!(shown[0].starts_with('-'), "no data, no reply: {shown:?}");
    window.choose("Time", "Since previous");
    let shown = times(&window);
    assert!(shown[0].starts_with('-'), "nothing before it: {shown:?}");
    assert!(shown[1..].iter().all(|time| time.starts_with('+')), "{shown:?}");
    window.choose("Time", "Time of day");
    let row = window.harness.query_all_by_role(Role::Row).last().unwrap();
    let label = row.accesskit_node().label().unwrap();
    assert_eq!(label.as_bytes()[2], b':', "{label}");
}

#[test]
fn rates_are_plotted_on_request() {
    let mut window = Window::new();
    let mut peer = window.server_with([b"first"]);
    let plots = |window: &Window| window.harness.query_all_by_role(Role::GraphicsObject).count();
    assert_eq!(plots(&window), 0);
    window.click("Rate plot");
    assert_eq!(plots(&window), 1);
    assert!(window.shows("Rates: "));
    // The plot moves while it has data, at most once a second.
    peer.write_all(&[b'x'; 5000]).unwrap();
    window.wait("the rate", |window| window.shows("Rates: 5.00 kB/s") || window.shows("Rates: 5.01 kB/s"));
    window.click("Rate plot");
    assert_eq!(plots(&window), 0);
}

#[test]
fn compressed_data_is_detected() {
    let mut window = Window::new();
    let _peer = window.server_with([[0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xCB, 0x48]]);
    window.wait("the advice", |window| window.shows("compressed with gzip"));
    assert!(!window.has("Use suggested encoding"), "no encoding would help");
}
