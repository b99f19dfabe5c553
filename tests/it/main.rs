//! Behaviour over HTTP: the one integration binary.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "a test program: a panic is its way to fail, and one test holds a stopwatch"
)]

use menfu::{kernel, storage};

mod account;
mod apps;
mod attacks;
mod bank;
mod bureaus;
mod captchas;
mod citizens;
mod codes;
mod commands;
#[cfg(feature = "failpoints")]
mod crash;
mod discovery;
mod editing;
mod ending;
mod endpoints;
mod fixation;
mod forms;
mod harness;
mod leaks;
mod ledger;
mod levels;
mod logout;
mod new_device;
mod nodes;
mod oidc;
mod operations;
mod outage;
mod own_data;
mod password;
mod people;
mod person_centre;
mod phone;
#[cfg(feature = "failpoints")]
mod plans;
mod platform;
mod portals;
mod preferences;
mod profiles;
mod prompts;
mod questions;
mod races;
mod recovery;
mod redirects;
mod redis_gone;
mod refresh;
mod registration;
mod replacing;
mod rotation;
mod sandbox;
mod scoping;
mod seeding;
#[expect(dead_code, reason = "a Sentinel and a Cluster are for the tests of the store")]
#[path = "../support/redis.rs"]
mod servers;
mod sessions;
mod shenzhen;
mod signin;
mod sms_sign_in;
#[expect(dead_code, reason = "a house needs a migrated database only")]
#[path = "../support/store.rs"]
mod store;
mod texts;
mod tls;
mod town;
mod traces;
mod unionpay;
mod upgrade;
