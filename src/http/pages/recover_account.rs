//! R1 `/recover/account` 账号找回: the username by SMS to the registered phone.

use axum::extract::State;
use axum::response::Response;

use super::faults::mark;
use super::recover::{captcha, captcha_input, document_input, failure, with_document};
use crate::http::page::{go, show};
use crate::http::url::Path;
use crate::http::view::{IdTypeOption, RecoverAccount, RecoverCode, RecoverTold, SmsSent};
use crate::http::{App, Failure, Posted, Visit};
use crate::policy::AccountWay;
use crate::recovery::{AccountInput, CardGoal, FindName, RecoveryError};
use crate::render::Form;

/// Step 1: an empty form, whatever went before.
pub async fn get(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    identity_page(&app, &visit, Form::new().with("id_type", "CN_RID")).await
}

/// Step 1 filled in.
pub async fn post(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let input = AccountInput {
        name: posted.get("name").to_owned(),
        document: document_input(&posted),
        captcha: captcha_input(&posted),
    };
    let form = with_document(Form::new().with("name", &input.name), &input.document);
    if posted.action() == "captcha" {
        return identity_page(&app, &visit, form).await;
    }
    match app.recovery.tell_identity(&visit.ctx, &visit.browser_hash(), &input).await {
        Ok(()) => Ok(go(visit.link(Path::RecoverAccountCode))),
        Err(RecoveryError::Invalid(found)) => {
            identity_page(&app, &visit, mark(&app, &visit, form, &found)).await
        }
        Err(error) => Err(failure(&visit, error)),
    }
}

/// Step 2: the code.
pub async fn code(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    code_page(&app, &visit, Form::new()).await
}

/// Step 2: asks for the code, or gives it.
pub async fn post_code(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let (ctx, browser) = (&visit.ctx, visit.browser_hash());
    let (done, next) = match posted.action() {
        "back" => return Ok(go(visit.link(Path::RecoverAccount))),
        "sms" => (app.recovery.send_name_code(ctx, &browser).await, Path::RecoverAccountCode),
        _ => (app.recovery.tell_name(ctx, &browser, &posted.secret("sms")).await, Path::RecoverAccountDone),
    };
    match done {
        Ok(()) => Ok(go(visit.link(next))),
        Err(RecoveryError::Invalid(found)) => {
            code_page(&app, &visit, mark(&app, &visit, Form::new(), &found)).await
        }
        Err(error) => Err(failure(&visit, error)),
    }
}

/// Step 3: nothing of the account stands on the page (S0-24).
pub async fn done(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    let found = app.recovery.find_name_flow(&visit.ctx, &visit.browser_hash()).await;
    match found.map_err(|error| failure(&visit, error))? {
        Some((_, FindName::Told)) => Ok(show(&app, &visit, &RecoverTold { request: visit.request.clone() })),
        _ => Ok(go(visit.link(Path::RecoverAccountCode))),
    }
}

async fn identity_page(app: &App, visit: &Visit, form: Form) -> Result<Response, Failure> {
    if !app.policy.recovery.account.contains(&AccountWay::Phone) {
        return Ok(go(visit.link(Path::RecoverAccountCard)));
    }
    let (captcha, request) = (captcha(app).await?, visit.request.clone());
    let unionpay = app.recovery.offers(CardGoal::Username);
    let page = RecoverAccount { form, types: IdTypeOption::all(), captcha, unionpay, request };
    Ok(show(app, visit, &page))
}

async fn code_page(app: &App, visit: &Visit, form: Form) -> Result<Response, Failure> {
    let flow = app.recovery.find_name_flow(&visit.ctx, &visit.browser_hash()).await;
    let (id, found) = match flow.map_err(|error| failure(visit, error))? {
        Some((id, FindName::Code(found))) => (id, found),
        Some((_, FindName::Told)) => return Ok(go(visit.link(Path::RecoverAccountDone))),
        None => return Ok(go(visit.link(Path::RecoverAccount))),
    };
    let sent = app.recovery.name_code_sent(&visit.ctx, (id, &found)).await;
    let sent = sent.map_err(|error| failure(visit, error))?.map(SmsSent::from);
    let replace_phone = app.recovery.offers(CardGoal::Phone);
    let page = RecoverCode { form, sent, replace_phone, request: visit.request.clone() };
    Ok(show(app, visit, &page))
}
