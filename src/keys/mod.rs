//! Signing keys: one for each algorithm, rows shared by all nodes, the private part under the vault's key.
//!
//! The oldest key of an algorithm that is not retired signs; a rotation publishes the successor two minutes before it
//! signs, and a compromised key is revoked at once. Signers and verifiers are built once per key and kept; rows are read
//! again every ten seconds, so that what happened on another node is seen. May use `audit`, `protocol` (the JOSE façade), `storage`, `kernel`.

mod model;
mod store;
#[cfg(test)]
pub mod testing;

use std::sync::{Arc, PoisonError, RwLock};

use tracing::warn;

pub use model::{CACHED_FOR, KeyRecord};
use model::{FRESH_FOR, OVERLAP, StoredKey};

use crate::{
    audit::{Audit, AuditEvent},
    kernel::{Ctx, KeyId, Timestamp},
    protocol::{
        client::SigningAlg,
        jose::{JoseError, Jwks, NewKey, PublicJwk, Signer, Verifier},
    },
    storage::{Base, StoreError, Tx, vault::SealedColumn},
};

/// The private parts.
pub const SEALED: SealedColumn = SealedColumn::by_text("signing_keys", "private_part", "kid");

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
    /// Nothing to revoke.
    #[error("there is no key {0} that signs or verifies: `menfu keys list` shows them")]
    Unknown(KeyId),
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
        let key = self.make(ctx, alg).await?;
        let record = key.record.clone();
        let tx = self.base.db.begin().await?;
        store::retire(&tx, alg, ctx.now + OVERLAP).await?;
        self.keep(&tx, ctx, key).await?;
        tx.commit().await?;
        self.refresh();
        Ok(record)
    }

    /// Takes a compromised key out of the JWKS and out of use at once, and tells which key signs from now on.
    ///
    /// A successor that was published already signs at once; else a new one does, which a relying party learns when its
    /// copy of the JWKS is [`CACHED_FOR`] old or when it looks for a `kid` that it does not know.
    pub async fn revoke(&self, ctx: &Ctx, kid: &KeyId) -> Result<KeyRecord, KeysError> {
        let there = self.list().await?;
        let unknown = || KeysError::Unknown(kid.clone());
        let alg = there.iter().find(|key| key.kid == *kid).ok_or_else(unknown)?.alg;
        let mut left: Vec<_> = there.into_iter().filter(|key| key.alg == alg && key.kid != *kid).collect();
        left.retain(|key| key.is_active(ctx.now));
        let fresh = match left.iter().any(|key| key.retired_at.is_none()) {
            true => None,
            false => Some(self.make(ctx, alg).await?),
        };
        let tx = self.base.db.begin().await?;
        if !store::revoke(&tx, kid, ctx.now).await? {
            return Err(unknown());
        }
        self.audit.record(&tx, ctx, AuditEvent::KeyRevoked { kid: kid.clone() }).await?;
        if let Some(fresh) = fresh {
            if let Some(signing) = left.first() {
                store::prolong(&tx, &signing.kid, ctx.now + OVERLAP).await?;
            }
            left.push(fresh.record.clone());
            self.keep(&tx, ctx, fresh).await?;
        }
        tx.commit().await?;
        self.refresh();
        left.into_iter().next().ok_or(KeysError::NoKey(alg))
    }

    /// Forgets what was read: the next question reads anew.
    pub fn refresh(&self) {
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    async fn make(&self, ctx: &Ctx, alg: SigningAlg) -> Result<StoredKey, KeysError> {
        let NewKey { public, private } = tokio::task::spawn_blocking(move || NewKey::generate(alg))
            .await
            .map_err(|_| KeysError::Thread)??;
        let kid = public.kid.clone();
        let record = KeyRecord { kid, alg, created_at: ctx.now, retired_at: None, revoked_at: None };
        let sealed = self.base.vault.seal(self.base.rng.as_ref(), &place(&record.kid), &private)?;
        Ok(StoredKey { record, public, private: sealed.into_bytes() })
    }

    async fn keep(&self, tx: &Tx, ctx: &Ctx, key: StoredKey) -> Result<(), StoreError> {
        self.audit.record(tx, ctx, AuditEvent::KeyCreated { kid: key.record.kid.clone() }).await?;
        store::insert(tx, key).await
    }

    /// The ring, read again when it is ten seconds old; with the database gone the old one goes on signing.
    async fn ring(&self) -> Result<Arc<Ring>, KeysError> {
        let now = self.base.clock.now();
        let held = self.ring.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(ring) = held.as_ref().filter(|ring| now - ring.read_at < FRESH_FOR) {
            return Ok(ring.clone());
        }
        match (self.read(now, held.as_deref()).await, held) {
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

    /// What was built of a key before is taken over.
    async fn read(&self, now: Timestamp, held: Option<&Ring>) -> Result<Ring, KeysError> {
        let stored = store::all(self.base.db.read()).await?;
        let published = stored.iter().filter(|key| key.record.is_published(now));
        let jwks = Arc::new(Jwks { keys: published.map(|key| key.public.clone()).collect() });
        let active = stored.into_iter().filter(|key| key.record.is_active(now));
        let signers = active.map(|key| self.built(key, held)).collect::<Result<_, KeysError>>()?;
        let verifier = match held.filter(|ring| ring.jwks.keys.iter().map(kid).eq(jwks.keys.iter().map(kid)))
        {
            Some(ring) => ring.verifier.clone(),
            None => Arc::new(Verifier::new(&jwks)?),
        };
        Ok(Ring { read_at: now, signers, jwks, verifier })
    }

    fn built(&self, key: StoredKey, held: Option<&Ring>) -> Result<(KeyRecord, Arc<Signer>), KeysError> {
        let mut known = held.into_iter().flat_map(|ring| &ring.signers);
        match known.find(|(record, _)| record.kid == key.record.kid) {
            Some((_, signer)) => Ok((key.record, signer.clone())),
            None => self.open(key),
        }
    }

    fn open(&self, key: StoredKey) -> Result<(KeyRecord, Arc<Signer>), KeysError> {
        let private = self.base.vault.open(&place(&key.record.kid), &key.private)?;
        let signer = Signer::new(key.record.alg, key.record.kid.clone(), &private)?;
        Ok((key.record, Arc::new(signer)))
    }
}

fn kid(key: &PublicJwk) -> &KeyId {
    &key.kid
}

/// Binds a sealed private part to its row.
fn place(kid: &KeyId) -> String {
    SEALED.of(kid)
}

#[cfg(test)]
mod tests;
