//! Rate windows below an hour, and budgets of an hour or longer.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;

use super::Limits;
use crate::{
    kernel::{Ctx, SourceAddr},
    storage::{EphemeralError, StoreError, Tx, counters},
};

/// What is counted: a purpose, and for whom.
#[derive(Clone, Copy, Debug)]
pub enum RateKey<'a> {
    /// Everything that one source does for a purpose.
    Source(&'static str, SourceAddr),
    /// One value: a number, a name, a card. It stands in the store as a MAC.
    Value(&'static str, &'a str),
}

/// So many in so long; shorter than an hour.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    pub max: u32,
    pub length: Duration,
}

impl Window {
    #[must_use]
    pub const fn per_minute(max: u32) -> Self {
        Self { max, length: Duration::from_secs(60) }
    }

    #[must_use]
    pub const fn per_ten_minutes(max: u32) -> Self {
        Self { max, length: Duration::from_secs(600) }
    }
}

/// So many in an hour or longer: counted in rows.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    pub max: u32,
    pub length: TimeDelta,
}

/// Why not now.
#[derive(Debug, thiserror::Error)]
pub enum RateError {
    /// E_RATE
    #[error("too many")]
    TooMany,
    #[error(transparent)]
    Ephemeral(#[from] EphemeralError),
}

impl Limits {
    /// Counts one and refuses what is over the window's number.
    ///
    /// # Errors
    /// [`RateError::TooMany`], or that the ephemeral store is gone.
    pub async fn rate(&self, key: RateKey<'_>, window: Window) -> Result<(), RateError> {
        let hits = self.ephemeral.bump(&self.key_text(key), window.length).await?;
        if hits > u64::from(window.max) { Err(RateError::TooMany) } else { Ok(()) }
    }

    /// Counts one without refusing anything.
    ///
    /// # Errors
    /// That the ephemeral store is gone.
    pub async fn note(&self, key: RateKey<'_>, window: Window) -> Result<(), EphemeralError> {
        self.ephemeral.bump(&self.key_text(key), window.length).await.map(|_| ())
    }

    /// Whether the window's number is reached, without counting.
    ///
    /// # Errors
    /// That the ephemeral store is gone.
    pub async fn is_full(&self, key: RateKey<'_>, window: Window) -> Result<bool, EphemeralError> {
        let hits = self.ephemeral.get(&self.key_text(key)).await?;
        Ok(hits.and_then(|hits| hits.parse::<u64>().ok()).unwrap_or(0) >= u64::from(window.max))
    }

    /// Draws one from a budget; false when it was spent already. It counts when `tx` commits: commit a refusal too.
    ///
    /// # Errors
    /// [`StoreError::Db`]
    pub async fn spend(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        key: RateKey<'_>,
        budget: Budget,
    ) -> Result<bool, StoreError> {
        let hits = counters::hit(tx, &self.key_text(key), budget.length, ctx.now).await?;
        Ok(hits <= budget.max)
    }

    /// Whether a budget is spent, without drawing from it.
    ///
    /// # Errors
    /// [`StoreError::Db`]
    pub async fn is_spent(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        key: RateKey<'_>,
        budget: Budget,
    ) -> Result<bool, StoreError> {
        Ok(counters::peek(tx, &self.key_text(key), ctx.now).await? >= budget.max)
    }

    /// A budget is whole again.
    ///
    /// # Errors
    /// [`StoreError::Db`]
    pub async fn restore(&self, tx: &Tx, key: RateKey<'_>) -> Result<(), StoreError> {
        counters::reset(tx, &self.key_text(key)).await
    }

    fn key_text(&self, key: RateKey<'_>) -> String {
        match key {
            RateKey::Source(purpose, source) => format!("rate:{purpose}:{}", source.prefix()),
            RateKey::Value(purpose, value) => {
                let mac = self.base.vault.mac(purpose, value.as_bytes());
                format!("rate:{purpose}:{}", URL_SAFE_NO_PAD.encode(mac))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::testing::limits;

    #[tokio::test]
    async fn the_window_refuses_what_is_over_its_number_and_ends() {
        let (store, limits) = limits().await;
        let key = RateKey::Source("test", store.ctx().source);
        for _ in 0..3 {
            limits.rate(key, Window::per_minute(3)).await.unwrap();
        }
        assert!(matches!(limits.rate(key, Window::per_minute(3)).await, Err(RateError::TooMany)));
        store.clock.advance(TimeDelta::seconds(60));
        limits.rate(key, Window::per_minute(3)).await.unwrap();
    }

    #[tokio::test]
    async fn purposes_and_sources_are_counted_apart() {
        let (store, limits) = limits().await;
        let (here, there) = (store.ctx().source, SourceAddr::new("2001:db8::1".parse().unwrap()));
        limits.rate(RateKey::Source("a", here), Window::per_minute(1)).await.unwrap();
        limits.rate(RateKey::Source("b", here), Window::per_minute(1)).await.unwrap();
        limits.rate(RateKey::Source("a", there), Window::per_minute(1)).await.unwrap();
        assert!(limits.rate(RateKey::Source("a", here), Window::per_minute(1)).await.is_err());
    }

    #[tokio::test]
    async fn a_note_counts_and_a_look_does_not() {
        let (_store, limits) = limits().await;
        let (key, window) = (RateKey::Value("test", "13800138000"), Window::per_ten_minutes(2));
        assert!(!limits.is_full(key, window).await.unwrap());
        limits.note(key, window).await.unwrap();
        assert!(!limits.is_full(key, window).await.unwrap());
        limits.note(key, window).await.unwrap();
        assert!(limits.is_full(key, window).await.unwrap());
    }

    #[tokio::test]
    async fn no_value_stands_in_a_key() {
        let (_store, limits) = limits().await;
        let key = limits.key_text(RateKey::Value("phone", "13800138000"));
        assert!(key.starts_with("rate:phone:") && !key.contains("138"), "{key}");
    }

    #[tokio::test]
    async fn a_budget_of_a_day_is_spent_in_rows_and_comes_back() {
        let (store, limits) = limits().await;
        let budget = Budget { max: 2, length: TimeDelta::days(1) };
        let spend = async || {
            let tx = store.db.begin().await.unwrap();
            let within = limits.spend(&tx, &store.ctx(), RateKey::Value("card", "1"), budget).await.unwrap();
            tx.commit().await.unwrap();
            within
        };
        assert_eq!([spend().await, spend().await, spend().await], [true, true, false]);
        store.clock.advance(TimeDelta::days(1));
        assert!(spend().await);
    }
}
