//! The crash test's switch: the process ends before its n-th statement inside a transaction.
//!
//! Without the cargo feature `failpoints` nothing is counted and nothing can be armed.

#[cfg(feature = "failpoints")]
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the statements of all transactions of one [`Db`](super::Db).
#[derive(Debug, Default)]
pub(super) struct Failpoint {
    #[cfg(feature = "failpoints")]
    passed: AtomicU64,
    /// The statement, counted from one, before which the process ends; zero is never.
    #[cfg(feature = "failpoints")]
    fatal: AtomicU64,
}

#[cfg(not(feature = "failpoints"))]
impl Failpoint {
    #[expect(clippy::unused_self, reason = "the same shape as with the feature")]
    pub(super) fn pass(&self) {}
}

#[cfg(feature = "failpoints")]
impl Failpoint {
    pub(super) fn armed(fatal: Option<u64>) -> Self {
        Self { passed: AtomicU64::new(0), fatal: AtomicU64::new(fatal.unwrap_or(0)) }
    }

    /// Called before each statement. An abort runs no destructor: what the disk holds now is what a restart finds.
    pub(super) fn pass(&self) {
        let this = self.passed.fetch_add(1, Ordering::SeqCst) + 1;
        if this == self.fatal.load(Ordering::SeqCst) {
            std::process::abort();
        }
    }

    pub(super) fn passed(&self) -> u64 {
        self.passed.load(Ordering::SeqCst)
    }
}
