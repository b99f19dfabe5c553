//! `/userinfo` (Core §5.3): by GET with a header, by POST with a header or a form (RFC 6750 §2.1, §2.2).

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};

use super::{Challenge, authorization, form, fresh, refuse};
use crate::http::App;
use crate::kernel::Ctx;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::provider::UserInfo;

/// With `Authorization: Bearer`.
pub async fn get(State(app): State<App>, Extension(ctx): Extension<Ctx>, headers: HeaderMap) -> Response {
    answer(&app, &ctx, bearer(&headers, &[])).await
}

/// The same, or `access_token` in the form.
pub async fn post(
    State(app): State<App>,
    Extension(ctx): Extension<Ctx>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(&app, &ctx, bearer(&headers, &body)).await
}

async fn answer(app: &App, ctx: &Ctx, token: Result<Option<String>, OAuthError>) -> Response {
    let token = match token {
        Ok(Some(token)) => token,
        Ok(None) => return unauthenticated(),
        Err(error) => return refuse(ctx, error.into(), Challenge::Bearer),
    };
    match app.provider.userinfo(ctx, &token).await {
        Ok(UserInfo::Plain(claims)) => fresh(StatusCode::OK, claims),
        Ok(UserInfo::Signed(token)) => signed(token),
        Err(error) => refuse(ctx, error, Challenge::Bearer),
    }
}

/// Core §5.3.2: `application/jwt`.
fn signed(token: String) -> Response {
    let headers = [(CONTENT_TYPE, "application/jwt"), (CACHE_CONTROL, "no-store")];
    (headers, token).into_response()
}

/// The token, in one way only (RFC 6750 §2).
fn bearer(headers: &HeaderMap, body: &[u8]) -> Result<Option<String>, OAuthError> {
    let header = authorization(headers).map(|value| match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Some(token.trim().to_owned()),
        _ => None,
    });
    let posted = form(headers, body).ok().and_then(|form| form.once("access_token").map(str::to_owned));
    match (header, posted) {
        (Some(_), Some(_)) => {
            Err(OAuthError::new(ErrorCode::InvalidRequest, "the access token was sent in two ways"))
        }
        (Some(Some(token)), None) | (None, Some(token)) => Ok(Some(token)),
        (Some(None) | None, None) => Ok(None),
    }
}

/// RFC 6750 §3.1: without any token the challenge says nothing more.
fn unauthenticated() -> Response {
    let mut response = StatusCode::UNAUTHORIZED.into_response();
    let headers = response.headers_mut();
    headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"menfu\""));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use http::header::AUTHORIZATION;

    use super::*;

    fn headers(authorization: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8"),
        );
        if let Some(value) = authorization {
            headers.insert(AUTHORIZATION, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn a_token_comes_by_header_or_by_form() {
        assert_eq!(bearer(&headers(Some("bEaReR abc")), b"").unwrap().as_deref(), Some("abc"));
        assert_eq!(bearer(&headers(None), b"access_token=abc").unwrap().as_deref(), Some("abc"));
        assert_eq!(bearer(&headers(None), b"").unwrap(), None);
        assert_eq!(bearer(&headers(Some("Basic abc")), b"").unwrap(), None);
    }

    #[test]
    fn two_ways_at_once_are_refused() {
        let error = bearer(&headers(Some("Bearer abc")), b"access_token=abc").unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidRequest);
    }

    #[test]
    fn a_body_of_another_kind_is_no_form() {
        assert_eq!(bearer(&HeaderMap::new(), b"access_token=abc").unwrap(), None);
    }
}
