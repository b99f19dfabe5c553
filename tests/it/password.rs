//! A10 修改密码: what it asks, what it ends, and those who try it in somebody else's session.

use chrono::TimeDelta;

use crate::harness::{Browser, House, Page, house};
use crate::people::{VERIFIED, browser_of, open_account, sign_in, tokens_for, typed};

const NEW: &str = "Qingtian7Liushui";
const SESSION: &str = "menfu-session";

async fn change(browser: &Browser, old: &str, new: &str, confirm: &str) -> Page {
    let page = browser.get("/account/password").await;
    browser.submit(page.form().set("old", old).set("password", new).set("confirm", confirm)).await
}

async fn may_sign_in(house: &House, username: &str, password: &str) -> bool {
    let browser = house.browser();
    let page = browser.get("/login").await;
    browser.submit(typed(&page, username, password)).await;
    browser.cookie(SESSION).is_some()
}

#[tokio::test]
async fn s0_28_s0_31_who_is_signed_in_and_knows_the_old_password_sets_a_new_one() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = browser_of(house, &seed).await;
        let page = change(&browser, seed.password.expose(), NEW, NEW).await;
        page.shows("密码修改成功").hides("您好");
        assert!(!may_sign_in(house, &seed.username, seed.password.expose()).await, "the old one is over");
        assert!(may_sign_in(house, &seed.username, NEW).await);
        house.work().await;
        let told = house.sandbox.messages(Some(&seed.phone));
        assert!(told.iter().any(|sms| sms.message.text.contains("的密码已修改")), "{told:?}");
    })
    .await;
}

#[tokio::test]
async fn s0_32_every_session_and_every_refresh_token_ends_with_the_old_password() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let exam = house.exam();
        let (elsewhere, tokens) = tokens_for(house, &exam, &seed, &[]).await;
        let browser = browser_of(house, &seed).await;
        change(&browser, seed.password.expose(), NEW, NEW).await;
        assert!(browser.cookie(SESSION).is_none());
        for gone in [&browser, &elsewhere] {
            assert_eq!(gone.get("/account").await.url.path(), "/login");
        }
        assert_eq!(exam.refresh(tokens.text("refresh_token")).await.text("error"), "invalid_grant");
        assert_eq!(exam.userinfo(tokens.text("access_token")).await.status, 401);
    })
    .await;
}

#[tokio::test]
async fn s0_29_the_new_password_is_not_the_old_one_and_obeys_the_rules() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = browser_of(house, &seed).await;
        let old = seed.password.expose();
        let born = format!("Shan{}he", &seed.id_number[6..14]);
        for (old, new, confirm, says) in [
            (old, old, old, "修改后的新密码不能与原密码一致"),
            (old, "short1A", "short1A", "密码应为8-30位"),
            (old, &born, &born, "密码过于简单或包含个人信息"),
            (old, NEW, "Qingtian7Liushu", "两次输入的密码不一致"),
            ("", NEW, NEW, "请填写原密码"),
            (old, "", "", "请填写新密码"),
        ] {
            let page = change(&browser, old, new, confirm).await;
            page.shows(says);
            for input in ["old", "password", "confirm"] {
                assert_eq!(page.attr(&format!("#{input}"), "value").unwrap_or_default(), "", "{says}");
            }
        }
        assert!(may_sign_in(house, &seed.username, old).await, "nothing was changed");
    })
    .await;
}

#[tokio::test]
async fn s0_30_the_menu_and_a_portal_s_link_lead_to_the_page_and_a_stranger_signs_in_first() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = browser_of(house, &seed).await;
        let home = browser.get("/account").await;
        assert_eq!(home.text_of("nav.menu a[href='/account/password']"), "密码管理");
        let linked = house.browser();
        let page = linked.get("/account/password").await;
        let page = sign_in(&linked, &page, &seed).await;
        assert_eq!(page.url.path(), "/account/password");
    })
    .await;
}

#[tokio::test]
async fn whoever_took_over_a_session_does_not_guess_the_old_password_here() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = browser_of(house, &seed).await;
        for _ in 0..4 {
            change(&browser, "Wrong7Guess", NEW, NEW).await.shows("原密码错误");
        }
        change(&browser, "Wrong7Guess", NEW, NEW).await.shows("账号已锁定1小时");
        change(&browser, seed.password.expose(), NEW, NEW).await.shows("账号已锁定1小时");
        house.pass(TimeDelta::minutes(61));
        assert!(may_sign_in(house, &seed.username, seed.password.expose()).await, "and nothing was changed");
    })
    .await;
}

#[tokio::test]
async fn of_two_changes_at_once_one_wins_and_the_other_is_told() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let (one, two) = (browser_of(house, &seed).await, browser_of(house, &seed).await);
        let old = seed.password.expose();
        let others = "Gaoshan8Liuyun";
        let (a, b) = tokio::join!(change(&one, old, NEW, NEW), change(&two, old, others, others));
        let won = [&a, &b].iter().filter(|page| page.text().contains("密码修改成功")).count();
        assert_eq!(won, 1, "{} / {}", a.text(), b.text());
        let right =
            [may_sign_in(house, &seed.username, NEW).await, may_sign_in(house, &seed.username, others).await];
        assert_eq!(right.iter().filter(|right| **right).count(), 1);
    })
    .await;
}

async fn at_the_door(browser: &Browser, name: &str, old: &str, new: &str) -> Page {
    let page = browser.get("/password/change").await;
    let form = page.form().set("username", name).set("old", old);
    browser.submit(form.set("password", new).set("confirm", new)).await
}

#[tokio::test]
async fn s3_13_the_password_is_changed_without_a_session_and_every_session_ends() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let elsewhere = browser_of(house, &seed).await;
        let browser = house.browser();
        let login = browser.get("/login").await;
        assert_eq!(login.text_of("main a[href='/password/change']"), "修改密码");
        let page = at_the_door(&browser, &seed.username, seed.password.expose(), NEW).await;
        page.shows("密码修改成功");
        assert!(browser.cookie(SESSION).is_none(), "nobody is signed in by it");
        assert_eq!(elsewhere.get("/account").await.url.path(), "/login");
        assert!(!may_sign_in(house, &seed.username, seed.password.expose()).await);
        assert!(may_sign_in(house, &seed.username, NEW).await);
        let signed_in = house.browser();
        let page = signed_in.get("/login").await;
        signed_in.submit(typed(&page, &seed.username, NEW)).await;
        assert_eq!(signed_in.get("/password/change").await.url.path(), "/account/password");
    })
    .await;
}

#[tokio::test]
async fn a_sign_in_that_waits_at_a_portal_goes_on_after_the_change() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let (browser, exam) = (house.browser(), house.exam());
        let login = browser.get(&exam.authorize(&[])).await;
        let door = browser.get(&login.attr("main a[href^='/password/change']", "href").unwrap()).await;
        let form = door.form().set("username", &seed.username).set("old", seed.password.expose());
        let done = browser.submit(form.set("password", NEW).set("confirm", NEW)).await;
        let login = browser.get(&done.attr("main a.btn", "href").unwrap()).await;
        let back = browser.submit(typed(&login, &seed.username, NEW)).await;
        assert_eq!(exam.returned(&back).get("state"), "state-of-the-test");
    })
    .await;
}

/// decisions.md "What may be known": names, locks and faults say the same of everybody at this door too.
#[tokio::test]
async fn at_the_door_an_unknown_name_counts_down_and_locks_like_a_known_one() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let mut said = Vec::new();
        for (source, name) in [("127.0.1.1", seed.username.as_str()), ("127.0.2.1", "nobody_2026")] {
            let browser = house.browser_at(source);
            let mut pages = Vec::new();
            for _ in 0..6 {
                let page = at_the_door(&browser, name, "Wrong7Guess", NEW).await;
                assert_eq!(page.attr("#username", "value").as_deref(), Some(name), "what was typed stays");
                pages.push((page.status, page.text_of("[role=alert] p:not(.trace)")));
            }
            said.push(pages);
        }
        assert_eq!(said[0], said[1]);
        assert!(said[0][0].1.contains("您还可以尝试4次"), "{:?}", said[0]);
        assert!(said[0][5].1.contains("账号已锁定1小时"), "{:?}", said[0]);
        let born = format!("Shan{}he", &seed.id_number[6..14]);
        let browser = house.browser_at("127.0.3.1");
        at_the_door(&browser, &seed.username, "Wrong7Guess", &born).await.shows("您还可以尝试");
        at_the_door(&browser, &seed.username, seed.password.expose(), &born).await.shows("密码过于简单");
    })
    .await;
}
