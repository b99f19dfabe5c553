//! Who stands before the provider: a browser, and the session it may have.

use std::sync::Arc;

use crate::{
    kernel::HashedToken,
    people::Person,
    protocol::interaction::{Answers, SessionMark},
    sessions::Session,
};

/// A browser and its live session.
#[derive(Clone, Copy, Debug)]
pub struct Visitor<'a> {
    /// The hash of the browser's cookie.
    pub browser: &'a HashedToken,
    /// The session, found by its own cookie.
    pub session: Option<&'a Session>,
    /// The session's person, where the same request has read them already and changed nothing since.
    pub person: Option<&'a Arc<Person>>,
}

impl Visitor<'_> {
    /// The answers of a request that arrives with this visitor: none but the session it came with.
    #[must_use]
    pub fn arrives(&self) -> Answers {
        Answers { arrived_with: self.session.map(mark), ..Answers::default() }
    }
}

/// What tells one authentication from the next.
#[must_use]
pub fn mark(session: &Session) -> SessionMark {
    SessionMark { session: session.id, auth_time: session.auth_time }
}
