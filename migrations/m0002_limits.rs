//! Failed sign-ins that are counted, and locks that follow from them.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(lockouts()).await?;
        manager.create_index(index("lockouts_name", "name_mac")).await?;
        manager.create_index(index("lockouts_last", "last_at")).await
    }
}

/// One row for a name and a source, one for a name and all sources; both under MACs, for a name may be anything.
fn lockouts() -> TableCreateStatement {
    Table::create()
        .table("lockouts")
        .col(string("key").primary_key())
        .col(string("name_mac"))
        .col(big_integer("failures"))
        .col(big_integer("window_starts_at"))
        .col(big_integer("last_at"))
        .col(big_integer_null("locked_until"))
        .to_owned()
}

fn index(name: &str, column: &str) -> IndexCreateStatement {
    Index::create().name(name).table("lockouts").col(column.to_owned()).to_owned()
}
