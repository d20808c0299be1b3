//! Every control is inside the window and its parent, and covers no other, at every scale.

use crate::fixture::Window;
use crate::states::{self, Look, Visit};
use eframe::egui::accesskit::{NodeId, Toggled};
use eframe::egui::{Rect, Role, Vec2, pos2, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

/// Window sizes in points, and pixels per point: the sizes of the gallery and some between, the smallest one at 200 %,
/// and one that is too small, which scrolls as a whole.
const SCREENS: [(Vec2, f32); 7] = [
    (vec2(640.0, 420.0), 1.0),
    (vec2(1366.0, 768.0), 1.0),
    (vec2(1920.0, 1080.0), 1.0),
    (vec2(1100.0, 720.0), 1.5),
    (vec2(800.0, 500.0), 1.0),
    (vec2(640.0, 420.0), 2.0),
    (vec2(550.0, 360.0), 2.0),
];

/// Whether the contents fit: a smaller window scrolls as a whole.
fn is_whole(size: Vec2) -> bool {
    size.x >= 640.0 && size.y >= 420.0
}

struct Control {
    name: String,
    rect: Rect,
    /// The bounds of its nearest ancestor that has bounds, within the same layer.
    parent: Option<Rect>,
    /// The menu, dialog or toast that it is in; `None`: the window itself.
    layer: Option<NodeId>,
}

/// All controls and texts, in points. Rows are clipped to their scroll area, and so are all tabs but the shown one.
fn controls(window: &Window) -> Vec<Control> {
    let scale = window.harness.ctx.pixels_per_point();
    let tabs = window.harness.query_all_by_role(Role::Tab);
    let titles = tabs.filter_map(|tab| Some(tab.accesskit_node().label()?.replacen("Tab ", "", 1)));
    let of_tabs: Vec<_> = titles.map(|title| format!("Close {title}")).collect();
    let mut found = Vec::new();
    let mut stack = vec![(window.harness.root().accesskit_node(), None, None)];
    while let Some((node, parent, layer)) = stack.pop() {
        let name = node.label().or_else(|| node.value()).unwrap_or_default();
        let rect = node.bounding_box().map(|bounds| {
            let [x0, y0, x1, y1] =
                [bounds.x0, bounds.y0, bounds.x1, bounds.y1].map(|value| value as f32 / scale);
            Rect::from_min_max(pos2(x0, y0), pos2(x1, y1))
        });
        let is_seen = match node.role() {
            Role::Tab => node.toggled() == Some(Toggled::True),
            Role::Button => !of_tabs.contains(&name),
            Role::Label => !name.is_empty(),
            Role::CheckBox | Role::ComboBox | Role::TextInput | Role::MultilineTextInput | Role::ListBox => {
                true
            }
            _ => false,
        };
        if is_seen && let Some(rect) = rect {
            found.push(Control { name: format!("{:?} {name}", node.role()), rect, parent, layer });
        }
        let (parent, layer) = match node.role() {
            Role::Menu | Role::Dialog | Role::Status => (None, Some(node.locate().0)),
            // They clip what is in them.
            Role::ListBox | Role::ScrollView => continue,
            _ => (rect.or(parent), layer),
        };
        stack.extend(node.children().map(|child| (child, parent, layer)));
    }
    assert!(found.len() > 5, "{} controls", found.len());
    found
}

#[track_caller]
fn check(window: &mut Window, what: &str) {
    let mut wrong = Vec::new();
    let before = window.harness.ctx.content_rect().size();
    // In wine a frame takes ten times as long, and the layout is the same.
    let screens = if cfg!(windows) { &SCREENS[..2] } else { &SCREENS[..] };
    for &(size, scale) in screens {
        // Set the scale first: it changes the size in points.
        window.harness.set_pixels_per_point(scale);
        window.harness.run_steps(2);
        window.harness.set_size(size);
        window.harness.run_steps(6);
        let screen = window.harness.ctx.content_rect();
        assert!((screen.size() - size).length() < 2.0, "{screen} is not {size}");
        let controls = controls(window);
        for (place, Control { name, rect, parent, layer }) in controls.iter().enumerate() {
            let at = format!("{what}, {size} at {scale}: {name} at {rect}");
            if is_whole(size) && !screen.expand(0.5).contains_rect(*rect) {
                wrong.push(format!("{at} is not on the window"));
            }
            if rect.width() < 4.0 || rect.height() < 4.0 {
                wrong.push(format!("{at} cannot be seen"));
            }
            if let Some(parent) = parent.filter(|parent| !parent.expand(1.0).contains_rect(*rect)) {
                wrong.push(format!("{at} is not in its parent at {parent}"));
            }
            for other in controls[..place].iter().filter(|other| other.layer == *layer) {
                // Neighbours may share a border.
                let shared = rect.shrink(1.0).intersect(other.rect.shrink(1.0));
                if shared.is_positive() {
                    wrong.push(format!("{at} is over {} at {}", other.name, other.rect));
                }
            }
        }
    }
    window.harness.set_pixels_per_point(1.0);
    window.harness.run_steps(2);
    window.harness.set_size(before);
    window.harness.run_steps(3);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Checks these states in both languages.
fn fits(states: fn(Look, &mut Visit<'_>)) {
    for look in [Look::ENGLISH, Look::CHINESE] {
        states(look, &mut |window, state| check(window, &format!("{} {state}", look.language)));
    }
}

#[test]
fn the_whole_window_fits() {
    fits(states::whole_window);
}

#[test]
fn a_server_fits() {
    fits(states::server);
}

#[test]
fn what_is_composed_fits() {
    fits(states::composing);
}

#[test]
fn data_and_what_is_done_with_it_fits() {
    fits(states::data);
}

#[test]
fn many_connections_fit() {
    fits(states::busy);
}

#[test]
fn a_client_fits() {
    fits(states::client);
}

#[test]
fn a_udp_socket_fits() {
    fits(states::udp);
}

#[test]
fn files_and_unfinished_recordings_fit() {
    fits(states::files);
}

#[test]
fn lists_of_commands_fit() {
    fits(states::commands);
}
