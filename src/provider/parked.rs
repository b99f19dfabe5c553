//! Parked authorization requests: they wait an hour for a person who signs in, registers, proves themselves
//! or consents, and survive a restart.
//!
//! ```text
//! posted ──first visit──▶ bound to a browser ──answered──▶ finished
//! asked by GET ─────────▶ bound ──sign-in──▶ bound to the new browser cookie
//!                           └──an hour──▶ expired
//! ```
//! The token stands in the URL and is stored hashed; it opens nothing in another browser.

use chrono::TimeDelta;

use super::{store, visitor::Visitor};
use crate::{
    kernel::{ClientId, Ctx, HashedToken, PlainToken, Timestamp},
    protocol::{interaction::Answers, params::RawParams},
    storage::{Base, StoreError, Tx, Unit, vault::SealedColumn},
};

/// decisions.md "Lifetimes".
const LIFETIME: TimeDelta = TimeDelta::minutes(60);

/// The parameters as they came.
pub const SEALED: SealedColumn = SealedColumn::by_text("parked_requests", "request", "id_hash");

/// A request that waits.
#[derive(Clone, Debug)]
pub struct Parked {
    /// The hash of its token.
    pub id: HashedToken,
    /// The browser it belongs to; nobody's yet after a POST from another site.
    pub browser: Option<HashedToken>,
    /// The client, readable after the request expired.
    pub client_id: ClientId,
    /// The parameters as they came.
    pub raw: RawParams,
    /// What was answered so far.
    pub answers: Answers,
    /// When it expires.
    pub expires_at: Timestamp,
    /// Whether an answer was sent.
    pub finished: bool,
}

impl Parked {
    /// Whether this browser may go on with it.
    pub fn is_open_to(&self, browser: &HashedToken, now: Timestamp) -> bool {
        let own = self.browser.as_ref().is_none_or(|bound| bound.as_str() == browser.as_str());
        own && !self.finished && now < self.expires_at
    }
}

/// The parked requests of all browsers.
#[derive(Clone)]
pub struct ParkedRequests {
    base: Base,
}

impl ParkedRequests {
    pub fn new(base: Base) -> Self {
        Self { base }
    }

    /// Parks a request of this visitor, or, without one, of whoever comes for it first.
    pub async fn park(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        client_id: &ClientId,
        raw: &RawParams,
        visitor: Option<&Visitor<'_>>,
    ) -> Result<PlainToken, StoreError> {
        let rng = self.base.rng.as_ref();
        let token = PlainToken::generate(rng);
        let id = token.hash();
        let request = self.base.vault.seal(rng, &place(&id), raw.encode().as_bytes())?;
        let row = store::NewParked {
            id,
            browser: visitor.map(|visitor| visitor.browser.clone()),
            client_id: client_id.clone(),
            request: request.into_bytes(),
            answers: visitor.map(Visitor::arrives).unwrap_or_default(),
            created_at: ctx.now,
            expires_at: ctx.now + LIFETIME,
        };
        store::insert(tx, row).await?;
        Ok(token)
    }

    /// The request of that token whatever its state.
    pub async fn find(&self, token: &str) -> Result<Option<Parked>, StoreError> {
        let Ok(token) = PlainToken::parse(token) else { return Ok(None) };
        let Some(row) = store::find(self.base.db.read(), &token.hash()).await? else { return Ok(None) };
        let raw = self.base.vault.open(&place(&row.id), &row.request)?;
        Ok(Some(Parked {
            id: row.id,
            browser: row.browser,
            client_id: row.client_id,
            raw: RawParams::parse(&raw),
            answers: row.answers,
            expires_at: row.expires_at,
            finished: row.finished,
        }))
    }

    /// A posted request becomes this browser's, if nobody was faster.
    pub async fn bind(&self, tx: &Tx, parked: &Parked, visitor: &Visitor<'_>) -> Result<Parked, StoreError> {
        let answers = visitor.arrives();
        store::bind(tx, &parked.id, visitor.browser, &answers).await?;
        Ok(Parked { browser: Some(visitor.browser.clone()), answers, ..parked.clone() })
    }

    /// Keeps what was answered.
    pub async fn answer(&self, tx: &Tx, parked: &Parked) -> Result<(), StoreError> {
        store::answer(tx, &parked.id, &parked.answers).await
    }

    /// The request is answered, once: the unit is [`StoreError::Gone`] for everyone but the first.
    pub fn finish(&self, unit: &mut Unit, ctx: &Ctx, parked: &Parked) {
        store::finish(unit, &parked.id, ctx.now);
    }

    /// The browser's cookie was replaced: its requests go with it.
    pub async fn rebind(&self, tx: &Tx, from: &HashedToken, to: &HashedToken) -> Result<(), StoreError> {
        store::rebind(tx, from, to).await
    }

    /// Removes a batch of the requests that expired a day ago or earlier; tells how many.
    pub async fn sweep(&self, tx: &Tx, now: Timestamp) -> Result<u64, StoreError> {
        store::sweep(tx, now - TimeDelta::days(1)).await
    }
}

/// Binds a sealed request to its row.
fn place(id: &HashedToken) -> String {
    SEALED.of(&id.as_str())
}
