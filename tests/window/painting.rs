//! The painted data: colors, highlights, and glyphs on whole pixels. Read from the vertices of the mesh, without
//! comparing images.

use crate::fixture::{Window, connect, read_exactly};
use eframe::egui::epaint::Vertex;
use eframe::egui::{Color32, Key, Modifiers, Rect, Role, Shape, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::collections::BTreeSet;

/// A rectangle of one color, or a glyph.
struct Quad {
    rect: Rect,
    color: Color32,
    is_glyph: bool,
}

/// The mesh of the data: the one with the most vertices.
fn painted(window: &Window) -> Vec<Quad> {
    let meshes = window.harness.output().shapes.iter().filter_map(|clipped| match &clipped.shape {
        Shape::Mesh(mesh) => Some(mesh),
        _ => None,
    });
    let data = meshes.max_by_key(|mesh| mesh.vertices.len()).expect("nothing is painted");
    let quad = |corners: &[Vertex]| Quad {
        rect: Rect::from_min_max(corners[0].pos, corners[3].pos),
        color: corners[0].color,
        is_glyph: corners[0].uv != corners[3].uv,
    };
    assert_eq!(data.vertices.len() % 4, 0);
    data.vertices.chunks_exact(4).map(quad).collect()
}

/// The rectangle of a record.
#[track_caller]
fn place(window: &Window, text: &str) -> Rect {
    let rows = window.harness.query_all_by_role(Role::Row);
    let mut rows = rows.filter(|row| row.accesskit_node().label().is_some_and(|label| label.contains(text)));
    rows.next().unwrap_or_else(|| panic!("{text} in {:?}", window.rows())).rect()
}

fn is_in(outer: Rect, quad: &Quad) -> bool {
    outer.expand(1.0).contains(quad.rect.center())
}

#[test]
fn directions_and_connections_have_their_colors() {
    let mut window = Window::new();
    let address = window.start_server();
    let mut first = connect(address);
    window.receive(&mut first, b"from the first\n");
    let mut second = connect(address);
    window.receive(&mut second, b"from the second\n");
    let mut third = connect(address);
    window.receive(&mut third, b"from the third\n");
    window.fill("Payload", "to all");
    window.click("Send");
    for peer in [&mut first, &mut second, &mut third] {
        assert_eq!(read_exactly(peer, 6), b"to all");
    }
    window
        .wait("the answers", |window| window.rows().iter().filter(|row| row.contains("to all")).count() == 3);
    let quads = painted(&window);
    // The narrow edge along a record has the color of its connection.
    let edge = |text: &str| -> BTreeSet<[u8; 4]> {
        let at = place(&window, text);
        let edges = quads.iter().filter(|quad| !quad.is_glyph && (quad.rect.width() - 3.0).abs() < 0.1);
        edges.filter(|quad| is_in(at, quad)).map(|quad| quad.color.to_array()).collect()
    };
    let edges: Vec<_> = ["from the first", "from the second", "from the third"].map(edge).into();
    assert!(edges.iter().all(|edge| edge.len() == 1), "one color each: {edges:?}");
    assert_eq!(edges.iter().collect::<BTreeSet<_>>().len(), 3, "{edges:?}");
    assert!(edges.contains(&edge("to all")));
    // The glyphs between two columns of a row; a cell is 8 points wide.
    let glyphs = |text: &str, columns: std::ops::Range<f32>| -> BTreeSet<[u8; 4]> {
        let at = place(&window, text);
        let x = |column: f32| at.left() + 16.0 + column * 8.0;
        let inside = at.with_min_x(x(columns.start)).with_max_x(x(columns.end));
        let glyphs = quads.iter().filter(|quad| quad.is_glyph && inside.contains(quad.rect.center()));
        glyphs.map(|quad| quad.color.to_array()).collect()
    };
    // The peers have the colors of their connections, the arrows those of their directions.
    let arrow = |text: &str| glyphs(text, 13.0..14.0);
    for (text, edge) in ["from the first", "from the second", "from the third"].into_iter().zip(edges) {
        assert_eq!(glyphs(text, 15.0..25.0), edge, "{text}");
        assert_eq!(arrow(text), arrow("from the first"));
    }
    assert_eq!(arrow("to all").len(), 1);
    assert_ne!(arrow("to all"), arrow("from the first"));
}

/// The colors of the grounds of rows.
fn unfound(window: &Window) -> Vec<[u8; 4]> {
    let quads = painted(window);
    let grounds = quads.iter().filter(|quad| !quad.is_glyph && quad.rect.width() > 500.0);
    grounds.map(|quad| quad.color.to_array()).collect()
}

/// The highlights: rectangles of a color that was not painted before.
fn found(window: &Window, before: &BTreeSet<[u8; 4]>) -> Vec<Rect> {
    let quads = painted(window);
    let grounds = quads.iter().filter(|quad| !quad.is_glyph && !before.contains(&quad.color.to_array()));
    let below = |quad: &&Quad| {
        let shapes = window.harness.output().shapes.iter().filter_map(|clipped| match &clipped.shape {
            Shape::Rect(rect) => Some(rect),
            _ => None,
        });
        shapes.filter(|shape| shape.rect.contains_rect(quad.rect)).map(|shape| shape.fill).collect::<Vec<_>>()
    };
    grounds.filter(|quad| !below(quad).contains(&quad.color)).map(|quad| quad.rect).collect()
}

/// The glyphs in a record.
fn glyphs_in(window: &Window, text: &str) -> Vec<Rect> {
    let at = place(window, text);
    painted(window).iter().filter(|quad| quad.is_glyph && is_in(at, quad)).map(|quad| quad.rect).collect()
}

/// `温度状态正常`, cut after 5 and 11 bytes.
#[test]
fn characters_cut_between_records_are_not_drawn_over_each_other() {
    let bytes = "温度状态正常".as_bytes();
    let mut window = Window::new();
    let _peer = window.server_with([&bytes[..5], &bytes[5..11], &bytes[11..]]);
    window.click("Hex");
    for digits in ["E6 B8 A9 E5 BA", "A6 E7 8A B6 E6 80", "81 E6 AD A3 E5 B8 B8"] {
        window.click_head(digits);
        window.press(Modifiers::NONE, Key::ArrowRight);
        let glyphs = glyphs_in(&window, digits);
        for (index, glyph) in glyphs.iter().enumerate() {
            for other in &glyphs[index + 1..] {
                let common = glyph.intersect(*other);
                // The edges of two glyphs may touch.
                let overlaps = common.is_positive() && common.width() > 1.5 && common.height() > 1.5;
                assert!(!overlaps, "{digits}: {glyph} and {other}");
            }
        }
    }
}

#[test]
fn ideographs_fill_their_two_cells() {
    let mut window = Window::new();
    let _peer = window.server_with(["国国\n"]);
    for scale in [1.0, 1.5, 2.0] {
        window.harness.set_pixels_per_point(scale);
        window.harness.run_steps(2);
        window.harness.set_size(vec2(1100.0, 740.0));
        window.harness.run_steps(4);
        let row = place(&window, "国国");
        // The content begins in column 25; a cell is 8 points wide.
        let left = row.left() + 16.0 + 25.0 * 8.0 - 1.0;
        let glyphs = glyphs_in(&window, "国国");
        let wide: Vec<_> =
            glyphs.iter().filter(|rect| rect.left() >= left && rect.left() < left + 32.0).collect();
        assert_eq!(wide.len(), 2, "{glyphs:?} from {left}");
        let distance = wide[1].left() - wide[0].left();
        assert!((distance - 16.0).abs() < 0.01, "{distance} points apart at {scale}");
        // The frame of this character has but a narrow margin.
        assert!(wide[0].width() > 13.0, "{} points wide at {scale}", wide[0].width());
        assert!(wide.iter().all(|rect| row.expand(0.01).contains_rect(**rect)), "{wide:?} in {row}");
    }
}

#[test]
fn matches_are_highlighted_in_text_and_hex() {
    let mut window = Window::new();
    let address = window.start_server();
    let mut peer = connect(address);
    window.receive(&mut peer, b"a needle, and needles\n");
    window.receive(&mut peer, b"nothing\n");
    let before: BTreeSet<_> = painted(&window).iter().map(|quad| quad.color.to_array()).collect();
    let search = |window: &mut Window, text: &str| {
        if !window.has("Find") {
            window.press(Modifiers::COMMAND, Key::F);
        }
        window.fill("Find", text);
    };
    // One character is one cell wide.
    search(&mut window, "g");
    window.wait("one", |window| window.has("1 match"));
    let one = found(&window, &before);
    assert_eq!(one.len(), 1);
    let cell = one[0].width();
    assert!(place(&window, "nothing").contains_rect(one[0].shrink(1.0)));
    search(&mut window, "needle");
    window.wait("both", |window| window.has("2 matches"));
    let both = found(&window, &before);
    let record = place(&window, "a needle, and needles");
    assert_eq!(both.len(), 2, "{both:?}");
    for ground in &both {
        assert!((ground.width() - 6.0 * cell).abs() < 0.01 && record.contains_rect(ground.shrink(1.0)));
    }
    // The second is twelve characters to the right of the first.
    assert!((both[1].left() - both[0].left() - 12.0 * cell).abs() < 0.01, "{both:?}");
    // In hex both digits and characters are highlighted: six bytes are 17 cells of digits.
    window.click("Hex");
    window.wait("hex", |window| window.shows_row("6E 65 65 64 6C 65"));
    let digits = found(&window, &before);
    assert_eq!(digits.len(), 2, "{digits:?}");
    assert!(digits.iter().all(|rect| (rect.width() - 17.0 * cell).abs() < 0.01), "{digits:?}");
    window.click_head("6E 65 65 64 6C 65");
    window.press(Modifiers::NONE, Key::ArrowRight);
    let before: BTreeSet<_> = before.into_iter().chain(unfound(&window)).collect();
    let grounds = found(&window, &before);
    let wide = |cells: f32| grounds.iter().filter(|rect| (rect.width() - cells * cell).abs() < 0.01).count();
    assert!(wide(17.0) >= 1 && wide(6.0) >= 1, "{grounds:?} in cells of {cell}");
    let bytes = |rect: &Rect| (rect.width() / cell).round() as usize;
    // Bytes 2 to 7 and 14 to 19: the second match continues in the next row of 16 bytes.
    let in_characters: usize = grounds.iter().map(bytes).filter(|&cells| cells <= 6 && cells != 5).sum();
    assert!(in_characters >= 12, "{grounds:?}");
    window.click("Close find");
    assert!(found(&window, &before).is_empty(), "nothing is searched for any more");
}

#[test]
fn glyphs_are_on_whole_pixels_at_every_scale() {
    let mut window = Window::new();
    let address = window.start_server();
    let mut peer = connect(address);
    window.receive(&mut peer, "wire 中文字体 ℃ äß\n".as_bytes());
    for look in ["Auto", "Text", "Hex", "Both"] {
        window.click(look);
        for scale in [1.0, 1.25, 1.5, 2.0] {
            // The scale changes the size in points.
            window.harness.set_pixels_per_point(scale);
            window.harness.run_steps(2);
            window.harness.set_size(vec2(1100.0, 740.0));
            window.harness.run_steps(4);
            let quads = painted(&window);
            let glyphs: Vec<_> = quads.iter().filter(|quad| quad.is_glyph).collect();
            assert!(glyphs.len() > 60, "{look} at {scale}: {} of {}", glyphs.len(), quads.len());
            for Quad { rect, .. } in glyphs {
                for edge in [rect.left(), rect.top(), rect.right(), rect.bottom()] {
                    let pixels = edge * scale;
                    assert!(
                        (pixels - pixels.round()).abs() < 0.02,
                        "{look} at {scale}: {rect} ends at {pixels}"
                    );
                }
            }
        }
    }
}
