//! Liveness and readiness, for the balancer and for whoever starts the program.

use axum::extract::State;
use http::StatusCode;

use super::App;
use crate::storage::StoreError;

/// `/healthz`: the process answers.
pub async fn healthz() -> &'static str {
    "ok"
}

/// `/readyz`: the database answers, has every migration of this build and takes writes.
pub async fn readyz(State(app): State<App>) -> (StatusCode, &'static str) {
    match app.base.db.is_migrated().await {
        Ok(true) => match app.base.db.is_writable().await {
            Ok(true) => (StatusCode::OK, "ready"),
            Ok(false) => (StatusCode::SERVICE_UNAVAILABLE, "the database takes no writes"),
            Err(error) => silent(&error),
        },
        Ok(false) => {
            (StatusCode::SERVICE_UNAVAILABLE, "the schema is older than this build: run menfu migrate")
        }
        Err(error) => silent(&error),
    }
}

fn silent(error: &StoreError) -> (StatusCode, &'static str) {
    tracing::error!(%error, "not ready");
    (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer")
}
