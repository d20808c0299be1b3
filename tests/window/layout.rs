//! Every control has its place: inside its parent and on the window, over no other, at every scale.

use crate::fixture::{Window, connect};
use eframe::egui::{Rect, Vec2, vec2};
use egui_kittest::kittest::NodeT as _;
use egui_kittest::kittest::by;
use std::net::{TcpListener, TcpStream, UdpSocket};
use wirelab::model::SessionState;

const LANGUAGES: [&str; 2] = ["English", "简体中文"];

/// What is looked at: the window in points, pixels per point, and zoom.
const SCREENS: [(Vec2, f32, f32); 6] = [
    (vec2(1100.0, 720.0), 1.0, 1.0),
    (vec2(1100.0, 720.0), 1.5, 1.0),
    (vec2(1100.0, 720.0), 2.0, 1.0),
    (vec2(800.0, 500.0), 1.0, 1.0),
    (vec2(800.0, 500.0), 2.0, 1.0),
    (vec2(1100.0, 720.0), 1.0, 1.5),
];

/// A control with its name and its place in points.
struct Control {
    name: String,
    rect: Rect,
    ancestors: Vec<String>,
    is_clipped: bool,
}

/// All controls and texts of the window, but for those that scroll.
fn controls(window: &Window) -> Vec<Control> {
    use eframe::egui::Role;
    let points = |node: &egui_kittest::Node<'_>| node.rect();
    let _ = points;
    let scale = f64::from(window.harness.ctx.pixels_per_point());
    let mut found = Vec::new();
    let mut stack = vec![(window.harness.root().accesskit_node(), Vec::<String>::new())];
    while let Some((node, ancestors)) = stack.pop() {
        let is_control = matches!(
            node.role(),
            Role::Button
                | Role::CheckBox
                | Role::ComboBox
                | Role::TextInput
                | Role::MultilineTextInput
                | Role::Label
                | Role::ListBox
                | Role::Tab
        );
        let name = node.label().or_else(|| node.value()).unwrap_or_default();
        if is_control && let Some(bounds) = node.bounding_box() {
            let rect = Rect::from_min_max(
                eframe::egui::pos2((bounds.x0 / scale) as f32, (bounds.y0 / scale) as f32),
                eframe::egui::pos2((bounds.x1 / scale) as f32, (bounds.y1 / scale) as f32),
            );
            found.push(Control { name: name.clone(), rect, ancestors: ancestors.clone(), is_clipped: false });
        }
        let mut below = ancestors;
        below.push(format!("{:?} {name}", node.role()));
        // Rows are cut at the edge of what scrolls.
        if node.role() != Role::ListBox {
            stack.extend(node.children().map(|child| (child, below.clone())));
        }
    }
    found
}
