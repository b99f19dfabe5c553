//! What a growing table is asked for finds its rows by an index: the outbox's figures, and the jobs of yesterday.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_index(undelivered_oldest_first()).await?;
        manager.create_index(jobs_oldest_first()).await
    }
}

/// Few messages are undelivered, however many of the last days are kept.
fn undelivered_oldest_first() -> IndexCreateStatement {
    Index::create()
        .name("outbox_undelivered")
        .table("outbox")
        .col("delivered")
        .col("settled_at")
        .col("created_at")
        .to_owned()
}

fn jobs_oldest_first() -> IndexCreateStatement {
    Index::create().name("verification_jobs_created").table("verification_jobs").col("created_at").to_owned()
}
