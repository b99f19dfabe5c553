//! The tables `usernames`, `persons` and `passwords`. Uniqueness is the database's; a name is taken by one conditional
//! write, never by a look before it.

pub(super) use sea_orm::ConnectionTrait;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, DbErr, EntityTrait, ExprTrait, FromQueryResult, JoinType, QueryFilter,
    QueryOrder, QueryResult, QuerySelect, RelationDef,
    sea_query::{Expr, IntoCondition, OnConflict},
};
use uuid::Uuid;

use crate::{
    kernel::{FlowId, PersonId, Timestamp, Username},
    storage::{BlindIndex, StoreError, Unit, sweep},
};

use super::PasswordHash;

pub(super) mod questions;
pub(super) mod replaced;

/// Names of accounts, of persons and units alike, and holds of running wizards.
pub(super) mod usernames {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "usernames")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub name_key: String,
        pub name: String,
        pub holder_kind: String,
        pub holder_id: Uuid,
        pub reserved_until: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Accounts.
pub(super) mod persons {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "persons")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub status: String,
        pub profile: Vec<u8>,
        pub id_bidx: Option<String>,
        pub phone_bidx: Option<String>,
        pub must_reenter: bool,
        pub locale: String,
        pub created_at: i64,
        pub updated_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// One password per person.
pub(super) mod passwords {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "passwords")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
        pub phc: String,
        pub set_by: String,
        pub ceiling: Option<String>,
        pub set_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

const FLOW: &str = "flow";
pub(super) const PERSON: &str = "person";

/// Who a name belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameState {
    Free,
    HeldBy(Uuid),
}

/// Waits for whoever changes the account, and has everybody else wait. (SQLite has one writer and no such lock.)
pub(super) async fn lock(tx: &impl ConnectionTrait, person: PersonId) -> Result<(), StoreError> {
    let row = persons::Entity::find_by_id(person.uuid()).select_only().column(persons::Column::Id);
    row.lock_exclusive().into_tuple::<Uuid>().one(tx).await?;
    Ok(())
}

/// Who holds the name at this instant; a hold that ran out is nobody's.
pub(super) async fn name_state(
    db: &impl ConnectionTrait,
    name: &Username,
    now: Timestamp,
) -> Result<NameState, StoreError> {
    let row = usernames::Entity::find_by_id(name.key()).one(db).await?;
    let alive = row.filter(|row| row.reserved_until.is_none_or(|end| end > now.millis()));
    Ok(alive.map_or(NameState::Free, |row| NameState::HeldBy(row.holder_id)))
}

/// Takes or renews a hold. `false`: somebody else has the name.
pub(super) async fn hold_name(
    tx: &impl ConnectionTrait,
    name: &Username,
    flow: FlowId,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool, StoreError> {
    let mine_or_over =
        usernames::Column::HolderId.eq(flow.uuid()).or(usernames::Column::ReservedUntil.lte(now.millis()));
    let renewed = usernames::Entity::update_many()
        .col_expr(usernames::Column::Name, Expr::value(name.as_str()))
        .col_expr(usernames::Column::HolderId, Expr::value(flow.uuid()))
        .col_expr(usernames::Column::ReservedUntil, Expr::value(until.millis()))
        .filter(usernames::Column::NameKey.eq(name.key()))
        .filter(usernames::Column::HolderKind.eq(FLOW))
        .filter(mine_or_over)
        .exec(tx)
        .await?;
    if renewed.rows_affected == 1 {
        return Ok(true);
    }
    let row = usernames::ActiveModel {
        name_key: Set(name.key()),
        name: Set(name.as_str().to_owned()),
        holder_kind: Set(FLOW.to_owned()),
        holder_id: Set(flow.uuid()),
        reserved_until: Set(Some(until.millis())),
    };
    let inserted = usernames::Entity::insert(row)
        .on_conflict(OnConflict::column(usernames::Column::NameKey).do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(inserted == 1)
}

/// Gives up every other name the wizard held.
pub(super) async fn release_other_names(
    tx: &impl ConnectionTrait,
    kept: &Username,
    flow: FlowId,
) -> Result<(), StoreError> {
    usernames::Entity::delete_many()
        .filter(usernames::Column::HolderKind.eq(FLOW))
        .filter(usernames::Column::HolderId.eq(flow.uuid()))
        .filter(usernames::Column::NameKey.ne(kept.key()))
        .exec(tx)
        .await?;
    Ok(())
}

/// Removes a batch of the holds that ran out before an instant.
pub(super) async fn sweep_holds(tx: &impl ConnectionTrait, before: Timestamp) -> Result<u64, StoreError> {
    let over = Condition::all()
        .add(usernames::Column::ReservedUntil.lte(before.millis()))
        .add(usernames::Column::HolderKind.eq(FLOW));
    sweep::some::<usernames::Entity, String>(tx, usernames::Column::NameKey, over).await
}

/// Turns the wizard's hold into the person's name. `false`: the hold is gone.
pub(super) async fn claim_name(
    tx: &impl ConnectionTrait,
    name: &Username,
    flow: FlowId,
    person: PersonId,
) -> Result<bool, StoreError> {
    let claimed = usernames::Entity::update_many()
        .col_expr(usernames::Column::HolderKind, Expr::value(PERSON))
        .col_expr(usernames::Column::HolderId, Expr::value(person.uuid()))
        .col_expr(usernames::Column::ReservedUntil, Expr::value(Option::<i64>::None))
        .filter(usernames::Column::NameKey.eq(name.key()))
        .filter(usernames::Column::HolderKind.eq(FLOW))
        .filter(usernames::Column::HolderId.eq(flow.uuid()))
        .exec(tx)
        .await?;
    Ok(claimed.rows_affected == 1)
}

/// The person behind a name.
pub(super) async fn person_of_name(
    db: &impl ConnectionTrait,
    name: &Username,
) -> Result<Option<PersonId>, StoreError> {
    let row = usernames::Entity::find_by_id(name.key())
        .filter(usernames::Column::HolderKind.eq(PERSON))
        .one(db)
        .await?;
    Ok(row.map(|row| PersonId::from_uuid(row.holder_id)))
}

/// Who signs in by a name, and with which password: one look-up, that of a name nobody has costs the same.
#[derive(FromQueryResult)]
pub(super) struct Credentials {
    pub holder_id: Uuid,
    pub phc: Option<String>,
    pub set_at: Option<i64>,
}

pub(super) async fn credentials(
    db: &impl ConnectionTrait,
    name_key: &str,
) -> Result<Option<Credentials>, StoreError> {
    let select = usernames::Entity::find_by_id(name_key)
        .select_only()
        .column(usernames::Column::HolderId)
        .column(passwords::Column::Phc)
        .column(passwords::Column::SetAt)
        .join(JoinType::LeftJoin, holders_password())
        .filter(usernames::Column::HolderKind.eq(PERSON));
    Ok(select.into_model::<Credentials>().one(db).await?)
}

fn holders_password() -> RelationDef {
    usernames::Entity::belongs_to(passwords::Entity)
        .from(usernames::Column::HolderId)
        .to(passwords::Column::PersonId)
        .into()
}

/// Makes a unit wait on the account's being in this state.
pub(super) fn require_status(unit: &mut Unit, person: PersonId, status: &str) {
    let of_person = persons::Entity::find_by_id(person.uuid()).select_only().column(persons::Column::Id);
    unit.require(&of_person.filter(persons::Column::Status.eq(status)));
}

/// An account with its name and what its password is worth: one look-up, since no request goes without it.
pub(super) struct Account {
    pub person: persons::Model,
    pub name: Option<String>,
    pub ceiling: Option<String>,
}

impl FromQueryResult for Account {
    fn from_query_result(row: &QueryResult, pre: &str) -> Result<Self, DbErr> {
        let person = persons::Model::from_query_result(row, pre)?;
        Ok(Self { person, name: row.try_get(pre, "name")?, ceiling: row.try_get(pre, "ceiling")? })
    }
}

/// The whole account.
pub(super) async fn account(
    db: &impl ConnectionTrait,
    person: PersonId,
) -> Result<Option<Account>, StoreError> {
    let select = persons::Entity::find_by_id(person.uuid())
        .join(JoinType::LeftJoin, its_name())
        .join(JoinType::LeftJoin, its_password())
        .column(usernames::Column::Name)
        .column(passwords::Column::Ceiling);
    Ok(select.into_model::<Account>().one(db).await?)
}

fn its_name() -> RelationDef {
    persons::Entity::belongs_to(usernames::Entity)
        .from(persons::Column::Id)
        .to(usernames::Column::HolderId)
        .on_condition(|_, name| Expr::col((name, usernames::Column::HolderKind)).eq(PERSON).into_condition())
        .into()
}

fn its_password() -> RelationDef {
    persons::Entity::belongs_to(passwords::Entity)
        .from(persons::Column::Id)
        .to(passwords::Column::PersonId)
        .into()
}

/// The account's row.
pub(super) async fn person(
    db: &impl ConnectionTrait,
    id: PersonId,
) -> Result<Option<persons::Model>, StoreError> {
    Ok(persons::Entity::find_by_id(id.uuid()).one(db).await?)
}

/// The account that holds a value in `column`, under whichever index key.
pub(super) async fn holder(
    db: &impl ConnectionTrait,
    column: persons::Column,
    indexes: Vec<BlindIndex>,
) -> Result<Option<PersonId>, StoreError> {
    let indexes = indexes.into_iter().map(BlindIndex::into_string);
    let row = persons::Entity::find().filter(column.is_in(indexes)).one(db).await?;
    Ok(row.map(|row| PersonId::from_uuid(row.id)))
}

/// Writes a new account.
pub(super) async fn insert_person(tx: &impl ConnectionTrait, row: persons::Model) -> Result<(), StoreError> {
    let row: persons::ActiveModel = row.into();
    persons::Entity::insert(row.reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// A whole account, name and password included.
#[cfg(feature = "sandbox")]
pub(super) fn enrol(
    unit: &mut Unit,
    name: usernames::Model,
    person: persons::Model,
    password: passwords::Model,
) {
    unit.push(&usernames::Entity::insert(usernames::ActiveModel::from(name).reset_all()));
    unit.push(&persons::Entity::insert(persons::ActiveModel::from(person).reset_all()));
    unit.push(&passwords::Entity::insert(passwords::ActiveModel::from(password).reset_all()));
}

/// Replaces an account's row, unless somebody else did since it was read at `seen`.
pub(super) async fn update_person(
    tx: &impl ConnectionTrait,
    row: persons::Model,
    seen: i64,
) -> Result<(), StoreError> {
    let id = row.id;
    let row: persons::ActiveModel = row.into();
    let written = persons::Entity::update_many()
        .set(row.reset_all())
        .filter(persons::Column::Id.eq(id))
        .filter(persons::Column::UpdatedAt.eq(seen))
        .exec(tx)
        .await?;
    if written.rows_affected == 1 { Ok(()) } else { Err(StoreError::Gone) }
}

/// The blind indexes of an account.
pub(super) struct Indexes {
    pub identity: Option<String>,
    pub phone: Option<String>,
}

/// The next accounts in the order of their ids.
pub(super) async fn persons_after(
    db: &impl ConnectionTrait,
    after: Option<PersonId>,
    limit: u64,
) -> Result<Vec<persons::Model>, StoreError> {
    let mut select = persons::Entity::find().order_by_asc(persons::Column::Id).limit(limit);
    if let Some(after) = after {
        select = select.filter(persons::Column::Id.gt(after.uuid()));
    }
    Ok(select.all(db).await?)
}

/// Other indexes for an account that is still what it was; tells whether it was, as a number.
pub(super) async fn replace_indexes(
    tx: &impl ConnectionTrait,
    seen: &persons::Model,
    new: &Indexes,
) -> Result<u64, StoreError> {
    let written = persons::Entity::update_many()
        .col_expr(persons::Column::IdBidx, Expr::value(new.identity.clone()))
        .col_expr(persons::Column::PhoneBidx, Expr::value(new.phone.clone()))
        .filter(persons::Column::Id.eq(seen.id))
        .filter(persons::Column::UpdatedAt.eq(seen.updated_at))
        .exec(tx)
        .await?;
    Ok(written.rows_affected)
}

/// Writes or replaces the password.
pub(super) async fn put_password(tx: &impl ConnectionTrait, row: passwords::Model) -> Result<(), StoreError> {
    use passwords::Column::{Ceiling, PersonId, Phc, SetAt, SetBy};
    let row: passwords::ActiveModel = row.into();
    passwords::Entity::insert(row.reset_all())
        .on_conflict(OnConflict::column(PersonId).update_columns([Phc, SetBy, Ceiling, SetAt]).to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// The same password under new costs, unless it was changed meanwhile.
pub(super) async fn rehash(
    tx: &impl ConnectionTrait,
    person: PersonId,
    old: &PasswordHash,
    new: &PasswordHash,
) -> Result<(), StoreError> {
    passwords::Entity::update_many()
        .col_expr(passwords::Column::Phc, Expr::value(new.as_phc()))
        .filter(passwords::Column::PersonId.eq(person.uuid()))
        .filter(passwords::Column::Phc.eq(old.as_phc()))
        .exec(tx)
        .await?;
    Ok(())
}

/// Takes the ceiling off a password that stood at an instant.
pub(super) async fn lift_ceiling(
    tx: &impl ConnectionTrait,
    person: PersonId,
    asked: Timestamp,
) -> Result<(), StoreError> {
    passwords::Entity::update_many()
        .col_expr(passwords::Column::Ceiling, Expr::value(Option::<String>::None))
        .filter(passwords::Column::PersonId.eq(person.uuid()))
        .filter(passwords::Column::SetAt.lte(asked.millis()))
        .exec(tx)
        .await?;
    Ok(())
}
