//! What `clients.toml` said when a node last took it up: the measure of what changed since.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(client_registrations()).await
    }
}

/// `digest` is the SHA-256 of the whole registration.
fn client_registrations() -> TableCreateStatement {
    Table::create()
        .table("client_registrations")
        .col(string("client_id").primary_key())
        .col(string("digest"))
        .col(big_integer("taken_up_at"))
        .to_owned()
}
