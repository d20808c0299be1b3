//! From the start of the program to its first frame, alternating with an empty eframe window with the same renderer.
//!
//! `WIRELAB_BENCH_ROUNDS`: rounds (9). Needs a display. The bare window is this program itself.

mod support;

use eframe::egui;
use std::io::{self, BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;
use support::window::{has_display, program};
use support::{Running, at_most, failed, median, rounds};

const BARE: &str = "bare-window";

fn main() -> io::Result<()> {
    if std::env::args().any(|argument| argument == BARE) {
        return bare_window();
    }
    if !has_display() {
        return Ok(());
    }
    let home = tempfile::tempdir()?;
    let own = std::env::current_exe()?;
    let mut taken: [Vec<f64>; 2] = Default::default();
    // The first of each reads the program from the disk and is not counted.
    for round in 0..=rounds(21) {
        for index in 0..2 {
            let which = (index + round as usize) % 2;
            let mut command = if which == 0 { Command::new(&own) } else { program(home.path()) };
            command.arg(if which == 0 { BARE } else { "gui" });
            let seconds = first_frame(command)?;
            if round > 0 {
                taken[which].push(seconds);
            }
        }
    }
    let [bare, window] = taken.map(median);
    println!("  a bare window {:.1} ms, Wirelab {:.1} ms", bare * 1e3, window * 1e3);
    at_most("start to first frame / bare eframe window", window / bare, 1.3, " times");
    Ok(())
}

fn first_frame(mut command: Command) -> io::Result<f64> {
    command.env("WIRELAB_FIRST_FRAME_EXIT", "1").stderr(Stdio::piped());
    let began = Instant::now();
    let mut child = Running(command.spawn()?);
    let stderr = BufReader::new(child.0.stderr.take().ok_or(io::ErrorKind::BrokenPipe)?);
    let mut said = Vec::new();
    for line in stderr.lines() {
        let line = line?;
        if line == "first frame" {
            let seconds = began.elapsed().as_secs_f64();
            child.0.wait()?;
            return Ok(seconds);
        }
        said.push(line);
    }
    Err(failed(said))
}

/// The bare window: prints when its first frame is painted, as Wirelab does, and closes.
fn bare_window() -> io::Result<()> {
    struct Bare(u64);
    impl eframe::App for Bare {
        fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
            ui.label("bare");
            self.0 += 1;
            if self.0 == 2 {
                eprintln!("first frame");
                ui.ctx().send_viewport_cmd(egui::ViewportCommand::Close);
            } else if self.0 == 1 {
                ui.ctx().request_repaint();
            }
        }
    }
    let viewport = egui::ViewportBuilder::default().with_inner_size(egui::vec2(1080.0, 720.0));
    let renderer = eframe::Renderer::Glow;
    let native = eframe::NativeOptions { viewport, renderer, centered: false, ..Default::default() };
    eframe::run_native("bare", native, Box::new(|_| Ok(Box::new(Bare(0))))).map_err(failed)
}
