//! Reads capture files with tshark and capinfos. `make test` installs them.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::{Command, Output};

/// Runs a program on a file. It must succeed without a message.
pub fn run(program: &str, arguments: &[&str], file: &Path) -> Output {
    let output = Command::new(program).args(arguments).arg(file).output();
    let output =
        output.unwrap_or_else(|error| panic!("{program} is needed by this test, see `make test`: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    // The warning about running as root is allowed.
    let complaints: Vec<_> = errors.lines().filter(|line| !line.is_empty() && !is_about_root(line)).collect();
    assert!(
        output.status.success() && complaints.is_empty(),
        "{program} {arguments:?}: {}: {errors}",
        output.status
    );
    output
}

fn is_about_root(line: &str) -> bool {
    line == "Running as user \"root\" and group \"root\". This could be dangerous."
}

/// One packet: its fields in the order of [`FIELDS`].
pub struct Packet(pub Vec<String>);

const FIELDS: [&str; 11] = [
    "frame.number",
    "_ws.malformed",
    "_ws.expert.severity",
    "_ws.expert.message",
    "ip.checksum.status",
    "tcp.checksum.status",
    "udp.checksum.status",
    "tcp.analysis.flags",
    "tcp.analysis.reused_ports",
    "tcp.stream",
    "udp.stream",
];

/// Leaves payloads undissected: the free port that a test gets can belong to a protocol that tshark knows.
const PLAIN: [&str; 4] = ["-d", "tcp.port==1-65535,data", "-d", "udp.port==1-65535,data"];

impl Packet {
    pub fn field(&self, name: &str) -> &str {
        let at = FIELDS.iter().position(|known| *known == name).unwrap();
        &self.0[at]
    }
}

/// The packets of a file.
pub fn dissect(file: &Path) -> Vec<Packet> {
    let mut arguments = vec!["-n", "-T", "fields", "-E", "separator=|"];
    arguments.extend(PLAIN);
    for preference in ["ip.check_checksum:TRUE", "tcp.check_checksum:TRUE", "udp.check_checksum:TRUE"] {
        arguments.extend(["-o", preference]);
    }
    for field in FIELDS {
        arguments.extend(["-e", field]);
    }
    arguments.push("-r");
    let output = String::from_utf8(run("tshark", &arguments, file).stdout).unwrap();
    output.lines().map(|line| Packet(line.split('|').map(Into::into).collect())).collect()
}

/// Asserts that Wireshark finds no error in a file, and returns its packets.
#[track_caller]
pub fn assert_sound(file: &Path) -> Vec<Packet> {
    const ERROR: &str = "8388608";
    const BAD: &str = "0";
    let packets = dissect(file);
    assert!(!packets.is_empty());
    for packet in &packets {
        let number = packet.field("frame.number");
        assert_eq!(packet.field("_ws.malformed"), "", "packet {number}");
        let severities = packet.field("_ws.expert.severity");
        assert!(severities.split(',').all(|severity| severity != ERROR), "packet {number}: {:?}", packet.0);
        for checksum in ["ip.checksum.status", "tcp.checksum.status", "udp.checksum.status"] {
            assert_ne!(packet.field(checksum), BAD, "packet {number}: {checksum}");
        }
        assert_eq!(packet.field("tcp.analysis.flags"), "", "packet {number}: {:?}", packet.0);
    }
    let about = String::from_utf8(run("capinfos", &[], file).stdout).unwrap();
    assert!(about.contains("pcapng") && about.contains("Raw IP"), "{about}");
    packets
}

/// The bytes that the client and the server of a connection sent.
pub type Conversation = (Vec<u8>, Vec<u8>);

/// The bytes of both sides of each stream of `protocol` (tcp or udp), by the address that sent first.
pub fn follow(file: &Path, protocol: &str) -> BTreeMap<SocketAddr, Conversation> {
    let field = format!("{protocol}.stream");
    let streams = dissect(file).iter().filter_map(|packet| packet.field(&field).parse::<u32>().ok()).max();
    let Some(last) = streams else { return BTreeMap::new() };
    let taps: Vec<_> = (0..=last).map(|stream| format!("follow,{protocol},raw,{stream}")).collect();
    let mut arguments = vec!["-n", "-q"];
    arguments.extend(PLAIN);
    for tap in &taps {
        arguments.extend(["-z", tap]);
    }
    arguments.push("-r");
    let output = String::from_utf8(run("tshark", &arguments, file).stdout).unwrap();
    let mut conversations: BTreeMap<SocketAddr, Conversation> = BTreeMap::new();
    let mut first = None;
    for line in output.lines() {
        if let Some(address) = line.strip_prefix("Node 0: ") {
            first = Some(socket_address(address));
            conversations.insert(socket_address(address), Conversation::default());
        } else if line.trim_start().starts_with(|c: char| c.is_ascii_hexdigit())
            && !line.starts_with("Follow")
            && !line.starts_with("Filter")
        {
            let conversation =
                conversations.get_mut(&first.expect("the address comes before the bytes")).unwrap();
            match line.strip_prefix('\t') {
                Some(answer) => conversation.1.extend(bytes_of_hex(answer)),
                None => conversation.0.extend(bytes_of_hex(line)),
            }
        }
    }
    conversations
}

/// An address as tshark prints it, with or without brackets around IPv6 depending on its version.
fn socket_address(text: &str) -> SocketAddr {
    if let Ok(address) = text.parse() {
        return address;
    }
    let (ip, port) = text.rsplit_once(':').unwrap();
    (ip.parse::<IpAddr>().unwrap(), port.parse::<u16>().unwrap()).into()
}

fn bytes_of_hex(text: &str) -> Vec<u8> {
    let digit = |c: u8| (c as char).to_digit(16).unwrap() as u8;
    text.as_bytes().chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}
