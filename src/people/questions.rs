//! Security questions (密保问题, `pages.md` A11): three, each with an answer that only the owner knows.
//!
//! One hash stands for the three answers together: whoever copied the table guesses all three at once, or none. They never
//! stand alone: a recovery by them also asks for the full ID number, and its password has a ceiling (`decisions.md`).

use std::str::FromStr;

use super::{
    PasswordHash, People, PeopleError,
    password::Comparison,
    store::{ConnectionTrait, questions},
};
use crate::{
    kernel::{Ctx, Faults, Message, PersonId, Secret, Timestamp, canonical_answer, required},
    storage::{StoreError, Tx},
};

/// How many a person chooses (S1-28).
pub const CHOSEN: usize = 3;

/// What may be chosen. Each is the key of its text, which a profile may word anew.
const OFFERED: [&str; 13] = [
    "question-class-teacher",
    "question-childhood-friend",
    "question-first-pet",
    "question-childhood-street",
    "question-first-employer",
    "question-first-superior",
    "question-childhood-book",
    "question-mothers-dish",
    "question-first-journey",
    "question-first-film",
    "question-desk-mate",
    "question-school-song",
    "question-grandmother",
];

/// An answer's length in characters, as it is compared.
const LENGTHS: std::ops::RangeInclusive<usize> = 2..=50;

/// The inputs of a form.
pub const QUESTION_FIELDS: [&str; CHOSEN] = ["question1", "question2", "question3"];
pub const ANSWER_FIELDS: [&str; CHOSEN] = ["answer1", "answer2", "answer3"];

/// A question of those that are offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question(&'static str);

/// A word that is no question.
#[derive(Debug, thiserror::Error)]
#[error("not a question that is offered")]
pub struct UnknownQuestion;

impl Question {
    /// All that may be chosen.
    pub fn all() -> impl Iterator<Item = Self> {
        OFFERED.into_iter().map(Self)
    }

    /// The column's word, and the key of its text.
    #[must_use]
    pub const fn key(self) -> &'static str {
        self.0
    }
}

impl FromStr for Question {
    type Err = UnknownQuestion;

    fn from_str(text: &str) -> Result<Self, UnknownQuestion> {
        Self::all().find(|question| question.0 == text).ok_or(UnknownQuestion)
    }
}

/// The three answers of a form.
pub type Answers = [Secret; CHOSEN];

/// What a person has set.
#[derive(Clone, Debug)]
pub struct SetQuestions {
    pub questions: [Question; CHOSEN],
    pub(super) answers: PasswordHash,
    pub set_at: Timestamp,
}

/// Questions and answers that may be set.
#[derive(Debug)]
pub struct NewQuestions {
    questions: [Question; CHOSEN],
    answers: PasswordHash,
}

impl People {
    /// What the person has set, if anything.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn questions(&self, person: PersonId) -> Result<Option<SetQuestions>, StoreError> {
        self.questions_in(self.base.db.read(), person).await
    }

    /// The same inside a use case's transaction.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn questions_in(
        &self,
        db: &impl ConnectionTrait,
        person: PersonId,
    ) -> Result<Option<SetQuestions>, StoreError> {
        questions::find(db, person).await
    }

    /// What [`check_questions`] found to be right, its answers hashed.
    ///
    /// # Errors
    /// `Busy` when too many are being hashed.
    pub async fn new_questions(
        &self,
        chosen: [Question; CHOSEN],
        answers: &Answers,
    ) -> Result<NewQuestions, PeopleError> {
        Ok(NewQuestions { questions: chosen, answers: self.hasher.hash(&together(answers)).await? })
    }

    /// Whether all three are right; where none are set the same work is done.
    ///
    /// # Errors
    /// `Busy` when too many are being hashed.
    pub async fn verify_answers(
        &self,
        set: Option<&SetQuestions>,
        answers: &Answers,
    ) -> Result<bool, PeopleError> {
        let stored = set.map(|set| &set.answers);
        Ok(matches!(self.hasher.compare(stored, &together(answers)).await?, Comparison::Same { .. }))
    }

    /// Sets them, in the place of those before.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn set_questions(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        person: PersonId,
        new: &NewQuestions,
    ) -> Result<(), StoreError> {
        questions::put(tx, person, (&new.questions, &new.answers), ctx.now).await
    }

    /// There are none any more; tells whether there were.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn clear_questions(&self, tx: &Tx, person: PersonId) -> Result<bool, StoreError> {
        questions::remove(tx, person).await
    }
}

/// Three different questions of those that are offered, and three different answers.
///
/// # Errors
/// What to correct, at [`QUESTION_FIELDS`] and [`ANSWER_FIELDS`].
pub fn check_questions(chosen: [&str; CHOSEN], answers: &Answers) -> Result<[Question; CHOSEN], Faults> {
    let mut faults = Faults::default();
    let mut seen = Vec::new();
    for (field, text) in QUESTION_FIELDS.into_iter().zip(chosen) {
        let question = text.parse::<Question>().map_err(|_| required(field));
        if let Some(question) = faults.keep(field, question) {
            if seen.contains(&question) {
                faults.add(field, Message::new("E_QUESTION_SAME"));
            }
            seen.push(question);
        }
    }
    check_answers(&mut faults, answers);
    faults.complete(seen.try_into().ok())
}

/// Three answers, each of a length that may be, no two the same.
fn check_answers(faults: &mut Faults, answers: &Answers) {
    let mut before = Vec::new();
    for (field, answer) in ANSWER_FIELDS.into_iter().zip(answers.each_ref().map(canonical_answer)) {
        if answer.is_empty() {
            faults.add(field, required(field));
        } else if !LENGTHS.contains(&answer.chars().count()) {
            faults.add(field, Message::new("E_ANSWER_LENGTH"));
        } else if before.contains(&answer) {
            faults.add(field, Message::new("E_ANSWER_SAME"));
        }
        before.push(answer);
    }
}

/// Whether an answer was given at all; whether it is right is not for a form to say.
///
/// # Errors
/// E_REQUIRED at each input without one.
pub fn given_answers(answers: &Answers) -> Result<(), Faults> {
    let mut faults = Faults::default();
    for (field, answer) in ANSWER_FIELDS.into_iter().zip(answers) {
        if canonical_answer(answer).is_empty() {
            faults.add(field, required(field));
        }
    }
    faults.or(())
}

/// No answer contains what stands between them, for it is a blank.
fn together(answers: &Answers) -> Secret {
    let [one, two, three] = answers.each_ref().map(canonical_answer);
    Secret::from(format!("{}\n{}\n{}", *one, *two, *three))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHOICE: [&str; CHOSEN] = ["question-first-pet", "question-desk-mate", "question-first-film"];

    fn answers(texts: [&str; CHOSEN]) -> Answers {
        texts.map(Secret::from)
    }

    fn fields(faults: &Faults) -> Vec<(&str, &str)> {
        faults.iter().map(|fault| (fault.field.unwrap(), fault.message.key)).collect()
    }

    #[test]
    fn what_one_answer_ends_with_does_not_begin_the_next() {
        let moved = together(&answers(["a b", "c", "d"]));
        assert!(!moved.matches(&together(&answers(["a", "b c", "d"]))));
    }

    #[test]
    fn s1_28_three_different_questions_have_three_different_answers() {
        assert!(check_questions(CHOICE, &answers(["大黄", "小明", "地道战"])).is_ok());
        let twice = [CHOICE[0], CHOICE[0], ""];
        let faults = check_questions(twice, &answers(["大黄", "大黄 一", ""])).unwrap_err();
        let expected =
            [("question2", "E_QUESTION_SAME"), ("question3", "E_REQUIRED"), ("answer3", "E_REQUIRED")];
        assert_eq!(fields(&faults), expected);
        let faults = check_questions(CHOICE, &answers(["狗", &"长".repeat(51), "ＡＢ"])).unwrap_err();
        assert_eq!(fields(&faults), [("answer1", "E_ANSWER_LENGTH"), ("answer2", "E_ANSWER_LENGTH")]);
        let faults = check_questions(CHOICE, &answers(["大黄", "ab", "ＡＢ"])).unwrap_err();
        assert_eq!(fields(&faults), [("answer3", "E_ANSWER_SAME")]);
    }

    #[test]
    fn at_least_twelve_are_offered_and_all_are_different() {
        let mut all: Vec<_> = Question::all().map(Question::key).collect();
        all.sort_unstable();
        all.dedup();
        assert!(all.len() >= 12);
        assert!("question-mothers-maiden-name".parse::<Question>().is_err());
    }
}
