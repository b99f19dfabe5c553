//! Every path of the provider, once. Handlers and templates never spell a path themselves.

use std::fmt;

use url::form_urlencoded::Serializer;

macro_rules! paths {
    ($($variant:ident = $path:literal),+ $(,)?) => {
        /// A route of the provider, without its query.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Path { $(
            #[doc = concat!("`", $path, "`")]
            $variant,
        )+ }

        impl Path {
            /// All routes, for the tests that visit each of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The path as the router and the browser spell it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $path),+ }
            }

            /// The route that has exactly this path.
            #[must_use]
            pub fn of(path: &str) -> Option<Self> {
                match path { $($path => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

paths! {
    OpenIdConfiguration = "/.well-known/openid-configuration",
    OAuthServer = "/.well-known/oauth-authorization-server",
    Jwks = "/jwks",
    Authorize = "/authorize",
    Resume = "/authorize/resume",
    Token = "/token",
    Userinfo = "/userinfo",
    Introspect = "/introspect",
    Revoke = "/revoke",
    Logout = "/logout",
    Login = "/login",
    RaiseLevel = "/login/raise-level",
    Choose = "/login/choose",
    Consent = "/oauth/consent",
    LoginSms = "/login/sms",
    Locked = "/locked",
    Register = "/register",
    RegisterPerson = "/register/person",
    RegisterIdentity = "/register/person/identity",
    RegisterVerify = "/register/person/verify",
    RegisterWait = "/register/person/wait",
    RegisterDone = "/register/person/done",
    RegisterUsername = "/register/username",
    Account = "/account",
    Profile = "/account/profile",
    Password = "/account/password",
    EditProfile = "/account/profile/edit",
    SecurityQuestions = "/account/security-questions",
    Phone = "/account/phone",
    Apps = "/account/apps",
    MyData = "/account/privacy",
    Export = "/account/privacy/export",
    FullProfile = "/account/profile/full",
    Sessions = "/account/sessions",
    PasswordDoor = "/password/change",
    Document = "/account/document",
    Verification = "/account/verification",
    VerificationBank = "/account/verification/bank",
    VerificationUnionPay = "/account/verification/unionpay",
    VerificationWait = "/account/verification/wait",
    Terms = "/legal/terms",
    Privacy = "/legal/privacy",
    Help = "/help",
    Faq = "/help/faq",
    Contact = "/contact",
    Accessibility = "/accessibility",
    Elder = "/elder",
    Banks = "/help/banks",
    Guide = "/help/guide/person-register",
    Preferences = "/preferences",
    Captcha = "/captcha",
    CaptchaAudio = "/captcha/audio",
    Recover = "/recover",
    RecoverAccount = "/recover/account",
    RecoverAccountCode = "/recover/account/code",
    RecoverAccountDone = "/recover/account/done",
    RecoverAccountCard = "/recover/account/unionpay",
    RecoverPassword = "/recover/password",
    RecoverWay = "/recover/password/way",
    RecoverProof = "/recover/password/verify",
    RecoverQuestions = "/recover/password/questions",
    RecoverNewPassword = "/recover/password/new",
    RecoverPasswordCard = "/recover/password/unionpay",
    RecoverPhone = "/recover/phone",
    RecoverCardWait = "/recover/card/wait",
    RecoverCardDone = "/recover/card/done",
    RecoverDone = "/recover/password/done",
    Veto = "/veto",
    Healthz = "/healthz",
    Readyz = "/readyz",
}

impl Path {
    /// This path as an interaction of a parked authorization request.
    #[must_use]
    pub fn within(self, request: Option<&str>) -> Link {
        Link::to(self).maybe("request", request)
    }
}

/// A path with its query, percent-encoded when displayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    path: Path,
    query: Vec<(&'static str, String)>,
}

impl Link {
    /// A link without a query.
    #[must_use]
    pub const fn to(path: Path) -> Self {
        Self { path, query: Vec::new() }
    }

    /// Adds a parameter.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// Adds a parameter that may be absent.
    #[must_use]
    pub fn maybe(self, name: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path.as_str())?;
        if self.query.is_empty() {
            return Ok(());
        }
        let query = Serializer::new(String::new()).extend_pairs(&self.query).finish();
        write!(f, "?{query}")
    }
}

impl From<Link> for String {
    fn from(link: Link) -> Self {
        link.to_string()
    }
}

impl From<Path> for Link {
    fn from(path: Path) -> Self {
        Self::to(path)
    }
}

/// An address that a link of ours carries along (`next`, `back`), if it is a page here; nobody is led elsewhere.
#[must_use]
pub fn local(address: &str) -> Option<String> {
    let here = url::Url::parse("http://here.invalid").ok()?;
    let url = here.join(address).ok().filter(|_| address.starts_with('/'))?;
    let is_page = url.origin() == here.origin() && Path::ALL.iter().any(|path| path.as_str() == url.path());
    is_page
        .then(|| url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_here_is_local() {
        assert_eq!(local("/account").as_deref(), Some("/account"));
        assert_eq!(local("/login?request=a&x=%2F").as_deref(), Some("/login?request=a&x=%2F"));
        for foreign in [
            "",
            "account",
            "//evil.example/account",
            "/\\evil.example/account",
            "https://evil.example/account",
            "/account/../../evil",
            "/nowhere",
            "/\t/evil.example",
            "javascript:alert(1)",
            "http://here.invalid/account",
        ] {
            assert_eq!(local(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn a_link_encodes_its_query() {
        let link = Path::Login.within(Some("a&b=c")).with("t", "person");
        assert_eq!(link.to_string(), "/login?request=a%26b%3Dc&t=person");
    }

    #[test]
    fn a_link_without_a_request_has_no_query() {
        assert_eq!(Path::Login.within(None).to_string(), "/login");
    }

    #[test]
    fn no_two_routes_share_a_path() {
        let mut paths: Vec<_> = Path::ALL.iter().map(|path| path.as_str()).collect();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), Path::ALL.len());
    }
}
