//! The unfinished recording of a window that is killed while it receives.
//!
//! The test starts itself again as the window to kill.

use crate::fixture::{DEADLINE, Window, connect};
use eframe::egui::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::io::{BufRead as _, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Set in the process to kill: its folder.
const FOLDER: &str = "WIRELAB_TEST_WINDOW_IN";

/// Kills the process when dropped.
struct Killed(Child);

impl Killed {
    fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Receives until it is killed, and prints the size of the recording.
fn receive(folder: &Path) {
    let mut window = Window::at(folder, Vec::new());
    let address = window.start_server();
    println!("\naddress {address}");
    let mut told = 0;
    loop {
        window.wait("more", |window| window.status().recording.bytes_recorded > told);
        told = window.status().recording.bytes_recorded;
        println!("\nrecorded {told}");
    }
}

#[test]
fn the_recording_of_a_killed_window_is_offered_with_endpoint_time_and_size() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return receive(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let name = "leaving::the_recording_of_a_killed_window_is_offered_with_endpoint_time_and_size";
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(FOLDER, folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut killed = Killed(child);
    let lines = BufReader::new(killed.0.stdout.take().unwrap()).lines();
    let mut lines = lines.map_while(Result::ok);
    let address = lines.find_map(|line| line.strip_prefix("address ")?.parse::<SocketAddr>().ok());
    let address = address.expect("the window does not listen");
    let began = chrono::Local::now();
    let mut peer = connect(address);
    let text = "what was received before the end\n".repeat(400);
    peer.write_all(text.as_bytes()).unwrap();
    let is_all =
        |line: String| line.strip_prefix("recorded ")?.parse().ok().filter(|&n: &usize| n >= text.len());
    lines.find_map(is_all).expect("it does not receive");
    killed.kill();

    let recordings = folder.path().join("recordings");
    let segments = std::fs::read_dir(recordings).unwrap().flatten().filter(|entry| entry.path().is_dir());
    let files = segments.flat_map(|entry| std::fs::read_dir(entry.path()).unwrap().flatten());
    let files = files.filter(|file| file.path().extension().is_some_and(|ending| ending == "pcapng"));
    let bytes: u64 = files.map(|file| file.metadata().unwrap().len()).sum();
    assert!((10_000..99_000).contains(&bytes), "{bytes}");

    let mut window = Window::at(folder.path(), Vec::new());
    window.wait("the offer", |window| window.shows("1 unsaved recording was left behind"));
    window.click("Review unfinished recordings");
    let labels = window.harness.query_all_by_role(Role::Label);
    let labels: Vec<_> = labels.filter_map(|node| node.accesskit_node().value()).collect();
    let title = format!("TCP server {address}");
    assert!(labels.contains(&title), "{title} in {labels:#?}");
    let size = format!(" · {:.1} kB · ", bytes as f64 / 1000.0);
    let offer = labels.iter().find(|label| label.contains(&size));
    let offer = offer.unwrap_or_else(|| panic!("{size} in {labels:#?}"));
    assert!(offer.ends_with(" records"), "{offer}");
    // To the minute, which may have changed during the start.
    let minute = |time: chrono::DateTime<chrono::Local>| time.format("%Y-%m-%d %H:%M:").to_string();
    let before = began - chrono::Duration::from_std(DEADLINE).unwrap();
    assert!([began, before].map(minute).iter().any(|time| offer.contains(time)), "{offer}");
    let names: Vec<_> = {
        let buttons = window.harness.query_all_by_role(Role::Button);
        buttons.filter_map(|node| node.accesskit_node().label()).collect()
    };
    let open = names.into_iter().find(|name| name.starts_with("Open unfinished "));
    window.click(&open.expect("it can be opened"));
    window.wait("what was received", |window| window.shows_row("what was received before the end"));
}
