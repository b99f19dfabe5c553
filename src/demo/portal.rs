//! A portal's routes and handlers.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::map_response_with_state;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use serde::Deserialize;
use serde_json::{Value, json};

use super::PortalSettings;
use super::answer::Trouble;
use super::memory::{Claim, Memory, Session, SignIn};
use super::openid::{OpenIdError, Proof, Provider, Wish};
use super::verdict::{check_issuer, check_sign_in};
use super::view::{Frame, SignedInPage, SignedOutPage, WelcomePage};
use crate::kernel::{Acr, Clock, Locale, PlainToken, Rng, Timestamp};
use crate::render::{Chrome, Page, Renderer};

/// One portal; cheap to clone.
#[derive(Clone)]
pub struct Portal {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Arc<PortalSettings>,
    provider: Provider,
    memory: Memory,
    renderer: Arc<Renderer>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    policy: HeaderValue,
}

/// Why a portal cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum PortalError {
    /// The issuer is no address that a browser could go to.
    #[error("issuer: {0}")]
    Issuer(String),
    /// The HTTP client cannot be made.
    #[error("client: {0}")]
    Client(String),
}

impl Portal {
    /// # Errors
    /// [`PortalError`]; the provider is not asked before the first sign-in.
    pub fn new(
        settings: PortalSettings,
        renderer: Arc<Renderer>,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Result<Self, PortalError> {
        let policy = content_security_policy(&settings)?;
        let settings = Arc::new(settings);
        let provider =
            Provider::new(Arc::clone(&settings)).map_err(|error| PortalError::Client(error.to_string()))?;
        let memory = Memory::default();
        Ok(Self { inner: Arc::new(Inner { settings, provider, memory, renderer, clock, rng, policy }) })
    }

    /// All routes of the portal.
    pub fn router(self) -> Router {
        Router::new()
            .route("/", get(home))
            .route("/login", get(login))
            .route("/register", get(register))
            .route("/raise", get(raise))
            .route("/callback", get(callback))
            .route("/logout", post(logout))
            .route("/signed-out", get(signed_out))
            .route("/backchannel-logout", post(backchannel_logout))
            .route("/static/portal.css", get(style))
            .layer(map_response_with_state(self.clone(), guard))
            .with_state(self)
    }

    pub(super) fn settings(&self) -> &PortalSettings {
        &self.inner.settings
    }

    pub(super) fn render<P: Page>(&self, page: &P) -> Response {
        match self.inner.renderer.render(page, &bare_chrome()) {
            Ok(html) => Html(html).into_response(),
            Err(error) => {
                tracing::error!(%error, template = P::TEMPLATE, "a page of a portal cannot be made");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    fn token(&self) -> PlainToken {
        PlainToken::generate(self.inner.rng.as_ref())
    }

    fn session(&self, jar: &CookieJar) -> Option<Session> {
        let cookie = jar.get(self.settings().cookies().session)?;
        self.inner.memory.find_session(cookie.value(), self.now())
    }

    fn cookie(&self, name: &'static str, value: String) -> Cookie<'static> {
        let secure = self.settings().base_url.scheme() == "https";
        Cookie::build((name, value)).path("/").http_only(true).secure(secure).same_site(SameSite::Lax).build()
    }

    /// Sends the browser to the provider.
    async fn begin(&self, wish: Wish, jar: CookieJar) -> Response {
        let names = self.settings().cookies();
        let known = jar.get(names.browser).and_then(|cookie| PlainToken::parse(cookie.value()).ok());
        let (browser, state) = (known.unwrap_or_else(|| self.token()), self.token());
        let sign_in = SignIn {
            browser: browser.hash(),
            nonce: self.token(),
            code_verifier: self.token(),
            started: self.now(),
        };
        match self.inner.provider.authorization_url(wish, &state, &sign_in).await {
            Ok(url) => {
                self.inner.memory.start(&state, sign_in);
                let jar = jar.add(self.cookie(names.browser, browser.expose().to_owned()));
                (jar, Redirect::to(url.as_str())).into_response()
            }
            Err(error) => Trouble::from(error).answer(self),
        }
    }

    /// Takes the provider's answer, or says why not.
    async fn accept(&self, answer: &Answer, jar: &CookieJar) -> Result<Session, Trouble> {
        let now = self.now();
        let browser = jar.get(self.settings().cookies().browser).map(Cookie::value).unwrap_or_default();
        let browser = PlainToken::parse(browser).map_err(|_| Trouble::UnknownState)?;
        let state = answer.state.as_deref().unwrap_or_default();
        let sign_in = self.inner.memory.take_sign_in(state, &browser, now).ok_or(Trouble::UnknownState)?;
        check_issuer(self.settings(), answer.iss.as_deref())?;
        if let Some(error) = &answer.error {
            return Err(Trouble::Denied(error.clone()));
        }
        let code = answer.code.as_deref().ok_or_else(|| Trouble::Denied("no code".to_owned()))?;
        let proof = self.inner.provider.redeem(code, &sign_in, now).await?;
        let acr = check_sign_in(self.settings(), proof.acr.as_deref(), proof.auth_time, now)?;
        self.open(proof, acr, now).await.map_err(Trouble::from)
    }

    async fn open(&self, proof: Proof, acr: Acr, now: Timestamp) -> Result<Session, OpenIdError> {
        let userinfo = self.inner.provider.userinfo(&proof, now).await?;
        let name = userinfo.get("name").and_then(Value::as_str).map(str::to_owned);
        let told = [
            ("sub", Some(proof.sub.clone())),
            ("acr", proof.acr),
            ("auth_time", proof.auth_time.map(Timestamp::china_minute)),
            ("amr", Some(proof.amr.join(" "))),
        ];
        let told =
            told.into_iter().filter_map(|(name, value)| Some(Claim { name: name.to_owned(), value: value? }));
        let more = userinfo.iter().filter(|(name, _)| *name != "sub");
        let more = more.map(|(name, value)| Claim { name: name.clone(), value: plain(value) });
        let claims = told.chain(more).collect();
        Ok(Session {
            sub: proof.sub,
            sid: proof.sid,
            name,
            acr,
            claims,
            id_token: proof.id_token,
            started: now,
        })
    }
}

/// The authorization response (RFC 6749 §4.1.2, RFC 9207).
#[derive(Deserialize)]
struct Answer {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

/// Third-party initiated sign-in (OpenID Connect Core §4): another site may name the issuer, but only ours.
#[derive(Deserialize)]
struct Initiation {
    iss: Option<String>,
}

#[derive(Deserialize)]
struct BackchannelLogout {
    logout_token: String,
}

async fn home(State(portal): State<Portal>, jar: CookieJar) -> Response {
    let session = portal.session(&jar);
    let frame = Frame::of(portal.settings(), session.as_ref());
    match session {
        Some(session) => portal.render(&SignedInPage::new(frame, session)),
        None => portal.render(&WelcomePage { frame }),
    }
}

async fn login(
    State(portal): State<Portal>,
    Query(initiation): Query<Initiation>,
    jar: CookieJar,
) -> Response {
    match initiation.iss {
        Some(iss) if iss != portal.settings().issuer => StatusCode::BAD_REQUEST.into_response(),
        _ => portal.begin(Wish::SignIn, jar).await,
    }
}

async fn register(State(portal): State<Portal>, jar: CookieJar) -> Response {
    portal.begin(Wish::Register, jar).await
}

async fn raise(State(portal): State<Portal>, jar: CookieJar) -> Response {
    portal.begin(Wish::Raise, jar).await
}

async fn callback(State(portal): State<Portal>, Query(answer): Query<Answer>, jar: CookieJar) -> Response {
    match portal.accept(&answer, &jar).await {
        Ok(session) => {
            let names = portal.settings().cookies();
            jar.get(names.session).map(|old| portal.inner.memory.close_session(old.value()));
            let cookie = portal.token();
            portal.inner.memory.open_session(&cookie, session);
            let jar = jar.add(portal.cookie(names.session, cookie.expose().to_owned()));
            (jar, Redirect::to("/")).into_response()
        }
        Err(trouble) => trouble.answer(&portal),
    }
}

async fn logout(State(portal): State<Portal>, headers: HeaderMap, jar: CookieJar) -> Response {
    if !is_from_here(&headers, &portal.settings().origin()) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let names = portal.settings().cookies();
    let session = jar.get(names.session).and_then(|cookie| portal.inner.memory.close_session(cookie.value()));
    let onward = match session {
        Some(session) => {
            portal.inner.provider.logout_url(&session.id_token, portal.now()).await.ok().flatten()
        }
        None => None,
    };
    let jar = jar.remove(portal.cookie(names.session, String::new()));
    (jar, Redirect::to(onward.as_ref().map_or("/signed-out", |url| url.as_str()))).into_response()
}

async fn signed_out(State(portal): State<Portal>) -> Response {
    portal.render(&SignedOutPage { frame: Frame::of(portal.settings(), None) })
}

/// Back-Channel Logout §2.7 and §2.8.
async fn backchannel_logout(State(portal): State<Portal>, Form(form): Form<BackchannelLogout>) -> Response {
    let now = portal.now();
    let refusal = match portal.inner.provider.logout_order(&form.logout_token, now).await {
        Ok(order) if portal.inner.memory.obey(&order, now) => return StatusCode::OK.into_response(),
        Ok(_) => "jti was seen before".to_owned(),
        Err(error) => error.to_string(),
    };
    tracing::warn!(client.id = %portal.settings().client_id, refusal, "logout token refused");
    (StatusCode::BAD_REQUEST, axum::Json(json!({ "error": "invalid_request" }))).into_response()
}

async fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("../../templates/demo/portal.css"))
}

/// The headers of every answer.
async fn guard(State(portal): State<Portal>, mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, portal.inner.policy.clone());
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Own style only, no script, no frame; 退出 is a form whose answer leads to the provider.
fn content_security_policy(settings: &PortalSettings) -> Result<HeaderValue, PortalError> {
    let wrong = |error: &dyn std::fmt::Display| PortalError::Issuer(error.to_string());
    let issuer = url::Url::parse(&settings.issuer).map_err(|error| wrong(&error))?;
    let issuer = issuer.origin().ascii_serialization();
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' {issuer}; frame-ancestors 'none'; base-uri 'none'"
    );
    HeaderValue::from_str(&policy).map_err(|error| wrong(&error))
}

/// Another port of this host is another origin, but the same site: `SameSite` alone does not keep it out.
fn is_from_here(headers: &HeaderMap, origin: &str) -> bool {
    match headers.get(HeaderName::from_static("sec-fetch-site")) {
        Some(site) => site == "same-origin",
        None => headers.get(ORIGIN).is_some_and(|from| from == origin),
    }
}

/// A claim as a person reads it.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// The portals have a frame of their own; the provider's stays empty.
#[must_use]
pub fn bare_chrome() -> Chrome {
    Chrome {
        locale: Locale::ZhHans,
        display: crate::render::Display::default(),
        contrast: false,
        site: Arc::default(),
        csrf: String::new(),
        trace: String::new(),
        person: None,
        client: None,
        questions: false,
        sandbox: true,
        here: "/".to_owned(),
    }
}
