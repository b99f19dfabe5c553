//! Two relying parties, as a bureau's own systems would be: an exam portal and a social-insurance portal.
//!
//! They are other sites than the provider's and know it by HTTP only, through the openidconnect crate. They trust
//! nothing that they have not checked: `iss`, `aud`, `acr` (ordered), `auth_time`, the level below which they let
//! nobody in. Sessions live in memory. May use: kernel, render.

mod answer;
mod logout_token;
mod memory;
mod openid;
mod portal;
mod seeds;
mod settings;
mod verdict;
mod view;

use std::future::Future;

use tokio::net::TcpListener;

pub use portal::{Portal, PortalError, bare_chrome};
pub use seeds::{Seed, seeds};
pub use settings::{CookieNames, DeepLink, PortalKind, PortalSettings};
pub use verdict::{Refusal, check_issuer, check_sign_in};
pub use view::{SignedInPage, SignedOutPage, TooLowPage, TroublePage, WelcomePage};

/// Serves a portal on one listener until `shutdown`.
///
/// # Errors
/// When the socket fails.
pub async fn serve(
    listener: TcpListener,
    portal: Portal,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, portal.router()).with_graceful_shutdown(shutdown).await
}
