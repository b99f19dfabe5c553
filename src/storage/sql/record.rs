//! Every statement as the database gets it, for the test that knows the plan of each.
//!
//! Without the cargo feature `failpoints` nothing is kept.

use sea_orm::Statement;
#[cfg(feature = "failpoints")]
use std::sync::{Arc, Mutex, PoisonError};

/// What went through one [`Db`](super::Db); cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Recorder {
    /// Absent until somebody wants to know.
    #[cfg(feature = "failpoints")]
    kept: Arc<Mutex<Option<Vec<Statement>>>>,
}

impl Recorder {
    /// Keeps a copy on the way.
    pub(super) fn keep(&self, statement: Statement) -> Statement {
        self.note(&statement);
        statement
    }

    #[cfg(not(feature = "failpoints"))]
    #[expect(clippy::unused_self, reason = "the same shape as with the feature")]
    pub(super) fn note(&self, _: &Statement) {}

    #[cfg(feature = "failpoints")]
    pub(super) fn note(&self, statement: &Statement) {
        if let Some(kept) = &mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner) {
            kept.push(statement.clone());
        }
    }

    #[cfg(feature = "failpoints")]
    pub(super) fn take(&self) -> Vec<Statement> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.replace(Vec::new()).unwrap_or_default()
    }
}
