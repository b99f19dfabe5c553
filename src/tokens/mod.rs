//! Codes, access and refresh tokens, and the families they belong to: rows only, no protocol.
//!
//! Codes and access tokens are stored as hashes. A family is opened by each authorization; revoking it ends everything
//! issued from it. Refresh tokens name their family and their number and are derived from both under the family's key,
//! which is vault ciphertext: no row is written for them, the family's row says which number is the newest, and a lost
//! answer can be repeated. May use `audit`, `protocol` (value types), `storage`, `kernel`.

mod model;
mod settings;
mod store;

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use model::Newest;
pub use model::{
    AccessToken, Code, Family, Lifetime, NewAccess, NewFamily, Once, Presented, RefreshToken, Revocation,
    RevokeReason, Told,
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
        let family = self.new_family(ctx, new)?;
        store::insert_family(unit, &family, None);
        self.audit.note(unit, ctx, opened(&family))?;
        Ok(Arc::new(family))
    }

    /// A family that begins with its first refresh token, without a code: one row.
    #[cfg(feature = "sandbox")]
    pub fn enrol(&self, unit: &mut Unit, ctx: &Ctx, new: NewFamily) -> Result<PlainToken, TokensError> {
        let family = self.new_family(ctx, new)?;
        store::insert_family(unit, &family, Some(self.newest(ctx, &family, 1)));
        self.audit.note(unit, ctx, opened(&family))?;
        self.derive(&family, 1)
    }

    fn new_family(&self, ctx: &Ctx, new: NewFamily) -> Result<Family, TokensError> {
        let rng = self.base.rng.as_ref();
        let id = GrantId::new(ctx.now, rng);
        let key: [u8; 32] = random_bytes(rng);
        let sealed = self.base.vault.seal(rng, &key_place(id), &key)?;
        let (offline, expires_at) = match new.lifetime {
            Lifetime::Session { ends_at } => (false, ends_at),
            Lifetime::Offline => (true, ctx.now + self.settings.offline_absolute),
        };
        Ok(Family {
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
        })
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
        let first = self.newest(ctx, family, 1);
        store::begin_refresh(unit, family.id, first);
        self.hand_out(unit, ctx, family, first)
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
        let named = match model::named(token) {
            Some(named) => Some(named),
            None => store::find_unnamed(self.base.db.read(), &hash).await?,
        };
        let Some((family, number)) = named else { return Ok(None) };
        let found = self.stored(family, number, hash).await?;
        match found {
            Some(found) if self.is_right(&found, token)? => Ok(Some(Arc::new(found))),
            _ => Ok(None),
        }
    }

    /// Whether the text is what the family's key makes of its number; one that names no family was found by its hash.
    fn is_right(&self, found: &RefreshToken, token: &PlainToken) -> Result<bool, TokensError> {
        let named = model::named(token).is_some();
        Ok(!named || self.derive(&found.family, found.number)?.hash().matches(token))
    }

    /// The refresh token as it stands now, after somebody else was faster.
    pub async fn reread_refresh(
        &self,
        token: &RefreshToken,
    ) -> Result<Option<Arc<RefreshToken>>, TokensError> {
        Ok(self.stored(token.family.id, token.number, token.hash.clone()).await?.map(Arc::new))
    }

    async fn stored(
        &self,
        family: GrantId,
        number: i64,
        hash: HashedToken,
    ) -> Result<Option<RefreshToken>, TokensError> {
        let found = store::find_newest(self.base.db.read(), family, self.access.generation()).await?;
        Ok(found.and_then(|(family, newest)| newest.token(&family, number, hash)))
    }

    /// What a refresh token is worth that its own client presented (RFC 9700 §4.14.2).
    pub fn rotate_refresh(&self, ctx: &Ctx, token: &RefreshToken) -> Result<Rotation, TokensError> {
        let number = next(token.number);
        match token.presented(ctx.now, self.settings.grace) {
            Presented::Again => Ok(Rotation::Again(self.derive(&token.family, number)?)),
            Presented::Replayed => Ok(Rotation::Replayed),
            Presented::First => {
                let mut unit = self.base.db.unit();
                let next = self.newest(ctx, &token.family, number);
                store::rotate_refresh(&mut unit, token.family.id, next);
                unit.forget(&self.refresh, token.hash.as_str().to_owned());
                self.audit.note(&mut unit, ctx, refreshed(token))?;
                let successor = self.hand_out(&mut unit, ctx, &token.family, next)?;
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
            told: Told::default(),
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
            let Some(jti) = model::jti_of(token) else { return Ok::<_, StoreError>(None) };
            let found = store::find_access(self.base.db.read(), &jti, &hash, generation).await?;
            Ok(found.map(Arc::new))
        };
        let found = self.access.or_read(hash.as_str().to_owned(), now, read).await?;
        Ok(found.filter(|token| token.is_live(now)))
    }

    /// Makes a unit note that the token opened something; it is [`StoreError::Gone`] when that was noted before.
    pub fn tell_once(&self, unit: &mut Unit, ctx: &Ctx, (token, access): (&str, &AccessToken), once: Once) {
        store::tell_once(unit, &access.jti, once, ctx.now);
        unit.forget(&self.access, HashedToken::of(token).as_str().to_owned());
    }

    /// Forgets one access token (RFC 7009 §2.1); its family stays.
    pub async fn revoke_access(&self, tx: &Tx, token: &str) -> Result<(), TokensError> {
        let hash = HashedToken::of(token);
        tx.forget(&self.access, hash.as_str().to_owned());
        match model::jti_of(token) {
            Some(jti) => Ok(store::delete_access(tx, &jti, &hash).await?),
            None => Ok(()),
        }
    }

    /// Removes a batch of what ended a day ago or earlier; tells how many rows.
    pub async fn sweep(&self, tx: &Tx, now: Timestamp) -> Result<u64, TokensError> {
        Ok(store::sweep(tx, now - chrono::TimeDelta::days(1)).await?)
    }

    fn newest(&self, ctx: &Ctx, family: &Family, number: i64) -> Newest {
        let expires_at = if family.offline {
            family.expires_at.min(ctx.now + self.settings.offline_idle)
        } else {
            family.expires_at
        };
        Newest { number, issued_at: ctx.now, expires_at, rotated_at: None }
    }

    fn hand_out(
        &self,
        unit: &mut Unit,
        ctx: &Ctx,
        family: &Arc<Family>,
        newest: Newest,
    ) -> Result<PlainToken, TokensError> {
        let token = self.derive(family, newest.number)?;
        let hash = token.hash();
        let key = hash.as_str().to_owned();
        if let Some(copy) = newest.token(family, newest.number, hash) {
            keep(unit, ctx, &self.refresh, key, Arc::new(copy));
        }
        Ok(token)
    }

    /// The family's refresh token of that number: both, and their HMAC-SHA-256 under the family's key.
    fn derive(&self, family: &Family, number: i64) -> Result<PlainToken, TokensError> {
        let key = self.base.vault.open(&key_place(family.id), &family.refresh_key)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| StoreError::Corrupt)?;
        mac.update(b"refresh");
        mac.update(&number.to_be_bytes());
        let name = model::refresh_name(family.id, number);
        Ok(PlainToken::named(name, mac.finalize().into_bytes().into()))
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
