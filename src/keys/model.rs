//! A signing key as stored, and which of several signs.
//!
//! ```text
//! created ──publish──▶ signs (the oldest that is not retired) ──rotate, after the overlap──▶ retired: verifies only
//! ```

use chrono::TimeDelta;

use crate::{
    kernel::{KeyId, Timestamp},
    protocol::{client::SigningAlg, jose::PublicJwk},
};

/// A successor is published this long before it signs, so that every cached JWKS knows it.
pub const OVERLAP: TimeDelta = TimeDelta::minutes(2);
/// Other nodes' rotations are seen after this long; less than [`OVERLAP`].
pub const FRESH_FOR: TimeDelta = TimeDelta::minutes(1);
/// A retired key stays in the JWKS this long.
pub const PUBLISHED_FOR: TimeDelta = TimeDelta::days(30);

/// What `menfu keys list` shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    pub kid: KeyId,
    pub alg: SigningAlg,
    pub created_at: Timestamp,
    /// From then on it verifies and signs no more; in the future while its successor is being published.
    pub retired_at: Option<Timestamp>,
}

impl KeyRecord {
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.retired_at.is_none_or(|at| now < at)
    }

    pub fn is_published(&self, now: Timestamp) -> bool {
        self.retired_at.is_none_or(|at| now < at + PUBLISHED_FOR)
    }
}

/// A row of `signing_keys`.
#[derive(Clone, Debug)]
pub struct StoredKey {
    pub record: KeyRecord,
    pub public: PublicJwk,
    /// Vault ciphertext.
    pub private: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_active_until_retired_and_published_a_month_longer() {
        let now = Timestamp::from_seconds(1_000_000);
        let kid: KeyId = "k1".parse().unwrap();
        let key = KeyRecord { kid, alg: SigningAlg::Es256, created_at: now, retired_at: Some(now + OVERLAP) };
        assert!(key.is_active(now));
        assert!(!key.is_active(now + OVERLAP));
        assert!(key.is_published(now + TimeDelta::days(30)));
        assert!(!key.is_published(now + OVERLAP + TimeDelta::days(30)));
    }

    #[test]
    fn every_node_sees_a_successor_before_it_signs() {
        assert!(FRESH_FOR < OVERLAP);
    }
}
