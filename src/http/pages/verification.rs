//! A4 `/account/verification` and A5 `/account/verification/bank`: which levels there are, and the bank check of one's
//! own account, within an authorization request or without.

use axum::extract::State;
use axum::response::Response;
use chrono::TimeDelta;

use super::account::{bank_label, owner};
use super::register_verify::{
    answered, banks, form_of, is_proved, proof_input, subject_of, typed_form, waiting_page,
};
use super::{captcha, faults};
use crate::http::page::{go, show};
use crate::http::url::Path;
use crate::http::view::{
    self, AccountVerification, BankVerification, EvidenceState, LevelRow, LevelState, SmsSent,
};
use crate::http::visit::signed_in;
use crate::http::{App, Failure, Posted, Visit};
use crate::kernel::{HashedToken, Message, RealNameLevel, Timestamp};
use crate::people::Person;
use crate::proofing::{self, Detail, Evidence, Method, level};
use crate::render::Form;
use crate::signup::{Faults, Owner, ProofInput, SignupError, Upgrade, UpgradeProgress};

/// A4.
pub async fn get(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    let person = match owner(&visit) {
        Ok(person) => person,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let evidence = app.proofing.evidence(person.id).await?;
    let now = visit.ctx.now;
    let l3 = if app.policy.levels.l3_open { LevelState::Open } else { LevelState::Closed };
    let page = AccountVerification {
        level: level(&evidence, now).unwrap_or(RealNameLevel::L1),
        rows: vec![
            row(&evidence, Method::Phone, now),
            row(&evidence, Method::Bank, now),
            LevelRow { level: RealNameLevel::L3, state: l3, method: None, until: None },
        ],
        evidence: evidence.iter().map(|proof| shown(&app, &visit, proof)).collect(),
        request: visit.request.clone(),
    };
    Ok(show(&app, &visit, &page))
}

fn row(evidence: &[Evidence], method: Method, now: Timestamp) -> LevelRow {
    let of_method = || evidence.iter().filter(|row| row.detail.method() == method);
    let valid = of_method().find(|row| row.counts(now));
    let state = match (valid, of_method().next()) {
        (Some(_), _) => LevelState::Done,
        (None, Some(_)) => LevelState::Expired,
        (None, None) => LevelState::Open,
    };
    let (level, key) = match method {
        Method::Phone => (RealNameLevel::L1, "method-sms"),
        Method::Bank => (RealNameLevel::L2, "method-bank"),
    };
    let method = (state != LevelState::Open).then(|| Message::new(key));
    LevelRow { level, state, method, until: valid.and_then(|row| row.expires_at).map(last_moment) }
}

/// A proof that ends at midnight is shown with its last day.
fn last_moment(end: Timestamp) -> Timestamp {
    end - TimeDelta::milliseconds(1)
}

fn shown(app: &App, visit: &Visit, proof: &Evidence) -> view::Evidence {
    let (key, detail) = match &proof.detail {
        Detail::Phone { phone } => ("method-sms", phone.masked()),
        Detail::Bank { bank, bank_name, last_four, .. } => {
            ("method-bank", format!("{} **** {last_four}", bank_label(app, visit, bank, bank_name)))
        }
    };
    let state = match proof.state {
        proofing::EvidenceState::Replaced => EvidenceState::Replaced,
        proofing::EvidenceState::Displaced => EvidenceState::Displaced,
        proofing::EvidenceState::Valid if proof.counts(visit.ctx.now) => EvidenceState::Valid,
        proofing::EvidenceState::Valid => EvidenceState::Expired,
    };
    view::Evidence {
        method: Message::new(key),
        detail: Some(detail),
        at: proof.obtained_at,
        until: proof.expires_at.map(last_moment),
        state,
    }
}

/// A5, with what was given before and why the bank said no.
pub async fn bank(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    let person = match owner(&visit) {
        Ok(person) => person,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let browser = visit.browser_hash();
    let found = app.signup.find_upgrade(&visit.ctx, of(&visit, &browser, person)).await;
    let mut form = form_of(&crate::signup::Contact::default());
    match found.or_else(|error| faults::elsewhere(&visit, error).map(|_| None))? {
        Some((_, Upgrade::Asking { .. })) => return Ok(go(visit.link(Path::VerificationWait))),
        Some((_, Upgrade::Filling(notes))) => {
            form = form_of(&notes.contact);
            if let Some(outcome) = notes.setback {
                form.refuse(Message::new(outcome.key()));
            }
        }
        _ => {}
    }
    bank_page(&app, &visit, person, form).await
}

/// A5 filled in: a code, or the bank.
pub async fn ask(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let person = match owner(&visit) {
        Ok(person) => person,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let (browser, input) = (visit.browser_hash(), proof_input(&posted));
    let owner = of(&visit, &browser, person);
    let captcha = (posted.get("captcha_id"), posted.get("captcha"));
    let done = match posted.action() {
        "back" => return Ok(go(visit.link(Path::Verification))),
        "captcha" => return bank_page(&app, &visit, person, typed_form(&input)).await,
        "sms" => app.signup.send_upgrade_code(&visit.ctx, owner, &input, captcha).await.map(|_| None),
        _ => app.signup.upgrade(&visit.ctx, owner, &input).await.map(Some),
    };
    match done {
        Ok(Some(job)) => Ok(answered(&app, &visit, job, Path::VerificationWait).await),
        Ok(None) => Ok(go(visit.link(Path::VerificationBank))),
        Err(SignupError::Invalid(found)) => refused(&app, &visit, person, (&input, &found)).await,
        Err(SignupError::Asking) => Ok(go(visit.link(Path::VerificationWait))),
        Err(error) => faults::elsewhere(&visit, error),
    }
}

async fn refused(
    app: &App,
    visit: &Visit,
    person: &Person,
    (input, found): (&ProofInput, &Faults),
) -> Result<Response, Failure> {
    let form = faults::mark(app, visit, typed_form(input), found);
    bank_page(app, visit, person, form).await
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
        Ok(UpgradeProgress::Waiting { phone, .. }) => Ok(waiting_page(&app, &visit, &phone, false)),
        Ok(UpgradeProgress::Back) => Ok(go(visit.link(Path::VerificationBank))),
        Ok(UpgradeProgress::Proved { token, parked }) => {
            let parked = visit.request.clone().or(parked);
            let next = if parked.is_some() { Path::Resume } else { Path::Verification };
            signed_in(&app, &visit, &token, next.within(parked.as_deref())).await
        }
        Err(SignupError::Expired) => Ok(go(visit.link(Path::Verification))),
        Err(error) => faults::elsewhere(&visit, error),
    }
}

fn of<'a>(visit: &'a Visit, browser: &'a HashedToken, person: &'a Person) -> Owner<'a> {
    Owner { browser, person, parked: visit.request.as_deref() }
}

/// A captcha, where the profile has them and none was answered.
async fn captcha_unless(app: &App, solved: bool) -> Result<Option<view::Captcha>, Failure> {
    match app.limits.captcha().is_shown() && !solved {
        true => captcha::issue(app).await.map(Some),
        false => Ok(None),
    }
}

async fn bank_page(app: &App, visit: &Visit, person: &Person, form: Form) -> Result<Response, Failure> {
    let Some(subject) = subject_of(&person.profile) else { return Ok(go(visit.link(Path::Document))) };
    let browser = visit.browser_hash();
    let found = app.signup.find_upgrade(&visit.ctx, of(visit, &browser, person)).await;
    let found = found.or_else(|error| faults::elsewhere(visit, error).map(|_| None))?;
    let notes = found.as_ref().map(|(_, upgrade)| upgrade.notes());
    let captcha = captcha_unless(app, notes.is_some_and(|notes| notes.captcha)).await?;
    let proved = is_proved(&form, notes.and_then(|notes| notes.proved.as_ref()));
    let sent = match found {
        Some((flow, _)) => app.signup.upgrade_code_sent(&visit.ctx, flow, form.value("phone")).await,
        None => Ok(None),
    };
    let sent = sent.or_else(|error| faults::elsewhere(visit, error).map(|_| None))?;
    let page = BankVerification {
        form,
        subject,
        banks: banks(app, visit),
        captcha,
        sent: sent.map(|sent| SmsSent { phone: sent.masked, resend_at: sent.resend_at }),
        proved,
        request: visit.request.clone(),
    };
    Ok(show(app, visit, &page))
}
