//! Password sign-in at a portal: LG1, the countdown and the lock.

use chrono::TimeDelta;
use menfu::policy::{CaptchaAtLogin, CaptchaKind};

use crate::harness::{Browser, House, Page, Plan, house, house_of};
use crate::people::{VERIFIED, open_account, sign_in, typed};

const WRONG: &str = "Wrong2026Guess";

async fn login_page(house: &House) -> (Browser, Page) {
    let browser = house.browser();
    let page = browser.get(&house.exam().authorize(&[])).await;
    (browser, page)
}

/// Types wrong passwords and gives the last answer.
async fn fail(browser: &Browser, mut page: Page, username: &str, times: usize) -> Page {
    for _ in 0..times {
        page = browser.submit(typed(&page, username, WRONG)).await;
    }
    page
}

#[tokio::test]
async fn s1_03_name_and_password_lead_back_to_the_portal_with_a_code() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let (browser, page) = login_page(house).await;
        page.shows("考试报名");
        let back = sign_in(&browser, &page, &seed).await;
        let returned = house.exam().returned(&back);
        assert_eq!(returned.get("state"), "state-of-the-test");
        let tokens = house.exam().exchange(returned.get("code")).await;
        assert_eq!(tokens.claims("id_token")["acr"], "urn:menfu:acr:L2");
        assert_eq!(tokens.claims("id_token")["amr"], serde_json::json!(["pwd"]));
    })
    .await;
}

#[tokio::test]
async fn s1_13_the_form_takes_username_password_and_captcha() {
    let mut plan = Plan::default();
    plan.policy.captcha.kind = CaptchaKind::Image;
    plan.policy.captcha.login = CaptchaAtLogin::Always;
    house_of(plan, async |house| {
        let seed = open_account(house, VERIFIED).await;
        let (browser, page) = login_page(house).await;
        for input in ["username", "password", "captcha"] {
            assert!(page.has(&format!("main form input[name={input}]")), "{input}");
        }
        let page =
            browser.submit(typed(&page, &seed.username, seed.password.expose()).set("captcha", "0000")).await;
        page.shows("验证码错误或已过期，请重新输入").hides("您还可以尝试");
    })
    .await;
}

#[tokio::test]
async fn s1_03_the_bureau_of_shenzhen_shows_the_picture_at_the_first_sign_in_already() {
    for (profile, at_once) in [("shenzhen", true), ("reference", false)] {
        let mut plan = Plan::profile(profile);
        plan.policy.captcha.kind = CaptchaKind::Image;
        house_of(plan, async |house| {
            let (_, page) = login_page(house).await;
            assert_eq!(page.has("main form input[name=captcha]"), at_once, "{profile}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_captcha_is_asked_for_after_the_first_failure_only() {
    let mut plan = Plan::default();
    plan.policy.captcha.kind = CaptchaKind::Image;
    house_of(plan, async |house| {
        let seed = open_account(house, VERIFIED).await;
        let (browser, page) = login_page(house).await;
        assert!(!page.has("input[name=captcha]"));
        let page = fail(&browser, page, &seed.username, 1).await;
        assert!(page.has("input[name=captcha]"));
        let page = sign_in(&browser, &page, &seed).await;
        page.shows("验证码错误或已过期，请重新输入");
    })
    .await;
}

#[tokio::test]
async fn s4_15_tabs_and_placeholders_are_those_of_the_bureau() {
    house(async |house| {
        let (_, page) = login_page(house).await;
        page.shows("个人登录");
        assert_eq!(page.attr("input[name=username]", "placeholder").as_deref(), Some("请输入登录账号"));
        assert_eq!(page.attr("input[name=password]", "placeholder").as_deref(), Some("请输入密码"));
    })
    .await;
}

#[tokio::test]
async fn s4_16_the_form_warns_of_the_lock() {
    house(async |house| {
        let (_, page) = login_page(house).await;
        page.shows("请谨慎输入用户名和密码，密码连续错误5次后账号将被锁定1小时");
    })
    .await;
}

#[tokio::test]
async fn s4_17_fifth_wrong_password_locks_for_one_hour() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let (browser, page) = login_page(house).await;
        let page = fail(&browser, page, &seed.username, 5).await;
        page.shows("密码连续错误5次，账号已锁定1小时");
        let page = sign_in(&browser, &page, &seed).await;
        page.shows("账号已锁定");
        house.pass(TimeDelta::minutes(59));
        let (browser, page) = login_page(house).await;
        let page = sign_in(&browser, &page, &seed).await;
        page.shows("账号已锁定");
        house.pass(TimeDelta::minutes(1));
        let page = sign_in(&browser, &page, &seed).await;
        house.exam().returned(&page).get("code");
    })
    .await;
}

#[tokio::test]
async fn s4_17_each_failure_counts_down() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let (browser, mut page) = login_page(house).await;
        for left in [4, 3, 2, 1] {
            page = fail(&browser, page, &seed.username, 1).await;
            page.shows(&format!("您还可以尝试{left}次"));
        }
    })
    .await;
}

#[tokio::test]
async fn s4_17_success_before_the_fifth_resets_the_count() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let (browser, page) = login_page(house).await;
        let page = fail(&browser, page, &seed.username, 4).await;
        let back = sign_in(&browser, &page, &seed).await;
        house.exam().returned(&back);
        let (browser, page) = login_page(house).await;
        fail(&browser, page, &seed.username, 1).await.shows("您还可以尝试4次");
    })
    .await;
}

#[tokio::test]
async fn an_unknown_name_is_told_locked_and_counted_like_a_known_one() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let (known, known_page) = login_page(house).await;
        let (unknown, unknown_page) = login_page(house).await;
        let (mut one, mut two) = (known_page, unknown_page);
        for _ in 0..6 {
            one = fail(&known, one, &seed.username, 1).await;
            two = fail(&unknown, two, "nobody_here", 1).await;
            assert_eq!(one.status, two.status);
            assert_eq!(words(&one, &seed.username), words(&two, "nobody_here"));
        }
    })
    .await;
}

/// What a person reads, without the trace id.
fn words(page: &Page, username: &str) -> String {
    let text = page.text().replace(username, "NAME");
    let trace = page.header("x-request-id").unwrap();
    text.replace(trace, "TRACE")
}

#[tokio::test]
async fn the_form_keeps_the_name_and_never_the_password() {
    house(async |house| {
        let (browser, page) = login_page(house).await;
        let page = browser.submit(typed(&page, "\"><script>alert(1)</script>", WRONG)).await;
        assert!(!page.html.contains(WRONG));
        assert!(!page.html.contains("<script>alert"));
        assert_eq!(page.form().value("username"), Some("\"><script>alert(1)</script>"));
        assert_eq!(page.form().value("password"), Some(""));
    })
    .await;
}

#[tokio::test]
async fn an_empty_form_asks_for_what_is_missing_and_costs_no_try() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let (browser, page) = login_page(house).await;
        let page = browser.submit(typed(&page, "", "")).await;
        page.shows("请填写");
        fail(&browser, page, &seed.username, 1).await.shows("您还可以尝试4次");
    })
    .await;
}

#[tokio::test]
async fn the_name_is_read_in_any_case() {
    house(async |house| {
        let mut seed = open_account(house, VERIFIED).await;
        seed.username = seed.username.to_uppercase();
        let (browser, page) = login_page(house).await;
        house.exam().returned(&sign_in(&browser, &page, &seed).await).get("code");
    })
    .await;
}

#[tokio::test]
async fn s4_14_an_error_carries_the_trace_id_of_its_request() {
    house(async |house| {
        let (browser, page) = login_page(house).await;
        let page = fail(&browser, page, "nobody_here", 1).await;
        let trace = page.header("x-request-id").unwrap().to_owned();
        page.shows(&format!("[{trace}]"));
    })
    .await;
}

#[tokio::test]
async fn without_a_portal_the_sign_in_leads_to_the_account() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let page = browser.get("/login").await;
        let page = sign_in(&browser, &page, &seed).await;
        assert_eq!(page.url.path(), "/account");
    })
    .await;
}

#[tokio::test]
async fn the_way_on_never_leaves_the_house() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        for next in [
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example",
            "/login/../..//evil.example",
            "evil",
        ] {
            let browser = house.browser();
            let mut login = house.issuer.join("/login").unwrap();
            login.query_pairs_mut().append_pair("next", next);
            let page = browser.get(login.as_str()).await;
            let page = sign_in(&browser, &page, &seed).await;
            assert_eq!(page.url.origin(), house.issuer.origin(), "{next}");
            assert!(page.location().is_none(), "{next}");
        }
        let browser = house.browser();
        let page = browser.get("/login?next=%2Faccount%2Fverification").await;
        assert_eq!(sign_in(&browser, &page, &seed).await.url.path(), "/account/verification");
    })
    .await;
}
