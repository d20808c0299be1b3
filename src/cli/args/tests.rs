//! Command lines: what they mean, and what is said of wrong ones.

use super::*;
use crate::engine::{FileForm, FileOptions};
use crate::export::{BytesFile, Rotation};
use crate::model::ResponderConfig;
use crate::payload::Cuts;

fn task(line: &str) -> Result<Task, String> {
    let words = ["wirelab"].into_iter().chain(line.split_whitespace()).map(OsString::from);
    parse(words, false).map_err(|error| {
        assert_eq!(error.exit_code(), 2, "{line}");
        error.to_string()
    })
}

fn plan(line: &str) -> Plan {
    match task(line) {
        Ok(Task::Session(plan)) => *plan,
        other => panic!("{line}: {other:?}"),
    }
}

fn window(line: &str) -> Vec<String> {
    let Ok(Task::Window(window)) = task(line) else { panic!("{line}") };
    let name = |session: &SessionConfig| match session {
        SessionConfig::TcpServer(config) => format!("listen {}", config.local),
        SessionConfig::TcpClient(config) => format!("connect {}", config.remote),
        SessionConfig::Udp(config) => format!("udp {}", config.local),
    };
    window.sessions.iter().map(name).collect()
}

#[test]
fn the_definition_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn the_window_opens_with_sessions_in_the_order_given() {
    assert!(window("").is_empty());
    assert!(window("gui").is_empty());
    let all = "--udp 9000 --listen 7788 --connect localhost:80 --listen [::1]:0";
    let expected = ["udp 0.0.0.0:9000", "listen 0.0.0.0:7788", "connect localhost:80", "listen [::1]:0"];
    assert_eq!(window(all), expected);
    assert_eq!(window(&format!("gui {all}")), expected);
    for line in ["a.pcapng dir/b.pcap --listen 1", "gui a.pcapng --listen 1 dir/b.pcap"] {
        let Ok(Task::Window(window)) = task(line) else { panic!("{line}") };
        assert_eq!(window.files, ["a.pcapng", "dir/b.pcap"].map(PathBuf::from));
        assert_eq!(window.sessions.len(), 1);
    }
    assert!(
        matches!(task("gui --renderer wgpu"), Ok(Task::Window(Window { renderer: Some(name), .. })) if name == "wgpu")
    );
}

#[test]
fn what_is_not_said_has_the_documented_default() {
    let listen = plan("listen 7788");
    let SessionConfig::TcpServer(config) = &listen.config else { panic!() };
    assert_eq!(*config, TcpServerConfig::new(([0, 0, 0, 0], 7788).into()));
    assert_eq!((listen.view, listen.encoding, listen.input), (View::Text, Encoding::Utf8, None));
    assert_eq!((listen.once, listen.quiet, listen.count, listen.duration), (false, false, None, None));
    let connect = plan("connect [::1]:80");
    let SessionConfig::TcpClient(config) = &connect.config else { panic!() };
    assert_eq!(*config, TcpClientConfig::new("[::1]:80".parse().unwrap()));
}

#[test]
fn options_arrive() {
    let all = "listen :0 --encoding gbk --view both --record a.pcapng --send text --line-ending CRLF --echo --once \
               --quiet --for 1500ms --count 7 --backlog 9";
    let listen = plan(all);
    let SessionConfig::TcpServer(config) = &listen.config else { panic!() };
    assert_eq!((config.backlog, config.responder, config.keep_half_open), (9, ResponderConfig::Echo, true));
    assert_eq!((listen.view, listen.encoding), (View::Both, Encoding::Gbk));
    assert_eq!((listen.input, listen.line_ending), (Some(Format::Text), Some(LineEnding::CrLf)));
    assert_eq!(listen.record, Some(PathBuf::from("a.pcapng")));
    assert!(listen.once && listen.quiet);
    assert_eq!((listen.duration, listen.count), (Some(Duration::from_millis(1500)), Some(7)));
    let udp = plan("udp 0 --to example.org:9 --once --broadcast --json");
    let SessionConfig::Udp(config) = &udp.config else { panic!() };
    assert_eq!(config.remote, Some("example.org:9".parse().unwrap()));
    assert!(config.broadcast);
    assert_eq!((udp.once, udp.count, udp.view), (false, Some(1), View::Json));
    let wired = plan("listen 1 --forward --no-delay off");
    let SessionConfig::TcpServer(config) = &wired.config else { panic!() };
    assert_eq!((config.responder, config.no_delay), (ResponderConfig::Forward, false));
    assert!(plan("connect h:1 --no-delay on").config.no_delay());
    assert!(!plan("connect h:1 --no-delay off").config.no_delay());
    assert_eq!(plan("udp 1 --forward").config.responder(), ResponderConfig::Forward);
    let cut = plan("connect h:1 --send text --cut 3,1 --gap 20ms").delivery;
    assert_eq!((cut.cuts.to_string().as_str(), cut.pause()), ("1,3", Duration::from_millis(20)));
    assert_eq!(plan("connect h:1 --send hex --glue 3").delivery.glue, 3);
    let seed = |line: &str| plan(line).delivery.cuts;
    assert_eq!(seed("listen 1 --send text --cut random:7"), Cuts::Random { seed: 7 });
    assert_eq!(seed("listen 1 --send text --cut random:0"), Cuts::Random { seed: 0 });
    assert_eq!(seed("listen 1 --payload x --repeat 1 --cut 1"), Cuts::at([1]));
    let any = "listen 1 --send text --cut random";
    assert_ne!((seed(any), seed(any)), (seed(any), seed(any)), "other places each time");
    let file = plan("connect h:1 --send-file a.bin --rate 1MB/s --chunk 1KiB --gap 1ms").file.unwrap();
    let options = FileOptions {
        form: FileForm::Raw,
        chunk_bytes: 1024,
        gap: Duration::from_millis(1),
        rate: Some(1_000_000),
    };
    assert_eq!((file.path, file.options), (PathBuf::from("a.bin"), options));
    let file = |line: &str| plan(line).file.unwrap().options;
    assert_eq!(file("connect h:1 --send-file f --file-as hex").form, FileForm::Hex);
    assert_eq!(file("connect h:1 --send-file f --file-as hex --chunk 20").chunk_bytes, 20);
    assert_eq!(file("connect h:1 --send-file f --file-as raw --chunk 20").chunk_bytes, 20);
    assert_eq!(file("connect h:1 --send-file f --file-as lines").form, FileForm::Lines);
    assert_eq!(file("udp 1 --send-file f").chunk_bytes, 1024);
    assert_eq!(file("connect h:1 --send-file f --rate 100kB/s").chunk_bytes, 2_000);
    assert_eq!(plan("connect h:1 --send-file f").input, None);
    let follow = |line: &str| plan(line).follow;
    assert_eq!(follow("connect h:1 --save-bytes a").bytes, Some(BytesFile::All("a".into())));
    assert_eq!(
        follow("listen 1 --save-bytes a --once").bytes,
        Some(BytesFile::Of(ConnectionId(1), ([0, 0, 0, 0], 0).into(), "a".into()))
    );
    assert_eq!(follow("listen 1 --save-bytes a").bytes, Some(BytesFile::Each("a".into())));
    let (path, log) = follow("udp 1 --log a.log --view hex --log-rotate 1MB").log.unwrap();
    assert_eq!((path, log.format), (PathBuf::from("a.log"), ExportFormat::Text(Content::Hex)));
    assert_eq!(log.rotation, Rotation::Size(1_000_000));
    assert_eq!(follow("udp 1 --log a --log-rotate day").log.unwrap().1.rotation, Rotation::Daily);
    assert_eq!(follow("udp 1 --log a --json").log.unwrap().1.format, ExportFormat::JsonLines);
    let connect = plan("connect h:1 --timeout 0.25");
    assert!(
        matches!(connect.config, SessionConfig::TcpClient(c) if c.connect_timeout == Duration::from_millis(250))
    );
}

#[test]
fn a_terminal_is_read_and_the_peer_s_end_ends_the_session() {
    let words = ["wirelab", "connect", "h:1"].map(OsString::from);
    let Ok(Task::Session(plan)) = parse(words, true) else { panic!() };
    assert_eq!(plan.input, Some(Format::Text));
    assert!(matches!(plan.config, SessionConfig::TcpClient(config) if !config.keep_half_open));
}

#[test]
fn what_is_wrong_is_named_with_the_way_out() {
    for (line, words) in [
        ("listen 65536", "port 65536 is too large; the largest is 65535"),
        ("listen http", "\"http\" is not a number; type digits only"),
        ("listen ７７８８", "type \"7788\" with half-width ones"),
        ("listen", "<ADDR>"),
        ("connect localhost", "\"localhost\" has no port; write it as localhost:7788"),
        ("connect localhost:0", "port 0 cannot be connected to"),
        ("connect localhost:", "the port is empty"),
        ("udp 1 --to 9", "\"9\" has no port"),
        ("listen 1 --encoding klingon", "not a known encoding. Use one of UTF-8, GBK"),
        ("listen 1 --view html", "[possible values: auto, text, hex, both, raw]"),
        ("listen 1 --send file", "[possible values: text, hex, raw]"),
        ("listen 1 --echo --forward", "cannot be used with"),
        ("connect h:1 --send text --cut 1,x", "\"x\" is no number of bytes"),
        ("connect h:1 --send text --cut 0", "the first place is 1"),
        ("connect h:1 --send text --cut 1 --glue 2", "cannot be used with"),
        ("connect h:1 --send text --glue 0", "0 is not in 1.."),
        ("connect h:1 --send text --gap soon", "soon"),
        ("connect h:1 --send raw --cut 1", "not for --send raw"),
        ("connect h:1 --send-file f --file-as lines --chunk 9", "each line is a chunk"),
        ("connect h:1 --send-file f --rate 0", "nothing is ever sent"),
        ("connect h:1 --cut every", "use --payload, --send text or --send hex"),
        ("connect h:1 --send-file f --payload x", "cannot be used with"),
        ("connect h:1 --send-file f --send text", "cannot be used with"),
        ("connect h:1 --send-file f --cut 1", "cannot be used with"),
        ("connect h:1 --log-rotate day", "--log"),
        ("connect h:1 --log a --log-rotate 5", "at least 1024 bytes"),
        ("connect h:1 --log a --log-rotate week", "or the word day"),
        ("connect h:1 --rate 1MB/s", "--send-file"),
        ("connect h:1 --send-file f --rate fast", "fast"),
        ("connect h:1 --send-file f --chunk 0", "a chunk has 1 byte to 16 MiB"),
        ("udp 1 --send-file f --chunk 64KiB", "one datagram holds at most 65507 bytes"),
        ("connect h:1 --send-file f --file-as base64", "[possible values: raw, lines, hex]"),
        ("connect h:1 --forward", "--forward is for listen and udp"),
        ("udp 1 --no-delay on", "--no-delay is for listen and connect"),
        ("listen 1 --no-delay maybe", "[possible values: on, off]"),
        ("listen 1 --line-ending lfcr", "Use none, lf, cr or crlf"),
        ("listen 1 --for soon", "type a number with a unit"),
        ("listen 1 --for -1", "'-1'"),
        ("listen 1 --for 1e300", "type a number with a unit"),
        ("listen 1 --for 3days", "the unit is none of"),
        ("listen 1 --count 0", "0 is not in 1.."),
        ("listen 1 --json --view hex", "cannot be used with"),
        ("listen 1 --payload x --send text", "cannot be used with"),
        ("connect h:1 --format hex", "--payload <TEMPLATE>"),
        ("connect h:1 --payload 0G --format hex", "--payload: 'G' (line 1, column 2) is not a hex digit"),
        ("connect h:1 --payload a${x}", "There is no variable 'x' (line 1, column 4)"),
        ("connect h:1 --payload \\q --format escaped", "is no escape"),
        ("connect h:1 --payload 你 --encoding ascii", "does not exist in ASCII"),
        ("connect h:1 --payload 01 --format hex --line-ending lf", "--line-ending is for text"),
        ("connect h:1 --payload ${ask:a}", "give its value with --answer 'a=…'"),
        ("connect h:1 --payload ${ask:a:u8} --answer a=256", "Type a number from 0 to 255"),
        ("connect h:1 --payload ${ask:a} --answer a", "write the name, = and the value"),
        ("connect h:1 --payload ${ask:a} --answer b=1", "the payload has no ${ask:b}"),
        ("connect h:1 --payload a --checksum CRC-99", "--checksum: 'CRC-99' is not a known checksum"),
        ("connect h:1 --payload a --checksum sum8,from=2", "from=2 does not fit 1 byte"),
        ("connect h:1 --checksum sum8", "--checksum needs --payload, or --send"),
        ("connect h:1 --send raw --checksum sum8", "--checksum is for --send text and hex"),
        ("listen 1 --send raw --line-ending lf", "--line-ending is for --send text"),
        ("show", "<FILE.pcapng>"),
        ("export a.pcapng", "--format <FORMAT>"),
        ("export a.pcapng --format raw", "name it with --connection and --direction"),
        ("export a.pcapng --format raw --connection 1", "name it with --connection and --direction"),
        ("export a.pcapng --format csv --view hex", "--view is for --format text"),
        ("export a.pcapng --format pdf", "[possible values: text, jsonl, csv, raw, pcapng]"),
        ("--listen 99999", "port 99999 is too large"),
        ("gui --renderer vulkan", "[possible values: glow, wgpu]"),
    ] {
        let message = task(line).unwrap_err();
        assert!(message.contains(words), "{line}: {message}");
    }
}

#[test]
fn help_documents_the_exit_codes_and_what_is_read() {
    for line in ["--help", "listen --help", "connect --help", "udp --help", "show --help", "export --help"] {
        let words = ["wirelab"].into_iter().chain(line.split_whitespace()).map(OsString::from);
        let help = parse(words, false).unwrap_err();
        assert_eq!(help.exit_code(), 0);
        let text = help.to_string();
        for code in 0..=5 {
            assert!(text.contains(&format!("\n  {code}  ")), "{line} says nothing of {code}: {text}");
        }
        let takes_captures = line.starts_with("show") || line.starts_with("export");
        assert_eq!(text.contains("a capture made by tcpdump or Wireshark"), takes_captures, "{text}");
    }
}
