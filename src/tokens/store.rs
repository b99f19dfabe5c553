//! The rows of `grants`, `codes`, `refresh_tokens` and `access_tokens`.
//!
//! Whatever may be used once is consumed by one conditional write: the loser updates no row (`architecture.md`, law 4).

mod ended;

use std::sync::Arc;

use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, UpdateMany, sea_query::Expr,
};

use crate::{
    kernel::{Acr, ClientId, GrantId, HashedToken, PersonId, SessionId, Timestamp},
    protocol::grant::Grant,
    storage::{Generation, StoreError, Unit},
};

use super::model::{AccessToken, Code, Family, NewAccess, Newest, Once, Revocation, RevokeReason, Told};

pub use ended::sweep;

mod grants {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "grants")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub client_id: String,
        pub person_id: Uuid,
        pub session_id: Uuid,
        pub offline: bool,
        pub scope: String,
        pub audience: String,
        pub auth_time: i64,
        pub amr: String,
        pub acr: String,
        pub nonce: Option<String>,
        pub claims: Option<String>,
        pub refresh_key: Vec<u8>,
        pub created_at: i64,
        pub expires_at: i64,
        pub revoked_at: Option<i64>,
        pub revoked_reason: Option<String>,
        pub refresh_number: i64,
        pub refresh_issued_at: Option<i64>,
        pub refresh_expires_at: Option<i64>,
        pub refresh_rotated_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod codes {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "codes")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub hash: String,
        pub grant_id: Uuid,
        pub redirect_uri: String,
        pub code_challenge: Option<String>,
        pub issued_at: i64,
        pub expires_at: i64,
        pub consumed_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Tokens that were given out before tokens named their family.
mod refresh_tokens {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "refresh_tokens")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub hash: String,
        pub grant_id: Uuid,
        pub number: i64,
        pub issued_at: i64,
        pub expires_at: i64,
        pub consumed_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod access_tokens {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "access_tokens")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub jti: String,
        pub hash: String,
        pub grant_id: Option<Uuid>,
        pub client_id: String,
        pub person_id: Option<Uuid>,
        pub scope: String,
        pub audience: String,
        pub issued_at: i64,
        pub expires_at: i64,
        pub userinfo_at: Option<i64>,
        pub introspected_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Families that a condition names, for [`revoke_families`].
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    One(GrantId),
    /// Those that end with this session.
    OfSession(SessionId),
    /// All of one person, at one client or everywhere.
    OfPerson(PersonId, Option<&'a ClientId>),
}

/// `newest` is of a family that begins with a refresh token.
pub fn insert_family(unit: &mut Unit, family: &Family, newest: Option<Newest>) {
    let row = grants::ActiveModel {
        id: Set(family.id.uuid()),
        client_id: Set(family.grant.client_id.to_string()),
        person_id: Set(family.grant.person.uuid()),
        session_id: Set(family.grant.session.uuid()),
        offline: Set(family.offline),
        scope: Set(family.grant.scope.to_string()),
        // Names of resource servers have no blank in them.
        audience: Set(family.audience.join(" ")),
        auth_time: Set(family.grant.auth_time.millis()),
        amr: Set(family.grant.amr.to_string()),
        acr: Set(family.grant.acr.format("")),
        nonce: Set(family.grant.nonce.clone()),
        claims: Set(family.claims.clone()),
        refresh_key: Set(family.refresh_key.clone()),
        created_at: Set(family.created_at.millis()),
        expires_at: Set(family.expires_at.millis()),
        revoked_at: Set(None),
        revoked_reason: Set(None),
        refresh_number: Set(newest.map_or(0, |newest| newest.number)),
        refresh_issued_at: Set(newest.map(|newest| newest.issued_at.millis())),
        refresh_expires_at: Set(newest.map(|newest| newest.expires_at.millis())),
        refresh_rotated_at: Set(None),
    };
    unit.insert(row);
}

pub async fn find_family(
    db: &impl ConnectionTrait,
    id: GrantId,
    generation: Generation,
) -> Result<Option<Arc<Family>>, StoreError> {
    let row = grants::Entity::find_by_id(id.uuid()).one(db).await?;
    row.map(|row| family(row, generation).map(Arc::new)).transpose()
}

/// The number of families that ended by this write; those already revoked keep their first reason.
pub async fn revoke_families(
    db: &impl ConnectionTrait,
    which: Which<'_>,
    at: Timestamp,
    reason: RevokeReason,
) -> Result<u64, StoreError> {
    let update = grants::Entity::update_many()
        .col_expr(grants::Column::RevokedAt, Expr::value(at.millis()))
        .col_expr(grants::Column::RevokedReason, Expr::value(reason.as_str()))
        .filter(grants::Column::RevokedAt.is_null());
    let update = match which {
        Which::One(id) => update.filter(grants::Column::Id.eq(id.uuid())),
        Which::OfSession(id) => {
            update.filter(grants::Column::SessionId.eq(id.uuid())).filter(grants::Column::Offline.eq(false))
        }
        Which::OfPerson(person, client) => {
            let update = update.filter(grants::Column::PersonId.eq(person.uuid()));
            match client {
                Some(client) => update.filter(grants::Column::ClientId.eq(client.to_string())),
                None => update,
            }
        }
    };
    Ok(update.exec(db).await?.rows_affected)
}

pub fn insert_code(unit: &mut Unit, code: &Code) {
    let row = codes::ActiveModel {
        hash: Set(code.hash.as_str().to_owned()),
        grant_id: Set(code.family.id.uuid()),
        redirect_uri: Set(code.redirect_uri.clone()),
        code_challenge: Set(code.code_challenge.clone().map(String::from)),
        issued_at: Set(code.issued_at.millis()),
        expires_at: Set(code.expires_at.millis()),
        consumed_at: Set(None),
    };
    unit.insert(row);
}

pub async fn find_code(
    db: &impl ConnectionTrait,
    hash: &HashedToken,
    generation: Generation,
) -> Result<Option<Code>, StoreError> {
    let Some(row) = codes::Entity::find_by_id(hash.as_str()).one(db).await? else { return Ok(None) };
    let Some(family) = find_family(db, GrantId::from_uuid(row.grant_id), generation).await? else {
        return Ok(None);
    };
    Ok(Some(Code {
        hash: hash.clone(),
        family,
        redirect_uri: row.redirect_uri,
        code_challenge: row
            .code_challenge
            .map(|text| text.parse())
            .transpose()
            .map_err(|_| StoreError::Corrupt)?,
        issued_at: Timestamp::from_millis(row.issued_at),
        expires_at: Timestamp::from_millis(row.expires_at),
        consumed_at: row.consumed_at.map(Timestamp::from_millis),
    }))
}

/// Consumes the code; the unit is [`StoreError::Gone`] when somebody else did.
pub fn take_code(unit: &mut Unit, hash: &HashedToken, now: Timestamp) {
    let taken = codes::Entity::update_many()
        .col_expr(codes::Column::ConsumedAt, Expr::value(now.millis()))
        .filter(codes::Column::Hash.eq(hash.as_str()))
        .filter(codes::Column::ConsumedAt.is_null())
        .filter(codes::Column::ExpiresAt.gt(now.millis()));
    unit.decide(&taken);
}

/// The family with its newest refresh token, if it has any.
pub async fn find_newest(
    db: &impl ConnectionTrait,
    id: GrantId,
    generation: Generation,
) -> Result<Option<(Arc<Family>, Newest)>, StoreError> {
    let Some(row) = grants::Entity::find_by_id(id.uuid()).one(db).await? else { return Ok(None) };
    let (Some(issued_at), Some(expires_at)) = (row.refresh_issued_at, row.refresh_expires_at) else {
        return Ok(None);
    };
    let newest = Newest {
        number: row.refresh_number,
        issued_at: Timestamp::from_millis(issued_at),
        expires_at: Timestamp::from_millis(expires_at),
        rotated_at: row.refresh_rotated_at.map(Timestamp::from_millis),
    };
    Ok(Some((Arc::new(family(row, generation)?), newest)))
}

/// Whose a token is that does not say so, and its number.
pub async fn find_unnamed(
    db: &impl ConnectionTrait,
    hash: &HashedToken,
) -> Result<Option<(GrantId, i64)>, StoreError> {
    let row = refresh_tokens::Entity::find_by_id(hash.as_str()).one(db).await?;
    Ok(row.map(|row| (GrantId::from_uuid(row.grant_id), row.number)))
}

/// As it was written before tokens named their family.
#[cfg(test)]
pub fn insert_unnamed(unit: &mut Unit, hash: &HashedToken, family: GrantId, number: i64) {
    unit.insert(refresh_tokens::ActiveModel {
        hash: Set(hash.as_str().to_owned()),
        grant_id: Set(family.uuid()),
        number: Set(number),
        issued_at: Set(0),
        expires_at: Set(0),
        consumed_at: Set(None),
    });
}

/// The first refresh token of a family.
pub fn begin_refresh(unit: &mut Unit, family: GrantId, newest: Newest) {
    unit.push(&succeed(family, newest));
}

/// Puts the next refresh token in the place of the one before; the unit is [`StoreError::Gone`] when somebody else did,
/// or the family or the token has ended.
pub fn rotate_refresh(unit: &mut Unit, family: GrantId, next: Newest) {
    let rotated = succeed(family, next)
        .col_expr(grants::Column::RefreshRotatedAt, Expr::value(next.issued_at.millis()))
        .filter(grants::Column::RefreshNumber.eq(next.number.saturating_sub(1)))
        .filter(grants::Column::RefreshExpiresAt.gt(next.issued_at.millis()))
        .filter(grants::Column::RevokedAt.is_null());
    unit.decide(&rotated);
}

fn succeed(family: GrantId, newest: Newest) -> UpdateMany<grants::Entity> {
    grants::Entity::update_many()
        .col_expr(grants::Column::RefreshNumber, Expr::value(newest.number))
        .col_expr(grants::Column::RefreshIssuedAt, Expr::value(newest.issued_at.millis()))
        .col_expr(grants::Column::RefreshExpiresAt, Expr::value(newest.expires_at.millis()))
        .filter(grants::Column::Id.eq(family.uuid()))
}

pub fn insert_access(unit: &mut Unit, hash: &HashedToken, token: NewAccess) {
    let row = access_tokens::ActiveModel {
        jti: Set(token.jti),
        hash: Set(hash.as_str().to_owned()),
        grant_id: Set(token.family.map(|id| id.uuid())),
        client_id: Set(token.client.to_string()),
        person_id: Set(token.person.map(|id| id.uuid())),
        scope: Set(token.scope.to_string()),
        audience: Set(token.audience),
        issued_at: Set(token.issued_at.millis()),
        expires_at: Set(token.expires_at.millis()),
        userinfo_at: Set(None),
        introspected_at: Set(None),
    };
    unit.insert(row);
}

/// Notes that the token opened something; the unit is [`StoreError::Gone`] when that was noted before.
pub fn tell_once(unit: &mut Unit, jti: &str, once: Once, now: Timestamp) {
    let column = match once {
        Once::UserInfo => access_tokens::Column::UserinfoAt,
        Once::Introspection => access_tokens::Column::IntrospectedAt,
    };
    let told = access_tokens::Entity::update_many()
        .col_expr(column, Expr::value(now.millis()))
        .filter(access_tokens::Column::Jti.eq(jti))
        .filter(column.is_null());
    unit.decide(&told);
}

/// The token of that id, if it is the one that was issued, to the last letter.
pub async fn find_access(
    db: &impl ConnectionTrait,
    jti: &str,
    hash: &HashedToken,
    generation: Generation,
) -> Result<Option<AccessToken>, StoreError> {
    let found = access_tokens::Entity::find_by_id(jti).filter(access_tokens::Column::Hash.eq(hash.as_str()));
    let Some(row) = found.one(db).await? else { return Ok(None) };
    let family = match row.grant_id {
        // A row whose family was swept away is not live.
        Some(id) => match find_family(db, GrantId::from_uuid(id), generation).await? {
            Some(family) => Some(family),
            None => return Ok(None),
        },
        None => None,
    };
    Ok(Some(AccessToken {
        jti: row.jti,
        client: row.client_id.parse().map_err(|_| StoreError::Corrupt)?,
        family,
        person: row.person_id.map(PersonId::from_uuid),
        scope: row.scope.parse().map_err(|_| StoreError::Corrupt)?,
        audience: row.audience,
        issued_at: Timestamp::from_millis(row.issued_at),
        expires_at: Timestamp::from_millis(row.expires_at),
        told: Told { userinfo: row.userinfo_at.is_some(), introspection: row.introspected_at.is_some() },
    }))
}

/// Forgets one access token: what has no row is not active.
pub async fn delete_access(
    db: &impl ConnectionTrait,
    jti: &str,
    hash: &HashedToken,
) -> Result<(), StoreError> {
    let token = access_tokens::Entity::delete_by_id(jti);
    token.filter(access_tokens::Column::Hash.eq(hash.as_str())).exec(db).await?;
    Ok(())
}

fn family(row: grants::Model, generation: Generation) -> Result<Family, StoreError> {
    let revoked = row.revoked_at.map(|at| Revocation {
        at: Timestamp::from_millis(at),
        reason: row.revoked_reason.unwrap_or_default(),
    });
    let grant = Grant {
        client_id: row.client_id.parse().map_err(|_| StoreError::Corrupt)?,
        person: PersonId::from_uuid(row.person_id),
        session: SessionId::from_uuid(row.session_id),
        scope: row.scope.parse().map_err(|_| StoreError::Corrupt)?,
        auth_time: Timestamp::from_millis(row.auth_time),
        amr: row.amr.parse().map_err(|_| StoreError::Corrupt)?,
        acr: Acr::parse("", &row.acr).map_err(|_| StoreError::Corrupt)?,
        nonce: row.nonce,
    };
    Ok(Family {
        id: GrantId::from_uuid(row.id),
        grant,
        offline: row.offline,
        audience: row.audience.split(' ').map(str::to_owned).collect(),
        claims: row.claims,
        created_at: Timestamp::from_millis(row.created_at),
        expires_at: Timestamp::from_millis(row.expires_at),
        revoked,
        refresh_key: row.refresh_key,
        generation,
    })
}
