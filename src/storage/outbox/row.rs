//! The table `outbox`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: String,
    /// The request that queued it.
    pub trace: Uuid,
    pub payload: Option<Vec<u8>>,
    pub created_at: i64,
    pub due_at: i64,
    pub attempts: i32,
    pub leased_until: Option<i64>,
    pub settled_at: Option<i64>,
    pub delivered: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
