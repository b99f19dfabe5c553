//! Security questions: A11, and R2 by them.

use serde::Serialize;

use super::Choice;
use super::register::IdTypeOption;
use crate::kernel::{Message, Timestamp};
use crate::render::{Form, Page};

/// What A11 shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum QuestionsStep {
    /// They are set; which, nobody reads here.
    Set,
    /// Three to choose and to answer.
    Choose,
    /// Whether there are to be none any more.
    Clear,
    /// Whoever came by a recovery proves themselves first.
    Capped,
}

/// A11 `/account/security-questions`. Fields: `question1` to `question3`, `answer1` to `answer3`, `password`,
/// `do` (`next`). With `open=clear` in its address it only asks for `password`.
#[derive(Clone, Debug, Serialize)]
pub struct SecurityQuestions {
    /// The questions are kept, no answer.
    pub form: Form,
    pub step: QuestionsStep,
    /// All that may be chosen.
    pub options: Vec<Choice>,
    /// When they were set.
    pub set_at: Option<Timestamp>,
    /// `set` or `cleared`, a moment ago.
    pub done: Option<&'static str>,
}

/// R2, step 3, way 2 (S1-26). Fields: `id_type`, `id_number`, `nationality`, `answer1` to `answer3`, `request`,
/// `do` (`next` | `back`).
#[derive(Clone, Debug, Serialize)]
pub struct RecoverQuestions {
    /// The document is kept, no answer.
    pub form: Form,
    /// The documents that may be used.
    pub types: Vec<IdTypeOption>,
    /// The three that were set.
    pub questions: Vec<Message>,
    /// The parked authorization request.
    pub request: Option<String>,
}

impl Page for SecurityQuestions {
    const TEMPLATE: &'static str = "pages/account/questions.html";

    fn samples() -> Vec<Self> {
        let option = |value: &str, label: &str| Choice { value: value.to_owned(), label: label.to_owned() };
        let fresh = Self {
            form: Form::new(),
            step: QuestionsStep::Choose,
            options: vec![
                option("question-first-pet", "您养的第一只宠物叫什么名字？"),
                option("question-desk-mate", "您初中同桌的姓名是什么？"),
            ],
            set_at: None,
            done: None,
        };
        let wrong = Form::new()
            .with("question1", "question-first-pet")
            .failing("question2", Message::new("E_QUESTION_SAME"))
            .failing("answer3", Message::new("E_ANSWER_LENGTH"))
            .failing("password", Message::new("E_PASSWORD_OLD"));
        let set_at = Some(Timestamp::from_seconds(1_793_633_000));
        vec![
            Self { form: wrong, ..fresh.clone() },
            Self { step: QuestionsStep::Set, set_at, done: Some("set"), ..fresh.clone() },
            Self { step: QuestionsStep::Clear, set_at, ..fresh.clone() },
            Self { done: Some("cleared"), ..fresh.clone() },
            Self { step: QuestionsStep::Capped, ..fresh.clone() },
            fresh,
        ]
    }
}

impl Page for RecoverQuestions {
    const TEMPLATE: &'static str = "pages/recover/questions.html";

    fn samples() -> Vec<Self> {
        let questions = ["question-first-pet", "question-desk-mate", "question-first-film"].map(Message::new);
        let fresh = Self {
            form: Form::new().with("id_type", "CN_RID"),
            types: IdTypeOption::all(),
            questions: questions.to_vec(),
            request: None,
        };
        let wrong = Form::new().with("id_number", "440301199003070019").refused(Message::new("E_SECURITY_A"));
        vec![Self { form: wrong, request: Some("Zk3".to_owned()), ..fresh.clone() }, fresh]
    }
}
