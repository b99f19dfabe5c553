//! Codes, families and tokens as values; what a presented refresh token means is decided here, without I/O.
//!
//! ```text
//! family:  open ──revoke──▶ revoked(reason)          everything issued from it dies with it
//! code:    issued ──take──▶ consumed ──presented──▶ replay: the family is revoked (RFC 6749 §4.1.2)
//! refresh: issued ──rotate─▶ consumed ──within the grace, successor unused──▶ the same successor
//!                                     └─otherwise──▶ replay: the family is revoked (RFC 9700 §4.14.2)
//! ```

use std::{fmt, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use uuid::Uuid;

use crate::{
    kernel::{ClientId, GrantId, HashedToken, PersonId, PlainToken, Timestamp},
    protocol::{
        grant::{CodeTerms, Grant},
        pkce::CodeChallenge,
        scope::Scope,
    },
    storage::Generation,
};

/// Whether what was granted ends with the browser session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// Ends with the session, at the latest at this instant.
    Session { ends_at: Timestamp },
    /// `offline_access`: outlives the session (OpenID Connect Core §11).
    Offline,
}

/// What an authorization grants, before it has a row.
#[derive(Clone, Debug)]
pub struct NewFamily {
    pub grant: Grant,
    pub lifetime: Lifetime,
    /// What its access tokens may be for; the first when nobody says (RFC 8707).
    pub audience: Vec<String>,
    /// The `claims` parameter as it was sent and accepted (OpenID Connect Core §5.5).
    pub claims: Option<String>,
}

/// One authorization of one client by one person, and the head of everything issued from it.
#[derive(Clone)]
pub struct Family {
    pub id: GrantId,
    pub grant: Grant,
    pub offline: bool,
    pub audience: Vec<String>,
    pub claims: Option<String>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked: Option<Revocation>,
    /// Vault ciphertext of the key from which its refresh tokens are derived.
    pub(super) refresh_key: Vec<u8>,
    /// When it was read, as hot copies count.
    pub(super) generation: Generation,
}

impl Family {
    /// Not revoked, and not past its end.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && now < self.expires_at
    }
}

impl fmt::Debug for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Family")
            .field("id", &self.id)
            .field("client", &self.grant.client_id)
            .field("expires_at", &self.expires_at)
            .field("revoked", &self.revoked)
            .finish_non_exhaustive()
    }
}

/// When and why a family ended before its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    pub at: Timestamp,
    pub reason: String,
}

/// Why a family ends before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevokeReason {
    CodeReplayed,
    RefreshReplayed,
    ByClient,
    SessionEnded,
    ConsentWithdrawn,
    PersonChanged,
}

impl RevokeReason {
    /// As it stands in the row and in the audit trail.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CodeReplayed => "code_replayed",
            Self::RefreshReplayed => "refresh_replayed",
            Self::ByClient => "by_client",
            Self::SessionEnded => "session_ended",
            Self::ConsentWithdrawn => "consent_withdrawn",
            Self::PersonChanged => "person_changed",
        }
    }

    /// What was presented a second time, if that is the reason.
    pub(super) const fn reused(self) -> Option<&'static str> {
        match self {
            Self::CodeReplayed => Some("code"),
            Self::RefreshReplayed => Some("refresh_token"),
            _ => None,
        }
    }
}

/// An authorization code as stored, with the family it opens.
#[derive(Clone, Debug)]
pub struct Code {
    pub hash: HashedToken,
    pub family: Arc<Family>,
    /// Where it was sent, byte for byte (RFC 6749 §4.1.3).
    pub redirect_uri: String,
    /// RFC 7636 §4.4; `None` only for a client registered with `require_pkce = false`.
    pub code_challenge: Option<CodeChallenge>,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
    pub consumed_at: Option<Timestamp>,
}

impl Code {
    /// Already exchanged: presenting it again is a replay.
    pub fn is_consumed(&self) -> bool {
        self.consumed_at.is_some()
    }

    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }

    /// What redeems it, as the protocol reads it.
    pub fn terms(&self) -> CodeTerms {
        CodeTerms {
            grant: self.family.grant.clone(),
            redirect_uri: self.redirect_uri.clone(),
            code_challenge: self.code_challenge.clone(),
            expires_at: self.expires_at,
        }
    }
}

/// A refresh token as its family knows it.
#[derive(Clone, Debug)]
pub struct RefreshToken {
    pub hash: HashedToken,
    pub family: Arc<Family>,
    /// Its place in the family; the first is 1.
    pub number: i64,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
    pub consumed_at: Option<Timestamp>,
    /// Its successor was itself rotated.
    pub successor_consumed: bool,
}

/// The newest refresh token of a family; with what it says, each token before it is judged too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Newest {
    /// The first is 1.
    pub number: i64,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
    /// When it took the place of the one before.
    pub rotated_at: Option<Timestamp>,
}

impl Newest {
    /// The token of that number; none when it was never issued. A consumed one is known until the family ends, so that
    /// a replay is recognised.
    pub(super) fn token(self, family: &Arc<Family>, number: i64, hash: HashedToken) -> Option<RefreshToken> {
        if !(1..=self.number).contains(&number) {
            return None;
        }
        let is_newest = number == self.number;
        Some(RefreshToken {
            hash,
            family: family.clone(),
            number,
            issued_at: if is_newest { self.issued_at } else { family.created_at },
            expires_at: if is_newest { self.expires_at } else { family.expires_at },
            consumed_at: if is_newest { None } else { self.rotated_at },
            successor_consumed: self.number > number.saturating_add(1),
        })
    }
}

/// What a refresh token says of itself before its secret: the family's id and its number.
pub(super) fn refresh_name(family: GrantId, number: i64) -> [u8; 24] {
    let mut name = [0; 24];
    name[..16].copy_from_slice(family.uuid().as_bytes());
    name[16..].copy_from_slice(&number.to_be_bytes());
    name
}

/// The family and the number that a token names.
pub(super) fn named(token: &PlainToken) -> Option<(GrantId, i64)> {
    let name = token.name()?;
    let (family, number) = (name.first_chunk()?, name.last_chunk()?);
    Some((GrantId::from_uuid(Uuid::from_bytes(*family)), i64::from_be_bytes(*number)))
}

/// What an access token says its id is; anybody may write that, so its row decides.
pub(super) fn jti_of(token: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Named {
        jti: String,
    }
    let payload = token.split('.').nth(1)?;
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    serde_json::from_slice::<Named>(&payload).ok().map(|named| named.jti)
}

/// What presenting a refresh token means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented {
    /// Not used yet: it is consumed and has a new successor.
    First,
    /// Used a moment ago, and its successor was not: the answer got lost, the same successor is given again.
    Again,
    /// Used and left behind: someone else holds it.
    Replayed,
}

impl RefreshToken {
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires_at || now >= self.family.expires_at
    }

    /// RFC 9700 §4.14.2: reuse is detected; the grace makes a lost answer repeatable without weakening that.
    pub fn presented(&self, now: Timestamp, grace: TimeDelta) -> Presented {
        match self.consumed_at {
            None => Presented::First,
            Some(at) if now - at <= grace && !self.successor_consumed => Presented::Again,
            Some(_) => Presented::Replayed,
        }
    }
}

/// An access token to be remembered; the row is found by its `jti` and keeps the SHA-256 of the whole token.
#[derive(Clone, Debug)]
pub struct NewAccess {
    pub jti: String,
    pub client: ClientId,
    /// `None` for client credentials (RFC 6749 §4.4): no person, no family.
    pub family: Option<GrantId>,
    pub person: Option<PersonId>,
    pub scope: Scope,
    pub audience: String,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
}

/// An access token that is still good, with the family it came from.
#[derive(Clone, Debug)]
pub struct AccessToken {
    pub jti: String,
    pub client: ClientId,
    pub family: Option<Arc<Family>>,
    pub person: Option<PersonId>,
    pub scope: Scope,
    pub audience: String,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
    /// What its ledger entry was written for already.
    pub told: Told,
}

/// What a token opened at least once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    pub userinfo: bool,
    pub introspection: bool,
}

/// What is noted once for each token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Once {
    UserInfo,
    Introspection,
}

impl AccessToken {
    /// Whether it was noted.
    pub const fn was_told(&self, once: Once) -> bool {
        match once {
            Once::UserInfo => self.told.userinfo,
            Once::Introspection => self.told.introspection,
        }
    }

    /// Within its time, and its family stands.
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.expires_at && self.family.as_ref().is_none_or(|family| family.is_live(now))
    }
}
