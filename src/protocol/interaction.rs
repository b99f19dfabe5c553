//! The interaction table: what a person must still do before a valid request is answered.
//!
//! A pure function of facts. Each row gives both the page to show and the error for `prompt=none`, so
//! that the two can never disagree. The first row that wants something decides; when none does, the
//! request is answered with a code.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{
    authorize::{AcrRequest, ValidRequest},
    client::Client,
    error::{ErrorCode, OAuthError},
    scope::Scope,
};
use crate::kernel::{Acr, PersonId, RealNameLevel, SessionId, Timestamp};

/// What is known when the table is evaluated.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The instant of the evaluation.
    pub now: Timestamp,
    /// The browser's live session, if there is one.
    pub session: Option<SessionFacts>,
    /// The highest level a person can reach here on line.
    pub reachable: RealNameLevel,
    /// What was answered within this parked request.
    pub answers: Answers,
}

/// The signed-in person as this client would see them.
#[derive(Clone, Debug)]
pub struct SessionFacts {
    /// The session and its last authentication.
    pub mark: SessionMark,
    /// Who.
    pub person: PersonId,
    /// The `sub` this client knows them by.
    pub subject: String,
    /// The strongest pair that is true: evidence under the password's ceiling, and this sign-in's `mfa`.
    /// `None` without any evidence.
    pub truth: Option<Acr>,
    /// Another proved the same identity: this account must enter its own document (S1-30).
    pub must_reenter_document: bool,
    /// What this person has granted this client before.
    pub granted: Scope,
}

/// One authentication of one session: another value means that somebody signed in since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionMark {
    /// The session.
    pub session: SessionId,
    /// Its last authentication.
    pub auth_time: Timestamp,
}

/// What a parked request remembers. An answer counts for the person who gave it and nobody else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// The session when the request arrived.
    pub arrived_with: Option<SessionMark>,
    /// `prompt=create` or `select_account`: 继续使用 this account.
    pub keeps_account: Option<PersonId>,
    /// `prompt=select_account`: 使用其他账号, not this one.
    #[serde(default)]
    pub leaves_account: Option<PersonId>,
    /// 暂不提升, or 取消 where the level was required.
    pub declined_upgrade: Option<PersonId>,
    /// 同意, and to what.
    pub consented: Option<Consented>,
}

/// A consent given within this request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consented {
    /// Who consented.
    pub person: PersonId,
    /// To what.
    pub scope: Scope,
}

/// The page to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interaction {
    /// LG1.
    Login,
    /// P0, the registration.
    Create,
    /// 继续使用 / 注册新账号.
    ChooseAccount,
    /// 继续使用 / 使用其他账号.
    SelectAccount,
    /// The account's own document is to be entered.
    ReenterDocument,
    /// LG6.
    RaiseLevel(Upgrade),
    /// LG7.
    Consent {
        /// Everything this client would get.
        scope: Scope,
    },
}

/// Why a higher level is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upgrade {
    /// What is true now.
    pub current: Option<RealNameLevel>,
    /// What is needed or wanted.
    pub required: RealNameLevel,
    /// Whether the request can go on without it.
    pub necessity: Necessity,
}

/// Whether an upgrade may be put off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Necessity {
    /// 暂不提升 continues at the lower truth.
    Voluntary,
    /// 取消 ends the request with an error.
    Required,
}

/// The outcome of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Show a page; the request waits.
    Show(Interaction),
    /// Tell the client.
    Refuse(OAuthError),
    /// Issue a code.
    Approve(Approval),
}

/// What the code will stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// The person and session it is for.
    pub person: PersonId,
    /// The session and when they authenticated.
    pub mark: SessionMark,
    /// The level answered.
    pub acr: Acr,
}

/// What one row wants.
enum Want {
    /// Nothing: go on to the next row.
    Nothing,
    /// This page, or the row's error when no page may be shown.
    Page(Interaction),
    /// It is offered, but only where a page may be shown.
    Offer(Interaction),
    /// The person has decided, or nothing can help.
    Refuse(ErrorCode, &'static str),
}

/// One row: what it looks for, and the error that stands for its page under `prompt=none`.
struct Row {
    want: fn(&Scene<'_>) -> Want,
    unattended: (ErrorCode, &'static str),
}

/// The table.
const ROWS: &[Row] = &[
    Row { want: registration, unattended: (ErrorCode::InteractionRequired, "registration was asked for") },
    Row { want: sign_in, unattended: (ErrorCode::LoginRequired, "nobody is signed in") },
    Row {
        want: account_selection,
        unattended: (ErrorCode::AccountSelectionRequired, "an account is to be chosen"),
    },
    Row { want: fresh_sign_in, unattended: (ErrorCode::LoginRequired, "the sign-in is too old") },
    Row { want: hinted_subject, unattended: (ErrorCode::LoginRequired, "somebody else is signed in") },
    Row { want: own_document, unattended: (ErrorCode::InteractionRequired, "the account needs attention") },
    Row {
        want: clients_level,
        unattended: (ErrorCode::InteractionRequired, "the real-name level is too low"),
    },
    Row {
        want: essential_acr,
        unattended: (ErrorCode::UnmetAuthenticationRequirements, "the requested acr is not met"),
    },
    Row { want: voluntary_acr, unattended: (ErrorCode::InteractionRequired, "an upgrade was offered") },
    Row { want: consent, unattended: (ErrorCode::ConsentRequired, "consent is needed") },
];

struct Scene<'a> {
    request: &'a ValidRequest,
    client: &'a Client,
    facts: &'a Facts,
}

/// Evaluates the table.
#[must_use]
pub fn decide(request: &ValidRequest, client: &Client, facts: &Facts) -> Decision {
    let scene = Scene { request, client, facts };
    for row in ROWS {
        let (code, hint) = row.unattended;
        match (row.want)(&scene) {
            Want::Nothing => {}
            Want::Offer(_) if request.prompt.none => {}
            Want::Page(_) if request.prompt.none => return Decision::Refuse(OAuthError::new(code, hint)),
            Want::Page(page) | Want::Offer(page) => return Decision::Show(page),
            Want::Refuse(code, hint) => return Decision::Refuse(OAuthError::new(code, hint)),
        }
    }
    approve(&scene)
}

fn approve(scene: &Scene<'_>) -> Decision {
    match scene.facts.session.as_ref().and_then(|session| Some((session, session.truth?))) {
        Some((session, truth)) => Decision::Approve(Approval {
            person: session.person,
            mark: session.mark,
            acr: scene.request.acr.answer(truth),
        }),
        None => Decision::Refuse(OAuthError::new(ErrorCode::ServerError, "the request cannot be answered")),
    }
}

impl Scene<'_> {
    fn session(&self) -> Option<&SessionFacts> {
        self.facts.session.as_ref()
    }

    /// Somebody signed in since the request arrived.
    fn signed_in_since(&self) -> bool {
        let now = self.session().map(|session| session.mark);
        now.is_some() && now != self.facts.answers.arrived_with
    }

    fn declined_upgrade(&self) -> bool {
        self.session().is_some_and(|session| self.facts.answers.declined_upgrade == Some(session.person))
    }

    fn upgrade(&self, required: RealNameLevel, necessity: Necessity) -> Interaction {
        let current = self.session().and_then(|session| session.truth).map(|truth| truth.level);
        Interaction::RaiseLevel(Upgrade { current, required, necessity })
    }

    /// The most wanted value that a verification done now would satisfy; a second factor cannot be added.
    fn within_reach(&self, asked: &[Acr]) -> Option<RealNameLevel> {
        let mfa = self.session()?.truth.is_some_and(|truth| truth.mfa);
        let best = Acr { level: self.facts.reachable, mfa };
        best.first_satisfied(asked).map(|value| value.level)
    }
}

// Initiating User Registration 1.0 §4.1; decisions.md: signed in, the person chooses.
fn registration(scene: &Scene<'_>) -> Want {
    if !scene.request.prompt.create || scene.signed_in_since() {
        return Want::Nothing;
    }
    match scene.session() {
        None => Want::Page(Interaction::Create),
        Some(session) if scene.facts.answers.keeps_account == Some(session.person) => Want::Nothing,
        Some(_) => Want::Page(Interaction::ChooseAccount),
    }
}

// Core §3.1.2.3: the end-user must be authenticated.
fn sign_in(scene: &Scene<'_>) -> Want {
    if scene.session().is_some() { Want::Nothing } else { Want::Page(Interaction::Login) }
}

// Core §3.1.2.1, prompt=select_account; whoever signed in for this very request has chosen.
fn account_selection(scene: &Scene<'_>) -> Want {
    let Some(session) = scene.session() else { return Want::Page(Interaction::Login) };
    let answers = &scene.facts.answers;
    if !scene.request.prompt.select_account || scene.signed_in_since() {
        Want::Nothing
    } else if answers.leaves_account == Some(session.person) {
        Want::Page(Interaction::Login)
    } else if answers.keeps_account == Some(session.person) {
        Want::Nothing
    } else {
        Want::Page(Interaction::SelectAccount)
    }
}

/// How old a sign-in made for this very request may be, where `max_age` alone would ask for ever.
const FRESH: TimeDelta = TimeDelta::minutes(10);

// Core §3.1.2.1: prompt=login and max_age ask for active authentication; max_age=0 is prompt=login.
fn fresh_sign_in(scene: &Scene<'_>) -> Want {
    let Some(session) = scene.session() else { return Want::Page(Interaction::Login) };
    let since = scene.signed_in_since();
    let age = scene.facts.now - session.mark.auth_time;
    let too_old = scene.request.max_age.is_some_and(|seconds| {
        let limit = TimeDelta::seconds(seconds.into());
        if since { age > limit.max(FRESH) } else { seconds == 0 || age > limit }
    });
    if too_old || (scene.request.prompt.login && !since) {
        Want::Page(Interaction::Login)
    } else {
        Want::Nothing
    }
}

// Core §3.1.2.1, id_token_hint: a positive answer is about the hinted person, or it is an error.
fn hinted_subject(scene: &Scene<'_>) -> Want {
    let Some(session) = scene.session() else { return Want::Page(Interaction::Login) };
    if scene.request.subjects.iter().all(|subject| *subject == session.subject) {
        Want::Nothing
    } else if scene.signed_in_since() {
        Want::Refuse(ErrorCode::LoginRequired, "somebody else signed in than was asked for")
    } else {
        Want::Page(Interaction::Login)
    }
}

// S1-30: whoever lost an identity to its proved holder enters their own document first.
fn own_document(scene: &Scene<'_>) -> Want {
    let must = scene.session().is_some_and(|session| session.must_reenter_document);
    if must { Want::Page(Interaction::ReenterDocument) } else { Want::Nothing }
}

// decisions.md "Levels": a client's min_person_level is reached inside the same request.
fn clients_level(scene: &Scene<'_>) -> Want {
    let required = scene.client.min_person_level;
    let level = scene.session().and_then(|session| session.truth).map(|truth| truth.level);
    if level >= Some(required) {
        Want::Nothing
    } else if scene.declined_upgrade() {
        Want::Refuse(ErrorCode::AccessDenied, "the person declined to raise the real-name level")
    } else {
        Want::Page(scene.upgrade(required, Necessity::Required))
    }
}

// Core §5.5.1.1; Unmet Authentication Requirements 1.0 §2.
fn essential_acr(scene: &Scene<'_>) -> Want {
    let AcrRequest::Essential(asked) = &scene.request.acr else { return Want::Nothing };
    let satisfied = scene.session().and_then(|session| session.truth?.first_satisfied(asked));
    match (satisfied, scene.within_reach(asked)) {
        (Some(_), _) => Want::Nothing,
        (None, Some(required)) if !scene.declined_upgrade() => {
            Want::Page(scene.upgrade(required, Necessity::Required))
        }
        _ => Want::Refuse(ErrorCode::UnmetAuthenticationRequirements, "the requested acr is not met"),
    }
}

// decisions.md "Levels": voluntary and not satisfied, the upgrade is offered once.
fn voluntary_acr(scene: &Scene<'_>) -> Want {
    let AcrRequest::Voluntary(asked) = &scene.request.acr else { return Want::Nothing };
    let satisfied = scene.session().and_then(|session| session.truth?.first_satisfied(asked));
    match (satisfied, scene.within_reach(asked)) {
        (None, Some(required)) if !scene.declined_upgrade() => {
            Want::Offer(scene.upgrade(required, Necessity::Voluntary))
        }
        _ => Want::Nothing,
    }
}

// Core §3.1.2.4; first-party clients skip it, prompt=consent asks anew.
fn consent(scene: &Scene<'_>) -> Want {
    let Some(session) = scene.session() else { return Want::Page(Interaction::Login) };
    let scope = &scene.request.scope.union(&scene.request.wanted_scope);
    let answered = scene.facts.answers.consented.as_ref();
    if answered.is_some_and(|answer| answer.person == session.person && scope.is_subset_of(&answer.scope)) {
        return Want::Nothing;
    }
    let remembered = scene.client.first_party || scope.is_subset_of(&session.granted);
    if remembered && !scene.request.prompt.consent {
        return Want::Nothing;
    }
    Want::Page(Interaction::Consent { scope: scope.clone() })
}

#[cfg(test)]
mod tests;
