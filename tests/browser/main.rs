//! The stories of the product in a real Chromium, across origins: provider, sandbox and both portals run as one
//! `menfu demo`, driven by WebDriver.
//!
//! `MENFU_TEST_SCRIPTS=off` takes JavaScript away from every page; every story must end all the same. Without
//! chromium and chromedriver these tests fail, so they are not part of a plain `cargo test`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test program: a panic is its way to fail, and it waits by the machine's own clock"
)]

mod browser;
mod demo;
mod people;
mod process;
mod recovery;
mod registration;
mod self_test;
mod shots;
mod sign_in;
mod upgrade;
