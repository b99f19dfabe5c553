//! Liveness and readiness, for the balancer and for whoever starts the program.

use axum::extract::State;
use http::StatusCode;

use super::App;

/// `/healthz`: the process answers.
pub async fn healthz() -> &'static str {
    "ok"
}

/// `/readyz`: the database answers and has every migration of this build.
pub async fn readyz(State(app): State<App>) -> (StatusCode, &'static str) {
    match app.base.db.is_migrated().await {
        Ok(true) => (StatusCode::OK, "ready"),
        Ok(false) => {
            (StatusCode::SERVICE_UNAVAILABLE, "the schema is older than this build: run menfu migrate")
        }
        Err(error) => {
            tracing::error!(error = %error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer")
        }
    }
}
