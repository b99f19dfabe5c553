//! Nothing about a person leaves the house without its entry in their ledger (`beyond.md` M6).

use super::{Internal, Provider};
use crate::{
    kernel::{Acr, Ctx, PersonId},
    ledger::{Basis, Disclosure, Occasion, Recipient, TRIES},
    protocol::client::Client,
    storage::StoreError,
    tokens::{AccessToken, Once},
};

/// What every token says of its person.
pub(super) const IN_EVERY_TOKEN: [&str; 4] = ["sub", "auth_time", "amr", "acr"];

impl Provider {
    /// What one release to a client says in the ledger; a service of the bureau needs no consent, every other has one.
    pub(super) fn disclosure(
        &self,
        client: &Client,
        person: PersonId,
        (occasion, claims): (Occasion, Vec<String>),
        acr: Option<Acr>,
    ) -> Disclosure {
        Disclosure {
            person,
            recipient: Recipient::Client(client.client_id.clone()),
            occasion,
            basis: if client.first_party { Basis::Duty } else { Basis::Consent },
            claims,
            acr: acr.map(|acr| acr.format("")),
            reason: None,
        }
    }

    /// Writes the entry of what a token opens, once for each token: whoever asks again with the same one is told the same.
    pub(super) async fn release(
        &self,
        ctx: &Ctx,
        (token, access): (&str, &AccessToken),
        once: Once,
        told: &Disclosure,
    ) -> Result<(), Internal> {
        if access.was_told(once) {
            return Ok(());
        }
        for _ in 0..TRIES {
            let mut unit = self.rooms.base.db.unit();
            self.rooms.tokens.tell_once(&mut unit, ctx, (token, access), once);
            self.rooms.ledger.note(&mut unit, ctx, told).await?;
            match self.rooms.base.db.write(unit).await {
                // Another request with the same token wrote it.
                Err(StoreError::Gone) => return Ok(()),
                Err(StoreError::Conflict) => self.rooms.ledger.reread(told.person),
                written => return Ok(written?),
            }
        }
        Err(StoreError::Conflict.into())
    }
}
