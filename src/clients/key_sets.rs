//! The public keys of clients that sign: those of the registration, or fetched from `jwks_uri` and kept.
//!
//! A set is fetched again when a token names a key that is not in it, and when it is ten minutes old; never more often
//! than once a minute, whatever anybody sends, and by one request at a time. While that one waits, keys that are known
//! go on verifying. When a client does not answer, its last set stays for a day.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use async_trait::async_trait;
use chrono::TimeDelta;
use serde_json::Value;
use url::Url;

use crate::{
    kernel::{ClientId, Timestamp},
    protocol::{client::Client, jose::ClientKeys},
    storage::outbound::{FetchError, Fetched, Fetcher},
};

/// decisions.md: a client's address is asked at most once in this time.
const PAUSE: TimeDelta = TimeDelta::minutes(1);
/// A key that its owner took away is believed this long.
const FRESH_FOR: TimeDelta = TimeDelta::minutes(10);
/// Without an answer the last set is believed this long.
const STALE_FOR: TimeDelta = TimeDelta::days(1);

/// Who fetches what a client publishes: a system outside like others, whose calls are counted.
#[async_trait]
pub trait FetchKeys: Send + Sync {
    /// The document at this address.
    ///
    /// # Errors
    /// [`FetchError`]
    async fn fetch(&self, uri: &Url) -> Result<Fetched, FetchError>;
}

#[async_trait]
impl FetchKeys for Fetcher {
    async fn fetch(&self, uri: &Url) -> Result<Fetched, FetchError> {
        self.get(uri).await
    }
}

/// The key sets of all clients; cheap to clone.
#[derive(Clone)]
pub struct KeySets {
    fetcher: Arc<dyn FetchKeys>,
    slots: Arc<Mutex<HashMap<ClientId, Arc<Slot>>>>,
}

/// One client's place.
#[derive(Default)]
struct Slot {
    held: RwLock<Held>,
    fetching: tokio::sync::Mutex<()>,
}

/// What is known of one client's keys.
#[derive(Clone, Default)]
struct Held {
    source: Option<Source>,
    keys: Option<Arc<ClientKeys>>,
    fetched_at: Option<Timestamp>,
    tried_at: Option<Timestamp>,
}

/// Where the keys come from; another one empties the place.
#[derive(Clone, PartialEq, Eq)]
enum Source {
    Inline(Value),
    Uri(String),
}

impl Source {
    fn of(client: &Client) -> Option<Self> {
        let inline = client.jwks.clone().map(Self::Inline);
        inline.or_else(|| client.jwks_uri.as_ref().map(|uri| Self::Uri(uri.as_str().to_owned())))
    }
}

impl Held {
    /// Whether to ask the client, for a token that names this key.
    fn is_due(&self, kid: Option<&str>, now: Timestamp) -> bool {
        let known = self.keys.as_ref().is_some_and(|keys| keys.knows(kid));
        let fresh = self.fetched_at.is_some_and(|at| now - at < FRESH_FOR);
        let paused = self.tried_at.is_some_and(|at| now - at < PAUSE);
        !(paused || (known && fresh))
    }

    fn usable(&self, now: Timestamp) -> Option<Arc<ClientKeys>> {
        let believed = match self.source {
            Some(Source::Uri(_)) => self.fetched_at.is_some_and(|at| now - at < STALE_FOR),
            _ => true,
        };
        self.keys.clone().filter(|_| believed)
    }
}

impl KeySets {
    /// No key is known yet.
    #[must_use]
    pub fn new(fetcher: Arc<dyn FetchKeys>) -> Self {
        Self { fetcher, slots: Arc::default() }
    }

    /// The keys of a client, for a token that names one of them; `None` when there is no set to believe.
    pub async fn of(&self, client: &Client, kid: Option<&str>, now: Timestamp) -> Option<Arc<ClientKeys>> {
        let source = Source::of(client)?;
        let slot = self.slot(&client.client_id);
        slot.point_to(&source);
        if let Source::Uri(uri) = &source
            && slot.read().is_due(kid, now)
        {
            let _one = slot.fetching.lock().await;
            // Whoever waited finds what the other one fetched.
            if slot.read().is_due(kid, now) {
                let fetched = self.fetch(client, uri).await;
                slot.keep(&source, fetched, now);
            }
        }
        slot.read().usable(now)
    }

    fn slot(&self, id: &ClientId) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.entry(id.clone()).or_default().clone()
    }

    async fn fetch(&self, client: &Client, uri: &str) -> Option<ClientKeys> {
        let id = &client.client_id;
        let fetched = match self.fetcher.fetch(&Url::parse(uri).ok()?).await {
            Ok(fetched) if fetched.status == 200 => fetched,
            Ok(fetched) => {
                tracing::warn!(client.id = %id, status = fetched.status, "the client's keys are not fetched");
                return None;
            }
            Err(error) => {
                tracing::warn!(client.id = %id, %error, "the client's keys are not fetched");
                return None;
            }
        };
        let read = ClientKeys::read(&fetched.body);
        read.inspect_err(|error| tracing::warn!(client.id = %id, %error, "the client's keys are refused"))
            .ok()
    }
}

impl Slot {
    fn read(&self) -> Held {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Another source, since the registration changed, begins anew; keys of the registration are built here.
    fn point_to(&self, source: &Source) {
        if self.held.read().unwrap_or_else(PoisonError::into_inner).source.as_ref() == Some(source) {
            return;
        }
        let keys = match source {
            Source::Inline(jwks) => ClientKeys::read(jwks.to_string().as_bytes()).ok().map(Arc::new),
            Source::Uri(_) => None,
        };
        let held = Held { source: Some(source.clone()), keys, ..Held::default() };
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = held;
    }

    /// What came of a fetch, unless the registration changed meanwhile.
    fn keep(&self, source: &Source, fetched: Option<ClientKeys>, now: Timestamp) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        if held.source.as_ref() != Some(source) {
            return;
        }
        held.tried_at = Some(now);
        if let Some(keys) = fetched {
            held.keys = Some(Arc::new(keys));
            held.fetched_at = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::jose::{Jwks, NewKey};

    const KNOWN: &str = "k1";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + seconds)
    }

    fn held() -> Held {
        let key = NewKey::generate(crate::protocol::client::SigningAlg::Es256).unwrap();
        let mut set = serde_json::to_value(Jwks { keys: vec![key.public] }).unwrap();
        set["keys"][0]["kid"] = KNOWN.into();
        let keys = ClientKeys::read(set.to_string().as_bytes()).unwrap();
        Held {
            source: Some(Source::Uri("https://exam.example/jwks".to_owned())),
            keys: Some(Arc::new(keys)),
            fetched_at: Some(at(0)),
            tried_at: Some(at(0)),
        }
    }

    #[test]
    fn a_known_key_is_used_for_ten_minutes_and_an_unknown_one_asked_for_once_a_minute() {
        let held = held();
        for (kid, seconds, due) in [
            (Some(KNOWN), 1, false),
            (Some(KNOWN), 599, false),
            (Some(KNOWN), 600, true),
            (None, 599, false),
            (Some("k2"), 1, false),
            (Some("k2"), 59, false),
            (Some("k2"), 60, true),
        ] {
            assert_eq!(held.is_due(kid, at(seconds)), due, "{kid:?} after {seconds} s");
        }
    }

    #[test]
    fn a_client_that_does_not_answer_is_not_asked_more_often() {
        let silent = Held { tried_at: Some(at(700)), ..held() };
        assert!(!silent.is_due(Some(KNOWN), at(759)));
        assert!(silent.is_due(Some(KNOWN), at(760)));
        let never = Held { keys: None, fetched_at: None, tried_at: Some(at(0)), source: None };
        assert!(!never.is_due(None, at(59)) && never.is_due(None, at(60)));
        assert!(Held::default().is_due(None, at(0)));
    }

    #[test]
    fn the_last_set_of_a_silent_client_is_believed_for_a_day() {
        assert!(held().usable(at(86_399)).is_some());
        assert!(held().usable(at(86_400)).is_none());
    }

    #[test]
    fn another_source_begins_anew() {
        let slot = Slot { held: RwLock::new(held()), ..Slot::default() };
        slot.point_to(&Source::Uri("https://exam.example/jwks".to_owned()));
        assert!(slot.read().usable(at(1)).is_some());
        slot.point_to(&Source::Uri("https://exam.example/other".to_owned()));
        assert!(slot.read().usable(at(1)).is_none() && slot.read().is_due(None, at(1)));
    }
}
