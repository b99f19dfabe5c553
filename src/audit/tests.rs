use super::*;
use crate::{
    kernel::{AmrMethod, ClientId, SessionId},
    storage::testing::{self, TestStore},
};
use chrono::TimeDelta;

struct Scene {
    store: TestStore,
    audit: Audit,
}

impl Scene {
    async fn new() -> Self {
        let store = testing::db().await;
        Self { audit: Audit::new(store.base()), store }
    }

    async fn record(&self, ctx: &Ctx, event: AuditEvent) {
        let tx = self.store.db.begin().await.unwrap();
        self.audit.record(&tx, ctx, event).await.unwrap();
        tx.commit().await.unwrap();
    }

    fn person(&self) -> PersonId {
        PersonId::new(self.store.now(), &*self.store.rng)
    }
}

#[tokio::test]
async fn an_event_says_who_what_when_and_from_where() {
    let scene = Scene::new().await;
    let (ctx, person) = (scene.store.ctx(), scene.person());
    let session = SessionId::new(ctx.now, &*scene.store.rng);
    let client: ClientId = "exam".parse().unwrap();
    let amr = vec![AmrMethod::Pwd];
    scene.record(&ctx, AuditEvent::SignInSucceeded { person, client: Some(client), session, amr }).await;
    let [event]: [Recorded; 1] = scene.audit.trail(Trail::Of(person)).await.unwrap().try_into().unwrap();
    assert_eq!((event.kind.as_str(), event.client.as_deref()), ("sign_in_succeeded", Some("exam")));
    assert_eq!((event.at, event.trace, event.person), (ctx.now, ctx.trace, Some(person)));
    assert_eq!(
        serde_json::to_value(event.detail).unwrap(),
        serde_json::json!({ "session": session, "amr": ["pwd"] })
    );
}

#[tokio::test]
async fn the_source_is_a_prefix_and_no_address() {
    let scene = Scene::new().await;
    let ctx = scene.store.ctx_from("203.0.113.77".parse().unwrap());
    scene.record(&ctx, AuditEvent::SignInFailed { person: None, reason: SignInFailure::UnknownName }).await;
    let [event]: [Recorded; 1] =
        scene.audit.trail(Trail::Request(ctx.trace)).await.unwrap().try_into().unwrap();
    assert_eq!((event.source.as_str(), event.person), ("203.0.113.0/24", None));
    assert_eq!(event.detail["reason"], "unknown_name");
}

#[tokio::test]
async fn an_event_of_a_dropped_transaction_did_not_happen() {
    let scene = Scene::new().await;
    let (ctx, person) = (scene.store.ctx(), scene.person());
    let tx = scene.store.db.begin().await.unwrap();
    scene.audit.record(&tx, &ctx, AuditEvent::PersonChanged { person, what: "password" }).await.unwrap();
    drop(tx);
    assert_eq!(scene.audit.trail(Trail::Request(ctx.trace)).await.unwrap(), []);
}

#[tokio::test]
async fn a_trail_holds_one_persons_events_in_their_order() {
    let scene = Scene::new().await;
    let (one, other) = (scene.person(), scene.person());
    for (person, what) in [(one, "first"), (other, "else"), (one, "second")] {
        scene.record(&scene.store.ctx(), AuditEvent::PersonChanged { person, what }).await;
        scene.store.clock.advance(TimeDelta::seconds(1));
    }
    let trail = scene.audit.trail(Trail::Of(one)).await.unwrap();
    assert_eq!(
        trail.iter().map(|event| event.detail["what"].as_str().unwrap()).collect::<Vec<_>>(),
        ["first", "second"]
    );
}

#[tokio::test]
async fn every_event_can_be_written() {
    let scene = Scene::new().await;
    let (ctx, person) = (scene.store.ctx(), scene.person());
    let client: ClientId = "exam".parse().unwrap();
    let family = crate::kernel::GrantId::new(ctx.now, &*scene.store.rng);
    for event in [
        AuditEvent::SignInLocked { person: Some(person), scope: LockScope::Strangers },
        AuditEvent::TokensRefreshed { person: None, client: client.clone(), family, number: 2 },
        AuditEvent::ConsentGiven { person, client: client.clone(), scope: "openid".into() },
        AuditEvent::ClientAdded { client },
        AuditEvent::KeyCreated { kid: "k1".parse().unwrap() },
    ] {
        scene.record(&ctx, event).await;
    }
    let trail = scene.audit.trail(Trail::Request(ctx.trace)).await.unwrap();
    let mut sorted: Vec<_> = trail.into_iter().map(|event| event.kind).collect();
    sorted.sort();
    assert_eq!(
        sorted,
        ["client_added", "consent_given", "key_created", "sign_in_locked", "tokens_refreshed"]
    );
}

#[tokio::test]
async fn an_event_is_kept_for_400_days_and_goes_afterwards() {
    let scene = Scene::new().await;
    let person = scene.person();
    let sweep = async || {
        let tx = scene.store.db.begin().await.unwrap();
        let gone = scene.audit.sweep(&tx, scene.store.now()).await.unwrap();
        tx.commit().await.unwrap();
        gone
    };
    scene.record(&scene.store.ctx(), AuditEvent::PersonChanged { person, what: "first" }).await;
    scene.store.clock.advance(TimeDelta::days(1));
    scene.record(&scene.store.ctx(), AuditEvent::PersonChanged { person, what: "second" }).await;
    scene.store.clock.advance(TimeDelta::days(399));
    assert_eq!(sweep().await, 0, "to the millisecond 400 days old");
    scene.store.clock.advance(TimeDelta::milliseconds(1));
    assert_eq!((sweep().await, sweep().await), (1, 0));
    let kept = scene.audit.trail(Trail::Of(person)).await.unwrap();
    assert_eq!(kept.iter().map(|event| &event.detail["what"]).collect::<Vec<_>>(), ["second"]);
}
