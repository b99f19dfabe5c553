//! What a changed file means for the audit trail.

use crate::{
    audit::{Audit, AuditEvent},
    kernel::{ClientId, Ctx, HashedToken},
    protocol::client::Client,
    storage::{Base, StoreError, Tx},
};

use super::{Clients, store};

impl Clients {
    /// Records in the audit trail what changed since a node last took registrations up; tells how many did. Of several
    /// nodes with one file, one records it.
    ///
    /// # Errors
    /// When the store fails; then nothing is recorded, and the next start or reload does it.
    pub async fn record(&self, base: &Base, audit: &Audit, ctx: &Ctx) -> Result<usize, StoreError> {
        let tx = base.db.begin().await?;
        let mut known = store::all(&tx).await?;
        let mut events = Vec::new();
        for client in self.all() {
            let id = &client.client_id;
            events.extend(taken_up(&tx, ctx, (id, digest(&client)?), known.remove(id)).await?);
        }
        for client in known.into_keys() {
            if store::delete(&tx, &client).await? {
                events.push(AuditEvent::ClientRemoved { client });
            }
        }
        let count = events.len();
        for event in events {
            audit.record(&tx, ctx, event).await?;
        }
        tx.commit().await?;
        Ok(count)
    }
}

async fn taken_up(
    tx: &Tx,
    ctx: &Ctx,
    (id, now): (&ClientId, HashedToken),
    before: Option<String>,
) -> Result<Option<AuditEvent>, StoreError> {
    let client = id.clone();
    Ok(match before {
        Some(before) if before == now.as_str() => None,
        Some(before) => store::update(tx, id, (&before, &now), ctx.now)
            .await?
            .then_some(AuditEvent::ClientChanged { client }),
        None => store::insert(tx, id, &now, ctx.now).await?.then_some(AuditEvent::ClientAdded { client }),
    })
}

/// SHA-256 of the whole registration, the hash of its secret included.
fn digest(client: &Client) -> Result<HashedToken, StoreError> {
    let text = serde_json::to_string(client).map_err(|_| StoreError::Corrupt)?;
    Ok(HashedToken::of(&text))
}
