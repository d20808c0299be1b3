//! What all parts of the window share: theme, widgets, toasts, waking, and numbers as text.

pub mod ctx;
pub mod figures;
pub mod icons;
pub mod pace;
pub mod sizes;
pub mod system_theme;
pub mod theme;
pub mod toasts;
pub mod toasts_ui;
pub mod waker;
pub mod widgets;
