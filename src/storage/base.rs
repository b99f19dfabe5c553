//! What every feature stands on, handed over as one value.

use super::{Db, Vault};
use crate::kernel::{Clock, Rng};
use std::sync::Arc;

/// Database, vault, clock and randomness; cheap to clone.
#[derive(Clone)]
pub struct Base {
    pub db: Db,
    pub vault: Vault,
    pub clock: Arc<dyn Clock>,
    pub rng: Arc<dyn Rng>,
}
