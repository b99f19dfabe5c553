//! What a portal checks itself, though the provider promised it: `iss` of the response, level, age of the sign-in.
//!
//! Pure. Signature, `iss`, `aud`, `exp` and `nonce` of the ID token are the openidconnect crate's part (`openid.rs`).

use chrono::TimeDelta;

use super::PortalSettings;
use crate::kernel::{Acr, RealNameLevel, Timestamp};

/// Clocks of two machines may differ so much.
const SKEW: TimeDelta = TimeDelta::seconds(60);

/// Why a portal does not let somebody in.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The answer does not come from the provider that was asked.
    #[error("the response carries another iss")]
    WrongIssuer,
    /// Signed in, but not proved enough.
    #[error("acr is {0:?}, which is too low")]
    TooLow(Option<RealNameLevel>),
    /// The sign-in is too old, undated, or dated in the future.
    #[error("auth_time does not fit")]
    Stale,
}

/// RFC 9207 §2.4: the authorization response names the issuer that was asked.
///
/// # Errors
/// [`Refusal::WrongIssuer`], also when there is none: our provider's metadata promise it.
pub fn check_issuer(settings: &PortalSettings, iss: Option<&str>) -> Result<(), Refusal> {
    if iss == Some(settings.issuer.as_str()) { Ok(()) } else { Err(Refusal::WrongIssuer) }
}

/// OpenID Connect Core §3.1.3.7, steps 12 and 13: `acr` is ordered and `auth_time` is recent.
///
/// # Errors
/// [`Refusal::TooLow`], [`Refusal::Stale`].
pub fn check_sign_in(
    settings: &PortalSettings,
    acr: Option<&str>,
    auth_time: Option<Timestamp>,
    now: Timestamp,
) -> Result<Acr, Refusal> {
    let acr =
        acr.and_then(|text| Acr::parse(&settings.acr_prefix, text).ok()).ok_or(Refusal::TooLow(None))?;
    if !acr.satisfies(Acr { level: settings.min_level, mfa: false }) {
        return Err(Refusal::TooLow(Some(acr.level)));
    }
    let auth_time = auth_time.ok_or(Refusal::Stale)?;
    let is_recent = auth_time <= now + SKEW && auth_time >= now - settings.max_auth_age - SKEW;
    if is_recent { Ok(acr) } else { Err(Refusal::Stale) }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::demo::PortalKind;
    use crate::kernel::Secret;

    const NOW: Timestamp = Timestamp::from_seconds(1_795_248_000);

    fn insurance() -> PortalSettings {
        let base = Url::parse("http://127.0.0.1:8083").unwrap();
        let client_id = "insurance-portal".parse().unwrap();
        PortalSettings::new(
            PortalKind::Insurance,
            base,
            "http://localhost:8080".into(),
            client_id,
            Secret::from("s"),
        )
    }

    #[test]
    fn levels_are_compared_by_order() {
        for (acr, expected) in [
            ("urn:menfu:acr:L2", Ok(RealNameLevel::L2)),
            ("urn:menfu:acr:L2:mfa", Ok(RealNameLevel::L2)),
            ("urn:menfu:acr:L3", Ok(RealNameLevel::L3)),
            ("urn:menfu:acr:L1", Err(Refusal::TooLow(Some(RealNameLevel::L1)))),
            ("urn:menfu:acr:L1:mfa", Err(Refusal::TooLow(Some(RealNameLevel::L1)))),
            ("L2", Err(Refusal::TooLow(None))),
            ("urn:menfu:acr:L9", Err(Refusal::TooLow(None))),
        ] {
            assert_eq!(
                check_sign_in(&insurance(), Some(acr), Some(NOW), NOW).map(|acr| acr.level),
                expected,
                "{acr}"
            );
        }
        assert_eq!(check_sign_in(&insurance(), None, Some(NOW), NOW), Err(Refusal::TooLow(None)));
    }

    #[test]
    fn a_sign_in_must_be_dated_recent_and_past() {
        let acr = Some("urn:menfu:acr:L2");
        let hours = TimeDelta::hours;
        for (auth_time, accepted) in [
            (Some(NOW), true),
            (Some(NOW - hours(8)), true),
            (Some(NOW + TimeDelta::seconds(30)), true),
            (Some(NOW - hours(9)), false),
            (Some(NOW + hours(1)), false),
            (None, false),
        ] {
            let verdict = check_sign_in(&insurance(), acr, auth_time, NOW);
            assert_eq!(verdict.is_ok(), accepted, "{auth_time:?}");
            assert!(accepted || verdict == Err(Refusal::Stale));
        }
    }

    #[test]
    fn only_the_issuer_that_was_asked_may_answer() {
        assert_eq!(check_issuer(&insurance(), Some("http://localhost:8080")), Ok(()));
        for iss in [None, Some(""), Some("http://localhost:8080/"), Some("http://evil.example")] {
            assert_eq!(check_issuer(&insurance(), iss), Err(Refusal::WrongIssuer), "{iss:?}");
        }
    }
}
