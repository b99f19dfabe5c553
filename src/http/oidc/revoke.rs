//! `POST /revoke` (RFC 7009 §2).

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, HeaderValue};
use http::{HeaderMap, StatusCode};

use super::{Challenge, authorization, form, refuse};
use crate::http::App;
use crate::kernel::Ctx;
use crate::provider::EndpointError;

/// Ends a token; one that is unknown counts as ended (§2.2).
pub async fn post(
    State(app): State<App>,
    Extension(ctx): Extension<Ctx>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match revoke(&app, &ctx, &headers, &body).await {
        Ok(()) => {
            let mut response = StatusCode::OK.into_response();
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Err(error) => refuse(&ctx, error, Challenge::Basic),
    }
}

async fn revoke(app: &App, ctx: &Ctx, headers: &HeaderMap, body: &[u8]) -> Result<(), EndpointError> {
    let form = form(headers, body)?;
    app.provider.revoke(ctx, authorization(headers), &form).await
}
