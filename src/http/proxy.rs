//! Who really asks, when reverse proxies stand in front. Only a proxy that the settings name is believed.

use std::net::IpAddr;

use http::{HeaderMap, HeaderValue};

use crate::kernel::TraceId;

const FORWARDED_FOR: &str = "x-forwarded-for";
const REQUEST_ID: &str = "x-request-id";

/// The address the request came from: the last one in `X-Forwarded-For` that is no proxy of ours. What stands before it
/// was written by the caller and counts for nothing.
#[must_use]
pub fn source(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
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
pub fn request_id(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> Option<TraceId> {
    let given = headers.get(REQUEST_ID).filter(|_| is_trusted(peer, trusted))?;
    given.to_str().ok()?.parse().ok()
}

fn is_trusted(address: IpAddr, trusted: &[IpAddr]) -> bool {
    trusted.iter().any(|proxy| proxy.to_canonical() == address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXIES: [&str; 2] = ["10.0.0.1", "10.0.0.2"];
    const NUMBER: &str = "b3b2e342-cee0-49d5-a3af-52e7f29c327b";

    fn trusted() -> Vec<IpAddr> {
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
}
