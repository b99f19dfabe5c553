//! What a person agreed to, and with whom, as values.

use uuid::Uuid;

use crate::kernel::{ClientId, FlowId, PersonId, Timestamp};
use crate::protocol::scope::Scope;

/// Who ticked: an account, or a wizard that has none yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    Person(PersonId),
    Flow(FlowId),
}

impl Holder {
    /// The account, if there is one already.
    pub(super) fn person(self) -> Option<PersonId> {
        match self {
            Self::Person(id) => Some(id),
            Self::Flow(_) => None,
        }
    }

    /// Ids are unique over all kinds (UUID v7), so one column holds both.
    pub(super) fn uuid(self) -> Uuid {
        match self {
            Self::Person(id) => id.uuid(),
            Self::Flow(id) => id.uuid(),
        }
    }
}

/// What one client may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    pub client: ClientId,
    pub scope: Scope,
    /// When something was granted last.
    pub at: Timestamp,
}

/// One tick: which text, in which version, for what (PIPL art. 14: informed, and each purpose apart).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// `terms`, `privacy`, `bank`: the key of the text.
    pub document: String,
    pub version: String,
    pub purpose: String,
}
