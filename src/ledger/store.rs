//! The tables `ledger` and `ledger_heads`.

use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    prelude::Uuid, sea_query::Expr,
};

use crate::{
    kernel::{PersonId, Timestamp},
    storage::{StoreError, Tx, Unit},
};

use super::model::{Entry, Head};

/// Persons that a sweep looks at in one transaction, and that a verification reads at once.
const BATCH: u64 = 200;

mod entries {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ledger")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub at: i64,
        pub recipient: String,
        pub occasion: String,
        pub basis: String,
        pub claims: String,
        pub acr: Option<String>,
        pub reason: Option<String>,
        pub mac: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod heads {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ledger_heads")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
        pub first: i64,
        pub first_mac: Vec<u8>,
        pub last: i64,
        pub last_mac: Vec<u8>,
        pub is_whole: bool,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A head as it stands, none of it checked.
pub(super) type StoredHead = heads::Model;

pub(super) fn insert(unit: &mut Unit, person: PersonId, entry: &Entry, mac: &[u8]) {
    unit.insert(entries::ActiveModel {
        person_id: Set(person.uuid()),
        number: Set(entry.number),
        at: Set(entry.at.millis()),
        recipient: Set(entry.recipient.to_text()),
        occasion: Set(entry.occasion.as_str().to_owned()),
        basis: Set(entry.basis.as_str().to_owned()),
        claims: Set(entry.claims.join(" ")),
        acr: Set(entry.acr.clone()),
        reason: Set(entry.reason.clone()),
        mac: Set(mac.to_vec()),
    });
}

/// The first entry's head.
pub(super) fn begin(unit: &mut Unit, person: PersonId, head: Head, (first, last): (&[u8], &[u8])) {
    unit.insert(heads::ActiveModel {
        person_id: Set(person.uuid()),
        first: Set(head.first),
        first_mac: Set(first.to_vec()),
        last: Set(head.last),
        last_mac: Set(last.to_vec()),
        is_whole: Set(head.is_whole),
    });
}

/// The head follows an entry. Whoever was faster with an entry of that number has refused the unit already.
pub(super) fn advance(unit: &mut Unit, person: PersonId, head: Head, mac: &[u8]) {
    let update = heads::Entity::update_many()
        .col_expr(heads::Column::Last, Expr::value(head.last))
        .col_expr(heads::Column::LastMac, Expr::value(mac))
        .col_expr(heads::Column::IsWhole, Expr::value(head.is_whole))
        .filter(heads::Column::PersonId.eq(person.uuid()));
    unit.push(&update);
}

pub(super) async fn find_head(
    db: &impl ConnectionTrait,
    person: PersonId,
) -> Result<Option<StoredHead>, StoreError> {
    Ok(heads::Entity::find_by_id(person.uuid()).one(db).await?)
}

/// The same, and nobody changes it before the end of the transaction. (SQLite has one writer and no such lock.)
pub(super) async fn lock_head(tx: &Tx, person: PersonId) -> Result<Option<StoredHead>, StoreError> {
    Ok(heads::Entity::find_by_id(person.uuid()).lock_exclusive().one(tx).await?)
}

/// The highest number that there is; zero where there is none.
pub(super) async fn last(db: &impl ConnectionTrait, person: PersonId) -> Result<i64, StoreError> {
    let newest = of(person).select_only().column(entries::Column::Number);
    let newest = newest.order_by_desc(entries::Column::Number).limit(1);
    Ok(newest.into_tuple().one(db).await?.unwrap_or(0))
}

/// An entry as it stands, its MAC not checked; none where it cannot even be read.
pub(super) struct StoredEntry {
    pub number: i64,
    pub entry: Option<Entry>,
    pub mac: Vec<u8>,
}

/// The oldest first.
pub(super) async fn entries(
    db: &impl ConnectionTrait,
    person: PersonId,
) -> Result<Vec<StoredEntry>, StoreError> {
    let rows = of(person).order_by_asc(entries::Column::Number).all(db).await?;
    Ok(rows.into_iter().map(StoredEntry::from).collect())
}

/// Persons who have entries or a head, in the order of their ids.
pub(super) async fn persons(
    db: &impl ConnectionTrait,
    after: Option<PersonId>,
) -> Result<Vec<PersonId>, StoreError> {
    let mut headed = heads::Entity::find().select_only().column(heads::Column::PersonId);
    let mut listed = entries::Entity::find().select_only().column(entries::Column::PersonId).distinct();
    if let Some(after) = after {
        headed = headed.filter(heads::Column::PersonId.gt(after.uuid()));
        listed = listed.filter(entries::Column::PersonId.gt(after.uuid()));
    }
    let headed: Vec<Uuid> =
        headed.order_by_asc(heads::Column::PersonId).limit(BATCH).into_tuple().all(db).await?;
    let listed: Vec<Uuid> =
        listed.order_by_asc(entries::Column::PersonId).limit(BATCH).into_tuple().all(db).await?;
    // Beyond the shorter list's end the longer one may have more than the other told yet.
    let mut all: Vec<Uuid> = headed.into_iter().chain(listed).collect();
    all.sort_unstable();
    all.dedup();
    all.truncate(usize::try_from(BATCH).unwrap_or(usize::MAX));
    Ok(all.into_iter().map(PersonId::from_uuid).collect())
}

/// Whose oldest entries lie before an instant: a batch.
pub(super) async fn with_entries_before(tx: &Tx, before: Timestamp) -> Result<Vec<PersonId>, StoreError> {
    let old = entries::Entity::find()
        .select_only()
        .column(entries::Column::PersonId)
        .filter(entries::Column::At.lt(before.millis()))
        .order_by_asc(entries::Column::At)
        .limit(BATCH);
    let mut persons: Vec<Uuid> = old.into_tuple().all(tx).await?;
    persons.sort_unstable();
    persons.dedup();
    Ok(persons.into_iter().map(PersonId::from_uuid).collect())
}

pub(super) async fn remove_before(tx: &Tx, person: PersonId, number: i64) -> Result<u64, StoreError> {
    let gone = entries::Entity::delete_many()
        .filter(entries::Column::PersonId.eq(person.uuid()))
        .filter(entries::Column::Number.lt(number));
    Ok(gone.exec(tx).await?.rows_affected)
}

/// The oldest entry that is kept is another one.
pub(super) async fn begin_at(tx: &Tx, person: PersonId, first: i64, mac: &[u8]) -> Result<(), StoreError> {
    heads::Entity::update_many()
        .col_expr(heads::Column::First, Expr::value(first))
        .col_expr(heads::Column::FirstMac, Expr::value(mac))
        .filter(heads::Column::PersonId.eq(person.uuid()))
        .exec(tx)
        .await?;
    Ok(())
}

/// What somebody does who can write to the database.
#[cfg(test)]
pub(super) async fn tamper(tx: &Tx, sql: &str) {
    tx.execute_unprepared(sql).await.unwrap();
}

fn of(person: PersonId) -> sea_orm::Select<entries::Entity> {
    entries::Entity::find().filter(entries::Column::PersonId.eq(person.uuid()))
}

impl From<entries::Model> for StoredEntry {
    fn from(row: entries::Model) -> Self {
        Self { number: row.number, mac: row.mac.clone(), entry: entry(row) }
    }
}

fn entry(row: entries::Model) -> Option<Entry> {
    Some(Entry {
        number: row.number,
        at: Timestamp::from_millis(row.at),
        recipient: row.recipient.parse().ok()?,
        occasion: row.occasion.parse().ok()?,
        basis: row.basis.parse().ok()?,
        claims: row.claims.split(' ').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        acr: row.acr,
        reason: row.reason,
    })
}
