//! `/.well-known/…` and `/jwks`: what we are and which keys we sign with.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use axum::{Extension, Json, response::IntoResponse};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};

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

/// OpenID Connect Discovery §4, RFC 8414 §3: one document at both addresses, written once.
#[derive(Clone)]
pub struct Document {
    text: Bytes,
    kept: HeaderValue,
}

impl Document {
    /// Of the provider as it is set up.
    pub fn of(app: &App) -> Self {
        // Names and lists of texts: writing them cannot fail.
        let text = serde_json::to_vec(&app.provider.metadata(&ENDPOINTS)).unwrap_or_default();
        Self { text: text.into(), kept: kept() }
    }
}

impl IntoResponse for Document {
    fn into_response(self) -> Response {
        let json = HeaderValue::from_static("application/json");
        ([(CONTENT_TYPE, json), (CACHE_CONTROL, self.kept)], self.text).into_response()
    }
}

/// RFC 7517 §5. A new key is published two minutes before it signs.
pub async fn jwks(State(app): State<App>, Extension(ctx): Extension<Ctx>) -> Response {
    match app.provider.jwks().await {
        Ok(jwks) => ([(CACHE_CONTROL, kept())], Json(&*jwks)).into_response(),
        Err(cause) => refuse(&ctx, EndpointError::Internal(cause), Challenge::Basic),
    }
}

/// Readable for everyone, and kept for a minute: `keys` counts on it when a key is rotated.
fn kept() -> HeaderValue {
    let text = format!("public, max-age={}", CACHED_FOR.num_seconds());
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("no-cache"))
}
