//! The three languages of the pages.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A language that the catalogues have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Locale {
    #[default]
    #[serde(rename = "zh-Hans")]
    ZhHans,
    #[serde(rename = "zh-Hant")]
    ZhHant,
    #[serde(rename = "en")]
    En,
}

/// A language tag that none of the catalogues serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such language")]
pub struct UnknownLocale;

impl Locale {
    pub const ALL: [Self; 3] = [Self::ZhHans, Self::ZhHant, Self::En];

    /// The BCP 47 tag, for `lang` and `ui_locales_supported`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::ZhHans => "zh-Hans",
            Self::ZhHant => "zh-Hant",
            Self::En => "en",
        }
    }

    /// The first language of an `Accept-Language` header that we have; quality values decide, then order.
    #[must_use]
    pub fn accepted(header: &str) -> Option<Self> {
        let mut best: Option<(Self, u16)> = None;
        for entry in header.split(',').take(20) {
            let (tag, quality) = entry.split_once(';').unwrap_or((entry, ""));
            let Ok(locale) = tag.trim().parse() else { continue };
            let weight = permille(quality);
            if weight > best.map_or(0, |(_, weight)| weight) {
                best = Some((locale, weight));
            }
        }
        best.map(|(locale, _)| locale)
    }
}

/// RFC 9110 §12.4.2: `q=0.8` as 800; nothing or nonsense as 1000.
fn permille(parameter: &str) -> u16 {
    let Some(value) = parameter.trim().strip_prefix("q=") else { return 1000 };
    let Some((whole, fraction)) = value.split_once('.') else { return if value == "0" { 0 } else { 1000 } };
    if whole != "0" || fraction.is_empty() || fraction.len() > 3 {
        return 1000;
    }
    format!("{fraction:0<3}").parse().unwrap_or(1000)
}

/// Any tag that means one of ours: `zh-CN`, `zh-Hant-TW`, `en-GB` and so on (RFC 4647 lookup, by primary language
/// and then script or region).
impl FromStr for Locale {
    type Err = UnknownLocale;

    fn from_str(tag: &str) -> Result<Self, UnknownLocale> {
        let tag = tag.to_ascii_lowercase().replace('_', "-");
        let mut parts = tag.split('-');
        match parts.next() {
            Some("en") => Ok(Self::En),
            Some("zh") => match parts.next() {
                Some("hant" | "tw" | "hk" | "mo") => Ok(Self::ZhHant),
                _ => Ok(Self::ZhHans),
            },
            _ => Err(UnknownLocale),
        }
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_all_regions_find_their_language() {
        for (tag, locale) in [
            ("zh", Locale::ZhHans),
            ("zh-CN", Locale::ZhHans),
            ("zh-Hans-HK", Locale::ZhHans),
            ("zh_TW", Locale::ZhHant),
            ("ZH-HANT", Locale::ZhHant),
            ("en-GB", Locale::En),
        ] {
            assert_eq!(tag.parse::<Locale>(), Ok(locale), "{tag}");
        }
        assert!("fr".parse::<Locale>().is_err());
        assert!("".parse::<Locale>().is_err());
    }

    #[test]
    fn every_language_reads_its_own_tag() {
        for locale in Locale::ALL {
            assert_eq!(locale.tag().parse::<Locale>(), Ok(locale));
            assert_eq!(serde_json::to_string(&locale).unwrap(), format!("\"{locale}\""));
        }
    }

    #[test]
    fn the_browsers_preference_decides() {
        assert_eq!(
            Locale::accepted("fr-CH, fr;q=0.9, en;q=0.8, zh-TW;q=0.85, *;q=0.5"),
            Some(Locale::ZhHant)
        );
        assert_eq!(Locale::accepted("en-US,en;q=0.9"), Some(Locale::En));
        assert_eq!(Locale::accepted("en;q=0, zh-CN;q=0.1"), Some(Locale::ZhHans));
        assert_eq!(Locale::accepted("fr"), None);
        assert_eq!(Locale::accepted(""), None);
        assert_eq!(Locale::accepted("en;q=abc"), Some(Locale::En));
    }
}
