//! 性别, as documents and forms state it.

use serde::{Deserialize, Serialize};

/// The sex on an identity document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Sex {
    #[serde(rename = "M")]
    Male,
    #[serde(rename = "F")]
    Female,
}

/// A text that names no sex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a sex")]
pub struct SexError;

impl Sex {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Male => "M",
            Self::Female => "F",
        }
    }

    /// The value of the standard claim `gender` (OpenID Connect Core §5.1).
    #[must_use]
    pub const fn claim(self) -> &'static str {
        match self {
            Self::Male => "male",
            Self::Female => "female",
        }
    }
}

impl std::str::FromStr for Sex {
    type Err = SexError;

    fn from_str(text: &str) -> Result<Self, SexError> {
        match text {
            "M" => Ok(Self::Male),
            "F" => Ok(Self::Female),
            _ => Err(SexError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_read_back() {
        for sex in [Sex::Male, Sex::Female] {
            assert_eq!(sex.as_str().parse(), Ok(sex));
        }
        assert!("x".parse::<Sex>().is_err());
        assert_eq!((Sex::Male.claim(), Sex::Female.claim()), ("male", "female"));
    }
}
