//! Behaviour over HTTP: the one integration binary.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test program: a panic is its way to fail"
)]

use menfu::{kernel, storage};

mod account;
mod bank;
mod citizens;
mod codes;
mod commands;
mod discovery;
mod endpoints;
mod fixation;
mod forms;
mod harness;
mod levels;
mod logout;
mod people;
mod portals;
mod prompts;
mod redirects;
mod refresh;
mod registration;
mod sandbox;
mod scoping;
mod signin;
#[expect(dead_code, reason = "a house needs a migrated database only")]
#[path = "../support/store.rs"]
mod store;
