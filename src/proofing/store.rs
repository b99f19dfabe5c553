//! The tables `evidence` and `verification_jobs`. A job is claimed and settled by one conditional write each.

use chrono::TimeDelta;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict},
};
pub(super) use sea_orm::{ConnectionTrait, Value};
use uuid::Uuid;

use crate::{
    kernel::{EvidenceId, JobId, PersonId, Timestamp},
    policy::CardMethod,
    storage::{StoreError, sweep},
};

use super::{EvidenceState, Method, Outcome, model::JobWord};

/// Proofs of persons.
pub(super) mod evidence {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "evidence")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub person_id: Uuid,
        pub method: String,
        pub obtained_at: i64,
        pub expires_at: Option<i64>,
        pub state: String,
        pub job_id: Option<Uuid>,
        pub detail: Vec<u8>,
        pub warned_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Questions to outside authorities.
pub(super) mod jobs {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "verification_jobs")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub purpose: String,
        pub method: String,
        pub owner: Uuid,
        pub request: Option<Vec<u8>>,
        pub state: String,
        pub outcome: Option<String>,
        pub phone_matched: bool,
        pub reference: Option<String>,
        pub card_bidx: String,
        pub identity_bidx: String,
        pub phone_bidx: String,
        pub source: String,
        pub attempts: i32,
        pub next_attempt_at: i64,
        pub lease_until: Option<i64>,
        pub created_at: i64,
        pub finished_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// When each authority may be asked again: a token bucket as one instant (the generic cell rate algorithm).
mod pace {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "provider_pace")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub method: String,
        pub next_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// How fast an authority is asked: a bucket of one second's questions, filled evenly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pace {
    /// Between two questions.
    pub interval: TimeDelta,
    /// How far the bucket's clock may run ahead: all questions but one at once.
    slack: TimeDelta,
}

impl Pace {
    pub fn per_second(questions: u32) -> Self {
        let interval = TimeDelta::milliseconds(1000 / i64::from(Ord::max(questions, 1)));
        let slack =
            TimeDelta::milliseconds(interval.num_milliseconds() * i64::from(questions.saturating_sub(1)));
        Self { interval, slack }
    }
}

/// Takes one question of this second, if there is one left. One statement decides, for all nodes.
pub(super) async fn take_turn(
    tx: &impl ConnectionTrait,
    method: &str,
    now: Timestamp,
    pace: Pace,
) -> Result<bool, StoreError> {
    let column = || Expr::col((pace::Entity, pace::Column::NextAt));
    let interval = pace.interval.num_milliseconds();
    let fresh =
        pace::ActiveModel { method: Set(method.to_owned()), next_at: Set((now + pace.interval).millis()) };
    let from = Expr::case(column().lt(now.millis()), now.millis()).finally(column());
    let on_conflict = OnConflict::column(pace::Column::Method)
        .value(pace::Column::NextAt, from.add(interval))
        .action_and_where(column().lte((now + pace.slack).millis()))
        .to_owned();
    let written = pace::Entity::insert(fresh).on_conflict(on_conflict).exec_without_returning(tx).await?;
    Ok(written == 1)
}

/// How many of the same authority wait before this one.
pub(super) async fn ahead_of(db: &impl ConnectionTrait, job: &jobs::Model) -> Result<u64, StoreError> {
    let earlier = Condition::any().add(jobs::Column::NextAttemptAt.lt(job.next_attempt_at)).add(
        Condition::all()
            .add(jobs::Column::NextAttemptAt.eq(job.next_attempt_at))
            .add(jobs::Column::Id.lt(job.id)),
    );
    let rows = jobs::Entity::find()
        .filter(jobs::Column::Method.eq(&job.method))
        .filter(jobs::Column::State.eq(JobWord::Queued.as_str()))
        .filter(jobs::Column::FinishedAt.is_null())
        .filter(earlier);
    Ok(rows.count(db).await?)
}

/// All proofs of a person, the newest first.
pub(super) async fn evidence_of(
    db: &impl ConnectionTrait,
    person: PersonId,
) -> Result<Vec<evidence::Model>, StoreError> {
    let rows = evidence::Entity::find().filter(evidence::Column::PersonId.eq(person.uuid()));
    let rows = rows.order_by_desc(evidence::Column::ObtainedAt).order_by_desc(evidence::Column::Id);
    Ok(rows.all(db).await?)
}

/// Valid proofs that end within `near` and that nobody looked at for it yet, those that end first.
pub(super) async fn ending(
    db: &impl ConnectionTrait,
    now: Timestamp,
    near: TimeDelta,
    limit: u64,
) -> Result<Vec<evidence::Model>, StoreError> {
    let rows = evidence::Entity::find()
        .filter(unwarned())
        .filter(evidence::Column::ExpiresAt.gt(now.millis()))
        .filter(evidence::Column::ExpiresAt.lte((now + near).millis()))
        // As the index has them: PostgreSQL does not see that the first column is the same in all.
        .order_by_asc(evidence::Column::WarnedAt)
        .order_by_asc(evidence::Column::ExpiresAt)
        .limit(limit);
    Ok(rows.all(db).await?)
}

/// Notes that somebody looks at the end of a proof. `false`: another node did, or it counts no longer.
pub(super) async fn note_end(
    tx: &impl ConnectionTrait,
    id: EvidenceId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let noted = evidence::Entity::update_many()
        .col_expr(evidence::Column::WarnedAt, Expr::value(now.millis()))
        .filter(evidence::Column::Id.eq(id.uuid()))
        .filter(unwarned())
        .exec(tx)
        .await?;
    Ok(noted.rows_affected == 1)
}

fn unwarned() -> Condition {
    Condition::all()
        .add(evidence::Column::State.eq(EvidenceState::Valid.as_str()))
        .add(evidence::Column::WarnedAt.is_null())
}

/// Writes a proof; a second one of the same job is a `Conflict`.
pub(super) async fn insert_evidence(
    tx: &impl ConnectionTrait,
    row: evidence::Model,
) -> Result<(), StoreError> {
    let row: evidence::ActiveModel = row.into();
    evidence::Entity::insert(row.reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// The first proof of a new account.
#[cfg(feature = "sandbox")]
pub(super) fn enrol(unit: &mut crate::storage::Unit, row: evidence::Model) {
    unit.push(&evidence::Entity::insert(evidence::ActiveModel::from(row).reset_all()));
}

/// The valid proofs of one method get another state.
pub(super) async fn retire(
    tx: &impl ConnectionTrait,
    person: PersonId,
    method: Method,
    state: EvidenceState,
) -> Result<(), StoreError> {
    evidence::Entity::update_many()
        .col_expr(evidence::Column::State, Expr::value(state.as_str()))
        .filter(evidence::Column::PersonId.eq(person.uuid()))
        .filter(evidence::Column::Method.eq(method.as_str()))
        .filter(evidence::Column::State.eq(EvidenceState::Valid.as_str()))
        .exec(tx)
        .await?;
    Ok(())
}

/// What was obtained at an instant or since no longer counts.
pub(super) async fn displace_since(
    tx: &impl ConnectionTrait,
    person: PersonId,
    since: Timestamp,
) -> Result<(), StoreError> {
    evidence::Entity::update_many()
        .col_expr(evidence::Column::State, Expr::value(EvidenceState::Displaced.as_str()))
        .filter(evidence::Column::PersonId.eq(person.uuid()))
        .filter(evidence::Column::ObtainedAt.gte(since.millis()))
        .exec(tx)
        .await?;
    Ok(())
}

/// The newest row from before an instant counts again, if it was only replaced.
pub(super) async fn restore_before(
    tx: &impl ConnectionTrait,
    person: PersonId,
    method: Method,
    before: Timestamp,
) -> Result<(), StoreError> {
    let newest = evidence::Entity::find()
        .filter(evidence::Column::PersonId.eq(person.uuid()))
        .filter(evidence::Column::Method.eq(method.as_str()))
        .filter(evidence::Column::ObtainedAt.lt(before.millis()))
        .order_by_desc(evidence::Column::ObtainedAt)
        .one(tx)
        .await?;
    let Some(row) = newest.filter(|row| row.state == EvidenceState::Replaced.as_str()) else { return Ok(()) };
    evidence::Entity::update_many()
        .col_expr(evidence::Column::State, Expr::value(EvidenceState::Valid.as_str()))
        .filter(evidence::Column::Id.eq(row.id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Writes a new job.
pub(super) async fn insert_job(tx: &impl ConnectionTrait, row: jobs::Model) -> Result<(), StoreError> {
    let row: jobs::ActiveModel = row.into();
    jobs::Entity::insert(row.reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// One job.
pub(super) async fn job(db: &impl ConnectionTrait, id: JobId) -> Result<Option<jobs::Model>, StoreError> {
    Ok(jobs::Entity::find_by_id(id.uuid()).one(db).await?)
}

/// Attempts since `since` that count against the person: all but those that the bank was too busy for.
pub(super) async fn charged(
    db: &impl ConnectionTrait,
    column: jobs::Column,
    value: Value,
    since: Timestamp,
) -> Result<u64, StoreError> {
    let not_busy = Condition::any()
        .add(jobs::Column::Outcome.is_null())
        .add(jobs::Column::Outcome.ne(Outcome::Busy.key()));
    let rows = jobs::Entity::find()
        .filter(column.eq(value))
        .filter(jobs::Column::CreatedAt.gt(since.millis()))
        .filter(not_busy);
    Ok(rows.count(db).await?)
}

/// Of each authority the job that has waited longest among those that may be asked now; the eldest first.
pub(super) async fn due_heads(db: &impl ConnectionTrait, now: Timestamp) -> Result<Vec<JobId>, StoreError> {
    let mut heads = Vec::new();
    for method in CardMethod::ALL {
        let due = jobs::Entity::find().filter(jobs::Column::Method.eq(method.as_str()));
        // As the index has them: PostgreSQL does not see that the first column is the same in all.
        let due = due.filter(claimable(now)).order_by_asc(jobs::Column::FinishedAt);
        let due = due.order_by_asc(jobs::Column::NextAttemptAt);
        heads.extend(due.one(db).await?.map(|row| (row.next_attempt_at, row.id)));
    }
    heads.sort_unstable();
    Ok(heads.into_iter().map(|(_, id)| JobId::from_uuid(id)).collect())
}

/// Takes a job until `lease_until`; one caller wins.
pub(super) async fn claim(
    tx: &impl ConnectionTrait,
    id: JobId,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<bool, StoreError> {
    let claimed = jobs::Entity::update_many()
        .col_expr(jobs::Column::State, Expr::value(JobWord::Running.as_str()))
        .col_expr(jobs::Column::Attempts, Expr::col(jobs::Column::Attempts).add(1))
        .col_expr(jobs::Column::LeaseUntil, Expr::value(lease_until.millis()))
        .filter(jobs::Column::Id.eq(id.uuid()))
        .filter(claimable(now))
        .exec(tx)
        .await?;
    Ok(claimed.rows_affected == 1)
}

fn claimable(now: Timestamp) -> Condition {
    let free = Condition::any()
        .add(jobs::Column::LeaseUntil.is_null())
        .add(jobs::Column::LeaseUntil.lte(now.millis()));
    Condition::all()
        .add(jobs::Column::FinishedAt.is_null())
        .add(jobs::Column::NextAttemptAt.lte(now.millis()))
        .add(free)
}

/// Puts a claimed job back.
///
/// # Errors
/// `Gone` when the lease ran out and another worker has it.
pub(super) async fn put_back(
    tx: &impl ConnectionTrait,
    id: Uuid,
    attempts: i32,
    next: Timestamp,
) -> Result<(), StoreError> {
    let written = jobs::Entity::update_many()
        .col_expr(jobs::Column::State, Expr::value(JobWord::Queued.as_str()))
        .col_expr(jobs::Column::NextAttemptAt, Expr::value(next.millis()))
        .col_expr(jobs::Column::LeaseUntil, Expr::value(Option::<i64>::None))
        .filter(mine(id, attempts))
        .exec(tx)
        .await?;
    one(written.rows_affected)
}

/// What is known of a settled job.
pub(super) struct Settlement<'a> {
    pub word: JobWord,
    pub outcome: Outcome,
    pub phone_matched: bool,
    pub reference: &'a str,
}

/// Ends a claimed job and destroys its request with the card number.
///
/// # Errors
/// `Gone` when the lease ran out and another worker has it.
pub(super) async fn finish(
    tx: &impl ConnectionTrait,
    id: Uuid,
    attempts: i32,
    end: &Settlement<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let written = jobs::Entity::update_many()
        .col_expr(jobs::Column::State, Expr::value(end.word.as_str()))
        .col_expr(jobs::Column::Outcome, Expr::value(end.outcome.key()))
        .col_expr(jobs::Column::PhoneMatched, Expr::value(end.phone_matched))
        .col_expr(jobs::Column::Reference, Expr::value(end.reference))
        .col_expr(jobs::Column::Request, Expr::value(Option::<Vec<u8>>::None))
        .col_expr(jobs::Column::LeaseUntil, Expr::value(Option::<i64>::None))
        .col_expr(jobs::Column::FinishedAt, Expr::value(now.millis()))
        .filter(mine(id, attempts))
        .exec(tx)
        .await?;
    one(written.rows_affected)
}

fn mine(id: Uuid, attempts: i32) -> Condition {
    Condition::all()
        .add(jobs::Column::Id.eq(id))
        .add(jobs::Column::Attempts.eq(attempts))
        .add(jobs::Column::State.eq(JobWord::Running.as_str()))
}

fn one(rows: u64) -> Result<(), StoreError> {
    if rows == 1 { Ok(()) } else { Err(StoreError::Gone) }
}

/// Removes a batch of jobs older than a day: the card number lives no longer (`decisions.md`).
pub(super) async fn purge(tx: &impl ConnectionTrait, before: Timestamp) -> Result<u64, StoreError> {
    let over = Condition::all().add(jobs::Column::CreatedAt.lte(before.millis()));
    sweep::some::<jobs::Entity, Uuid>(tx, jobs::Column::Id, over).await
}
