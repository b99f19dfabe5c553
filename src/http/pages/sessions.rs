//! A14c `/account/sessions` 登录安全: where the account is signed in, who signed in before, and “不是我”.

use axum::extract::State;
use axum::response::Response;
use serde_json::Value;

use super::account::owner;
use crate::audit::Recorded;
use crate::http::page::{go, show};
use crate::http::url::{Link, Path};
use crate::http::view::{AccountSessions, SessionRow, SignInRow};
use crate::http::visit::signed_out;
use crate::http::{App, Failure, Posted, Visit};
use crate::kernel::{AuditId, Message, PersonId, SessionId};
use crate::sessions::{EndReason, Session};

/// Records on one page; one more tells whether there is another page.
const ROWS: u64 = 20;
/// The parameter that pages on.
const BEFORE: &str = "before";

/// The sessions and the last sign-ins.
pub async fn get(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    let person = match owner(&visit) {
        Ok(person) => person,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let own = visit.session.as_ref().map(|session| session.id);
    let mut sessions = app.sessions.live_of(person.id, visit.ctx.now).await?;
    sessions.sort_by_key(|session| (Some(session.id) != own, std::cmp::Reverse(session.last_seen_at)));
    let (records, older) = records(&app, &visit, person.id).await?;
    let sessions = sessions.iter().map(|session| session_row(session, own)).collect();
    Ok(show(&app, &visit, &AccountSessions { sessions, records, older }))
}

/// Ends one session, all others, or, where somebody else was in, everything.
pub async fn post(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let person = match owner(&visit) {
        Ok(person) => person,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let Some(own) = &visit.session else { return Err(Failure::NotFound) };
    match posted.action() {
        "stranger" => {
            let nothing_else = async |_: &_| Ok(());
            app.provider.end_all_of(&visit.ctx, person.id, EndReason::Ended, nothing_else).await?;
            return Ok(signed_out(&app, go(Link::to(Path::PasswordDoor))));
        }
        "others" => app.provider.end_others(&visit.ctx, own).await?,
        _ => end_one(&app, &visit, person.id, posted.get("session")).await?,
    }
    Ok(go(Link::to(Path::Sessions)))
}

/// One that ended meanwhile, or is not theirs, is not there to be ended.
async fn end_one(app: &App, visit: &Visit, person: PersonId, id: &str) -> Result<(), Failure> {
    let Ok(id) = id.parse::<SessionId>() else { return Err(Failure::NotFound) };
    let sessions = app.sessions.live_of(person, visit.ctx.now).await?;
    if let Some(session) = sessions.iter().find(|session| session.id == id) {
        app.provider.end_session(&visit.ctx, session, EndReason::Ended).await?;
    }
    Ok(())
}

async fn records(
    app: &App,
    visit: &Visit,
    person: PersonId,
) -> Result<(Vec<SignInRow>, Option<String>), Failure> {
    let before = visit.query(BEFORE).and_then(|id| id.parse::<AuditId>().ok());
    let found = app.audit.sign_ins(person, before, ROWS + 1).await?;
    let shown: Vec<_> = found.iter().take(usize::try_from(ROWS).unwrap_or_default()).collect();
    let last = shown.last().filter(|_| found.len() > shown.len());
    let older = last.map(|last| Link::to(Path::Sessions).with(BEFORE, last.id.to_string()).into());
    Ok((shown.into_iter().map(record_row).collect(), older))
}

fn session_row(session: &Session, own: Option<SessionId>) -> SessionRow {
    SessionRow {
        id: session.id.to_string(),
        begun: session.started_at,
        seen: session.last_seen_at,
        current: Some(session.id) == own,
    }
}

fn record_row(event: &Recorded) -> SignInRow {
    let is = |key: &str, word: &str| event.detail.get(key).and_then(Value::as_str) == Some(word);
    let (outcome, good) = match event.kind.as_str() {
        "sign_in_succeeded" => ("sign-in-good", true),
        "sign_in_locked" => ("sign-in-locked", false),
        _ if is("reason", "locked") => ("sign-in-refused", false),
        _ if is("reason", "account_state") => ("sign-in-stopped", false),
        _ => ("sign-in-wrong", false),
    };
    SignInRow { at: event.at, outcome: Message::new(outcome), good, source: place(&event.source) }
}

/// `203.0.113.0/24` as people write it; a longer prefix of IPv6 stays.
fn place(prefix: &str) -> String {
    prefix.strip_suffix(".0/24").map_or_else(|| prefix.to_owned(), |start| format!("{start}.*"))
}
