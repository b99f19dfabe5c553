//! R2 `/recover/password` 密码找回: name, way, proof, new password; each step has its page.

use axum::extract::State;
use axum::response::Response;

use super::faults::mark;
use super::recover::{captcha, captcha_input, document_input, failure, with_document};
use super::register::password_rules;
use crate::http::page::{go, show};
use crate::http::url::Path;
use crate::http::view::{
    IdTypeOption, RecoverDone, RecoverNewPassword, RecoverPassword, RecoverProof, RecoverQuestions,
    RecoverWay, SmsSent,
};
use crate::http::visit::renewed;
use crate::http::{App, Failure, Posted, Visit};
use crate::kernel::Message;
use crate::people::ANSWER_FIELDS;
use crate::provider::Internal;
use crate::recovery::{
    AnswersInput, CardGoal, DocumentInput, NewPasswordInput, ProofInput, RecoveryError, Reset, ResetPassword,
    ResetStep, Way,
};
use crate::render::Form;
use crate::sessions::EndReason;
use crate::storage::StoreError;

/// Step 1: the username.
pub async fn get(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    name_page(&app, &visit, Form::new()).await
}

/// Step 1 filled in.
pub async fn post(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let form = Form::new().with("username", posted.get("username"));
    if posted.action() == "captcha" {
        return name_page(&app, &visit, form).await;
    }
    let told = (posted.get("username"), &captcha_input(&posted));
    let (ctx, browser, parked) = (&visit.ctx, visit.browser_hash(), visit.request.as_deref());
    match app.recovery.name_account(ctx, &browser, told, parked).await {
        Ok(()) => Ok(go(visit.link(Path::RecoverWay))),
        Err(RecoveryError::Invalid(found)) => name_page(&app, &visit, mark(&app, &visit, form, &found)).await,
        Err(error) => Err(failure(&visit, error)),
    }
}

/// Step 2: the ways.
pub async fn way(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    way_page(&app, &visit, Form::new()).await
}

/// Step 2: one was chosen.
pub async fn post_way(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Failure> {
    if posted.action() == "back" {
        return Ok(go(visit.link(Path::RecoverPassword)));
    }
    match app.recovery.choose_way(&visit.ctx, &visit.browser_hash(), posted.get("way")).await {
        Ok(Way::UnionPay) => Ok(go(visit.link(Path::RecoverPasswordCard))),
        Ok(Way::IdNumberAndSms) => Ok(go(visit.link(Path::RecoverProof))),
        Ok(Way::SecurityQuestions) => Ok(go(visit.link(Path::RecoverQuestions))),
        Err(RecoveryError::Invalid(found)) => {
            way_page(&app, &visit, mark(&app, &visit, Form::new(), &found)).await
        }
        Err(error) => Err(failure(&visit, error)),
    }
}

/// Step 3: the proof.
pub async fn proof(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    proof_page(&app, &visit, &ProofInput::default(), None).await
}

/// Step 3: asks for the code, or gives it; the browser goes on under another cookie once it is right.
pub async fn post_proof(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let (ctx, browser) = (&visit.ctx, visit.browser_hash());
    let input = ProofInput {
        document: document_input(&posted),
        phone: posted.get("phone").to_owned(),
        sms: posted.secret("sms"),
    };
    let tried = match posted.action() {
        "back" => return Ok(go(visit.link(Path::RecoverWay))),
        "sms" => match app.recovery.send_reset_code(ctx, &browser, &input).await {
            Ok(()) => return proof_page(&app, &visit, &input, None).await,
            Err(error) => Err(error),
        },
        _ => app.recovery.prove(ctx, &browser, &input).await,
    };
    match tried {
        Ok(()) => renewed(&app, &visit, visit.link(Path::RecoverNewPassword)).await,
        Err(RecoveryError::Invalid(found)) => proof_page(&app, &visit, &input, Some(&found)).await,
        Err(error) => elsewhere(&app, &visit, error).await,
    }
}

/// Step 3, by the security questions.
pub async fn questions(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    questions_page(&app, &visit, &DocumentInput::default(), None).await
}

/// Step 3: the ID number and the answers; the browser goes on under another cookie once they are right.
pub async fn post_questions(
    State(app): State<App>,
    visit: Visit,
    posted: Posted,
) -> Result<Response, Failure> {
    if posted.action() == "back" {
        return Ok(go(visit.link(Path::RecoverWay)));
    }
    let answers = ANSWER_FIELDS.map(|field| posted.secret(field));
    let input = AnswersInput { document: document_input(&posted), answers };
    match app.recovery.answer(&visit.ctx, &visit.browser_hash(), &input).await {
        Ok(()) => renewed(&app, &visit, visit.link(Path::RecoverNewPassword)).await,
        Err(RecoveryError::Invalid(found)) => {
            questions_page(&app, &visit, &input.document, Some(&found)).await
        }
        Err(error) => elsewhere(&app, &visit, error).await,
    }
}

/// Step 4: the new password.
pub async fn new_password(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    new_password_page(&app, &visit, Form::new()).await
}

/// Step 4 filled in.
pub async fn post_new_password(
    State(app): State<App>,
    visit: Visit,
    posted: Posted,
) -> Result<Response, Failure> {
    let [password, confirm] = ["password", "confirm"].map(|name| posted.secret(name));
    let input = NewPasswordInput { password, confirm };
    match app.recovery.check_new_password(&visit.ctx, &visit.browser_hash(), &input).await {
        Ok(reset) => set(&app, &visit, &reset).await,
        Err(RecoveryError::Invalid(found)) => {
            new_password_page(&app, &visit, mark(&app, &visit, Form::new(), &found)).await
        }
        Err(error) => elsewhere(&app, &visit, error).await,
    }
}

/// The new password with all that ends by it.
async fn set(app: &App, visit: &Visit, reset: &Reset) -> Result<Response, Failure> {
    let change = async |tx: &_| app.recovery.reset(tx, &visit.ctx, reset).await;
    match app.provider.end_all_of(&visit.ctx, reset.person(), EndReason::PasswordChanged, change).await {
        Ok(()) => Ok(go(visit.link(Path::RecoverDone))),
        Err(Internal::Store(StoreError::Gone)) => elsewhere(app, visit, RecoveryError::Expired).await,
        Err(error) => Err(error.into()),
    }
}

/// Step 5.
pub async fn done(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    match at(&app, &visit).await?.map(|state| state.step) {
        Some(ResetStep::Set { capped }) => {
            Ok(show(&app, &visit.of_nobody(), &RecoverDone { capped, request: visit.request.clone() }))
        }
        _ => Ok(go(visit.link(Path::RecoverPassword))),
    }
}

async fn at(app: &App, visit: &Visit) -> Result<Option<ResetPassword>, Failure> {
    let flow = app.recovery.reset_flow(&visit.ctx, &visit.browser_hash()).await;
    Ok(flow.map_err(|error| failure(visit, error))?.map(|(_, state)| state))
}

/// Where another tab has brought the wizard meanwhile, else what ends the page.
async fn elsewhere(app: &App, visit: &Visit, error: RecoveryError) -> Result<Response, Failure> {
    let lost = matches!(error, RecoveryError::Expired | RecoveryError::Store(StoreError::Gone));
    match at(app, visit).await?.map(|state| state.step) {
        Some(ResetStep::Set { .. }) if lost => Ok(go(visit.link(Path::RecoverDone))),
        _ => Err(failure(visit, error)),
    }
}

async fn name_page(app: &App, visit: &Visit, form: Form) -> Result<Response, Failure> {
    if app.policy.recovery.password.is_empty() {
        return Ok(go(visit.link(Path::Recover)));
    }
    let (captcha, request) = (captcha(app).await?, visit.request.clone());
    Ok(show(app, visit, &RecoverPassword { form, captcha, request }))
}

async fn way_page(app: &App, visit: &Visit, form: Form) -> Result<Response, Failure> {
    if at(app, visit).await?.is_none() {
        return Ok(go(visit.link(Path::RecoverPassword)));
    }
    let ways = app.recovery.password_ways().map(Way::as_str).collect();
    Ok(show(app, visit, &RecoverWay { form, ways, request: visit.request.clone() }))
}

async fn proof_page(
    app: &App,
    visit: &Visit,
    input: &ProofInput,
    found: Option<&crate::kernel::Faults>,
) -> Result<Response, Failure> {
    match at(app, visit).await?.map(|state| state.step) {
        Some(ResetStep::Proof(Way::IdNumberAndSms)) => {}
        step => return Ok(go(visit.link(place(step.as_ref())))),
    }
    let form = with_document(Form::new().with("phone", &input.phone), &input.document);
    let form = found.map_or(form.clone(), |found| mark(app, visit, form, found));
    let sent = app.recovery.reset_code_sent(&visit.ctx, &visit.browser_hash(), input).await;
    let sent = sent.map_err(|error| failure(visit, error))?.map(SmsSent::from);
    let (types, request) = (IdTypeOption::all(), visit.request.clone());
    let replace_phone = app.recovery.offers(CardGoal::Phone);
    Ok(show(app, visit, &RecoverProof { form, types, sent, replace_phone, request }))
}

async fn questions_page(
    app: &App,
    visit: &Visit,
    document: &DocumentInput,
    found: Option<&crate::kernel::Faults>,
) -> Result<Response, Failure> {
    match at(app, visit).await?.map(|state| state.step) {
        Some(ResetStep::Proof(Way::SecurityQuestions)) => {}
        step => return Ok(go(visit.link(place(step.as_ref())))),
    }
    let form = with_document(Form::new(), document);
    let form = found.map_or(form.clone(), |found| mark(app, visit, form, found));
    let asked = app.recovery.questions(&visit.ctx, &visit.browser_hash()).await;
    let asked = asked.map_err(|error| failure(visit, error))?;
    let questions = asked.iter().map(|question| Message::new(question.key())).collect();
    let (types, request) = (IdTypeOption::all(), visit.request.clone());
    Ok(show(app, visit, &RecoverQuestions { form, types, questions, request }))
}

/// The page of a step.
const fn place(step: Option<&ResetStep>) -> Path {
    match step {
        Some(ResetStep::Way) => Path::RecoverWay,
        Some(ResetStep::Proof(Way::IdNumberAndSms)) => Path::RecoverProof,
        Some(ResetStep::Proof(Way::SecurityQuestions)) => Path::RecoverQuestions,
        Some(ResetStep::Proof(Way::UnionPay)) => Path::RecoverPasswordCard,
        Some(ResetStep::NewPassword { .. }) => Path::RecoverNewPassword,
        Some(ResetStep::Set { .. }) => Path::RecoverDone,
        None => Path::RecoverPassword,
    }
}

async fn new_password_page(app: &App, visit: &Visit, form: Form) -> Result<Response, Failure> {
    let username = match at(app, visit).await? {
        Some(ResetPassword { step: ResetStep::NewPassword { .. }, username, .. }) => username,
        Some(ResetPassword { step: ResetStep::Set { .. }, .. }) => {
            return Ok(go(visit.link(Path::RecoverDone)));
        }
        _ => return Ok(go(visit.link(Path::RecoverPassword))),
    };
    let (rules, request) = (password_rules(app), visit.request.clone());
    Ok(show(app, visit, &RecoverNewPassword { form, username, rules, request }))
}
