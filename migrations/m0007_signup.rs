//! Registration wizards that wait for their next page.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(flows()).await?;
        manager.create_index(ended_first()).await
    }
}

/// `state` is sealed; `version` rises with each write, so that of two tabs one wins. `open_key` is kind and browser while
/// the wizard runs and null afterwards: a browser runs one wizard of a kind.
fn flows() -> TableCreateStatement {
    Table::create()
        .table("flows")
        .col(pk_uuid("id"))
        .col(string("browser_hash"))
        .col(string("kind"))
        .col(string_null("open_key").unique_key())
        .col(binary("state"))
        .col(integer("version"))
        .col(big_integer("created_at"))
        .col(big_integer("expires_at"))
        .col(big_integer_null("finished_at"))
        .to_owned()
}

fn ended_first() -> IndexCreateStatement {
    Index::create().name("flows_end").table("flows").col("expires_at").to_owned()
}
