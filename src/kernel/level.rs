//! Real-name levels, `acr` and `amr` (`decisions.md`, Levels; OpenID Connect Core §2; RFC 8176).

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How well the identity of a person or unit is proved. Derived from evidence, never stored as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RealNameLevel {
    /// 手机认证
    L1,
    /// 实名认证
    L2,
    /// 实人认证
    L3,
}

/// A text that is no level, `acr` or `amr` value of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such level or method")]
pub struct LevelError;

impl RealNameLevel {
    pub const ALL: [Self; 3] = [Self::L1, Self::L2, Self::L3];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::L1 => "L1",
            Self::L2 => "L2",
            Self::L3 => "L3",
        }
    }
}

impl fmt::Display for RealNameLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RealNameLevel {
    type Err = LevelError;

    fn from_str(text: &str) -> Result<Self, LevelError> {
        Self::ALL.into_iter().find(|level| level.as_str() == text).ok_or(LevelError)
    }
}

/// What `acr` says: the level of the acting identity and whether this sign-in had a second factor.
/// Ordered by level, then by `mfa`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Acr {
    pub level: RealNameLevel,
    pub mfa: bool,
}

impl Acr {
    /// All six values, weakest first: `acr_values_supported`.
    #[must_use]
    pub fn all() -> [Self; 6] {
        let [one, two, three] = RealNameLevel::ALL;
        [(one, false), (one, true), (two, false), (two, true), (three, false), (three, true)]
            .map(|(level, mfa)| Self { level, mfa })
    }

    /// `urn:menfu:acr:` + `L2` or `L2:mfa`.
    #[must_use]
    pub fn format(self, prefix: &str) -> String {
        format!("{prefix}{}{}", self.level, if self.mfa { ":mfa" } else { "" })
    }

    /// # Errors
    /// When the text is none of [`Acr::all`] under that prefix.
    pub fn parse(prefix: &str, text: &str) -> Result<Self, LevelError> {
        let value = text.strip_prefix(prefix).ok_or(LevelError)?;
        let (level, mfa) = value.strip_suffix(":mfa").map_or((value, false), |level| (level, true));
        Ok(Self { level: level.parse()?, mfa })
    }

    /// Whether this truth satisfies the value asked for: neither part may be weaker.
    #[must_use]
    pub fn satisfies(self, asked: Self) -> bool {
        self.level >= asked.level && (self.mfa || !asked.mfa)
    }

    /// Asked for several values: the first that is satisfied (`decisions.md`, Levels).
    #[must_use]
    pub fn first_satisfied(self, asked: &[Self]) -> Option<Self> {
        asked.iter().copied().find(|value| self.satisfies(*value))
    }
}

macro_rules! amr_methods {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// One way of authenticating, by its RFC 8176 name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum AmrMethod {
            $($(#[$doc])* #[serde(rename = $text)] $name),+
        }

        impl AmrMethod {
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
        }
    };
}

amr_methods! {
    /// A password.
    Pwd = "pwd",
    /// A code by SMS to a registered phone.
    Sms = "sms",
    /// A one-time password of an authenticator.
    Otp = "otp",
    /// Proof of a key in hardware.
    Hwk = "hwk",
    /// Proof of a key in software.
    Swk = "swk",
    /// A PIN that unlocked a key.
    Pin = "pin",
    /// The presence of the user was tested.
    User = "user",
    /// Knowledge-based answers: recovery only.
    Kba = "kba",
    /// Several channels, as of an upstream identity provider.
    Mca = "mca",
    /// Face recognition.
    Face = "face",
    /// More than one factor was used in this sign-in.
    Mfa = "mfa",
}

impl FromStr for AmrMethod {
    type Err = LevelError;

    fn from_str(text: &str) -> Result<Self, LevelError> {
        Self::ALL.iter().copied().find(|method| method.as_str() == text).ok_or(LevelError)
    }
}

/// What was done in one sign-in; a JSON array of names, in text separated by spaces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Amr(BTreeSet<AmrMethod>);

impl Amr {
    /// Password alone.
    #[must_use]
    pub fn password() -> Self {
        [AmrMethod::Pwd].into_iter().collect()
    }

    /// A code by SMS alone.
    #[must_use]
    pub fn sms() -> Self {
        [AmrMethod::Sms].into_iter().collect()
    }

    /// Nothing but the phone was there: whoever holds it may not be its owner.
    #[must_use]
    pub fn is_phone_alone(&self) -> bool {
        self.0.iter().eq([&AmrMethod::Sms])
    }

    /// A second factor was added: the method itself and `mfa`.
    #[must_use]
    pub fn with_second_factor(mut self, method: AmrMethod) -> Self {
        self.0.extend([method, AmrMethod::Mfa]);
        self
    }

    #[must_use]
    pub fn contains(&self, method: AmrMethod) -> bool {
        self.0.contains(&method)
    }

    #[must_use]
    pub fn is_mfa(&self) -> bool {
        self.contains(AmrMethod::Mfa)
    }

    pub fn methods(&self) -> impl Iterator<Item = AmrMethod> + '_ {
        self.0.iter().copied()
    }
}

impl FromIterator<AmrMethod> for Amr {
    fn from_iter<I: IntoIterator<Item = AmrMethod>>(methods: I) -> Self {
        Self(methods.into_iter().collect())
    }
}

impl fmt::Display for Amr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.methods().map(AmrMethod::as_str).collect();
        f.write_str(&names.join(" "))
    }
}

impl FromStr for Amr {
    type Err = LevelError;

    fn from_str(text: &str) -> Result<Self, LevelError> {
        text.split_ascii_whitespace().map(str::parse).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREFIX: &str = "urn:menfu:acr:";

    fn acr(text: &str) -> Acr {
        Acr::parse(PREFIX, &format!("{PREFIX}{text}")).unwrap()
    }

    #[test]
    fn levels_are_ordered_and_read_back() {
        assert!(RealNameLevel::L1 < RealNameLevel::L2 && RealNameLevel::L2 < RealNameLevel::L3);
        for level in RealNameLevel::ALL {
            assert_eq!(level.as_str().parse(), Ok(level));
        }
        assert_eq!("l2".parse::<RealNameLevel>(), Err(LevelError));
    }

    #[test]
    fn all_six_acr_values_read_back_in_ascending_order() {
        let all = Acr::all();
        assert!(all.is_sorted());
        for value in all {
            assert_eq!(Acr::parse(PREFIX, &value.format(PREFIX)), Ok(value));
        }
        assert_eq!(acr("L2:mfa").format(PREFIX), "urn:menfu:acr:L2:mfa");
    }

    #[test]
    fn foreign_or_garbled_acr_values_are_none_of_ours() {
        for text in
            ["", "L2", "urn:menfu:acr:", "urn:menfu:acr:L4", "urn:menfu:acr:L2:mfa:mfa", "urn:other:L2"]
        {
            assert_eq!(Acr::parse(PREFIX, text), Err(LevelError), "{text}");
        }
    }

    #[test]
    fn the_strongest_session_satisfies_every_value() {
        assert!(Acr::all().into_iter().all(|asked| acr("L3:mfa").satisfies(asked)));
    }

    #[test]
    fn a_high_level_does_not_stand_in_for_a_second_factor() {
        assert!(!acr("L3").satisfies(acr("L1:mfa")));
        assert!(!acr("L1:mfa").satisfies(acr("L2")));
    }

    #[test]
    fn the_first_satisfied_value_is_the_answer() {
        assert_eq!(acr("L2").first_satisfied(&[acr("L3"), acr("L1"), acr("L2")]), Some(acr("L1")));
        assert_eq!(acr("L1").first_satisfied(&[acr("L3"), acr("L2")]), None);
    }

    #[test]
    fn amr_lists_what_was_done() {
        let amr = Amr::password().with_second_factor(AmrMethod::Sms);
        assert_eq!(serde_json::to_string(&amr).unwrap(), r#"["pwd","sms","mfa"]"#);
        assert_eq!(amr.to_string(), "pwd sms mfa");
        assert_eq!("mfa pwd sms".parse::<Amr>(), Ok(amr.clone()));
        assert!(amr.is_mfa());
        assert!(!Amr::password().is_mfa());
        assert!("pwd nonsense".parse::<Amr>().is_err());
    }

    #[test]
    fn every_method_reads_its_own_name() {
        for method in AmrMethod::ALL {
            assert_eq!(method.as_str().parse(), Ok(*method));
        }
    }
}
