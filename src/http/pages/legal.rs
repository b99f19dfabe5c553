//! `/legal/terms` and `/legal/privacy`, in the version that ticks refer to.

use axum::extract::State;
use axum::response::Response;

use crate::http::page::show;
use crate::http::view::{Privacy, Terms};
use crate::http::{App, Visit};

/// 服务协议.
pub async fn terms(State(app): State<App>, visit: Visit) -> Response {
    show(&app, &visit, &Terms { version: Terms::VERSION.to_owned() })
}

/// 隐私政策.
pub async fn privacy(State(app): State<App>, visit: Visit) -> Response {
    show(&app, &visit, &Privacy { version: Privacy::VERSION.to_owned() })
}
