//! `/preferences`: language, 长者版 and contrast, kept in cookies; then back to where the person was.

use axum::extract::State;
use axum::response::Response;

use crate::http::cookies::Name;
use crate::http::page::go;
use crate::http::url::{Path, local};
use crate::http::visit::{with_cookie, without_cookie};
use crate::http::{App, Visit};
use crate::kernel::Locale;

/// Sets what the link says; what it does not name stays.
pub async fn get(State(app): State<App>, visit: Visit) -> Response {
    let back = visit.query("back").and_then(|back| local(&back));
    let mut response = go(back.unwrap_or_else(|| Path::Login.within(None).into()));
    if let Some(locale) = visit.query("locale").and_then(|tag| tag.parse::<Locale>().ok()) {
        response = with_cookie(&app, response, Name::Locale, locale.tag());
    }
    for (parameter, cookie) in [("elder", Name::Elder), ("contrast", Name::Contrast)] {
        response = match visit.query(parameter).as_deref() {
            Some("1") => with_cookie(&app, response, cookie, "1"),
            Some(_) => without_cookie(&app, response, cookie),
            None => response,
        };
    }
    response
}
