//! The disclosure ledger, and what access tokens were told once.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(ledger()).await?;
        manager.create_index(Index::create().name("ledger_at").table("ledger").col("at").to_owned()).await?;
        manager.create_table(heads()).await?;
        for column in ["userinfo_at", "introspected_at"] {
            let added = Table::alter().table("access_tokens").add_column(big_integer_null(column)).to_owned();
            manager.alter_table(added).await?;
        }
        Ok(())
    }
}

/// An entry of a person. `recipient` is a client id or the name of staff; `claims` are names with blanks between; `mac` covers
/// all of it.
fn ledger() -> TableCreateStatement {
    Table::create()
        .table("ledger")
        .col(uuid("person_id"))
        .col(big_integer("number"))
        .col(big_integer("at"))
        .col(string("recipient"))
        .col(string("occasion"))
        .col(string("basis"))
        .col(string("claims"))
        .col(string_null("acr"))
        .col(string_null("reason"))
        .col(binary("mac"))
        .primary_key(Index::create().col("person_id").col("number"))
        .to_owned()
}

/// The first and the last number of a person, each with its MAC.
fn heads() -> TableCreateStatement {
    Table::create()
        .table("ledger_heads")
        .col(pk_uuid("person_id"))
        .col(big_integer("first"))
        .col(binary("first_mac"))
        .col(big_integer("last"))
        .col(binary("last_mac"))
        .col(boolean("is_whole"))
        .to_owned()
}
