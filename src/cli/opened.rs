//! Says the payload of `--payload` to connections that were opened.

use super::input::Outlet;
use super::line::Line;
use super::process::say;
use super::saying::Saying;
use crate::engine::SessionHandle;
use crate::lang::{Language, explain_payload};
use crate::model::{ConnectionId, SessionConfig, Target, UdpConfig};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;

/// Sends it to connections that were opened: a client once, then its connection is half-closed as at the end of
/// standard input; a server to each of them; a UDP socket without a recipient to its first peer. `false`: it was not
/// sent, and standard error says why.
pub(super) fn say_to(
    saying: &Saying,
    session: &Arc<SessionHandle>,
    config: &SessionConfig,
    opened: &[(ConnectionId, SocketAddr)],
    has_left_out: &Arc<AtomicBool>,
) -> bool {
    let Some((first, peer)) = opened.first() else { return true };
    match config {
        SessionConfig::TcpServer(_) => {
            saying.send(session, Target::Connections(opened.iter().map(|(id, _)| *id).collect()))
        }
        // The first peer of all, and no later one.
        SessionConfig::Udp(UdpConfig { remote: None, .. }) if *first == ConnectionId(1) => {
            saying.send(session, Target::Connections(vec![*first]))
        }
        SessionConfig::Udp(_) => true,
        SessionConfig::TcpClient(_) => {
            if !saying.delivery.is_plain() {
                return say_in_pieces(saying, session, *peer, has_left_out);
            }
            let is_queued = match saying.bytes(*peer, 0) {
                // Through the pipe, so that the end of sending follows it.
                Ok(bytes) => session.send_blocking(Target::All, bytes),
                Err(error) => {
                    say(&explain_payload(Language::English.words(), &error));
                    false
                }
            };
            session.finish_sending() && is_queued
        }
    }
}

/// Sends it to the server of a client, on a thread of its own that waits for the gaps, and then ends sending. `false`:
/// there is no thread.
fn say_in_pieces(
    saying: &Saying,
    session: &Arc<SessionHandle>,
    peer: SocketAddr,
    has_left_out: &Arc<AtomicBool>,
) -> bool {
    let delivery = saying.delivery.clone();
    let mut line = Line::new(session.clone(), Target::All, delivery, has_left_out.clone());
    let saying = saying.clone();
    let say_all = move || {
        for number in 0..saying.delivery.glue.max(1) {
            match saying.bytes(peer, number as u64) {
                Ok(bytes) => {
                    if !line.send(bytes) {
                        break;
                    }
                }
                Err(error) => line.left_out(&explain_payload(Language::English.words(), &error)),
            }
        }
        line.end();
    };
    thread::Builder::new().name("payload".into()).spawn(say_all).is_ok()
}
