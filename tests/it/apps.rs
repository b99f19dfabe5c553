//! A15 授权应用: what was granted, to whom, and its end. And A1's last sign-in.

use chrono::TimeDelta;
use menfu::demo::Seed;

use crate::harness::{Answer, Browser, House, Rp, house, nodes};
use crate::people::{SOMEBODY_ELSE, VERIFIED, browser_of, open_account, sign_in};
use crate::prompts::college;
use crate::recovery::{NEW, recovered, signed_in};

const APPS: &str = "/account/apps";

/// The college has this person's consent and tokens.
async fn granted(house: &House, college: &Rp, seed: &Seed) -> (Browser, Answer) {
    let browser = house.browser();
    let page = browser.get(&college.authorize(&[("scope", "openid profile phone")])).await;
    let page = sign_in(&browser, &page, seed).await;
    let back = browser.submit(page.form().press("yes")).await;
    let tokens = college.exchange(college.returned(&back).get("code")).await;
    (browser, tokens)
}

#[tokio::test]
async fn the_owner_sees_which_portal_gets_which_data_and_takes_it_back() {
    house(async |house| {
        let (college, seed) = (college(house), open_account(house, VERIFIED).await);
        let (browser, tokens) = granted(house, &college, &seed).await;
        let exam = browser_of(house, &seed).await;
        let page = browser.get(APPS).await;
        assert_eq!(page.texts_of(".rows h3"), ["继续教育学院"], "and no portal of the bureau's own");
        page.shows("手机号码").hides(&seed.phone);
        let form = page.form_of(".rows form");
        let page = browser.submit(form.clone()).await;
        page.shows("已取消授权").shows("您没有授权过业务系统");
        assert_eq!(college.userinfo(tokens.text("access_token")).await.status, 401);
        let silent = college.authorize(&[("prompt", "none"), ("scope", "openid profile phone")]);
        let back = browser.get_once(&silent).await;
        assert_eq!(college.returned(&back).get("error"), "consent_required");
        browser.submit(form).await.shows("您没有授权过业务系统");
        assert_eq!(exam.get("/account").await.url.path(), "/account", "other sessions go on");
    })
    .await;
}

#[tokio::test]
async fn nobody_takes_back_what_somebody_else_granted() {
    house(async |house| {
        let (college, seed) = (college(house), open_account(house, VERIFIED).await);
        let (owner, tokens) = granted(house, &college, &seed).await;
        let form = owner.get(APPS).await.form_of(".rows form");
        let stranger = browser_of(house, &open_account(house, SOMEBODY_ELSE).await).await;
        let page = stranger.get(APPS).await;
        page.shows("您没有授权过业务系统");
        let own = stranger.get("/account/password").await.form();
        let client = form.value("client").unwrap();
        let forged = crate::harness::Form { action: form.action.clone(), fields: own.fields };
        stranger.submit(forged.set("client", client).press("next")).await;
        assert_eq!(college.userinfo(tokens.text("access_token")).await.status, 200);
        assert_eq!(owner.get(APPS).await.texts_of(".rows h3").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn whoever_came_by_a_recovery_takes_nothing_back_before_a_proof() {
    house(async |house| {
        let (college, seed) = (college(house), open_account(house, VERIFIED).await);
        let (owner, _) = granted(house, &college, &seed).await;
        let form = owner.get(APPS).await.form_of(".rows form");
        recovered(house, &house.browser(), &seed).await;
        let thief = signed_in(house, &seed, NEW).await;
        let page = thief.get(APPS).await;
        page.shows("请先在认证中心完成实名认证");
        assert!(!page.has(".rows form"));
        let own = thief.get("/account/password").await.form();
        let forged = crate::harness::Form { action: form.action.clone(), fields: own.fields };
        let page = thief.submit(forged.set("client", form.value("client").unwrap()).press("next")).await;
        assert_eq!(page.texts_of(".rows h3"), ["继续教育学院"]);
    })
    .await;
}

/// The codes of a browser that asks without a pause, until it is refused.
async fn until_refused(rp: &Rp, browser: &Browser, scope: &str) -> Vec<String> {
    let mut codes = Vec::new();
    loop {
        let back = browser.get_once(&rp.authorize(&[("prompt", "none"), ("scope", scope)])).await;
        let code = back.location().and_then(|to| {
            let mut pairs = to.query_pairs();
            pairs.find(|(name, _)| name == "code").map(|(_, code)| code.into_owned())
        });
        let Some(code) = code else { return codes };
        codes.push(code);
    }
}

/// None of these codes opens anything now.
async fn open_nothing(rp: &Rp, codes: Vec<String>) {
    for code in codes {
        let tokens = rp.exchange(&code).await;
        if let Some(token) = tokens.json["access_token"].as_str() {
            assert_eq!(rp.userinfo(token).await.status, 401);
        }
    }
}

/// A browser asks while the consent goes: nothing that it got is left.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_withdrawal_and_an_authorization_at_the_same_moment_no_token_is_left() {
    nodes(async |nodes| {
        let seed = open_account(nodes, VERIFIED).await;
        let (a, b) = (nodes.on_a(), nodes.on_b());
        let (college, owner, asking) = (college(a), browser_of(b, &seed).await, browser_of(a, &seed).await);
        for _ in 0..6 {
            let page = asking.get(&college.authorize(&[("scope", "openid profile")])).await;
            college.returned(&asking.submit(page.form().press("yes")).await);
            let form = owner.get(APPS).await.form_of(".rows form");
            let (codes, page) =
                tokio::join!(until_refused(&college, &asking, "openid profile"), owner.submit(form));
            page.shows("已取消授权");
            open_nothing(&college, codes).await;
        }
    })
    .await;
}

/// A browser asks while the owner changes the password, which ends its session: nothing that it got is left.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_new_password_and_an_authorization_at_the_same_moment_no_token_is_left() {
    nodes(async |nodes| {
        let mut seed = open_account(nodes, VERIFIED).await;
        let (a, b) = (nodes.on_a(), nodes.on_b());
        let exam = a.exam();
        for password in [NEW, "Round2026b", "Round2026c", "Round2026d"] {
            let (thief, owner) = (browser_of(a, &seed).await, browser_of(b, &seed).await);
            let form = owner.get("/account/password").await.form();
            let form = form.set("old", seed.password.expose()).set("password", password);
            let form = form.set("confirm", password).press("next");
            let (codes, page) =
                tokio::join!(until_refused(&exam, &thief, "openid offline_access"), owner.submit(form));
            page.shows("密码修改成功");
            open_nothing(&exam, codes).await;
            seed.password = password.into();
        }
    })
    .await;
}

#[tokio::test]
async fn the_first_page_tells_the_sign_in_before_this_one() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        browser_of(house, &seed).await.get("/account").await.hides("上次登录");
        house.pass(TimeDelta::hours(3));
        signed_in(house, &seed, "Wrong2026x").await;
        house.pass(TimeDelta::hours(3));
        for _ in 0..15 {
            for _ in 0..4 {
                signed_in(house, &seed, "Wrong2026x").await;
            }
            house.pass(TimeDelta::minutes(61));
        }
        let page = browser_of(house, &seed).await.get("/account").await;
        page.shows("上次登录").shows("2026-11-21 10:00");
    })
    .await;
}
