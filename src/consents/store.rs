//! The rows of `consents` and `agreements`.

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, sea_query::Expr,
};
use uuid::Uuid;

use crate::{
    kernel::{ClientId, FlowId, PersonId, Timestamp},
    protocol::scope::Scope,
    storage::{StoreError, Unit},
};

use super::model::{Agreement, Granted, Holder};

mod consents {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "consents")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub client_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub scope: String,
        pub given_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod agreements {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "agreements")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub holder: Uuid,
        pub document: String,
        pub version: String,
        pub purpose: String,
        pub at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub async fn given(
    db: &impl ConnectionTrait,
    client: &ClientId,
    person: PersonId,
) -> Result<Scope, StoreError> {
    let rows = consents::Entity::find()
        .filter(consents::Column::PersonId.eq(person.uuid()))
        .filter(consents::Column::ClientId.eq(client.as_str()))
        .all(db)
        .await?;
    Ok(rows.iter().map(|row| row.scope.as_str()).collect())
}

/// All of a person, a value for each client.
pub async fn all_of(db: &impl ConnectionTrait, person: PersonId) -> Result<Vec<Granted>, StoreError> {
    let rows = consents::Entity::find()
        .filter(consents::Column::PersonId.eq(person.uuid()))
        .order_by_asc(consents::Column::ClientId)
        .order_by_asc(consents::Column::Scope)
        .all(db)
        .await?;
    let of_one_client = rows.chunk_by(|one, next| one.client_id == next.client_id);
    let mut all: Vec<_> = of_one_client.map(granted).collect::<Result<_, _>>()?;
    all.sort_by_key(|granted| std::cmp::Reverse(granted.at));
    Ok(all)
}

fn granted(rows: &[consents::Model]) -> Result<Granted, StoreError> {
    let client = rows.first().and_then(|row| row.client_id.parse().ok()).ok_or(StoreError::Corrupt)?;
    let at = rows.iter().map(|row| row.given_at).max().unwrap_or_default();
    let scope = rows.iter().map(|row| row.scope.as_str()).collect();
    Ok(Granted { client, scope, at: Timestamp::from_millis(at) })
}

/// Adds what is not there yet; a scope given before keeps its first instant.
pub async fn add(
    db: &impl ConnectionTrait,
    client: &ClientId,
    person: PersonId,
    scope: &Scope,
    now: Timestamp,
) -> Result<(), StoreError> {
    if scope.is_empty() {
        return Ok(());
    }
    let rows = scope.iter().map(|name| consents::ActiveModel {
        person_id: Set(person.uuid()),
        client_id: Set(client.to_string()),
        scope: Set(name.to_owned()),
        given_at: Set(now.millis()),
    });
    consents::Entity::insert_many(rows).on_conflict_do_nothing().exec_without_returning(db).await?;
    Ok(())
}

/// Makes a unit depend on there being anything granted. It waits for a withdrawal that is under way, and a withdrawal
/// waits for it, so that it finds what the unit wrote. (SQLite has one writer and no such lock.)
pub fn require(unit: &mut Unit, client: &ClientId, person: PersonId) {
    let granted = consents::Entity::find()
        .select_only()
        .column(consents::Column::Scope)
        .filter(consents::Column::PersonId.eq(person.uuid()))
        .filter(consents::Column::ClientId.eq(client.as_str()));
    unit.require(&granted.limit(1).lock_shared());
}

pub async fn remove(
    db: &impl ConnectionTrait,
    client: &ClientId,
    person: PersonId,
) -> Result<u64, StoreError> {
    let removed = consents::Entity::delete_many()
        .filter(consents::Column::PersonId.eq(person.uuid()))
        .filter(consents::Column::ClientId.eq(client.as_str()))
        .exec(db)
        .await?;
    Ok(removed.rows_affected)
}

pub async fn insert_agreement(
    db: &impl ConnectionTrait,
    id: Uuid,
    holder: Holder,
    agreement: Agreement,
    now: Timestamp,
) -> Result<(), StoreError> {
    agreements::ActiveModel {
        id: Set(id),
        holder: Set(holder.uuid()),
        document: Set(agreement.document),
        version: Set(agreement.version),
        purpose: Set(agreement.purpose),
        at: Set(now.millis()),
    }
    .insert(db)
    .await?;
    Ok(())
}

pub async fn agreements_of(
    db: &impl ConnectionTrait,
    holder: Holder,
) -> Result<Vec<(Agreement, Timestamp)>, StoreError> {
    let rows = agreements::Entity::find()
        .filter(agreements::Column::Holder.eq(holder.uuid()))
        .order_by_asc(agreements::Column::Id)
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let agreement = Agreement { document: row.document, version: row.version, purpose: row.purpose };
            (agreement, Timestamp::from_millis(row.at))
        })
        .collect())
}

pub async fn move_agreements(db: &impl ConnectionTrait, from: Holder, to: Holder) -> Result<u64, StoreError> {
    let moved = agreements::Entity::update_many()
        .col_expr(agreements::Column::Holder, Expr::value(to.uuid()))
        .filter(agreements::Column::Holder.eq(from.uuid()))
        .exec(db)
        .await?;
    Ok(moved.rows_affected)
}

pub async fn remove_agreements(db: &impl ConnectionTrait, flows: &[FlowId]) -> Result<u64, StoreError> {
    if flows.is_empty() {
        return Ok(0);
    }
    let holders = flows.iter().map(|flow| flow.uuid());
    let removed =
        agreements::Entity::delete_many().filter(agreements::Column::Holder.is_in(holders)).exec(db).await?;
    Ok(removed.rows_affected)
}
