//! What people may tell of themselves beyond their identity: the claims of OpenID Connect Core §5.1 that no document holds.
//!
//! Nobody is asked for any of it at registration, and nothing is made up where it is missing.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;

use super::canon;
use super::text_value::personal_text;

/// All of it; what is not told is not there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct About {
    /// 昵称
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<Line>,
    /// A page about the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<WebAddress>,
    /// A picture of the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<WebAddress>,
    /// The person's own site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<WebAddress>,
    /// 地址, as it is written on an envelope.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Line>,
}

/// One line of text for people to read.
#[derive(Clone, PartialEq, Eq)]
pub struct Line(String);

/// No line of text, or too long a one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a line of 1 to 200 characters")]
pub struct LineError;

const LONGEST_LINE: usize = 200;

impl Line {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `广东省深圳市****`
    #[must_use]
    pub fn masked(&self) -> String {
        let shown: String = self.0.chars().take(6).collect();
        if shown.len() < self.0.len() { format!("{shown}****") } else { "****".to_owned() }
    }
}

impl FromStr for Line {
    type Err = LineError;

    fn from_str(raw: &str) -> Result<Self, LineError> {
        let line = raw.trim();
        let readable = !line.chars().any(|c| c.is_control() || canon::is_invisible(c) || turns_text(c));
        let fits = (1..=LONGEST_LINE).contains(&line.chars().count());
        if readable && fits { Ok(Self(line.to_owned())) } else { Err(LineError) }
    }
}

personal_text!(Line, LineError);

/// Marks that make a line look like another one (Unicode UAX 9 §2).
const fn turns_text(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// An address on the web that a portal may show as a link or load as a picture: https and nothing that could act.
#[derive(Clone, PartialEq, Eq)]
pub struct WebAddress(String);

/// No such address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an https address")]
pub struct WebAddressError;

const LONGEST_ADDRESS: usize = 500;

impl WebAddress {
    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `https://example.com/****`
    #[must_use]
    pub fn masked(&self) -> String {
        let origin = Url::parse(&self.0).map(|url| url.origin().ascii_serialization());
        format!("{}/****", origin.unwrap_or_default())
    }
}

impl FromStr for WebAddress {
    type Err = WebAddressError;

    fn from_str(raw: &str) -> Result<Self, WebAddressError> {
        let url = Url::parse(raw.trim()).map_err(|_| WebAddressError)?;
        let bare = url.username().is_empty() && url.password().is_none();
        let text = String::from(url.clone());
        let fits = url.scheme() == "https" && url.domain().is_some() && bare && text.len() <= LONGEST_ADDRESS;
        if fits { Ok(Self(text)) } else { Err(WebAddressError) }
    }
}

personal_text!(WebAddress, WebAddressError);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_is_one_line_and_shows_its_beginning_masked() {
        let line: Line = " 广东省深圳市无名路 1 号 ".parse().unwrap();
        assert_eq!(line.as_str(), "广东省深圳市无名路 1 号");
        assert_eq!(format!("{line:?}"), "Line(广东省深圳市****)");
        assert_eq!("小雨".parse::<Line>().unwrap().masked(), "****");
        for raw in ["", "  ", "a\nb", "a\u{202E}b", &"长".repeat(201)] {
            assert_eq!(raw.parse::<Line>(), Err(LineError), "{raw}");
        }
    }

    #[test]
    fn a_web_address_can_be_shown_and_cannot_act() {
        let address: WebAddress = "https://people.example/xiaoyu?a=1".parse().unwrap();
        assert_eq!(address.as_str(), "https://people.example/xiaoyu?a=1");
        assert_eq!(format!("{address:?}"), "WebAddress(https://people.example/****)");
        for raw in [
            "",
            "people.example",
            "http://people.example/",
            "javascript:alert(1)",
            "data:image/png;base64,AA==",
            "https://user:pass@people.example/",
            "https://10.0.0.1/",
            &format!("https://people.example/{}", "a".repeat(500)),
        ] {
            assert_eq!(raw.parse::<WebAddress>(), Err(WebAddressError), "{raw}");
        }
    }

    #[test]
    fn what_is_not_told_takes_no_room_and_is_read_as_not_told() {
        assert_eq!(serde_json::to_string(&About::default()).unwrap(), "{}");
        assert_eq!(serde_json::from_str::<About>("{}").unwrap(), About::default());
        let told = About { nickname: Some("小雨".parse().unwrap()), ..About::default() };
        let json = serde_json::to_string(&told).unwrap();
        assert_eq!(serde_json::from_str::<About>(&json).unwrap(), told);
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_is_idempotent(raw in "\\PC{0,60}|https://\\PC{0,40}") {
            if let Ok(line) = raw.parse::<Line>() {
                prop_assert_eq!(line.as_str().parse::<Line>().unwrap(), line);
            }
            if let Ok(address) = raw.parse::<WebAddress>() {
                prop_assert_eq!(address.as_str().parse::<WebAddress>().unwrap(), address);
            }
        }
    }
}
