//! SMS codes: one row for a purpose, a number and a flow; the code itself as a MAC, the number as a blind index.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(sms_codes()).await?;
        let ended_first =
            Index::create().name("sms_codes_end").table("sms_codes").col("expires_at").to_owned();
        manager.create_index(ended_first).await
    }
}

fn sms_codes() -> TableCreateStatement {
    Table::create()
        .table("sms_codes")
        .col(string("key").primary_key())
        .col(string("code_mac"))
        .col(big_integer("sent_at"))
        .col(big_integer("expires_at"))
        .col(integer("tries"))
        .col(big_integer_null("taken_at"))
        .to_owned()
}
