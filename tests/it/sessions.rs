//! A14c 登录安全: where the account is signed in, who signed in before, and who tries it with somebody else's session.

use chrono::TimeDelta;

use crate::harness::{Browser, House, house};
use crate::people::{SOMEBODY_ELSE, VERIFIED, browser_of, open_account, tokens_for, typed};

async fn is_signed_in(browser: &Browser) -> bool {
    browser.get("/account").await.url.path() == "/account"
}

async fn try_at(house: &House, source: &str, username: &str, password: &str) {
    let browser = house.browser_at(source);
    let page = browser.get("/login").await;
    browser.submit(typed(&page, username, password)).await;
}

#[tokio::test]
async fn the_owner_sees_each_device_and_signs_one_of_them_out() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let (first, own) = (browser_of(house, &seed).await, browser_of(house, &seed).await);
        house.pass(TimeDelta::minutes(2));
        let page = own.get("/account/sessions").await;
        assert_eq!(page.texts_of(".rows h3"), ["本设备", "其他设备"]);
        let page = own.submit(page.form_of(".rows form")).await;
        assert_eq!(
            (page.url.path(), page.texts_of(".rows h3")),
            ("/account/sessions", vec!["本设备".to_owned()])
        );
        assert!(is_signed_in(&own).await && !is_signed_in(&first).await);
    })
    .await;
}

#[tokio::test]
async fn signing_the_other_devices_out_ends_what_hung_on_them_and_keeps_this_one() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let exam = house.exam();
        let (other, tokens) = tokens_for(house, &exam, &seed, &[]).await;
        let own = browser_of(house, &seed).await;
        let page = own.get("/account/sessions").await;
        own.submit(page.form_of("main section > form").press("others")).await;
        assert!(is_signed_in(&own).await && !is_signed_in(&other).await);
        assert_eq!(exam.refresh(tokens.text("refresh_token")).await.text("error"), "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn not_me_ends_everything_and_leads_to_the_change_of_the_password() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let (stranger, own) = (browser_of(house, &seed).await, browser_of(house, &seed).await);
        let page = own.get("/account/sessions").await;
        let page = own.submit(page.form_of("main section > form").press("stranger")).await;
        assert_eq!(page.url.path(), "/password/change");
        assert!(!is_signed_in(&stranger).await && !is_signed_in(&own).await);
    })
    .await;
}

#[tokio::test]
async fn nobody_ends_a_session_of_somebody_else() {
    house(async |house| {
        let (seed, other) = (open_account(house, VERIFIED).await, open_account(house, SOMEBODY_ELSE).await);
        let (victim, attacker) = (browser_of(house, &seed).await, browser_of(house, &other).await);
        let second = browser_of(house, &seed).await;
        let id =
            second.get("/account/sessions").await.form_of(".rows form").value("session").unwrap().to_owned();
        browser_of(house, &other).await;
        let form = attacker.get("/account/sessions").await.form_of(".rows form");
        attacker.submit(form.set("session", &id)).await;
        assert!(is_signed_in(&victim).await && is_signed_in(&second).await);
        let form = attacker.get("/account/sessions").await.form_of(".rows form");
        assert_eq!(attacker.submit(form.set("session", "x")).await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn the_sign_ins_stand_there_newest_first_page_by_page_and_never_with_a_whole_address() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        for _ in 0..4 {
            try_at(house, "127.0.7.9", &seed.username, "Wrong7Guess").await;
            house.pass(TimeDelta::minutes(1));
        }
        for _ in 0..18 {
            browser_of(house, &seed).await;
            house.pass(TimeDelta::minutes(1));
        }
        let own = browser_of(house, &seed).await;
        let page = own.get("/account/sessions").await;
        let results = page.texts_of("tbody td .state");
        assert_eq!(results.len(), 20);
        assert_eq!((results[0].as_str(), results[19].as_str()), ("登录成功", "密码错误"));
        page.shows("127.0.7.*").hides("127.0.7.9");
        let older = own.get(&page.attr("section .links a", "href").unwrap()).await;
        assert_eq!(older.texts_of("tbody td .state"), ["密码错误"; 3]);
        assert!(!older.has("section .links a"));
    })
    .await;
}
