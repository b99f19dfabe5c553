//! Signing keys: ES256 and RS256, rows shared by all nodes, the private part under the vault's key.
//!
//! The oldest key of an algorithm that is not retired signs; a rotation publishes the successor two minutes before it
//! signs. Signers and verifiers are built once per key and kept; rows are read again every minute, so that a rotation on
//! another node is seen. May use `audit`, `protocol` (the JOSE façade), `storage`, `kernel`.

mod model;
mod store;
#[cfg(test)]
pub mod testing;

use std::sync::{Arc, PoisonError, RwLock};

use tracing::warn;

pub use model::KeyRecord;
use model::{FRESH_FOR, OVERLAP, StoredKey};

use crate::{
    audit::{Audit, AuditEvent},
    kernel::{Ctx, KeyId, Timestamp},
    protocol::{
        client::SigningAlg,
        jose::{JoseError, Jwks, NewKey, Signer, Verifier},
    },
    storage::{Base, StoreError, vault},
};

/// Why there is no key to sign or verify with.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// `menfu keys init` was never run.
    #[error("there is no {} signing key: run `menfu keys init`", .0.as_str())]
    NoKey(SigningAlg),
    #[error(transparent)]
    Jose(#[from] JoseError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the thread that made a key ended early")]
    Thread,
}

/// The façade of this room; cheap to clone.
#[derive(Clone)]
pub struct Keys {
    base: Base,
    audit: Audit,
    ring: Arc<RwLock<Option<Arc<Ring>>>>,
}

/// The keys as they were read, with everything built from them.
struct Ring {
    read_at: Timestamp,
    signers: Vec<(KeyRecord, Arc<Signer>)>,
    jwks: Arc<Jwks>,
    verifier: Arc<Verifier>,
}

impl Keys {
    pub fn new(base: Base, audit: Audit) -> Self {
        Self { base, audit, ring: Arc::default() }
    }

    /// The key that signs with this algorithm now.
    pub async fn signer(&self, alg: SigningAlg) -> Result<Arc<Signer>, KeysError> {
        let now = self.base.clock.now();
        let ring = self.ring().await?;
        let mut active = ring.signers.iter().filter(|(key, _)| key.alg == alg && key.is_active(now));
        active.next().map(|(_, signer)| signer.clone()).ok_or(KeysError::NoKey(alg))
    }

    /// What `/jwks` publishes: active keys, successors, and retired ones for a month.
    pub async fn jwks(&self) -> Result<Arc<Jwks>, KeysError> {
        Ok(self.ring().await?.jwks.clone())
    }

    /// Recognises what we signed, as `id_token_hint`.
    pub async fn verifier(&self) -> Result<Arc<Verifier>, KeysError> {
        Ok(self.ring().await?.verifier.clone())
    }

    /// Makes a key for each algorithm that has none; tells what it made.
    pub async fn init(&self, ctx: &Ctx) -> Result<Vec<KeyRecord>, KeysError> {
        let mut fresh = Vec::new();
        for alg in SigningAlg::ALL {
            let there = store::all(self.base.db.read()).await?;
            if !there.iter().any(|key| key.record.alg == *alg && key.record.is_active(ctx.now)) {
                fresh.push(self.rotate(ctx, *alg).await?);
            }
        }
        Ok(fresh)
    }

    /// Every key, oldest first.
    pub async fn list(&self) -> Result<Vec<KeyRecord>, KeysError> {
        Ok(store::all(self.base.db.read()).await?.into_iter().map(|key| key.record).collect())
    }

    /// Makes a successor and retires the others once it has been published long enough.
    pub async fn rotate(&self, ctx: &Ctx, alg: SigningAlg) -> Result<KeyRecord, KeysError> {
        let NewKey { public, private } = tokio::task::spawn_blocking(move || NewKey::generate(alg))
            .await
            .map_err(|_| KeysError::Thread)??;
        let record = KeyRecord { kid: public.kid.clone(), alg, created_at: ctx.now, retired_at: None };
        let sealed = self.base.vault.seal(self.base.rng.as_ref(), &place(&record.kid), &private)?;
        let key = StoredKey { record: record.clone(), public, private: sealed.into_bytes() };
        let tx = self.base.db.begin().await?;
        store::retire(&tx, alg, ctx.now + OVERLAP).await?;
        store::insert(&tx, key).await?;
        self.audit.record(&tx, ctx, AuditEvent::KeyCreated { kid: record.kid.clone() }).await?;
        tx.commit().await?;
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(record)
    }

    /// The ring, read again when it is a minute old; with the database gone the old one goes on signing.
    async fn ring(&self) -> Result<Arc<Ring>, KeysError> {
        let now = self.base.clock.now();
        let held = self.ring.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(ring) = held.as_ref().filter(|ring| now - ring.read_at < FRESH_FOR) {
            return Ok(ring.clone());
        }
        match (self.read(now).await, held) {
            (Ok(ring), _) => {
                let ring = Arc::new(ring);
                *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Some(ring.clone());
                Ok(ring)
            }
            (Err(error), Some(old)) => {
                warn!(%error, "the signing keys are not read again; the known ones go on");
                Ok(old)
            }
            (Err(error), None) => Err(error),
        }
    }

    async fn read(&self, now: Timestamp) -> Result<Ring, KeysError> {
        let stored = store::all(self.base.db.read()).await?;
        let published = stored.iter().filter(|key| key.record.is_published(now));
        let jwks = Arc::new(Jwks { keys: published.map(|key| key.public.clone()).collect() });
        let active = stored.into_iter().filter(|key| key.record.is_active(now));
        let signers = active.map(|key| self.open(key)).collect::<Result<_, KeysError>>()?;
        let verifier = Arc::new(Verifier::new(&jwks)?);
        Ok(Ring { read_at: now, signers, jwks, verifier })
    }

    fn open(&self, key: StoredKey) -> Result<(KeyRecord, Arc<Signer>), KeysError> {
        let private = self.base.vault.open(&place(&key.record.kid), &key.private)?;
        let signer = Signer::new(key.record.alg, key.record.kid.clone(), &private)?;
        Ok((key.record, Arc::new(signer)))
    }
}

/// Binds a sealed private part to its row.
fn place(kid: &KeyId) -> String {
    vault::aad("signing_keys", "private_part", kid)
}

#[cfg(test)]
mod tests;
