//! P3 `/register/person/verify`: the phone, and the bank or later; and the wait for the bank.

use axum::extract::State;
use axum::response::Response;

use super::faults;
use crate::http::page::{go, show};
use crate::http::site::localised;
use crate::http::url::Path;
use crate::http::view::{Choice, RegisterVerify, SmsSent, Subject, Waiting, WaitingFor, id_type_label};
use crate::http::visit::signed_in;
use crate::http::{App, Failure, Posted, Visit};
use crate::kernel::{Ctx, Faults, FlowId, JobId, Message, Phone, RealNameLevel, trace};
use crate::people::Profile;
use crate::policy::RegistrationProofing;
use crate::proofing::{CardMethod, Claim, JobState, WorkError};
use crate::render::Form;
use crate::sessions::EndReason;
use crate::signup::{
    Collected, Contact, Identity, Notes, Progress, ProofInput, Setback, SignupError, Typed, Wizard,
};

/// P3, with what was given before and why the bank said no.
pub async fn get(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    let (flow, identity, notes) = match at_verify(&app, &visit).await? {
        Ok(step) => step,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let mut form = form_of(&notes.contact);
    if let Some(setback) = notes.setback {
        form.refuse(setback_message(setback));
    }
    verify_page(&app, &visit, form, (flow, &identity, &notes)).await
}

/// P3 filled in: a code, the bank, or later.
pub async fn post(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let input = proof_input(&posted);
    match acted(&app, &visit, posted.action(), &input).await {
        Err(SignupError::Invalid(found)) => refused(&app, &visit, &input, &found).await,
        Err(SignupError::IdentityTaken) => {
            let taken = Faults::whole(Message::new("E_ID_TAKEN_PERSON"));
            refused(&app, &visit, &input, &taken).await
        }
        other => other.or_else(|error| faults::elsewhere(&visit, error)),
    }
}

/// What the pressed button asks for.
async fn acted(app: &App, visit: &Visit, action: &str, input: &ProofInput) -> Result<Response, SignupError> {
    let (ctx, browser) = (&visit.ctx, visit.browser_hash());
    let next = match action {
        "back" => {
            app.signup.keep(ctx, &browser, Typed::Proof(input)).await?;
            Path::RegisterIdentity
        }
        "sms" => {
            app.signup.send_code(ctx, &browser, input).await?;
            Path::RegisterVerify
        }
        _ if input.choice == "later" => {
            app.signup.verify_later(ctx, &browser, input).await?;
            Path::RegisterWait
        }
        _ => {
            let job = app.signup.verify_bank(ctx, &browser, input).await?;
            return Ok(answered(app, visit, job, Path::RegisterWait).await);
        }
    };
    Ok(go(visit.link(next)))
}

/// `/register/person/wait`: waits for the bank, or gives the browser its session and leads on.
pub async fn wait(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    match app.signup.progress(&visit.ctx, &visit.browser_hash()).await {
        Ok(Progress::Waiting { phone, state }) => {
            Ok(waiting_page(&app, &visit, (CardMethod::Bank, &phone, state), WaitingFor::Registration))
        }
        Ok(Progress::Back) => Ok(go(visit.link(Path::RegisterVerify))),
        Ok(Progress::Opened) => match app.signup.collect(&visit.ctx, &visit.browser_hash()).await {
            Ok(collected) => welcome(&app, &visit, collected).await,
            Err(_) => Ok(go(visit.link(Path::RegisterDone))),
        },
        Err(SignupError::Expired) if visit.person.is_some() => Ok(go(visit.link(Path::RegisterDone))),
        Err(error) => faults::elsewhere(&visit, error),
    }
}

/// The page that reloads itself until the answer is there.
pub fn waiting_page(
    app: &App,
    visit: &Visit,
    (method, phone, state): (CardMethod, &Phone, JobState),
    then: WaitingFor,
) -> Response {
    let refresh = app.policy.proofing.refresh.as_seconds();
    let ahead = match state {
        JobState::Queued { ahead } => Some(ahead),
        _ => None,
    };
    let retrying = state == JobState::Retrying;
    let (method, phone) = (method.as_str(), phone.masked());
    show(app, visit, &Waiting { method, refresh, phone, then, ahead, retrying })
}

/// Asks the bank now and waits for its answer as long as the profile says; the worker goes on when nobody waits.
pub async fn answered(app: &App, visit: &Visit, job: JobId, next: Path) -> Response {
    let worker = {
        let (app, ctx) = (app.clone(), visit.ctx.clone());
        tokio::spawn(trace::carried(async move {
            if let Err(error) = work_on(&app, &ctx, job).await {
                tracing::error!(trace = %ctx.trace, %error, "a card check is left to the next worker");
            }
        }))
    };
    if tokio::time::timeout(app.policy.proofing.wait.std(), worker).await.is_err() {
        tracing::info!(job.id = %job, "the page no longer waits for the bank");
    }
    go(visit.link(next))
}

/// Asks as soon as the authority takes another question.
async fn work_on(app: &App, ctx: &Ctx, job: JobId) -> Result<(), WorkError> {
    let mut patience = app.policy.proofing.wait.std();
    loop {
        let turn = match app.cards.next_job(Some(job)).await? {
            Claim::Job(job) => return app.cards.carry_out(ctx, &job).await,
            Claim::Nothing => return Ok(()),
            Claim::Later(turn) => turn,
        };
        let pause = (turn - app.base.clock.now()).to_std().unwrap_or_default();
        let Some(left) = patience.checked_sub(pause) else { return Ok(()) };
        patience = left;
        tokio::time::sleep(pause).await;
    }
}

/// A new session, unless the person signs in at the portal; who was signed in here before is signed out.
async fn welcome(app: &App, visit: &Visit, collected: Collected) -> Result<Response, Failure> {
    let parked = visit.request.clone().or_else(|| collected.opened.parked.clone());
    let next = Path::RegisterDone.within(parked.as_deref());
    let Some((_, token)) = &collected.session else { return Ok(go(next)) };
    if let Some(replaced) = &visit.session {
        app.provider.end_session(&visit.ctx, replaced, EndReason::Replaced).await?;
    }
    signed_in(app, visit, token, next).await
}

type Step = (FlowId, Identity, Notes);

/// The wizard at P3, or the page it stands at.
async fn at_verify(app: &App, visit: &Visit) -> Result<Result<Step, Response>, Failure> {
    let found = app.signup.find(&visit.ctx, &visit.browser_hash()).await;
    let step = match found.or_else(|error| faults::elsewhere(visit, error).map(|_| None))? {
        Some((flow, Wizard::Verify { identity, notes, .. })) => return Ok(Ok((flow, identity, notes))),
        Some((_, Wizard::Asking { .. } | Wizard::Opened(_))) => Path::RegisterWait,
        Some((_, Wizard::Identity { .. })) => Path::RegisterIdentity,
        Some((_, Wizard::Login(_))) | None => Path::RegisterPerson,
    };
    Ok(Err(go(visit.link(step))))
}

async fn refused(app: &App, visit: &Visit, input: &ProofInput, found: &Faults) -> Result<Response, Failure> {
    let (flow, identity, notes) = match at_verify(app, visit).await? {
        Ok(step) => step,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let form = faults::mark(app, visit, typed_form(input), found);
    verify_page(app, visit, form, (flow, &identity, &notes)).await
}

async fn verify_page(
    app: &App,
    visit: &Visit,
    form: Form,
    (flow, identity, notes): (FlowId, &Identity, &Notes),
) -> Result<Response, Failure> {
    let deferred = app.policy.registration.proofing == RegistrationProofing::Deferred;
    let sent = app.signup.code_sent(&visit.ctx, flow, form.value("phone")).await;
    let sent = sent.or_else(|error| faults::elsewhere(visit, error).map(|_| None))?;
    let page = RegisterVerify {
        proved: is_proved(&form, notes.proved.as_ref()),
        form,
        subject: subject(identity),
        asked: app.proofing.offer(CardMethod::Bank).is_none_or(|offer| offer.asked),
        banks: banks(app, visit),
        deferrable: deferred && !notes.claiming,
        wanted: visit.pending.as_ref().map(|it| it.level).filter(|level| *level > RealNameLevel::L1),
        claiming: notes.claiming,
        captcha: None,
        sent: sent.map(SmsSent::from),
        flow: Some(flow.to_string()),
        request: visit.request.clone(),
    };
    Ok(show(app, visit, &page))
}

/// Whether the form has the phone that was proved already.
pub fn is_proved(form: &Form, proved: Option<&Phone>) -> bool {
    form.value("phone").parse::<Phone>().is_ok_and(|phone| Some(&phone) == proved)
}

fn subject(identity: &Identity) -> Subject {
    Subject {
        name: identity.name.masked(),
        id_type: id_type_label(identity.document.id_type()),
        id_number: identity.document.masked(),
    }
}

/// The same of an account; one without a document has nothing to ask a bank about.
pub fn subject_of(profile: &Profile) -> Option<Subject> {
    let document = profile.document.as_ref()?;
    let id_type = id_type_label(document.id_type());
    Some(Subject { name: profile.name.masked(), id_type, id_number: document.masked() })
}

/// The banks of the profile, in its order (S1-34); none where no bank is asked here.
pub fn banks(app: &App, visit: &Visit) -> Vec<Choice> {
    let choice = |bank: &crate::policy::Bank| Choice {
        value: bank.code.clone(),
        label: localised(&bank.name, visit.ctx.locale),
    };
    let offered = app.proofing.offer(CardMethod::Bank).is_some();
    app.proofing.banks().filter(|_| offered).map(choice).collect()
}

/// The inputs of a bank check.
pub fn proof_input(posted: &Posted) -> ProofInput {
    let text = |name| posted.get(name).to_owned();
    ProofInput {
        choice: text("choice"),
        bank: text("bank"),
        account: posted.secret("account"),
        bankname: text("bankname"),
        phone: text("phone"),
        sms: posted.secret("sms"),
        bankok: text("bankok"),
        email: text("email"),
    }
}

/// The form with what was kept of an earlier try; never the card number.
pub fn form_of(contact: &Contact) -> Form {
    Form::new()
        .with("choice", if contact.later { "later" } else { "bank" })
        .with("bank", &contact.bank)
        .with("account", "")
        .with("bankname", &contact.registered_name)
        .with("phone", &contact.phone)
        .with("email", &contact.email)
}

/// The form with what was typed just now.
pub fn typed_form(input: &ProofInput) -> Form {
    Form::new()
        .with("choice", if input.choice == "later" { "later" } else { "bank" })
        .with("bank", &input.bank)
        .with("account", input.account.expose())
        .with("bankname", &input.bankname)
        .with("phone", &input.phone)
        .with("email", &input.email)
        .with("bankok", &input.bankok)
}

const fn setback_message(setback: Setback) -> Message {
    Message::new(match setback {
        Setback::Bank(outcome) => outcome.key(),
        Setback::IdentityTaken => "E_ID_TAKEN_PERSON",
        Setback::UsernameTaken => "E_USERNAME_TAKEN",
    })
}
