//! Parses the connection settings of a tab, and explains their errors.

use crate::lang::{Words, fill};
use crate::model::{
    AddressError, Endpoint, Host, ReconnectPolicy, ResponderConfig, SessionConfig, TcpClientConfig,
    TcpServerConfig, UdpConfig, parse_ip, parse_port,
};
use crate::settings::{TabKind, TabSettings};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// The local address.
    LocalAddress,
    /// The local port.
    LocalPort,
    /// The remote host.
    RemoteHost,
    /// The remote port.
    RemotePort,
}

/// The errors of the form, by field.
pub type FieldErrors = Vec<(Field, AddressError)>;

/// Parses the form.
///
/// # Errors
/// At least one field has an error.
pub fn parse(form: &TabSettings) -> Result<SessionConfig, FieldErrors> {
    let mut errors = FieldErrors::new();
    let responder = responder(form);
    let config = match form.kind {
        TabKind::TcpServer => {
            let local = local(form, &mut errors);
            local.map(|local| {
                let keep_half_open = form.keep_half_open;
                SessionConfig::TcpServer(TcpServerConfig {
                    keep_half_open,
                    no_delay: form.no_delay,
                    responder,
                    ..TcpServerConfig::new(local)
                })
            })
        }
        TabKind::TcpClient => {
            let remote = read_remote(form, &mut errors);
            let has_local = !(form.local_address.trim().is_empty() && form.local_port.trim().is_empty());
            let local = if has_local { client_local(form, &mut errors) } else { None };
            remote.map(|remote| {
                let reconnect =
                    if form.reconnect { ReconnectPolicy::DEFAULT_GROWING } else { ReconnectPolicy::Never };
                let keep_half_open = form.keep_half_open;
                SessionConfig::TcpClient(TcpClientConfig {
                    local,
                    reconnect,
                    keep_half_open,
                    no_delay: form.no_delay,
                    responder,
                    ..TcpClientConfig::new(remote)
                })
            })
        }
        TabKind::Udp => {
            let local = local(form, &mut errors);
            let has_remote = !(form.remote_host.trim().is_empty() && form.remote_port.trim().is_empty());
            let remote = if has_remote { read_remote(form, &mut errors) } else { None };
            local.map(|local| {
                SessionConfig::Udp(UdpConfig {
                    remote,
                    broadcast: form.broadcast,
                    responder,
                    ..UdpConfig::new(local)
                })
            })
        }
    };
    match config {
        Some(config) if errors.is_empty() => Ok(config),
        _ => Err(errors),
    }
}

/// What answers received data.
#[must_use]
pub fn responder(form: &TabSettings) -> ResponderConfig {
    match form.kind {
        _ if form.echo => ResponderConfig::Echo,
        // A client has nobody else to forward to.
        TabKind::TcpServer | TabKind::Udp if form.forward => ResponderConfig::Forward,
        _ => ResponderConfig::None,
    }
}

/// Adds the error to `errors`.
fn noted<T>(result: Result<T, AddressError>, field: Field, errors: &mut FieldErrors) -> Option<T> {
    result.map_err(|error| errors.push((field, error))).ok()
}

fn local(form: &TabSettings, errors: &mut FieldErrors) -> Option<SocketAddr> {
    let ip = noted(parse_ip(&form.local_address), Field::LocalAddress, errors);
    let port = noted(parse_port(&form.local_port), Field::LocalPort, errors);
    Some((ip?, port?).into())
}

/// The local side of a client, of which the address or the port may be empty.
fn client_local(form: &TabSettings, errors: &mut FieldErrors) -> Option<SocketAddr> {
    let wants_v6 = matches!(form.remote_host.parse(), Ok(Host::Ip(IpAddr::V6(_))));
    let any: IpAddr = if wants_v6 { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
    let ip = if form.local_address.trim().is_empty() {
        Some(any)
    } else {
        noted(parse_ip(&form.local_address), Field::LocalAddress, errors)
    };
    let port = if form.local_port.trim().is_empty() {
        Some(0)
    } else {
        noted(parse_port(&form.local_port), Field::LocalPort, errors)
    };
    Some((ip?, port?).into())
}

/// The remote address in the form.
///
/// # Errors
/// The host or the port has an error.
pub fn remote(form: &TabSettings) -> Result<Endpoint, FieldErrors> {
    let mut errors = FieldErrors::new();
    read_remote(form, &mut errors).ok_or(errors)
}

fn read_remote(form: &TabSettings, errors: &mut FieldErrors) -> Option<Endpoint> {
    let host = noted(form.remote_host.parse::<Host>(), Field::RemoteHost, errors);
    let port = parse_port(&form.remote_port)
        .and_then(|port| if port == 0 { Err(AddressError::PortZero) } else { Ok(port) });
    let port = noted(port, Field::RemotePort, errors);
    Some(Endpoint { host: host?, port: port? })
}

/// The title of a session's tab, with the name of a client's `server` if it has one. If the form has port 0, the port
/// is that of `local`.
#[must_use]
pub fn title(form: &TabSettings, local: Option<SocketAddr>, server: Option<&str>, words: &Words) -> String {
    let port = match local {
        Some(local) if form.local_port.trim() == "0" => local.port().to_string(),
        _ => form.local_port.clone(),
    };
    let shown = |host: &str, port: &str| {
        let (host, port) = (host.trim(), port.trim());
        if host.is_empty() || host == "0.0.0.0" || host == "::" {
            format!(":{port}")
        } else {
            format!("{host}:{port}")
        }
    };
    match form.kind {
        TabKind::TcpServer => {
            format!("{} {}", words.tcp_server, shown(&form.local_address, &port))
        }
        TabKind::TcpClient => {
            let shown = || shown(&form.remote_host, &form.remote_port);
            format!("{} {}", words.tcp_client, server.map_or_else(shown, ToOwned::to_owned))
        }
        TabKind::Udp => format!("{} {}", words.udp, shown(&form.local_address, &port)),
    }
}

/// The error of a field in words.
#[must_use]
pub fn explain(error: &AddressError, words: &Words) -> String {
    let with = |template: &str, input: &String| fill(template, &[("input", input)]);
    match error {
        AddressError::PortEmpty => words.port_empty.clone(),
        AddressError::PortZero => words.port_zero.clone(),
        AddressError::PortNotNumeric(input) => with(&words.port_not_numeric, input),
        AddressError::PortTooLarge(input) => with(&words.port_too_large, input),
        AddressError::FullWidth(input, half) => fill(&words.full_width, &[("input", input), ("half", half)]),
        AddressError::HostEmpty => words.host_empty.clone(),
        AddressError::HostHasSpace(input) => with(&words.host_has_space, input),
        AddressError::HostCharacter(input, character) => {
            fill(&words.host_character, &[("input", input), ("character", character)])
        }
        AddressError::BadIpv4(input) => with(&words.bad_ipv4, input),
        AddressError::BadIpv6(input) => with(&words.bad_ipv6, input),
        AddressError::NotNumeric(input) => with(&words.not_numeric, input),
        AddressError::PortMissing(input) => with(&words.port_missing, input),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(form: &TabSettings) -> Vec<Field> {
        parse(form).unwrap_err().into_iter().map(|(field, _)| field).collect()
    }

    #[test]
    fn each_wrong_field_is_reported() {
        let mut form = TabSettings::new(TabKind::TcpServer);
        for port in ["", "65536", "http", "７７８８", "-1", "1.5"] {
            form.local_port = port.into();
            assert_eq!(wrong(&form), [Field::LocalPort], "{port}");
        }
        form.local_address = "256.1.1.1".into();
        assert_eq!(wrong(&form), [Field::LocalAddress, Field::LocalPort]);

        let mut form = TabSettings::new(TabKind::TcpClient);
        form.remote_host = "my host".into();
        form.remote_port = "0".into();
        assert_eq!(wrong(&form), [Field::RemoteHost, Field::RemotePort]);
    }

    #[test]
    fn a_valid_form_is_parsed() {
        let form = TabSettings::new(TabKind::TcpServer);
        assert_eq!(
            parse(&form),
            Ok(SessionConfig::TcpServer(TcpServerConfig::new("0.0.0.0:7788".parse().unwrap())))
        );
        let mut form = TabSettings::new(TabKind::TcpClient);
        form.remote_host = "::1".into();
        form.local_port = "5000".into();
        let Ok(SessionConfig::TcpClient(config)) = parse(&form) else { panic!() };
        assert_eq!(config.local, Some("[::]:5000".parse().unwrap()));
        assert_eq!(config.remote.to_string(), "[::1]:7788");
        let form = TabSettings::new(TabKind::Udp);
        let Ok(SessionConfig::Udp(config)) = parse(&form) else { panic!() };
        assert_eq!(config.remote, None);
        for kind in [TabKind::TcpServer, TabKind::TcpClient, TabKind::Udp] {
            let forward =
                if kind == TabKind::TcpClient { ResponderConfig::None } else { ResponderConfig::Forward };
            for (is_echo, is_forward, responder) in [
                (false, false, ResponderConfig::None),
                (true, false, ResponderConfig::Echo),
                (false, true, forward),
                (true, true, ResponderConfig::Echo),
            ] {
                let form = TabSettings {
                    echo: is_echo,
                    forward: is_forward,
                    no_delay: is_echo,
                    remote_host: "::1".into(),
                    ..TabSettings::new(kind)
                };
                let remote_port =
                    if form.remote_port.is_empty() { "1".into() } else { form.remote_port.clone() };
                let config = parse(&TabSettings { remote_port, ..form }).unwrap();
                assert_eq!(config.responder(), responder);
                assert_eq!(config.no_delay(), is_echo || kind == TabKind::Udp);
            }
        }
    }
}
