//! `POST /introspect` (RFC 7662 §2).

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::{Challenge, authorization, form, fresh, refuse};
use crate::http::App;
use crate::kernel::Ctx;
use crate::provider::EndpointError;

/// Says whether a token is good, and for what.
pub async fn post(
    State(app): State<App>,
    Extension(ctx): Extension<Ctx>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match introspect(&app, &ctx, &headers, &body).await {
        Ok(answer) => fresh(StatusCode::OK, answer),
        Err(error) => refuse(&ctx, error, Challenge::Basic),
    }
}

async fn introspect(app: &App, ctx: &Ctx, headers: &HeaderMap, body: &[u8]) -> Result<Value, EndpointError> {
    let form = form(headers, body)?;
    app.provider.introspect(ctx, authorization(headers), &form).await
}
