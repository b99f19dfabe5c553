//! Holds of names by wizards that ended without an account are found by their end.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_index(holds_by_end()).await
    }
}

/// The names of accounts, nearly all there are, have no end and no place in it.
fn holds_by_end() -> IndexCreateStatement {
    Index::create()
        .name("usernames_reserved")
        .table("usernames")
        .col("reserved_until")
        .and_where(Expr::col("reserved_until").is_not_null())
        .to_owned()
}
