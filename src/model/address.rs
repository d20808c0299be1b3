//! Parsing of addresses as people type them, with a specific error for each mistake.
//!
//! Names are not resolved here.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// A host: an address, or a name that is not resolved yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// A numeric address.
    Ip(IpAddr),
    /// A name, or a numeric IPv6 address with a named zone (`fe80::1%eth0`).
    Name(String),
}

/// Where to connect: a host and a port from 1 to 65535.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// The host.
    pub host: Host,
    /// The port.
    pub port: u16,
}

/// Why a typed address is not valid. Each variant carries the input it is about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The port is empty.
    #[error("the port is empty; type a number from 0 to 65535")]
    PortEmpty,
    /// Port 0, which cannot be connected to.
    #[error("port 0 cannot be connected to; type the port the other side listens on, 1 to 65535")]
    PortZero,
    /// The port is not a number.
    #[error("port \"{0}\" is not a number; type digits only, 0 to 65535")]
    PortNotNumeric(String),
    /// The port is larger than 65535.
    #[error("port {0} is too large; the largest is 65535")]
    PortTooLarge(String),
    /// Full-width characters, as Chinese input methods produce them.
    #[error("\"{0}\" has full-width characters; type \"{1}\" with half-width ones")]
    FullWidth(String, String),
    /// The host is empty.
    #[error("the host is empty; type a name or an address, such as 192.168.1.10")]
    HostEmpty,
    /// The host has a space in it.
    #[error("host \"{0}\" has a space in it; remove it")]
    HostHasSpace(String),
    /// A character that is not allowed in a host name.
    #[error("host \"{0}\" has the character '{1}', which no host name has")]
    HostCharacter(String, char),
    /// Looks like an IPv4 address but is not valid.
    #[error("\"{0}\" is not an IPv4 address; it takes four numbers from 0 to 255, such as 192.168.1.10")]
    BadIpv4(String),
    /// Looks like an IPv6 address but is not valid.
    #[error("\"{0}\" is not an IPv6 address; write it as ::1, and as [::1]:7788 with a port")]
    BadIpv6(String),
    /// A name where a numeric local address is required.
    #[error("\"{0}\" is not a numeric address; type one of this machine's, such as 127.0.0.1 or 0.0.0.0")]
    NotNumeric(String),
    /// Not of the form `HOST:PORT`.
    #[error("\"{0}\" has no port; write it as {0}:7788")]
    PortMissing(String),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(ip) => ip.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]:{}", self.port),
            Host::Name(name) if name.contains(':') => write!(f, "[{name}]:{}", self.port),
            host => write!(f, "{host}:{}", self.port),
        }
    }
}

impl FromStr for Host {
    type Err = AddressError;

    fn from_str(input: &str) -> Result<Self, AddressError> {
        let host = input.trim();
        let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        if host.is_empty() {
            return Err(AddressError::HostEmpty);
        }
        if let Some(half) = narrowed(host) {
            return Err(AddressError::FullWidth(host.into(), half));
        }
        if host.contains(char::is_whitespace) {
            return Err(AddressError::HostHasSpace(host.into()));
        }
        if host.contains(':') {
            let (address, zone) = host.split_once('%').map_or((host, None), |(a, z)| (a, Some(z)));
            return match (address.parse::<Ipv6Addr>(), zone) {
                (Ok(ip), None) => Ok(Self::Ip(ip.into())),
                (Ok(_), Some(zone)) if !zone.is_empty() => Ok(Self::Name(host.into())),
                _ => Err(AddressError::BadIpv6(host.into())),
            };
        }
        if host.chars().all(|c| c.is_ascii_digit() || c == '.') {
            return match host.parse::<Ipv4Addr>() {
                Ok(ip) => Ok(Self::Ip(ip.into())),
                Err(_) => Err(AddressError::BadIpv4(host.into())),
            };
        }
        match host.chars().find(|c| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))) {
            Some(c) => Err(AddressError::HostCharacter(host.into(), c)),
            None => Ok(Self::Name(host.into())),
        }
    }
}

impl FromStr for Endpoint {
    type Err = AddressError;

    /// Parses `HOST:PORT`, with IPv6 in brackets.
    fn from_str(input: &str) -> Result<Self, AddressError> {
        let (host, port) = split_port(input)?;
        let port = port.ok_or_else(|| AddressError::PortMissing(input.trim().into()))?;
        let endpoint = Self { host: host.parse()?, port: parse_port(port)? };
        if endpoint.port == 0 { Err(AddressError::PortZero) } else { Ok(endpoint) }
    }
}

/// Parses a port, 0 to 65535. The caller decides whether 0 is allowed.
///
/// # Errors
/// The text is empty, not a number, too large, or in full-width characters.
pub fn parse_port(input: &str) -> Result<u16, AddressError> {
    let port = input.trim();
    if port.is_empty() {
        return Err(AddressError::PortEmpty);
    }
    if let Some(half) = narrowed(port) {
        return Err(AddressError::FullWidth(port.into(), half));
    }
    if !port.bytes().all(|b| b.is_ascii_digit()) {
        return Err(AddressError::PortNotNumeric(port.into()));
    }
    port.parse().map_err(|_| AddressError::PortTooLarge(port.into()))
}

/// Parses a numeric local address, with or without brackets. Empty means any IPv4 address.
///
/// # Errors
/// The text is a name, an invalid IPv4 or IPv6 address, or in full-width characters.
pub fn parse_ip(input: &str) -> Result<IpAddr, AddressError> {
    if input.trim().is_empty() {
        return Ok(Ipv4Addr::UNSPECIFIED.into());
    }
    match input.parse::<Host>()? {
        Host::Ip(ip) => Ok(ip),
        Host::Name(name) if name.eq_ignore_ascii_case("localhost") => Ok(Ipv4Addr::LOCALHOST.into()),
        Host::Name(name) => Err(AddressError::NotNumeric(name)),
    }
}

/// Parses an address to bind: `7788`, `:7788`, `127.0.0.1:7788`, `[::1]:7788`. Port 0 is allowed.
///
/// # Errors
/// Those of [`parse_ip`] for the host and of [`parse_port`] for the port.
pub fn parse_listen_address(input: &str) -> Result<SocketAddr, AddressError> {
    let trimmed = input.trim();
    if !trimmed.is_empty() && !trimmed.contains([':', '.', '[']) {
        return Ok((Ipv4Addr::UNSPECIFIED, parse_port(trimmed)?).into());
    }
    let (host, port) = split_port(trimmed)?;
    let port = port.ok_or_else(|| AddressError::PortMissing(trimmed.into()))?;
    Ok((parse_ip(host)?, parse_port(port)?).into())
}

/// Splits at the colon before the port. An IPv6 address without brackets is not split, because any of its colons
/// could be that one.
fn split_port(input: &str) -> Result<(&str, Option<&str>), AddressError> {
    let input = input.trim();
    if let Some(rest) = input.strip_prefix('[') {
        let (host, after) = rest.split_once(']').ok_or_else(|| AddressError::BadIpv6(input.into()))?;
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            None => Err(AddressError::BadIpv6(input.into())),
        };
    }
    if let Some((host, port)) = input.split_once('：') {
        return Err(AddressError::FullWidth(
            input.into(),
            narrowed(&format!("{host}:{port}")).unwrap_or_else(|| format!("{host}:{port}")),
        ));
    }
    match input.rsplit_once(':') {
        Some((host, _)) if host.contains(':') => Err(AddressError::BadIpv6(input.into())),
        Some((host, port)) => Ok((host, Some(port))),
        None => Ok((input, None)),
    }
}

/// The ASCII equivalent of a full-width character (U+FF01 to U+FF5E, and the ideographic full stop and space), as
/// Chinese input methods write them; any other character unchanged.
#[must_use]
pub fn half_width(character: char) -> char {
    match character {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(character as u32 - 0xFEE0).unwrap_or(character),
        '\u{3002}' => '.',
        '\u{3000}' => ' ',
        _ => character,
    }
}

/// The text with full-width characters replaced by ASCII.
fn narrowed(text: &str) -> Option<String> {
    let half: String = text.chars().map(half_width).collect();
    (half != text).then_some(half)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listen_addresses() {
        for (input, expected) in [
            ("7788", "0.0.0.0:7788"),
            (":7788", "0.0.0.0:7788"),
            ("127.0.0.1:7788", "127.0.0.1:7788"),
            ("[::1]:7788", "[::1]:7788"),
            ("[::]:0", "[::]:0"),
            ("0", "0.0.0.0:0"),
            (" localhost:80 ", "127.0.0.1:80"),
        ] {
            assert_eq!(
                parse_listen_address(input).map(|a| a.to_string()),
                Ok(expected.to_string()),
                "{input}"
            );
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        use AddressError as E;
        for (input, expected) in [
            ("", E::PortMissing(String::new())),
            (":", E::PortEmpty),
            ("127.0.0.1", E::PortMissing("127.0.0.1".into())),
            ("65536", E::PortTooLarge("65536".into())),
            ("99999999999999999999", E::PortTooLarge("99999999999999999999".into())),
            ("http", E::PortNotNumeric("http".into())),
            ("-1", E::PortNotNumeric("-1".into())),
            ("+80", E::PortNotNumeric("+80".into())),
            ("７７８８", E::FullWidth("７７８８".into(), "7788".into())),
            ("127.0.0.1：80", E::FullWidth("127.0.0.1：80".into(), "127.0.0.1:80".into())),
            ("256.0.0.1:80", E::BadIpv4("256.0.0.1".into())),
            ("::1:80", E::BadIpv6("::1:80".into())),
            ("example.org:80", E::NotNumeric("example.org".into())),
        ] {
            assert_eq!(parse_listen_address(input), Err(expected), "{input}");
        }
    }

    #[test]
    fn endpoints() {
        for good in ["example.org:80", "10.0.0.7:502", "[::1]:7788", "[fe80::1%eth0]:80", "设备.local:1"] {
            assert_eq!(good.parse::<Endpoint>().map(|e| e.to_string()), Ok(good.to_string()));
        }
        use AddressError as E;
        for (input, expected) in [
            ("example.org", E::PortMissing("example.org".into())),
            ("example.org:0", E::PortZero),
            (":80", E::HostEmpty),
            ("my host:80", E::HostHasSpace("my host".into())),
            ("a/b:80", E::HostCharacter("a/b".into(), '/')),
            ("1.2.3:80", E::BadIpv4("1.2.3".into())),
            ("[::g]:80", E::BadIpv6("::g".into())),
            ("１０.0.0.1:80", E::FullWidth("１０.0.0.1".into(), "10.0.0.1".into())),
        ] {
            assert_eq!(input.parse::<Endpoint>(), Err(expected), "{input}");
        }
    }
}
