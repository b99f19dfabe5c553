//! Two relying parties, as a bureau's own systems would be: an exam portal and a social-insurance portal.
//!
//! They are other sites than the provider's and know it by HTTP only, through the openidconnect crate. They trust
//! nothing that they have not checked: `iss`, `aud`, `acr` (ordered), `auth_time`, the level below which they let
//! nobody in. Sessions live in memory. May use: kernel, render.

mod seeds;

pub use seeds::{Seed, seeds};
