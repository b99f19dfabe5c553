//! The OpenID provider's use cases: load, let `protocol` decide, commit.
//!
//! `authorize` and its parked requests · `exchange` of grants for tokens · `userinfo`, introspection and
//! revocation · sign-out and the news of it. No rule of the protocol stands here: every one is in
//! `protocol`, and every row is written by the room it belongs to. May use every room below.

mod answers;
mod authorize;
mod backchannel;
mod client_authentication;
mod error;
mod exchange;
mod facts;
mod logout;
mod parked;
mod release;
mod resource;
mod store;
mod visitor;

use std::sync::Arc;

pub use answers::{ConsentAnswer, Pending};
pub use authorize::Authorized;
pub use backchannel::BackchannelLogout;
pub use error::{AuthorizeError, EndpointError, Internal, SignOutError, WayBack};
pub use exchange::TokenResponse;
pub use logout::{Farewell, LogoutChoice, SignedOut};
pub use parked::SEALED;
pub use resource::UserInfo;
pub use visitor::Visitor;

use crate::{
    clients::{Clients, KeySets},
    consents::Consents,
    kernel::{Ctx, HashedToken, PersonId, RealNameLevel, Timestamp},
    keys::Keys,
    ledger::Ledger,
    people::People,
    proofing::Proofing,
    protocol::{
        client::Client,
        discovery::{Endpoints, Metadata},
        issuer::Issuer,
        jose::Jwks,
        subject,
    },
    sessions::Sessions,
    storage::{Base, Dispatcher, Ephemeral, Outbox, StoreError, Tx},
    tokens::Tokens,
};
use parked::ParkedRequests;

/// What this installation is called and can do.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Who we are.
    pub issuer: Issuer,
    /// The address of the token endpoint, which assertions may name.
    pub token_endpoint: String,
    /// What our `acr` values begin with.
    pub acr_prefix: String,
    /// The highest level a person can reach here on line.
    pub reachable: RealNameLevel,
}

/// The rooms whose rows the use cases load and write.
pub struct Rooms {
    pub base: Base,
    pub people: People,
    pub proofing: Proofing,
    pub sessions: Sessions,
    pub consents: Consents,
    pub tokens: Tokens,
    pub clients: Clients,
    /// The public keys of clients that sign.
    pub key_sets: KeySets,
    /// Assertions that were used.
    pub ephemeral: Arc<dyn Ephemeral>,
    pub keys: Keys,
    pub outbox: Outbox,
    /// Has a [`BackchannelLogout`] among its handlers.
    pub dispatcher: Dispatcher,
    /// What was released of a person.
    pub ledger: Ledger,
}

/// The façade; cheap to clone.
#[derive(Clone)]
pub struct Provider {
    rooms: Arc<Rooms>,
    settings: Arc<Settings>,
    parked: ParkedRequests,
}

impl Provider {
    pub fn new(rooms: Rooms, settings: Settings) -> Self {
        let parked = ParkedRequests::new(rooms.base.clone());
        Self { rooms: Arc::new(rooms), settings: Arc::new(settings), parked }
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The discovery document.
    #[must_use]
    pub fn metadata(&self, endpoints: &Endpoints<'_>) -> Metadata {
        Metadata::new(&self.settings.issuer, endpoints, &self.settings.acr_prefix)
    }

    /// The published keys.
    pub async fn jwks(&self) -> Result<Arc<Jwks>, Internal> {
        Ok(self.rooms.keys.jwks().await?)
    }

    /// A browser's cookie was replaced at sign-in: its parked requests go with it.
    pub async fn rebind(&self, ctx: &Ctx, from: &HashedToken, to: &HashedToken) -> Result<(), StoreError> {
        tracing::debug!(trace = %ctx.trace, "parked requests follow the browser");
        let tx = self.rooms.base.db.begin().await?;
        self.parked.rebind(&tx, from, to).await?;
        tx.commit().await
    }

    /// Removes a batch of the parked requests, codes and tokens that ended a day ago; tells how many rows.
    ///
    /// # Errors
    /// [`Internal`] when the store fails.
    pub async fn sweep(&self, tx: &Tx, now: Timestamp) -> Result<u64, Internal> {
        let tokens = self.rooms.tokens.sweep(tx, now).await?;
        Ok(tokens.saturating_add(self.parked.sweep(tx, now).await?))
    }

    /// `sub` of a person for a client.
    fn subject(&self, client: &Client, person: PersonId) -> String {
        subject_of(&self.rooms.base, client, person)
    }
}

/// `sub` of a person for a client, under a key of this installation.
fn subject_of(base: &Base, client: &Client, person: PersonId) -> String {
    subject::person(client, person, &|data| base.vault.mac("subject", data))
}

#[cfg(test)]
mod tests;
