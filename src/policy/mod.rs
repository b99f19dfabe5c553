//! The bureau profile: every number, switch and text choice that differs between bureaus, typed and checked at load.
//!
//! A profile is TOML: two are embedded (`profiles/*.toml`), a bureau may bring a file of its own, and each may
//! `inherit` another. [`Policy::load`] layers them, refuses a key it does not know (with the file that wrote it)
//! and refuses combinations that are unsafe (`safety.rs`). What it returns never changes while the program runs.
//!
//! May use: kernel, render (to know which texts exist).

pub mod layers;
mod load;
mod model;
mod safety;
mod span;

pub use load::{PolicyError, Settings};
pub use model::*;
pub use safety::Surroundings;
pub use span::Span;
