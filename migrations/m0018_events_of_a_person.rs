//! The events of a person are read newest first, a page at a time: their ids say when they happened.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let newest_first =
            Index::create().name("audit_person_id").table("audit_events").col("person").col("id").to_owned();
        manager.create_index(newest_first).await?;
        manager.drop_index(Index::drop().name("audit_person").table("audit_events").to_owned()).await
    }
}
