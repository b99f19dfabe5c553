//! Showing a page: its frame, its `Content-Security-Policy`, and the redirect to another page.

use axum::response::{Html, IntoResponse, Redirect, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue};

use super::App;
use super::failure::Failure;
use super::form::csrf_token;
use super::view::{Problem, ProblemKind, ReturnTo};
use super::visit::Visit;
use crate::render::{Chrome, Page};

/// Shows a page.
pub fn show<P: Page>(app: &App, visit: &Visit, page: &P) -> Response {
    show_with(app, visit, StatusCode::OK, page)
}

/// Shows a page with another status.
pub fn show_with<P: Page>(app: &App, visit: &Visit, status: StatusCode, page: &P) -> Response {
    match app.renderer.render(page, &chrome(app, visit)) {
        Ok(html) => {
            let mut response = (status, Html(html)).into_response();
            let headers = response.headers_mut();
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            headers.insert(CONTENT_SECURITY_POLICY, policy(visit));
            response
        }
        Err(error) => {
            tracing::error!(trace = %visit.ctx.trace, error = %error, "page not rendered");
            let trace = visit.ctx.trace;
            (StatusCode::INTERNAL_SERVER_ERROR, format!("系统繁忙，请稍后再试[{trace}]")).into_response()
        }
    }
}

/// Shows a page whose form may lead to this verified origin, as [`policy`] says of the pending request's.
pub fn show_leading_to<P: Page>(app: &App, visit: &Visit, page: &P, target: &str) -> Response {
    let mut response = show(app, visit, page);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy_with(target));
    response
}

/// Shows a page that loads pages of these origins in frames, whose addresses are registered.
pub fn show_framing<P: Page>(app: &App, visit: &Visit, page: &P, origins: &[String]) -> Response {
    let mut response = show(app, visit, page);
    let policy = format!("{}; frame-src {}", policy_text(""), origins.join(" "));
    let policy = HeaderValue::from_str(&policy).unwrap_or(NOTHING);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    response
}

/// Answers 303: the next page is fetched with GET, whatever this request was.
pub fn go(next: impl Into<String>) -> Response {
    Redirect::to(&next.into()).into_response()
}

/// The page of a failure (LG11).
pub fn failure(app: &App, visit: &Visit, failure: &Failure) -> Response {
    let mut problem = Problem::new(kind(failure), visit.ctx.now);
    if let Failure::Expired { back: Some(back) } = failure {
        problem = problem.back_to(ReturnTo { name: back.client_name.clone(), href: back.url.clone() });
    }
    show_with(app, visit, failure.status(), &problem)
}

const fn kind(failure: &Failure) -> ProblemKind {
    match failure {
        Failure::Expired { .. } => ProblemKind::Expired,
        Failure::NotFound => ProblemKind::Missing,
        Failure::Forbidden => ProblemKind::Forbidden,
        Failure::Rate => ProblemKind::Rate,
        Failure::Busy { .. } => ProblemKind::Busy,
        Failure::Away(_) | Failure::System(_) => ProblemKind::System,
    }
}

fn chrome(app: &App, visit: &Visit) -> Chrome {
    Chrome {
        locale: visit.ctx.locale,
        display: visit.display,
        contrast: visit.contrast,
        site: app.sites.in_language(visit.ctx.locale),
        csrf: csrf_token(&app.base.vault, visit),
        trace: visit.ctx.trace.to_string(),
        person: visit.person.as_ref().map(|person| person.profile.name.masked()),
        client: visit.pending.as_ref().map(|pending| pending.client_name.clone()),
        sandbox: app.sandbox,
        questions: app.policy.recovery.asks_questions(),
        here: visit.here(),
    }
}

/// `decisions.md`: nothing from elsewhere; `form-action` also names the origin of the **verified** redirect URI of the
/// pending request, because Chromium applies it to the redirect after a POST.
fn policy(visit: &Visit) -> HeaderValue {
    policy_with(visit.pending.as_ref().map_or("", |pending| pending.redirect_origin.as_str()))
}

fn policy_with(target: &str) -> HeaderValue {
    HeaderValue::from_str(&policy_text(target)).unwrap_or(NOTHING)
}

const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'");

fn policy_text(target: &str) -> String {
    let text = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; media-src 'self'; \
         connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' {target}"
    );
    text.trim_end().to_owned()
}
