//! T7: the owner hears of a sign-in from a browser that never was here, and ends it with one press.

use chrono::TimeDelta;

use crate::harness::{Plan, house_of, nodes_of};
use crate::people::{VERIFIED, browser_of, open_account, sign_in, tokens_for};
use crate::recovery::{NEW, events, is_signed_in, messages, recovered, signed_in};
use crate::replacing::veto_link;

fn telling() -> Plan {
    let mut plan = Plan::default();
    plan.policy.login.new_device = true;
    plan
}

#[tokio::test]
async fn t7_the_owner_is_told_of_a_new_browser_and_not_of_the_first_or_of_their_own() {
    house_of(telling(), async |house| {
        let seed = open_account(house, VERIFIED).await;
        let own = browser_of(house, &seed).await;
        assert_eq!(messages(house, &seed.phone).await, 0, "the first sign-in is nobody else's");
        house.pass(TimeDelta::minutes(5));
        let page = own.get(&house.exam().authorize(&[("prompt", "login")])).await;
        sign_in(&own, &page, &seed).await;
        assert_eq!(messages(house, &seed.phone).await, 0, "a browser that is known");
        house.pass(TimeDelta::minutes(5));
        browser_of(house, &seed).await;
        let told = house.sms(&seed.phone).await;
        assert!(told.contains("在新设备上登录") && told.contains("2026-11-21 10:10"), "{told}");
        assert!(!told.contains(&seed.username) && !told.contains(&seed.name), "{told}");
        signed_in(house, &seed, "Wrong2026x").await;
        assert_eq!(messages(house, &seed.phone).await, 1, "a failure is no sign-in");
    })
    .await;
}

#[tokio::test]
async fn t7_one_press_ends_the_stolen_session_its_tokens_and_the_stolen_password() {
    house_of(telling(), async |house| {
        let seed = open_account(house, VERIFIED).await;
        let own = browser_of(house, &seed).await;
        house.pass(TimeDelta::minutes(5));
        let (thief, tokens) = tokens_for(house, &house.exam(), &seed, &[]).await;
        let owner = house.browser();
        let page = owner.get(&veto_link(house, &seed.phone).await).await;
        page.shows("新设备登录").shows("当前密码作废");
        assert_eq!(thief.get("/account").await.url.path(), "/account", "a link alone does nothing");
        let form = page.form().press("next");
        owner.submit(form.clone()).await.shows("登录所用的密码已停用");
        owner.submit(form).await.shows("登录所用的密码已停用");
        assert_eq!(events(house, "sign_in_vetoed").await, 1, "once");
        for browser in [&thief, &own] {
            assert_eq!(browser.get("/account").await.url.path(), "/login");
        }
        assert_eq!(house.exam().userinfo(tokens.text("access_token")).await.status, 401);
        assert_eq!(house.exam().refresh(tokens.text("refresh_token")).await.text("error"), "invalid_grant");
        assert!(!is_signed_in(&signed_in(house, &seed, seed.password.expose()).await));
        house.pass(TimeDelta::seconds(61));
        recovered(house, &owner, &seed).await;
        assert!(is_signed_in(&signed_in(house, &seed, NEW).await), "the owner is in again");
    })
    .await;
}

/// The owner noticed and set another password already: the link ends the sessions and leaves that one.
#[tokio::test]
async fn t7_a_password_that_was_set_since_stays() {
    house_of(telling(), async |house| {
        let seed = open_account(house, VERIFIED).await;
        browser_of(house, &seed).await;
        house.pass(TimeDelta::minutes(5));
        browser_of(house, &seed).await;
        let link = veto_link(house, &seed.phone).await;
        recovered(house, &house.browser(), &seed).await;
        let owner = house.browser();
        let page = owner.get(&link).await;
        owner.submit(page.form().press("next")).await.shows("所有设备均已退出登录");
        assert!(is_signed_in(&signed_in(house, &seed, NEW).await));
    })
    .await;
}

/// At two nodes at the same moment somebody signs in by the stolen password and the owner undoes an earlier sign-in: neither
/// waits for the other for ever, and the thief is out.
#[tokio::test(flavor = "multi_thread")]
async fn t7_of_a_sign_in_and_a_veto_at_the_same_moment_both_end_and_the_password_is_dead() {
    nodes_of(telling(), async |nodes| {
        let seed = open_account(nodes, VERIFIED).await;
        browser_of(nodes.on_a(), &seed).await;
        nodes.on_a().pass(TimeDelta::minutes(5));
        browser_of(nodes.on_a(), &seed).await;
        let (a, b) = (nodes.on_a(), nodes.on_b());
        let owner = b.browser();
        let form = owner.get(&veto_link(b, &seed.phone).await).await.form().press("next");
        let mut thieves = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let (thief, seed) = (a.browser(), seed.clone());
            thieves.spawn(async move {
                let page = thief.get("/login").await;
                sign_in(&thief, &page, &seed).await;
                thief
            });
        }
        let (thieves, undone) = tokio::join!(thieves.join_all(), owner.submit(form));
        undone.shows("登录所用的密码已停用");
        for thief in thieves {
            assert_eq!(thief.get("/account").await.url.path(), "/login");
        }
    })
    .await;
}

/// Whoever has the password does not bomb the owner's phone by it.
#[tokio::test]
async fn t7_five_messages_in_a_day_are_all() {
    house_of(telling(), async |house| {
        let seed = open_account(house, VERIFIED).await;
        for _ in 0..8 {
            browser_of(house, &seed).await;
            house.pass(TimeDelta::minutes(2));
        }
        assert_eq!(messages(house, &seed.phone).await, 5);
        house.pass(TimeDelta::hours(25));
        browser_of(house, &seed).await;
        assert_eq!(messages(house, &seed.phone).await, 6);
    })
    .await;
}
