//! Bodies of forms: read once, bounded, and only with the CSRF token of the browser that got the page.

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use subtle::ConstantTimeEq;
use url::form_urlencoded;

use super::App;
use super::failure::Failure;
use super::visit::Visit;
use crate::kernel::Secret;
use crate::storage::Vault;

/// The largest form we read; names and numbers fit in a fraction of it.
const MAX_BYTES: usize = 64 * 1024;

/// The fields of a posted form whose CSRF token was right.
pub struct Posted(Vec<(String, String)>);

impl Posted {
    /// A field as typed; the empty string when it was not sent.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// Whether a box was ticked or a field filled in.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        !self.get(name).is_empty()
    }

    /// A password: never shown again, wiped after use.
    #[must_use]
    pub fn secret(&self, name: &str) -> Secret {
        Secret::from(self.get(name))
    }

    /// Which button was pressed (`do`); `next` when the form was sent by the enter key.
    #[must_use]
    pub fn action(&self) -> &str {
        match self.get("do") {
            "" => "next",
            action => action,
        }
    }

    /// The value of every field of this name, for groups of boxes.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl FromRequest<App> for Posted {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        let expired = || Failure::Expired { back: None };
        let visit = request.extensions().get::<Visit>().cloned().ok_or_else(expired)?;
        let body = to_bytes(request.into_body(), MAX_BYTES).await.map_err(|_| expired())?;
        let posted = Self(form_urlencoded::parse(&body).into_owned().collect());
        if is_csrf_token(&app.base.vault, &visit, posted.get("csrf")) {
            Ok(posted)
        } else {
            Err(Failure::Expired { back: visit.way_back() })
        }
    }
}

/// The CSRF token of this browser: a MAC of its cookie, so that nothing is stored and a new cookie ends old forms.
#[must_use]
pub fn csrf_token(vault: &Vault, visit: &Visit) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD
        .encode(vault.mac("csrf", visit.browser.expose().as_bytes()))
}

fn is_csrf_token(vault: &Vault, visit: &Visit, given: &str) -> bool {
    csrf_token(vault, visit).as_bytes().ct_eq(given.as_bytes()).into()
}
