use chrono::TimeDelta;

use super::*;
use crate::storage::testing::{self, TestStore};

struct Room {
    store: TestStore,
    sessions: Sessions,
}

impl Room {
    async fn new() -> Self {
        let store = testing::db().await;
        let base = store.base();
        let sessions = Sessions::new(base.clone(), Audit::new(base), Settings::default());
        Self { store, sessions }
    }

    fn ctx(&self) -> Ctx {
        self.store.ctx()
    }

    async fn tx(&self) -> Tx {
        self.store.db.begin().await.unwrap()
    }

    fn person(&self) -> PersonId {
        PersonId::new(self.store.now(), &*self.store.rng)
    }

    async fn start(&self, person: PersonId) -> (Session, PlainToken) {
        let tx = self.tx().await;
        let new = NewSession { person, amr: Amr::password() };
        let started = self.sessions.start(&tx, &self.ctx(), new).await.unwrap();
        tx.commit().await.unwrap();
        started
    }

    async fn find(&self, token: &PlainToken) -> Option<Session> {
        self.sessions.find(token, self.store.now()).await.unwrap()
    }

    async fn join(&self, session: &Session, clients: &[&str]) {
        let mut unit = self.store.db.unit();
        for client in clients {
            let client = client.parse().unwrap();
            self.sessions.join_client(&mut unit, &self.ctx(), session.id, &client);
        }
        self.store.db.write(unit).await.unwrap();
    }

    fn wait(&self, span: TimeDelta) {
        self.store.clock.advance(span);
    }
}

fn names(ended: &Ended) -> Vec<&str> {
    ended.clients.iter().map(ClientId::as_str).collect()
}

#[tokio::test]
async fn a_started_session_is_found_by_its_token_alone() {
    let room = Room::new().await;
    let person = room.person();
    let (session, token) = room.start(person).await;
    let found = room.find(&token).await.unwrap();
    assert_eq!(found, session);
    assert_eq!((found.person, found.auth_time), (person, room.store.now()));
    assert!(room.find(&PlainToken::generate(&*room.store.rng)).await.is_none());
}

#[tokio::test]
async fn use_keeps_a_session_alive_past_its_idle_time_but_not_past_eight_hours() {
    let room = Room::new().await;
    let (_, token) = room.start(room.person()).await;
    for _ in 0..19 {
        room.wait(TimeDelta::minutes(25));
        assert!(room.find(&token).await.is_some());
    }
    room.wait(TimeDelta::minutes(5));
    assert!(room.find(&token).await.is_none(), "eight hours are over");
}

#[tokio::test]
async fn thirty_minutes_without_use_end_it() {
    let room = Room::new().await;
    let (session, token) = room.start(room.person()).await;
    room.wait(TimeDelta::minutes(30));
    assert!(room.find(&token).await.is_none());
    assert!(room.sessions.find_by_id(session.id, room.store.now()).await.unwrap().is_none());
}

#[tokio::test]
async fn last_seen_is_written_at_most_once_a_minute() {
    let room = Room::new().await;
    let (_, token) = room.start(room.person()).await;
    let started = room.store.now();
    room.wait(TimeDelta::seconds(59));
    room.find(&token).await.unwrap();
    assert_eq!(room.find(&token).await.unwrap().last_seen_at, started);
    room.wait(TimeDelta::seconds(1));
    room.find(&token).await.unwrap();
    assert_eq!(room.find(&token).await.unwrap().last_seen_at, room.store.now());
}

#[tokio::test]
async fn looking_by_id_does_not_count_as_use() {
    let room = Room::new().await;
    let (session, _) = room.start(room.person()).await;
    room.wait(TimeDelta::minutes(20));
    let seen = room.sessions.find_by_id(session.id, room.store.now()).await.unwrap().unwrap();
    assert_eq!(seen.last_seen_at, session.last_seen_at);
    room.wait(TimeDelta::minutes(10));
    assert!(room.sessions.find_by_id(session.id, room.store.now()).await.unwrap().is_none());
}

#[tokio::test]
async fn after_a_level_change_the_old_token_opens_nothing() {
    let room = Room::new().await;
    let (session, old) = room.start(room.person()).await;
    room.wait(TimeDelta::minutes(5));
    let tx = room.tx().await;
    let new = room.sessions.rotate(&tx, &room.ctx(), &session).await.unwrap();
    tx.commit().await.unwrap();
    assert!(room.find(&old).await.is_none());
    let found = room.find(&new).await.unwrap();
    assert_eq!(found.id, session.id, "the same session goes on");
    assert_eq!(found.auth_time, session.auth_time, "a verification is no sign-in");
}

#[tokio::test]
async fn signing_in_again_moves_auth_time_and_changes_the_token() {
    let room = Room::new().await;
    let (session, old) = room.start(room.person()).await;
    room.wait(TimeDelta::minutes(5));
    let mut unit = room.store.db.unit();
    let (again, new) = room.sessions.sign_in_again(&mut unit, &room.ctx(), &session, Amr::password());
    room.store.db.write(unit).await.unwrap();
    assert!(room.find(&old).await.is_none());
    assert_eq!(room.find(&new).await.unwrap(), again);
    assert_eq!(again.auth_time, room.store.now());
    assert_eq!((again.id, again.expires_at), (session.id, session.expires_at), "the absolute end stays");
}

#[tokio::test]
async fn ending_a_session_names_the_clients_to_tell_in_the_order_they_came() {
    let room = Room::new().await;
    let (session, token) = room.start(room.person()).await;
    room.join(&session, &["exam"]).await;
    room.wait(TimeDelta::seconds(1));
    room.join(&session, &["insurance", "exam"]).await;
    assert_eq!(room.sessions.clients(session.id).await.unwrap().len(), 2);
    let tx = room.tx().await;
    let ended = room.sessions.end(&tx, &room.ctx(), &session, EndReason::SignedOut).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(names(&ended), ["exam", "insurance"]);
    assert!(room.find(&token).await.is_none());
}

#[tokio::test]
async fn an_ended_session_is_neither_ended_again_nor_rotated() {
    let room = Room::new().await;
    let (session, _) = room.start(room.person()).await;
    let tx = room.tx().await;
    room.sessions.end(&tx, &room.ctx(), &session, EndReason::SignedOut).await.unwrap();
    let again = room.sessions.end(&tx, &room.ctx(), &session, EndReason::SignedOut).await;
    assert!(matches!(again, Err(StoreError::Gone)));
    assert!(matches!(room.sessions.rotate(&tx, &room.ctx(), &session).await, Err(StoreError::Gone)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_sign_outs_at_once_one_tells_the_clients() {
    let room = Room::new().await;
    let (session, _) = room.start(room.person()).await;
    room.join(&session, &["exam"]).await;
    let racers: Vec<_> = (0..8)
        .map(|_| {
            let (sessions, db, ctx, session) =
                (room.sessions.clone(), room.store.db.clone(), room.ctx(), session.clone());
            tokio::spawn(async move {
                let tx = db.begin().await.unwrap();
                let ended = sessions.end(&tx, &ctx, &session, EndReason::SignedOut).await;
                tx.commit().await.unwrap();
                ended.is_ok()
            })
        })
        .collect();
    let mut winners = 0;
    for racer in racers {
        winners += usize::from(racer.await.unwrap());
    }
    assert_eq!(winners, 1);
}

#[tokio::test]
async fn all_sessions_of_a_person_end_but_the_one_named() {
    let room = Room::new().await;
    let (person, other) = (room.person(), room.person());
    let (_, first) = room.start(person).await;
    let (kept, second) = room.start(person).await;
    let (_, stranger) = room.start(other).await;
    let tx = room.tx().await;
    let reason = EndReason::PasswordChanged;
    let ended = room.sessions.end_all_of(&tx, &room.ctx(), person, Some(kept.id), reason).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(ended.len(), 1);
    assert!(room.find(&first).await.is_none());
    assert!(room.find(&second).await.is_some());
    assert!(room.find(&stranger).await.is_some());
}

#[tokio::test]
async fn a_sid_is_stable_and_differs_between_clients_and_sessions() {
    let room = Room::new().await;
    let (one, _) = room.start(room.person()).await;
    let (two, _) = room.start(room.person()).await;
    let (exam, insurance): (ClientId, ClientId) = ("exam".parse().unwrap(), "insurance".parse().unwrap());
    let sid = room.sessions.sid(one.id, &exam);
    assert_eq!(sid, room.sessions.sid(one.id, &exam));
    assert_ne!(sid, room.sessions.sid(one.id, &insurance), "two clients cannot compare notes");
    assert_ne!(sid, room.sessions.sid(two.id, &exam));
    assert!(!sid.contains(&one.id.to_string()));
}

#[tokio::test]
async fn what_ended_yesterday_is_swept_away() {
    let room = Room::new().await;
    let (session, _) = room.start(room.person()).await;
    room.join(&session, &["exam"]).await;
    room.wait(TimeDelta::hours(33));
    let (_, fresh) = room.start(room.person()).await;
    let tx = room.tx().await;
    assert_eq!(room.sessions.sweep(&tx, room.store.now()).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert!(room.find(&fresh).await.is_some());
}
