//! What holds for every response and every request, whatever the page: security headers and the refusal of
//! posts from other sites.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{HeaderName, HeaderValue, ORIGIN, STRICT_TRANSPORT_SECURITY};
use http::{HeaderMap, Method};

use super::App;
use super::failure::Failure;
use super::url::Path;

/// Headers of every answer; a page adds its `Content-Security-Policy`.
const ALWAYS: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    // `same-origin` and not `no-referrer`: the latter makes browsers send `Origin: null` with our own forms.
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
];

/// Adds the headers of every answer.
pub fn protect(app: &App, headers: &mut HeaderMap) {
    for (name, value) in ALWAYS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers
        .entry(http::header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    if app.issuer.scheme() == "https" {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
}

/// Refuses a post that another site's page sent (`decisions.md`: `Origin` and `Sec-Fetch-Site` are checked on
/// every POST but `/token` and its kin). `/authorize` and `/logout` are exempt: relying parties post there by right, and
/// what they post is turned into a GET.
pub async fn same_site_posts(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let exempt = [Path::Authorize, Path::Logout].iter().any(|exempt| exempt.as_str() == path);
    if request.method() == Method::POST && !exempt && is_foreign(&app, request.headers()) {
        return Failure::Forbidden.into_response();
    }
    next.run(request).await
}

fn is_foreign(app: &App, headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let site = text(HeaderName::from_static("sec-fetch-site"));
    let origin = text(ORIGIN);
    matches!(site, Some("cross-site" | "same-site")) || origin.is_some_and(|origin| origin != app.origin())
}
