//! The schema, one file a step, portable between SQLite and PostgreSQL, never edited once released.
//!
//! A new step: a file `m<number>_<what>.rs` shaped like `m0001_outbox_and_counters.rs` (its name is the step's name), one
//! line here, and a row that must survive in `tests/migrations.rs`. The owner of a table writes its steps.
//! - instants `big_integer` (UTC milliseconds), ids `uuid`, tokens and words `string`, sealed values `binary`,
//!   JSON `text` that is never queried inside;
//! - foreign keys and unique columns in `CREATE TABLE`, for SQLite cannot add them later; a column added later has a
//!   default or is null;
//! - expand first, contract in a later release.

use sea_orm_migration::prelude::*;

mod m0001_outbox_and_counters;
mod m0002_limits;
mod m0003_audit;
mod m0004_notify;
mod m0005_people;
mod m0006_proofing;
mod m0007_signup;
mod m0008_accounts;
mod m0009_provider;
mod m0010_client_registrations;
mod m0011_key_revocation;
mod m0012_nodes;
mod m0013_card_methods;
mod m0014_growing_tables;
mod m0015_ends_of_evidence;
mod m0016_holds_that_ran_out;
mod m0017_refresh_in_families;
mod m0018_events_of_a_person;
mod m0021_vetoes;
mod m0022_security_questions;
mod m0023_ledger;

/// All steps in order.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_outbox_and_counters::Migration),
            Box::new(m0002_limits::Migration),
            Box::new(m0003_audit::Migration),
            Box::new(m0004_notify::Migration),
            Box::new(m0005_people::Migration),
            Box::new(m0006_proofing::Migration),
            Box::new(m0007_signup::Migration),
            Box::new(m0008_accounts::Migration),
            Box::new(m0009_provider::Migration),
            Box::new(m0010_client_registrations::Migration),
            Box::new(m0011_key_revocation::Migration),
            Box::new(m0012_nodes::Migration),
            Box::new(m0013_card_methods::Migration),
            Box::new(m0014_growing_tables::Migration),
            Box::new(m0015_ends_of_evidence::Migration),
            Box::new(m0016_holds_that_ran_out::Migration),
            Box::new(m0017_refresh_in_families::Migration),
            Box::new(m0018_events_of_a_person::Migration),
            Box::new(m0021_vetoes::Migration),
            Box::new(m0022_security_questions::Migration),
            Box::new(m0023_ledger::Migration),
        ]
    }
}
