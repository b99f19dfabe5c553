//! A family knows its refresh token: which number is the newest and when it took the place of the one before. Tokens
//! name their family, so no index of hashes, which come in no order, grows with each of them.
//!
//! `refresh_tokens` stays for tokens that were given out before and name no family; nothing is added to it any more, and
//! its rows go with their families. Access tokens are found by their id, in the order of issue, and no longer ask for
//! their family's row when they are written: what has no family is not live.
//!
//! Not a step that bears both: a node of before would consume tokens that the families' rows still call unused. All of
//! them are stopped first (RUNBOOK, Upgrade).

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        for column in refresh_columns() {
            let alter = Table::alter().table("grants").add_column(column).to_owned();
            manager.alter_table(alter).await?;
        }
        db.execute_unprepared(NEWEST).await?;
        let rename = Table::rename().table("access_tokens", "access_tokens_by_hash").to_owned();
        manager.rename_table(rename).await?;
        for name in ["access_tokens_grant", "access_tokens_end"] {
            manager.drop_index(Index::drop().name(name).table("access_tokens_by_hash").to_owned()).await?;
        }
        manager.create_table(access_tokens()).await?;
        let end =
            Index::create().name("access_tokens_end").table("access_tokens").col("expires_at").to_owned();
        manager.create_index(end).await?;
        db.execute_unprepared(MOVED).await?;
        manager.drop_table(Table::drop().table("access_tokens_by_hash").to_owned()).await
    }
}

/// Number 0: none was issued.
fn refresh_columns() -> [ColumnDef; 4] {
    [
        big_integer("refresh_number").default(0).take(),
        big_integer_null("refresh_issued_at").take(),
        big_integer_null("refresh_expires_at").take(),
        big_integer_null("refresh_rotated_at").take(),
    ]
}

/// What the rows of a family come to.
const NEWEST: &str = "UPDATE grants SET \
    refresh_number = COALESCE((SELECT MAX(number) FROM refresh_tokens WHERE grant_id = grants.id), 0), \
    refresh_issued_at = (SELECT MAX(issued_at) FROM refresh_tokens WHERE grant_id = grants.id), \
    refresh_expires_at = (SELECT MAX(expires_at) FROM refresh_tokens WHERE grant_id = grants.id), \
    refresh_rotated_at = (SELECT MAX(consumed_at) FROM refresh_tokens WHERE grant_id = grants.id)";

/// `hash` is of the whole token; `grant_id` and `person_id` are null for client credentials.
fn access_tokens() -> TableCreateStatement {
    Table::create()
        .table("access_tokens")
        .col(string("jti").primary_key())
        .col(string("hash"))
        .col(uuid_null("grant_id"))
        .col(string("client_id"))
        .col(uuid_null("person_id"))
        .col(text("scope"))
        .col(text("audience"))
        .col(big_integer("issued_at"))
        .col(big_integer("expires_at"))
        .to_owned()
}

const MOVED: &str = "INSERT INTO access_tokens \
    (jti, hash, grant_id, client_id, person_id, scope, audience, issued_at, expires_at) \
    SELECT jti, hash, grant_id, client_id, person_id, scope, audience, issued_at, expires_at FROM access_tokens_by_hash";
