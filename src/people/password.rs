//! Argon2id (RFC 9106) in a bounded pool: as many hashes at once as there are cores, by `workers` of their own, a queue
//! with a cap, and `Busy` past it.
//!
//! Invariants: a stranger's name costs exactly what a known one costs (`Self::dummy`); a permit lives inside the
//! worker's job, so a client that hangs up does not free a core that still computes.

mod workers;

use std::{fmt, sync::Arc, time::Duration};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{self, Output, ParamsString, Salt},
};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use tokio::sync::{Semaphore, oneshot};
use zeroize::Zeroizing;

use workers::{Permits, Workers};

use crate::kernel::trace::{self, Side};
use crate::kernel::{Rng, Secret, canonical_password};

/// RFC 9106 §3.1: a salt of 16 bytes.
const SALT_BYTES: usize = 16;
/// A tag of 32 bytes.
const TAG_BYTES: usize = 32;

/// How dear one hash is, and how many may wait.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct HashSettings {
    /// Memory of one hash in KiB (OWASP: 19456).
    pub memory_kib: u32,
    /// Passes over that memory.
    pub passes: u32,
    /// Hashes at the same time; 0 takes the number of cores.
    pub workers: usize,
    /// Requests that may wait for a worker before new ones are told to come back.
    pub queue: usize,
    /// Longest wait for a worker, in milliseconds.
    pub wait_ms: u64,
}

impl Default for HashSettings {
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2, workers: 0, queue: 64, wait_ms: 5_000 }
    }
}

impl HashSettings {
    fn params(&self) -> Result<Params, HashError> {
        Params::new(self.memory_kib, self.passes, 1, Some(TAG_BYTES)).map_err(|_| HashError::Parameters)
    }

    fn cores(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            n => n,
        }
    }
}

/// Why no hash was computed.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// The queue is full or the wait was too long: 503 with `Retry-After`.
    #[error("the password pool is busy")]
    Busy,
    /// The settings are outside what Argon2 allows.
    #[error("parameters outside RFC 9106")]
    Parameters,
    /// A stored hash cannot be read.
    #[error("a stored password hash is malformed")]
    Malformed,
    /// The worker died.
    #[error("the hashing worker failed")]
    Worker,
}

/// A password as PHC string. Not the password, but nothing to print either.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// The PHC string, for the one column that stores it.
    pub fn as_phc(&self) -> &str {
        &self.0
    }

    /// From the column; it is parsed when it is compared.
    pub fn from_phc(phc: String) -> Self {
        Self(phc)
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// What a comparison found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// The password is the one that was hashed.
    Same {
        /// The settings changed since: hash it anew.
        outdated: bool,
    },
    /// It is not.
    Different,
}

/// The pool. Cheap to clone.
#[derive(Clone)]
pub struct PasswordHasher {
    inner: Arc<Pool>,
}

/// What the pool does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashingLoad {
    /// Hashes being computed.
    pub running: usize,
    /// Requests that wait for a worker.
    pub waiting: usize,
}

/// Of the pool: hashes at once, and with those that may wait.
struct Size {
    cores: usize,
    places: usize,
}

struct Pool {
    size: Size,
    params: Params,
    places: Arc<Semaphore>,
    cores: Arc<Semaphore>,
    wait: Duration,
    workers: Workers,
    rng: Arc<dyn Rng>,
    dummy: PasswordHash,
}

impl PasswordHasher {
    /// No hash is computed and no memory taken before the first password comes.
    ///
    /// # Errors
    /// `Parameters` when the settings are outside what Argon2 allows.
    pub fn new(settings: &HashSettings, rng: Arc<dyn Rng>) -> Result<Self, HashError> {
        let params = settings.params()?;
        let cores = settings.cores();
        let dummy = nobody(&params, rng.as_ref())?;
        let pool = Pool {
            size: Size { cores, places: cores + settings.queue },
            params,
            places: Arc::new(Semaphore::new(cores + settings.queue)),
            cores: Arc::new(Semaphore::new(cores)),
            wait: Duration::from_millis(settings.wait_ms),
            workers: Workers::new(),
            rng,
            dummy,
        };
        Ok(Self { inner: Arc::new(pool) })
    }

    /// Hashes a password with a fresh salt.
    ///
    /// # Errors
    /// `Busy` when the queue is full.
    pub async fn hash(&self, password: &Secret) -> Result<PasswordHash, HashError> {
        let secret = canonical_password(password);
        let salt = fresh_salt(self.inner.rng.as_ref());
        self.run(move |pool, blocks| encode(&pool.params, secret.expose().as_bytes(), &salt, blocks)).await
    }

    /// A hash that no password yields.
    #[must_use]
    pub fn of_nobody(&self) -> PasswordHash {
        self.inner.dummy.clone()
    }

    /// Compares in constant time; with `None` a dummy of the same cost is computed and the answer is `Different`.
    ///
    /// # Errors
    /// `Busy` when the queue is full, `Malformed` when the stored string cannot be read.
    pub async fn compare(
        &self,
        stored: Option<&PasswordHash>,
        password: &Secret,
    ) -> Result<Comparison, HashError> {
        let secret = canonical_password(password);
        let known = stored.is_some();
        let stored = stored.unwrap_or(&self.inner.dummy).clone();
        let found = self
            .run(move |pool, blocks| verify(&pool.params, &stored, secret.expose().as_bytes(), blocks))
            .await?;
        Ok(if known { found } else { Comparison::Different })
    }

    /// How many passwords are being hashed, and how many wait for it.
    #[must_use]
    pub fn load(&self) -> HashingLoad {
        let pool = &self.inner;
        let running = pool.size.cores.saturating_sub(pool.cores.available_permits());
        let admitted = pool.size.places.saturating_sub(pool.places.available_permits());
        HashingLoad { running, waiting: admitted.saturating_sub(running) }
    }

    async fn run<T, F>(&self, job: F) -> Result<T, HashError>
    where
        T: Send + 'static,
        F: FnOnce(&Pool, &mut Vec<Block>) -> Result<T, HashError> + Send + 'static,
    {
        trace::part("password hash", Side::Inside, self.run_in_pool(job)).await
    }

    async fn run_in_pool<T, F>(&self, job: F) -> Result<T, HashError>
    where
        T: Send + 'static,
        F: FnOnce(&Pool, &mut Vec<Block>) -> Result<T, HashError> + Send + 'static,
    {
        let permits = self.admit().await?;
        let pool = Arc::clone(&self.inner);
        let (tell, told) = oneshot::channel();
        let job = Box::new(move |blocks: &mut Vec<Block>| {
            // Whoever asked may have gone away.
            let _ = tell.send(job(&pool, blocks));
            permits
        });
        self.inner.workers.submit(job).map_err(|_| HashError::Worker)?;
        told.await.map_err(|_| HashError::Worker)?
    }

    async fn admit(&self) -> Result<Permits, HashError> {
        let place = Arc::clone(&self.inner.places).try_acquire_owned().map_err(|_| HashError::Busy)?;
        let core = tokio::time::timeout(self.inner.wait, Arc::clone(&self.inner.cores).acquire_owned())
            .await
            .map_err(|_| HashError::Busy)?
            .map_err(|_| HashError::Worker)?;
        Ok((place, core))
    }
}

fn fresh_salt(rng: &dyn Rng) -> [u8; SALT_BYTES] {
    let mut salt = [0; SALT_BYTES];
    rng.fill(&mut salt);
    salt
}

fn tag(
    params: &Params,
    secret: &[u8],
    salt: &[u8],
    blocks: &mut Vec<Block>,
) -> Result<Zeroizing<[u8; TAG_BYTES]>, HashError> {
    blocks.resize(params.block_count(), Block::default());
    let mut out = Zeroizing::new([0; TAG_BYTES]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
        .hash_password_into_with_memory(secret, salt, out.as_mut_slice(), blocks.as_mut_slice())
        .map_err(|_| HashError::Parameters)?;
    Ok(out)
}

fn encode(
    params: &Params,
    secret: &[u8],
    salt: &[u8],
    blocks: &mut Vec<Block>,
) -> Result<PasswordHash, HashError> {
    let tag = tag(params, secret, salt, blocks)?;
    phc_of(params, salt, tag.as_slice())
}

/// What no password has: a random salt with a random tag, at the cost of all others.
fn nobody(params: &Params, rng: &dyn Rng) -> Result<PasswordHash, HashError> {
    let mut tag = Zeroizing::new([0; TAG_BYTES]);
    rng.fill(tag.as_mut_slice());
    phc_of(params, &fresh_salt(rng), tag.as_slice())
}

fn phc_of(params: &Params, salt: &[u8], tag: &[u8]) -> Result<PasswordHash, HashError> {
    let hash = phc::PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).map_err(|_| HashError::Parameters)?,
        salt: Some(Salt::new(salt).map_err(|_| HashError::Parameters)?),
        hash: Some(Output::new(tag).map_err(|_| HashError::Parameters)?),
    };
    Ok(PasswordHash(hash.to_string()))
}

fn verify(
    wanted: &Params,
    stored: &PasswordHash,
    secret: &[u8],
    blocks: &mut Vec<Block>,
) -> Result<Comparison, HashError> {
    let parsed = phc::PasswordHash::new(&stored.0).map_err(|_| HashError::Malformed)?;
    let params = Params::try_from(&parsed).map_err(|_| HashError::Malformed)?;
    let (Some(salt), Some(hash)) = (&parsed.salt, &parsed.hash) else { return Err(HashError::Malformed) };
    if parsed.algorithm != Algorithm::Argon2id.ident() {
        return Err(HashError::Malformed);
    }
    let tag = tag(&params, secret, salt.as_ref(), blocks)?;
    if !bool::from(tag.as_slice().ct_eq(hash.as_bytes())) {
        return Ok(Comparison::Different);
    }
    Ok(Comparison::Same { outdated: costs(&params) != costs(wanted) })
}

fn costs(params: &Params) -> (u32, u32, u32) {
    (params.m_cost(), params.t_cost(), params.p_cost())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SeededRng;

    fn cheap(passes: u32, queue: usize) -> HashSettings {
        HashSettings { memory_kib: 8, passes, workers: 1, queue, wait_ms: 60_000 }
    }

    fn hasher(passes: u32) -> PasswordHasher {
        PasswordHasher::new(&cheap(passes, 8), Arc::new(SeededRng::new(7))).unwrap()
    }

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    #[tokio::test]
    async fn a_hash_matches_its_password_and_no_other() {
        let hasher = hasher(1);
        let hash = hasher.hash(&secret("Gd2026hrss")).await.unwrap();
        assert!(hash.as_phc().starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{}", hash.as_phc());
        let same = hasher.compare(Some(&hash), &secret("Gd2026hrss")).await.unwrap();
        assert_eq!(same, Comparison::Same { outdated: false });
        let other = hasher.compare(Some(&hash), &secret("Gd2026hrsS")).await.unwrap();
        assert_eq!(other, Comparison::Different);
    }

    #[tokio::test]
    async fn two_hashes_of_one_password_differ() {
        let hasher = hasher(1);
        let first = hasher.hash(&secret("Gd2026hrss")).await.unwrap();
        let second = hasher.hash(&secret("Gd2026hrss")).await.unwrap();
        assert_ne!(first, second);
    }

    #[tokio::test]
    async fn composed_and_decomposed_letters_are_the_same_password() {
        let hasher = hasher(1);
        let hash = hasher.hash(&secret("Caf\u{e9}2026xyz")).await.unwrap();
        let found = hasher.compare(Some(&hash), &secret("Cafe\u{301}2026xyz")).await.unwrap();
        assert_eq!(found, Comparison::Same { outdated: false });
    }

    #[tokio::test]
    async fn a_hash_of_other_costs_still_matches_and_is_outdated() {
        let hash = hasher(1).hash(&secret("Gd2026hrss")).await.unwrap();
        let found = hasher(2).compare(Some(&hash), &secret("Gd2026hrss")).await.unwrap();
        assert_eq!(found, Comparison::Same { outdated: true });
    }

    #[tokio::test]
    async fn nobody_s_password_is_never_right() {
        let found = hasher(1).compare(None, &secret("Gd2026hrss")).await.unwrap();
        assert_eq!(found, Comparison::Different);
    }

    #[tokio::test]
    async fn a_stored_string_of_another_algorithm_is_an_error_not_a_match() {
        let alien =
            PasswordHash::from_phc("$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo".to_owned());
        let error = hasher(1).compare(Some(&alien), &secret("x")).await.unwrap_err();
        assert!(matches!(error, HashError::Malformed));
    }

    #[tokio::test]
    async fn past_the_cap_of_the_queue_the_pool_is_busy() {
        let hasher = PasswordHasher::new(&cheap(1, 0), Arc::new(SeededRng::new(7))).unwrap();
        let taken = hasher.admit().await.unwrap();
        assert!(matches!(hasher.hash(&secret("Gd2026hrss")).await, Err(HashError::Busy)));
        assert_eq!(hasher.load(), HashingLoad { running: 1, waiting: 0 });
        drop(taken);
        assert_eq!(hasher.load(), HashingLoad { running: 0, waiting: 0 });
        assert!(hasher.hash(&secret("Gd2026hrss")).await.is_ok());
    }

    #[tokio::test]
    async fn one_password_after_the_other_needs_one_worker() {
        let hasher = hasher(1);
        assert_eq!(hasher.inner.workers.threads(), 0, "none before the first");
        for _ in 0..3 {
            hasher.hash(&secret("Gd2026hrss")).await.unwrap();
        }
        assert_eq!(hasher.inner.workers.threads(), 1);
    }

    #[test]
    fn what_nobody_has_costs_what_all_others_cost() {
        let dummy = hasher(3).inner.dummy.clone();
        assert!(dummy.as_phc().starts_with("$argon2id$v=19$m=8,t=3,p=1$"), "{}", dummy.as_phc());
    }

    #[test]
    fn nothing_prints_a_hash() {
        let hash = PasswordHash::from_phc("$argon2id$secret".to_owned());
        assert_eq!(format!("{hash:?}"), "PasswordHash(…)");
    }

    #[test]
    fn costs_below_the_algorithm_s_floor_are_refused() {
        let settings = HashSettings { memory_kib: 1, ..cheap(1, 0) };
        assert!(matches!(
            PasswordHasher::new(&settings, Arc::new(SeededRng::new(7))),
            Err(HashError::Parameters)
        ));
    }
}
