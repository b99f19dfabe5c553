//! Mechanics that know no feature: the SQL database, the ephemeral store, the outbox, the vault, budgets and outbound HTTP.
//!
//! Depends on `kernel` alone. A use case opens one [`Tx`], hands it to every façade that takes part, and commits last;
//! what must happen outside the database is a row of the [`Outbox`](outbox::Outbox) in that same transaction.

mod failpoint;
pub mod migrations;
mod settings;
mod sql;

pub use settings::Settings;
pub use sql::{Db, StoreError, Tx};
