//! Menfu (门符): one door to a bureau's services.
//!
//! The floors and who may name whom stand in `tests/architecture.rs`; the README has a map of the rooms.

pub mod admin;
pub mod app;
pub mod audit;
pub mod cli;
pub mod clients;
pub mod config;
pub mod consents;
#[cfg(feature = "sandbox")]
pub mod demo;
pub mod http;
pub mod kernel;
pub mod keys;
pub mod ledger;
pub mod limits;
pub mod notify;
pub mod ownership;
pub mod people;
pub mod policy;
pub mod proofing;
pub mod protocol;
pub mod provider;
pub mod recovery;
pub mod render;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod sessions;
pub mod signin;
pub mod signup;
pub mod storage;
pub mod telemetry;
pub mod tokens;
