//! The protocol endpoints: what programs call, and `/authorize`, where browsers arrive.
//!
//! A handler reads the request, calls one use case of `provider`, and writes the answer of its RFC. Errors
//! become JSON with a registered code; our own faults are logged with the trace id and say nothing more.

pub mod authorize;
pub mod discovery;
pub mod introspect;
pub mod revoke;
pub mod token;
pub mod userinfo;

use axum::Json;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE,
    HeaderMap, HeaderName, HeaderValue, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE,
};
use http::{Method, StatusCode};
use serde::Serialize;

use super::meter::Reason;
use super::url::Path;
use crate::kernel::Ctx;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::params::RawParams;
use crate::provider::EndpointError;
use crate::storage::is_away;

/// When to try again what fails for a moment: passwords queue for seconds, a store is looked for all the time.
const RETRY_SECONDS: &str = "2";

/// What scripts of other origins may read: no cookie opens any of it.
const SHARED: [Path; 5] =
    [Path::OpenIdConfiguration, Path::OAuthServer, Path::Jwks, Path::Token, Path::Userinfo];

/// Cross-origin access (Fetch §3.2) for the endpoints that scripts may call, without credentials.
pub async fn cors(request: Request, next: Next) -> Response {
    if !SHARED.iter().any(|path| path.as_str() == request.uri().path()) {
        return next.run(request).await;
    }
    let mut response = if request.method() == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"),
        (ACCESS_CONTROL_EXPOSE_HEADERS, "www-authenticate"),
        (ACCESS_CONTROL_MAX_AGE, "7200"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// An answer that nobody may keep (RFC 6749 §5.1).
fn fresh(status: StatusCode, body: impl Serialize) -> Response {
    let mut response = (status, Json(body)).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// RFC 6749 §5.2.
#[derive(Serialize)]
struct ErrorBody {
    error: &'static str,
    error_description: String,
}

/// The way an endpoint asks for authentication (RFC 6749 §5.2, RFC 6750 §3).
#[derive(Clone, Copy)]
enum Challenge {
    /// A client's own.
    Basic,
    /// An access token's.
    Bearer,
}

/// Writes an error, logs its private cause once.
fn refuse(ctx: &Ctx, error: EndpointError, challenge: Challenge) -> Response {
    let error = match error {
        EndpointError::OAuth(error) => error,
        EndpointError::Internal(cause) => {
            tracing::error!(trace = %ctx.trace, error = %cause, "request failed");
            return match cause.is_busy() || is_away(&cause) {
                true => written(&OAuthError::new(ErrorCode::TemporarilyUnavailable, "try again in a moment")),
                false => server_error(),
            };
        }
    };
    let cause = error.cause.as_deref().unwrap_or_default();
    tracing::info!(trace = %ctx.trace, error.code = error.code.as_str(), hint = error.hint, cause, "refused");
    let mut response = written(&error);
    if let Some(value) = authenticate(&error, challenge) {
        response.headers_mut().insert(WWW_AUTHENTICATE, value);
    }
    response
}

fn written(error: &OAuthError) -> Response {
    let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let error_description = error.description().into_owned();
    let mut response = fresh(status, ErrorBody { error: error.code.as_str(), error_description });
    if error.code == ErrorCode::TemporarilyUnavailable {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(RETRY_SECONDS));
    }
    response.extensions_mut().insert(Reason(error.code.as_str()));
    response
}

fn authenticate(error: &OAuthError, challenge: Challenge) -> Option<HeaderValue> {
    let text = match challenge {
        Challenge::Basic if error.code == ErrorCode::InvalidClient => "Basic realm=\"menfu\"".to_owned(),
        Challenge::Bearer => {
            let (code, description) = (error.code.as_str(), error.description());
            format!("Bearer realm=\"menfu\", error=\"{code}\", error_description=\"{description}\"")
        }
        Challenge::Basic => return None,
    };
    HeaderValue::from_str(&text).ok()
}

/// What a caller is told about our own fault; `X-Request-Id` says which one.
pub fn server_error() -> Response {
    written(&OAuthError::new(ErrorCode::ServerError, "the request could not be served"))
}

/// A form body; RFC 6749 §3.2: `application/x-www-form-urlencoded` and nothing else.
fn form(headers: &HeaderMap, body: &[u8]) -> Result<RawParams, EndpointError> {
    let content_type = text(headers, &CONTENT_TYPE).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Ok(RawParams::parse(body));
    }
    Err(OAuthError::new(ErrorCode::InvalidRequest, "the body must be form-encoded").into())
}

/// The `Authorization` header; one that is not text is as good as a wrong one.
fn authorization(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION).map(|value| value.to_str().unwrap_or_default())
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
