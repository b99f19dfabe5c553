//! What people agreed to: which scopes each client may have, and each tick under a legal text.
//!
//! Consent is remembered per client, account and scope; first-party clients are never asked (the interaction table in
//! `protocol` decides). An agreement is one tick with document, version, time and purpose; it is never changed.
//! May use `audit`, `protocol` (scopes), `storage`, `kernel`.

mod model;
mod store;

pub use model::{Agreement, Granted, Holder};

use crate::{
    audit::{Audit, AuditEvent},
    kernel::{AuditId, ClientId, Ctx, FlowId, PersonId, Timestamp},
    protocol::scope::Scope,
    storage::{Base, Hot, Reach, StoreError, Tx, Unit},
};

/// The façade of this room; cheap to clone.
#[derive(Clone)]
pub struct Consents {
    base: Base,
    audit: Audit,
    hot: Hot<(ClientId, PersonId), Scope>,
}

impl Consents {
    pub fn new(base: Base, audit: Audit) -> Self {
        let hot = base.db.hot("consents", Reach::OneProcess);
        Self { base, audit, hot }
    }

    /// The scopes a person has granted to a client so far.
    pub async fn given(&self, client: &ClientId, person: PersonId) -> Result<Scope, StoreError> {
        let read = async { store::given(self.base.db.read(), client, person).await.map(Some) };
        let pair = (client.clone(), person);
        Ok(self.hot.or_read(pair, self.base.clock.now(), read).await?.unwrap_or_default())
    }

    /// Everything a person has granted to clients, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Db`]
    pub async fn all_of(&self, person: PersonId) -> Result<Vec<Granted>, StoreError> {
        store::all_of(self.base.db.read(), person).await
    }

    /// The unit depends on the consent: [`StoreError::Gone`] when it was withdrawn meanwhile, and a withdrawal that comes
    /// later finds what the unit wrote.
    pub fn require(&self, unit: &mut Unit, client: &ClientId, person: PersonId) {
        store::require(unit, client, person);
    }

    /// Remembers scopes, beside those granted before.
    pub async fn remember(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        client: &ClientId,
        person: PersonId,
        scope: &Scope,
    ) -> Result<(), StoreError> {
        store::add(tx, client, person, scope, ctx.now).await?;
        tx.forget(&self.hot, (client.clone(), person));
        let event = AuditEvent::ConsentGiven { person, client: client.clone(), scope: scope.to_string() };
        self.audit.record(tx, ctx, event).await
    }

    /// Forgets all of it; the caller ends the tokens, whatever this says: true when there was something to withdraw.
    pub async fn withdraw(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        client: &ClientId,
        person: PersonId,
    ) -> Result<bool, StoreError> {
        let withdrawn = store::remove(tx, client, person).await? > 0;
        tx.forget(&self.hot, (client.clone(), person));
        if withdrawn {
            let event = AuditEvent::ConsentWithdrawn { person, client: client.clone() };
            self.audit.record(tx, ctx, event).await?;
        }
        Ok(withdrawn)
    }

    /// Records one tick.
    pub async fn tick(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        holder: Holder,
        agreement: Agreement,
    ) -> Result<(), StoreError> {
        let id = AuditId::new(ctx.now, self.base.rng.as_ref()).uuid();
        let event = AuditEvent::AgreementGiven {
            person: holder.person(),
            document: agreement.document.clone(),
            version: agreement.version.clone(),
        };
        store::insert_agreement(tx, id, holder, agreement, ctx.now).await?;
        self.audit.record(tx, ctx, event).await
    }

    /// The ticks of a wizard become those of the account it made.
    pub async fn adopt(&self, tx: &Tx, flow: FlowId, person: PersonId) -> Result<(), StoreError> {
        store::move_agreements(tx, Holder::Flow(flow), Holder::Person(person)).await?;
        Ok(())
    }

    /// Wizards that are gone: what was ticked in those that made no account is nobody's. Their events stay in the audit.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn abandon(&self, tx: &Tx, flows: &[FlowId]) -> Result<u64, StoreError> {
        store::remove_agreements(tx, flows).await
    }

    /// Every tick of a holder, oldest first.
    pub async fn agreements(&self, holder: Holder) -> Result<Vec<(Agreement, Timestamp)>, StoreError> {
        store::agreements_of(self.base.db.read(), holder).await
    }
}

#[cfg(test)]
mod tests;
