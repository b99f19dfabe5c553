//! A2 in full and the export of A16 over HTTP: the owner, and whoever took over a session or a phone.

use serde_json::Value;

use crate::harness::{Form, House, Page, house};
use crate::people::{TOLD_ALL, VERIFIED, browser_of, open_account, tokens_for};
use crate::prompts::college;
use crate::recovery::{NEW, events, recovered, signed_in};

const FULL: &str = "/account/profile/full";
const EXPORT: &str = "/account/privacy/export";

fn exported(page: &Page) -> Value {
    serde_json::from_str(&page.html).unwrap_or_else(|_| panic!("no export: {}", page.text()))
}

#[tokio::test]
async fn the_owner_sees_everything_after_the_password_and_once() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = browser_of(house, &seed).await;
        let page = browser.get("/account/profile").await;
        page.hides(&seed.id_number).hides(&seed.phone).shows("显示完整信息");
        let page = browser.get(FULL).await;
        page.hides(&seed.id_number);
        browser.submit(page.form().press("next")).await.shows("请填写密码");
        let page = browser.submit(page.form().set("password", seed.password.expose()).press("next")).await;
        page.shows(&seed.id_number).shows(&seed.phone).shows(&seed.name).shows("1992-05-18");
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert_eq!(events(house, "own_data_opened").await, 1);
        browser.get("/account/profile").await.hides(&seed.id_number);
        browser.get(FULL).await.hides(&seed.id_number);
    })
    .await;
}

#[tokio::test]
async fn the_export_has_the_name_as_it_is_and_everything_else_that_is_kept() {
    house(async |house| {
        let seed = open_account(house, TOLD_ALL).await;
        let college = college(house);
        let (browser, _) = tokens_for(house, &house.exam(), &seed, &[]).await;
        let page = browser.get(&college.authorize(&[("scope", "openid profile")])).await;
        let back = browser.submit(page.form().press("yes")).await;
        college.exchange(college.returned(&back).get("code")).await;
        assert!(browser.get("/account/privacy").await.has(&format!("a[href='{EXPORT}']")));
        let form = browser.get(EXPORT).await.form();
        let page = browser.submit(form.set("password", seed.password.expose()).press("next")).await;
        assert_eq!(page.header("content-type"), Some("application/json; charset=utf-8"));
        let named = page.header("content-disposition").unwrap();
        assert!(named.starts_with("attachment; filename=\"") && named.contains(&seed.username), "{named}");
        let told = exported(&page);
        assert_eq!(told["person"]["name"], seed.name);
        assert_eq!(told["person"]["id_number"], seed.id_number);
        assert_eq!(told["account"]["username"], seed.username);
        let lists = ["verifications", "consents", "sessions", "sign_ins", "disclosures"];
        for list in lists {
            assert!(!told[list].as_array().unwrap().is_empty(), "{list}: {told}");
        }
        assert_eq!(told["disclosures"].as_array().unwrap().len(), 2);
        for secret in ["argon2", "$argon2id$", seed.password.expose()] {
            assert!(!page.html.contains(secret), "{secret}");
        }
        assert_eq!(events(house, "own_data_opened").await, 1);
    })
    .await;
}

/// A stolen session does not have the password; guesses count as failed sign-ins.
#[tokio::test]
async fn whoever_took_over_a_session_sees_and_takes_along_nothing() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let thief = browser_of(house, &seed).await;
        for path in [FULL, EXPORT, FULL, EXPORT] {
            let form = thief.get(path).await.form();
            let page = thief.submit(form.set("password", "Guess2026x").press("next")).await;
            page.shows("原密码错误").hides(&seed.id_number);
        }
        let form = thief.get(FULL).await.form();
        thief.submit(form.clone().set("password", "Guess2026x").press("next")).await.shows("账号已锁定");
        let page = thief.submit(form.set("password", seed.password.expose()).press("next")).await;
        page.shows("账号已锁定").hides(&seed.id_number);
        assert_eq!(events(house, "own_data_opened").await, 0);
    })
    .await;
}

/// And whoever came by a recovery has the password, but not the level.
#[tokio::test]
async fn whoever_came_by_a_recovery_proves_themselves_first() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let owner = browser_of(house, &seed).await;
        let actions = [owner.get(FULL).await.form(), owner.get(EXPORT).await.form()];
        recovered(house, &house.browser(), &seed).await;
        let thief = signed_in(house, &seed, NEW).await;
        let own = thief.get("/account/password").await.form();
        for form in actions {
            let forged = Form { action: form.action.clone(), fields: own.fields.clone() };
            let page = thief.submit(forged.set("password", NEW).press("next")).await;
            page.shows("请先完成实名认证").hides(&seed.id_number);
        }
        assert_eq!(nothing_opened(house).await, 0);
    })
    .await;
}

async fn nothing_opened(house: &House) -> i64 {
    events(house, "own_data_opened").await
}
