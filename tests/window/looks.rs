//! How controls and messages are drawn, read from the shapes of a frame.

use crate::fixture::{Window, refusing};
use eframe::egui::epaint::{RectShape, Shape};
use eframe::egui::{Color32, Key, Modifiers, Rect, Role, pos2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::collections::BTreeSet;

/// All shapes of the last frame.
fn shapes(window: &Window) -> Vec<&Shape> {
    let mut found = Vec::new();
    let mut stack: Vec<&Shape> =
        window.harness.output().shapes.iter().map(|clipped| &clipped.shape).collect();
    while let Some(shape) = stack.pop() {
        match shape {
            Shape::Vec(inner) => stack.extend(inner),
            other => found.push(other),
        }
    }
    found
}

/// The square of a check box.
#[track_caller]
fn square(window: &Window, name: &str) -> RectShape {
    let control = window.harness.get_by_label(name).rect();
    let is_square = |rect: &RectShape| {
        let (width, height) = (rect.rect.width(), rect.rect.height());
        control.contains_rect(rect.rect) && (width - height).abs() < 0.5 && width < control.height()
    };
    let mut rects = shapes(window).into_iter().filter_map(|shape| match shape {
        Shape::Rect(rect) if is_square(rect) => Some(rect.clone()),
        _ => None,
    });
    rects.next_back().unwrap_or_else(|| panic!("{name} at {control} has no square"))
}

/// The colors of the texts that begin in a rectangle.
fn text_colors(window: &Window, place: Rect) -> BTreeSet<[u8; 4]> {
    let colors = |shape: &Shape| match shape {
        Shape::Text(text) if place.contains(text.pos) => {
            let vertices = text.galley.rows.iter().flat_map(|row| &row.visuals.mesh.vertices);
            let shown = |color: Color32| match text.override_text_color {
                Some(color) => color,
                None if color == Color32::PLACEHOLDER => text.fallback_color,
                None => color,
            };
            vertices.map(|vertex| shown(vertex.color).to_array()).collect()
        }
        _ => Vec::new(),
    };
    shapes(window).into_iter().flat_map(colors).collect()
}

/// The colors of the data that is painted in a rectangle.
fn data_colors(window: &Window, place: Rect) -> BTreeSet<[u8; 4]> {
    let meshes = shapes(window).into_iter().filter_map(|shape| match shape {
        Shape::Mesh(mesh) => Some(mesh),
        _ => None,
    });
    let vertices = meshes.flat_map(|mesh| &mesh.vertices);
    let inside = vertices.filter(|vertex| place.shrink(1.0).contains(vertex.pos));
    inside.map(|vertex| vertex.color.to_array()).collect()
}

#[test]
fn unchecked_boxes_look_as_usable_as_buttons_and_checked_ones_are_filled() {
    for theme in ["Light theme", "Dark theme"] {
        let mut window = Window::new();
        window.set("Theme", theme);
        window.click("New session");
        window.click("TCP server");
        window.click("Options");
        window.harness.remove_cursor();
        let normal = window.harness.ctx.global_style().visuals.widgets.inactive;
        let box_of = |window: &Window| square(window, "Keep half-closed connections");
        let unchecked = box_of(&window);
        assert!(unchecked.stroke.width >= 1.0 && unchecked.stroke.color == normal.bg_stroke.color, "{theme}");
        assert_ne!(unchecked.fill, unchecked.stroke.color, "{theme}: not filled");
        let place = |window: &Window| window.harness.get_by_label("Keep half-closed connections").rect();
        let usable = BTreeSet::from([normal.fg_stroke.color.to_array()]);
        assert_eq!(text_colors(&window, place(&window)), usable, "{theme}: the text is not dimmed");
        window.click("Keep half-closed connections");
        window.click_at(pos2(5.0, 5.0));
        window.click("Options");
        assert_ne!(box_of(&window).fill, unchecked.fill, "{theme}: checked");
        window.click("Keep half-closed connections");
        window.press(Modifiers::NONE, Key::Escape);
        // While the session runs the box cannot be used, and looks so.
        window.fill("Local address", "127.0.0.1");
        window.fill("Local port", "0");
        window.click("Start");
        window.wait("listening", |window| window.has("Stop"));
        window.click("Options");
        assert!(!window.is_enabled("Keep half-closed connections"));
        assert_ne!(text_colors(&window, place(&window)), usable, "{theme}: unusable");
    }
}

#[test]
fn the_buttons_of_a_message_stand_beside_its_cross() {
    for size in [eframe::egui::vec2(1100.0, 740.0), eframe::egui::vec2(640.0, 420.0)] {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut window = Window::with(folder.path(), Vec::new(), size);
        window.click("New session");
        window.click("TCP server");
        window.fill("Local address", "127.0.0.1");
        window.fill("Local port", &taken.local_addr().unwrap().port().to_string());
        window.click("Start");
        window.wait("the failure", |window| window.shows("Use port "));
        let cross = window.harness.get_by_label("Dismiss").rect();
        let button = window.harness.get_by_label_contains("Use port ").rect();
        assert!((cross.center().y - button.center().y).abs() < 0.6, "{cross} and {button}");
        // The same holds for what is drawn in them.
        let texts = shapes(&window).into_iter().filter_map(|shape| match shape {
            Shape::Text(text) if cross.expand(4.0).contains(text.pos) || button.contains(text.pos) => {
                Some(text.visual_bounding_rect().center().y)
            }
            _ => None,
        });
        let heights: Vec<_> = texts.collect();
        assert_eq!(heights.len(), 2, "{heights:?}");
        assert!(
            heights.iter().all(|height| (height - cross.center().y).abs() < 3.0),
            "{heights:?} in {cross}"
        );
    }
}

#[test]
fn no_pixel_between_two_panels_is_left_out() {
    for theme in ["Light theme", "Dark theme"] {
        let mut window = Window::new();
        window.set("Theme", theme);
        window.click("New session");
        window.click("TCP server");
        window.harness.set_pixels_per_point(1.4);
        window.harness.run_steps(4);
        let screen = window.harness.ctx.content_rect();
        let ground = window.harness.ctx.global_style().visuals.panel_fill;
        let is_ground = |shape: &&Shape| matches!(shape, Shape::Rect(rect) if rect.rect.contains_rect(screen) && rect.fill == ground);
        assert!(shapes(&window).iter().any(is_ground), "{theme}");
    }
}

#[test]
fn the_parts_of_a_toast_stand_beside_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let (mut window, _) = crate::fixture::ten_records(folder.path());
    window.save("CSV", &folder.path().join("a.csv"));
    window.wait("the toast", |window| window.has("Open folder"));
    window.harness.run_steps(3);
    let text = window.harness.get_by_role(Role::Status).rect();
    for part in ["Open folder", "Dismiss message"] {
        let part = window.harness.get_by_label(part).rect();
        assert!((part.center().y - text.center().y).abs() < 1.0, "{part} beside {text}");
    }
}

#[test]
fn two_errors_in_a_row_look_the_same() {
    let (_socket, port) = refusing();
    let mut window = Window::new();
    window.client_of(port);
    let mut banners = Vec::new();
    for tries in 1..=2 {
        window.click("Connect");
        window.wait("the failure", |window| {
            window.has("Dismiss") && window.rows().iter().filter(|row| row.contains("rror")).count() == tries
        });
        window.harness.remove_cursor();
        window.harness.run_steps(2);
        let close = window.harness.get_by_label("Dismiss").rect();
        let line = Rect::from_x_y_ranges(0.0..=close.right(), close.y_range());
        banners.push((line, text_colors(&window, line)));
    }
    assert_eq!(banners[0], banners[1], "the message over the data");
    let rows: Vec<_> = window.harness.query_all_by_role(Role::Row).collect();
    let names: Vec<_> = rows.iter().map(|row| row.accesskit_node().label().unwrap_or_default()).collect();
    let errors: Vec<_> = names.iter().zip(&rows).filter(|(name, _)| name.contains("rror")).collect();
    assert_eq!(errors.len(), 2, "{names:#?}");
    let without_time = |name: &str| name.split_once(' ').unwrap_or_default().1.to_owned();
    assert_eq!(without_time(errors[0].0), without_time(errors[1].0));
    let colors = |row: Rect| data_colors(&window, row);
    assert_eq!(colors(errors[0].1.rect()), colors(errors[1].1.rect()), "the records");
    assert!(colors(errors[0].1.rect()).len() > 1);
    assert_eq!(errors[0].1.rect().height(), errors[1].1.rect().height());
}

/// The colors of the dots in the tab and in the status line, which are the only circles of their sizes.
fn dots(window: &Window) -> [Vec<Color32>; 2] {
    [4.0, 4.5].map(|radius| {
        let dot = |shape: &Shape| match shape {
            Shape::Circle(circle) if circle.radius == radius => Some(circle.fill),
            _ => None,
        };
        shapes(window).into_iter().filter_map(dot).collect()
    })
}

#[test]
fn the_dots_of_the_tab_and_of_the_status_line_have_one_color_in_each_state() {
    let mut window = Window::new();
    let _peer = window.server_with_peer();
    let mut seen = Vec::new();
    for (button, next) in [("Stop listening", "Listen again"), ("Stop", "Start"), ("Start", "Stop listening")]
    {
        let [tab, status] = dots(&window);
        assert_eq!((tab.len(), &tab), (1, &status), "before {button}");
        seen.extend(tab);
        window.click(button);
        window.wait(next, |window| window.has(next));
    }
    assert!(seen[0] != seen[2], "a session that has ended looks otherwise than one that listens");
}
