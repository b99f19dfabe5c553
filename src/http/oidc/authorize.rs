//! `/authorize`: by GET answered or parked, by POST always parked, and resumed after each interaction.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use http::header::HeaderMap;

use super::form;
use crate::http::meter::Reason;
use crate::http::page::{go, show_with};
use crate::http::pages::interaction::{path, send};
use crate::http::url::Path;
use crate::http::view::{Problem, ProblemKind};
use crate::http::{App, Failure, Visit};
use crate::kernel::{HashedToken, Message};
use crate::protocol::error::{ErrorCode, PageError};
use crate::protocol::params::RawParams;
use crate::provider::{AuthorizeError, Authorized, Visitor};

/// Core §3.1.2.1, by GET.
pub async fn get(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    let raw = RawParams::parse(visit.query_string().as_bytes());
    let browser = visit.browser_hash();
    let visitor = visitor(&visit, &browser);
    let authorized = app.provider.authorize(&visit.ctx, &visitor, raw).await;
    present(&app, &visit, authorized)
}

/// By POST: another site's form carries no Lax cookie, so nothing is decided here; the browser comes back by
/// GET, with its cookies, for the same request (`decisions.md`, “Protocol”).
pub async fn post(
    State(app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let raw = form(&headers, &body).unwrap_or_default();
    let error = match app.provider.park(&visit.ctx, raw.clone()).await {
        Ok(request) => return Ok(go(Path::Resume.within(Some(request.expose())))),
        Err(error) => error,
    };
    present(&app, &visit, Err(error)).or_else(|failure| {
        let answer = answered(&app, &visit, raw, &failure).ok_or_else(|| failure.clone())?;
        failure.log(visit.ctx.trace);
        Ok(answer)
    })
}

/// After each interaction: the table is evaluated anew.
pub async fn resume(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    let Some(request) = visit.request.as_deref() else { return Err(Failure::NotFound) };
    let browser = visit.browser_hash();
    let visitor = visitor(&visit, &browser);
    let authorized = app.provider.resume(&visit.ctx, &visitor, request).await;
    present(&app, &visit, authorized)
}

/// What a client hears of a request by GET that failed for a reason of ours, if nobody would see a page.
pub fn unserved(app: &App, visit: &Visit, failure: &Failure) -> Option<Response> {
    let raw = || RawParams::parse(visit.query_string().as_bytes());
    visit.is_at(Path::Authorize).then(|| answered(app, visit, raw(), failure))?
}

fn answered(app: &App, visit: &Visit, raw: RawParams, failure: &Failure) -> Option<Response> {
    let code = match failure {
        Failure::Busy { .. } | Failure::Away(_) => ErrorCode::TemporarilyUnavailable,
        Failure::System(_) => ErrorCode::ServerError,
        _ => return None,
    };
    Some(send(app, visit, &app.provider.unserved(raw, code)?))
}

/// The browser, its session, and the person whom the visit has read.
fn visitor<'a>(visit: &'a Visit, browser: &'a HashedToken) -> Visitor<'a> {
    Visitor { browser, session: visit.session.as_ref(), person: visit.person.as_ref() }
}

/// To the client, to a page of ours, or to the page that says why neither.
fn present(
    app: &App,
    visit: &Visit,
    authorized: Result<Authorized, AuthorizeError>,
) -> Result<Response, Failure> {
    match authorized {
        Ok(Authorized::Answer(response)) => Ok(send(app, visit, &response)),
        Ok(Authorized::Interact { request, interaction }) => {
            Ok(go(path(&interaction).within(Some(&request))))
        }
        Err(AuthorizeError::Page(error)) => Ok(refused(app, visit, error)),
        Err(AuthorizeError::Expired(back)) => Err(Failure::Expired { back }),
        Err(AuthorizeError::Internal(cause)) => Err(cause.into()),
    }
}

/// RFC 6749 §4.1.2.1: the person is told, and never sent to an address that nobody registered.
fn refused(app: &App, visit: &Visit, error: PageError) -> Response {
    tracing::info!(trace = %visit.ctx.trace, %error, "authorization request refused on a page");
    let problem = Problem::new(ProblemKind::Request, visit.ctx.now);
    let problem = match &error {
        PageError::UnknownClient => problem.because(Message::new("problem-unknown-client")),
        PageError::RedirectMismatch => problem.because(Message::new("problem-redirect-uri")),
        PageError::NoClientId | PageError::NoRedirectUri => problem,
    };
    let mut response = show_with(app, visit, StatusCode::BAD_REQUEST, &problem);
    response.extensions_mut().insert(Reason(error.word()));
    response
}
