//! The provider's cookies: names, attributes, and how long they live.
//!
//! On every issuer but a loopback `http` one the names carry `__Host-` and the cookies are `Secure`, so that no
//! neighbouring host and no plain connection can plant one (`decisions.md`, "Protocol").

use axum_extra::extract::cookie::{Cookie, SameSite};
use http::HeaderMap;
use http::header::COOKIE;
use url::Url;

/// A browser takes such a cookie from this very host and a safe connection only (RFC 6265bis §4.1.3.2).
const HOST_PREFIX: &str = "__Host-";

/// What a cookie of ours is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// The pre-session: CSRF key, binding of parked requests and wizards. Replaced at sign-in.
    Browser,
    /// The SSO session.
    Session,
    /// Browsers in which an account signed in before (lockout of `decisions.md`).
    Device,
    /// Chosen language.
    Locale,
    /// 长者版.
    Elder,
    /// 无障碍: higher contrast.
    Contrast,
}

impl Name {
    const fn stem(self) -> &'static str {
        match self {
            Self::Browser => "menfu-browser",
            Self::Session => "menfu-session",
            Self::Device => "menfu-device",
            Self::Locale => "menfu-locale",
            Self::Elder => "menfu-elder",
            Self::Contrast => "menfu-contrast",
        }
    }

    /// Whether the cookie outlives the browser; browsers themselves cap that at 400 days.
    const fn is_kept(self) -> bool {
        matches!(self, Self::Device | Self::Locale | Self::Elder | Self::Contrast)
    }
}

/// How this issuer writes its cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookies {
    /// `__Host-` names, `Secure`.
    Host,
    /// Plain names on a loopback `http` issuer, for clients that are no browsers.
    Loopback,
}

impl Cookies {
    /// Chooses by the issuer: only a loopback `http` one gets plain names.
    #[must_use]
    pub fn of(issuer: &Url) -> Self {
        if issuer.scheme() == "http" { Self::Loopback } else { Self::Host }
    }

    /// The cookie's name on the wire.
    #[must_use]
    pub fn name(self, name: Name) -> String {
        match self {
            Self::Host => format!("{HOST_PREFIX}{}", name.stem()),
            Self::Loopback => name.stem().to_owned(),
        }
    }

    /// The value that the browser sent, if any. What is no cookie value (RFC 6265 §4.1.1) was never set by us; the parser
    /// decodes percent signs, so that it could bring a semicolon or a line break into what is set again.
    #[must_use]
    pub fn read(self, headers: &HeaderMap, name: Name) -> Option<String> {
        let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        // Its name stands there letter by letter: none that only becomes ours when it is decoded.
        let pairs = lines.flat_map(|line| line.split(';')).filter(|pair| self.is_named(pair, name));
        let cookie = pairs.filter_map(|pair| Cookie::parse_encoded(pair).ok()).next_back()?;
        cookie.value().bytes().all(is_cookie_octet).then(|| cookie.value().to_owned())
    }

    fn is_named(self, pair: &str, name: Name) -> bool {
        let sent = pair.split_once('=').map_or(pair, |(name, _)| name).trim();
        let stem = match self {
            Self::Host => sent.strip_prefix(HOST_PREFIX),
            Self::Loopback => Some(sent),
        };
        stem == Some(name.stem())
    }

    /// A `Set-Cookie` value.
    #[must_use]
    pub fn set(self, name: Name, value: &str) -> String {
        let mut cookie = self.base(name, value.to_owned());
        if name.is_kept() {
            cookie.make_permanent();
        }
        cookie.to_string()
    }

    /// A `Set-Cookie` value that removes the cookie.
    #[must_use]
    pub fn clear(self, name: Name) -> String {
        let mut cookie = self.base(name, String::new());
        cookie.make_removal();
        cookie.to_string()
    }

    fn base(self, name: Name, value: String) -> Cookie<'static> {
        Cookie::build((self.name(name), value))
            .path("/")
            .http_only(true)
            .secure(self == Self::Host)
            .same_site(SameSite::Lax)
            .build()
    }
}

fn is_cookie_octet(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\')
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(issuer: &str) -> Cookies {
        Cookies::of(&issuer.parse().unwrap())
    }

    #[test]
    fn a_value_that_no_cookie_may_have_is_not_read_though_it_came_in_percent_signs() {
        let cookies = of("http://localhost:8080");
        for (sent, read) in [("a.b~c_D-1", Some("a.b~c_D-1")), ("a%3B+Domain=evil", None), ("a%0D%0Ab", None)]
        {
            let header = format!("menfu-device={sent}").parse().unwrap();
            let headers = HeaderMap::from_iter([(COOKIE, header)]);
            assert_eq!(cookies.read(&headers, Name::Device).as_deref(), read, "{sent}");
        }
    }

    #[test]
    fn an_https_issuer_sets_host_prefixed_secure_cookies() {
        let cookie = of("https://id.example.gov.cn").set(Name::Session, "s");
        assert!(cookie.starts_with("__Host-menfu-session=s; "));
        for attribute in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
            assert!(cookie.contains(attribute), "{attribute} missing in {cookie}");
        }
        assert!(!cookie.contains("Domain"));
    }

    #[test]
    fn a_loopback_issuer_sets_plain_cookies() {
        let cookie = of("http://localhost:8080").set(Name::Session, "s");
        assert!(cookie.starts_with("menfu-session=s; "));
        assert!(!cookie.contains("Secure"));
    }

    #[test]
    fn a_plain_cookie_is_not_read_by_an_https_issuer() {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_static("menfu-session=planted"));
        assert_eq!(of("https://id.example.gov.cn").read(&headers, Name::Session), None);
        assert_eq!(of("http://localhost:8080").read(&headers, Name::Session).as_deref(), Some("planted"));
    }

    #[test]
    fn a_name_that_becomes_ours_only_when_it_is_decoded_is_not_ours_and_the_last_of_two_counts() {
        let read = |sent: &'static str| {
            let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_static(sent))]);
            of("https://id.example.gov.cn").read(&headers, Name::Session)
        };
        assert_eq!(read("__Host%2Dmenfu-session=planted"), None);
        assert_eq!(read("__Host-menfu-session=old; a=b;__Host-menfu-session=new").as_deref(), Some("new"));
        assert_eq!(read("__Host-menfu-session"), None);
    }

    #[test]
    fn the_device_cookie_is_kept_and_the_session_cookie_is_not() {
        let cookies = of("http://localhost:8080");
        assert!(cookies.set(Name::Device, "d").contains("Max-Age"));
        assert!(!cookies.set(Name::Session, "s").contains("Max-Age"));
        assert!(cookies.clear(Name::Session).contains("Max-Age=0"));
    }
}
