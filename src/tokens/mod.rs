//! Codes, access and refresh tokens, and the families they belong to: rows only, no protocol.
//!
//! Tokens are stored as hashes. A family is opened by each authorization; revoking it ends everything issued from it.
//! Successors of refresh tokens are derived from the family's key, which is vault ciphertext, and their number, so a lost
//! answer can be repeated. May use `audit`, `protocol` (value types), `storage`, `kernel`.

mod model;
mod settings;
mod store;

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

pub use model::{
    AccessToken, Code, Family, Lifetime, NewAccess, NewFamily, Presented, RefreshToken, Revocation,
    RevokeReason,
};
pub use settings::{Settings, SettingsError};
use store::Which;

use crate::{
    audit::{Audit, AuditEvent},
    kernel::{ClientId, Ctx, GrantId, HashedToken, PersonId, PlainToken, SessionId, Timestamp, random_bytes},
    protocol::{pkce::CodeChallenge, redirect::VerifiedRedirect},
    storage::{Base, StoreError, Tx, vault::SealedColumn},
};

/// The keys of families.
pub const SEALED: SealedColumn = SealedColumn::by_uuid("grants", "refresh_key", "id");

/// Why a token could not be stored, found or taken.
#[derive(Debug, thiserror::Error)]
pub enum TokensError {
    /// Somebody else consumed it first.
    #[error("already taken")]
    Gone,
    #[error(transparent)]
    Internal(StoreError),
}

impl From<StoreError> for TokensError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Gone => Self::Gone,
            other => Self::Internal(other),
        }
    }
}

/// What came of presenting a refresh token.
#[derive(Debug)]
pub enum Rotation {
    /// The next token of the family; the same one when the last answer got lost.
    Successor(PlainToken),
    /// Somebody used it before: the caller revokes the family and answers `invalid_grant`.
    Replayed,
}

/// The façade of this room; cheap to clone.
#[derive(Clone)]
pub struct Tokens {
    base: Base,
    audit: Audit,
    settings: Arc<Settings>,
}

impl Tokens {
    pub fn new(base: Base, audit: Audit, settings: Settings) -> Self {
        Self { base, audit, settings: Arc::new(settings) }
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Opens the family of one authorization.
    pub async fn open_family(&self, tx: &Tx, ctx: &Ctx, new: NewFamily) -> Result<Family, TokensError> {
        let rng = self.base.rng.as_ref();
        let id = GrantId::new(ctx.now, rng);
        let key: [u8; 32] = random_bytes(rng);
        let sealed = self.base.vault.seal(rng, &key_place(id), &key)?;
        let (offline, expires_at) = match new.lifetime {
            Lifetime::Session { ends_at } => (false, ends_at),
            Lifetime::Offline => (true, ctx.now + self.settings.offline_absolute),
        };
        let family = Family {
            id,
            grant: new.grant,
            offline,
            audience: new.audience,
            claims: new.claims,
            created_at: ctx.now,
            expires_at,
            revoked: None,
            refresh_key: sealed.into_bytes(),
        };
        store::insert_family(tx, &family).await?;
        self.audit.record(tx, ctx, opened(&family)).await?;
        Ok(family)
    }

    pub async fn find_family(&self, id: GrantId) -> Result<Option<Family>, TokensError> {
        Ok(store::find_family(self.base.db.read(), id).await?)
    }

    /// Ends a family and everything issued from it; false when it had ended already.
    pub async fn revoke_family(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        family: &Family,
        reason: RevokeReason,
    ) -> Result<bool, TokensError> {
        let ended = store::revoke_families(tx, Which::One(family.id), ctx.now, reason).await? > 0;
        if let Some(what) = reason.reused() {
            self.audit.record(tx, ctx, reused(family, what)).await?;
        }
        if ended {
            self.audit.record(tx, ctx, revoked(family, reason)).await?;
        }
        Ok(ended)
    }

    /// Ends what was to end with the session; `offline_access` families stay (OpenID Connect Core §11).
    pub async fn end_session(&self, tx: &Tx, ctx: &Ctx, session: SessionId) -> Result<u64, TokensError> {
        Ok(store::revoke_families(tx, Which::OfSession(session), ctx.now, RevokeReason::SessionEnded).await?)
    }

    /// Ends every family of a person, at one client or everywhere.
    pub async fn revoke_person(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        person: PersonId,
        client: Option<&ClientId>,
        reason: RevokeReason,
    ) -> Result<u64, TokensError> {
        Ok(store::revoke_families(tx, Which::OfPerson(person, client), ctx.now, reason).await?)
    }

    /// Issues an authorization code; its plain text exists only in the answer (RFC 6749 §4.1.2).
    pub async fn issue_code(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        family: &Family,
        redirect: &VerifiedRedirect,
        code_challenge: Option<CodeChallenge>,
    ) -> Result<PlainToken, TokensError> {
        let token = PlainToken::generate(self.base.rng.as_ref());
        let code = Code {
            hash: token.hash(),
            family: family.clone(),
            redirect_uri: redirect.as_str().to_owned(),
            code_challenge,
            issued_at: ctx.now,
            expires_at: ctx.now + self.settings.code,
            consumed_at: None,
        };
        store::insert_code(tx, &code).await?;
        Ok(token)
    }

    /// The code whatever its state: consumed and expired ones are found too, so that a replay is recognised.
    pub async fn find_code(&self, code: &PlainToken) -> Result<Option<Code>, TokensError> {
        Ok(store::find_code(self.base.db.read(), &code.hash()).await?)
    }

    /// Consumes the code, once: [`TokensError::Gone`] for everyone but the first.
    pub async fn take_code(&self, tx: &Tx, ctx: &Ctx, code: &Code) -> Result<(), TokensError> {
        Ok(store::take_code(tx, &code.hash, ctx.now).await?)
    }

    /// The first refresh token of a family.
    pub async fn issue_refresh(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        family: &Family,
    ) -> Result<PlainToken, TokensError> {
        self.insert_refresh(tx, ctx, family, 1).await
    }

    /// The refresh token whatever its state, as for codes.
    pub async fn find_refresh(&self, token: &PlainToken) -> Result<Option<RefreshToken>, TokensError> {
        Ok(store::find_refresh(self.base.db.read(), &token.hash()).await?)
    }

    /// Consumes a refresh token that its own client presented, and gives its successor (RFC 9700 §4.14.2).
    pub async fn rotate_refresh(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        token: &RefreshToken,
    ) -> Result<Rotation, TokensError> {
        match token.presented(ctx.now, self.settings.grace) {
            Presented::First => match store::take_refresh(tx, &token.hash, ctx.now).await {
                Ok(()) => self.succeed(tx, ctx, token).await,
                Err(StoreError::Gone) => self.rotate_after_losing(tx, ctx, token).await,
                Err(other) => Err(other.into()),
            },
            Presented::Again => self.derive(&token.family, next(token.number)).map(Rotation::Successor),
            Presented::Replayed => Ok(Rotation::Replayed),
        }
    }

    async fn succeed(&self, tx: &Tx, ctx: &Ctx, token: &RefreshToken) -> Result<Rotation, TokensError> {
        self.audit.record(tx, ctx, refreshed(token)).await?;
        self.insert_refresh(tx, ctx, &token.family, next(token.number)).await.map(Rotation::Successor)
    }

    /// Another request consumed the token between our reading and our writing: the row as it is now decides.
    async fn rotate_after_losing(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        token: &RefreshToken,
    ) -> Result<Rotation, TokensError> {
        let token = store::find_refresh(tx, &token.hash).await?.ok_or(TokensError::Gone)?;
        match token.presented(ctx.now, self.settings.grace) {
            Presented::Again => self.derive(&token.family, next(token.number)).map(Rotation::Successor),
            // Still unconsumed, so it was past its end.
            Presented::First => Err(TokensError::Gone),
            Presented::Replayed => Ok(Rotation::Replayed),
        }
    }

    /// Remembers an access token by the hash of its whole text.
    pub async fn record_access(&self, tx: &Tx, token: &str, new: NewAccess) -> Result<(), TokensError> {
        Ok(store::insert_access(tx, &HashedToken::of(token), new).await?)
    }

    /// The access token if it is still good: within its time, its family not revoked.
    pub async fn find_access(&self, token: &str, now: Timestamp) -> Result<Option<AccessToken>, TokensError> {
        let found = store::find_access(self.base.db.read(), &HashedToken::of(token)).await?;
        Ok(found.filter(|token| token.is_live(now)))
    }

    /// Forgets one access token (RFC 7009 §2.1); its family stays.
    pub async fn revoke_access(&self, tx: &Tx, token: &str) -> Result<(), TokensError> {
        Ok(store::delete_access(tx, &HashedToken::of(token)).await?)
    }

    /// Removes what ended a day ago or earlier; tells how many rows.
    pub async fn sweep(&self, tx: &Tx, now: Timestamp) -> Result<u64, TokensError> {
        Ok(store::sweep(tx, now - chrono::TimeDelta::days(1)).await?)
    }

    async fn insert_refresh(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        family: &Family,
        number: i64,
    ) -> Result<PlainToken, TokensError> {
        let token = self.derive(family, number)?;
        let expires_at = if family.offline {
            family.expires_at.min(ctx.now + self.settings.offline_idle)
        } else {
            family.expires_at
        };
        let row = model::NewRefresh { family: family.id, number, issued_at: ctx.now, expires_at };
        store::insert_refresh(tx, &token.hash(), &row).await?;
        Ok(token)
    }

    /// The family's refresh token of that number: HMAC-SHA-256 under the family's key.
    fn derive(&self, family: &Family, number: i64) -> Result<PlainToken, TokensError> {
        let key = self.base.vault.open(&key_place(family.id), &family.refresh_key)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| StoreError::Corrupt)?;
        mac.update(b"refresh");
        mac.update(&number.to_be_bytes());
        Ok(PlainToken::from_bytes(mac.finalize().into_bytes().into()))
    }
}

fn opened(family: &Family) -> AuditEvent {
    AuditEvent::TokensIssued {
        person: Some(family.grant.person),
        client: family.grant.client_id.clone(),
        family: family.id,
        grant_type: "authorization_code",
    }
}

fn refreshed(token: &RefreshToken) -> AuditEvent {
    AuditEvent::TokensRefreshed {
        person: Some(token.family.grant.person),
        client: token.family.grant.client_id.clone(),
        family: token.family.id,
        number: u32::try_from(token.number).unwrap_or(u32::MAX),
    }
}

fn reused(family: &Family, what: &'static str) -> AuditEvent {
    AuditEvent::TokenReused {
        person: Some(family.grant.person),
        client: family.grant.client_id.clone(),
        family: family.id,
        what,
    }
}

fn revoked(family: &Family, reason: RevokeReason) -> AuditEvent {
    AuditEvent::FamilyRevoked {
        person: Some(family.grant.person),
        client: family.grant.client_id.clone(),
        family: family.id,
        reason: reason.as_str(),
    }
}

fn next(number: i64) -> i64 {
    number.saturating_add(1)
}

/// Binds a sealed family key to its row.
fn key_place(family: GrantId) -> String {
    SEALED.of(&family)
}

#[cfg(test)]
mod tests;
