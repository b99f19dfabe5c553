//! `/.well-known/…` and `/jwks`: what we are and which keys we sign with.

use axum::extract::State;
use axum::response::Response;
use axum::{Extension, Json, response::IntoResponse};
use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderValue};
use serde::Serialize;

use super::{Challenge, refuse};
use crate::http::App;
use crate::http::url::Path;
use crate::kernel::Ctx;
use crate::keys::CACHED_FOR;
use crate::protocol::discovery::Endpoints;
use crate::provider::EndpointError;

/// Where each endpoint is: the router's own paths.
const ENDPOINTS: Endpoints<'static> = Endpoints {
    authorization: Path::Authorize.as_str(),
    token: Path::Token.as_str(),
    userinfo: Path::Userinfo.as_str(),
    jwks: Path::Jwks.as_str(),
    introspection: Path::Introspect.as_str(),
    revocation: Path::Revoke.as_str(),
    end_session: Path::Logout.as_str(),
    terms: Path::Terms.as_str(),
    privacy: Path::Privacy.as_str(),
};

/// OpenID Connect Discovery §4.
pub async fn openid_configuration(State(app): State<App>) -> Response {
    public(app.provider.metadata(&ENDPOINTS))
}

/// RFC 8414 §3.
pub async fn oauth_server(State(app): State<App>) -> Response {
    public(app.provider.metadata(&ENDPOINTS))
}

/// RFC 7517 §5. A new key is published two minutes before it signs.
pub async fn jwks(State(app): State<App>, Extension(ctx): Extension<Ctx>) -> Response {
    match app.provider.jwks().await {
        Ok(jwks) => public(&*jwks),
        Err(cause) => refuse(&ctx, EndpointError::Internal(cause), Challenge::Basic),
    }
}

/// Readable for everyone, and kept for a minute: `keys` counts on it when a key is rotated.
fn public(body: impl Serialize) -> Response {
    let mut response = (StatusCode::OK, Json(body)).into_response();
    response.headers_mut().insert(
        CACHE_CONTROL,
        HeaderValue::from_str(&format!("public, max-age={}", CACHED_FOR.num_seconds()))
            .unwrap_or(HeaderValue::from_static("no-cache")),
    );
    response
}
