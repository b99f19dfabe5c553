//! Which nodes live, and which vault keys each holds.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(nodes()).await
    }
}

/// `vault_keys` is JSON: the names of the keys, never the keys.
fn nodes() -> TableCreateStatement {
    Table::create()
        .table("nodes")
        .col(pk_uuid("id"))
        .col(text("vault_keys"))
        .col(big_integer("taken_up_at"))
        .col(big_integer("seen_at"))
        .to_owned()
}
