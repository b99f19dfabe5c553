//! Proofs that come near their end: whose person was told, and how the others are found.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(warned_once()).await?;
        manager.create_index(unwarned_ending_first()).await
    }
}

/// `warned_at` is null until somebody looked whether the person has to be told; it is written once.
fn warned_once() -> TableAlterStatement {
    Table::alter().table("evidence").add_column(big_integer_null("warned_at")).to_owned()
}

/// `state` does not come first: nearly all rows have the same, and no statement about one person should take it for a way
/// to its rows.
fn unwarned_ending_first() -> IndexCreateStatement {
    Index::create()
        .name("evidence_ends")
        .table("evidence")
        .col("warned_at")
        .col("state")
        .col("expires_at")
        .to_owned()
}
