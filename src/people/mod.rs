//! Natural persons: account names (one namespace with the units), profiles, passwords, security questions, status.
//!
//! Invariants: an identity and a phone belong to one account at most (blind indexes, unique in the database); what a
//! person told stands in one sealed value; an unknown name costs at sign-in what a known one costs.
//! May use: kernel, storage, policy, audit.

mod change;
#[cfg(feature = "sandbox")]
mod enrolment;
mod model;
mod password;
mod questions;
mod reindex;
mod rows;
mod service;
mod store;

pub use change::{PasswordMark, Voided};
#[cfg(feature = "sandbox")]
pub use enrolment::is_empty;
pub use model::{NewPerson, PasswordSetBy, PasswordVerdict, Person, Profile, Status};
pub use password::{HashError, HashSettings, HashingLoad, PasswordHash, PasswordHasher};
pub use questions::{
    ANSWER_FIELDS, Answers, CHOSEN, NewQuestions, QUESTION_FIELDS, Question, SetQuestions, check_questions,
    given_answers,
};
pub use reindex::reindex;
pub use rows::{INDEXED, SEALED};
pub use service::{CreateError, Credentials, People, PeopleError, UsernameTaken};
