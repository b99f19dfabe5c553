//! UnionPay beside the banks: which authority a job asks, and how fast each is asked.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(method_of_jobs()).await?;
        manager.create_table(provider_pace()).await
    }
}

/// Jobs from before asked a bank.
fn method_of_jobs() -> TableAlterStatement {
    let method = string("method").default("bank").to_owned();
    Table::alter().table("verification_jobs").add_column(method).to_owned()
}

/// One row for each authority: the instant up to which its questions of a second are spent.
fn provider_pace() -> TableCreateStatement {
    Table::create()
        .table("provider_pace")
        .col(string("method").primary_key())
        .col(big_integer("next_at"))
        .to_owned()
}
