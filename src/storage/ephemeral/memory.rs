//! The ephemeral store of a single node: a map, driven by the clock it is given.

use super::{Ephemeral, EphemeralError};
use crate::kernel::{Clock, Timestamp};
use async_trait::async_trait;
use chrono::TimeDelta;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Below this many entries nobody looks for ended ones.
const SWEEP_FROM: usize = 1024;

struct Entry {
    value: String,
    ends: Timestamp,
}

struct Entries {
    map: HashMap<String, Entry>,
    sweep_at: usize,
}

impl Entries {
    fn live(&self, key: &str, now: Timestamp) -> Option<&Entry> {
        self.map.get(key).filter(|entry| entry.ends > now)
    }

    /// Ended entries go when the map has doubled since the last look, so an insert costs the same on average.
    fn insert(&mut self, key: &str, entry: Entry, now: Timestamp) {
        if self.map.len() >= self.sweep_at {
            self.map.retain(|_, entry| entry.ends > now);
            self.sweep_at = SWEEP_FROM.max(self.map.len() * 2);
        }
        self.map.insert(key.to_owned(), entry);
    }
}

/// Entries in this process's memory.
pub struct MemoryEphemeral {
    clock: Arc<dyn Clock>,
    entries: Mutex<Entries>,
}

impl MemoryEphemeral {
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, entries: Mutex::new(Entries { map: HashMap::new(), sweep_at: SWEEP_FROM }) }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn entry(&self, value: impl Into<String>, ttl: Duration) -> Entry {
        let ttl = TimeDelta::from_std(ttl).unwrap_or(TimeDelta::weeks(52));
        Entry { value: value.into(), ends: self.clock.now() + ttl }
    }
}

#[async_trait]
impl Ephemeral for MemoryEphemeral {
    async fn put(&self, key: &str, value: &str, ttl: Duration) -> Result<(), EphemeralError> {
        self.lock().insert(key, self.entry(value, ttl), self.clock.now());
        Ok(())
    }

    async fn put_new(&self, key: &str, value: &str, ttl: Duration) -> Result<bool, EphemeralError> {
        let (mut entries, now) = (self.lock(), self.clock.now());
        let free = entries.live(key, now).is_none();
        if free {
            entries.insert(key, self.entry(value, ttl), now);
        }
        Ok(free)
    }

    async fn get(&self, key: &str) -> Result<Option<String>, EphemeralError> {
        Ok(self.lock().live(key, self.clock.now()).map(|entry| entry.value.clone()))
    }

    async fn take(&self, key: &str) -> Result<Option<String>, EphemeralError> {
        let taken = self.lock().map.remove(key);
        Ok(taken.filter(|entry| entry.ends > self.clock.now()).map(|entry| entry.value))
    }

    async fn bump(&self, key: &str, ttl: Duration) -> Result<u64, EphemeralError> {
        let (mut entries, now) = (self.lock(), self.clock.now());
        let running = entries.live(key, now).map(|entry| (entry.value.parse().unwrap_or(0_u64), entry.ends));
        let (sum, ends) =
            running.map_or((1, self.entry("", ttl).ends), |(sum, ends)| (sum.saturating_add(1), ends));
        entries.insert(key, Entry { value: sum.to_string(), ends }, now);
        Ok(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::ManualClock;

    const MINUTE: Duration = Duration::from_secs(60);

    fn store() -> (Arc<MemoryEphemeral>, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_000)));
        (Arc::new(MemoryEphemeral::new(clock.clone())), clock)
    }

    #[tokio::test]
    async fn a_value_ends_with_its_last_millisecond() {
        let (store, clock) = store();
        store.put("a", "1", MINUTE).await.unwrap();
        clock.advance(TimeDelta::milliseconds(59_999));
        assert_eq!(store.get("a").await.unwrap().as_deref(), Some("1"));
        clock.advance(TimeDelta::milliseconds(1));
        assert_eq!(store.get("a").await.unwrap(), None);
    }

    #[tokio::test]
    async fn ended_entries_do_not_pile_up() {
        let (store, clock) = store();
        for n in 0..SWEEP_FROM {
            store.put(&n.to_string(), "", MINUTE).await.unwrap();
        }
        clock.advance(TimeDelta::seconds(60));
        store.put("one more", "", MINUTE).await.unwrap();
        assert_eq!(store.lock().map.len(), 1);
    }
}
