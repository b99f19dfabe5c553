//! What a portal remembers: sign-ins under way, sessions, logout tokens seen. All of it is gone with the process.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;

use super::logout_token::{LogoutOrder, MAX_AGE_SECONDS};
use crate::kernel::{Acr, HashedToken, PlainToken, Secret, Timestamp};

/// The provider parks a request for an hour; a little longer, so that the portal is not the one who forgets.
const SIGN_IN_SPAN: TimeDelta = TimeDelta::minutes(75);
const SESSION_SPAN: TimeDelta = TimeDelta::hours(8);
/// Sign-ins under way at once; past it the oldest is forgotten.
const MAX_SIGN_INS: usize = 1_000;

/// A sign-in that was sent to the provider and has not come back.
#[derive(Clone)]
pub(super) struct SignIn {
    /// The browser that was sent.
    pub browser: HashedToken,
    pub nonce: PlainToken,
    pub code_verifier: PlainToken,
    pub started: Timestamp,
}

/// One row of the page's table of claims.
#[derive(Clone, Debug, Eq, PartialEq, serde::Serialize)]
pub(super) struct Claim {
    pub name: String,
    pub value: String,
}

/// Who is signed in at the portal.
#[derive(Clone)]
pub(super) struct Session {
    pub sub: String,
    pub sid: Option<String>,
    pub name: Option<String>,
    pub acr: Acr,
    pub claims: Vec<Claim>,
    /// For the `id_token_hint` of the sign-out.
    pub id_token: Secret,
    pub started: Timestamp,
}

/// The portal's state behind one lock; nothing is awaited while it is held.
#[derive(Default)]
pub(super) struct Memory {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    sign_ins: BTreeMap<String, SignIn>,
    sessions: BTreeMap<String, Session>,
    seen: BTreeMap<String, Timestamp>,
}

impl Memory {
    /// Remembers a sign-in under its `state`.
    pub(super) fn start(&self, state: &PlainToken, sign_in: SignIn) {
        let mut inner = self.lock();
        let now = sign_in.started;
        inner.sign_ins.retain(|_, known| now - known.started < SIGN_IN_SPAN);
        if inner.sign_ins.len() >= MAX_SIGN_INS {
            inner.forget_oldest();
        }
        inner.sign_ins.insert(state.hash().as_str().to_owned(), sign_in);
    }

    /// Gives back the sign-in of this `state`, once, to the browser that began it; another browser changes nothing.
    pub(super) fn take_sign_in(&self, state: &str, browser: &PlainToken, now: Timestamp) -> Option<SignIn> {
        let mut inner = self.lock();
        let key = HashedToken::of(state);
        let sign_in = inner.sign_ins.get(key.as_str())?;
        let fits = sign_in.browser.matches(browser) && now - sign_in.started < SIGN_IN_SPAN;
        if fits { inner.sign_ins.remove(key.as_str()) } else { None }
    }

    pub(super) fn open_session(&self, cookie: &PlainToken, session: Session) {
        let mut inner = self.lock();
        let now = session.started;
        inner.sessions.retain(|_, known| now - known.started < SESSION_SPAN);
        inner.sessions.insert(cookie.hash().as_str().to_owned(), session);
    }

    pub(super) fn find_session(&self, cookie: &str, now: Timestamp) -> Option<Session> {
        let session = self.lock().sessions.get(HashedToken::of(cookie).as_str()).cloned()?;
        (now - session.started < SESSION_SPAN).then_some(session)
    }

    pub(super) fn close_session(&self, cookie: &str) -> Option<Session> {
        self.lock().sessions.remove(HashedToken::of(cookie).as_str())
    }

    /// Ends the sessions that the order names; false when its `jti` was seen before.
    pub(super) fn obey(&self, order: &LogoutOrder, now: Timestamp) -> bool {
        let mut inner = self.lock();
        inner.seen.retain(|_, since| now - *since < TimeDelta::seconds(2 * MAX_AGE_SECONDS));
        if inner.seen.insert(order.jti.clone(), now).is_some() {
            return false;
        }
        inner.sessions.retain(|_, session| !is_named(session, order));
        true
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn forget_oldest(&mut self) {
        let oldest =
            self.sign_ins.iter().min_by_key(|(_, sign_in)| sign_in.started).map(|(state, _)| state.clone());
        oldest.and_then(|state| self.sign_ins.remove(&state));
    }
}

/// Back-Channel Logout §2.7: with a `sid` that session, without one every session of the `sub`.
fn is_named(session: &Session, order: &LogoutOrder) -> bool {
    match &order.sid {
        Some(sid) => session.sid.as_ref() == Some(sid),
        None => order.sub.as_ref() == Some(&session.sub),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{RealNameLevel, SeededRng};

    const NOW: Timestamp = Timestamp::from_seconds(1_795_248_000);

    fn tokens<const N: usize>() -> [PlainToken; N] {
        let rng = SeededRng::new(1);
        std::array::from_fn(|_| PlainToken::generate(&rng))
    }

    fn session(sub: &str, sid: &str) -> Session {
        Session {
            sub: sub.into(),
            sid: Some(sid.into()),
            name: None,
            acr: Acr { level: RealNameLevel::L1, mfa: false },
            claims: vec![],
            id_token: Secret::from("token"),
            started: NOW,
        }
    }

    fn order(jti: &str, sid: Option<&str>, sub: Option<&str>) -> LogoutOrder {
        LogoutOrder { jti: jti.into(), sid: sid.map(Into::into), sub: sub.map(Into::into) }
    }

    fn sign_in(browser: &PlainToken) -> SignIn {
        let [nonce, code_verifier] = tokens();
        SignIn { browser: browser.hash(), nonce, code_verifier, started: NOW }
    }

    #[test]
    fn a_sign_in_comes_back_once_and_only_to_its_browser() {
        let (memory, [state, mine, another]) = (Memory::default(), tokens());
        memory.start(&state, sign_in(&mine));
        assert!(memory.take_sign_in(state.expose(), &another, NOW).is_none());
        assert!(memory.take_sign_in(state.expose(), &mine, NOW + SIGN_IN_SPAN).is_none());
        assert!(memory.take_sign_in(state.expose(), &mine, NOW).is_some());
        assert!(memory.take_sign_in(state.expose(), &mine, NOW).is_none());
    }

    #[test]
    fn sign_ins_that_never_come_back_are_forgotten() {
        let (memory, [browser]) = (Memory::default(), tokens());
        let rng = SeededRng::new(2);
        for _ in 0..=MAX_SIGN_INS {
            memory.start(&PlainToken::generate(&rng), sign_in(&browser));
        }
        assert_eq!(memory.lock().sign_ins.len(), MAX_SIGN_INS);
        let later = SignIn { started: NOW + SIGN_IN_SPAN, ..sign_in(&browser) };
        memory.start(&PlainToken::generate(&rng), later);
        assert_eq!(memory.lock().sign_ins.len(), 1);
    }

    #[test]
    fn a_session_ends_by_time_and_by_sign_out() {
        let (memory, [cookie]) = (Memory::default(), tokens());
        memory.open_session(&cookie, session("p", "s"));
        assert!(memory.find_session(cookie.expose(), NOW).is_some());
        assert!(memory.find_session("another", NOW).is_none());
        assert!(memory.find_session(cookie.expose(), NOW + SESSION_SPAN).is_none());
        assert!(memory.close_session(cookie.expose()).is_some());
        assert!(memory.find_session(cookie.expose(), NOW).is_none());
    }

    #[test]
    fn a_logout_order_ends_the_named_session_or_all_of_the_person() {
        let (memory, [one, two, three]) = (Memory::default(), tokens());
        let live = || [&one, &two, &three].map(|cookie| memory.find_session(cookie.expose(), NOW).is_some());
        for (cookie, sub, sid) in [(&one, "p1", "s1"), (&two, "p1", "s2"), (&three, "p2", "s3")] {
            memory.open_session(cookie, session(sub, sid));
        }
        assert!(memory.obey(&order("j1", Some("s2"), Some("p1")), NOW));
        assert_eq!(live(), [true, false, true]);
        assert!(memory.obey(&order("j2", None, Some("p1")), NOW));
        assert_eq!(live(), [false, false, true]);
    }

    #[test]
    fn a_replayed_logout_token_is_not_obeyed() {
        let (memory, [cookie]) = (Memory::default(), tokens());
        assert!(memory.obey(&order("j1", Some("s1"), None), NOW));
        memory.open_session(&cookie, session("p", "s1"));
        assert!(!memory.obey(&order("j1", Some("s1"), None), NOW));
        assert!(memory.find_session(cookie.expose(), NOW).is_some());
    }
}
