//! A password that takes the place of another: which one stands is told by when it was set.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, sea_query::Expr};

use super::passwords;
use crate::{
    kernel::{PersonId, RealNameLevel, Timestamp},
    people::{PasswordHash, PasswordSetBy, Voided},
    storage::{StoreError, Unit},
};

/// Replaces the password that was set at `seen`, its ceiling untouched, and tells when the new one was set;
/// [`StoreError::Gone`] when it is not there any more.
pub(in crate::people) async fn replace(
    tx: &impl ConnectionTrait,
    person: PersonId,
    seen: i64,
    new: (&PasswordHash, PasswordSetBy, Timestamp),
) -> Result<i64, StoreError> {
    let (hash, set_by, now) = new;
    // Of two changes within a millisecond the second finds another time than it saw.
    let set_at = now.millis().max(seen.saturating_add(1));
    let written = passwords::Entity::update_many()
        .col_expr(passwords::Column::Phc, Expr::value(hash.as_phc()))
        .col_expr(passwords::Column::SetBy, Expr::value(set_by.as_str()))
        .col_expr(passwords::Column::SetAt, Expr::value(set_at))
        .filter(passwords::Column::PersonId.eq(person.uuid()))
        .filter(passwords::Column::SetAt.eq(seen))
        .exec(tx)
        .await?;
    if written.rows_affected == 1 { Ok(set_at) } else { Err(StoreError::Gone) }
}

/// Replaces this very password, or one that was set at an instant or since.
pub(in crate::people) async fn void(
    tx: &impl ConnectionTrait,
    (person, which): (PersonId, Voided),
    (hash, set_by, now): (&PasswordHash, PasswordSetBy, Timestamp),
) -> Result<(), StoreError> {
    let those = match which {
        Voided::One(mark) => passwords::Column::SetAt.eq(mark.set_at()),
        Voided::Since(since) => passwords::Column::SetAt.gte(since.millis()),
        Voided::Any => passwords::Column::SetAt.gte(i64::MIN),
    };
    passwords::Entity::update_many()
        .col_expr(passwords::Column::Phc, Expr::value(hash.as_phc()))
        .col_expr(passwords::Column::SetBy, Expr::value(set_by.as_str()))
        .col_expr(passwords::Column::Ceiling, Expr::value(set_by.ceiling().map(RealNameLevel::as_str)))
        .col_expr(passwords::Column::SetAt, Expr::value(now.millis()))
        .filter(passwords::Column::PersonId.eq(person.uuid()))
        .filter(those)
        .exec(tx)
        .await?;
    Ok(())
}

/// The ceiling of the password that stands.
pub(in crate::people) async fn set_ceiling(
    tx: &impl ConnectionTrait,
    person: PersonId,
    ceiling: Option<RealNameLevel>,
) -> Result<(), StoreError> {
    passwords::Entity::update_many()
        .col_expr(passwords::Column::Ceiling, Expr::value(ceiling.map(RealNameLevel::as_str)))
        .filter(passwords::Column::PersonId.eq(person.uuid()))
        .exec(tx)
        .await?;
    Ok(())
}

/// Makes a unit depend on the password's being the one that was set then. It waits for a change that is under way, and a
/// change waits for it: a session either begins before the change, which then ends it, or not at all. (SQLite has one writer
/// and no such lock.)
pub(in crate::people) fn require(unit: &mut Unit, person: PersonId, seen: i64) {
    let of_person =
        passwords::Entity::find_by_id(person.uuid()).select_only().column(passwords::Column::PersonId);
    unit.require(&of_person.filter(passwords::Column::SetAt.eq(seen)).lock_shared());
}
