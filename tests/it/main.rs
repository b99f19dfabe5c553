//! Behaviour over HTTP: the one integration binary.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test program: a panic is its way to fail"
)]

mod account;
mod bank;
mod citizens;
mod harness;
mod people;
mod portals;
mod registration;
mod sandbox;
mod storage;
