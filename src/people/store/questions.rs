//! The table `security_questions`: a row for each person who has set them.

use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, sea_query::OnConflict};

use crate::{
    kernel::{PersonId, Timestamp},
    people::{
        PasswordHash,
        questions::{CHOSEN, Question, SetQuestions},
    },
    storage::StoreError,
};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "security_questions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
        pub questions: String,
        pub answers: String,
        pub set_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Those of a person, if any are set.
pub(in crate::people) async fn find(
    db: &impl ConnectionTrait,
    person: PersonId,
) -> Result<Option<SetQuestions>, StoreError> {
    let row = row::Entity::find_by_id(person.uuid()).one(db).await?;
    row.map(SetQuestions::try_from).transpose()
}

/// In the place of those before.
pub(in crate::people) async fn put(
    tx: &impl ConnectionTrait,
    person: PersonId,
    (questions, answers): (&[Question; CHOSEN], &PasswordHash),
    now: Timestamp,
) -> Result<(), StoreError> {
    let row = row::ActiveModel {
        person_id: Set(person.uuid()),
        questions: Set(questions.map(Question::key).join(" ")),
        answers: Set(answers.as_phc().to_owned()),
        set_at: Set(now.millis()),
    };
    let replace = OnConflict::column(row::Column::PersonId)
        .update_columns([row::Column::Questions, row::Column::Answers, row::Column::SetAt])
        .to_owned();
    row::Entity::insert(row).on_conflict(replace).exec_without_returning(tx).await?;
    Ok(())
}

/// Whether there was anything to remove.
pub(in crate::people) async fn remove(
    tx: &impl ConnectionTrait,
    person: PersonId,
) -> Result<bool, StoreError> {
    Ok(row::Entity::delete_by_id(person.uuid()).exec(tx).await?.rows_affected > 0)
}

impl TryFrom<row::Model> for SetQuestions {
    type Error = StoreError;

    fn try_from(row: row::Model) -> Result<Self, StoreError> {
        let questions: Vec<Question> = row
            .questions
            .split(' ')
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map_err(|_| StoreError::Corrupt)?;
        Ok(Self {
            questions: questions.try_into().map_err(|_| StoreError::Corrupt)?,
            answers: PasswordHash::from_phc(row.answers),
            set_at: Timestamp::from_millis(row.set_at),
        })
    }
}
