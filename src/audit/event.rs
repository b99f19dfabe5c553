//! The events. A variant's name is its kind, its fields `person` and `client` have columns, the rest is detail.

use crate::{
    kernel::{AmrMethod, ClientId, EvidenceId, GrantId, JobId, KeyId, PersonId, RealNameLevel, SessionId},
    storage::StoreError,
};
use serde::Serialize;
use serde_json::{Map, Value};

/// Something worth keeping for 400 days. Reasons and methods are words of ours, never what a person typed.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AuditEvent {
    /// A session began.
    SignInSucceeded {
        person: PersonId,
        client: Option<ClientId>,
        session: SessionId,
        amr: Vec<AmrMethod>,
    },
    /// `person` is absent when the name is nobody's.
    SignInFailed {
        person: Option<PersonId>,
        reason: SignInFailure,
    },
    /// The source of the request, or all strangers, may not try this account for a while.
    SignInLocked {
        person: Option<PersonId>,
        scope: LockScope,
    },
    SessionEnded {
        person: PersonId,
        session: SessionId,
        reason: &'static str,
    },

    PersonRegistered {
        person: PersonId,
        level: RealNameLevel,
    },
    /// An identity that was only typed went to whoever proved it (S1-30).
    IdentityDisplaced {
        person: PersonId,
        by: PersonId,
    },
    /// A phone went to whoever proved it by code and bank record.
    PhoneDisplaced {
        person: PersonId,
        by: PersonId,
    },
    /// A registration was told that this person's identity has an account (contradiction C9).
    IdentityDisclosed {
        person: PersonId,
    },
    PersonChanged {
        person: PersonId,
        what: &'static str,
    },

    /// The username was sent to the registered phone.
    UsernameRecovered {
        person: PersonId,
        way: &'static str,
    },
    /// Somebody proved by this way to be the owner, and may set a password.
    RecoveryProved {
        person: PersonId,
        way: &'static str,
    },
    /// They did; every session ended with it.
    PasswordRecovered {
        person: PersonId,
        way: &'static str,
    },

    /// The owner undid a change of the password, which opens nothing since.
    PasswordChangeVetoed {
        person: PersonId,
    },
    /// The owner ended a sign-in that somebody else made; its password opens nothing since.
    SignInVetoed {
        person: PersonId,
    },
    /// The owner undid a change of the security questions: there are none, and the password opens nothing since.
    QuestionsChangeVetoed {
        person: PersonId,
    },
    /// Somebody who knows the username gave wrong answers until the way was closed for a day.
    QuestionsGuessed {
        person: PersonId,
    },
    /// The owner saw or took along what is masked otherwise: `profile`, `export`.
    OwnDataOpened {
        person: PersonId,
        what: &'static str,
    },
    /// Somebody who works here looked at the account; `plain` names what they saw in plain text.
    PersonLookedUp {
        person: PersonId,
        staff: String,
        plain: String,
        reason: String,
    },
    /// The phone of before undid a change of phone and what came of it.
    PhoneChangeVetoed {
        person: PersonId,
    },

    /// `person` is absent while a wizard has no account yet.
    VerificationStarted {
        person: Option<PersonId>,
        job: JobId,
        method: &'static str,
    },
    VerificationSucceeded {
        person: PersonId,
        evidence: EvidenceId,
        method: &'static str,
    },
    VerificationFailed {
        person: Option<PersonId>,
        job: JobId,
        method: &'static str,
        outcome: &'static str,
    },

    /// The person was told by SMS that this proof, and with it their level, ends soon.
    LevelExpiryTold {
        person: PersonId,
        evidence: EvidenceId,
    },

    /// A token family began.
    TokensIssued {
        person: Option<PersonId>,
        client: ClientId,
        family: GrantId,
        grant_type: &'static str,
    },
    TokensRefreshed {
        person: Option<PersonId>,
        client: ClientId,
        family: GrantId,
        number: u32,
    },
    /// A code or refresh token that was used before came again.
    TokenReused {
        person: Option<PersonId>,
        client: ClientId,
        family: GrantId,
        what: &'static str,
    },
    FamilyRevoked {
        person: Option<PersonId>,
        client: ClientId,
        family: GrantId,
        reason: &'static str,
    },

    ConsentGiven {
        person: PersonId,
        client: ClientId,
        scope: String,
    },
    ConsentWithdrawn {
        person: PersonId,
        client: ClientId,
    },
    /// A ticked document: terms, privacy, bank data.
    AgreementGiven {
        person: Option<PersonId>,
        document: String,
        version: String,
    },

    KeyCreated {
        kid: KeyId,
    },
    KeyRetired {
        kid: KeyId,
    },
    /// A compromised key went at once.
    KeyRevoked {
        kid: KeyId,
    },
    /// A step of a rotation of the vault's keys.
    VaultKeyChanged {
        purpose: &'static str,
        key: String,
        what: &'static str,
    },
    ClientAdded {
        client: ClientId,
    },
    ClientChanged {
        client: ClientId,
    },
    ClientRemoved {
        client: ClientId,
    },
    ClientRefused {
        client: ClientId,
        reason: &'static str,
    },
}

/// Why nobody was signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInFailure {
    UnknownName,
    WrongPassword,
    WrongCode,
    WrongCaptcha,
    /// The right password of an account that may not be used.
    AccountState,
    Locked,
}

/// Who is kept out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LockScope {
    /// This account from this source.
    Source,
    /// This account from browsers that never signed in to it.
    Strangers,
}

impl AuditEvent {
    pub(super) fn into_map(self) -> Result<Map<String, Value>, StoreError> {
        match serde_json::to_value(self) {
            Ok(Value::Object(map)) => Ok(map),
            _ => Err(StoreError::Corrupt),
        }
    }
}
