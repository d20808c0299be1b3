//! The framings of known protocols.

use super::header::Header;
use super::kind::{Delimiters, Effect, Escape, Kind, LengthField, Mark, Marks, Width};
use super::{Chosen, Framing};

/// Makes [`Preset`] with the names, in the order in which they are offered.
macro_rules! presets {
    ($($(#[$about:meta])* $preset:ident = $name:literal $(| $alias:literal)*,)*) => {
        /// The framing of a known protocol.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Preset {
            $($(#[$about])* $preset,)*
        }

        pub(super) const PRESETS: &[Preset] = &[$(Preset::$preset,)*];

        impl Preset {
            /// Its name on the command line and in files.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$preset => $name,)*
                }
            }

            /// Other names by which it is known.
            pub(super) fn aliases(self) -> &'static [&'static str] {
                match self {
                    $(Self::$preset => &[$($alias,)*],)*
                }
            }
        }
    };
}

presets! {
    /// Lines that end with LF or CRLF.
    Lines = "lines" | "line" | "lf",
    /// Lines that end with CRLF; a lone LF is content.
    Crlf = "crlf",
    /// Text that ends with a zero byte.
    Nul = "nul" | "null" | "zero",
    /// Text that ends with a semicolon.
    Semicolon = "semicolon",
    /// A JSON value in each line.
    JsonLines = "json-lines" | "jsonl" | "ndjson",
    /// Modbus TCP.
    ModbusTcp = "modbus-tcp",
    /// Modbus RTU carried by TCP, as serial servers do.
    ModbusRtu = "modbus-rtu" | "modbus-rtu-over-tcp",
    /// Modbus ASCII.
    ModbusAscii = "modbus-ascii",
    /// MQTT 3.1, 3.1.1 and 5.
    Mqtt = "mqtt",
    /// Records of TLS and SSL 3.
    Tls = "tls" | "ssl",
    /// ISO transport over TCP (RFC 1006): S7, RDP, MMS.
    Tpkt = "tpkt" | "rfc1006" | "iso-on-tcp",
    /// DNS over TCP.
    Dns = "dns" | "dns-over-tcp" | "dns-tcp",
    /// WebSocket, with the request and the answer before it.
    WebSocket = "websocket" | "ws",
    /// Messages of HTTP/1.1.
    Http = "http" | "http/1.1",
    /// SLIP (RFC 1055).
    Slip = "slip",
    /// Consistent overhead byte stuffing, with a zero behind each frame.
    Cobs = "cobs",
    /// Asynchronous HDLC, as in PPP (RFC 1662).
    Hdlc = "hdlc" | "ppp",
    /// STX … ETX.
    StxEtx = "stx-etx",
    /// STX … ETX BCC.
    StxEtxBcc = "stx-etx-bcc",
    /// DLE STX … DLE ETX, with DLE doubled in between.
    DleStxEtx = "dle-stx-etx",
    /// DLE STX … DLE ETX BCC, with DLE doubled in between.
    DleStxEtxBcc = "dle-stx-etx-bcc",
    /// HJ 212: environmental monitoring.
    Hj212 = "hj212",
    /// JT/T 808: vehicle terminals.
    Jt808 = "jt808" | "jt/t808",
    /// DL/T 645: electricity meters.
    Dlt645 = "dlt645",
    /// GB/T 32960: electric vehicles.
    Gbt32960 = "gbt32960" | "gb32960",
    /// IEC 60870-5-104: telecontrol.
    Iec104 = "iec104" | "iec60870-5-104",
    /// A length of two bytes, the highest first, and so many bytes.
    U16Big = "u16be",
    /// A length of two bytes, the lowest first, and so many bytes.
    U16Little = "u16le",
    /// A length of four bytes, the highest first, and so many bytes.
    U32Big = "u32be",
    /// A length of four bytes, the lowest first, and so many bytes.
    U32Little = "u32le",
}

/// How frames are found.
#[derive(Clone, Copy, Debug)]
pub(super) enum Method {
    /// As the fields of a kind say.
    Kind(Kind),
    /// By marks, between which the content is encoded by COBS.
    Cobs(Marks),
    /// By headers.
    Header(Header),
    ModbusRtu,
    Http,
    WebSocket,
}

impl Preset {
    /// The framing itself.
    #[must_use]
    pub fn framing(self) -> Framing {
        Framing(Chosen::Preset(self))
    }

    pub(super) fn method(self) -> Method {
        match self {
            Self::Lines | Self::JsonLines => {
                delimiter(Delimiters { others: [Some(Mark::two(b'\r', b'\n')), None], ..LF })
            }
            Self::Crlf => delimiter(Delimiters { first: Mark::two(b'\r', b'\n'), ..LF }),
            Self::Nul => delimiter(Delimiters { first: Mark::of(0), ..LF }),
            Self::Semicolon => delimiter(Delimiters { first: Mark::of(b';'), ..LF }),
            Self::ModbusTcp => Method::Header(Header::ModbusTcp),
            Self::ModbusRtu => Method::ModbusRtu,
            Self::ModbusAscii => {
                let end = Mark::two(b'\r', b'\n');
                marks(Marks { start: Some(Mark::of(b':')), end, restarts: true, ..ETX })
            }
            Self::Mqtt => Method::Header(Header::Mqtt),
            Self::Tls => Method::Header(Header::Tls),
            Self::Tpkt => Method::Header(Header::Tpkt),
            Self::Dns => Method::Header(Header::Dns),
            Self::WebSocket => Method::WebSocket,
            Self::Http => Method::Http,
            Self::Slip => {
                let pairs = [Some((0xDC, 0xC0)), Some((0xDD, 0xDB)), None, None];
                let escape = Some(Escape { byte: 0xDB, effect: Effect::Map(pairs) });
                marks(Marks { start: None, end: Mark::of(0xC0), escape, ..ETX })
            }
            Self::Cobs => Method::Cobs(Marks { start: None, end: Mark::of(0), ..ETX }),
            Self::Hdlc => {
                let escape = Some(Escape { byte: 0x7D, effect: Effect::Xor(0x20) });
                marks(Marks { start: Some(FLAG), end: FLAG, escape, ..ETX })
            }
            Self::StxEtx => marks(ETX),
            Self::StxEtxBcc => marks(Marks { trailer: 1, ..ETX }),
            Self::DleStxEtx => marks(DLE_ETX),
            Self::DleStxEtxBcc => marks(Marks { trailer: 1, ..DLE_ETX }),
            Self::Hj212 => Method::Header(Header::Hj212),
            Self::Jt808 => {
                let pairs = [Some((0x02, 0x7E)), Some((0x01, 0x7D)), None, None];
                let escape = Some(Escape { byte: 0x7D, effect: Effect::Map(pairs) });
                marks(Marks { start: Some(FLAG), end: FLAG, escape, ..ETX })
            }
            Self::Dlt645 => Method::Header(Header::Dlt645),
            Self::Gbt32960 => Method::Header(Header::Gbt32960),
            Self::Iec104 => Method::Header(Header::Iec104),
            Self::U16Big => length(2, false),
            Self::U16Little => length(2, true),
            Self::U32Big => length(4, false),
            Self::U32Little => length(4, true),
        }
    }
}

const LF: Delimiters = Delimiters { first: Mark::of(b'\n'), others: [None; 2], is_kept: false };
const FLAG: Mark = Mark::of(0x7E);
const DLE: u8 = 0x10;
/// STX … ETX.
const ETX: Marks =
    Marks { start: Some(Mark::of(0x02)), end: Mark::of(0x03), escape: None, restarts: false, trailer: 0 };
/// The same with DLE before each.
const DLE_ETX: Marks = Marks {
    start: Some(Mark::two(DLE, 0x02)),
    end: Mark::two(DLE, 0x03),
    escape: Some(Escape { byte: DLE, effect: Effect::Hide }),
    restarts: true,
    trailer: 0,
};

fn delimiter(delimiters: Delimiters) -> Method {
    Method::Kind(Kind::Delimiter(delimiters))
}

fn marks(marks: Marks) -> Method {
    Method::Kind(Kind::Marks(marks))
}

fn length(count: u8, is_little: bool) -> Method {
    Method::Kind(Kind::Length(LengthField { at: 0, width: Width::Bytes { count, is_little }, adjust: 0 }))
}
