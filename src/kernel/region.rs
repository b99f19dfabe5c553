//! Region codes (GB/T 2260, `domain.md` §1.12).

use std::fmt;
use std::str::FromStr;

use super::canon;

/// A code of six digits: a province, a city or a county.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region(String);

/// A text that is no region code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a region code")]
pub struct RegionError;

/// How deep a code goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RegionLevel {
    Province,
    City,
    County,
}

/// 东莞, 中山, 儋州 and 嘉峪关: their cascade ends at the second select.
const CITIES_WITHOUT_COUNTIES: [&str; 4] = ["441900", "442000", "460400", "620200"];

impl Region {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn level(&self) -> RegionLevel {
        if self.0.ends_with("0000") {
            RegionLevel::Province
        } else if self.0.ends_with("00") {
            RegionLevel::City
        } else {
            RegionLevel::County
        }
    }

    /// The region this one lies in; `None` for a province.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let kept = match self.level() {
            RegionLevel::Province => return None,
            RegionLevel::City => 2,
            RegionLevel::County => 4,
        };
        self.0.get(..kept).map(|prefix| Self(format!("{prefix:0<6}")))
    }

    /// Whether nothing deeper can be chosen: a county, or a city that has none.
    #[must_use]
    pub fn is_deepest(&self) -> bool {
        self.level() == RegionLevel::County || CITIES_WITHOUT_COUNTIES.contains(&self.as_str())
    }
}

/// The first two digits of every province-level code that a mainland document can bear.
pub(super) fn is_mainland_province(code: &str) -> bool {
    matches!(code.parse::<u8>(), Ok(11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71))
}

impl FromStr for Region {
    type Err = RegionError;

    fn from_str(raw: &str) -> Result<Self, RegionError> {
        let text = canon::identifier(raw);
        let province = text.get(..2).ok_or(RegionError)?;
        let known = is_mainland_province(province) || matches!(province, "81" | "82" | "83");
        if text.len() == 6 && canon::is_digits(&text) && known { Ok(Self(text)) } else { Err(RegionError) }
    }
}

impl TryFrom<String> for Region {
    type Error = RegionError;

    fn try_from(text: String) -> Result<Self, RegionError> {
        text.parse()
    }
}

impl From<Region> for String {
    fn from(region: Region) -> Self {
        region.0
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Region({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn region(code: &str) -> Region {
        code.parse().unwrap()
    }

    #[test]
    fn a_county_lies_in_a_city_and_a_city_in_a_province() {
        let county = region("440703");
        let city = county.parent().unwrap();
        let province = city.parent().unwrap();
        assert_eq!((city.as_str(), province.as_str()), ("440700", "440000"));
        assert_eq!((county.level(), city.level()), (RegionLevel::County, RegionLevel::City));
        assert_eq!(province.parent(), None);
    }

    #[test]
    fn four_cities_have_no_counties() {
        for code in CITIES_WITHOUT_COUNTIES {
            assert!(region(code).is_deepest());
        }
        assert!(!region("440700").is_deepest());
        assert!(region("440703").is_deepest());
    }

    #[test]
    fn unknown_provinces_and_other_lengths_are_refused() {
        for raw in ["", "4407", "100000", "990000", "44070A", "4407033", "广东"] {
            assert_eq!(raw.parse::<Region>(), Err(RegionError), "{raw}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_is_idempotent(raw in "\\PC*|[0-9]{6}") {
            if let Ok(region) = raw.parse::<Region>() {
                prop_assert_eq!(&region.as_str().parse::<Region>().unwrap(), &region);
                prop_assert!(region.parent().is_none_or(|parent| parent.level() < region.level()));
            }
        }
    }
}
