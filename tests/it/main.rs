//! Behaviour over HTTP: the one integration binary.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test program: a panic is its way to fail"
)]

mod portals;
mod sandbox;
