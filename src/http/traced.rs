//! The span of a request (OpenTelemetry semantic conventions for HTTP, 1.43).
//!
//! Its route and never its path, its method as far as we know it: no query, cookie, token or address of a person.

use std::borrow::Cow;

use axum::extract::Request;
use http::{Method, StatusCode};

use super::App;
use super::meter::Reason;
use super::url::Path;
use crate::kernel::TraceId;
use crate::kernel::trace::{Span, TraceParent, Value};
use crate::render::STATIC_PATH;

/// Begins it. Probes come every few seconds and mean nothing: they have none.
pub(super) fn begin(app: &App, request: &Request, caller: Option<TraceParent>, id: TraceId) -> Span {
    let path = Path::of(request.uri().path());
    if !app.traces.are_on() || matches!(path, Some(Path::Healthz | Path::Readyz)) {
        return Span::none();
    }
    let (method, route) = (method(request.method()), route(path, request.uri().path()));
    let name = match route {
        Some(route) => Cow::Owned(format!("{method} {route}")),
        None => Cow::Borrowed(method),
    };
    let span = app.traces.request(name, caller, id);
    span.note("http.request.method", Value::Word(method));
    if let Some(route) = route {
        span.note("http.route", Value::Word(route));
    }
    span
}

/// Writes down how it ended; the span ends when it is dropped, also with a caller who left.
pub(super) fn end(span: &Span, status: StatusCode, reason: Option<Reason>) {
    span.note("http.response.status_code", Value::Number(status.as_u16()));
    let word = reason.map_or("failed", |Reason(word)| word);
    if status.is_server_error() {
        span.fail(word);
    } else if reason.is_some() {
        span.note("error.type", Value::Word(word));
    }
}

fn route(path: Option<Path>, asked: &str) -> Option<&'static str> {
    let file = asked.starts_with(STATIC_PATH).then_some("/static/{name}");
    path.map(Path::as_str).or(file)
}

fn method(asked: &Method) -> &'static str {
    match asked.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "HEAD" => "HEAD",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        "PATCH" => "PATCH",
        _ => "_OTHER",
    }
}
