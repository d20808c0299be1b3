//! What all parts of the window share: theme, widgets, toasts, waking, results of sends, and numbers as text.

pub mod bars;
pub mod buttons;
pub mod ctx;
pub mod fields;
pub mod figures;
pub mod icons;
pub mod messages;
pub mod pace;
pub mod sends;
pub mod sizes;
pub mod system_theme;
pub mod theme;
pub mod toasts;
pub mod toasts_ui;
pub mod waker;
