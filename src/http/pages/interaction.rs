//! From a parked authorization request to the page it waits for, and back.

use axum::response::{IntoResponse, Redirect, Response};
use http::header::{CACHE_CONTROL, HeaderValue};

use crate::http::meter::Reason;
use crate::http::page::{go, show_leading_to};
use crate::http::url::Path;
use crate::http::view::FormPost;
use crate::http::{App, Failure, Visit};
use crate::kernel::HashedToken;
use crate::protocol::interaction::Interaction;
use crate::protocol::response::AuthorizationResponse;
use crate::provider::{AuthorizeError, Authorized, ConsentAnswer, Visitor};

/// What a parked request waits for.
pub enum Waiting {
    /// This page.
    For(Interaction),
    /// Nothing: it can go on.
    Nothing,
}

impl Waiting {
    /// The way to the page that is really waited for: whoever opens another one by hand, by the back button or by an
    /// old link ends up there.
    pub fn elsewhere(self, visit: &Visit) -> Response {
        match self {
            Self::For(interaction) => go(visit.link(path(&interaction))),
            Self::Nothing => go(visit.link(Path::Resume)),
        }
    }
}

/// The interaction table's word about a parked request of this browser.
///
/// # Errors
/// [`Failure::Expired`] when the request is over or another browser's.
pub async fn waiting(app: &App, visit: &Visit, request: &str) -> Result<Waiting, Failure> {
    let browser = visit.browser_hash();
    let found = app.provider.interaction(&visit.ctx, &visitor(visit, &browser), request).await;
    Ok(found.map_err(failure)?.map_or(Waiting::Nothing, Waiting::For))
}

/// What a person answers on a page within an authorization request.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// 同意 or 拒绝.
    Consent(ConsentAnswer),
    /// 暂不提升, or 取消 where the level is required.
    DeclineUpgrade,
    /// 继续使用 this account.
    KeepAccount,
    /// 使用其他账号.
    LeaveAccount,
}

/// Takes an answer into the request and sends the browser on.
///
/// # Errors
/// As for [`waiting`].
pub async fn answer(app: &App, visit: &Visit, request: &str, answer: Answer) -> Result<Response, Failure> {
    let browser = visit.browser_hash();
    let (provider, ctx, visitor) = (&app.provider, &visit.ctx, visitor(visit, &browser));
    let authorized = match answer {
        Answer::Consent(consent) => provider.answer_consent(ctx, &visitor, request, consent).await,
        Answer::DeclineUpgrade => provider.decline_upgrade(ctx, &visitor, request).await,
        Answer::KeepAccount => provider.keep_account(ctx, &visitor, request).await,
        Answer::LeaveAccount => provider.leave_account(ctx, &visitor, request).await,
    };
    Ok(present(app, visit, authorized.map_err(failure)?))
}

/// To the client, or to the next page.
fn present(app: &App, visit: &Visit, authorized: Authorized) -> Response {
    match authorized {
        Authorized::Answer(response) => send(app, visit, &response),
        Authorized::Interact { interaction, .. } => go(visit.link(path(&interaction))),
    }
}

/// The answer to a client: a redirect, or a page whose form posts it; nobody keeps either.
pub fn send(app: &App, visit: &Visit, response: &AuthorizationResponse) -> Response {
    let mut sent = match response {
        AuthorizationResponse::Redirect(location) => {
            let mut redirect = Redirect::to(location.as_str()).into_response();
            redirect.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            redirect
        }
        AuthorizationResponse::FormPost(form) => {
            show_leading_to(app, visit, &FormPost::of(form), &form.origin())
        }
    };
    if let Some(code) = response.error() {
        sent.extensions_mut().insert(Reason(code.as_str()));
    }
    sent
}

fn visitor<'a>(visit: &'a Visit, browser: &'a HashedToken) -> Visitor<'a> {
    // The page may have changed the person since the visit began.
    Visitor { browser, session: visit.session.as_ref(), person: None }
}

/// A request that was parked passed the checks that end on a page: failing them now, its registration has changed.
fn failure(error: AuthorizeError) -> Failure {
    match error {
        AuthorizeError::Page(_) => Failure::Expired { back: None },
        AuthorizeError::Expired(back) => Failure::Expired { back },
        AuthorizeError::Internal(cause) => Failure::system(cause),
    }
}

/// Where each interaction takes place.
#[must_use]
pub const fn path(interaction: &Interaction) -> Path {
    match interaction {
        Interaction::Login => Path::Login,
        Interaction::Create => Path::Register,
        Interaction::ChooseAccount | Interaction::SelectAccount => Path::Choose,
        Interaction::ReenterDocument => Path::Document,
        Interaction::RaiseLevel(_) => Path::RaiseLevel,
        Interaction::Consent { .. } => Path::Consent,
    }
}
