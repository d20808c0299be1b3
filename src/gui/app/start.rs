//! Opens the window: chooses the renderer, and explains why there is no window if none works.

use crate::capture::fresh_private_folder;
use crate::gui::app::state::{App, Environment};
use crate::gui::files::desktop::{Desktop, SystemDesktop};
use crate::gui::kit::system_theme;
use crate::lang::Language;
use crate::model::SessionConfig;
use crate::settings::{Settings, SettingsFile, WindowSettings};
use eframe::egui::{self, ViewportBuilder, vec2};
use eframe::{NativeOptions, Renderer};
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The options of the command line.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Sessions to open and start.
    pub sessions: Vec<SessionConfig>,
    /// Recordings and captures to open.
    pub files: Vec<PathBuf>,
    /// `glow` or `wgpu`; `None`: the first that works.
    pub renderer: Option<String>,
}

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The system has no display to open it on.
    #[error("no display: {0}")]
    NoDisplay(String),
    /// There is a display, but nothing can draw on it.
    #[error("no renderer works here: {0}")]
    NoRenderer(String),
    /// The requested renderer does not exist on this system.
    #[error("renderer \"{0}\" is not one of: {1}")]
    UnknownRenderer(String, String),
    /// The user has no home, and no temporary folder can be made for the recordings.
    #[error("no temporary folder can be made for recordings: {0}")]
    NoFolder(io::Error),
}

/// Opens the window and returns when it is closed.
///
/// # Errors
/// There is no display, no renderer works, or the requested one is unknown; no window was opened.
pub fn run(options: Options) -> Result<(), StartError> {
    check_display()?;
    let renderers = renderers(options.renderer.as_deref())?;
    let recordings = recordings_folder().map_err(StartError::NoFolder)?;
    let mut failures = Vec::new();
    for renderer in renderers {
        // A missing driver is an error here; the next renderer is tried.
        match guarded(|| open(renderer, options.clone(), &recordings)) {
            Ok(()) => return Ok(()),
            Err(error) if is_of_display(&error) => {
                return Err(StartError::NoDisplay(display_name() + LIBRARIES));
            }
            Err(error) => failures.push(format!("{renderer}: {error}")),
        }
    }
    Err(StartError::NoRenderer(failures.join("; ") + LIBRARIES))
}

/// On Linux the libraries are loaded when the window opens, and a minimal system may lack them.
const LIBRARIES: &str = if cfg!(target_os = "linux") {
    "; or a library is missing (Debian, Ubuntu: apt install libgl1 libegl1 libgl1-mesa-dri libx11-6 libx11-xcb1 \
     libxcursor1 libxi6 libxkbcommon-x11-0)"
} else {
    ""
};

/// The window was opened: a panic from now on is a defect of this program.
static STARTED: AtomicBool = AtomicBool::new(false);

/// winit panics if some libraries are missing. Until the window is open, a panic is turned into an error.
fn guarded(open: impl FnOnce() -> eframe::Result) -> eframe::Result {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if STARTED.load(Ordering::Relaxed) {
            hook(info);
        }
    }));
    panic::catch_unwind(AssertUnwindSafe(open)).unwrap_or_else(|cause| {
        if STARTED.load(Ordering::Relaxed) {
            panic::resume_unwind(cause);
        }
        let text = cause.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| cause.downcast_ref::<&str>().copied()).unwrap_or("unknown reason");
        Err(eframe::Error::AppCreation(text.into()))
    })
}

fn is_of_display(error: &eframe::Error) -> bool {
    matches!(error, eframe::Error::WinitEventLoop(_))
}

fn display_name() -> String {
    let name = ["WAYLAND_DISPLAY", "DISPLAY"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    format!("the display {} cannot be opened", name.unwrap_or_default())
}

fn open(renderer: Renderer, options: Options, recordings: &Path) -> eframe::Result {
    let environment = environment(recordings);
    let window = environment.settings.as_ref().and_then(peek).unwrap_or_default().window.sane();
    let mut viewport = viewport(window);
    // A window without an icon still works.
    if let Ok(icon) = eframe::icon_data::from_png_bytes(include_bytes!("../../../assets/icon.png")) {
        viewport = viewport.with_icon(icon);
    }
    let native = NativeOptions { viewport, renderer, centered: false, ..NativeOptions::default() };
    eframe::run_native(
        "wirelab",
        native,
        Box::new(move |creation| {
            STARTED.store(true, Ordering::Relaxed);
            system_theme::follow(&creation.egui_ctx);
            let is_told_to_end = Arc::new(AtomicBool::new(false));
            close_on_signal(&creation.egui_ctx, is_told_to_end.clone());
            let mut app = App::new(&creation.egui_ctx, environment, options.sessions);
            app.open_files(&options.files);
            Ok(Box::new(Window { app, frames: 0, is_told_to_end }))
        }),
    )
}

/// The window as it was left; one that was maximized has its usual size when it no longer is.
fn viewport(window: WindowSettings) -> ViewportBuilder {
    ViewportBuilder::default()
        .with_title("Wirelab")
        .with_app_id("wirelab")
        .with_inner_size(vec2(window.width, window.height))
        .with_maximized(window.maximized)
        .with_min_inner_size(vec2(640.0, 420.0))
}

/// Ctrl+C and SIGTERM close the window and end the sessions in order, without a question; unsaved recordings are
/// offered at the next start.
fn close_on_signal(ctx: &egui::Context, is_told_to_end: Arc<AtomicBool>) {
    let ctx = ctx.clone();
    // Fails for a second renderer: the handler of the first stays and has no effect.
    let _ = ctrlc::set_handler(move || {
        is_told_to_end.store(true, Ordering::Relaxed);
        ctx.send_viewport_cmd(egui::ViewportCommand::Close);
        ctx.request_repaint();
    });
}

/// The settings for the size of the window; the app handles a damaged file.
fn peek(file: &SettingsFile) -> Option<Settings> {
    Settings::from_text(&std::fs::read_to_string(file.path()).ok()?).ok()
}

/// The user's folder for recordings. Without a home it is a new private folder in the system's temporary one: a
/// known name there could have been taken by another user.
fn recordings_folder() -> io::Result<PathBuf> {
    match directories::ProjectDirs::from("", "", "wirelab") {
        Some(folders) => Ok(folders.data_local_dir().join("recordings")),
        None => fresh_private_folder(&std::env::temp_dir()),
    }
}

fn environment(recordings: &Path) -> Environment {
    let recordings = recordings.to_owned();
    let language =
        sys_locale::get_locale().map_or(Language::English, |locale| Language::from_locale(&locale));
    let desktop: Option<Arc<dyn Desktop>> = Some(Arc::new(SystemDesktop));
    Environment { settings: SettingsFile::of_user(), recordings, language, desktop }
}

struct Window {
    app: App,
    frames: u64,
    is_told_to_end: Arc<AtomicBool>,
}

impl eframe::App for Window {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        if self.is_told_to_end.load(Ordering::Relaxed) {
            self.app.end_now();
        }
        self.app.logic(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.app.ui(ui);
        self.frames += 1;
        // For tests that the window opens: close after the first frame.
        if self.frames == 2 && std::env::var_os("WIRELAB_FIRST_FRAME_EXIT").is_some() {
            eprintln!("first frame");
            ui.ctx().send_viewport_cmd(egui::ViewportCommand::Close);
        } else if self.frames == 1 && std::env::var_os("WIRELAB_FIRST_FRAME_EXIT").is_some() {
            ui.ctx().request_repaint();
        }
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.app.close();
    }
}

/// The renderers in the order in which they are tried. Windows in remote desktops and virtual machines often has
/// only OpenGL 1.1, too old for glow; wgpu uses Direct3D 12, which works there.
#[cfg(windows)]
const RENDERERS: &[(&str, Renderer)] = &[("glow", Renderer::Glow), ("wgpu", Renderer::Wgpu)];
#[cfg(not(windows))]
const RENDERERS: &[(&str, Renderer)] = &[("glow", Renderer::Glow)];

fn renderers(asked: Option<&str>) -> Result<Vec<Renderer>, StartError> {
    let is_asked = |name: &str| asked.is_none_or(|asked| asked == name);
    let found: Vec<_> =
        RENDERERS.iter().filter(|(name, _)| is_asked(name)).map(|(_, renderer)| *renderer).collect();
    if found.is_empty() {
        let names: Vec<_> = RENDERERS.iter().map(|(name, _)| *name).collect();
        return Err(StartError::UnknownRenderer(asked.unwrap_or_default().into(), names.join(", ")));
    }
    Ok(found)
}

/// Checks for a display first: without one winit would wait or crash.
#[cfg(target_os = "linux")]
fn check_display() -> Result<(), StartError> {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if is_set("DISPLAY") || is_set("WAYLAND_DISPLAY") || is_set("WAYLAND_SOCKET") {
        return Ok(());
    }
    Err(StartError::NoDisplay("neither DISPLAY nor WAYLAND_DISPLAY is set".into()))
}

#[cfg(not(target_os = "linux"))]
fn check_display() -> Result<(), StartError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_opens_as_it_was_left() {
        let left =
            WindowSettings { width: 900.0, height: 600.0, maximized: true, ..WindowSettings::default() };
        for maximized in [true, false] {
            let opened = viewport(WindowSettings { maximized, ..left });
            assert_eq!((opened.maximized, opened.inner_size), (Some(maximized), Some(vec2(900.0, 600.0))));
        }
    }
}
