//! Which addresses of the internet a stranger may make us connect to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether `address` is a public one, or loopback where that is allowed.
pub(super) fn may_connect(address: IpAddr, allow_loopback: bool) -> bool {
    let address = address.to_canonical();
    if address.is_loopback() {
        return allow_loopback;
    }
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// The IANA IPv4 Special-Purpose Address Registry (RFC 6890) read as: not globally reachable.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        [0 | 10 | 127, ..] | [169, 254, ..] | [192, 168, ..] => true,
        [100, b, ..] => (64..128).contains(&b),
        [172, b, ..] => (16..32).contains(&b),
        [192, 0, 0 | 2, _] | [192, 88, 99, _] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        [198, b, ..] => b == 18 || b == 19,
        [a, ..] => a >= 224,
    };
    !special
}

/// Global unicast is 2000::/3 (RFC 4291 §2.4); in it, ranges that embed or stand for other addresses are refused, and so
/// is NAT64, which lies outside.
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // Teredo, benchmarking, ORCHID and the rest of 2001::/23; documentation; 6to4; documentation (RFC 9637).
        [0x2001, 0x0000..=0x01ff, ..]
        | [0x2001, 0x0db8, ..]
        | [0x2002, ..]
        | [0x3fff, 0x0000..=0x0fff, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(address: &str, allow_loopback: bool) -> bool {
        may_connect(address.parse().unwrap(), allow_loopback)
    }

    #[test]
    fn public_addresses_are_fine() {
        for address in ["1.1.1.1", "114.114.114.114", "172.15.0.1", "172.32.0.1", "100.63.0.1", "223.5.5.5"] {
            assert!(may(address, false), "{address}");
        }
        for address in ["2400:3200::1", "2606:4700::1111", "2001:4860:4860::8888"] {
            assert!(may(address, false), "{address}");
        }
    }

    #[test]
    fn private_link_local_and_special_ranges_are_refused_with_and_without_loopback() {
        let v4 = ["0.0.0.0", "10.1.2.3", "100.64.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255"];
        let more = ["192.168.1.1", "192.0.2.1", "198.18.0.1", "203.0.113.7", "224.0.0.1", "255.255.255.255"];
        let v6 = ["::", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1", "fec0::1", "100::1"];
        for address in v4.into_iter().chain(more).chain(v6) {
            assert!(!may(address, false) && !may(address, true), "{address}");
        }
    }

    #[test]
    fn an_ipv4_address_cannot_hide_in_an_ipv6_one() {
        for address in ["::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "2001:0:a00:1::", "::10.0.0.1"] {
            assert!(!may(address, true), "{address}");
        }
    }

    #[test]
    fn loopback_needs_the_setting() {
        for address in ["127.0.0.1", "127.255.0.1", "::1", "::ffff:127.0.0.1"] {
            assert!(may(address, true) && !may(address, false), "{address}");
        }
    }
}
