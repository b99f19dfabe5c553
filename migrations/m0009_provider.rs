//! Authorization requests that wait for a person.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(parked_requests()).await?;
        for (name, column) in [("parked_browser", "browser_hash"), ("parked_expires", "expires_at")] {
            let index = Index::create().name(name).table("parked_requests").col(column).to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

/// `request` is vault ciphertext of the parameters as they came; a request that was posted from another
/// site belongs to no browser until one comes for it.
fn parked_requests() -> TableCreateStatement {
    Table::create()
        .table("parked_requests")
        .col(string("id_hash").primary_key())
        .col(string_null("browser_hash"))
        .col(string("client_id"))
        .col(binary("request"))
        .col(text("answers"))
        .col(big_integer("created_at"))
        .col(big_integer("expires_at"))
        .col(big_integer_null("finished_at"))
        .to_owned()
}
