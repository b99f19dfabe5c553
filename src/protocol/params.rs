//! Request parameters as they arrived: in order, duplicates kept so that they can be refused.
//!
//! RFC 6749 §3.1: a parameter without a value counts as absent, and none may be sent twice.

use url::form_urlencoded;

/// The decoded name/value pairs of a query or form body.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct RawParams(Vec<(String, String)>);

/// A parameter was sent more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the parameter {0} was sent more than once")]
pub struct Duplicate(pub &'static str);

impl RawParams {
    /// Parses `application/x-www-form-urlencoded` text: a query string or a form body.
    pub fn parse(encoded: &[u8]) -> Self {
        form_urlencoded::parse(encoded).into_owned().collect()
    }

    /// The one value of `name`; empty values count as absent (RFC 6749 §3.1).
    ///
    /// # Errors
    /// [`Duplicate`] when the parameter stands there twice, with whatever values.
    pub fn one(&self, name: &'static str) -> Result<Option<&str>, Duplicate> {
        let mut values = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let first = values.next();
        match values.next() {
            Some(_) => Err(Duplicate(name)),
            None => Ok(first.filter(|value| !value.is_empty())),
        }
    }

    /// Every value of a parameter that may be repeated, as `resource` (RFC 8707 §2); empty ones count as absent.
    pub fn all(&self, name: &'static str) -> impl Iterator<Item = &str> {
        let values = self.0.iter().filter(move |(key, value)| key == name && !value.is_empty());
        values.map(|(_, value)| value.as_str())
    }

    /// The value of `name` if it stands there exactly once.
    pub fn once(&self, name: &'static str) -> Option<&str> {
        self.one(name).ok().flatten()
    }

    /// Whether `name` is there at all, once or more, with or without a value.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// The same pairs, encoded again; parsing the result yields an equal value.
    pub fn encode(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }
}

impl FromIterator<(String, String)> for RawParams {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl<'a, const N: usize> From<[(&'a str, &'a str); N]> for RawParams {
    fn from(pairs: [(&'a str, &'a str); N]) -> Self {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }
}

/// Names only: values may be secrets or personal data.
impl std::fmt::Debug for RawParams {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_parameter_sent_twice_is_refused_even_with_equal_values() {
        let raw = RawParams::parse(b"scope=openid&scope=openid&state=1");
        assert_eq!(raw.one("scope"), Err(Duplicate("scope")));
        assert_eq!(raw.one("state"), Ok(Some("1")));
        assert_eq!(raw.once("scope"), None);
    }

    #[test]
    fn an_empty_parameter_counts_as_absent_and_still_as_sent() {
        let raw = RawParams::parse(b"scope=&state=");
        assert_eq!(raw.one("scope"), Ok(None));
        assert!(raw.has("scope"));
    }

    #[test]
    fn an_empty_and_a_filled_copy_are_still_two() {
        assert_eq!(RawParams::parse(b"code=&code=x").one("code"), Err(Duplicate("code")));
    }

    #[test]
    fn debug_shows_no_value() {
        assert_eq!(format!("{:?}", RawParams::parse(b"client_secret=hush")), r#"["client_secret"]"#);
    }

    proptest! {
        #[test]
        fn any_bytes_parse_and_encoding_is_stable(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let raw = RawParams::parse(&bytes);
            prop_assert_eq!(RawParams::parse(raw.encode().as_bytes()), raw);
        }
    }
}
