//! R1 账号找回 and R2 密码找回 over HTTP: their owner, and those who try them on somebody else's account.

use chrono::TimeDelta;
use menfu::demo::Seed;
use menfu::policy::CaptchaKind;
use sea_orm::{ConnectionTrait, Statement};

use crate::captchas::answer_to;
use crate::harness::{Browser, House, Page, Plan, Rp, house, house_of, nodes};
use crate::people::{
    PHONE_ONLY, SOMEBODY_ELSE, VERIFIED, browser_of, open_account, sign_in, tokens_for, typed,
};

pub const NEW: &str = "Qingtian7Liushui";
const SESSION: &str = "menfu-session";
const NOBODY: &str = "440399199305180243";
const WRONG: &str = "短信验证码错误或已过期";

/// R1, step 1 with this name and number.
pub async fn told(browser: &Browser, name: &str, number: &str) -> Page {
    let page = browser.get("/recover/account").await;
    browser.submit(page.form().set("name", name).set("id_number", number).press("next")).await
}

/// Asks for the code on a page that has the button.
pub async fn asked(browser: &Browser, page: &Page) -> Page {
    browser.submit(page.form().press("sms")).await
}

/// R2 up to the form of the proof.
pub async fn at_proof(browser: &Browser, username: &str) -> Page {
    let page = browser.get("/recover/password").await;
    let page = browser.submit(page.form().set("username", username).press("next")).await;
    assert_eq!(page.url.path(), "/recover/password/way");
    browser.submit(page.form().press("next")).await
}

/// The proof with a code asked for.
async fn coded(browser: &Browser, username: &str, number: &str, phone: &str) -> Page {
    let page = at_proof(browser, username).await;
    browser.submit(page.form().set("id_number", number).set("phone", phone).press("sms")).await
}

/// R2 up to the form of the new password, by whoever holds the phone.
pub async fn proved(house: &House, browser: &Browser, seed: &Seed) -> Page {
    let page = coded(browser, &seed.username, &seed.id_number, &seed.phone).await;
    let code = house.code(&seed.phone).await;
    browser.submit(page.form().set("sms", &code).press("next")).await
}

pub async fn set(browser: &Browser, page: &Page, password: &str) -> Page {
    browser.submit(page.form().set("password", password).set("confirm", password).press("next")).await
}

/// R2 from its beginning to its end.
pub async fn recovered(house: &House, browser: &Browser, seed: &Seed) -> Page {
    let page = proved(house, browser, seed).await;
    set(browser, &page, NEW).await
}

pub async fn signed_in(house: &House, seed: &Seed, password: &str) -> Browser {
    let browser = house.browser();
    let page = browser.get("/login").await;
    browser.submit(typed(&page, &seed.username, password)).await;
    browser
}

pub fn is_signed_in(browser: &Browser) -> bool {
    browser.cookie(SESSION).is_some()
}

/// What a portal is told without a question.
pub async fn acr(rp: &Rp, browser: &Browser) -> String {
    let back = browser.get_once(&rp.authorize(&[("prompt", "none")])).await;
    let tokens = rp.exchange(rp.returned(&back).get("code")).await;
    tokens.claims("id_token")["acr"].as_str().unwrap().to_owned()
}

/// All that leaves a page but its trace id.
pub fn seen(page: &Page) -> (u16, String, usize, String) {
    let trace = page.text_of(".trace");
    let text = if trace.is_empty() { page.text() } else { page.text().replace(&trace, "[trace]") };
    (page.status.as_u16(), page.url.path().to_owned(), page.html.len(), text)
}

pub async fn messages(house: &House, phone: &str) -> usize {
    house.work().await;
    house.sandbox.messages(Some(phone)).len()
}

async fn all_messages(house: &House) -> usize {
    house.work().await;
    house.sandbox.messages(None).len()
}

/// How often something was written down.
pub async fn events(house: &House, kind: &str) -> i64 {
    let base = house.base();
    let backend = base.db.read().get_database_backend();
    let count = format!("SELECT count(*) FROM audit_events WHERE kind = '{kind}'");
    let row = base.db.read().query_one_raw(Statement::from_string(backend, count)).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

#[tokio::test]
async fn s0_22_s0_23_s0_24_the_username_comes_by_sms_to_the_registered_phone_and_stands_on_no_page() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let page = browser.get("/login").await;
        let page = browser.get(&page.attr("main a[href^='/recover']", "href").unwrap()).await;
        let page = browser.get(&page.attr("a[href^='/recover/account']", "href").unwrap()).await;
        for step in ["验证身份", "验证手机校验码", "找回用户名成功"] {
            page.shows(step);
        }
        let page = told(&browser, &seed.name, &seed.id_number).await;
        page.shows("若信息匹配，验证码将发送至注册手机号").hides(&seed.phone[7..]).hides(&seed.username);
        let page = asked(&browser, &page).await;
        let code = house.code(&seed.phone).await;
        let page = browser.submit(page.form().set("sms", &code).press("next")).await;
        assert_eq!(page.url.path(), "/recover/account/done");
        page.shows("用户名已通过短信发送到您的注册手机").hides(&seed.username);
        assert!(house.sms(&seed.phone).await.contains(&format!("您的登录账号为{}", seed.username)));
        assert_eq!(events(house, "username_recovered").await, 1);
    })
    .await;
}

#[tokio::test]
async fn s1_17_s1_18_the_first_step_asks_for_five_things_and_the_second_for_a_code() {
    house_of(pictures(), async |house| {
        let browser = house.browser();
        let page = browser.get("/recover/account").await;
        for (input, label) in
            [("name", "姓名"), ("user_type", "用户类型"), ("id_type", "证件类型"), ("id_number", "证件号码")]
        {
            assert!(page.has(&format!("[name={input}]")), "{input}");
            page.shows(label);
        }
        assert!(page.has("[name=captcha]"));
        let empty = browser.submit(page.form().press("next")).await;
        for text in ["请填写姓名", "请填写证件号码", "请填写验证码"] {
            empty.shows(text);
        }
        let page = browser.get("/recover/account").await;
        let filled = page.form().set("name", "林晓雨").set("id_number", NOBODY).press("next");
        let wrong = browser.submit(filled.clone().set("captcha", "????")).await;
        wrong.shows("验证码错误或已过期，请重新输入");
        assert_eq!(wrong.form().value("id_number"), Some(NOBODY), "what was typed stays");
        let right = answer_to(wrong.form().value("captcha_id").unwrap());
        let page = browser.submit(wrong.form().set("captcha", &right).press("next")).await;
        page.shows("发送短信验证").shows("动态验证码").shows("下一步");
    })
    .await;
}

pub fn pictures() -> Plan {
    let mut plan = Plan::default();
    plan.policy.captcha.kind = CaptchaKind::Image;
    plan
}

#[tokio::test]
async fn s1_22_the_second_recovery_begins_with_a_name_and_a_captcha() {
    house_of(pictures(), async |house| {
        let browser = house.browser();
        let page = browser.get("/recover/password").await;
        browser.submit(page.form().press("next")).await.shows("请填写登录账号").shows("请填写验证码");
        let page = browser.get("/recover/password").await;
        let wrong = page.form().set("username", "anybody").set("captcha", "????").press("next");
        let wrong = browser.submit(wrong).await;
        wrong.shows("验证码错误或已过期");
        let right = answer_to(wrong.form().value("captcha_id").unwrap());
        let page = browser.submit(wrong.form().set("captcha", &right).press("next")).await;
        assert_eq!(page.url.path(), "/recover/password/way");
    })
    .await;
}

#[tokio::test]
async fn a_number_of_fifteen_digits_finds_the_account_of_eighteen() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let short = format!("{}{}", &seed.id_number[..6], &seed.id_number[8..17]);
        let browser = house.browser();
        let page = told(&browser, &seed.name, &short).await;
        asked(&browser, &page).await;
        assert_eq!(messages(house, &seed.phone).await, 1);
    })
    .await;
}

/// Every page of R1 up to a wrong code.
async fn first_recovery(
    house: &House,
    source: &str,
    name: &str,
    number: &str,
) -> Vec<(u16, String, usize, String)> {
    let browser = house.browser_at(source);
    let page = told(&browser, name, number).await;
    let sent = asked(&browser, &page).await;
    let soon = asked(&browser, &sent).await;
    let wrong = browser.submit(sent.form().set("sms", "000000").press("next")).await;
    let empty = browser.submit(sent.form().set("sms", "").press("next")).await;
    let elsewhere = browser.get("/recover/account/done").await;
    [page, sent, soon, wrong, empty, elsewhere].iter().map(seen).collect()
}

#[tokio::test]
async fn nobody_learns_whether_an_identity_has_an_account_by_pages_statuses_or_lengths() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let other = open_account(house, SOMEBODY_ELSE).await;
        let known = first_recovery(house, "127.1.1.1", &seed.name, &seed.id_number).await;
        assert_eq!(messages(house, &seed.phone).await, 1);
        let before = all_messages(house).await;
        for (source, name, number) in [
            ("127.2.1.1", "林小雨", seed.id_number.as_str()),
            ("127.3.1.1", seed.name.as_str(), NOBODY),
            ("127.4.1.1", seed.name.as_str(), other.id_number.as_str()),
        ] {
            assert_eq!(first_recovery(house, source, name, number).await, known, "{name} {number}");
        }
        assert_eq!(all_messages(house).await, before, "and nobody was sent anything");
    })
    .await;
}

/// Every page of R2 up to a wrong code.
async fn second_recovery(
    house: &House,
    source: &str,
    (username, number, phone): (&str, &str, &str),
) -> Vec<(u16, String, usize)> {
    let browser = house.browser_at(source);
    let way = browser.get("/recover/password").await;
    let way = browser.submit(way.form().set("username", username).press("next")).await;
    let sent = coded(&browser, username, number, phone).await;
    let soon = browser.submit(sent.form().press("sms")).await;
    let wrong = browser.submit(sent.form().set("sms", "000000").press("next")).await;
    let early = browser.get("/recover/password/new").await;
    let pages = [way, sent, soon, wrong, early];
    pages.iter().map(seen).map(|(status, path, length, _)| (status, path, length)).collect()
}

#[tokio::test]
async fn s1_23_every_name_sees_the_same_ways_and_pages_whoever_has_it() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let (name, number, phone) = (seed.username.as_str(), seed.id_number.as_str(), seed.phone.as_str());
        let known = second_recovery(house, "127.1.1.1", (name, number, phone)).await;
        assert_eq!(messages(house, phone).await, 1);
        let stranger = "x".repeat(name.len());
        let other_phone = format!("{}{}", &phone[..10], (phone.as_bytes()[10] - b'0' + 1) % 10);
        for (source, told) in [
            ("127.2.1.1", (stranger.as_str(), number, phone)),
            ("127.3.1.1", (name, NOBODY, phone)),
            ("127.4.1.1", (name, number, other_phone.as_str())),
        ] {
            assert_eq!(second_recovery(house, source, told).await, known, "{told:?}");
        }
        assert_eq!((messages(house, phone).await, messages(house, &other_phone).await), (1, 0));
    })
    .await;
}

/// The time of a page follows from what it asks of the database: that is the same, statement by statement.
#[cfg(feature = "failpoints")]
#[tokio::test]
async fn nobody_learns_it_by_time_for_the_same_statements_are_run() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let recorded = || {
            let statements = house.base().db.recorded();
            statements.into_iter().map(|statement| statement.sql).collect::<Vec<_>>()
        };
        let mut runs = Vec::new();
        for (source, name, number) in
            [("127.1.1.1", &seed.name, seed.id_number.as_str()), ("127.2.1.1", &seed.name, NOBODY)]
        {
            house.pass(TimeDelta::seconds(6));
            let browser = house.browser_at(source);
            let page = browser.get("/recover/account").await;
            recorded();
            let form = page.form().set("name", name).set("id_number", number).press("next");
            let page = browser.submit(form).await;
            asked(&browser, &page).await;
            let wrong = browser.submit(page.form().set("sms", "000000").press("next")).await;
            wrong.shows(WRONG);
            runs.push(recorded());
        }
        assert_eq!(runs[0], runs[1]);
        for (source, username, number) in [
            ("127.3.1.1", seed.username.as_str(), seed.id_number.as_str()),
            ("127.4.1.1", "somebody_else", NOBODY),
        ] {
            house.pass(TimeDelta::seconds(6));
            recorded();
            let browser = house.browser_at(source);
            let page = coded(&browser, username, number, &seed.phone).await;
            browser.submit(page.form().set("sms", "000000").press("next")).await.shows(WRONG);
            runs.push(recorded());
        }
        assert_eq!(runs[2], runs[3]);
    })
    .await;
}

#[tokio::test]
async fn s0_25_s0_26_s0_27_s1_21_a_new_password_by_number_and_phone_opens_l1_portals_at_once() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let page = browser.get("/recover/password").await;
        for step in ["输入用户名", "选择找回方式", "验证身份", "重置密码", "重置成功"]
        {
            page.shows(step);
        }
        let page = browser.submit(page.form().set("username", &seed.username).press("next")).await;
        page.shows("证件号码+手机验证码");
        let page = proved(house, &browser, &seed).await;
        assert_eq!(page.url.path(), "/recover/password/new");
        let page = set(&browser, &page, NEW).await;
        assert_eq!(page.url.path(), "/recover/password/done");
        page.shows("密码重置成功");
        assert!(house.sms(&seed.phone).await.contains("的密码已修改"), "T5");
        assert!(!is_signed_in(&signed_in(house, &seed, seed.password.expose()).await), "the old one is over");
        let browser = signed_in(house, &seed, NEW).await;
        assert_eq!(acr(&house.exam(), &browser).await, "urn:menfu:acr:L1");
        for kind in ["recovery_proved", "password_recovered"] {
            assert_eq!(events(house, kind).await, 1, "{kind}");
        }
    })
    .await;
}

#[tokio::test]
async fn s1_24_s1_29_the_forms_ask_for_number_phone_and_code_and_then_twice_for_the_password() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let page = at_proof(&browser, &seed.username).await;
        for text in ["证件类型", "证件号码", "手机号码", "发送短信验证", "动态验证码", "下一步"]
        {
            page.shows(text);
        }
        browser.submit(page.form().press("next")).await.shows("请填写证件号码").shows("请填写手机号码");
        let filled = page.form().set("id_number", &seed.id_number).set("phone", &seed.phone);
        browser.submit(filled.press("next")).await.shows("请填写动态验证码");
        let page = proved(house, &browser, &seed).await;
        assert_eq!(page.attr("input[name=username]", "value").unwrap(), seed.username);
        assert!(page.has("input[name=username][readonly]"));
        let old = seed.password.expose();
        let born = format!("Shan{}he", &seed.id_number[6..14]);
        for (new, confirm, says) in [
            ("", "", "请填写新密码"),
            ("short1A", "short1A", "密码应为8-30位"),
            (born.as_str(), born.as_str(), "密码过于简单或包含个人信息"),
            (NEW, "Qingtian7Liushu", "两次输入的密码不一致"),
            (old, old, "修改后的新密码不能与原密码一致"),
        ] {
            let page = browser.submit(page.form().set("password", new).set("confirm", confirm).press("next"));
            page.await.shows(says);
        }
        assert_eq!(set(&browser, &page, NEW).await.url.path(), "/recover/password/done");
    })
    .await;
}

#[tokio::test]
async fn s1_25_another_phone_than_the_registered_one_gets_nothing_and_does_not_pass() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let own = open_account(house, SOMEBODY_ELSE).await;
        let browser = house.browser();
        let page = coded(&browser, &seed.username, &seed.id_number, &own.phone).await;
        page.shows("若信息匹配，验证码已发送至注册手机号");
        assert_eq!(messages(house, &own.phone).await + messages(house, &seed.phone).await, 0);
        browser.submit(page.form().set("sms", "123456").press("next")).await.shows(WRONG);
    })
    .await;
}

#[tokio::test]
async fn every_session_and_refresh_token_ends_and_every_lock_is_lifted() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let exam = house.exam();
        let (elsewhere, tokens) = tokens_for(house, &exam, &seed, &[]).await;
        for _ in 0..5 {
            signed_in(house, &seed, "Wrong2026x").await;
        }
        assert!(!is_signed_in(&signed_in(house, &seed, seed.password.expose()).await), "locked");
        recovered(house, &house.browser(), &seed).await;
        assert_eq!(elsewhere.get("/account").await.url.path(), "/login");
        assert_eq!(exam.refresh(tokens.text("refresh_token")).await.text("error"), "invalid_grant");
        assert_eq!(exam.userinfo(tokens.text("access_token")).await.status, 401);
        assert!(is_signed_in(&signed_in(house, &seed, NEW).await));
    })
    .await;
}

/// The attacker has the phone's number on a card of their own, and knows the ID number.
#[tokio::test]
async fn a_swapped_sim_yields_no_token_above_l1_no_unmasked_data_and_no_way_up() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let thief = house.browser();
        recovered(house, &thief, &seed).await;
        let thief = signed_in(house, &seed, NEW).await;
        assert_eq!(acr(&house.exam(), &thief).await, "urn:menfu:acr:L1");
        let insurance = house.insurance();
        let page = thief.get(&insurance.authorize(&[])).await;
        assert_eq!(page.url.path(), "/login/raise-level", "an L2 portal leads through a proof");
        page.shows("您的密码是在没有核验本人身份的情况下重新设置的");
        let back = thief.get_once(&insurance.authorize(&[("prompt", "none")])).await;
        assert_eq!(insurance.returned(&back).get("error"), "interaction_required");
        for place in ["/account", "/account/profile", "/account/verification"] {
            let page = thief.get(place).await;
            page.hides(&seed.id_number).hides(&seed.phone).hides(&seed.name).shows("一级·手机认证");
        }
        thief.get("/account/verification").await.shows("也不能变更手机号、姓名、安全设置和授权");
        // A change of password more does not take the ceiling away.
        let page = thief.get("/account/password").await;
        let again = page.form().set("old", NEW).set("password", "Mingyue5Songjian");
        thief.submit(again.set("confirm", "Mingyue5Songjian")).await.shows("密码修改成功");
        let thief = signed_in(house, &seed, "Mingyue5Songjian").await;
        assert_eq!(acr(&house.exam(), &thief).await, "urn:menfu:acr:L1");
    })
    .await;
}

/// The owner comes by the same way and proves themselves inside the portal's own request.
#[tokio::test]
async fn the_bank_s_yes_inside_the_request_lifts_the_ceiling_of_password_and_session() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        recovered(house, &house.browser(), &seed).await;
        let (browser, insurance) = (house.browser(), house.insurance());
        let page = browser.get(&insurance.authorize(&[])).await;
        let page = browser.submit(typed(&page, &seed.username, NEW)).await;
        let page = browser.submit(page.form().press("ok")).await;
        house.pass(TimeDelta::seconds(61));
        let page = browser.submit(page.form().set("phone", &seed.phone).press("sms")).await;
        let code = house.code(&seed.phone).await;
        let card = page.form().set("bank", &seed.bank).set("account", &seed.card_no).set("bankok", "on");
        let back = browser.submit(card.set("phone", &seed.phone).set("sms", &code).press("next")).await;
        let tokens = insurance.exchange(insurance.returned(&back).get("code")).await;
        assert_eq!(tokens.claims("id_token")["acr"], "urn:menfu:acr:L2");
        assert_eq!(acr(&house.exam(), &signed_in(house, &seed, NEW).await).await, "urn:menfu:acr:L2");
    })
    .await;
}

#[tokio::test]
async fn of_two_recoveries_that_both_proved_themselves_one_sets_a_password() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let (thief, owner) = (house.browser(), house.browser());
        let thiefs = proved(house, &thief, &seed).await;
        house.pass(TimeDelta::seconds(61));
        recovered(house, &owner, &seed).await;
        let late = set(&thief, &thiefs, "Mingyue5Songjian").await;
        assert_eq!(late.status, 410);
        assert!(is_signed_in(&signed_in(house, &seed, NEW).await));
        assert!(!is_signed_in(&signed_in(house, &seed, "Mingyue5Songjian").await));
    })
    .await;
}

#[tokio::test]
async fn a_double_click_sets_it_once_and_both_see_the_end() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let page = proved(house, &browser, &seed).await;
        let form = page.form().set("password", NEW).set("confirm", NEW).press("next");
        let (one, two) = tokio::join!(browser.submit(form.clone()), browser.submit(form.clone()));
        let ends = [&one, &two].map(|page| page.url.path() == "/recover/password/done");
        assert!(ends.contains(&true), "{} {}", one.url, two.url);
        assert_eq!(browser.submit(form).await.url.path(), "/recover/password/done", "and again");
        house.work().await;
        let told = house.sandbox.messages(Some(&seed.phone));
        assert_eq!(told.iter().filter(|sms| sms.message.text.contains("的密码已修改")).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_code_is_worth_one_recovery_in_its_own_browser() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let (owner, thief) = (house.browser(), house.browser());
        let page = told(&owner, &seed.name, &seed.id_number).await;
        let page = asked(&owner, &page).await;
        let code = house.code(&seed.phone).await;
        let theirs = told(&thief, &seed.name, &seed.id_number).await;
        thief.submit(theirs.form().set("sms", &code).press("next")).await.shows(WRONG);
        let second = at_proof(&thief, &seed.username).await.form();
        let second = second.set("id_number", &seed.id_number).set("phone", &seed.phone).set("sms", &code);
        thief.submit(second.press("next")).await.shows(WRONG);
        let form = page.form().set("sms", &code).press("next");
        assert_eq!(owner.submit(form.clone()).await.url.path(), "/recover/account/done");
        let before = messages(house, &seed.phone).await;
        assert_eq!(owner.submit(form).await.url.path(), "/recover/account/done", "sent twice");
        assert_eq!(messages(house, &seed.phone).await, before, "it is one message");
    })
    .await;
}

#[tokio::test]
async fn a_code_dies_by_guessing_and_by_time() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let page = coded(&browser, &seed.username, &seed.id_number, &seed.phone).await;
        let code = house.code(&seed.phone).await;
        let wrong = if code == "000000" { "111111" } else { "000000" };
        for _ in 0..5 {
            browser.submit(page.form().set("sms", wrong).press("next")).await.shows(WRONG);
        }
        browser.submit(page.form().set("sms", &code).press("next")).await.shows(WRONG);
        house.pass(TimeDelta::seconds(61));
        let page = browser.submit(page.form().press("sms")).await;
        let code = house.code(&seed.phone).await;
        house.pass(TimeDelta::minutes(5));
        browser.submit(page.form().set("sms", &code).press("next")).await.shows(WRONG);
    })
    .await;
}

#[tokio::test]
async fn a_proof_compares_five_passwords_with_the_old_one_and_no_more() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let thief = house.browser();
        let page = proved(house, &thief, &seed).await;
        for _ in 0..5 {
            set(&thief, &page, seed.password.expose()).await.shows("修改后的新密码不能与原密码一致");
        }
        assert_eq!(set(&thief, &page, NEW).await.status, 410);
        assert!(is_signed_in(&signed_in(house, &seed, seed.password.expose()).await), "the old one stands");
    })
    .await;
}

#[tokio::test]
async fn a_stranger_spends_so_many_messages_of_a_number_and_none_of_its_owner_s() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        for n in 0..7 {
            let browser = house.browser_at(&format!("127.{}.1.1", 10 + n));
            coded(&browser, &seed.username, &seed.id_number, &seed.phone).await;
            house.work().await;
            house.pass(TimeDelta::seconds(61));
        }
        assert_eq!(messages(house, &seed.phone).await, 5, "five an hour");
        let refused =
            coded(&house.browser_at("127.30.1.1"), &seed.username, &seed.id_number, &seed.phone).await;
        refused.shows("今日短信次数已达上限");
        // The owner's own check still gets its code.
        let owner = browser_of(house, &seed).await;
        let page = owner.get("/account/verification/bank").await;
        owner.submit(page.form().set("phone", &seed.phone).press("sms")).await.shows("验证码已发送至");
        assert_eq!(messages(house, &seed.phone).await, 6);
    })
    .await;
}

#[tokio::test]
async fn another_browser_has_no_part_in_a_wizard_and_the_proof_changes_the_browser_s_cookie() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let (owner, thief) = (house.browser(), house.browser());
        owner.get("/recover/password").await;
        let fixed = owner.cookie("menfu-browser").unwrap();
        let page = proved(house, &owner, &seed).await;
        assert_ne!(owner.cookie("menfu-browser").unwrap(), fixed);
        thief.set_cookie("menfu-browser", &fixed);
        assert_eq!(thief.get("/recover/password/new").await.url.path(), "/recover/password");
        assert_eq!(thief.get("/recover/password/done").await.url.path(), "/recover/password");
        assert_eq!(set(&owner, &page, NEW).await.url.path(), "/recover/password/done");
    })
    .await;
}

#[tokio::test]
async fn a_wizard_ends_after_half_an_hour_and_no_step_can_be_jumped_over() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        for (page, first) in [
            ("/recover/account/code", "/recover/account"),
            ("/recover/account/done", "/recover/account"),
            ("/recover/password/way", "/recover/password"),
            ("/recover/password/verify", "/recover/password"),
            ("/recover/password/new", "/recover/password"),
            ("/recover/password/done", "/recover/password"),
        ] {
            assert_eq!(browser.get(page).await.url.path(), first, "{page}");
        }
        let page = proved(house, &browser, &seed).await;
        house.pass(TimeDelta::minutes(31));
        assert_eq!(set(&browser, &page, NEW).await.status, 410);
    })
    .await;
}

#[tokio::test]
async fn the_back_button_leads_to_the_step_before_and_another_name_begins_anew() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let other = open_account(house, PHONE_ONLY).await;
        let browser = house.browser();
        let page = at_proof(&browser, &seed.username).await;
        let page = browser.submit(page.form().press("back")).await;
        assert_eq!(page.url.path(), "/recover/password/way");
        let page = browser.submit(page.form().press("back")).await;
        assert_eq!(page.url.path(), "/recover/password");
        // A proof of one account is none of another, whose name is typed in the same browser afterwards.
        let stale = proved(house, &browser, &seed).await;
        at_proof(&browser, &other.username).await;
        assert_eq!(set(&browser, &stale, NEW).await.status, 410);
        assert!(is_signed_in(&signed_in(house, &other, other.password.expose()).await));
    })
    .await;
}

#[tokio::test]
async fn a_request_that_waits_goes_on_with_the_new_password() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let (browser, exam) = (house.browser(), house.exam());
        let login = browser.get(&exam.authorize(&[])).await;
        let page = browser.get(&login.attr("main a[href^='/recover']", "href").unwrap()).await;
        let page = browser.get(&page.attr("a[href^='/recover/password']", "href").unwrap()).await;
        let page = browser.submit(page.form().set("username", &seed.username).press("next")).await;
        let page = browser.submit(page.form().press("next")).await;
        let filled = page.form().set("id_number", &seed.id_number).set("phone", &seed.phone);
        let page = browser.submit(filled.press("sms")).await;
        let code = house.code(&seed.phone).await;
        let page = browser.submit(page.form().set("sms", &code).press("next")).await;
        let page = set(&browser, &page, NEW).await;
        let login = browser.get(&page.attr("main a[href^='/login']", "href").unwrap()).await;
        let back = browser.submit(typed(&login, &seed.username, NEW)).await;
        assert_eq!(exam.returned(&back).get("state"), "state-of-the-test");
    })
    .await;
}

#[tokio::test]
async fn a_recovery_may_change_the_node_at_every_step() {
    nodes(async |nodes| {
        let seed = open_account(nodes, VERIFIED).await;
        let house = nodes.by_turns();
        let page = recovered(house, &house.browser(), &seed).await;
        assert_eq!(page.url.path(), "/recover/password/done");
        for node in [nodes.on_a(), nodes.on_b()] {
            assert_eq!(acr(&node.exam(), &signed_in(node, &seed, NEW).await).await, "urn:menfu:acr:L1");
        }
    })
    .await;
}

#[tokio::test]
async fn a_disabled_way_is_not_shown() {
    let mut plan = Plan::default();
    plan.policy.recovery.account.clear();
    plan.policy.recovery.password.clear();
    plan.policy.recovery.phone = false;
    house_of(plan, async |house| {
        let page = house.browser().get("/recover").await;
        assert!(!page.has("a[href^='/recover/']"));
        for gone in ["/recover/account", "/recover/password", "/recover/phone", "/recover/account/unionpay"] {
            assert_eq!(house.browser().get(gone).await.url.path(), "/recover", "{gone}");
        }
        let seed = open_account(house, VERIFIED).await;
        let login = house.browser().get("/login").await;
        sign_in(&house.browser(), &login, &seed).await;
    })
    .await;
}
