//! The authorization request: from raw parameters to a request that obeys every rule.
//!
//! `RawParams → AuthorizeRequest → (Client, VerifiedRedirect) → ValidRequest`. [`CHECKS`] is the one
//! table of rules that a request with a verified redirect URI must pass, in order; each row is a small
//! function with its section above it. A failed row becomes a redirect with `state` and `iss`.

mod checks;

use super::{
    claims_request::WantedClaims,
    client::Client,
    error::{OAuthError, PageError},
    issuer::Issuer,
    jose::Verifier,
    params::RawParams,
    pkce::CodeChallenge,
    redirect::VerifiedRedirect,
    request_object,
    response::{AuthorizationResponse, ResponseMode},
    scope::Scope,
};
use crate::kernel::{Acr, ClientId, Locale, PlainToken};

pub use checks::CHECKS;

/// A request that names a client and a redirect URI; neither is checked yet.
#[derive(Clone, Debug)]
pub struct AuthorizeRequest {
    raw: RawParams,
    client_id: ClientId,
    redirect_uri: String,
}

impl AuthorizeRequest {
    /// RFC 6749 §4.1.1, Core §3.1.2.1: both are required and stand there once.
    ///
    /// # Errors
    /// A [`PageError`]: nobody can be redirected to yet.
    pub fn read(raw: RawParams) -> Result<Self, PageError> {
        let client_id = raw.once("client_id").ok_or(PageError::NoClientId)?;
        let client_id = client_id.parse().map_err(|_| PageError::UnknownClient)?;
        let redirect_uri = raw.once("redirect_uri").ok_or(PageError::NoRedirectUri)?.to_owned();
        Ok(Self { raw, client_id, redirect_uri })
    }

    /// The client to look up.
    #[must_use]
    pub fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// The parameters as they came, for parking.
    #[must_use]
    pub fn raw(&self) -> &RawParams {
        &self.raw
    }

    /// The redirect URI, if this client registered it.
    ///
    /// # Errors
    /// [`PageError::RedirectMismatch`].
    pub fn redirect(&self, client: &Client) -> Result<VerifiedRedirect, PageError> {
        VerifiedRedirect::verify(client, &self.redirect_uri)
    }

    /// Walks the table of [`CHECKS`].
    ///
    /// # Errors
    /// The first row's error, ready to be sent to the verified redirect URI.
    pub fn check(
        &self,
        client: &Client,
        redirect: VerifiedRedirect,
        rules: &Rules<'_>,
    ) -> Result<ValidRequest, Box<Refusal>> {
        let state = self.raw.once("state").map(str::to_owned);
        let mut draft = ValidRequest::new(redirect, state, self.response_mode());
        let scene = Scene { raw: &self.raw, client, rules };
        for row in CHECKS {
            if let Err(error) = (row.check)(&scene, &mut draft) {
                return Err(Box::new(draft.refuse(error)));
            }
        }
        Ok(draft)
    }

    /// Whether nobody would see a page of ours: `prompt=none` (Core §3.1.2.1).
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.raw.once("prompt") == Some("none")
    }

    /// This request's answer with an error that is not its own fault: it was not checked at all.
    #[must_use]
    pub fn unserved(&self, redirect: VerifiedRedirect, error: OAuthError) -> Refusal {
        let state = self.raw.once("state").map(str::to_owned);
        ValidRequest::new(redirect, state, self.response_mode()).refuse(error)
    }

    /// How even a refusal travels, also one for want of a response type: the mode was asked for by name, and whoever
    /// did listens for nothing else (Form Post Response Mode §2; the Form Post certification plan refuses a query).
    fn response_mode(&self) -> ResponseMode {
        // Core §6.1: what stands in a request object supersedes what stands beside it. [`CHECKS`] refuse every one.
        let inside = self.raw.once("request").and_then(request_object::response_mode);
        let beside = || self.raw.once("response_mode").and_then(ResponseMode::parse);
        inside.or_else(beside).unwrap_or_default()
    }
}

/// What the rules need to know of this provider.
pub struct Rules<'a> {
    /// Who we are.
    pub issuer: &'a Issuer,
    /// Our keys, for ID tokens that come back as hints.
    pub keys: &'a Verifier,
    /// What our `acr` values begin with.
    pub acr_prefix: &'a str,
}

/// What a row of the table looks at.
pub struct Scene<'a> {
    raw: &'a RawParams,
    client: &'a Client,
    rules: &'a Rules<'a>,
}

/// One rule of the table: its source, and the function that enforces it and keeps what it read.
pub struct Check {
    /// The section that demands it.
    pub section: &'static str,
    /// Enforces it.
    pub check: fn(&Scene<'_>, &mut ValidRequest) -> Result<(), OAuthError>,
}

/// A request that passed every check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidRequest {
    /// Where the answer goes.
    pub redirect: VerifiedRedirect,
    /// How the answer goes there.
    pub response_mode: ResponseMode,
    /// Comes back unchanged (RFC 6749 §4.1.1).
    pub state: Option<String>,
    /// What of the asked scope this client may have.
    pub scope: Scope,
    /// Comes back in the ID token.
    pub nonce: Option<String>,
    /// RFC 7636 §4.3.
    pub code_challenge: Option<CodeChallenge>,
    /// Core §3.1.2.1.
    pub prompt: Prompt,
    /// Seconds; the smaller of the request's and the client's.
    pub max_age: Option<u32>,
    /// The levels asked for.
    pub acr: AcrRequest,
    /// Subjects that the answer must be about (`id_token_hint`, `claims.id_token.sub`).
    pub subjects: Vec<String>,
    /// The resource servers it is for (RFC 8707).
    pub resources: Vec<String>,
    /// Claims asked for by name.
    pub wanted: WantedClaims,
    /// The scopes that stand for those which the granted ones do not show.
    pub wanted_scope: Scope,
    /// What to put into the account field.
    pub login_hint: Option<String>,
    /// The first language asked for that we have.
    pub locale: Option<Locale>,
}

impl ValidRequest {
    fn new(redirect: VerifiedRedirect, state: Option<String>, response_mode: ResponseMode) -> Self {
        Self {
            redirect,
            response_mode,
            state,
            scope: Scope::default(),
            nonce: None,
            code_challenge: None,
            prompt: Prompt::default(),
            max_age: None,
            acr: AcrRequest::NotAsked,
            subjects: Vec::new(),
            resources: Vec::new(),
            wanted: WantedClaims::default(),
            wanted_scope: Scope::default(),
            login_hint: None,
            locale: None,
        }
    }

    /// This request's answer with an error.
    #[must_use]
    pub fn refuse(&self, error: OAuthError) -> Refusal {
        let (redirect, state) = (self.redirect.clone(), self.state.clone());
        Refusal { redirect, response_mode: self.response_mode, state, error }
    }

    /// This request's answer with a code.
    #[must_use]
    pub fn grant(&self, issuer: &Issuer, code: &PlainToken) -> AuthorizationResponse {
        self.redirect.with_code(self.response_mode, issuer, code, self.state.as_deref())
    }
}

/// An error together with the verified address that is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Where it goes.
    pub redirect: VerifiedRedirect,
    /// How it goes there.
    pub response_mode: ResponseMode,
    /// Comes back on errors too.
    pub state: Option<String>,
    /// What is told.
    pub error: OAuthError,
}

impl Refusal {
    /// The answer.
    #[must_use]
    pub fn response(&self, issuer: &Issuer) -> AuthorizationResponse {
        self.redirect.with_error(self.response_mode, issuer, &self.error, self.state.as_deref())
    }
}

/// The values of `prompt` (Core §3.1.2.1; `create`: Initiating User Registration 1.0 §4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// No page may be shown.
    pub none: bool,
    /// Authenticate anew.
    pub login: bool,
    /// Ask for consent anew.
    pub consent: bool,
    /// Offer registration first.
    pub create: bool,
    /// Ask which account is to be used.
    pub select_account: bool,
}

impl Prompt {
    /// What discovery lists; [`CHECKS`] refuse every other value.
    pub const SUPPORTED: &'static [&'static str] = &["none", "login", "consent", "create", "select_account"];
}

/// The levels a request asks for, most wanted first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AcrRequest {
    /// Nothing asked.
    #[default]
    NotAsked,
    /// `acr_values`, or `claims.id_token.acr` without `essential`.
    Voluntary(Vec<Acr>),
    /// Anything else is a failure (Core §5.5.1.1). Empty when no value is one of ours.
    Essential(Vec<Acr>),
}

impl AcrRequest {
    /// The values asked for.
    #[must_use]
    pub fn values(&self) -> &[Acr] {
        match self {
            Self::NotAsked => &[],
            Self::Voluntary(values) | Self::Essential(values) => values,
        }
    }

    /// decisions.md "Levels": the first value asked for that is satisfied, else the strongest pair that
    /// is true. Whether that is enough, the interaction table has judged.
    #[must_use]
    pub fn answer(&self, truth: Acr) -> Acr {
        truth.first_satisfied(self.values()).unwrap_or(truth)
    }
}

#[cfg(test)]
mod tests;
