//! What happened, append only. The hash chain that a later step adds numbers these rows in a table of its own.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(audit_events()).await?;
        for (name, column) in [("audit_at", "at"), ("audit_person", "person"), ("audit_trace", "trace")] {
            manager.create_index(index(name, column)).await?;
        }
        Ok(())
    }
}

/// `detail` is JSON; `source` an address prefix, never a whole address.
fn audit_events() -> TableCreateStatement {
    Table::create()
        .table("audit_events")
        .col(pk_uuid("id"))
        .col(big_integer("at"))
        .col(string("kind"))
        .col(uuid_null("person"))
        .col(string_null("client"))
        .col(string("source"))
        .col(uuid("trace"))
        .col(text("detail"))
        .to_owned()
}

fn index(name: &str, column: &str) -> IndexCreateStatement {
    Index::create().name(name).table("audit_events").col(column.to_owned()).to_owned()
}
