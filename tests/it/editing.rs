//! A3 变更用户信息 over HTTP: what the bank's word changes, and what nothing changes.

use chrono::TimeDelta;
use menfu::sandbox::{Service, Verdict};

use crate::harness::{Browser, Form, House, Page, house};
use crate::people::{VERIFIED, browser_of, open_account, tokens_for, typed};
use crate::recovery::events;
use crate::replacing::{OTHER, changed_card};

const EDIT: &str = "/account/profile/edit";

/// Everything typed in but a name: the phone with its code, a card, the password.
async fn filled(house: &House, browser: &Browser, (phone, card, password): (&str, &str, &str)) -> Form {
    let page = browser.get(EDIT).await;
    let page = browser.submit(page.form().set("phone", phone).press("sms")).await;
    let code = house.code(phone).await;
    let form = page.form().set("bank", "CCB").set("account", card).set("sms", &code);
    form.set("password", password).set("bankok", "on").press("next")
}

async fn profile(browser: &Browser) -> Page {
    browser.get("/account/profile").await
}

#[tokio::test]
async fn s0_17_s0_18_s0_20_s0_21_name_card_and_phone_change_by_the_bank_s_yes() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = browser_of(house, &seed).await;
        house.pass(TimeDelta::seconds(61));
        let page = profile(&browser).await;
        assert!(
            page.shows("变更用户信息").has("a[href='/account/profile/edit']"),
            "looked at first, then edited"
        );
        let card = changed_card(house, 5);
        let form = filled(house, &browser, (OTHER, &card, seed.password.expose())).await;
        let page = browser.submit(form.set("name", "林晓晴")).await;
        assert_eq!(page.url.path(), "/account/profile", "{}", page.text());
        page.shows("修改用户信息成功").shows("林*晴").shows("138****6021");
        page.shows(&format!("**** {}", &card[card.len() - 4..]));
        assert!(
            house.sms(&seed.phone).await.contains("绑定的手机号已变更为138****6021"),
            "the old number is told"
        );
        let (_, tokens) = tokens_for(house, &house.exam(), &seed, &[("scope", "openid profile")]).await;
        assert_eq!(house.exam().userinfo(tokens.text("access_token")).await.text("name"), "林晓晴");
        assert_eq!(events(house, "person_changed").await, 2, "phone and name");
    })
    .await;
}

#[tokio::test]
async fn s1_45_s1_46_s1_48_what_the_bank_does_not_confirm_is_not_saved() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = browser_of(house, &seed).await;
        house.pass(TimeDelta::seconds(61));
        browser.get(EDIT).await.shows("变更姓名的，请凭相关证明先到银行申请修改");
        for (verdict, says) in [
            (Verdict::IdMismatch, "人员姓名或证件类型或证件号与银行登记不匹配"),
            (Verdict::PhoneMismatch, "手机号与银行预留手机号不一致"),
        ] {
            house.pass(TimeDelta::seconds(61));
            let card = house.sandbox.table().card_for("CCB", verdict, 3).unwrap();
            let page = browser.get(EDIT).await;
            let page = browser.submit(page.form().set("phone", OTHER).press("sms")).await;
            let code = house.code(OTHER).await;
            let form = page.form().set("name", "林晓晴").set("bank", "CCB").set("account", &card);
            let form = form.set("sms", &code).set("password", seed.password.expose()).set("bankok", "on");
            let page = browser.submit(form.press("next")).await;
            assert_eq!(page.url.path(), EDIT);
            assert_eq!(page.shows(says).form().value("bank"), Some("CCB"), "what was typed stays");
            profile(&browser).await.shows("林*雨").shows("199****0101");
        }
        assert_eq!(events(house, "person_changed").await, 0);
    })
    .await;
}

#[tokio::test]
async fn s0_19_username_and_document_stay_whatever_is_sent() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = browser_of(house, &seed).await;
        house.pass(TimeDelta::seconds(61));
        let page = browser.get(EDIT).await;
        assert!(
            !page.has("input[name=username]") && !page.has("[name=id_number]") && !page.has("[name=id_type]")
        );
        let form = filled(house, &browser, (&seed.phone, &seed.card_no, seed.password.expose())).await;
        let forged = form.set("username", "another").set("id_type", "PASSPORT").set("id_number", "X1234567");
        let page = browser.submit(forged).await;
        page.shows("修改用户信息成功").shows(&seed.username).shows("居民身份证").shows("4***************46");
    })
    .await;
}

#[tokio::test]
async fn whoever_took_over_a_session_changes_nothing_without_the_password_and_guesses_no_further_than_at_the_door()
 {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let thief = browser_of(house, &seed).await;
        house.pass(TimeDelta::seconds(61));
        let asked = house.sandbox.calls(Service::Bank).calls;
        let form = filled(house, &thief, (OTHER, &changed_card(house, 5), "")).await;
        thief.submit(form.clone()).await.shows("请填写密码");
        for _ in 0..4 {
            thief.submit(form.clone().set("password", "Wrong2026x")).await.shows("原密码错误");
        }
        thief.submit(form.clone().set("password", "Wrong2026x")).await.shows("锁定");
        thief.submit(form.set("password", seed.password.expose())).await.shows("锁定");
        assert_eq!(house.sandbox.calls(Service::Bank).calls, asked, "no bank was asked");
        let page = house.browser().get("/login").await;
        house.browser().submit(typed(&page, &seed.username, seed.password.expose())).await;
        profile(&thief).await.shows("199****0101");
    })
    .await;
}

#[tokio::test]
async fn every_fault_is_told_at_once_the_missing_password_too_and_no_password_is_compared() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = browser_of(house, &seed).await;
        let form = browser.get("/account/profile/edit").await.form();
        let page = browser.submit(form.set("account", "123").set("phone", "12").press("next")).await;
        for text in ["请填写密码", "请填写银行", "手机号码格式不正确"] {
            page.shows(text);
        }
        let form = page.form().set("password", "Wrong2026x").press("next");
        browser.submit(form).await.hides("原密码错误").shows("手机号码格式不正确");
        assert_eq!(crate::recovery::events(house, "sign_in_failed").await, 0);
    })
    .await;
}
