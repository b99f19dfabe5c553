//! One visit of one browser: the request's context, its cookies, its session and the parked authorization request
//! in its URL. Made once by [`attach`], which also renders every [`Failure`] as a page.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{HeaderName, HeaderValue, RETRY_AFTER, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, Method, Uri};
use url::form_urlencoded;

use super::cookies::Name;
use super::failure::Failure;
use super::meter::Reason;
use super::oidc::authorize;
use super::url::{Link, Path};
use super::{App, guard, page, proxy, traced};
use crate::kernel::{Ctx, HashedToken, Locale, PlainToken, RealNameLevel, SourceAddr, Timestamp, TraceId};
use crate::people::{Person, Status};
use crate::proofing;
use crate::provider::{Pending, WayBack};
use crate::render::Display;
use crate::sessions::Session;

/// A request of a browser, with what its cookies and its URL stand for.
#[derive(Clone)]
pub struct Visit {
    /// Time, trace, source and language of the request.
    pub ctx: Ctx,
    /// The pre-session: binds forms, parked requests and wizards to this browser.
    pub browser: PlainToken,
    /// The live SSO session, if there is one.
    pub session: Option<Session>,
    /// Who that session belongs to.
    pub person: Option<Arc<Person>>,
    ceiling: Option<RealNameLevel>,
    /// The token of the parked authorization request in the URL.
    pub request: Option<String>,
    /// That request, when it is alive and this browser's.
    pub pending: Option<Pending>,
    /// 长者版 or the standard pages.
    pub display: Display,
    /// 无障碍: higher contrast.
    pub contrast: bool,
    /// The signed device cookie, as sent.
    pub device: Option<String>,
    uri: Uri,
    is_new: bool,
}

impl Visit {
    /// A parameter of the query.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<String> {
        query(&self.uri, name)
    }

    /// Path and query, for the form's action and the language links.
    #[must_use]
    pub fn here(&self) -> String {
        self.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string)
    }

    /// What binds rows to this browser; the cookie itself is never stored.
    #[must_use]
    pub fn browser_hash(&self) -> HashedToken {
        self.browser.hash()
    }

    /// A link to an interaction page of the same parked request.
    #[must_use]
    pub fn link(&self, path: Path) -> Link {
        path.within(self.request.as_deref())
    }

    /// The same when the session has just ended: the page greets nobody.
    #[must_use]
    pub fn of_nobody(&self) -> Self {
        Self { session: None, person: None, ceiling: None, ..self.clone() }
    }

    /// Whether this is the page.
    #[must_use]
    pub fn is_at(&self, path: Path) -> bool {
        self.uri.path() == path.as_str()
    }

    /// The query as it came, for the parameters of the protocol.
    #[must_use]
    pub fn query_string(&self) -> &str {
        self.uri.query().unwrap_or_default()
    }

    /// Where the relying party starts a sign-in anew, for E_FLOW_EXPIRED.
    #[must_use]
    pub fn way_back(&self) -> Option<WayBack> {
        let pending = self.pending.as_ref()?;
        let url = pending.initiate_login_uri.clone()?;
        Some(WayBack { client_name: pending.client_name.clone(), url })
    }

    /// The level that this sign-in does not rise above, by how its password was set, or by the phone alone.
    #[must_use]
    pub const fn ceiling(&self) -> Option<RealNameLevel> {
        self.ceiling
    }

    /// Whether the ceiling holds: then nobody changes phone, e-mail, name, factors, questions or consents, closes the account
    /// or sees unmasked data (`decisions.md`, “Ceiling of a password”). Lead them to [`Path::Verification`], which says why.
    #[must_use]
    pub fn is_capped(&self) -> bool {
        self.ceiling().is_some()
    }

    /// What evidence is worth in this sign-in.
    #[must_use]
    pub fn reached(&self, evidence: Option<RealNameLevel>) -> RealNameLevel {
        let level = evidence.unwrap_or(RealNameLevel::L1);
        self.ceiling().map_or(level, |ceiling| level.min(ceiling))
    }

    /// The signed-in person, or the way to the sign-in page.
    ///
    /// # Errors
    /// A redirect to `/login` when nobody is signed in.
    #[expect(clippy::result_large_err, reason = "the error is the response to send")]
    pub fn require_account(&self) -> Result<(&Session, &Arc<Person>), Response> {
        match (&self.session, &self.person) {
            (Some(session), Some(person)) => Ok((session, person)),
            _ => {
                let next = Link::to(Path::Login).with("next", self.here());
                Err(Redirect::to(&next.to_string()).into_response())
            }
        }
    }
}

impl FromRequestParts<App> for Visit {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Failure> {
        parts.extensions.get::<Self>().cloned().ok_or(Failure::NotFound)
    }
}

/// Makes the [`Visit`], runs the handler, renders its failure, sets the browser cookie of a newcomer.
pub async fn attach(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let stranger = match context(&request) {
        Ok(ctx) => stranger(&app, ctx, &request),
        Err(failure) => return failure.into_response(),
    };
    // What is posted at `/authorize` waits for a visit of its own, by which it is decided: this one is nobody's.
    let cookie = match request.method() == Method::POST && stranger.is_at(Path::Authorize) {
        true => Cookie::default(),
        false => Cookie::of(&app, request.headers()),
    };
    let visit = match recognise(&app, stranger.clone(), cookie).await {
        Ok(visit) => visit,
        Err(failure) => return render_failure(&app, &stranger, failure.into_response()),
    };
    // A post without the cookie came from another site: it must not replace the one this browser holds (Lax).
    let is_newcomer = visit.is_new && request.method() == Method::GET;
    request.extensions_mut().insert(visit.clone());
    let mut response = render_failure(&app, &visit, next.run(request).await);
    if is_newcomer && !response.headers().contains_key(SET_COOKIE) {
        add_cookie(&mut response, &app.cookies.set(Name::Browser, visit.browser.expose()));
    }
    response
}

/// The context of a request, made by the outermost layer.
///
/// # Errors
/// None in practice: a request that did not pass [`number`] is a fault of the router.
fn context(request: &Request) -> Result<Ctx, Failure> {
    request.extensions().get::<Ctx>().cloned().ok_or(Failure::NotFound)
}

/// The outermost layer: gives every request its time, trace id, source and language, and every answer its
/// `X-Request-Id` and the headers of every answer, counts and traces it. A caller's own headers count for nothing; those of
/// a trusted proxy are believed.
pub async fn number(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let watch = app.meter.watch(request.uri().path());
    let (peer, trusted) = (peer(&request), app.trusted_proxies.as_slice());
    let given = proxy::request_id(peer, request.headers(), trusted);
    let id = given.unwrap_or_else(|| TraceId::new(app.base.rng.as_ref()));
    let span = traced::begin(&app, &request, proxy::trace_parent(peer, request.headers(), trusted), id);
    let ctx = Ctx {
        now: app.base.clock.now(),
        trace: span.trace().unwrap_or(id),
        source: SourceAddr::from(proxy::source(peer, request.headers(), trusted)),
        locale: locale(&app, request.headers(), request.uri()),
    };
    let trace = ctx.trace.to_string();
    request.extensions_mut().insert(ctx);
    let method = request.method().clone();
    let mut response = span.around(next.run(request)).await;
    tracing::debug!(%trace, %method, endpoint = watch.endpoint(), status = response.status().as_u16(), "answered");
    let reason = response.extensions().get::<Reason>().copied();
    traced::end(&span, response.status(), reason);
    watch.end(response.status(), reason);
    guard::protect(&app, response.headers_mut());
    if let Ok(value) = HeaderValue::from_str(&trace) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    response
}

/// Who holds the other end of the connection.
fn peer(request: &Request) -> IpAddr {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    peer.map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0.ip())
}

/// Simplified Chinese first; another language only when it was asked for, by cookie or by the relying party.
fn locale(app: &App, headers: &HeaderMap, uri: &Uri) -> Locale {
    let wanted = app.cookies.read(headers, Name::Locale).or_else(|| query(uri, "ui_locales"));
    wanted.and_then(|tags| tags.split(' ').find_map(|tag| tag.parse().ok())).unwrap_or(Locale::ZhHans)
}

fn query(uri: &Uri, name: &str) -> Option<String> {
    let query = uri.query()?;
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// A visit of which nothing is known: what remains when the database does not answer.
fn stranger(app: &App, ctx: Ctx, request: &Request) -> Visit {
    let cookie = |name| app.cookies.read(request.headers(), name);
    let known = cookie(Name::Browser).and_then(|token| PlainToken::parse(&token).ok());
    Visit {
        ctx,
        is_new: known.is_none(),
        browser: known.unwrap_or_else(|| PlainToken::generate(app.base.rng.as_ref())),
        session: None,
        person: None,
        ceiling: None,
        request: query(request.uri(), "request"),
        pending: None,
        display: if cookie(Name::Elder).is_some() { Display::Elder } else { Display::Standard },
        contrast: cookie(Name::Contrast).is_some(),
        device: cookie(Name::Device),
        uri: request.uri().clone(),
    }
}

/// What the cookies say beside the browser's own.
#[derive(Default)]
struct Cookie {
    session: Option<PlainToken>,
    chose_locale: bool,
}

impl Cookie {
    fn of(app: &App, headers: &HeaderMap) -> Self {
        let session = app.cookies.read(headers, Name::Session);
        Self {
            session: session.and_then(|token| PlainToken::parse(&token).ok()),
            chose_locale: app.cookies.read(headers, Name::Locale).is_some(),
        }
    }
}

async fn recognise(app: &App, mut visit: Visit, cookie: Cookie) -> Result<Visit, Failure> {
    if let Some(token) = cookie.session {
        visit.session = app.sessions.find(&token, visit.ctx.now).await?;
    }
    if let Some(session) = &visit.session {
        let person = app.people.find(session.person).await?;
        visit.person = person.filter(|person| person.status == Status::Active);
    }
    if visit.person.is_none() {
        visit.session = None;
    }
    if let (Some(session), Some(person)) = (&visit.session, &visit.person) {
        visit.ceiling = ceiling(app, session, person, visit.ctx.now).await?;
    }
    if let Some(token) = &visit.request {
        visit.pending = app.provider.pending(&visit.ctx, token, &visit.browser_hash()).await?;
    }
    // Core §3.1.2.1: `ui_locales` of the request, unless the person chose a language.
    if let Some(asked) =
        visit.pending.as_ref().and_then(|pending| pending.locale).filter(|_| !cookie.chose_locale)
    {
        visit.ctx.locale = asked;
    }
    Ok(visit)
}

/// Evidence is read only where it matters.
async fn ceiling(
    app: &App,
    session: &Session,
    person: &Person,
    now: Timestamp,
) -> Result<Option<RealNameLevel>, Failure> {
    if !session.amr.is_phone_alone() {
        return Ok(person.ceiling_of(&session.amr));
    }
    let evidence = app.proofing.evidence(person.id).await?;
    Ok(proofing::ceiling(person, (&session.amr, session.auth_time), (&evidence, now)))
}

fn render_failure(app: &App, visit: &Visit, response: Response) -> Response {
    let Some(failure) = response.extensions().get::<Failure>().cloned() else { return response };
    failure.log(visit.ctx.trace);
    if let Some(answer) = authorize::unserved(app, visit, &failure) {
        return answer;
    }
    let mut rendered = page::failure(app, visit, &failure);
    rendered.extensions_mut().insert(Reason(failure.word()));
    if let Some(retry_after) = failure.retry_after() {
        rendered.headers_mut().insert(RETRY_AFTER, HeaderValue::from(retry_after.as_secs()));
    }
    rendered
}

fn add_cookie(response: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

/// Answers a sign-in: a new session cookie **and** a new browser cookie, to which this browser's parked requests and
/// wizards are moved, so that nothing fixed before the sign-in lives on.
///
/// # Errors
/// [`Failure::System`] when the bindings cannot be moved.
pub async fn signed_in(
    app: &App,
    visit: &Visit,
    session: &PlainToken,
    next: impl Into<String>,
) -> Result<Response, Failure> {
    let mut response = renewed(app, visit, next).await?;
    add_cookie(&mut response, &app.cookies.set(Name::Session, session.expose()));
    Ok(response)
}

/// The browser goes on under a new cookie, with what was begun in it: whoever had fixed the old one is left behind.
///
/// # Errors
/// [`Failure::System`] when the bindings cannot be moved.
pub async fn renewed(app: &App, visit: &Visit, next: impl Into<String>) -> Result<Response, Failure> {
    let browser = PlainToken::generate(app.base.rng.as_ref());
    let (old, new) = (visit.browser_hash(), browser.hash());
    app.provider.rebind(&visit.ctx, &old, &new).await?;
    let tx = app.base.db.begin().await?;
    app.signup.rebind(&tx, &old, &new).await?;
    app.recovery.rebind(&tx, &old, &new).await?;
    tx.commit().await?;
    let mut response = page::go(next);
    add_cookie(&mut response, &app.cookies.set(Name::Browser, browser.expose()));
    Ok(response)
}

/// Takes the session cookie away, and with it every form this browser still shows.
#[must_use]
pub fn signed_out(app: &App, mut response: Response) -> Response {
    let browser = PlainToken::generate(app.base.rng.as_ref());
    add_cookie(&mut response, &app.cookies.clear(Name::Session));
    add_cookie(&mut response, &app.cookies.set(Name::Browser, browser.expose()));
    response
}

/// Sets one more cookie on a response.
#[must_use]
pub fn with_cookie(app: &App, mut response: Response, name: Name, value: &str) -> Response {
    add_cookie(&mut response, &app.cookies.set(name, value));
    response
}

/// Takes a cookie away.
#[must_use]
pub fn without_cookie(app: &App, mut response: Response, name: Name) -> Response {
    add_cookie(&mut response, &app.cookies.clear(name));
    response
}
