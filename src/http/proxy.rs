//! Who really asks, when reverse proxies stand in front. Only a proxy that the settings name is believed.

use std::net::{AddrParseError, IpAddr};
use std::str::FromStr;

use http::{HeaderMap, HeaderValue};
use ipnet::IpNet;
use serde::Deserialize;

use crate::kernel::TraceId;
use crate::kernel::trace::TraceParent;

const FORWARDED_FOR: &str = "x-forwarded-for";
const REQUEST_ID: &str = "x-request-id";
const TRACE_PARENT: &str = "traceparent";

/// Addresses of reverse proxies: one (`10.0.0.1`) or a network (`10.0.0.0/24`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network(IpNet);

/// Not an address, not a network, or all the addresses there are.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    #[error(transparent)]
    Address(#[from] AddrParseError),
    #[error(transparent)]
    Network(#[from] ipnet::AddrParseError),
    #[error("a network of every address: anybody could then write where a request comes from")]
    Everybody,
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let network: IpNet = if text.contains('/') { text.parse()? } else { text.parse::<IpAddr>()?.into() };
        if network.prefix_len() == 0 { Err(NetworkError::Everybody) } else { Ok(Self(network)) }
    }
}

impl TryFrom<String> for Network {
    type Error = NetworkError;

    fn try_from(text: String) -> Result<Self, NetworkError> {
        text.parse()
    }
}

impl Network {
    fn holds(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical()) || self.0.contains(&address)
    }
}

/// The address the request came from: the last one in `X-Forwarded-For` that is no proxy of ours. What stands before it
/// was written by the caller and counts for nothing.
#[must_use]
pub fn source(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    // Hop by hop, for a proxy appends to whatever the caller sent: letters that no address has hide nothing behind them.
    let written = headers.get_all(FORWARDED_FOR).iter().map(HeaderValue::as_bytes);
    let hops: Vec<&[u8]> = written.flat_map(|value| value.split(|byte| *byte == b',')).collect();
    let mut source = peer;
    for hop in hops.iter().rev() {
        if !is_trusted(source, trusted) {
            break;
        }
        let Some(before) = std::str::from_utf8(hop).ok().and_then(|hop| hop.trim().parse().ok()) else {
            break;
        };
        source = before;
    }
    source
}

/// The number that a trusted proxy gave the request (`decisions.md`, Personal data: the trace id of a page).
#[must_use]
pub fn request_id(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> Option<TraceId> {
    let given = headers.get(REQUEST_ID).filter(|_| is_trusted(peer, trusted))?;
    given.to_str().ok()?.parse().ok()
}

/// The span that a trusted proxy made of the request; two of them are none (W3C Trace Context §3.2: once only).
#[must_use]
pub fn trace_parent(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> Option<TraceParent> {
    let mut given = headers.get_all(TRACE_PARENT).iter();
    let only = given.next().filter(|_| given.next().is_none() && is_trusted(peer, trusted))?;
    only.to_str().ok()?.parse().ok()
}

fn is_trusted(address: IpAddr, trusted: &[Network]) -> bool {
    trusted.iter().any(|network| network.holds(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXIES: [&str; 2] = ["10.0.0.1", "10.0.0.2"];
    const NUMBER: &str = "b3b2e342-cee0-49d5-a3af-52e7f29c327b";

    fn trusted() -> Vec<Network> {
        PROXIES.map(|address| address.parse().unwrap()).to_vec()
    }

    fn seen(peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        source(peer.parse().unwrap(), &headers, &trusted()).to_string()
    }

    #[test]
    fn a_caller_that_is_no_proxy_of_ours_is_itself_whatever_it_writes() {
        assert_eq!(seen("203.0.113.7", &[]), "203.0.113.7");
        assert_eq!(seen("203.0.113.7", &["198.51.100.1"]), "203.0.113.7");
        assert_eq!(seen("203.0.113.7", &["10.0.0.1"]), "203.0.113.7");
    }

    #[test]
    fn behind_our_proxies_it_is_the_last_address_that_is_none_of_them() {
        assert_eq!(seen("10.0.0.1", &["203.0.113.7"]), "203.0.113.7");
        assert_eq!(seen("::ffff:10.0.0.1", &["203.0.113.7, 10.0.0.2"]), "203.0.113.7");
        assert_eq!(seen("10.0.0.1", &["203.0.113.7", "10.0.0.2"]), "203.0.113.7");
        assert_eq!(seen("10.0.0.1", &["2001:db8::1"]), "2001:db8::1");
    }

    #[test]
    fn what_a_caller_wrote_before_our_proxy_counts_for_nothing() {
        assert_eq!(seen("10.0.0.1", &["127.0.0.1, 203.0.113.7"]), "203.0.113.7");
        assert_eq!(seen("10.0.0.1", &["10.0.0.2, 203.0.113.7"]), "203.0.113.7");
    }

    #[test]
    fn letters_that_no_address_has_hide_no_hop_behind_them() {
        let value = HeaderValue::from_bytes("门, 203.0.113.7".as_bytes()).unwrap();
        let headers = HeaderMap::from_iter([(http::HeaderName::from_static(FORWARDED_FOR), value)]);
        assert_eq!(source("10.0.0.1".parse().unwrap(), &headers, &trusted()).to_string(), "203.0.113.7");
    }

    #[test]
    fn a_network_of_proxies_is_written_once_and_ends_where_it_ends() {
        let networks: Vec<Network> = ["10.0.8.0/22", "fd00::/64"].map(|text| text.parse().unwrap()).to_vec();
        let seen = |peer: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(FORWARDED_FOR, "203.0.113.7".parse().unwrap());
            source(peer.parse().unwrap(), &headers, &networks).to_string()
        };
        for proxy in ["10.0.8.1", "10.0.11.255", "::ffff:10.0.9.9", "fd00::12"] {
            assert_eq!(seen(proxy), "203.0.113.7", "{proxy}");
        }
        for stranger in ["10.0.12.0", "10.0.7.255", "fd00:0:0:1::1"] {
            assert_eq!(seen(stranger), stranger);
        }
    }

    #[test]
    fn nobody_can_be_told_to_trust_everybody_or_nonsense() {
        for text in ["0.0.0.0/0", "::/0", "10.0.0.0/33", "proxy.example", "10.0.0.1/"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }

    #[test]
    fn nonsense_and_silence_leave_the_nearest_that_is_known() {
        assert_eq!(seen("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &["unknown"]), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &["203.0.113.7, , 10.0.0.2"]), "10.0.0.2");
    }

    #[test]
    fn a_number_is_taken_from_a_trusted_proxy_and_only_if_it_is_one() {
        let mut headers = HeaderMap::new();
        headers.insert(REQUEST_ID, NUMBER.parse().unwrap());
        let given = |peer: &str, headers: &HeaderMap| request_id(peer.parse().unwrap(), headers, &trusted());
        assert_eq!(given("10.0.0.1", &headers).map(|id| id.to_string()).as_deref(), Some(NUMBER));
        assert_eq!(given("203.0.113.7", &headers), None);
        headers.insert(REQUEST_ID, "<script>".parse().unwrap());
        assert_eq!(given("10.0.0.1", &headers), None);
    }

    #[test]
    fn a_span_is_taken_from_a_trusted_proxy_and_only_if_it_is_one_and_one_only() {
        const SPAN: &str = "00-b3b2e342cee049d5a3af52e7f29c327b-00f067aa0ba902b7-01";
        let given =
            |peer: &str, headers: &HeaderMap| trace_parent(peer.parse().unwrap(), headers, &trusted());
        let mut headers = HeaderMap::new();
        headers.insert(TRACE_PARENT, SPAN.parse().unwrap());
        assert_eq!(given("10.0.0.1", &headers), Some(SPAN.parse().unwrap()));
        assert_eq!(given("203.0.113.7", &headers), None);
        headers.append(TRACE_PARENT, SPAN.parse().unwrap());
        assert_eq!(given("10.0.0.1", &headers), None);
        headers.insert(TRACE_PARENT, HeaderValue::from_bytes("门".as_bytes()).unwrap());
        assert_eq!(given("10.0.0.1", &headers), None);
    }
}
