//! What every use case knows of the request it serves.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use super::{Locale, Timestamp, TraceId};

/// The request context, passed by reference to every use case.
#[derive(Clone, Debug)]
pub struct Ctx {
    /// The instant of the request: one request sees one "now".
    pub now: Timestamp,
    pub trace: TraceId,
    pub source: SourceAddr,
    pub locale: Locale,
}

/// The network address that a request came from.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SourceAddr(IpAddr);

impl SourceAddr {
    /// An IPv4 address written as IPv6 (`::ffff:1.2.3.4`) counts as IPv4.
    #[must_use]
    pub fn new(address: IpAddr) -> Self {
        Self(address.to_canonical())
    }

    #[must_use]
    pub const fn ip(self) -> IpAddr {
        self.0
    }

    /// The source that limits count: `203.0.113.0/24` or `2001:db8:0:ab00::/56` (`decisions.md`, What may be known).
    #[must_use]
    pub fn prefix(self) -> String {
        match self.0 {
            IpAddr::V4(v4) => {
                let [a, b, c, _] = v4.octets();
                format!("{a}.{b}.{c}.0/24")
            }
            IpAddr::V6(v6) => {
                let kept = v6.to_bits() & !(u128::MAX >> 56);
                format!("{}/56", Ipv6Addr::from_bits(kept))
            }
        }
    }
}

impl From<IpAddr> for SourceAddr {
    fn from(address: IpAddr) -> Self {
        Self::new(address)
    }
}

/// Shows the counted prefix, not the address of a person.
impl fmt::Debug for SourceAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceAddr({})", self.prefix())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(address: &str) -> String {
        SourceAddr::new(address.parse().unwrap()).prefix()
    }

    #[test]
    fn neighbours_share_a_source() {
        assert_eq!(prefix("203.0.113.7"), "203.0.113.0/24");
        assert_eq!(prefix("203.0.113.255"), "203.0.113.0/24");
        assert_eq!(prefix("2001:db8:0:ab12:3::4"), "2001:db8:0:ab00::/56");
        assert_eq!(prefix("2001:db8:0:abff::1"), "2001:db8:0:ab00::/56");
    }

    #[test]
    fn strangers_do_not() {
        assert_ne!(prefix("203.0.112.7"), prefix("203.0.113.7"));
        assert_ne!(prefix("2001:db8:0:ac00::1"), prefix("2001:db8:0:ab00::1"));
    }

    #[test]
    fn an_ipv4_address_cannot_hide_as_ipv6() {
        assert_eq!(prefix("::ffff:203.0.113.7"), "203.0.113.0/24");
    }

    #[test]
    fn debug_shows_no_whole_address() {
        let source = SourceAddr::new("203.0.113.7".parse().unwrap());
        assert_eq!(format!("{source:?}"), "SourceAddr(203.0.113.0/24)");
        assert_eq!(source.ip().to_string(), "203.0.113.7");
    }
}
