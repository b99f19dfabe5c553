//! The rules of the protocol, one file for each part of it.

mod algorithms;
mod checklist;
mod claims;
mod form_post;
mod hardening;
mod private_key_jwt;
mod resources;
mod select_account;
