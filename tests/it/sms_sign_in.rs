//! LG2 短信登录 over HTTP: the owner of the phone, whoever swapped the SIM, and whoever asks about phones.

use chrono::TimeDelta;
use menfu::demo::Seed;
use menfu::kernel::Clock as _;
use menfu::policy::CaptchaKind;

use crate::captchas::answer_to;
use crate::harness::{Browser, House, Page, Plan, house, house_of, nodes};
use crate::people::{SOMEBODY_ELSE, VERIFIED, browser_of, open_account, sign_in};
use crate::recovery::{acr, events, is_signed_in, messages, seen};

const LOGIN: &str = "/login/sms";
const WRONG: &str = "短信验证码错误或已过期";
const NOBODYS: &str = "13800006021";

/// A code asked for, on whichever page the form stands.
async fn asked(browser: &Browser, page: &Page, phone: &str) -> Page {
    browser.submit(page.form().set("phone", phone).press("sms")).await
}

/// Signed in by the code.
async fn by_sms(house: &House, browser: &Browser, page: &Page, seed: &Seed) -> Page {
    let page = asked(browser, page, &seed.phone).await;
    let code = house.code(&seed.phone).await;
    browser.submit(page.form().set("sms", &code).press("next")).await
}

#[tokio::test]
async fn lg2_a_code_to_the_registered_phone_signs_in_at_l1_and_amr_says_how() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let exam = house.exam();
        let browser = house.browser();
        let page = browser.get(&exam.authorize(&[])).await;
        let link = page.attr("a[href^='/login/sms']", "href").unwrap();
        let page = browser.get(&link).await;
        page.shows("短信登录").shows("若该手机号已注册");
        let back = by_sms(house, &browser, &page, &seed).await;
        let tokens = exam.exchange(exam.returned(&back).get("code")).await;
        let claims = tokens.claims("id_token");
        assert_eq!(claims["amr"], serde_json::json!(["sms"]));
        assert_eq!(claims["acr"], "urn:menfu:acr:L1");
        assert_eq!(claims["auth_time"].as_i64(), Some(house.clock.now().seconds()));
        house.pass(TimeDelta::minutes(1));
        let renewed = exam.refresh(tokens.text("refresh_token")).await;
        assert_eq!(renewed.claims("id_token")["acr"], "urn:menfu:acr:L1", "a refresh lifts nothing");
        let claims = exam.userinfo(renewed.text("access_token")).await;
        assert_eq!(claims.json["real_name_level"], "L1");
    })
    .await;
}

#[tokio::test]
async fn lg2_the_page_that_was_asked_for_comes_after_it() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let page = browser.get("/account/sessions").await;
        let link = page.attr("a[href^='/login/sms']", "href").unwrap();
        let page = browser.get(&link).await;
        let page = by_sms(house, &browser, &page, &seed).await;
        assert_eq!(page.url.path(), "/account/sessions");
        browser.get(LOGIN).await.shows("个人中心");
    })
    .await;
}

/// Whoever swapped the SIM has the phone and nothing else.
#[tokio::test]
async fn whoever_swapped_the_sim_comes_no_further_than_l1_and_changes_nothing() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let thief = house.browser();
        let page = thief.get(LOGIN).await;
        by_sms(house, &thief, &page, &seed).await;
        assert_eq!(acr(&house.exam(), &thief).await, "urn:menfu:acr:L1");
        thief.get("/account").await.shows("一级").hides(&seed.name);
        thief.get("/account/verification").await.shows("本次登录没有核验本人身份");
        for page in ["/account/phone", "/account/security-questions"] {
            let page = thief.get(page).await;
            page.shows("请先完成实名认证");
            assert!(!page.has("main form"));
        }
        let page = thief.get(&house.insurance().authorize(&[])).await;
        page.shows("实名等级不足");
        let page = thief.get("/account/password").await;
        let form = page.form().set("old", "Guess2026x").set("password", "Qingtian7Liushui");
        let page = thief.submit(form.set("confirm", "Qingtian7Liushui").press("next")).await;
        page.shows("原密码错误");
    })
    .await;
}

/// The bank's yes after the sign-in lifts it, and the password was never under it.
#[tokio::test]
async fn a_proof_in_the_session_lifts_it_and_so_does_the_password() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let page = browser.get(LOGIN).await;
        by_sms(house, &browser, &page, &seed).await;
        house.pass(TimeDelta::minutes(2));
        let form = browser.get("/account/verification/bank").await.form();
        let page = browser.submit(form.set("phone", &seed.phone).press("sms")).await;
        let code = house.code(&seed.phone).await;
        let form =
            page.form().set("bank", &seed.bank).set("account", &seed.card_no).set("phone", &seed.phone);
        let page = browser.submit(form.set("sms", &code).set("bankok", "on").press("next")).await;
        assert_eq!(page.url.path(), "/account/verification", "{}", page.text());
        assert_eq!(acr(&house.exam(), &browser).await, "urn:menfu:acr:L2");
        assert!(browser.get("/account/phone").await.has("main form"));
        assert_eq!(acr(&house.exam(), &browser_of(house, &seed).await).await, "urn:menfu:acr:L2");
        house.pass(TimeDelta::minutes(2));
        let again = house.browser();
        let page = again.get(LOGIN).await;
        by_sms(house, &again, &page, &seed).await;
        assert_eq!(acr(&house.exam(), &again).await, "urn:menfu:acr:L1", "a later sign-in is another one");
    })
    .await;
}

#[tokio::test]
async fn known_and_unknown_phones_see_the_same_pages_and_nobody_s_gets_no_message() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let (known, unknown) = (house.browser(), house.browser());
        let mut told = Vec::new();
        for (browser, phone) in [(&known, seed.phone.as_str()), (&unknown, NOBODYS)] {
            let page = browser.get(LOGIN).await;
            let sent = asked(browser, &page, phone).await;
            let again = asked(browser, &sent, phone).await;
            let wrong = browser.submit(sent.form().set("sms", "000000").press("next")).await;
            wrong.shows(WRONG);
            let all = [&sent, &again, &wrong].map(|page| {
                let (status, path, _, text) = seen(page);
                (status, path, text)
            });
            told.push(all);
        }
        assert_eq!(told[0], told[1]);
        assert_eq!(messages(house, NOBODYS).await, 0);
        assert_eq!(messages(house, &seed.phone).await, 1);
    })
    .await;
}

/// The time of a page follows from what it asks of the database: that is the same, statement by statement.
#[cfg(feature = "failpoints")]
#[tokio::test]
async fn nobody_learns_by_time_whose_phone_it_is() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let recorded = || {
            let statements = house.base().db.recorded();
            statements.into_iter().map(|statement| statement.sql).collect::<Vec<_>>()
        };
        let mut runs = Vec::new();
        for (source, phone) in [("127.1.1.1", seed.phone.as_str()), ("127.2.1.1", NOBODYS)] {
            house.pass(TimeDelta::seconds(61));
            let browser = house.browser_at(source);
            let page = browser.get(LOGIN).await;
            recorded();
            let page = asked(&browser, &page, phone).await;
            browser.submit(page.form().set("sms", "000000").press("next")).await.shows(WRONG);
            runs.push(recorded());
        }
        assert_eq!(runs[0], runs[1]);
    })
    .await;
}

#[tokio::test]
async fn a_code_is_worth_something_in_the_browser_that_asked_for_it_only_and_once() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let (owner, thief) = (house.browser(), house.browser());
        let page = owner.get(LOGIN).await;
        let page = asked(&owner, &page, &seed.phone).await;
        let code = house.code(&seed.phone).await;
        let theirs = thief.get(LOGIN).await;
        let form = theirs.form().set("phone", &seed.phone).set("sms", &code).press("next");
        thief.submit(form).await.shows(WRONG);
        assert!(!is_signed_in(&thief));
        let form = page.form().set("sms", &code).press("next");
        let (one, two) = tokio::join!(owner.submit(form.clone()), owner.submit(form));
        assert!(is_signed_in(&owner));
        assert_eq!(events(house, "sign_in_succeeded").await, 1, "{} {}", one.text(), two.text());
    })
    .await;
}

#[tokio::test]
async fn every_fault_is_told_and_the_phone_stays() {
    let mut plan = Plan::default();
    plan.policy.captcha.kind = CaptchaKind::Image;
    house_of(plan, async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let page = browser.get(LOGIN).await;
        let page = browser.submit(page.form().set("phone", "123").press("sms")).await;
        page.shows("手机号码格式不正确").shows("请填写验证码");
        assert_eq!(page.form().value("phone"), Some("123"));
        let page = asked(&browser, &page, &seed.phone).await;
        page.shows("请填写验证码");
        assert_eq!(messages(house, &seed.phone).await, 0, "no captcha, no message");
        let answer = answer_to(page.form().value("captcha_id").unwrap());
        let form = page.form().set("phone", &seed.phone).set("captcha", &answer);
        let page = browser.submit(form.press("sms")).await;
        let code = house.code(&seed.phone).await;
        browser.submit(page.form().press("next")).await.shows("请填写动态验证码");
        browser.submit(page.form().set("sms", &code).press("next")).await;
        assert!(is_signed_in(&browser));
    })
    .await;
}

/// Five guesses, then the code itself is dead.
#[tokio::test]
async fn a_code_is_not_guessed() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let thief = house.browser();
        let page = thief.get(LOGIN).await;
        let page = asked(&thief, &page, &seed.phone).await;
        let code = house.code(&seed.phone).await;
        for guess in ["000001", "000002", "000003", "000004", "000005"] {
            thief.submit(page.form().set("sms", guess).press("next")).await.shows(WRONG);
        }
        thief.submit(page.form().set("sms", &code).press("next")).await.shows(WRONG);
        assert!(!is_signed_in(&thief));
    })
    .await;
}

/// Strangers who lock the password out do not lock the owner's phone out.
#[tokio::test]
async fn a_locked_password_leaves_the_phone_open_and_another_s_session_is_replaced() {
    house(async |house| {
        let (seed, other) = (open_account(house, VERIFIED).await, open_account(house, SOMEBODY_ELSE).await);
        let browser = browser_of(house, &other).await;
        let page = house.browser().get("/login").await;
        let strangers = house.browser();
        for _ in 0..5 {
            let page = strangers.get("/login").await;
            strangers.submit(page.form().set("username", &seed.username).set("password", "Wrong2026x")).await;
        }
        drop(page);
        let page = browser.get(&house.exam().authorize(&[("prompt", "login")])).await;
        let link = page.attr("a[href^='/login/sms']", "href").unwrap();
        let page = browser.get(&link).await;
        let back = by_sms(house, &browser, &page, &seed).await;
        let tokens = house.exam().exchange(house.exam().returned(&back).get("code")).await;
        let own = house.exam().exchange(&again(house, &browser).await).await;
        assert_eq!(tokens.claims("id_token")["sub"], own.claims("id_token")["sub"]);
        let page = browser.get("/account").await;
        page.shows(&seed.username).hides(&other.username);
    })
    .await;
}

async fn again(house: &House, browser: &Browser) -> String {
    let back = browser.get_once(&house.exam().authorize(&[("prompt", "none")])).await;
    house.exam().returned(&back).get("code").to_owned()
}

#[tokio::test]
async fn where_the_profile_has_it_not_there_is_no_such_page() {
    let mut plan = Plan::default();
    plan.policy.login.sms = false;
    house_of(plan, async |house| {
        let browser = house.browser();
        assert!(!browser.get("/login").await.has("a[href^='/login/sms']"));
        assert_eq!(browser.get(LOGIN).await.status, 404);
    })
    .await;
}

/// At two nodes at once the same code opens one session.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_sent_twice_at_the_same_moment_is_one_sign_in() {
    nodes(async |nodes| {
        let seed = open_account(nodes, VERIFIED).await;
        let browser = std::sync::Arc::new(nodes.by_turns().browser());
        let page = browser.get(LOGIN).await;
        let page = asked(&browser, &page, &seed.phone).await;
        let code = nodes.code(&seed.phone).await;
        let form = page.form().set("sms", &code).press("next");
        let racers: Vec<_> = (0..4)
            .map(|_| {
                let (browser, form) = (browser.clone(), form.clone());
                tokio::spawn(async move { browser.submit(form).await.status.as_u16() })
            })
            .collect();
        for racer in racers {
            assert!(racer.await.unwrap() < 500);
        }
        assert_eq!(events(nodes, "sign_in_succeeded").await, 1);
        let page = browser.get("/login").await;
        if page.url.path() == "/login" {
            sign_in(&browser, &page, &seed).await;
        }
    })
    .await;
}
