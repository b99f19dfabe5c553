//! The vault's keys on many nodes: what a rotation has to rewrite, and that this node is seen with the keys it holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use uuid::Uuid;

use super::{Service, StartError};
use crate::kernel::{Timestamp, TraceId};
use crate::storage::vault::{self, HeldKeys, IndexColumn, KeyName, SealedColumn, VaultFileError};
use crate::storage::{Base, StoreError, ephemeral, fleet, flows, outbox};
use crate::{keys, ownership, people, proofing, provider, tokens};

/// Every column of sealed values.
pub const SEALED: [SealedColumn; 9] = [
    keys::SEALED,
    people::SEALED,
    proofing::SEALED_EVIDENCE,
    proofing::SEALED_JOBS,
    flows::SEALED,
    ownership::SEALED,
    provider::SEALED,
    tokens::SEALED,
    outbox::SEALED,
];

/// Every column of blind indexes that a rotation rewrites.
pub const INDEXED: [IndexColumn; 2] = people::INDEXED;

/// Every column of blind indexes that hang on the root and live a day at most.
pub const DAY_INDEXED: [IndexColumn; 3] = proofing::DAY_INDEXED;

/// Two nodes that share no Redis let an assertion be used at each, and count what a source may do each by itself.
pub const SPLIT: &str = "several nodes share this database, and each keeps rate limits, captchas and used assertions to itself: \
     set ephemeral.urls to a Redis that all of them use";

/// This node among the others.
#[derive(Clone)]
pub(super) struct Presence {
    base: Base,
    id: Uuid,
    taken_up_at: Arc<AtomicI64>,
    /// What nodes must share stands in this process's memory.
    forgets: bool,
}

impl Presence {
    pub(super) fn new(base: Base, ephemeral: &ephemeral::Settings) -> Self {
        let id = TraceId::new(base.rng.as_ref()).uuid();
        let now = base.clock.now().millis();
        Self { base, id, taken_up_at: Arc::new(AtomicI64::new(now)), forgets: ephemeral.is_memory() }
    }

    async fn beat(&self) -> Result<(), StoreError> {
        let taken_up_at = Timestamp::from_millis(self.taken_up_at.load(Ordering::Relaxed));
        let (keys, seen_at) = (self.base.vault.held(), self.base.clock.now());
        fleet::beat(&self.base.db, &fleet::Node { id: self.id, keys, taken_up_at, seen_at }).await
    }

    /// Is seen until it is dropped.
    pub(super) async fn live(self) {
        let mut interval = tokio::time::interval(fleet::BEAT);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut warned = false;
        loop {
            interval.tick().await;
            if let Err(error) = self.beat().await {
                tracing::warn!(%error, "this node is not seen by the others");
            }
            let split = self.forgets && self.is_one_of_many().await;
            if split && !warned {
                tracing::error!("{SPLIT}");
            }
            warned = split;
        }
    }

    /// Whether other nodes live; of a database that does not answer nobody knows.
    async fn is_one_of_many(&self) -> bool {
        let living = fleet::living(self.base.db.read(), self.base.clock.now()).await;
        living.is_ok_and(|nodes| nodes.len() > 1)
    }

    pub(super) async fn leave(&self) {
        if let Err(error) = fleet::leave(&self.base.db, self.id).await {
            tracing::warn!(%error, "this node is seen for a minute though it ended");
        }
    }
}

impl Service {
    /// Joins the nodes of this database: refused with key files that cannot read what the others write.
    ///
    /// # Errors
    /// [`StartError::Settings`] naming the missing key, [`StartError::Keys`] when the signing keys do not open.
    pub async fn join(&self) -> Result<(), StartError> {
        let base = &self.app.base;
        let held = base.vault.held();
        for node in fleet::living(base.db.read(), base.clock.now()).await? {
            let used = [
                ("encryption", &node.keys.encryption.active, &held.encryption),
                ("index", &node.keys.index.active, &held.index),
            ];
            if let Some((purpose, key, _)) = used.into_iter().find(|(_, key, mine)| !mine.knows(key)) {
                return Err(missing(purpose, key, node.id));
            }
        }
        self.app.keys.jwks().await?;
        Ok(self.presence.beat().await?)
    }

    /// Takes up changed key files and reads the signing keys anew.
    ///
    /// # Errors
    /// [`VaultFileError`] with file, line and reason; the old keys stay.
    pub async fn reload_keys(&self, settings: &vault::Settings) -> Result<HeldKeys, VaultFileError> {
        let held = self.app.base.vault.reload(settings)?;
        self.app.keys.refresh();
        self.presence.taken_up_at.store(self.app.base.clock.now().millis(), Ordering::Relaxed);
        if let Err(error) = self.presence.beat().await {
            tracing::warn!(%error, "the other nodes do not know yet that this one took up its keys");
        }
        Ok(held)
    }
}

fn missing(purpose: &str, key: &KeyName, node: Uuid) -> StartError {
    StartError::Settings(format!(
        "the {purpose} key file does not hold the key {key}, under which node {node} writes: copy the file from there"
    ))
}
