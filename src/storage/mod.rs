//! Mechanics that know no feature: the SQL database, the ephemeral store, the outbox, the vault, budgets and outbound HTTP.
//!
//! Depends on `kernel` alone. A use case opens one [`Tx`], hands it to every façade that takes part, and commits last;
//! what must happen outside the database is a row of the [`Outbox`] in that same transaction.

pub mod authority;
mod base;
pub mod counters;
pub mod ephemeral;
mod failpoint;
pub mod fleet;
pub mod flows;
mod hot;
pub mod migrations;
pub mod outbound;
pub mod outbox;
#[cfg(test)]
#[path = "../../tests/support/redis.rs"]
pub mod servers;
mod settings;
mod sql;
pub mod sweep;
#[cfg(test)]
#[path = "../../tests/support/store.rs"]
pub mod testing;
pub mod vault;

pub use base::Base;
pub use ephemeral::{Ephemeral, EphemeralError, MemoryEphemeral, RedisEphemeral};
pub use hot::{Generation, Hot, Reach};
pub use outbox::{Backlog, Deliver, Delivery, Dispatcher, Outbox};
pub use settings::Settings;
pub use sql::{Db, Reader, StoreError, Tx, Unit, is_away};
pub use vault::{BlindIndex, KeyRing, Sealed, Vault};
