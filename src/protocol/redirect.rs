//! Redirect URIs: what may be registered, what matches, and the answers sent to them.
//!
//! A [`VerifiedRedirect`] is made by [`VerifiedRedirect::verify`] alone, so an answer cannot be sent
//! to an address that was not registered: an open redirect does not compile.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use url::{Host, Url, form_urlencoded};

use super::{
    client::{ApplicationType, Client},
    error::{ErrorCode, OAuthError, PageError},
    issuer::Issuer,
    response::{AuthorizationResponse, FormPost, Location, ResponseMode},
};
use crate::kernel::{ClientId, PlainToken};

/// An absolute URI of a registration, kept byte for byte; it has no fragment (RFC 6749 §3.1.2).
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RegisteredUri(String);

/// The text cannot be registered as a URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an absolute URI without a fragment")]
pub struct RegisteredUriError;

impl RegisteredUri {
    /// The URI as it was registered.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its host, if the scheme has one.
    #[must_use]
    pub fn host(&self) -> Option<String> {
        Url::parse(&self.0).ok()?.host_str().map(str::to_owned)
    }
}

impl FromStr for RegisteredUri {
    type Err = RegisteredUriError;

    fn from_str(text: &str) -> Result<Self, RegisteredUriError> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if !visible || text.contains('#') || has_userinfo(text) || Url::parse(text).is_err() {
            return Err(RegisteredUriError);
        }
        Ok(Self(text.to_owned()))
    }
}

/// RFC 3986 §3.2.1: what stands before an `@` in the authority. It makes one host look like another, and an empty one with an
/// empty host is no address any more once a query follows. A backslash is a slash to a browser (WHATWG URL §4.4).
fn has_userinfo(text: &str) -> bool {
    let rest = text.split_once(':').map_or("", |(_, rest)| rest).trim_start_matches(['/', '\\']);
    rest.split(['/', '\\', '?']).next().is_some_and(|authority| authority.contains('@'))
}

impl TryFrom<String> for RegisteredUri {
    type Error = RegisteredUriError;

    fn try_from(text: String) -> Result<Self, RegisteredUriError> {
        text.parse()
    }
}

impl From<RegisteredUri> for String {
    fn from(uri: RegisteredUri) -> Self {
        uri.0
    }
}

impl fmt::Display for RegisteredUri {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Debug for RegisteredUri {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "RegisteredUri({})", self.0)
    }
}

/// A redirect URI that the client registered, as this request sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedRedirect {
    client_id: ClientId,
    uri: String,
}

impl VerifiedRedirect {
    /// RFC 6749 §3.1.2.3, RFC 9700 §2.1: the URI equals a registered one byte for byte; only the port
    /// of a native application's loopback address is free (RFC 8252 §7.3).
    ///
    /// # Errors
    /// [`PageError::RedirectMismatch`]: the person sees a page here.
    pub fn verify(client: &Client, sent: &str) -> Result<Self, PageError> {
        let native = client.is_public() && client.application_type == ApplicationType::Native;
        let fits =
            |uri: &RegisteredUri| uri.as_str() == sent || (native && differs_in_port(uri.as_str(), sent));
        if !client.redirect_uris.iter().any(fits) {
            return Err(PageError::RedirectMismatch);
        }
        Ok(Self { client_id: client.client_id.clone(), uri: sent.to_owned() })
    }

    /// The client it belongs to.
    #[must_use]
    pub fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// The URI as the request sent it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.uri
    }

    /// What `form-action` must allow beside `'self'`, because browsers apply it to the redirect that
    /// follows a POST: the origin, or the bare scheme of a private one.
    #[must_use]
    pub fn form_action(&self) -> String {
        origin_of(&self.uri).unwrap_or_default()
    }

    /// The answer that carries a code (RFC 6749 §4.1.2), with `iss` (RFC 9207 §2).
    #[must_use]
    pub fn with_code(
        &self,
        mode: ResponseMode,
        issuer: &Issuer,
        code: &PlainToken,
        state: Option<&str>,
    ) -> AuthorizationResponse {
        let params = [("code", Some(code.expose())), ("state", state), ("iss", Some(issuer.as_str()))];
        self.answer(mode, &params, None)
    }

    /// The answer that carries an error (RFC 6749 §4.1.2.1); `state` and `iss` come back here too.
    #[must_use]
    pub fn with_error(
        &self,
        mode: ResponseMode,
        issuer: &Issuer,
        error: &OAuthError,
        state: Option<&str>,
    ) -> AuthorizationResponse {
        let description = error.description();
        self.answer(
            mode,
            &[
                ("error", Some(error.code.as_str())),
                ("error_description", Some(&*description)),
                ("state", state),
                ("iss", Some(issuer.as_str())),
            ],
            Some(error.code),
        )
    }

    /// RFC 6749 §3.1.2: parameters are added to the query, what stood there stays; or they are a form's.
    fn answer(
        &self,
        mode: ResponseMode,
        params: &[(&'static str, Option<&str>)],
        error: Option<ErrorCode>,
    ) -> AuthorizationResponse {
        match mode {
            ResponseMode::Query => {
                AuthorizationResponse::Redirect(Location::new(append_query(&self.uri, params), error))
            }
            ResponseMode::FormPost => {
                AuthorizationResponse::FormPost(FormPost::new(&self.uri, params, error))
            }
        }
    }
}

/// The source of a `Content-Security-Policy` that covers a URI: its origin, or its bare scheme.
#[must_use]
pub fn origin_of(uri: &str) -> Option<String> {
    let url = Url::parse(uri).ok()?;
    let origin = url.origin();
    Some(if origin.is_tuple() { origin.ascii_serialization() } else { format!("{}:", url.scheme()) })
}

/// Adds the present parameters to the query of a URI without touching the rest of it.
#[must_use]
pub fn append_query(uri: &str, params: &[(&str, Option<&str>)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in params {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    let query = query.finish();
    if query.is_empty() {
        return uri.to_owned();
    }
    let joint = match uri.split_once('?') {
        None => "?",
        Some((_, rest)) if rest.is_empty() || rest.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{uri}{joint}{query}")
}

/// RFC 8252 §7.3: both are `http` on the same loopback address and equal but for the port.
fn differs_in_port(registered: &str, sent: &str) -> bool {
    let (Some(ours), Some(theirs)) = (without_port(registered), without_port(sent)) else { return false };
    ours == theirs
}

/// The URI around its port, if it is `http` on a loopback address: compared as text, not as a URL.
fn without_port(uri: &str) -> Option<(&str, &str)> {
    let url = Url::parse(uri).ok()?;
    let loopback = match url.host()? {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(_) => false,
    };
    let rest = uri.strip_prefix("http://").filter(|_| loopback)?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end)?;
    if authority.contains('@') {
        return None;
    }
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if is_port(port) => host,
        _ => authority,
    };
    Some((host, path))
}

/// An empty port is another way to write the address, not a port that was chosen.
fn is_port(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        kernel::SeededRng,
        protocol::{
            client::tests::{exam, from_toml},
            error::ErrorCode,
        },
    };

    #[test]
    fn an_address_with_userinfo_is_never_registered() {
        for uri in [
            "ch.x://@",
            "https://a@rp.example/cb",
            "https://rp.example@evil.example",
            r"https:\\a@rp.example",
            "x.y:a@b",
        ] {
            assert!(uri.parse::<RegisteredUri>().is_err(), "{uri}");
        }
        for uri in ["https://rp.example/@home?to=a@b", "cn.example.app:/cb", "http://[::1]/cb"] {
            assert!(uri.parse::<RegisteredUri>().is_ok(), "{uri}");
        }
    }

    fn issuer() -> Issuer {
        "https://sso.example".parse().unwrap()
    }

    fn native(uri: &str) -> Client {
        from_toml(&format!(
            "client_id = \"app\"\nclient_name = \"App\"\nredirect_uris = [\"{uri}\"]\n\
             token_endpoint_auth_method = \"none\"\napplication_type = \"native\""
        ))
    }

    #[test]
    fn only_the_registered_bytes_match() {
        let client = exam();
        assert!(VerifiedRedirect::verify(&client, "https://exam.example/callback").is_ok());
        for trick in [
            "",
            "https://exam.example/callback/",
            "https://exam.example/callback?x=1",
            "https://exam.example/callback?",
            "https://exam.example/callback#",
            "https://exam.example/callback#@evil.example",
            "https://exam.example/Callback",
            "https://EXAM.example/callback",
            "https://exam.example:443/callback",
            "https://exam.example/./callback",
            "https://exam.example/a/../callback",
            "https://exam.example/callbac%6b",
            "https://exam.example//callback",
            "https://exam.example\\callback",
            "https://exam.example@evil.example/callback",
            "https://user@exam.example/callback",
            "https://exam.example.evil.example/callback",
            "https://evil.example/callback",
            "http://exam.example/callback",
            "//exam.example/callback",
            "/callback",
            " https://exam.example/callback",
            "https://exam.example/callback\n",
            "https://exam.example/callback\0",
            "javascript:alert(1)",
            "data:text/html,x",
        ] {
            let verified = VerifiedRedirect::verify(&client, trick);
            assert_eq!(verified, Err(PageError::RedirectMismatch), "{trick:?}");
        }
    }

    #[test]
    fn a_native_application_chooses_its_loopback_port() {
        let client = native("http://127.0.0.1/cb");
        for good in ["http://127.0.0.1/cb", "http://127.0.0.1:51004/cb"] {
            assert!(VerifiedRedirect::verify(&client, good).is_ok(), "{good}");
        }
        for bad in [
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:51004/cb?x",
            "http://127.0.0.1:51004/other",
            "http://127.0.0.1:1@evil.example/cb",
            "http://127.0.0.1:x@127.0.0.1/cb",
            "http://127.0.0.2:51004/cb",
            "http://localhost:51004/cb",
            "http://2130706433:51004/cb",
            "https://127.0.0.1:51004/cb",
            "http://[::1]:51004/cb",
        ] {
            assert!(VerifiedRedirect::verify(&client, bad).is_err(), "{bad}");
        }
        assert!(VerifiedRedirect::verify(&native("http://[::1]/cb"), "http://[::1]:9/cb").is_ok());
    }

    #[test]
    fn no_other_client_has_a_free_port() {
        let mut client = native("http://127.0.0.1/cb");
        client.application_type = ApplicationType::Web;
        assert!(VerifiedRedirect::verify(&client, "http://127.0.0.1:51004/cb").is_err());
        let client = native("https://app.example/cb");
        assert!(VerifiedRedirect::verify(&client, "https://app.example:8443/cb").is_err());
    }

    #[test]
    fn an_answer_carries_code_state_and_iss() {
        let redirect = VerifiedRedirect::verify(&exam(), "https://exam.example/callback").unwrap();
        let code = PlainToken::generate(&SeededRng::new(1));
        let response = redirect.with_code(ResponseMode::Query, &issuer(), &code, Some("a b&c=\"门"));
        let location = response.location().unwrap();
        let url = Url::parse(location.as_str()).unwrap();
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let expected = [("code", code.expose()), ("state", "a b&c=\"门"), ("iss", "https://sso.example")];
        assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert!(!format!("{location:?}").contains(code.expose()));
    }

    #[test]
    fn an_error_brings_state_and_iss_back_and_nothing_else() {
        let redirect = VerifiedRedirect::verify(&exam(), "https://exam.example/callback").unwrap();
        let error = OAuthError::new(ErrorCode::LoginRequired, "nobody is signed in").because("secret");
        let text = |state| {
            let response = redirect.with_error(ResponseMode::Query, &issuer(), &error, state);
            response.location().unwrap().as_str().to_owned()
        };
        assert_eq!(
            text(Some("xyz")),
            "https://exam.example/callback?error=login_required&error_description=nobody+is+signed+in\
             &state=xyz&iss=https%3A%2F%2Fsso.example"
        );
        assert!(!text(None).contains("state"));
    }

    #[test]
    fn a_form_carries_the_same_parameters_to_the_very_address() {
        let client = from_toml(
            "client_id = \"a\"\nclient_name = \"A\"\nredirect_uris = [\"https://a.example/cb?x=1\"]\n",
        );
        let redirect = VerifiedRedirect::verify(&client, "https://a.example/cb?x=1").unwrap();
        let code = PlainToken::generate(&SeededRng::new(1));
        let response = redirect.with_code(ResponseMode::FormPost, &issuer(), &code, Some("<\"门"));
        assert!(response.location().is_none() && !format!("{response:?}").contains(code.expose()));
        let AuthorizationResponse::FormPost(form) = response else { panic!("a redirect") };
        assert_eq!(
            (form.action(), form.origin().as_str()),
            ("https://a.example/cb?x=1", "https://a.example")
        );
        let expected = [("code", code.expose()), ("state", "<\"门"), ("iss", "https://sso.example")];
        assert_eq!(form.fields(), expected.map(|(name, value)| (name, value.to_owned())));
        let error = OAuthError::new(ErrorCode::AccessDenied, "no");
        let response = redirect.with_error(ResponseMode::FormPost, &issuer(), &error, None);
        let AuthorizationResponse::FormPost(form) = response else { panic!("a redirect") };
        let names: Vec<_> = form.fields().iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["error", "error_description", "iss"]);
    }

    #[test]
    fn an_existing_query_stays() {
        for (uri, expected) in [
            ("https://a.example/cb", "https://a.example/cb?x=1"),
            ("https://a.example/cb?", "https://a.example/cb?x=1"),
            ("https://a.example/cb?y=%20", "https://a.example/cb?y=%20&x=1"),
        ] {
            assert_eq!(append_query(uri, &[("x", Some("1")), ("z", None)]), expected);
        }
        assert_eq!(append_query("https://a.example/cb", &[("x", None)]), "https://a.example/cb");
    }

    #[test]
    fn form_action_names_the_origin_or_the_private_scheme() {
        let redirect = VerifiedRedirect::verify(&exam(), "https://exam.example/callback").unwrap();
        assert_eq!(redirect.form_action(), "https://exam.example");
        let client = native("cn.example.app:/cb");
        assert_eq!(
            VerifiedRedirect::verify(&client, "cn.example.app:/cb").unwrap().form_action(),
            "cn.example.app:"
        );
    }

    proptest! {
        #[test]
        fn nothing_but_registered_bytes_is_verified(sent in ".{0,80}") {
            prop_assert!(VerifiedRedirect::verify(&exam(), &sent).is_err());
        }

        #[test]
        fn a_free_port_never_frees_more(sent in "http://127\\.0\\.0\\.1[:@/?#a-z0-9.]{0,40}") {
            if VerifiedRedirect::verify(&native("http://127.0.0.1/cb"), &sent).is_ok() {
                let url = Url::parse(&sent).unwrap();
                prop_assert_eq!(url.host_str(), Some("127.0.0.1"));
                prop_assert_eq!(url.path(), "/cb");
                prop_assert_eq!(url.username(), "");
            }
        }
    }
}
