//! Hot copies: rows that every request needs, kept in this process for a few seconds.
//!
//! A copy is never older than [`TTL`], and one of a row that this process changes goes with the change: a write names the
//! copies it makes untrue ([`Tx::forget`](super::Tx::forget), [`Unit::forget`](super::Unit::forget)), and what was read
//! before that is not kept after it. Another process's writes are not seen. On SQLite there is none but an operator's
//! command; on PostgreSQL there are other nodes, so only what may be that old is kept there ([`Reach::EveryNode`],
//! decisions.md "Protocol": access tokens). Copies belong to the [`Db`](super::Db): all rooms over it see the same ones.

use crate::kernel::Timestamp;
use chrono::TimeDelta;
use std::{
    any::Any,
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// decisions.md "Protocol": a hot copy lives for five seconds at most.
const TTL: TimeDelta = TimeDelta::seconds(5);
const SHARDS: usize = 16;
/// Copies of one kind in one shard; with 16 shards some ten MiB for the largest kind.
const PER_SHARD: usize = 512;

/// Where copies may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Only while this process is the only one that writes: on SQLite.
    OneProcess,
    /// Everywhere: what another node changes is seen five seconds later.
    EveryNode,
}

/// The state of one key's shard before a row was read.
#[derive(Clone, Copy, Debug)]
pub struct Look(u64);

/// How often all copies were forgotten so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generation(u64);

/// Copies of one kind; cheap to clone.
pub struct Hot<K, V>(Option<Arc<Copies<K, V>>>);

struct Copies<K, V> {
    hasher: RandomState,
    generation: AtomicU64,
    shards: [Mutex<Shard<K, V>>; SHARDS],
}

struct Shard<K, V> {
    /// Goes up with everything that is forgotten.
    epoch: u64,
    entries: HashMap<K, (V, Timestamp)>,
    /// Before that nothing in a full shard ends.
    full_until: Option<Timestamp>,
}

impl<K, V> Default for Shard<K, V> {
    fn default() -> Self {
        Self { epoch: 0, entries: HashMap::new(), full_until: None }
    }
}

impl<K: Hash + Eq, V: Clone> Copies<K, V> {
    fn new() -> Self {
        Self {
            hasher: RandomState::new(),
            generation: AtomicU64::new(0),
            shards: std::array::from_fn(|_| Mutex::default()),
        }
    }

    fn shard(&self, key: &K) -> Option<MutexGuard<'_, Shard<K, V>>> {
        let place = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).unwrap_or(0);
        self.shards.get(place).map(lock)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K, V> Clone for Hot<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K: Hash + Eq, V: Clone> Hot<K, V> {
    /// A copy that is not too old.
    pub fn get(&self, key: &K, now: Timestamp) -> Option<V> {
        let shard = self.0.as_ref()?.shard(key)?;
        let (value, until) = shard.entries.get(key)?;
        (now < *until).then(|| value.clone())
    }

    /// To be taken before the row is read that will be [`put`](Self::put).
    pub fn look(&self, key: &K) -> Look {
        Look(self.0.as_ref().and_then(|copies| copies.shard(key)).map_or(0, |shard| shard.epoch))
    }

    /// Keeps what was read, unless something was forgotten since the look.
    pub fn put(&self, look: Look, key: K, value: V, now: Timestamp) {
        let Some(mut shard) = self.0.as_ref().and_then(|copies| copies.shard(&key)) else { return };
        if shard.epoch == look.0 {
            shard.keep(key, value, now);
        }
    }

    /// To be taken before anything is read from which a new row follows, for [`put_new`](Self::put_new).
    pub fn generation(&self) -> Generation {
        Generation(self.0.as_ref().map_or(0, |copies| copies.generation.load(Ordering::Acquire)))
    }

    /// Keeps what was just written, unless all copies were forgotten since.
    pub fn put_new(&self, generation: Generation, key: K, value: V, now: Timestamp) {
        let Some(mut shard) = self.0.as_ref().and_then(|copies| copies.shard(&key)) else { return };
        // Under the shard's lock, which whoever forgets all takes after counting.
        if self.generation() == generation {
            shard.keep(key, value, now);
        }
    }

    /// The row changed.
    pub fn forget(&self, key: &K) {
        if let Some(mut shard) = self.0.as_ref().and_then(|copies| copies.shard(key)) {
            shard.epoch += 1;
            shard.entries.remove(key);
        }
    }

    /// Many rows changed.
    pub fn forget_all(&self) {
        let Some(copies) = &self.0 else { return };
        copies.generation.fetch_add(1, Ordering::AcqRel);
        for shard in &copies.shards {
            let mut shard = lock(shard);
            shard.epoch += 1;
            shard.entries.clear();
        }
    }

    /// The copy, or what `load` reads, kept.
    ///
    /// # Errors
    /// Those of `load`.
    pub async fn or_read<E>(
        &self,
        key: K,
        now: Timestamp,
        load: impl Future<Output = Result<Option<V>, E>>,
    ) -> Result<Option<V>, E> {
        if let Some(copy) = self.get(&key, now) {
            return Ok(Some(copy));
        }
        let look = self.look(&key);
        let found = load.await?;
        if let Some(value) = &found {
            self.put(look, key, value.clone(), now);
        }
        Ok(found)
    }
}

impl<K: Hash + Eq, V> Shard<K, V> {
    fn keep(&mut self, key: K, value: V, now: Timestamp) {
        if self.entries.len() >= PER_SHARD && self.full_until.is_none_or(|until| until <= now) {
            self.entries.retain(|_, (_, until)| now < *until);
            self.full_until = self.entries.values().map(|(_, until)| *until).min();
        }
        // Under more load than the shard holds, what is not kept is read again.
        if self.entries.len() < PER_SHARD {
            self.entries.insert(key, (value, now + TTL));
        }
    }
}

/// All copies over one database, by the name of their kind.
#[derive(Clone, Default)]
pub(super) struct Registry(Arc<Mutex<HashMap<&'static str, Box<dyn Any + Send>>>>);

impl Registry {
    /// The copies of that name: the same ones for everyone who asks. A name stands for one pair of types.
    pub(super) fn of<K, V>(&self, name: &'static str) -> Hot<K, V>
    where
        K: Hash + Eq + Send + 'static,
        V: Clone + Send + 'static,
    {
        let mut kinds = lock(&self.0);
        let kind = kinds.entry(name).or_insert_with(|| Box::new(Arc::new(Copies::<K, V>::new())));
        Hot(kind.downcast_ref::<Arc<Copies<K, V>>>().cloned())
    }

    /// Keeps nothing.
    pub(super) fn none<K, V>() -> Hot<K, V> {
        Hot(None)
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Registry(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn hot() -> Hot<&'static str, u8> {
        Registry::default().of("test")
    }

    #[test]
    fn a_copy_lives_for_five_seconds() {
        let hot = hot();
        hot.put(hot.look(&"a"), "a", 1, NOW);
        assert_eq!(hot.get(&"a", NOW + TimeDelta::milliseconds(4_999)), Some(1));
        assert_eq!(hot.get(&"a", NOW + TTL), None);
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let hot = hot();
        let look = hot.look(&"a");
        hot.forget(&"a");
        hot.put(look, "a", 1, NOW);
        assert_eq!(hot.get(&"a", NOW), None);
    }

    #[test]
    fn a_new_row_is_not_kept_when_everything_was_forgotten_meanwhile() {
        let hot = hot();
        let generation = hot.generation();
        hot.forget_all();
        hot.put_new(generation, "a", 1, NOW);
        assert_eq!(hot.get(&"a", NOW), None);
        hot.put_new(hot.generation(), "a", 2, NOW);
        assert_eq!(hot.get(&"a", NOW), Some(2));
    }

    #[test]
    fn everyone_who_asks_gets_the_same_copies() {
        let registry = Registry::default();
        let (one, two): (Hot<u8, u8>, Hot<u8, u8>) = (registry.of("kind"), registry.of("kind"));
        one.put(one.look(&1), 1, 7, NOW);
        assert_eq!(two.get(&1, NOW), Some(7));
        two.forget(&1);
        assert_eq!(one.get(&1, NOW), None);
        assert_eq!(registry.of::<u8, u8>("another kind").get(&1, NOW), None);
    }

    #[test]
    fn memory_is_bounded() {
        let hot: Hot<usize, ()> = Registry::default().of("many");
        for key in 0..100_000 {
            hot.put(hot.look(&key), key, (), NOW);
        }
        let kept = (0..100_000).filter(|key| hot.get(key, NOW).is_some()).count();
        assert!(kept <= SHARDS * PER_SHARD, "{kept} copies");
    }

    #[test]
    fn kept_nowhere_means_never_found() {
        let hot: Hot<u8, u8> = Registry::none();
        hot.put(hot.look(&1), 1, 1, NOW);
        assert_eq!(hot.get(&1, NOW), None);
    }
}
