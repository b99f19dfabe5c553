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
    storage::{Base, Hot, Reach, StoreError, Tx, Unit, vault::SealedColumn},
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

/// What presenting a refresh token comes to.
pub enum Rotation {
    /// The next token of the family; the unit that issues it depends on nobody having been faster.
    Successor(Unit, PlainToken),
    /// The same successor again: the last answer got lost.
    Again(PlainToken),
    /// Somebody used it before: the caller revokes the family and answers `invalid_grant`.
    Replayed,
}

/// The façade of this room; cheap to clone.
#[derive(Clone)]
pub struct Tokens {
    base: Base,
    audit: Audit,
    settings: Arc<Settings>,
    /// decisions.md "Protocol": at most five seconds old, on every node.
    access: Hot<String, Arc<AccessToken>>,
    codes: Hot<String, Arc<Code>>,
    refresh: Hot<String, Arc<RefreshToken>>,
}

impl Tokens {
    pub fn new(base: Base, audit: Audit, settings: Settings) -> Self {
        let access = base.db.hot("access tokens", Reach::EveryNode);
        let codes = base.db.hot("codes", Reach::OneProcess);
        let refresh = base.db.hot("refresh tokens", Reach::OneProcess);
        Self { base, audit, settings: Arc::new(settings), access, codes, refresh }
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Opens the family of one authorization.
    pub fn open_family(
        &self,
        unit: &mut Unit,
        ctx: &Ctx,
        new: NewFamily,
    ) -> Result<Arc<Family>, TokensError> {
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
            generation: self.access.generation(),
        };
        store::insert_family(unit, &family);
        self.audit.note(unit, ctx, opened(&family))?;
        Ok(Arc::new(family))
    }

    pub async fn find_family(&self, id: GrantId) -> Result<Option<Arc<Family>>, TokensError> {
        Ok(store::find_family(self.base.db.read(), id, self.access.generation()).await?)
    }

    /// Ends a family and everything issued from it; false when it had ended already.
    pub async fn revoke_family(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        family: &Family,
        reason: RevokeReason,
    ) -> Result<bool, TokensError> {
        let ended = self.end(tx, ctx, Which::One(family.id), reason).await? > 0;
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
        self.end(tx, ctx, Which::OfSession(session), RevokeReason::SessionEnded).await
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
        self.end(tx, ctx, Which::OfPerson(person, client), reason).await
    }

    async fn end(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        which: Which<'_>,
        reason: RevokeReason,
    ) -> Result<u64, TokensError> {
        tx.forget_all(&self.access);
        tx.forget_all(&self.codes);
        tx.forget_all(&self.refresh);
        Ok(store::revoke_families(tx, which, ctx.now, reason).await?)
    }

    /// Issues an authorization code; its plain text exists only in the answer (RFC 6749 §4.1.2).
    pub fn issue_code(
        &self,
        unit: &mut Unit,
        ctx: &Ctx,
        family: &Arc<Family>,
        redirect: &VerifiedRedirect,
        code_challenge: Option<CodeChallenge>,
    ) -> PlainToken {
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
        store::insert_code(unit, &code);
        let key = code.hash.as_str().to_owned();
        keep(unit, ctx, &self.codes, key, Arc::new(code));
        token
    }

    /// The code whatever its state: consumed and expired ones are found too, so that a replay is recognised.
    pub async fn find_code(&self, ctx: &Ctx, code: &PlainToken) -> Result<Option<Arc<Code>>, TokensError> {
        let hash = code.hash();
        if let Some(copy) = self.codes.get(&hash.as_str().to_owned(), ctx.now) {
            return Ok(Some(copy));
        }
        let found = store::find_code(self.base.db.read(), &hash, self.access.generation()).await?;
        Ok(found.map(Arc::new))
    }

    /// Consumes the code, once: the unit is gone for everyone but the first.
    pub fn take_code(&self, unit: &mut Unit, ctx: &Ctx, code: &Code) {
        store::take_code(unit, &code.hash, ctx.now);
        unit.forget(&self.codes, code.hash.as_str().to_owned());
    }

    /// The first refresh token of a family.
    pub fn issue_refresh(
        &self,
        unit: &mut Unit,
        ctx: &Ctx,
        family: &Arc<Family>,
    ) -> Result<PlainToken, TokensError> {
        self.insert_refresh(unit, ctx, family, 1)
    }

    /// The refresh token whatever its state, as for codes.
    pub async fn find_refresh(
        &self,
        ctx: &Ctx,
        token: &PlainToken,
    ) -> Result<Option<Arc<RefreshToken>>, TokensError> {
        let hash = token.hash();
        if let Some(copy) = self.refresh.get(&hash.as_str().to_owned(), ctx.now) {
            return Ok(Some(copy));
        }
        self.reread(&hash).await
    }

    /// The refresh token as it stands now, after somebody else was faster.
    pub async fn reread_refresh(
        &self,
        token: &RefreshToken,
    ) -> Result<Option<Arc<RefreshToken>>, TokensError> {
        self.reread(&token.hash).await
    }

    async fn reread(&self, hash: &HashedToken) -> Result<Option<Arc<RefreshToken>>, TokensError> {
        let found = store::find_refresh(self.base.db.read(), hash, self.access.generation()).await?;
        Ok(found.map(Arc::new))
    }

    /// What a refresh token is worth that its own client presented (RFC 9700 §4.14.2).
    pub fn rotate_refresh(&self, ctx: &Ctx, token: &RefreshToken) -> Result<Rotation, TokensError> {
        let number = next(token.number);
        match token.presented(ctx.now, self.settings.grace) {
            Presented::Again => Ok(Rotation::Again(self.derive(&token.family, number)?)),
            Presented::Replayed => Ok(Rotation::Replayed),
            Presented::First => {
                let mut unit = self.base.db.unit();
                store::take_refresh(&mut unit, &token.hash, ctx.now);
                unit.forget(&self.refresh, token.hash.as_str().to_owned());
                self.audit.note(&mut unit, ctx, refreshed(token))?;
                let successor = self.insert_refresh(&mut unit, ctx, &token.family, number)?;
                Ok(Rotation::Successor(unit, successor))
            }
        }
    }

    /// Remembers an access token by the hash of its whole text.
    pub fn record_access(
        &self,
        unit: &mut Unit,
        ctx: &Ctx,
        token: &str,
        new: NewAccess,
        family: Option<&Arc<Family>>,
    ) {
        let hash = HashedToken::of(token);
        let copy = Arc::new(AccessToken {
            jti: new.jti.clone(),
            client: new.client.clone(),
            family: family.cloned(),
            person: new.person,
            scope: new.scope.clone(),
            audience: new.audience.clone(),
            issued_at: new.issued_at,
            expires_at: new.expires_at,
        });
        store::insert_access(unit, &hash, new);
        let generation = family.map_or_else(|| self.access.generation(), |family| family.generation);
        let (hot, key, now) = (self.access.clone(), hash.as_str().to_owned(), ctx.now);
        unit.afterwards(move || hot.put_new(generation, key, copy, now));
    }

    /// The access token if it is still good: within its time, its family not revoked.
    pub async fn find_access(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<Arc<AccessToken>>, TokensError> {
        let hash = HashedToken::of(token);
        let generation = self.access.generation();
        let read = async {
            store::find_access(self.base.db.read(), &hash, generation).await.map(|found| found.map(Arc::new))
        };
        let found = self.access.or_read(hash.as_str().to_owned(), now, read).await?;
        Ok(found.filter(|token| token.is_live(now)))
    }

    /// Forgets one access token (RFC 7009 §2.1); its family stays.
    pub async fn revoke_access(&self, tx: &Tx, token: &str) -> Result<(), TokensError> {
        let hash = HashedToken::of(token);
        tx.forget(&self.access, hash.as_str().to_owned());
        Ok(store::delete_access(tx, &hash).await?)
    }

    /// Removes a batch of what ended a day ago or earlier; tells how many rows.
    pub async fn sweep(&self, tx: &Tx, now: Timestamp) -> Result<u64, TokensError> {
        Ok(store::sweep(tx, now - chrono::TimeDelta::days(1)).await?)
    }

    fn insert_refresh(
        &self,
        unit: &mut Unit,
        ctx: &Ctx,
        family: &Arc<Family>,
        number: i64,
    ) -> Result<PlainToken, TokensError> {
        let token = self.derive(family, number)?;
        let expires_at = if family.offline {
            family.expires_at.min(ctx.now + self.settings.offline_idle)
        } else {
            family.expires_at
        };
        let row = model::NewRefresh { family: family.id, number, issued_at: ctx.now, expires_at };
        let hash = token.hash();
        store::insert_refresh(unit, &hash, &row);
        let copy = RefreshToken {
            hash: hash.clone(),
            family: family.clone(),
            number,
            issued_at: ctx.now,
            expires_at,
            consumed_at: None,
            successor_consumed: false,
        };
        keep(unit, ctx, &self.refresh, hash.as_str().to_owned(), Arc::new(copy));
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

/// Keeps a copy of what the unit writes.
fn keep<V: Clone + Send + Sync + 'static>(
    unit: &mut Unit,
    ctx: &Ctx,
    hot: &Hot<String, V>,
    key: String,
    copy: V,
) {
    let (hot, generation, now) = (hot.clone(), hot.generation(), ctx.now);
    unit.afterwards(move || hot.put_new(generation, key, copy, now));
}

/// Binds a sealed family key to its row.
fn key_place(family: GrantId) -> String {
    SEALED.of(&family)
}

#[cfg(test)]
mod tests;
