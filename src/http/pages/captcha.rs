//! `/captcha`: the picture and its spoken form (G7), drawn anew each time, never kept.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::http::url::{Link, Path};
use crate::http::view::Captcha;
use crate::http::{App, Failure, Visit};
use crate::limits::Challenge;

/// A fresh one for a form.
///
/// # Errors
/// That the ephemeral store is gone.
pub async fn issue(app: &App) -> Result<Captcha, Failure> {
    let id = app.limits.captcha().issue().await?;
    let address = |path| Link::to(path).with("id", id.as_str()).to_string();
    Ok(Captcha { id: id.to_string(), image: address(Path::Captcha), audio: address(Path::CaptchaAudio) })
}

/// The picture.
pub async fn image(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    let challenge = find(&app, &visit).await?;
    made("image/png", move || challenge.png()).await
}

/// The sound.
pub async fn audio(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    let challenge = find(&app, &visit).await?;
    made("audio/wav", move || challenge.wav()).await
}

async fn find(app: &App, visit: &Visit) -> Result<Challenge, Failure> {
    let id = visit.query("id").and_then(|id| id.parse().ok()).ok_or(Failure::NotFound)?;
    let challenge = app.limits.captcha().challenge(&id).await?;
    challenge.ok_or(Failure::NotFound)
}

/// Law 12: drawing is work for the processor and does not hold up the runtime.
async fn made(
    content_type: &'static str,
    make: impl FnOnce() -> Option<Vec<u8>> + Send + 'static,
) -> Result<Response, Failure> {
    let bytes = tokio::task::spawn_blocking(make).await.map_err(Failure::system)?;
    let bytes = bytes.ok_or(Failure::NotFound)?;
    Ok(([(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-store")], bytes).into_response())
}
