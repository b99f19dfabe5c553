//! A signing key as stored, and which of several signs.
//!
//! ```text
//! created ──publish──▶ signs (the oldest that is not retired) ──rotate, after the overlap──▶ retired: verifies only
//!    └────────────────────┴──────────────────── revoke, at once ────────────────────────────────┴──▶ revoked: gone
//! ```

use chrono::TimeDelta;

use crate::{
    kernel::{KeyId, Timestamp},
    protocol::{client::SigningAlg, jose::PublicJwk},
};

/// A successor is published this long before it signs, so that every cached JWKS knows it: longer than a node shows what it
/// read ([`FRESH_FOR`]), a relying party keeps what it fetched ([`CACHED_FOR`]) and clocks differ, together.
pub const OVERLAP: TimeDelta = TimeDelta::minutes(2);
/// Other nodes' rotations and revocations are seen after this long.
pub const FRESH_FOR: TimeDelta = TimeDelta::seconds(10);
/// How long a relying party may keep the JWKS: the `max-age` of its answer.
pub const CACHED_FOR: TimeDelta = TimeDelta::seconds(60);
/// A retired key stays in the JWKS this long, far beyond the tokens it signed.
pub const PUBLISHED_FOR: TimeDelta = TimeDelta::days(30);

/// What `menfu keys list` shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    pub kid: KeyId,
    pub alg: SigningAlg,
    pub created_at: Timestamp,
    /// From then on it verifies and signs no more; in the future while its successor is being published.
    pub retired_at: Option<Timestamp>,
    /// From then on nothing it signed is worth anything.
    pub revoked_at: Option<Timestamp>,
}

impl KeyRecord {
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.retired_at.is_none_or(|at| now < at)
    }

    pub fn is_published(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.retired_at.is_none_or(|at| now < at + PUBLISHED_FOR)
    }
}

/// A row of `signing_keys`.
#[derive(Clone, Debug)]
pub struct StoredKey {
    pub record: KeyRecord,
    pub public: PublicJwk,
    /// Vault ciphertext; empty once the key is revoked.
    pub private: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn retiring() -> KeyRecord {
        KeyRecord {
            kid: "k1".parse().unwrap(),
            alg: SigningAlg::Es256,
            created_at: NOW,
            retired_at: Some(NOW + OVERLAP),
            revoked_at: None,
        }
    }

    #[test]
    fn a_key_is_active_until_retired_and_published_a_month_longer() {
        let key = retiring();
        assert!(key.is_active(NOW));
        assert!(!key.is_active(NOW + OVERLAP));
        assert!(key.is_published(NOW + TimeDelta::days(30)));
        assert!(!key.is_published(NOW + OVERLAP + TimeDelta::days(30)));
    }

    #[test]
    fn a_revoked_key_is_neither() {
        let key = KeyRecord { revoked_at: Some(NOW), ..retiring() };
        assert!(!key.is_active(NOW) && !key.is_published(NOW));
    }

    #[test]
    fn every_cache_knows_a_successor_before_it_signs_though_clocks_differ_by_half_a_minute() {
        assert!(FRESH_FOR + CACHED_FOR + TimeDelta::seconds(30) <= OVERLAP);
    }
}
