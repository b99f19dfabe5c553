//! LG10 `/logout`: RP-Initiated Logout, its question, and its result.
//!
//! The question's form posts to the address it was asked at, so the relying party's parameters come again with the
//! answer. A relying party may also post them itself (§2): that post carries no CSRF token of ours and is turned into the
//! same request by GET, as at `/authorize`.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;

use crate::http::meter::Reason;
use crate::http::page::{go, show, show_framing, show_leading_to, show_with};
use crate::http::url::{Link, Path};
use crate::http::view::{LogoutConfirm, Problem, ProblemKind, ReturnTo, SignedOut as SignedOutPage};
use crate::http::visit::signed_out;
use crate::http::{App, Failure, Posted, Visit};
use crate::kernel::Message;
use crate::protocol::client::Client;
use crate::protocol::logout::{LogoutError, PostLogoutRedirect};
use crate::protocol::params::RawParams;
use crate::protocol::redirect::origin_of;
use crate::provider::{Farewell, LogoutChoice, SignOutError, SignedOut};

/// An ID token and some addresses fit well.
const MAX_BYTES: usize = 64 * 1024;
/// RP-Initiated Logout §2.
const PARAMETERS: [&str; 6] =
    ["id_token_hint", "logout_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales"];

/// Ends the session at once where the hint proves who asks, else asks.
pub async fn get(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    answer(&app, &visit, None).await
}

/// The answer to the question, or a relying party's own post.
pub async fn post(State(app): State<App>, visit: Visit, request: Request) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, MAX_BYTES).await.map_err(Failure::system)?;
    let form = RawParams::parse(&bytes);
    let own = Posted::from_request(Request::from_parts(parts, bytes.into()), &app).await;
    let Ok(posted) = own else { return Ok(asked_by_get(&visit, &form)) };
    match posted.action() {
        "all" => answer(&app, &visit, Some(LogoutChoice::Everything)).await,
        "client" => answer(&app, &visit, Some(LogoutChoice::ThisClient)).await,
        _ => Ok(go(Path::Account.within(None))),
    }
}

/// A form of ours with an old token is asked again where it was; a relying party's parameters move into the query.
fn asked_by_get(visit: &Visit, form: &RawParams) -> Response {
    if form.has("csrf") {
        return go(visit.here());
    }
    let link =
        PARAMETERS.into_iter().fold(Link::to(Path::Logout), |link, name| link.maybe(name, form.once(name)));
    go(link)
}

async fn answer(app: &App, visit: &Visit, choice: Option<LogoutChoice>) -> Result<Response, Failure> {
    let raw = RawParams::parse(visit.query_string().as_bytes());
    match app.provider.sign_out(&visit.ctx, visit.session.as_ref(), &raw, choice).await {
        Ok(SignedOut::Ask { client }) => ask(app, visit, client.as_deref(), &raw).await,
        Ok(SignedOut::Done { then, client, ended, farewell }) => {
            let response = match then {
                Some(then) if farewell.frames.is_empty() => Redirect::to(then.as_str()).into_response(),
                then => farewell_page(app, visit, result(client.as_ref(), ended, then), farewell),
            };
            Ok(if ended { signed_out(app, response) } else { response })
        }
        Err(SignOutError::Page(error)) => Ok(refused(app, visit, error)),
        Err(SignOutError::Internal(cause)) => Err(Failure::system(cause)),
    }
}

/// The question; the address to return to was found registered, so its origin may follow the form.
async fn ask(
    app: &App,
    visit: &Visit,
    client: Option<&Client>,
    raw: &RawParams,
) -> Result<Response, Failure> {
    let mut portals = Vec::new();
    if let Some(session) = &visit.session {
        let joined = app.sessions.clients(session.id).await?;
        portals.extend(
            joined.iter().filter_map(|id| app.clients.find(id)).map(|client| client.client_name.clone()),
        );
    }
    let question =
        LogoutConfirm { client: client.map(|client| client.client_name.clone()), portals, request: None };
    let target = raw.once("post_logout_redirect_uri").and_then(origin_of).unwrap_or_default();
    Ok(show_leading_to(app, visit, &question, &target))
}

/// RP-Initiated Logout §4: what cannot be trusted goes no further than a page here.
fn refused(app: &App, visit: &Visit, error: LogoutError) -> Response {
    tracing::info!(trace = %visit.ctx.trace, %error, "sign-out refused on a page");
    let mut problem = Problem::new(ProblemKind::Request, visit.ctx.now);
    if error == LogoutError::RedirectMismatch {
        problem = problem.because(Message::new("problem-redirect-uri"));
    }
    let mut response = show_with(app, visit, StatusCode::BAD_REQUEST, &problem);
    response.extensions_mut().insert(Reason("invalid_request"));
    response
}

/// The page that lets the clients' frames load, and then goes where the request said.
fn farewell_page(app: &App, visit: &Visit, page: SignedOutPage, farewell: Farewell) -> Response {
    let frames: Vec<_> = farewell.frames.iter().map(|frame| frame.as_str().to_owned()).collect();
    let origins: Vec<_> = frames.iter().filter_map(|frame| origin_of(frame)).collect();
    let page = SignedOutPage { unreached: farewell.unreached, frames, ..page };
    match origins.is_empty() {
        true => show(app, visit, &page),
        false => show_framing(app, visit, &page, &origins),
    }
}

fn result(client: Option<&Arc<Client>>, ended: bool, then: Option<PostLogoutRedirect>) -> SignedOutPage {
    let onward = then.is_some();
    let home = |client: &Arc<Client>| client.client_uri.as_ref().map(|uri| uri.as_str().to_owned());
    let back = client.and_then(|client| {
        let href = then.map(|then| then.as_str().to_owned()).or_else(|| home(client))?;
        Some(ReturnTo { name: client.client_name.clone(), href })
    });
    SignedOutPage { only_client: !ended, unreached: Vec::new(), frames: Vec::new(), onward, back }
}
