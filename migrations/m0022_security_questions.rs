//! Security questions: a row for each person who has set them.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(security_questions()).await
    }
}

/// `questions` are the three keys of their texts, with blanks between; `answers` is the hash of the three answers together.
fn security_questions() -> TableCreateStatement {
    Table::create()
        .table("security_questions")
        .col(pk_uuid("person_id"))
        .col(string("questions"))
        .col(string("answers"))
        .col(big_integer("set_at"))
        .foreign_key(ForeignKey::create().from("security_questions", "person_id").to("persons", "id"))
        .to_owned()
}
