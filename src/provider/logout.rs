//! Sign-out: the whole SSO session ends, and every client that took part is told.

use std::{sync::Arc, time::Duration};

use super::{
    Internal, Provider, SignOutError,
    backchannel::{KIND, News},
};
use crate::{
    kernel::{ClientId, Ctx, OutboxId, PersonId},
    protocol::{
        client::Client,
        logout::{KnownSession, LogoutDecision, LogoutFrame, LogoutRequest, PostLogoutRedirect},
        params::RawParams,
    },
    sessions::{EndReason, Ended, Session},
    storage::{StoreError, Tx},
    tokens::RevokeReason,
};

/// decisions.md "Protocol": the redirect waits this long for the clients to be told.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the confirmation page was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogoutChoice {
    /// 全部退出.
    Everything,
    /// 只退出本系统: the client has ended its own session, ours goes on.
    ThisClient,
}

/// What becomes of a logout request.
#[derive(Debug)]
pub enum SignedOut {
    /// Ask first; `client` asks.
    Ask {
        /// Who asks, if the request says so.
        client: Option<Arc<Client>>,
    },
    /// It is done, or there was nothing to do.
    Done {
        /// Where to go, else a page here.
        then: Option<PostLogoutRedirect>,
        /// Who asked, if the request says so.
        client: Option<Arc<Client>>,
        /// Whether the SSO session ended: its cookie goes.
        ended: bool,
        /// What the other clients hear of it.
        farewell: Farewell,
    },
}

/// How the clients of a session hear that it ended, beside the back channel.
#[derive(Debug, Default)]
pub struct Farewell {
    /// What the browser is to load.
    pub frames: Vec<LogoutFrame>,
    /// The names of those whom the back channel has not reached; they are told on.
    pub unreached: Vec<String>,
}

impl Provider {
    /// RP-Initiated Logout §2; `choice` is the answer of the confirmation page, which repeats the parameters.
    ///
    /// # Errors
    /// [`SignOutError::Page`]: the browser stays here.
    pub async fn sign_out(
        &self,
        ctx: &Ctx,
        session: Option<&Session>,
        raw: &RawParams,
        choice: Option<LogoutChoice>,
    ) -> Result<SignedOut, SignOutError> {
        let keys = self.rooms.keys.verifier().await?;
        let request = LogoutRequest::read(raw, &self.settings.issuer, &keys)?;
        let client = request.client_id().and_then(|id| self.rooms.clients.find(id));
        let known = session.map(|session| self.known(session, client.as_deref()));
        let (then, asks) = match request.decide(client.as_deref(), known.as_ref())? {
            LogoutDecision::Ask(then) => (then, true),
            LogoutDecision::End(then) | LogoutDecision::NothingToEnd(then) => (then, false),
        };
        let done = |ended, farewell| SignedOut::Done { then, client: client.clone(), ended, farewell };
        let Some(session) = session else { return Ok(done(true, Farewell::default())) };
        match choice {
            None if asks => Ok(SignedOut::Ask { client }),
            Some(LogoutChoice::ThisClient) => Ok(done(false, Farewell::default())),
            None | Some(LogoutChoice::Everything) => {
                Ok(done(true, self.end_session(ctx, session, EndReason::SignedOut).await?))
            }
        }
    }

    /// The session as that client knows it; nobody's hint fits where no client is named.
    fn known(&self, session: &Session, client: Option<&Client>) -> KnownSession {
        client.map_or_else(
            || KnownSession { sub: String::new(), sid: String::new() },
            |client| KnownSession {
                sub: self.subject(client, session.person),
                sid: self.rooms.sessions.sid(session.id, &client.client_id),
            },
        )
    }

    /// Ends a session and what was to end with it, and tells its clients; waits for them two seconds at
    /// most, the outbox goes on.
    ///
    /// # Errors
    /// [`Internal`].
    pub async fn end_session(
        &self,
        ctx: &Ctx,
        session: &Session,
        reason: EndReason,
    ) -> Result<Farewell, Internal> {
        let tx = self.rooms.base.db.begin().await?;
        let ended = match self.rooms.sessions.end(&tx, ctx, session, reason).await {
            // Somebody else ended it and tells the clients.
            Err(StoreError::Gone) => return Ok(Farewell::default()),
            ended => ended?,
        };
        self.rooms.tokens.end_session(&tx, ctx, session.id).await?;
        let queued = self.queue(&tx, ctx, &ended).await?;
        tx.commit().await?;
        let unreached = self.tell(ctx, &queued).await?;
        Ok(Farewell { frames: self.frames(&ended), unreached })
    }

    /// Ends every session and token family of a person in the transaction of what makes it necessary, and tells the
    /// clients.
    ///
    /// # Errors
    /// [`Internal`]; that of `because` leaves everything as it was.
    pub async fn end_all_of(
        &self,
        ctx: &Ctx,
        person: PersonId,
        reason: EndReason,
        because: impl AsyncFnOnce(&Tx) -> Result<(), StoreError>,
    ) -> Result<(), Internal> {
        let tx = self.rooms.base.db.begin().await?;
        because(&tx).await?;
        let all = self.rooms.sessions.end_all_of(&tx, ctx, person, None, reason).await?;
        self.rooms.tokens.revoke_person(&tx, ctx, person, None, RevokeReason::PersonChanged).await?;
        let mut queued = Vec::new();
        for ended in &all {
            queued.extend(self.queue(&tx, ctx, ended).await?);
        }
        tx.commit().await?;
        self.tell(ctx, &queued).await?;
        Ok(())
    }

    /// A person takes back what they granted to a client: its tokens end with it, its part in their sessions too, of which
    /// it is told, and the next request asks anew.
    ///
    /// # Errors
    /// [`Internal`].
    pub async fn withdraw_consent(
        &self,
        ctx: &Ctx,
        person: PersonId,
        client: &ClientId,
    ) -> Result<(), Internal> {
        let tx = self.rooms.base.db.begin().await?;
        self.rooms.consents.withdraw(&tx, ctx, client, person).await?;
        let reason = RevokeReason::ConsentWithdrawn;
        self.rooms.tokens.revoke_person(&tx, ctx, person, Some(client), reason).await?;
        let mut queued = Vec::new();
        for session in self.rooms.sessions.leave_client(&tx, person, client).await? {
            let left = Ended { session, person, clients: vec![client.clone()] };
            queued.extend(self.queue(&tx, ctx, &left).await?);
        }
        tx.commit().await?;
        self.tell(ctx, &queued).await?;
        Ok(())
    }

    /// Ends all sessions of a person but this one, with what was to end with them.
    ///
    /// # Errors
    /// [`Internal`].
    pub async fn end_others(&self, ctx: &Ctx, own: &Session) -> Result<(), Internal> {
        let tx = self.rooms.base.db.begin().await?;
        let (person, reason) = (own.person, EndReason::Ended);
        let all = self.rooms.sessions.end_all_of(&tx, ctx, person, Some(own.id), reason).await?;
        let mut queued = Vec::new();
        for ended in &all {
            self.rooms.tokens.end_session(&tx, ctx, ended.session).await?;
            queued.extend(self.queue(&tx, ctx, ended).await?);
        }
        tx.commit().await?;
        self.tell(ctx, &queued).await?;
        Ok(())
    }

    async fn queue(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        ended: &Ended,
    ) -> Result<Vec<(OutboxId, Arc<Client>)>, StoreError> {
        let mut queued = Vec::new();
        for (client, news) in self.news(ended) {
            let rng = self.rooms.base.rng.as_ref();
            queued.push((self.rooms.outbox.queue(tx, ctx, rng, KIND, &news).await?, client));
        }
        Ok(queued)
    }

    fn frames(&self, ended: &Ended) -> Vec<LogoutFrame> {
        let clients = ended.clients.iter().filter_map(|id| self.rooms.clients.find(id));
        let frame = |client: Arc<Client>| {
            let sid = self.rooms.sessions.sid(ended.session, &client.client_id);
            LogoutFrame::of(&client, &self.settings.issuer, &sid)
        };
        clients.filter_map(frame).collect()
    }

    /// One message for each client that wants to know (Back-Channel Logout §2.2).
    fn news(&self, ended: &Ended) -> Vec<(Arc<Client>, News)> {
        let clients = ended.clients.iter().filter_map(|id| self.rooms.clients.find(id));
        let news = |client: &Client| News {
            client: client.client_id.clone(),
            person: ended.person,
            session: ended.session,
        };
        let wants = clients.filter(|client| client.backchannel_logout_uri.is_some());
        wants.map(|client| (client.clone(), news(&client))).collect()
    }

    /// Tells them, and names those who have not heard it when the patience ends.
    async fn tell(&self, ctx: &Ctx, queued: &[(OutboxId, Arc<Client>)]) -> Result<Vec<String>, Internal> {
        if queued.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<_> = queued.iter().map(|(id, _)| *id).collect();
        match tokio::time::timeout(PATIENCE, self.rooms.dispatcher.attempt(&ids, ctx.now)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(trace = %ctx.trace, %error, "the clients are told later"),
            Err(_) => tracing::info!(trace = %ctx.trace, "not every client has answered; they are told on"),
        }
        let waiting = self.rooms.outbox.waiting_of(&ids).await?;
        let unreached = queued.iter().filter(|(id, _)| waiting.contains(id));
        Ok(unreached.map(|(_, client)| client.client_name.clone()).collect())
    }
}
