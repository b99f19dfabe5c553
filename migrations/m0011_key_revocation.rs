//! A signing key that was compromised goes at once: it is published no more from then on.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let revoked_at =
            Table::alter().table("signing_keys").add_column(big_integer_null("revoked_at")).to_owned();
        manager.alter_table(revoked_at).await
    }
}
