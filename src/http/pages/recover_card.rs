//! R4 `/recover/phone` 更换手机号, R1 ② and R2 (c): recovery by the check of a card of one's own.

use axum::extract::State;
use axum::response::Response;

use super::faults::mark;
use super::recover::{captcha, captcha_input, document_input, failure, with_document};
use super::register_verify::{answered, banks, is_proved, waiting_page};
use crate::http::page::{go, show};
use crate::http::url::Path;
use crate::http::view::{CardPurpose, IdTypeOption, RecoverCard, RecoverCardDone, SmsSent, WaitingFor};
use crate::http::visit::renewed;
use crate::http::{App, Failure, Posted, Visit};
use crate::kernel::{Message, Secret};
use crate::recovery::{
    AccountInput, CardGoal, CardProgress, CardSetback, CardStep, DocumentInput, OwnCard, OwnCardInput,
    OwnCardTyped, RecoveryError,
};
use crate::render::Form;

/// R4.
pub async fn phone(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    get(&app, &visit, CardGoal::Phone).await
}

/// R4 filled in.
pub async fn ask_for_phone(
    State(app): State<App>,
    visit: Visit,
    posted: Posted,
) -> Result<Response, Failure> {
    post(&app, &visit, CardGoal::Phone, &posted).await
}

/// R1 ②.
pub async fn username(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    get(&app, &visit, CardGoal::Username).await
}

/// R1 ② filled in.
pub async fn ask_for_username(
    State(app): State<App>,
    visit: Visit,
    posted: Posted,
) -> Result<Response, Failure> {
    post(&app, &visit, CardGoal::Username, &posted).await
}

/// R2 (c).
pub async fn password(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    get(&app, &visit, CardGoal::Password).await
}

/// R2 (c) filled in.
pub async fn ask_for_password(
    State(app): State<App>,
    visit: Visit,
    posted: Posted,
) -> Result<Response, Failure> {
    post(&app, &visit, CardGoal::Password, &posted).await
}

/// Waits for the authority; R2 goes on with its new password under another cookie.
pub async fn wait(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    let (ctx, browser) = (&visit.ctx, visit.browser_hash());
    match app.recovery.card_progress(ctx, &browser).await {
        Ok(CardProgress::Waiting { method, phone, state }) => {
            Ok(waiting_page(&app, &visit, (method, &phone, state), WaitingFor::Recovery))
        }
        Ok(CardProgress::Back(goal)) => Ok(go(visit.link(page_of(goal)))),
        Ok(CardProgress::Done(CardGoal::Password)) => match app.recovery.collect_proof(ctx, &browser).await {
            Ok(()) => renewed(&app, &visit, visit.link(Path::RecoverNewPassword)).await,
            Err(error) => Err(failure(&visit, error)),
        },
        Ok(CardProgress::Done(_)) => Ok(go(visit.link(Path::RecoverCardDone))),
        Err(RecoveryError::Expired) => Ok(go(visit.link(Path::Recover))),
        Err(error) => Err(failure(&visit, error)),
    }
}

/// What came of it; nothing of the account stands here.
pub async fn done(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    let progress = app.recovery.card_progress(&visit.ctx, &visit.browser_hash()).await;
    match progress {
        Ok(CardProgress::Done(goal)) if goal != CardGoal::Password => {
            let page = RecoverCardDone { purpose: purpose(goal), request: visit.request.clone() };
            Ok(show(&app, &visit, &page))
        }
        Ok(_) => Ok(go(visit.link(Path::RecoverCardWait))),
        Err(RecoveryError::Expired) => Ok(go(visit.link(Path::Recover))),
        Err(error) => Err(failure(&visit, error)),
    }
}

/// The form, with what was given before and why nothing came of it.
async fn get(app: &App, visit: &Visit, goal: CardGoal) -> Result<Response, Failure> {
    if !app.recovery.offers(goal) {
        return Ok(go(visit.link(Path::Recover)));
    }
    let found = app.recovery.own_card(&visit.ctx, &visit.browser_hash(), goal).await;
    let form = match found.map_err(|error| failure(visit, error))? {
        Some((_, OwnCard { step: CardStep::Asking { .. }, .. })) => {
            return Ok(go(visit.link(Path::RecoverCardWait)));
        }
        Some((_, OwnCard { step: CardStep::Filling, typed, setback, .. })) => {
            let mut form = kept_form(&typed);
            if let Some(setback) = setback {
                form.refuse(setback_message(setback));
            }
            form
        }
        None if goal == CardGoal::Password => return Ok(go(visit.link(Path::RecoverPassword))),
        _ => kept_form(&OwnCardTyped::default()),
    };
    card_page(app, visit, goal, form).await
}

/// A code, or the question.
async fn post(app: &App, visit: &Visit, goal: CardGoal, posted: &Posted) -> Result<Response, Failure> {
    let (ctx, browser, input) = (&visit.ctx, visit.browser_hash(), card_input(posted));
    let whose = (goal, visit.request.as_deref());
    let done = match posted.action() {
        "back" => return Ok(go(visit.link(before(goal)))),
        "captcha" => return card_page(app, visit, goal, typed_form(&input)).await,
        "sms" => app.recovery.send_card_code(ctx, &browser, whose, &input).await.map(|()| None),
        _ => app.recovery.ask_about_card(ctx, &browser, whose, &input).await.map(Some),
    };
    match done {
        Ok(Some(job)) => Ok(answered(app, visit, job, Path::RecoverCardWait).await),
        Ok(None) => card_page(app, visit, goal, typed_form(&input)).await,
        Err(RecoveryError::Invalid(found)) => {
            card_page(app, visit, goal, mark(app, visit, typed_form(&input), &found)).await
        }
        Err(RecoveryError::Asking) => Ok(go(visit.link(Path::RecoverCardWait))),
        Err(error) => Err(failure(visit, error)),
    }
}

async fn card_page(app: &App, visit: &Visit, goal: CardGoal, form: Form) -> Result<Response, Failure> {
    let found = app.recovery.own_card(&visit.ctx, &visit.browser_hash(), goal).await;
    let found = found.map_err(|error| failure(visit, error))?;
    let solved = found.as_ref().is_some_and(|(_, own)| own.captcha);
    let proved = is_proved(&form, found.as_ref().and_then(|(_, own)| own.proved.as_ref()));
    let sent = match &found {
        Some((flow, _)) => app.recovery.card_code_sent(&visit.ctx, (*flow, goal), form.value("phone")).await,
        None => Ok(None),
    };
    let page = RecoverCard {
        purpose: purpose(goal),
        username: found.map(|(_, own)| own.username).filter(|name| !name.is_empty()),
        types: IdTypeOption::all(),
        banks: banks(app, visit),
        captcha: if solved { None } else { captcha(app).await? },
        sent: sent.map_err(|error| failure(visit, error))?.map(SmsSent::from),
        proved,
        form,
        request: visit.request.clone(),
    };
    Ok(show(app, visit, &page))
}

fn card_input(posted: &Posted) -> OwnCardInput {
    let text = |name| posted.get(name).to_owned();
    OwnCardInput {
        identity: AccountInput {
            name: text("name"),
            document: document_input(posted),
            captcha: captcha_input(posted),
        },
        bank: text("bank"),
        account: posted.secret("account"),
        bankname: text("bankname"),
        phone: text("phone"),
        sms: posted.secret("sms"),
        bankok: text("bankok"),
    }
}

/// What was typed just now.
fn typed_form(input: &OwnCardInput) -> Form {
    let kept = OwnCardTyped {
        name: input.identity.name.clone(),
        id_type: input.identity.document.id_type.clone(),
        id_number: input.identity.document.id_number.clone(),
        nationality: input.identity.document.nationality.clone(),
        bank: input.bank.clone(),
        bankname: input.bankname.clone(),
        phone: input.phone.clone(),
    };
    form_with(&kept, &input.account).with("bankok", &input.bankok)
}

/// What was kept of an earlier try; never the card.
fn kept_form(kept: &OwnCardTyped) -> Form {
    form_with(kept, &Secret::default())
}

fn form_with(kept: &OwnCardTyped, account: &Secret) -> Form {
    let document = DocumentInput {
        id_type: kept.id_type.clone(),
        id_number: kept.id_number.clone(),
        nationality: kept.nationality.clone(),
    };
    with_document(Form::new().with("name", &kept.name), &document)
        .with("bank", &kept.bank)
        .with("account", account.expose())
        .with("bankname", &kept.bankname)
        .with("phone", &kept.phone)
}

const fn setback_message(setback: CardSetback) -> Message {
    Message::new(match setback {
        CardSetback::Authority(outcome) => outcome.key(),
        CardSetback::NoAccount => "E_RECOVER_NO_ACCOUNT",
        CardSetback::NotByProof => "E_RECOVER_NOT_PROVED",
        CardSetback::OtherAccount => "E_RECOVER_OTHER_ACCOUNT",
        CardSetback::Frozen => "E_RECOVER_FROZEN",
    })
}

const fn purpose(goal: CardGoal) -> CardPurpose {
    match goal {
        CardGoal::Phone => CardPurpose::Phone,
        CardGoal::Username => CardPurpose::Username,
        CardGoal::Password => CardPurpose::Password,
    }
}

const fn page_of(goal: CardGoal) -> Path {
    match goal {
        CardGoal::Phone => Path::RecoverPhone,
        CardGoal::Username => Path::RecoverAccountCard,
        CardGoal::Password => Path::RecoverPasswordCard,
    }
}

const fn before(goal: CardGoal) -> Path {
    match goal {
        CardGoal::Phone => Path::Recover,
        CardGoal::Username => Path::RecoverAccount,
        CardGoal::Password => Path::RecoverWay,
    }
}
