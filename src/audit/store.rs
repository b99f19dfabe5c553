//! The table `audit_events`.

use super::{Recorded, Trail};
use crate::{
    kernel::{AuditId, PersonId, Timestamp, TraceId},
    storage::{StoreError, Tx, Unit, sweep},
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, prelude::Uuid,
};

pub(super) fn insert(unit: &mut Unit, event: Recorded) -> Result<(), StoreError> {
    let row = row::ActiveModel {
        id: Set(event.id.uuid()),
        at: Set(event.at.millis()),
        kind: Set(event.kind),
        person: Set(event.person.map(PersonId::uuid)),
        client: Set(event.client),
        source: Set(event.source),
        trace: Set(event.trace.uuid()),
        detail: Set(serde_json::to_string(&event.detail).map_err(|_| StoreError::Corrupt)?),
    };
    unit.insert(row);
    Ok(())
}

pub(super) async fn find(db: &impl ConnectionTrait, trail: Trail) -> Result<Vec<Recorded>, StoreError> {
    let which = match trail {
        Trail::Of(person) => row::Column::Person.eq(person.uuid()),
        Trail::Request(trace) => row::Column::Trace.eq(trace.uuid()),
    };
    let select =
        row::Entity::find().filter(which).order_by_asc(row::Column::At).order_by_asc(row::Column::Id);
    select.all(db).await?.into_iter().map(Recorded::try_from).collect()
}

/// What a sign-in leaves behind.
const SIGN_INS: [&str; 3] = ["sign_in_succeeded", "sign_in_failed", "sign_in_locked"];

/// Newest first, which the ids say.
pub(super) async fn sign_ins(
    db: &impl ConnectionTrait,
    person: PersonId,
    before: Option<AuditId>,
    limit: u64,
) -> Result<Vec<Recorded>, StoreError> {
    let mut which =
        Condition::all().add(row::Column::Person.eq(person.uuid())).add(row::Column::Kind.is_in(SIGN_INS));
    if let Some(before) = before {
        which = which.add(row::Column::Id.lt(before.uuid()));
    }
    let select = row::Entity::find().filter(which).order_by_desc(row::Column::Id).limit(limit);
    select.all(db).await?.into_iter().map(Recorded::try_from).collect()
}

/// The last sign-in that succeeded before an instant.
pub(super) async fn signed_in_before(
    db: &impl ConnectionTrait,
    person: PersonId,
    before: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let select = row::Entity::find()
        .select_only()
        .column(row::Column::At)
        .filter(row::Column::Person.eq(person.uuid()))
        .filter(row::Column::Kind.eq(SIGN_INS[0]))
        .filter(row::Column::At.lt(before.millis()))
        .order_by_desc(row::Column::Id)
        .limit(1);
    let at: Option<i64> = select.into_tuple().one(db).await?;
    Ok(at.map(Timestamp::from_millis))
}

/// Removes a batch of events from before an instant.
pub(super) async fn sweep(tx: &Tx, before: Timestamp) -> Result<u64, StoreError> {
    let over = Condition::all().add(row::Column::At.lt(before.millis()));
    sweep::some::<row::Entity, Uuid>(tx, row::Column::Id, over).await
}

impl TryFrom<row::Model> for Recorded {
    type Error = StoreError;

    fn try_from(row: row::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: AuditId::from_uuid(row.id),
            at: Timestamp::from_millis(row.at),
            kind: row.kind,
            person: row.person.map(PersonId::from_uuid),
            client: row.client,
            source: row.source,
            trace: TraceId::from_uuid(row.trace),
            detail: serde_json::from_str(&row.detail).map_err(|_| StoreError::Corrupt)?,
        })
    }
}

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_events")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub at: i64,
        pub kind: String,
        pub person: Option<Uuid>,
        pub client: Option<String>,
        pub source: String,
        pub trace: Uuid,
        pub detail: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
