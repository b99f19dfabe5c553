//! Natural persons: the one namespace of account names, the accounts, and their passwords.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(usernames()).await?;
        manager.create_index(names_of_holder()).await?;
        manager.create_table(persons()).await?;
        manager.create_table(passwords()).await
    }
}

/// `name_key` is the name in lower case. `holder_kind` is `person`, `unit` or `flow`; a flow's hold ends at
/// `reserved_until`, the others have none.
fn usernames() -> TableCreateStatement {
    Table::create()
        .table("usernames")
        .col(string("name_key").primary_key())
        .col(string("name"))
        .col(string("holder_kind"))
        .col(uuid("holder_id"))
        .col(big_integer_null("reserved_until"))
        .to_owned()
}

fn names_of_holder() -> IndexCreateStatement {
    Index::create().name("usernames_holder").table("usernames").col("holder_id").to_owned()
}

/// `profile` is sealed. The blind indexes are null while the account holds no identity or no phone.
fn persons() -> TableCreateStatement {
    Table::create()
        .table("persons")
        .col(pk_uuid("id"))
        .col(string("status"))
        .col(binary("profile"))
        .col(string_null("id_bidx").unique_key())
        .col(string_null("phone_bidx").unique_key())
        .col(boolean("must_reenter"))
        .col(string("locale"))
        .col(big_integer("created_at"))
        .col(big_integer("updated_at"))
        .to_owned()
}

/// `ceiling` is null or the level above which a sign-in with this password does not rise.
fn passwords() -> TableCreateStatement {
    Table::create()
        .table("passwords")
        .col(pk_uuid("person_id"))
        .col(string("phc"))
        .col(string("set_by"))
        .col(string_null("ceiling"))
        .col(big_integer("set_at"))
        .foreign_key(ForeignKey::create().from("passwords", "person_id").to("persons", "id"))
        .to_owned()
}
