//! Signing keys, sessions, consents, and what an authorization issues: families, codes, refresh and access tokens.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [signing_keys(), sessions(), session_clients(), consents(), agreements()] {
            manager.create_table(table).await?;
        }
        for table in [grants(), codes(), refresh_tokens(), access_tokens()] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

/// `private_part` is vault ciphertext; a retired key verifies and signs no more.
fn signing_keys() -> TableCreateStatement {
    Table::create()
        .table("signing_keys")
        .col(string("kid").primary_key())
        .col(string("alg"))
        .col(text("public_jwk"))
        .col(binary("private_part"))
        .col(big_integer("created_at"))
        .col(big_integer_null("retired_at"))
        .to_owned()
}

fn sessions() -> TableCreateStatement {
    Table::create()
        .table("sessions")
        .col(pk_uuid("id"))
        .col(string("token_hash").unique_key())
        .col(uuid("person_id"))
        .col(big_integer("auth_time"))
        .col(string("amr"))
        .col(big_integer("last_seen_at"))
        .col(big_integer("created_at"))
        .col(big_integer("expires_at"))
        .col(big_integer_null("ended_at"))
        .col(string_null("ended_reason"))
        .to_owned()
}

/// The clients that got tokens in a session: they are told when it ends.
fn session_clients() -> TableCreateStatement {
    Table::create()
        .table("session_clients")
        .col(uuid("session_id"))
        .col(string("client_id"))
        .col(big_integer("joined_at"))
        .primary_key(Index::create().col("session_id").col("client_id"))
        .foreign_key(&mut reference("session_clients", "session_id", "sessions", "id"))
        .to_owned()
}

/// One row for each scope a person granted to a client.
fn consents() -> TableCreateStatement {
    Table::create()
        .table("consents")
        .col(uuid("person_id"))
        .col(string("client_id"))
        .col(string("scope"))
        .col(big_integer("given_at"))
        .primary_key(Index::create().col("person_id").col("client_id").col("scope"))
        .to_owned()
}

/// One row for each tick; `holder` is a person, or a flow that has no person yet.
fn agreements() -> TableCreateStatement {
    Table::create()
        .table("agreements")
        .col(pk_uuid("id"))
        .col(uuid("holder"))
        .col(string("document"))
        .col(string("version"))
        .col(string("purpose"))
        .col(big_integer("at"))
        .to_owned()
}

/// A family: one authorization. `refresh_key` is vault ciphertext.
fn grants() -> TableCreateStatement {
    Table::create()
        .table("grants")
        .col(pk_uuid("id"))
        .col(string("client_id"))
        .col(uuid("person_id"))
        .col(uuid("session_id"))
        .col(boolean("offline"))
        .col(text("scope"))
        .col(text("audience"))
        .col(big_integer("auth_time"))
        .col(string("amr"))
        .col(string("acr"))
        .col(text_null("nonce"))
        .col(text_null("claims"))
        .col(binary("refresh_key"))
        .col(big_integer("created_at"))
        .col(big_integer("expires_at"))
        .col(big_integer_null("revoked_at"))
        .col(string_null("revoked_reason"))
        .to_owned()
}

fn codes() -> TableCreateStatement {
    Table::create()
        .table("codes")
        .col(string("hash").primary_key())
        .col(uuid("grant_id"))
        .col(text("redirect_uri"))
        .col(string_null("code_challenge"))
        .col(big_integer("issued_at"))
        .col(big_integer("expires_at"))
        .col(big_integer_null("consumed_at"))
        .foreign_key(&mut reference("codes", "grant_id", "grants", "id"))
        .to_owned()
}

fn refresh_tokens() -> TableCreateStatement {
    Table::create()
        .table("refresh_tokens")
        .col(string("hash").primary_key())
        .col(uuid("grant_id"))
        .col(big_integer("number"))
        .col(big_integer("issued_at"))
        .col(big_integer("expires_at"))
        .col(big_integer_null("consumed_at"))
        .index(Index::create().unique().name("refresh_tokens_number").col("grant_id").col("number"))
        .foreign_key(&mut reference("refresh_tokens", "grant_id", "grants", "id"))
        .to_owned()
}

/// `grant_id` and `person_id` are null for client credentials.
fn access_tokens() -> TableCreateStatement {
    Table::create()
        .table("access_tokens")
        .col(string("hash").primary_key())
        .col(string("jti"))
        .col(uuid_null("grant_id"))
        .col(string("client_id"))
        .col(uuid_null("person_id"))
        .col(text("scope"))
        .col(text("audience"))
        .col(big_integer("issued_at"))
        .col(big_integer("expires_at"))
        .foreign_key(&mut reference("access_tokens", "grant_id", "grants", "id"))
        .to_owned()
}

/// A row goes with the one it belongs to.
fn reference(
    from: &'static str,
    column: &'static str,
    to: &'static str,
    key: &'static str,
) -> ForeignKeyCreateStatement {
    ForeignKey::create().from(from, column).to(to, key).on_delete(ForeignKeyAction::Cascade).to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    [
        ("sessions_person", "sessions", "person_id"),
        ("sessions_end", "sessions", "expires_at"),
        ("agreements_holder", "agreements", "holder"),
        ("grants_session", "grants", "session_id"),
        ("grants_person", "grants", "person_id"),
        ("grants_end", "grants", "expires_at"),
        ("codes_grant", "codes", "grant_id"),
        ("access_tokens_grant", "access_tokens", "grant_id"),
        ("access_tokens_end", "access_tokens", "expires_at"),
    ]
    .into_iter()
    .map(|(name, table, column)| Index::create().name(name).table(table).col(column).to_owned())
    .collect()
}
