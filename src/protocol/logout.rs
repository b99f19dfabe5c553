//! RP-initiated logout: whether to ask, and where to go afterwards (RP-Initiated Logout 1.0).

use super::{
    client::Client,
    issuer::Issuer,
    jose::{TokenType, Verifier},
    params::RawParams,
    redirect::append_query,
};
use crate::kernel::{ClientId, Locale};

/// Why a logout request goes no further than a page here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogoutError {
    /// A parameter stands there twice.
    #[error("a parameter was sent more than once")]
    Repeated,
    /// The hint is not a token that we signed for this client.
    #[error("id_token_hint is not an ID token of this issuer for this client")]
    Hint,
    /// The address is not registered, byte for byte, or nobody says whose it is.
    #[error("post_logout_redirect_uri is not registered for this client")]
    RedirectMismatch,
}

/// What the `id_token_hint` proves (§2): which client asks, about whom and which session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// Its audience.
    pub client_id: ClientId,
    /// Its subject.
    pub sub: String,
    /// Its session.
    pub sid: Option<String>,
}

/// A logout request, its parameters read and its hint verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutRequest {
    hint: Option<Hint>,
    client_id: Option<ClientId>,
    post_logout_redirect_uri: Option<String>,
    state: Option<String>,
    /// The first language asked for that we have.
    pub locale: Option<Locale>,
}

impl LogoutRequest {
    /// Reads the request. The hint may have expired (§2, §4).
    ///
    /// # Errors
    /// A [`LogoutError`], shown on a page: the browser stays here.
    pub fn read(raw: &RawParams, issuer: &Issuer, keys: &Verifier) -> Result<Self, LogoutError> {
        let one = |name| raw.one(name).map_err(|_| LogoutError::Repeated);
        let hint = one("id_token_hint")?.map(|token| read_hint(token, issuer, keys)).transpose()?;
        let named = one("client_id")?.map(|id| id.parse().map_err(|_| LogoutError::Hint)).transpose()?;
        // §2: both present, the client must be the one the hint was issued to.
        if let (Some(hint), Some(named)) = (&hint, &named)
            && hint.client_id != *named
        {
            return Err(LogoutError::Hint);
        }
        Ok(Self {
            client_id: named.or_else(|| hint.as_ref().map(|hint| hint.client_id.clone())),
            hint,
            post_logout_redirect_uri: one("post_logout_redirect_uri")?.map(str::to_owned),
            state: one("state")?.map(str::to_owned),
            locale: one("ui_locales")?.unwrap_or_default().split(' ').find_map(|tag| tag.parse().ok()),
        })
    }

    /// The client to look up, if the request names one.
    #[must_use]
    pub fn client_id(&self) -> Option<&ClientId> {
        self.client_id.as_ref()
    }

    /// Decides, given that client and the browser's session as the client knows it.
    ///
    /// # Errors
    /// [`LogoutError::RedirectMismatch`].
    pub fn decide(
        &self,
        client: Option<&Client>,
        session: Option<&KnownSession>,
    ) -> Result<LogoutDecision, LogoutError> {
        let then = self.redirect(client)?;
        let Some(session) = session else { return Ok(LogoutDecision::NothingToEnd(then)) };
        let about_it = self.hint.as_ref().is_some_and(|hint| session.is_hinted(hint));
        Ok(if about_it { LogoutDecision::End(then) } else { LogoutDecision::Ask(then) })
    }

    /// §3: the address equals a registered one byte for byte.
    fn redirect(&self, client: Option<&Client>) -> Result<Option<PostLogoutRedirect>, LogoutError> {
        let Some(uri) = &self.post_logout_redirect_uri else { return Ok(None) };
        let client = client.ok_or(LogoutError::RedirectMismatch)?;
        if !client.post_logout_redirect_uris.iter().any(|registered| registered.as_str() == uri) {
            return Err(LogoutError::RedirectMismatch);
        }
        Ok(Some(PostLogoutRedirect(append_query(uri, &[("state", self.state.as_deref())]))))
    }
}

fn read_hint(token: &str, issuer: &Issuer, keys: &Verifier) -> Result<Hint, LogoutError> {
    let claims = keys.verify(TokenType::IdToken, token).map_err(|_| LogoutError::Hint)?;
    let text = |name: &str| claims.get(name).and_then(|value| value.as_str());
    if text("iss") != Some(issuer.as_str()) {
        return Err(LogoutError::Hint);
    }
    let client_id = text("aud").and_then(|aud| aud.parse().ok()).ok_or(LogoutError::Hint)?;
    let sub = text("sub").ok_or(LogoutError::Hint)?.to_owned();
    Ok(Hint { client_id, sub, sid: text("sid").map(str::to_owned) })
}

/// The browser's session as the asking client knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownSession {
    /// `sub` for that client.
    pub sub: String,
    /// `sid` for that client.
    pub sid: String,
}

impl KnownSession {
    /// Same person, and same session when the hint names one: a later session of theirs is asked about.
    fn is_hinted(&self, hint: &Hint) -> bool {
        hint.sub == self.sub && hint.sid.as_ref().is_none_or(|sid| *sid == self.sid)
    }
}

/// A registered address to return to, `state` added (§3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostLogoutRedirect(String);

impl PostLogoutRedirect {
    /// The value of the `Location` header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The page of a client that its frame loads, with who ended which session (Front-Channel Logout §2, §3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutFrame(String);

impl LogoutFrame {
    /// None for a client that asks for no frame.
    #[must_use]
    pub fn of(client: &Client, issuer: &Issuer, sid: &str) -> Option<Self> {
        let uri = client.frontchannel_logout_uri.as_ref()?.as_str();
        Some(Self(append_query(uri, &[("iss", Some(issuer.as_str())), ("sid", Some(sid))])))
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What follows from a logout request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogoutDecision {
    /// The hint is about this session: end it.
    End(Option<PostLogoutRedirect>),
    /// Somebody else may have made the request: ask (§2).
    Ask(Option<PostLogoutRedirect>),
    /// Nobody is signed in here.
    NothingToEnd(Option<PostLogoutRedirect>),
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::protocol::{client::tests::exam, jose::tests::KEYS};

    const BYE: &str = "https://exam.example/bye";

    fn sign(claims: &Value) -> String {
        KEYS.es256.sign(TokenType::IdToken, claims).unwrap()
    }

    fn hint() -> String {
        sign(&json!({ "iss": "https://sso.example", "aud": "exam", "sub": "p_1", "sid": "s-1", "exp": 1 }))
    }

    fn read(pairs: &[(&str, &str)]) -> Result<LogoutRequest, LogoutError> {
        let raw = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        LogoutRequest::read(&raw, &"https://sso.example".parse().unwrap(), &KEYS.verifier)
    }

    fn session(sub: &str, sid: &str) -> KnownSession {
        KnownSession { sub: sub.to_owned(), sid: sid.to_owned() }
    }

    fn decide(pairs: &[(&str, &str)], session: Option<&KnownSession>) -> Result<LogoutDecision, LogoutError> {
        let request = read(pairs)?;
        let client = request.client_id().map(|_| exam());
        request.decide(client.as_ref(), session)
    }

    #[test]
    fn an_expired_hint_about_this_session_ends_it_and_state_comes_back() {
        let hint = hint();
        let own = session("p_1", "s-1");
        let pairs = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BYE), ("state", "a b")];
        let then = PostLogoutRedirect(format!("{BYE}?state=a+b"));
        assert_eq!(decide(&pairs, Some(&own)), Ok(LogoutDecision::End(Some(then))));
        let bare = LogoutDecision::End(Some(PostLogoutRedirect(BYE.to_owned())));
        assert_eq!(decide(&pairs[..2], Some(&own)), Ok(bare));
    }

    #[test]
    fn a_hint_about_another_person_or_session_is_asked_about() {
        let hint = hint();
        for other in [session("p_2", "s-1"), session("p_1", "s-2")] {
            assert_eq!(decide(&[("id_token_hint", &hint)], Some(&other)), Ok(LogoutDecision::Ask(None)));
        }
    }

    #[test]
    fn without_a_hint_the_person_is_asked() {
        let own = session("p_1", "s-1");
        for pairs in [vec![], vec![("state", "x")], vec![("client_id", "exam")]] {
            assert_eq!(decide(&pairs, Some(&own)), Ok(LogoutDecision::Ask(None)), "{pairs:?}");
        }
        let then = Some(PostLogoutRedirect(BYE.to_owned()));
        let pairs = [("client_id", "exam"), ("post_logout_redirect_uri", BYE)];
        assert_eq!(decide(&pairs, Some(&own)), Ok(LogoutDecision::Ask(then)));
    }

    #[test]
    fn with_nobody_signed_in_there_is_nothing_to_ask() {
        let hint = hint();
        assert_eq!(decide(&[("id_token_hint", &hint)], None), Ok(LogoutDecision::NothingToEnd(None)));
    }

    #[test]
    fn an_address_that_is_not_registered_stays_here() {
        let hint = hint();
        for uri in [
            "https://exam.example/bye?x=1",
            "https://exam.example/bye/",
            "https://evil.example",
            "javascript:1",
        ] {
            let pairs = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", uri)];
            assert_eq!(decide(&pairs, None), Err(LogoutError::RedirectMismatch), "{uri}");
        }
        // Registered for sign-in only.
        let callback = [("client_id", "exam"), ("post_logout_redirect_uri", "https://exam.example/callback")];
        assert_eq!(decide(&callback, None), Err(LogoutError::RedirectMismatch));
        assert_eq!(decide(&[("post_logout_redirect_uri", BYE)], None), Err(LogoutError::RedirectMismatch));
    }

    #[test]
    fn forged_and_foreign_hints_are_refused() {
        let foreign = sign(&json!({ "iss": "https://evil.example", "aud": "exam", "sub": "p_1" }));
        let lists = sign(&json!({ "iss": "https://sso.example", "aud": ["exam"], "sub": "p_1" }));
        let good = hint();
        let (message, _) = good.rsplit_once('.').unwrap();
        let stripped = format!("{message}.");
        for bad in [foreign.as_str(), &lists, &stripped, "eyJhbGciOiJub25lIn0.e30.", "x"] {
            assert_eq!(read(&[("id_token_hint", bad)]), Err(LogoutError::Hint));
        }
        assert_eq!(read(&[("id_token_hint", &good), ("client_id", "insurance")]), Err(LogoutError::Hint));
        assert_eq!(read(&[("state", "a"), ("state", "b")]), Err(LogoutError::Repeated));
    }
}
