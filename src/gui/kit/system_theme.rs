//! Follows the desktop's light or dark theme.
//!
//! On Windows winit does this. On Linux a thread asks the desktop portal (org.freedesktop.appearance) and listens to
//! its changes; without a portal the window is light.

use eframe::egui::{Context, Theme};

/// Sets egui's fallback theme to the desktop's theme, now and when it changes.
pub fn follow(ctx: &Context) {
    ctx.options_mut(|options| options.fallback_theme = Theme::Light);
    #[cfg(target_os = "linux")]
    {
        let ctx = ctx.clone();
        let watch = move || {
            // Fails without a portal: then the theme stays light.
            let _ = portal::watch(&ctx);
        };
        let _ = std::thread::Builder::new().name("system theme".into()).spawn(watch);
    }
}

#[cfg(target_os = "linux")]
mod portal {
    use eframe::egui::{Context, Theme};
    use zbus::blocking::{Connection, Proxy};
    use zbus::zvariant::{OwnedValue, Value};

    const NAMESPACE: &str = "org.freedesktop.appearance";
    const KEY: &str = "color-scheme";

    /// Applies the theme and its changes until the connection to the desktop ends.
    pub fn watch(ctx: &Context) -> zbus::Result<()> {
        let connection = Connection::session()?;
        let proxy = Proxy::new(
            &connection,
            "org.freedesktop.portal.Desktop",
            "/org/freedesktop/portal/desktop",
            "org.freedesktop.portal.Settings",
        )?;
        // Listen before asking, so that no change is missed.
        let changes = proxy.receive_signal("SettingChanged")?;
        let value: OwnedValue = proxy.call("Read", &(NAMESPACE, KEY))?;
        apply(ctx, &value);
        for change in changes {
            let body = change.body();
            let (namespace, key, value): (String, String, Value<'_>) = body.deserialize()?;
            if namespace == NAMESPACE && key == KEY {
                apply(ctx, &value);
            }
        }
        Ok(())
    }

    pub(super) fn apply(ctx: &Context, value: &Value<'_>) {
        if let Some(theme) = theme(value) {
            ctx.options_mut(|options| options.fallback_theme = theme);
            ctx.request_repaint();
        }
    }

    /// 1 is dark, 2 is light, 0 is no preference. Older portals wrap the number twice.
    pub(super) fn theme(value: &Value<'_>) -> Option<Theme> {
        match value {
            Value::Value(inner) => theme(inner),
            Value::U32(1) => Some(Theme::Dark),
            Value::U32(_) => Some(Theme::Light),
            _ => None,
        }
    }
}

// Not on Windows: the theme comes over D-Bus; Windows tells it by itself.
#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::portal::{apply, theme};
    use eframe::egui::{Context, Theme, ThemePreference};
    use zbus::zvariant::Value;

    #[test]
    fn an_answer_is_read_however_often_it_is_wrapped() {
        let wrapped = |number: u32| Value::Value(Box::new(Value::Value(Box::new(Value::U32(number)))));
        assert_eq!(theme(&wrapped(1)), Some(Theme::Dark));
        assert_eq!(theme(&wrapped(2)), Some(Theme::Light));
        assert_eq!(theme(&Value::U32(0)), Some(Theme::Light));
        assert_eq!(theme(&Value::from("dark")), None);
    }

    #[test]
    fn the_window_follows_the_desktop_unless_a_theme_was_chosen() {
        let ctx = Context::default();
        ctx.set_theme(ThemePreference::System);
        for (said, followed) in [(1, Theme::Dark), (2, Theme::Light), (1, Theme::Dark), (0, Theme::Light)] {
            apply(&ctx, &Value::U32(said));
            assert_eq!(ctx.theme(), followed);
            ctx.set_theme(ThemePreference::Dark);
            assert_eq!(ctx.theme(), Theme::Dark);
            ctx.set_theme(ThemePreference::System);
            assert_eq!(ctx.theme(), followed, "the theme is remembered");
        }
        apply(&ctx, &Value::U32(1));
        apply(&ctx, &Value::from("no number"));
        assert_eq!(ctx.theme(), Theme::Dark, "an unknown value changes nothing");
    }
}
