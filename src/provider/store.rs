//! The rows of `parked_requests`.

use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, UpdateMany,
    sea_query::Expr,
};

use crate::{
    kernel::{ClientId, HashedToken, Timestamp},
    protocol::interaction::Answers,
    storage::{StoreError, Tx, Unit, sweep},
};

mod parked {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "parked_requests")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id_hash: String,
        pub browser_hash: Option<String>,
        pub client_id: String,
        pub request: Vec<u8>,
        pub answers: String,
        pub created_at: i64,
        pub expires_at: i64,
        pub finished_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use parked::Column;

/// A row to write.
pub struct NewParked {
    pub id: HashedToken,
    pub browser: Option<HashedToken>,
    pub client_id: ClientId,
    /// Vault ciphertext.
    pub request: Vec<u8>,
    pub answers: Answers,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// A row as read.
pub struct ParkedRow {
    pub id: HashedToken,
    pub browser: Option<HashedToken>,
    pub client_id: ClientId,
    pub request: Vec<u8>,
    pub answers: Answers,
    pub expires_at: Timestamp,
    pub finished: bool,
}

impl TryFrom<parked::Model> for ParkedRow {
    type Error = StoreError;

    fn try_from(row: parked::Model) -> Result<Self, StoreError> {
        let hash = |text: String| HashedToken::parse(&text).map_err(|_| StoreError::Corrupt);
        Ok(Self {
            id: hash(row.id_hash)?,
            browser: row.browser_hash.map(hash).transpose()?,
            client_id: row.client_id.parse().map_err(|_| StoreError::Corrupt)?,
            request: row.request,
            answers: serde_json::from_str(&row.answers).map_err(|_| StoreError::Corrupt)?,
            expires_at: Timestamp::from_millis(row.expires_at),
            finished: row.finished_at.is_some(),
        })
    }
}

fn json(answers: &Answers) -> Result<String, StoreError> {
    serde_json::to_string(answers).map_err(|_| StoreError::Corrupt)
}

pub async fn insert(tx: &Tx, new: NewParked) -> Result<(), StoreError> {
    let row = parked::ActiveModel {
        id_hash: Set(new.id.as_str().to_owned()),
        browser_hash: Set(new.browser.map(|hash| hash.as_str().to_owned())),
        client_id: Set(new.client_id.into()),
        request: Set(new.request),
        answers: Set(json(&new.answers)?),
        created_at: Set(new.created_at.millis()),
        expires_at: Set(new.expires_at.millis()),
        finished_at: Set(None),
    };
    parked::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

pub async fn find(db: &impl ConnectionTrait, id: &HashedToken) -> Result<Option<ParkedRow>, StoreError> {
    let row = parked::Entity::find_by_id(id.as_str().to_owned()).one(db).await?;
    row.map(ParkedRow::try_from).transpose()
}

/// An open request of that id.
fn open(id: &HashedToken) -> UpdateMany<parked::Entity> {
    parked::Entity::update_many().filter(Column::IdHash.eq(id.as_str())).filter(Column::FinishedAt.is_null())
}

async fn one(tx: &Tx, update: UpdateMany<parked::Entity>) -> Result<(), StoreError> {
    if update.exec(tx).await?.rows_affected == 1 { Ok(()) } else { Err(StoreError::Gone) }
}

/// [`StoreError::Gone`] when another browser was faster.
pub async fn bind(
    tx: &Tx,
    id: &HashedToken,
    browser: &HashedToken,
    answers: &Answers,
) -> Result<(), StoreError> {
    let update = open(id)
        .filter(Column::BrowserHash.is_null())
        .col_expr(Column::BrowserHash, Expr::value(browser.as_str()))
        .col_expr(Column::Answers, Expr::value(json(answers)?));
    one(tx, update).await
}

pub async fn answer(tx: &Tx, id: &HashedToken, answers: &Answers) -> Result<(), StoreError> {
    one(tx, open(id).col_expr(Column::Answers, Expr::value(json(answers)?))).await
}

/// The unit is [`StoreError::Gone`] when it was finished before.
pub fn finish(unit: &mut Unit, id: &HashedToken, now: Timestamp) {
    unit.decide(&open(id).col_expr(Column::FinishedAt, Expr::value(now.millis())));
}

pub async fn rebind(tx: &Tx, from: &HashedToken, to: &HashedToken) -> Result<(), StoreError> {
    parked::Entity::update_many()
        .filter(Column::BrowserHash.eq(from.as_str()))
        .filter(Column::FinishedAt.is_null())
        .col_expr(Column::BrowserHash, Expr::value(to.as_str()))
        .exec(tx)
        .await?;
    Ok(())
}

pub async fn sweep(tx: &Tx, before: Timestamp) -> Result<u64, StoreError> {
    let over = Condition::all().add(Column::ExpiresAt.lt(before.millis()));
    sweep::some::<parked::Entity, String>(tx, Column::IdHash, over).await
}
