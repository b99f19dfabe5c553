//! The rows of `sessions` and `session_clients`.

use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, prelude::Uuid, sea_query::Expr,
};

use crate::{
    kernel::{Amr, ClientId, HashedToken, PersonId, SessionId, Timestamp},
    storage::{StoreError, Unit, sweep},
};

use super::model::{EndReason, Session};

mod sessions {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sessions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        #[sea_orm(unique)]
        pub token_hash: String,
        pub person_id: Uuid,
        pub auth_time: i64,
        pub amr: String,
        pub last_seen_at: i64,
        pub created_at: i64,
        pub expires_at: i64,
        pub ended_at: Option<i64>,
        pub ended_reason: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod session_clients {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "session_clients")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub session_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub client_id: String,
        pub joined_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub fn insert(unit: &mut Unit, session: &Session, token: &HashedToken) {
    let row = sessions::ActiveModel {
        id: Set(session.id.uuid()),
        token_hash: Set(token.as_str().to_owned()),
        person_id: Set(session.person.uuid()),
        auth_time: Set(session.auth_time.millis()),
        amr: Set(session.amr.to_string()),
        last_seen_at: Set(session.last_seen_at.millis()),
        created_at: Set(session.started_at.millis()),
        expires_at: Set(session.expires_at.millis()),
        ended_at: Set(None),
        ended_reason: Set(None),
    };
    unit.insert(row);
}

/// A session and the token that opens it.
#[derive(Clone)]
pub struct Held {
    pub session: Session,
    pub token: HashedToken,
}

impl TryFrom<sessions::Model> for Held {
    type Error = StoreError;

    fn try_from(row: sessions::Model) -> Result<Self, StoreError> {
        let token = HashedToken::parse(&row.token_hash).map_err(|_| StoreError::Corrupt)?;
        Ok(Self { session: row.try_into()?, token })
    }
}

/// By token; ended sessions are not found.
pub async fn find_by_token(
    db: &impl ConnectionTrait,
    token: &HashedToken,
) -> Result<Option<Held>, StoreError> {
    let found = sessions::Entity::find()
        .filter(sessions::Column::TokenHash.eq(token.as_str()))
        .filter(sessions::Column::EndedAt.is_null())
        .one(db)
        .await?;
    found.map(Held::try_from).transpose()
}

/// By id; ended sessions are not found.
pub async fn find(db: &impl ConnectionTrait, id: SessionId) -> Result<Option<Held>, StoreError> {
    let found =
        sessions::Entity::find_by_id(id.uuid()).filter(sessions::Column::EndedAt.is_null()).one(db).await?;
    found.map(Held::try_from).transpose()
}

/// The sessions of a person that have not ended, oldest first.
pub async fn of_person(db: &impl ConnectionTrait, person: PersonId) -> Result<Vec<Session>, StoreError> {
    let rows = sessions::Entity::find()
        .filter(sessions::Column::PersonId.eq(person.uuid()))
        .filter(sessions::Column::EndedAt.is_null())
        .order_by_asc(sessions::Column::Id)
        .all(db)
        .await?;
    rows.into_iter().map(Session::try_from).collect()
}

/// Moves `last_seen_at` forward only: of two requests at once, one writes.
pub async fn touch(
    db: &impl ConnectionTrait,
    id: SessionId,
    seen: Timestamp,
    before: Timestamp,
) -> Result<(), StoreError> {
    sessions::Entity::update_many()
        .col_expr(sessions::Column::LastSeenAt, Expr::value(seen.millis()))
        .filter(sessions::Column::Id.eq(id.uuid()))
        .filter(sessions::Column::LastSeenAt.lte(before.millis()))
        .filter(sessions::Column::EndedAt.is_null())
        .exec(db)
        .await?;
    Ok(())
}

/// Puts the session under another token; [`StoreError::Gone`] when it ended meanwhile.
pub fn replace_token(unit: &mut Unit, session: &Session, token: &HashedToken) {
    let change = sessions::Entity::update_many()
        .col_expr(sessions::Column::TokenHash, Expr::value(token.as_str()))
        .col_expr(sessions::Column::AuthTime, Expr::value(session.auth_time.millis()))
        .col_expr(sessions::Column::Amr, Expr::value(session.amr.to_string()))
        .col_expr(sessions::Column::LastSeenAt, Expr::value(session.last_seen_at.millis()))
        .filter(sessions::Column::Id.eq(session.id.uuid()))
        .filter(sessions::Column::EndedAt.is_null());
    unit.decide(&change);
}

/// Ends the session, once; [`StoreError::Gone`] when somebody else did.
pub async fn end(
    db: &impl ConnectionTrait,
    id: SessionId,
    at: Timestamp,
    reason: EndReason,
) -> Result<(), StoreError> {
    let ended = sessions::Entity::update_many()
        .col_expr(sessions::Column::EndedAt, Expr::value(at.millis()))
        .col_expr(sessions::Column::EndedReason, Expr::value(reason.as_str()))
        .filter(sessions::Column::Id.eq(id.uuid()))
        .filter(sessions::Column::EndedAt.is_null())
        .exec(db)
        .await?;
    if ended.rows_affected == 1 { Ok(()) } else { Err(StoreError::Gone) }
}

/// Makes a unit depend on the session's having not ended. It waits for an end that is under way, and an end waits for it:
/// what the unit writes is either there when the session ends, and ends with it, or is never written. (SQLite has one
/// writer and no such lock.)
pub fn require(unit: &mut Unit, id: SessionId) {
    let session = sessions::Entity::find_by_id(id.uuid()).select_only().column(sessions::Column::Id);
    unit.require(&session.filter(sessions::Column::EndedAt.is_null()).lock_shared());
}

pub fn join(unit: &mut Unit, id: SessionId, client: &ClientId, now: Timestamp) {
    let row = session_clients::ActiveModel {
        session_id: Set(id.uuid()),
        client_id: Set(client.to_string()),
        joined_at: Set(now.millis()),
    };
    unit.push(&session_clients::Entity::insert(row).on_conflict_do_nothing());
}

/// The clients that joined, in the order they came.
pub async fn clients(db: &impl ConnectionTrait, id: SessionId) -> Result<Vec<ClientId>, StoreError> {
    let rows = session_clients::Entity::find()
        .filter(session_clients::Column::SessionId.eq(id.uuid()))
        .order_by_asc(session_clients::Column::JoinedAt)
        .all(db)
        .await?;
    rows.into_iter().map(|row| row.client_id.parse().map_err(|_| StoreError::Corrupt)).collect()
}

/// The sessions of a person that have not ended and in which the client takes part; it does no longer.
pub async fn leave(
    db: &impl ConnectionTrait,
    person: PersonId,
    client: &ClientId,
) -> Result<Vec<SessionId>, StoreError> {
    let mut left = Vec::new();
    for session in of_person(db, person).await? {
        let gone = session_clients::Entity::delete_by_id((session.id.uuid(), client.to_string()));
        if gone.exec(db).await?.rows_affected > 0 {
            left.push(session.id);
        }
    }
    Ok(left)
}

/// Removes a batch of sessions whose absolute end lies before the instant.
pub async fn sweep(db: &impl ConnectionTrait, before: Timestamp) -> Result<u64, StoreError> {
    let over = Condition::all().add(sessions::Column::ExpiresAt.lt(before.millis()));
    sweep::some::<sessions::Entity, Uuid>(db, sessions::Column::Id, over).await
}

impl TryFrom<sessions::Model> for Session {
    type Error = StoreError;

    fn try_from(row: sessions::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: SessionId::from_uuid(row.id),
            person: PersonId::from_uuid(row.person_id),
            auth_time: Timestamp::from_millis(row.auth_time),
            amr: row.amr.parse::<Amr>().map_err(|_| StoreError::Corrupt)?,
            last_seen_at: Timestamp::from_millis(row.last_seen_at),
            started_at: Timestamp::from_millis(row.created_at),
            expires_at: Timestamp::from_millis(row.expires_at),
        })
    }
}
