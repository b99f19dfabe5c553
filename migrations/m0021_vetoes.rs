//! Links by which an owner undoes a change of phone or password.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(vetoes()).await?;
        for column in ["person_id", "expires_at"] {
            manager.create_index(vetoes_by(column)).await?;
        }
        Ok(())
    }
}

/// `what` is `phone` or `password`; `change` is sealed and says which phones; `created_at` is when it changed.
fn vetoes() -> TableCreateStatement {
    Table::create()
        .table("vetoes")
        .col(pk_uuid("id"))
        .col(string("token_hash").unique_key())
        .col(uuid("person_id"))
        .col(string("what"))
        .col(binary("change"))
        .col(big_integer("created_at"))
        .col(big_integer("expires_at"))
        .col(big_integer_null("used_at"))
        .foreign_key(ForeignKey::create().from("vetoes", "person_id").to("persons", "id"))
        .to_owned()
}

fn vetoes_by(column: &'static str) -> IndexCreateStatement {
    let name = format!("vetoes_{column}");
    Index::create().name(name).table("vetoes").col(column).to_owned()
}
