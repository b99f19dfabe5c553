//! A5 `/account/verification/bank` and A6 `/account/verification/unionpay`: the check of a bank card of one's own, within
//! an authorization request or without.

use axum::extract::State;
use axum::response::Response;

use super::account::owner;
use super::register_verify::{
    answered, banks, form_of, is_proved, proof_input, subject_of, typed_form, waiting_page,
};
use super::verification::{methods, page_of};
use super::{captcha, faults};
use crate::http::page::{go, show};
use crate::http::url::{Link, Path};
use crate::http::view::{
    self, BankVerification, MethodRow, SmsSent, Subject, UnionPayVerification, WaitingFor,
};
use crate::http::visit::signed_in;
use crate::http::{App, Failure, Posted, Visit};
use crate::kernel::{Faults, HashedToken, Message};
use crate::people::Person;
use crate::proofing::CardMethod;
use crate::render::Form;
use crate::signup::{CardInput, Owner, SignupError, Upgrade, UpgradeProgress};

/// A5.
pub async fn bank(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    get(&app, &visit, CardMethod::Bank).await
}

/// A6.
pub async fn unionpay(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    get(&app, &visit, CardMethod::UnionPay).await
}

/// A5 filled in.
pub async fn ask_bank(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Failure> {
    post(&app, &visit, CardMethod::Bank, &posted).await
}

/// A6 filled in.
pub async fn ask_unionpay(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Failure> {
    post(&app, &visit, CardMethod::UnionPay, &posted).await
}

/// The form, with what was given before and why the answer was no. A way that is not configured has no page.
async fn get(app: &App, visit: &Visit, method: CardMethod) -> Result<Response, Failure> {
    let person = match owner(visit) {
        Ok(person) => person,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if app.proofing.offer(method).is_none() {
        return Err(Failure::NotFound);
    }
    let browser = visit.browser_hash();
    let found = app.signup.find_upgrade(&visit.ctx, of(visit, &browser, person)).await;
    let mut form = form_of(&crate::signup::Contact::default());
    match found.or_else(|error| faults::elsewhere(visit, error).map(|_| None))? {
        Some((_, Upgrade::Asking { .. })) => return Ok(go(visit.link(Path::VerificationWait))),
        Some((_, Upgrade::Filling(notes))) => {
            form = form_of(&notes.contact);
            if let Some(outcome) = notes.setback.filter(|_| notes.method == method && !notes.edits) {
                form.refuse(Message::new(outcome.key()));
            }
        }
        _ => {}
    }
    card_page(app, visit, person, (method, form)).await
}

/// A code, or the question.
async fn post(app: &App, visit: &Visit, method: CardMethod, posted: &Posted) -> Result<Response, Failure> {
    let person = match owner(visit) {
        Ok(person) => person,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if app.proofing.offer(method).is_none() {
        return Err(Failure::NotFound);
    }
    let (browser, proof) = (visit.browser_hash(), proof_input(posted));
    let (owner, input) = (of(visit, &browser, person), CardInput { method, proof: &proof, edit: None });
    let captcha = (posted.get("captcha_id"), posted.get("captcha"));
    let done = match posted.action() {
        "back" => return Ok(go(visit.link(Path::Verification))),
        "captcha" => return card_page(app, visit, person, (method, typed_form(&proof))).await,
        "sms" => app.signup.send_upgrade_code(&visit.ctx, owner, input, captcha).await.map(|_| None),
        _ => app.signup.upgrade(&visit.ctx, owner, input).await.map(Some),
    };
    match done {
        Ok(Some(job)) => Ok(answered(app, visit, job, Path::VerificationWait).await),
        Ok(None) => Ok(go(visit.link(page_of(method)))),
        Err(SignupError::Invalid(found)) => refused(app, visit, person, (input, &found)).await,
        Err(SignupError::Asking) => Ok(go(visit.link(Path::VerificationWait))),
        Err(error) => faults::elsewhere(visit, error),
    }
}

async fn refused(
    app: &App,
    visit: &Visit,
    person: &Person,
    (input, found): (CardInput<'_>, &Faults),
) -> Result<Response, Failure> {
    let form = faults::mark(app, visit, typed_form(input.proof), found);
    card_page(app, visit, person, (input.method, form)).await
}

/// `/account/verification/wait`: after a yes the session goes on under a new token, and the request with it.
pub async fn wait(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    let (session, person) = match visit.require_account() {
        Ok(signed) => signed,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let browser = visit.browser_hash();
    let progress = app.signup.upgrade_progress(&visit.ctx, of(&visit, &browser, person), session).await;
    match progress {
        Ok(UpgradeProgress::Waiting { method, phone, state }) => {
            Ok(waiting_page(&app, &visit, (method, &phone, state), WaitingFor::Level))
        }
        Ok(UpgradeProgress::Back { edits: true, .. }) => Ok(go(visit.link(Path::EditProfile))),
        Ok(UpgradeProgress::Back { method, .. }) => Ok(go(visit.link(page_of(method)))),
        Ok(UpgradeProgress::Proved { token, edits: true, parked: None }) => {
            signed_in(&app, &visit, &token, Link::to(Path::Profile).with("changed", "1")).await
        }
        Ok(UpgradeProgress::Proved { token, parked, .. }) => {
            let parked = visit.request.clone().or(parked);
            let next = if parked.is_some() { Path::Resume } else { Path::Verification };
            signed_in(&app, &visit, &token, next.within(parked.as_deref())).await
        }
        Err(SignupError::Expired) => Ok(go(visit.link(Path::Verification))),
        Err(error) => faults::elsewhere(&visit, error),
    }
}

pub fn of<'a>(visit: &'a Visit, browser: &'a HashedToken, person: &'a Person) -> Owner<'a> {
    Owner { browser, person, parked: visit.request.as_deref() }
}

/// A captcha, where the profile has them and none was answered.
pub async fn captcha_unless(app: &App, solved: bool) -> Result<Option<view::Captcha>, Failure> {
    match app.limits.captcha().is_shown() && !solved {
        true => captcha::issue(app).await.map(Some),
        false => Ok(None),
    }
}

async fn card_page(
    app: &App,
    visit: &Visit,
    person: &Person,
    (method, form): (CardMethod, Form),
) -> Result<Response, Failure> {
    let Some(subject) = subject_of(&person.profile) else { return Ok(go(visit.link(Path::Document))) };
    let browser = visit.browser_hash();
    let found = app.signup.find_upgrade(&visit.ctx, of(visit, &browser, person)).await;
    let found = found.or_else(|error| faults::elsewhere(visit, error).map(|_| None))?;
    let notes = found.as_ref().map(|(_, upgrade)| upgrade.notes());
    let captcha = captcha_unless(app, notes.is_some_and(|notes| notes.captcha)).await?;
    let proved = is_proved(&form, notes.and_then(|notes| notes.proved.as_ref()));
    let sent = match found {
        Some((flow, _)) => {
            app.signup.upgrade_code_sent(&visit.ctx, (flow, method), form.value("phone")).await
        }
        None => Ok(None),
    };
    let sent = sent.or_else(|error| faults::elsewhere(visit, error).map(|_| None))?.map(SmsSent::from);
    let instead = instead(app, visit, method);
    Ok(present(app, visit, method, Shown { form, subject, captcha, sent, proved, instead }))
}

/// `domain.md` §2.1: while this authority is left alone another way is offered.
fn instead(app: &App, visit: &Visit, method: CardMethod) -> Option<MethodRow> {
    if app.proofing.offer(method).is_some_and(|offer| offer.asked) {
        return None;
    }
    let ways = methods(app, visit);
    let other = ways.iter().find(|way| way.asked).cloned();
    other.or_else(|| ways.into_iter().find(|way| way.value == method.as_str()))
}

/// What both pages show.
struct Shown {
    form: Form,
    subject: Subject,
    captcha: Option<view::Captcha>,
    sent: Option<SmsSent>,
    proved: bool,
    instead: Option<MethodRow>,
}

fn present(app: &App, visit: &Visit, method: CardMethod, shown: Shown) -> Response {
    let Shown { form, subject, captcha, sent, proved, instead } = shown;
    let request = visit.request.clone();
    match method {
        CardMethod::Bank => {
            let banks = banks(app, visit);
            show(
                app,
                visit,
                &BankVerification { form, subject, banks, captcha, sent, proved, instead, request },
            )
        }
        CardMethod::UnionPay => {
            show(app, visit, &UnionPayVerification { form, subject, captcha, sent, proved, instead, request })
        }
    }
}
