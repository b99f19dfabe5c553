//! A11 `/account/security-questions` 密保问题: set, changed, cleared; what is set nobody reads again.

use axum::extract::State;
use axum::response::Response;

use super::account::owner;
use super::faults;
use crate::http::page::{go, show};
use crate::http::url::{Link, Path};
use crate::http::view::{Choice, QuestionsStep, SecurityQuestions};
use crate::http::{App, Failure, Posted, Visit};
use crate::kernel::{Message, PersonId};
use crate::people::{ANSWER_FIELDS, QUESTION_FIELDS, Question};
use crate::render::Form;
use crate::signin::{ConfirmError, QuestionsForm};

/// The parameter that opens a form where there would be only 已设置: `change` or `clear`.
const OPEN: &str = "open";

/// What is set, or the form.
pub async fn get(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    match owner(&visit) {
        Ok(person) => page(&app, &visit, person.id, Form::new()).await,
        Err(elsewhere) => Ok(elsewhere),
    }
}

/// Sets or clears them. Whoever came by a recovery proves themselves first.
pub async fn post(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let person = match owner(&visit) {
        Ok(person) if !visit.is_capped() && app.policy.recovery.asks_questions() => person,
        Ok(_) => return Ok(go(Link::to(Path::SecurityQuestions))),
        Err(elsewhere) => return Ok(elsewhere),
    };
    let (ctx, device, password) = (&visit.ctx, visit.device.as_deref(), posted.secret("password"));
    let questions = QUESTION_FIELDS.map(|field| posted.get(field));
    let form =
        QUESTION_FIELDS.iter().zip(questions).fold(Form::new(), |form, (name, is)| form.with(name, is));
    let (done, outcome) = if visit.query(OPEN).as_deref() == Some("clear") {
        ("cleared", app.signin.clear_questions(ctx, person, (&password, device)).await)
    } else {
        let answers = &ANSWER_FIELDS.map(|field| posted.secret(field));
        let form = QuestionsForm { questions, answers, password: &password, device };
        ("set", app.signin.set_questions(ctx, person, form).await)
    };
    let form = match outcome {
        Ok(()) => return Ok(go(Link::to(Path::SecurityQuestions).with("done", done))),
        Err(ConfirmError::Invalid(found)) => faults::mark(&app, &visit, form, &found),
        Err(ConfirmError::Signin(error)) => form.refused(error.message().ok_or(error)?),
    };
    page(&app, &visit, person.id, form).await
}

async fn page(app: &App, visit: &Visit, person: PersonId, form: Form) -> Result<Response, Failure> {
    if !app.policy.recovery.asks_questions() {
        return Err(Failure::NotFound);
    }
    let set_at = app.people.questions(person).await?.map(|set| set.set_at);
    let open = visit.query(OPEN);
    let step = match (open.as_deref(), set_at) {
        _ if visit.is_capped() => QuestionsStep::Capped,
        (Some("clear"), Some(_)) => QuestionsStep::Clear,
        (None, Some(_)) => QuestionsStep::Set,
        _ => QuestionsStep::Choose,
    };
    let done = ["set", "cleared"].into_iter().find(|done| visit.query("done").as_deref() == Some(done));
    let say = |question: Question| app.renderer.texts().say(visit.ctx.locale, &Message::new(question.key()));
    let option = |question: Question| Choice { value: question.key().to_owned(), label: say(question) };
    let options = Question::all().map(option).collect();
    Ok(show(app, visit, &SecurityQuestions { form, step, options, set_at, done }))
}
