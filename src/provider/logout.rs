//! Sign-out: the whole SSO session ends, and every client that took part is told.

use std::{sync::Arc, time::Duration};

use super::{
    Internal, Provider, SignOutError,
    backchannel::{KIND, News},
};
use crate::{
    kernel::{Ctx, OutboxId},
    protocol::{
        client::Client,
        logout::{KnownSession, LogoutDecision, LogoutRequest, PostLogoutRedirect},
        params::RawParams,
    },
    sessions::{EndReason, Ended, Session},
    storage::StoreError,
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
    },
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
        let Some(session) = session else { return Ok(SignedOut::Done { then, client, ended: true }) };
        match choice {
            None if asks => Ok(SignedOut::Ask { client }),
            Some(LogoutChoice::ThisClient) => Ok(SignedOut::Done { then, client, ended: false }),
            None | Some(LogoutChoice::Everything) => {
                self.end_session(ctx, session, EndReason::SignedOut).await?;
                Ok(SignedOut::Done { then, client, ended: true })
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
    pub async fn end_session(&self, ctx: &Ctx, session: &Session, reason: EndReason) -> Result<(), Internal> {
        let tx = self.rooms.base.db.begin().await?;
        let ended = match self.rooms.sessions.end(&tx, ctx, session, reason).await {
            // Somebody else ended it and tells the clients.
            Err(StoreError::Gone) => return Ok(()),
            ended => ended?,
        };
        self.rooms.tokens.end_session(&tx, ctx, session.id).await?;
        let mut queued: Vec<OutboxId> = Vec::new();
        for news in self.news(&ended) {
            let rng = self.rooms.base.rng.as_ref();
            queued.push(self.rooms.outbox.queue(&tx, ctx, rng, KIND, &news).await?);
        }
        tx.commit().await?;
        self.tell(ctx, &queued).await;
        Ok(())
    }

    /// One message for each client that wants to know (Back-Channel Logout §2.2).
    fn news(&self, ended: &Ended) -> Vec<News> {
        let wants =
            |id| self.rooms.clients.find(id).is_some_and(|client| client.backchannel_logout_uri.is_some());
        let clients = ended.clients.iter().filter(|id| wants(id));
        clients
            .map(|client| News { client: client.clone(), person: ended.person, session: ended.session })
            .collect()
    }

    async fn tell(&self, ctx: &Ctx, queued: &[OutboxId]) {
        if queued.is_empty() {
            return;
        }
        match tokio::time::timeout(PATIENCE, self.rooms.dispatcher.attempt(queued, ctx.now)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(trace = %ctx.trace, %error, "the clients are told later"),
            Err(_) => tracing::info!(trace = %ctx.trace, "not every client has answered; they are told on"),
        }
    }
}
