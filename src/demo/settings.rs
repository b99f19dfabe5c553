//! What distinguishes one portal from another: addresses, client, level, words.

use chrono::TimeDelta;
use url::Url;

use crate::kernel::{Acr, ClientId, RealNameLevel, Secret};

/// Which of the two portals.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PortalKind {
    /// 考试报名: enough for everybody whose phone is proved.
    Exam,
    /// 社会保险: for people whose real name is proved.
    Insurance,
}

/// A page of the provider that the portal links to (`pages.md` §6.12).
#[derive(Clone, Debug)]
pub struct DeepLink {
    pub text: &'static str,
    /// Path below the issuer, as `/account/profile`.
    pub path: &'static str,
}

/// One relying party's settings.
#[derive(Clone, Debug)]
pub struct PortalSettings {
    pub kind: PortalKind,
    /// Where browsers reach the portal: scheme, host and port.
    pub base_url: Url,
    /// The provider's issuer identifier, byte for byte.
    pub issuer: String,
    pub client_id: ClientId,
    /// For `client_secret_basic`.
    pub client_secret: Secret,
    /// Below it nobody gets in.
    pub min_level: RealNameLevel,
    /// The prefix of `acr` values that the provider is known to use.
    pub acr_prefix: String,
    /// The oldest sign-in that the portal takes.
    pub max_auth_age: TimeDelta,
    /// Links to pages that the provider has; nothing is linked that is not there.
    pub links: Vec<DeepLink>,
}

impl PortalSettings {
    /// The settings of the demo: L1 for exams, L2 for social insurance, sign-ins of a working day.
    #[must_use]
    pub fn new(
        kind: PortalKind,
        base_url: Url,
        issuer: String,
        client_id: ClientId,
        client_secret: Secret,
    ) -> Self {
        let min_level = match kind {
            PortalKind::Exam => RealNameLevel::L1,
            PortalKind::Insurance => RealNameLevel::L2,
        };
        Self {
            kind,
            base_url,
            issuer,
            client_id,
            client_secret,
            min_level,
            acr_prefix: "urn:menfu:acr:".to_owned(),
            max_auth_age: TimeDelta::hours(8),
            links: vec![DeepLink { text: "用户信息维护", path: "/account/profile" }],
        }
    }

    /// One of the portal's own addresses, as registered with the provider.
    #[must_use]
    pub fn address(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    /// Scheme, host and port of the portal.
    #[must_use]
    pub fn origin(&self) -> String {
        self.base_url.origin().ascii_serialization()
    }

    /// A page of the provider, told where the person comes from.
    #[must_use]
    pub fn deep_link(&self, link: &DeepLink) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", self.client_id.as_str())
            .append_pair("return_to", &self.address("/"))
            .finish();
        format!("{}{}?{query}", self.issuer.trim_end_matches('/'), link.path)
    }

    /// The `acr` that the portal asks for.
    #[must_use]
    pub fn wanted_acr(&self) -> String {
        Acr { level: self.min_level, mfa: false }.format(&self.acr_prefix)
    }

    /// Own cookie names: ports do not separate cookies, and both portals may live on one host.
    #[must_use]
    pub const fn cookies(&self) -> CookieNames {
        match self.kind {
            PortalKind::Exam => CookieNames { session: "exam-session", browser: "exam-browser" },
            PortalKind::Insurance => {
                CookieNames { session: "insurance-session", browser: "insurance-browser" }
            }
        }
    }
}

/// The portal's two cookies.
#[derive(Clone, Copy, Debug)]
pub struct CookieNames {
    /// Who is signed in.
    pub session: &'static str,
    /// Which browser asked the provider: an answer brought by another one is not taken.
    pub browser: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn addresses_are_spelled_as_they_are_registered() {
        assert_eq!(insurance().address("/callback"), "http://127.0.0.1:8083/callback");
        assert_eq!(insurance().wanted_acr(), "urn:menfu:acr:L2");
    }

    #[test]
    fn a_deep_link_says_who_sends_the_person_and_where_to_return() {
        let settings = insurance();
        let expected = "http://localhost:8080/account/profile?client_id=insurance-portal&return_to=http%3A%2F%2F127.0.0.1%3A8083%2F";
        assert_eq!(settings.deep_link(&settings.links[0]), expected);
    }
}
