use super::*;
use crate::storage::testing::{self, TestStore};

struct Scene {
    store: TestStore,
    ledger: Ledger,
    person: PersonId,
}

impl Scene {
    async fn new() -> Self {
        let store = testing::db().await;
        let person = PersonId::new(store.now(), &*store.rng);
        Self { ledger: Ledger::new(store.base()), store, person }
    }

    async fn with(entries: usize) -> Self {
        let scene = Self::new().await;
        for _ in 0..entries {
            scene.note(&scene.ledger).await.unwrap();
        }
        scene
    }

    fn told(&self) -> Disclosure {
        Disclosure {
            person: self.person,
            recipient: Recipient::Client("exam".parse().unwrap()),
            occasion: Occasion::SignIn,
            basis: Basis::Duty,
            claims: vec!["sub".to_owned(), "acr".to_owned()],
            acr: Some("L2".to_owned()),
            reason: None,
        }
    }

    async fn note(&self, ledger: &Ledger) -> Result<(), StoreError> {
        let mut unit = self.store.db.unit();
        ledger.note(&mut unit, &self.store.ctx(), &self.told()).await?;
        self.store.db.write(unit).await
    }

    async fn verdict(&self) -> Verdict {
        self.ledger.verify(self.person).await.unwrap()
    }

    /// What somebody does who can write to the database.
    async fn tamper(&self, sql: &str) {
        let tx = self.store.db.begin().await.unwrap();
        store::tamper(&tx, sql).await;
        tx.commit().await.unwrap();
        self.ledger.reread(self.person);
    }
}

#[tokio::test]
async fn entries_are_numbered_and_read_the_newest_first() {
    let scene = Scene::with(3).await;
    let book = scene.ledger.book(scene.person, None, 2).await.unwrap();
    assert_eq!(book.verdict, Verdict::Whole { entries: 3 });
    let numbers: Vec<_> = book.entries.iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, [3, 2]);
    let book = scene.ledger.book(scene.person, Some(2), 20).await.unwrap();
    let [first]: [Entry; 1] = book.entries.try_into().unwrap();
    assert_eq!((first.number, first.claims.join(" ").as_str()), (1, "sub acr"));
    assert_eq!(first.recipient, Recipient::Client("exam".parse().unwrap()));
}

#[tokio::test]
async fn whoever_has_none_has_a_whole_book() {
    assert_eq!(Scene::new().await.verdict().await, Verdict::Whole { entries: 0 });
}

#[tokio::test]
async fn a_row_that_is_removed_changed_or_made_up_is_noticed() {
    for (sql, at) in [
        ("DELETE FROM ledger WHERE number = 1", Some(1)),
        ("DELETE FROM ledger WHERE number = 2", Some(2)),
        ("DELETE FROM ledger WHERE number = 3", Some(3)),
        ("DELETE FROM ledger", Some(1)),
        ("UPDATE ledger SET at = at + 1 WHERE number = 2", Some(2)),
        ("UPDATE ledger SET claims = 'sub' WHERE number = 2", Some(2)),
        ("UPDATE ledger SET recipient = 'insurance' WHERE number = 2", Some(2)),
        ("UPDATE ledger SET occasion = 'nonsense' WHERE number = 2", Some(2)),
        ("UPDATE ledger SET reason = 'because' WHERE number = 2", Some(2)),
        ("UPDATE ledger SET number = 4 WHERE number = 3", Some(3)),
        (
            "INSERT INTO ledger SELECT person_id, 4, at, recipient, occasion, basis, claims, acr, reason, mac
             FROM ledger WHERE number = 3",
            Some(4),
        ),
        ("DELETE FROM ledger_heads", Some(1)),
        ("UPDATE ledger_heads SET last = 2", None),
        ("UPDATE ledger_heads SET first = 2", None),
    ] {
        let scene = Scene::with(3).await;
        scene.tamper(sql).await;
        assert_eq!(scene.verdict().await, Verdict::Broken { at }, "{sql}");
    }
}

/// The next entry does not make it good.
#[tokio::test]
async fn a_head_that_was_set_back_stays_known_as_such() {
    for sql in ["UPDATE ledger_heads SET last = 2", "DELETE FROM ledger_heads"] {
        let scene = Scene::with(3).await;
        scene.tamper(sql).await;
        scene.tamper("DELETE FROM ledger WHERE number = 3").await;
        scene.note(&scene.ledger).await.unwrap();
        scene.note(&scene.ledger).await.unwrap();
        scene.ledger.reread(scene.person);
        assert!(!scene.verdict().await.is_whole(), "{sql}");
    }
}

#[tokio::test]
async fn of_two_nodes_that_note_at_once_the_slower_one_tries_again() {
    let scene = Scene::with(1).await;
    let other = Ledger { base: scene.store.base(), heads: scene.ledger.heads.clone() };
    let (mut one, mut two) = (scene.store.db.unit(), scene.store.db.unit());
    scene.ledger.note(&mut one, &scene.store.ctx(), &scene.told()).await.unwrap();
    other.note(&mut two, &scene.store.ctx(), &scene.told()).await.unwrap();
    scene.store.db.write(one).await.unwrap();
    assert!(matches!(scene.store.db.write(two).await, Err(StoreError::Conflict)));
    other.reread(scene.person);
    scene.note(&other).await.unwrap();
    assert_eq!(scene.verdict().await, Verdict::Whole { entries: 3 });
}

#[tokio::test]
async fn what_is_older_than_400_days_is_removed_and_the_rest_stays_whole() {
    let scene = Scene::with(2).await;
    scene.store.clock.advance(KEPT);
    scene.note(&scene.ledger).await.unwrap();
    let sweep = async || {
        let tx = scene.store.db.begin().await.unwrap();
        let removed = scene.ledger.sweep(&tx, scene.store.now()).await.unwrap();
        tx.commit().await.unwrap();
        removed
    };
    assert_eq!(sweep().await, 0);
    scene.store.clock.advance(TimeDelta::milliseconds(1));
    assert_eq!(sweep().await, 2);
    assert_eq!(scene.verdict().await, Verdict::Whole { entries: 1 });
    scene.store.clock.advance(KEPT);
    assert_eq!(sweep().await, 1);
    assert_eq!(scene.verdict().await, Verdict::Whole { entries: 0 });
    scene.ledger.reread(scene.person);
    scene.note(&scene.ledger).await.unwrap();
    let book = scene.ledger.book(scene.person, None, 20).await.unwrap();
    assert_eq!((book.entries[0].number, book.verdict), (4, Verdict::Whole { entries: 1 }));
}

/// Made old by hand so that the sweep would take it away: it stays, and tells.
#[tokio::test]
async fn what_is_not_as_it_was_written_is_not_swept() {
    let scene = Scene::with(3).await;
    scene.tamper("UPDATE ledger SET at = 0 WHERE number = 1").await;
    let tx = scene.store.db.begin().await.unwrap();
    assert_eq!(scene.ledger.sweep(&tx, scene.store.now()).await.unwrap(), 0);
    tx.commit().await.unwrap();
    assert_eq!(scene.verdict().await, Verdict::Broken { at: Some(1) });
}

#[tokio::test]
async fn everybody_with_entries_or_a_head_is_verified() {
    let scene = Scene::with(1).await;
    assert_eq!(scene.ledger.persons(None).await.unwrap(), [scene.person]);
    assert!(scene.ledger.persons(Some(scene.person)).await.unwrap().is_empty());
    scene.tamper("DELETE FROM ledger_heads").await;
    assert_eq!(scene.ledger.persons(None).await.unwrap(), [scene.person]);
}
