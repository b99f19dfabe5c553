//! What storage itself owns: messages on their way out, and budgets of an hour or longer.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(outbox()).await?;
        manager.create_index(due_first()).await?;
        manager.create_table(counters()).await?;
        manager.create_index(ended_first()).await
    }
}

/// `payload` is sealed and null once the message is delivered or given up; `settled_at` is null until then.
fn outbox() -> TableCreateStatement {
    Table::create()
        .table("outbox")
        .col(pk_uuid("id"))
        .col(string("kind"))
        .col(uuid("trace"))
        .col(binary_null("payload"))
        .col(big_integer("created_at"))
        .col(big_integer("due_at"))
        .col(integer("attempts"))
        .col(big_integer_null("leased_until"))
        .col(big_integer_null("settled_at"))
        .col(boolean("delivered"))
        .to_owned()
}

fn due_first() -> IndexCreateStatement {
    Index::create().name("outbox_due").table("outbox").col("settled_at").col("due_at").to_owned()
}

fn counters() -> TableCreateStatement {
    Table::create()
        .table("counters")
        .col(string("key").primary_key())
        .col(big_integer("hits"))
        .col(big_integer("ends_at"))
        .to_owned()
}

fn ended_first() -> IndexCreateStatement {
    Index::create().name("counters_end").table("counters").col("ends_at").to_owned()
}
