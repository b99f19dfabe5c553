//! E-mail addresses, as far as a form can judge them (RFC 5321 §4.1.2 without quoted and address literals).

use std::str::FromStr;

use super::canon;
use super::text_value::personal_text;

/// An address whose domain is in lower case; whether mail arrives there is proved by a code, not by its form.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

/// E_EMAIL_FORMAT
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address")]
pub struct EmailError;

impl EmailError {
    #[must_use]
    pub const fn message_key(self) -> &'static str {
        "E_EMAIL_FORMAT"
    }
}

impl Email {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `zh***@example.com`
    #[must_use]
    pub fn masked(&self) -> String {
        let (local, domain) = self.0.split_once('@').unwrap_or((&self.0, ""));
        let shown: String = if local.len() > 2 { local.chars().take(2).collect() } else { String::new() };
        format!("{shown}***@{domain}")
    }
}

impl FromStr for Email {
    type Err = EmailError;

    fn from_str(raw: &str) -> Result<Self, EmailError> {
        let text = canon::identifier(raw);
        let (local, domain) = text.split_once('@').ok_or(EmailError)?;
        let fits = text.len() <= 254 && is_local_part(local) && is_domain(domain);
        if fits { Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase()))) } else { Err(EmailError) }
    }
}

/// RFC 5321 §4.1.2: a dot-string of at most 64 octets.
fn is_local_part(local: &str) -> bool {
    let atom = |atom: &str| !atom.is_empty() && atom.chars().all(is_atext);
    local.len() <= 64 && local.split('.').all(atom)
}

/// RFC 5322 §3.2.3
fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c)
}

/// At least two labels of letters, digits and inner hyphens (RFC 1123 §2.1).
fn is_domain(domain: &str) -> bool {
    domain.contains('.') && domain.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let inner = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    (1..=63).contains(&label.len()) && inner && !label.starts_with('-') && !label.ends_with('-')
}

personal_text!(Email, EmailError);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_domain_is_folded_and_the_local_part_kept() {
        assert_eq!(" Zhang.San@Example.COM ".parse::<Email>().unwrap().as_str(), "Zhang.San@example.com");
    }

    #[test]
    fn what_cannot_be_an_address_is_refused() {
        let long = format!("{}@example.com", "a".repeat(65));
        for raw in
            ["", "a", "@b.cn", "a@", "a@b", "a@b..cn", "a@-b.cn", "a..b@c.cn", "a@b@c.cn", "张@b.cn", &long]
        {
            assert!(raw.parse::<Email>().is_err(), "{raw}");
        }
        assert_eq!(EmailError.message_key(), "E_EMAIL_FORMAT");
    }

    #[test]
    fn an_address_shows_itself_masked() {
        assert_eq!("zhangsan@example.com".parse::<Email>().unwrap().masked(), "zh***@example.com");
        assert_eq!("zs@example.com".parse::<Email>().unwrap().masked(), "***@example.com");
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_is_idempotent(raw in "\\PC*|[a-zA-Z.+]{1,9}@[a-zA-Z.-]{1,12}") {
            if let Ok(email) = raw.parse::<Email>() {
                prop_assert_eq!(email.as_str().parse::<Email>().unwrap(), email);
            }
        }
    }
}
