use super::*;
#[test]
fn generate() {
    let out = std::path::PathBuf::from(std::env::var_os("GENERATE").unwrap());
    let mut writer = CaptureWriter::new(
        Destination::Folder(out.clone()),
        Limits { segment_bytes: 3000, total_bytes: None },
    );
    let mut all: Vec<Owned> = Vec::new();
    let base = 1_700_000_000_000_000_000;
    let mut push = |kind, direction, transport, connection, payload: &[u8], is_cut, text: &str| {
        let time = base + all.len() as u64 * 1_000_001;
        all.push(Owned {
            time,
            kind,
            direction,
            transport,
            connection,
            payload: payload.into(),
            is_cut,
            text: text.into(),
        });
    };
    use Direction::{Inbound, Outbound};
    use RecordKind::{Closed, Data, Error, Note, Opened};
    use Transport::{Tcp, Udp};
    push(Opened, Inbound, Tcp, 1, b"", false, "");
    push(Opened, Outbound, Tcp, 2, b"", false, "");
    push(Data, Inbound, Tcp, 1, "你好, world".as_bytes(), false, "");
    push(Data, Inbound, Tcp, 1, &[0, 1, 0xFF, 0xC4], false, "");
    push(Data, Outbound, Tcp, 1, &[7; 700], false, "");
    push(Data, Outbound, Tcp, 2, b"GET / HTTP/1.0\r\n\r\n", false, "");
    push(Note, Inbound, Tcp, 1, b"", false, "half-closed 半关闭");
    push(Data, Inbound, Udp, 3, b"a datagram", true, "");
    push(Data, Inbound, Udp, 3, b"", false, "");
    push(Data, Outbound, Udp, 4, &[9; 1200], false, "");
    push(Error, Outbound, Tcp, 2, b"", false, "the peer cut the connection");
    push(Closed, Inbound, Tcp, 2, b"", false, "closed after a failure");
    push(Data, Outbound, Tcp, 1, &[8; 900], false, "");
    push(Data, Inbound, Tcp, 1, b"behind", false, "");
    push(Closed, Outbound, Tcp, 1, b"", false, "closed here");
    for record in &all {
        writer.append(&record.record());
        writer.publish();
    }
    let at = positions(&writer.reader().snapshot());
    assert!(writer.set_bookmark(Timestamp(base), at[2], Some("")));
    assert!(writer.set_bookmark(Timestamp(base), at[4], Some("a note 备注")));
    assert!(writer.set_bookmark(Timestamp(base), at[7], Some("gone")));
    assert!(writer.set_bookmark(Timestamp(base), at[7], None));
    writer.publish();
    save(&writer.reader().snapshot(), &out.join("saved"), &mut go_on).unwrap();
    std::fs::rename(out.join("saved"), out.join("saved.pcapng")).unwrap();
    let text = super::forms::lines(&writer.reader().snapshot());
    std::fs::write(out.join("expected.txt"), text).unwrap();
}
