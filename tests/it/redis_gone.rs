//! With Redis gone: what needs it says so, what does not goes on, and nothing has to be restarted (`architecture.md`,
//! Running modes).

use std::time::{Duration, Instant};

use menfu::policy::CaptchaKind;

use crate::captchas::answer_to;
use crate::citizens::{identity_form, later_form, lin, login_form};
use crate::harness::{Browser, Form, House, Page, Plan, house_of};
use crate::people::{SOMEBODY_ELSE, VERIFIED, open_account, tokens_for, typed};
use crate::servers::{self, RedisServer};

/// Runs a test in a house with a Redis of its own, where the suite has Redis.
async fn house_with_redis(mut plan: Plan, test: impl AsyncFnOnce(&House, &mut RedisServer)) {
    if servers::shared().is_none() {
        return;
    }
    let mut server = RedisServer::start();
    plan.ephemeral = Some(servers::settings(vec![server.url()]));
    house_of(plan, async |house| test(house, &mut server).await).await;
}

/// The page that says what it is, with the request's number and a time to come again.
#[track_caller]
fn is_told(page: &Page) {
    assert_eq!(page.status, 503, "{}", page.text());
    page.shows("系统繁忙，请稍后再试").shows(page.header("x-request-id").unwrap());
    let wait: u64 = page.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=5).contains(&wait));
}

/// Sends the same form until it is answered; five seconds at most.
async fn again(browser: &Browser, form: &Form) -> Page {
    let begin = Instant::now();
    loop {
        let page = browser.submit(form.clone()).await;
        if page.status != 503 {
            return page;
        }
        assert!(begin.elapsed() < Duration::from_secs(5), "{}", page.text());
    }
}

#[tokio::test]
async fn a_password_is_not_judged_and_the_same_form_works_when_redis_is_back() {
    house_with_redis(Plan::default(), async |house, redis| {
        let seed = open_account(house, SOMEBODY_ELSE).await;
        let browser = house.browser();
        let login = browser.get("/login").await;
        redis.kill();
        for password in [seed.password.expose(), "Wrong2026Guess"] {
            is_told(&browser.submit(typed(&login, &seed.username, password)).await);
        }
        assert!(browser.cookie("menfu-session").is_none());
        redis.resume();
        let account = again(&browser, &typed(&login, &seed.username, seed.password.expose())).await;
        assert_eq!(account.url.path(), "/account", "{}", account.text());
    })
    .await;
}

#[tokio::test]
async fn sessions_codes_tokens_and_introspection_go_on() {
    house_with_redis(Plan::default(), async |house, redis| {
        let seed = open_account(house, VERIFIED).await;
        let exam = house.exam();
        let (browser, tokens) = tokens_for(house, &exam, &seed, &[]).await;
        redis.kill();
        let back = browser.get_once(&exam.authorize(&[])).await;
        let fresh = exam.exchange(exam.returned(&back).get("code")).await;
        assert_eq!(fresh.status, 200, "{}", fresh.json);
        assert_eq!(exam.userinfo(fresh.text("access_token")).await.status, 200);
        assert_eq!(exam.refresh(tokens.text("refresh_token")).await.status, 200);
        assert_eq!(exam.introspect(fresh.text("access_token")).await.json["active"], true);
        assert_eq!(exam.revoke(fresh.text("access_token")).await.status, 200);
        for page in ["/account", "/account/profile", "/healthz", "/.well-known/openid-configuration"] {
            assert_eq!(browser.get(page).await.status, 200, "{page}");
        }
    })
    .await;
}

#[tokio::test]
async fn no_sms_is_sent_and_the_wizard_goes_on_where_it_stood() {
    let mut plan = Plan::default();
    plan.policy.captcha.kind = CaptchaKind::Image;
    house_with_redis(plan, async |house, redis| {
        let (browser, who) = (house.browser(), lin(house));
        let first = browser.get("/register/person").await;
        let id = first.form().value("captcha_id").unwrap().to_owned();
        let second = browser.submit(login_form(&first, "lin_xiaoyu").set("captcha", &answer_to(&id))).await;
        let page = browser.submit(identity_form(&second, &who)).await;
        let ask = |page: &Page| page.form().set("phone", &who.phone).press("sms");
        redis.kill();
        is_told(&house.browser().get("/register/person").await);
        is_told(&browser.submit(ask(&page)).await);
        house.work().await;
        assert!(house.sandbox.messages(Some(&who.phone)).is_empty());
        redis.resume();
        let page = again(&browser, &ask(&page)).await;
        let code = house.code(&who.phone).await;
        let page = browser.submit(later_form(&page, &who, &code)).await;
        assert_eq!(page.url.path(), crate::citizens::DONE, "{}", page.text());
    })
    .await;
}
