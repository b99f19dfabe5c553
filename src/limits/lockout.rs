//! The lockout of sign-in (S4-16, S4-17; `decisions.md`, What may be known).
//!
//! Two counts for an account name as typed, whether or not anybody has it:
//! - with the source it came from: consecutive failures; the fifth refuses that source for one hour;
//! - from all sources: within an hour; the twentieth refuses browsers that never signed in to the name for one hour.
//!
//! ```text
//! counting(n) ──failure──► counting(n+1) ──last failure──► locked until t ──t passes──► counting(1) at the next failure
//!     └──success: the pair only; recovery: both──► (no row)
//! ```
//!
//! A lock never grows by trying on, and one statement decides each count, so that many attempts at once get no extra try.

mod store;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;

use crate::{
    kernel::{Ctx, Timestamp, TypedName},
    policy,
    storage::{Base, StoreError, Tx, Unit},
};
use store::{Count, Rule};

/// Whether this browser has signed in to the name before, shown by its device cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Browser {
    Known,
    Stranger,
}

/// Counts failures and tells locks; cheap to clone.
#[derive(Clone)]
pub struct Lockout {
    base: Base,
    /// Of a name from one source.
    pair: Rule,
    /// Of a name from all sources.
    account: Rule,
}

/// What is known before the password is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LockState {
    /// Consecutive failures of the name from this source.
    pub failures: u32,
    /// This source is refused until then.
    pub source_until: Option<Timestamp>,
    /// Browsers that never signed in to the name are refused until then.
    pub strangers_until: Option<Timestamp>,
}

impl LockState {
    /// Until when this browser is refused, right password or not.
    #[must_use]
    pub fn refuses(&self, browser: Browser) -> Option<Timestamp> {
        let strangers_until = self.strangers_until.filter(|_| browser == Browser::Stranger);
        self.source_until.max(strangers_until)
    }
}

/// What a failure led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// How many tries this source has left; none once it is locked.
    pub remaining: u32,
    /// This source is refused until then.
    pub source_until: Option<Timestamp>,
    /// This very failure locked the source.
    pub locked_source: bool,
    /// This very failure locked out all strangers: tell the owner, once.
    pub locked_strangers: bool,
}

impl Lockout {
    pub(super) fn new(base: Base, policy: &policy::Lockout) -> Self {
        let window = policy.account_window.delta();
        Self {
            base,
            pair: Rule { threshold: policy.threshold, lock: policy.duration.delta(), window: None },
            account: Rule { threshold: policy.account_threshold, lock: window, window: Some(window) },
        }
    }

    /// Reads both counts.
    ///
    /// # Errors
    /// [`StoreError::Db`]
    pub async fn state(&self, ctx: &Ctx, name: &TypedName) -> Result<LockState, StoreError> {
        let keys = self.keys(ctx, name);
        let counts = store::find(self.base.db.read(), &[&keys.pair, &keys.account]).await?;
        let count = |key: &str| counts.iter().find(|count| count.key == key);
        Ok(self.state_of(ctx.now, count(&keys.pair), count(&keys.account)))
    }

    /// Counts a failed sign-in, under both keys.
    ///
    /// # Errors
    /// [`StoreError::Db`]
    pub async fn failed(&self, tx: &Tx, ctx: &Ctx, name: &TypedName) -> Result<Failure, StoreError> {
        let keys = self.keys(ctx, name);
        let pair = store::count(tx, &keys.pair, &keys.name, self.pair, ctx.now).await?;
        let account = store::count(tx, &keys.account, &keys.name, self.account, ctx.now).await?;
        Ok(Failure {
            remaining: self.pair.threshold.saturating_sub(pair.failures),
            source_until: pair.locked_until,
            locked_source: pair.failures == self.pair.threshold,
            locked_strangers: account.failures == self.account.threshold,
        })
    }

    /// The password was right: makes the unit forget the pair, and depend on no lock's having fallen since `seen`.
    pub fn passed(&self, unit: &mut Unit, ctx: &Ctx, name: &TypedName, browser: Browser, seen: LockState) {
        let keys = self.keys(ctx, name);
        match browser {
            Browser::Known => store::forbid_locks(unit, &[&keys.pair], ctx.now),
            Browser::Stranger => store::forbid_locks(unit, &[&keys.pair, &keys.account], ctx.now),
        }
        // A failure that was counted meanwhile came after this success.
        if seen.failures > 0 {
            store::forget_unlocked(unit, &keys.pair, ctx.now);
        }
    }

    /// The password was right though nobody may sign in by it: makes the unit forget the pair, unless it is a lock.
    pub fn forget(&self, unit: &mut Unit, ctx: &Ctx, name: &TypedName) {
        store::forget_unlocked(unit, &self.keys(ctx, name).pair, ctx.now);
    }

    /// The account was recovered: forgets its locks, from all sources.
    ///
    /// # Errors
    /// [`StoreError::Db`]
    pub async fn recovered(&self, tx: &Tx, name: &TypedName) -> Result<(), StoreError> {
        store::forget_name(tx, &self.mac("lockout name", name.key())).await
    }

    /// Removes a batch of the counts that nothing was added to for thirty days; tells how many.
    ///
    /// # Errors
    /// [`StoreError::Db`]
    pub async fn sweep(&self, tx: &Tx, now: Timestamp) -> Result<u64, StoreError> {
        store::sweep(tx, now - TimeDelta::days(30)).await
    }

    fn state_of(&self, now: Timestamp, pair: Option<&Count>, account: Option<&Count>) -> LockState {
        LockState {
            failures: pair.filter(|count| !count.is_over(self.pair, now)).map_or(0, |count| count.failures),
            source_until: pair.and_then(|count| count.locked_at(now)),
            strangers_until: account.and_then(|count| count.locked_at(now)),
        }
    }

    fn keys(&self, ctx: &Ctx, name: &TypedName) -> Keys {
        Keys {
            pair: self.mac("lockout pair", &format!("{}\u{1f}{}", name.key(), ctx.source.prefix())),
            account: self.mac("lockout account", name.key()),
            name: self.mac("lockout name", name.key()),
        }
    }

    fn mac(&self, domain: &str, value: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.base.vault.mac(domain, value.as_bytes()))
    }
}

struct Keys {
    pair: String,
    account: String,
    name: String,
}

#[cfg(test)]
mod tests;
