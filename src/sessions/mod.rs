//! Browser sessions: one SSO session across clients, in SQL, found by the hash of a cookie.
//!
//! The token changes at every sign-in and level change (session fixation), the session's id does not leave the house:
//! clients get a `sid` derived per session **and client**, so that it cannot undo pairwise subjects.
//! May use `audit`, `storage`, `kernel`.

mod model;
mod store;

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use tracing::warn;

pub use model::{EndReason, NewSession, Session, Settings, SettingsError};

use crate::{
    audit::{Audit, AuditEvent},
    kernel::{Amr, ClientId, Ctx, HashedToken, PersonId, PlainToken, SessionId, Timestamp},
    storage::{Base, Hot, Reach, StoreError, Tx, Unit},
};

/// The façade of this room; cheap to clone.
#[derive(Clone)]
pub struct Sessions {
    base: Base,
    audit: Audit,
    settings: Arc<Settings>,
    hot: Hot<SessionId, store::Held>,
    /// Which session a token opened: only a hint, the session says which token opens it now.
    ids: Hot<String, SessionId>,
    /// Who takes part, as long as copies live.
    joined: Hot<(SessionId, ClientId), ()>,
}

/// A session that ended: what else must happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    pub session: SessionId,
    pub person: PersonId,
    /// The clients to tell (OpenID Connect Back-Channel Logout §2.3), in the order they came.
    pub clients: Vec<ClientId>,
}

impl Sessions {
    pub fn new(base: Base, audit: Audit, settings: Settings) -> Self {
        let hot = base.db.hot("sessions", Reach::OneProcess);
        let ids = base.db.hot("session ids", Reach::OneProcess);
        let joined = base.db.hot("session clients", Reach::OneProcess);
        Self { base, audit, settings: Arc::new(settings), hot, ids, joined }
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Starts a session for a person who has just proved themselves; the token goes into the cookie.
    pub async fn start(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        new: NewSession,
    ) -> Result<(Session, PlainToken), StoreError> {
        let mut unit = self.base.db.unit();
        let started = self.start_in(&mut unit, ctx, new);
        tx.write(unit).await?;
        Ok(started)
    }

    /// As [`Sessions::start`], by a unit.
    pub fn start_in(&self, unit: &mut Unit, ctx: &Ctx, new: NewSession) -> (Session, PlainToken) {
        let session = Session {
            id: SessionId::new(ctx.now, self.base.rng.as_ref()),
            person: new.person,
            auth_time: ctx.now,
            amr: new.amr,
            last_seen_at: ctx.now,
            started_at: ctx.now,
            expires_at: ctx.now + self.settings.absolute,
        };
        let token = PlainToken::generate(self.base.rng.as_ref());
        store::insert(unit, &session, &token.hash());
        (session, token)
    }

    /// The live session behind a cookie; notes that it was seen, at most once a minute.
    pub async fn find(&self, token: &PlainToken, now: Timestamp) -> Result<Option<Session>, StoreError> {
        let found = self.opened_by(&token.hash(), now).await?;
        let Some(session) = found.filter(|session| session.is_live(now, &self.settings)) else {
            return Ok(None);
        };
        if session.wants_touch(now, &self.settings) {
            self.touch(&session, now).await;
        }
        Ok(Some(session))
    }

    async fn opened_by(&self, token: &HashedToken, now: Timestamp) -> Result<Option<Session>, StoreError> {
        let key = token.as_str().to_owned();
        if let Some(id) = self.ids.get(&key, now)
            && let Some(held) = self.hot.get(&id, now)
        {
            return Ok((held.token.as_str() == token.as_str()).then_some(held.session));
        }
        let Some(held) = store::find_by_token(self.base.db.read(), token).await? else { return Ok(None) };
        self.ids.put(self.ids.look(&key), key, held.session.id, now);
        // Kept by its id, under which every change of it is forgotten: so it is read once more, the first time.
        self.find_by_id(held.session.id, now).await
    }

    /// The live session of that id, without counting as use of it.
    pub async fn find_by_id(&self, id: SessionId, now: Timestamp) -> Result<Option<Session>, StoreError> {
        let found = self.hot.or_read(id, now, store::find(self.base.db.read(), id)).await?;
        Ok(found.map(|held| held.session).filter(|session| session.is_live(now, &self.settings)))
    }

    /// A new token for a session whose level changed; the old one opens nothing any more.
    pub async fn rotate(&self, tx: &Tx, ctx: &Ctx, session: &Session) -> Result<PlainToken, StoreError> {
        let seen = Session { last_seen_at: ctx.now, ..session.clone() };
        let mut unit = self.base.db.unit();
        let token = self.replace_token(&mut unit, &seen);
        tx.write(unit).await?;
        Ok(token)
    }

    /// The person of the session proved themselves again: `auth_time` moves, the token changes. It decides the unit:
    /// [`StoreError::Gone`] when the session ended meanwhile.
    pub fn sign_in_again(
        &self,
        unit: &mut Unit,
        ctx: &Ctx,
        session: &Session,
        amr: Amr,
    ) -> (Session, PlainToken) {
        let session = Session { auth_time: ctx.now, last_seen_at: ctx.now, amr, ..session.clone() };
        let token = self.replace_token(unit, &session);
        (session, token)
    }

    /// Ends a session everywhere; the caller tells the clients and ends the families. [`StoreError::Gone`] when it had
    /// ended already: of two sign-outs at once, one tells the clients.
    pub async fn end(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        session: &Session,
        reason: EndReason,
    ) -> Result<Ended, StoreError> {
        store::end(tx, session.id, ctx.now, reason).await?;
        tx.forget(&self.hot, session.id);
        tx.forget_all(&self.joined);
        let clients = store::clients(tx, session.id).await?;
        let event =
            AuditEvent::SessionEnded { person: session.person, session: session.id, reason: reason.as_str() };
        self.audit.record(tx, ctx, event).await?;
        Ok(Ended { session: session.id, person: session.person, clients })
    }

    /// Ends every session of a person but, if named, one.
    pub async fn end_all_of(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        person: PersonId,
        but: Option<SessionId>,
        reason: EndReason,
    ) -> Result<Vec<Ended>, StoreError> {
        let mut ended = Vec::new();
        for session in store::of_person(tx, person).await? {
            if Some(session.id) == but {
                continue;
            }
            match self.end(tx, ctx, &session, reason).await {
                // Somebody else ended it and tells the clients.
                Err(StoreError::Gone) => {}
                one => ended.push(one?),
            }
        }
        Ok(ended)
    }

    /// The live sessions of a person, oldest first.
    pub async fn live_of(&self, person: PersonId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        let mut found = store::of_person(self.base.db.read(), person).await?;
        found.retain(|session| session.is_live(now, &self.settings));
        Ok(found)
    }

    /// Notes that a client takes part in the session and is to be told when it ends. The unit depends on the session:
    /// [`StoreError::Gone`] when it ended meanwhile, and an end that comes later finds what the unit wrote.
    pub fn join_client(&self, unit: &mut Unit, ctx: &Ctx, id: SessionId, client: &ClientId) {
        store::require(unit, id);
        let pair = (id, client.clone());
        if self.joined.get(&pair, ctx.now).is_some() {
            return;
        }
        store::join(unit, id, client, ctx.now);
        let (joined, generation, now) = (self.joined.clone(), self.joined.generation(), ctx.now);
        unit.afterwards(move || joined.put_new(generation, pair, (), now));
    }

    /// A client takes part in no session of this person any more; tells which it leaves.
    pub async fn leave_client(
        &self,
        tx: &Tx,
        person: PersonId,
        client: &ClientId,
    ) -> Result<Vec<SessionId>, StoreError> {
        tx.forget_all(&self.joined);
        store::leave(tx, person, client).await
    }

    /// The clients that take part in the session, in the order they came.
    pub async fn clients(&self, id: SessionId) -> Result<Vec<ClientId>, StoreError> {
        store::clients(self.base.db.read(), id).await
    }

    /// What this client knows the session by (OpenID Connect Back-Channel Logout §2.1 `sid`).
    pub fn sid(&self, id: SessionId, client: &ClientId) -> String {
        let mac = self.base.vault.mac("sid", format!("{id}\u{1f}{client}").as_bytes());
        URL_SAFE_NO_PAD.encode(mac)
    }

    /// Removes a batch of the sessions that ended a day ago or earlier; tells how many.
    pub async fn sweep(&self, tx: &Tx, now: Timestamp) -> Result<u64, StoreError> {
        store::sweep(tx, now - chrono::TimeDelta::days(1)).await
    }

    fn replace_token(&self, unit: &mut Unit, session: &Session) -> PlainToken {
        let token = PlainToken::generate(self.base.rng.as_ref());
        store::replace_token(unit, session, &token.hash());
        unit.forget(&self.hot, session.id);
        token
    }

    /// A page must not fail because this note could not be written.
    async fn touch(&self, session: &Session, now: Timestamp) {
        let written: Result<(), StoreError> = async {
            let tx = self.base.db.begin().await?;
            store::touch(&tx, session.id, now, now - self.settings.touch).await?;
            tx.forget(&self.hot, session.id);
            tx.commit().await
        }
        .await;
        if let Err(error) = written {
            warn!(%error, "the time a session was last seen is not written");
        }
    }
}

#[cfg(test)]
mod tests;
