//! The warning before a level ends (T9).

use std::pin::Pin;
use std::task::{Context, Poll};

use super::house::*;
use crate::{
    audit::Trail,
    kernel::{Ctx, PersonId, RealNameLevel, Timestamp},
    people::Status,
    proofing::CardMethod,
    signup::{CardInput, Owner, ProofInput, Signup},
    storage::{StoreError, flows::ConnectionTrait},
};

const TOLD: &str = "level_expiry_told";

fn china(time: &str) -> Timestamp {
    let time = chrono::DateTime::parse_from_rfc3339(&format!("{time}+08:00")).unwrap();
    Timestamp::from_millis(time.timestamp_millis())
}

impl House {
    fn is(&self, time: &str) {
        self.store.clock.set(china(time));
    }

    async fn warn(&self) -> usize {
        self.signup.warn_of_ends(&self.store.ctx()).await.unwrap()
    }

    /// What the phone heard of an end.
    async fn warnings(&self, phone: &str) -> Vec<String> {
        self.sms(phone).await.into_iter().filter(|text| text.contains("有效期至")).collect()
    }

    /// The person proves themselves by the bank once more.
    async fn prove_again(&self, person: PersonId) {
        let (person, browser) = (self.person(person).await, browser("again"));
        let owner = Owner { browser: &browser, person: &person, parked: None };
        let input = |proof| CardInput { method: CardMethod::Bank, proof, edit: None };
        let typed = ProofInput { phone: LIN.2.to_owned(), ..ProofInput::default() };
        let ctx = self.store.ctx();
        self.signup.send_upgrade_code(&ctx, owner, input(&typed), ("", "")).await.unwrap();
        let code = self.read_code(LIN.2).await;
        self.signup.upgrade(&ctx, owner, input(&proof(LIN.2, &code))).await.unwrap();
        self.work().await;
    }

    async fn rename(&self, table: &str, name: &str) {
        let tx = self.store.db.begin().await.unwrap();
        tx.execute_unprepared(&format!("ALTER TABLE {table} RENAME TO {name}")).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn told(&self, person: PersonId) -> usize {
        self.audited(person).await.iter().filter(|kind| *kind == TOLD).count()
    }
}

/// Verified on 2026-11-21: the proof counts until the end of 2028-11-21.
async fn verified() -> (House, PersonId) {
    let house = house().await;
    let person = house.person_l2("lin_xiaoyu", LIN).await;
    (house, person)
}

#[tokio::test]
async fn thirty_days_before_its_end_a_proof_is_told_of_by_day_and_once() {
    let (house, person) = verified().await;
    // 16:00 UTC is the next day in Asia/Shanghai
    for too_early in
        ["2028-10-22T09:00:00", "2028-10-22T23:59:59", "2028-10-23T00:00:00", "2028-10-23T08:59:59"]
    {
        house.is(too_early);
        assert_eq!((house.warn().await, house.warnings(LIN.2).await.len()), (0, 0), "{too_early}");
    }
    house.is("2028-10-23T09:00:00");
    assert_eq!(house.warn().await, 1);
    let expected = "【示范人社】您的账号li***u的实名认证有效期至2028-11-21，到期后实名等级将降低。请提前登录，在“认证中心”重新认证。";
    assert_eq!(house.warnings(LIN.2).await, [expected]);
    for later in ["2028-10-23T09:00:01", "2028-11-21T12:00:00", "2028-11-22T12:00:00"] {
        house.is(later);
        assert_eq!(house.warn().await, 0, "{later}");
    }
    assert_eq!((house.warnings(LIN.2).await.len(), house.told(person).await), (1, 1));
    assert_eq!(house.level(person).await, Some(RealNameLevel::L1), "and then it ends");
    let trail = house.audit.trail(Trail::Of(person)).await.unwrap();
    let told = trail.iter().find(|event| event.kind == TOLD).unwrap();
    assert!(told.detail["evidence"].is_string(), "{told:?}");
}

#[tokio::test]
async fn whoever_was_not_reached_in_the_evening_is_told_the_next_morning() {
    let (house, _) = verified().await;
    for (time, looked_at) in
        [("2028-10-23T20:00:00", 0), ("2028-10-24T03:00:00", 0), ("2028-10-24T19:59:59", 1)]
    {
        house.is(time);
        assert_eq!(house.warn().await, looked_at, "{time}");
    }
}

#[tokio::test]
async fn a_proof_that_ended_while_nobody_looked_is_not_warned_of() {
    let (house, person) = verified().await;
    house.is("2028-11-22T10:00:00");
    assert_eq!((house.warn().await, house.told(person).await), (0, 0));
}

#[tokio::test]
async fn two_nodes_that_look_at_once_send_one_message_to_each() {
    let (house, lin) = verified().await;
    let zhou = house.person_l2("zhou_wanqing", ZHOU).await;
    house.is("2028-10-24T10:00:00");
    let other = house.another_node().await;
    let looks: Vec<_> = (0..8)
        .map(|turn| {
            let node = if turn % 2 == 0 { house.signup.clone() } else { other.clone() };
            let ctx = house.store.ctx();
            tokio::spawn(async move { node.warn_of_ends(&ctx).await })
        })
        .collect();
    for look in looks {
        look.await.unwrap().unwrap();
    }
    for (person, phone) in [(lin, LIN.2), (zhou, ZHOU.2)] {
        assert_eq!((house.warnings(phone).await.len(), house.told(person).await), (1, 1));
    }
}

#[tokio::test]
async fn a_renewed_proof_is_silent_until_the_new_one_ends() {
    let (house, person) = verified().await;
    house.is("2028-10-20T10:00:00");
    house.prove_again(person).await;
    house.is("2028-10-24T10:00:00");
    assert_eq!((house.warn().await, house.told(person).await), (0, 0));
    house.is("2030-09-25T10:00:00");
    assert_eq!(house.warn().await, 1);
    assert!(house.warnings(LIN.2).await.concat().contains("有效期至2030-10-20"));
}

#[tokio::test]
async fn an_account_that_is_not_in_use_or_has_no_phone_hears_nothing() {
    let (house, lin) = verified().await;
    let zhou = house.person_l2("zhou_wanqing", ZHOU).await;
    house.is("2028-10-24T10:00:00");
    let (tx, ctx) = (house.store.db.begin().await.unwrap(), house.store.ctx());
    house.people.set_status(&tx, &ctx, lin, Status::Disabled).await.unwrap();
    house.people.displace_phone(&tx, &ctx, zhou).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((house.warn().await, house.warn().await), (2, 0), "each is looked at once");
    for (person, phone) in [(lin, LIN.2), (zhou, ZHOU.2)] {
        assert_eq!((house.warnings(phone).await.len(), house.told(person).await), (0, 0));
    }
}

#[tokio::test]
async fn a_closed_account_hears_nothing() {
    let (house, lin) = verified().await;
    house.is("2028-10-24T10:00:00");
    let tx = house.store.db.begin().await.unwrap();
    house.people.set_status(&tx, &house.store.ctx(), lin, Status::Closed).await.unwrap();
    tx.commit().await.unwrap();
    house.warn().await;
    assert_eq!((house.warnings(LIN.2).await.len(), house.told(lin).await), (0, 0));
}

#[tokio::test]
async fn what_cannot_be_queued_or_recorded_is_looked_at_again() {
    for table in ["outbox", "audit_events"] {
        let (house, person) = verified().await;
        house.is("2028-10-24T10:00:00");
        house.warnings(LIN.2).await;
        house.rename(table, "lost").await;
        house.warn().await;
        house.rename("lost", table).await;
        assert_eq!((house.told(person).await, house.warnings(LIN.2).await.len()), (0, 0), "{table}");
        house.warn().await;
        assert_eq!((house.told(person).await, house.warnings(LIN.2).await.len()), (1, 1), "{table}");
    }
}

/// A node that dies after so many steps of its work.
struct Dying<F>(Pin<Box<F>>, usize);

impl<F: Future> Future for Dying<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.1 == 0 {
            return Poll::Ready(None);
        }
        self.1 -= 1;
        self.0.as_mut().poll(cx).map(Some)
    }
}

async fn dies_after(node: &Signup, ctx: &Ctx, steps: usize) -> Option<Result<usize, StoreError>> {
    Dying(Box::pin(node.warn_of_ends(ctx)), steps).await
}

#[tokio::test]
async fn a_node_that_dies_in_between_has_told_and_noted_it_or_neither() {
    let (house, person) = verified().await;
    house.is("2028-10-24T10:00:00");
    let ctx = house.store.ctx();
    let (mut deaths, mut survived) = (0, None);
    while survived.is_none() {
        deaths += 1;
        survived = dies_after(&house.signup, &ctx, deaths).await;
        let (told, queued) = (house.told(person).await, house.warnings(LIN.2).await.len());
        assert_eq!(told, queued, "after {deaths} steps");
    }
    house.warn().await;
    assert_eq!((house.told(person).await, house.warnings(LIN.2).await.len()), (1, 1));
}
