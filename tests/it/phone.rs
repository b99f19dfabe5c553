//! A14 `/account/phone` over HTTP: its owner, a taken session, and a taken phone.

use chrono::TimeDelta;

use crate::harness::{Browser, Form, House, Page, house, nodes};
use crate::people::{SOMEBODY_ELSE, VERIFIED, browser_of, open_account};
use crate::recovery::{NEW, acr, events, messages, recovered, signed_in};
use crate::replacing::{OTHER, veto_link};

const PHONE: &str = "/account/phone";
const WRONG: &str = "短信验证码错误或已过期";

/// Both codes asked for and typed in.
async fn filled(house: &House, browser: &Browser, (old, new): (&str, &str)) -> Form {
    let page = browser.get(PHONE).await;
    browser.submit(page.form().press("old")).await.shows("验证码已发送至");
    let old_code = house.code(old).await;
    let page = browser.submit(page.form().set("phone", new).press("sms")).await;
    let code = house.code(new).await;
    page.form().set("old_sms", &old_code).set("phone", new).set("sms", &code).press("next")
}

async fn changed(house: &House, browser: &Browser, phones: (&str, &str)) -> Page {
    let form = filled(house, browser, phones).await;
    browser.submit(form).await
}

#[tokio::test]
async fn the_owner_gives_the_account_another_phone_and_both_numbers_hear_of_it() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = browser_of(house, &seed).await;
        assert!(browser.get("/account").await.has("a[href='/account/phone']"), "the menu leads there");
        browser.get(PHONE).await.shows("199****0101");
        let page = changed(house, &browser, (&seed.phone, OTHER)).await;
        page.shows("手机号已更换").shows("138****6021").hides(OTHER);
        assert!(house.sms(&seed.phone).await.contains("绑定的手机号已变更为138****6021"));
        assert!(house.sms(OTHER).await.contains("已成为账号"));
        assert_eq!(events(house, "person_changed").await, 1);
        assert_eq!(acr(&house.exam(), &browser).await, "urn:menfu:acr:L2", "what the bank said stays");
    })
    .await;
}

#[tokio::test]
async fn whoever_took_over_a_session_has_no_code_of_the_old_phone() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let thief = browser_of(house, &seed).await;
        let page = thief.get(PHONE).await;
        let page = thief.submit(page.form().set("phone", OTHER).press("sms")).await;
        let code = house.code(OTHER).await;
        let form = page.form().set("phone", OTHER).set("sms", &code);
        thief.submit(form.clone().press("next")).await.shows("请填写动态验证码");
        thief.submit(form.clone().set("old_sms", &code).press("next")).await.shows(WRONG);
        thief.get(PHONE).await.shows("199****0101");
        // A code of the owner's own session is none of the thief's.
        let owner = browser_of(house, &seed).await;
        let page = owner.get(PHONE).await;
        owner.submit(page.form().press("old")).await;
        let old = house.code(&seed.phone).await;
        thief.submit(form.set("old_sms", &old).press("next")).await.shows(WRONG);
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_input_and_the_number_stays() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let other = open_account(house, SOMEBODY_ELSE).await;
        let browser = browser_of(house, &seed).await;
        let page = browser.get(PHONE).await;
        browser.submit(page.form().press("next")).await.shows("请填写手机号码");
        browser.submit(page.form().set("phone", "12345").press("sms")).await.shows("手机号码格式");
        browser
            .submit(page.form().set("phone", &seed.phone).press("sms"))
            .await
            .shows("新手机号码与原手机号码相同");
        let page = changed(house, &browser, (&seed.phone, &other.phone)).await;
        assert_eq!(page.form().value("phone"), Some(other.phone.as_str()));
        page.shows("该手机号码是其他账号的注册手机");
        browser_of(house, &other).await.get("/account/profile").await.shows("199****0102");
    })
    .await;
}

#[tokio::test]
async fn whoever_came_by_a_recovery_changes_no_phone_before_a_proof() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        recovered(house, &house.browser(), &seed).await;
        let thief = signed_in(house, &seed, NEW).await;
        let page = thief.get(PHONE).await;
        page.shows("请先完成实名认证，再更换手机号");
        assert!(!page.has("main form"));
        house.pass(TimeDelta::seconds(61));
        let before = messages(house, &seed.phone).await;
        let csrf = thief.get("/account/password").await.form();
        let form = Form { action: page.url.clone(), fields: csrf.fields };
        thief.submit(form.press("old")).await.shows("请先完成实名认证");
        assert_eq!(messages(house, &seed.phone).await, before, "and gets no code");
    })
    .await;
}

#[tokio::test]
async fn the_phone_before_undoes_this_change_too() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        house.pass(TimeDelta::days(1));
        let browser = browser_of(house, &seed).await;
        changed(house, &browser, (&seed.phone, OTHER)).await.shows("手机号已更换");
        let owner = house.browser();
        let page = owner.get(&veto_link(house, &seed.phone).await).await;
        owner.submit(page.form().press("next")).await.shows("已撤销");
        assert_eq!(browser.get(PHONE).await.url.path(), "/login");
        let browser = browser_of(house, &seed).await;
        browser.get(PHONE).await.shows("199****0101");
        house.pass(TimeDelta::seconds(61));
        changed(house, &browser, (&seed.phone, OTHER)).await.shows("24小时内不能再次在线更换");
    })
    .await;
}

#[tokio::test]
async fn a_double_click_changes_it_once_on_two_nodes_too() {
    nodes(async |nodes| {
        let seed = open_account(nodes, VERIFIED).await;
        let house = nodes.by_turns();
        let browser = browser_of(house, &seed).await;
        let form = filled(house, &browser, (&seed.phone, OTHER)).await;
        let (one, two) = tokio::join!(browser.submit(form.clone()), browser.submit(form));
        assert!([&one, &two].iter().any(|page| page.text().contains("手机号已更换")), "{}", one.text());
        browser.get(PHONE).await.shows("138****6021");
        assert_eq!(events(house, "person_changed").await, 1);
    })
    .await;
}
