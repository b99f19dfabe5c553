//! `POST /token` (RFC 6749 §3.2).

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};

use super::{Challenge, authorization, form, fresh, refuse};
use crate::http::App;
use crate::http::meter::Grant;
use crate::kernel::Ctx;
use crate::provider::{EndpointError, TokenResponse};

/// Serves a grant.
pub async fn post(
    State(app): State<App>,
    Extension(ctx): Extension<Ctx>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match exchange(&app, &ctx, &headers, &body).await {
        Ok(tokens) => fresh(StatusCode::OK, tokens),
        Err(error) => refuse(&ctx, error, Challenge::Basic),
    }
}

async fn exchange(
    app: &App,
    ctx: &Ctx,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<TokenResponse, EndpointError> {
    let form = form(headers, body)?;
    let tokens = app.provider.exchange(ctx, authorization(headers), &form).await?;
    app.meter.tokens(Grant::named(form.once("grant_type").unwrap_or_default()));
    Ok(tokens)
}
