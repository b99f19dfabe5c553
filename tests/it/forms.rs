//! Every form is ours alone: CSRF tokens, posts from other sites, frames.

use crate::citizens::{citizen, up_to_p2, up_to_p3};
use crate::harness::{Browser, Form, House, Page, house};
use crate::people::{PHONE_ONLY, VERIFIED, browser_of, open_account, sign_in};

const SESSION: &str = "menfu-session";

/// A form as a person sees it, and the browser that shows it.
struct Shown {
    name: &'static str,
    browser: Browser,
    form: Form,
}

/// One of each kind of form on the way from a portal to its answer.
async fn every_form(house: &House) -> Vec<Shown> {
    let verified = open_account(house, VERIFIED).await;
    let phone_only = open_account(house, PHONE_ONLY).await;
    let mut forms = Vec::new();
    let browser = house.browser();
    let login = browser.get(&house.exam().authorize(&[])).await;
    forms.push(shown(
        "login",
        browser,
        login.form().set("username", &verified.username).set("password", verified.password.expose()),
    ));
    let browser = browser_of(house, &verified).await;
    let college = house.rp("college", Some("secret-of-college"));
    let consent = browser.get(&college.authorize(&[])).await;
    forms.push(shown("consent", browser, consent.form().press("yes")));
    let browser = browser_of(house, &phone_only).await;
    let raise = browser.get(&house.insurance().authorize(&[])).await;
    forms.push(shown("raise level", browser, raise.form().press("cancel")));
    let browser = browser_of(house, &verified).await;
    let choose = browser.get(&house.exam().authorize(&[("prompt", "create")])).await;
    forms.push(shown("choose", browser, choose.form().press("continue")));
    let browser = browser_of(house, &verified).await;
    let logout = browser.get("/logout").await;
    forms.push(shown("logout", browser, logout.form().press("all")));
    let browser = house.browser();
    let register = browser.get("/register/person").await;
    forms.push(shown("register", browser, register.form().set("username", "brandnew").set("agree", "on")));
    let browser = house.browser();
    let identity = up_to_p2(&browser, "/register/person", "second_step").await;
    forms.push(shown("identity", browser, identity.form().press("back")));
    let browser = house.browser();
    let verify = up_to_p3(&browser, "third_step", &citizen(house, "赵明哲")).await;
    forms.push(shown("verify", browser, verify.form().press("back")));
    forms
}

fn shown(name: &'static str, browser: Browser, form: Form) -> Shown {
    Shown { name, browser, form }
}

/// The post changed nothing: nobody signed in or out, no answer left the house, the wizard did not go on.
#[track_caller]
fn had_no_effect(shown: &Shown, before: Option<&str>, page: &Page) {
    assert!(
        page.location().is_none_or(|to| to.path().starts_with("/logout")),
        "{}: went to {:?}",
        shown.name,
        page.location()
    );
    let moved = page.url.path() != shown.form.action.path() && page.url.path().starts_with("/register/");
    assert!(!moved, "{}: the wizard moved to {}", shown.name, page.url);
    assert_eq!(shown.browser.cookie(SESSION).as_deref(), before, "{}: the session changed", shown.name);
}

#[tokio::test]
async fn every_form_refuses_a_post_without_its_token() {
    house(async |house| {
        for shown in every_form(house).await {
            let before = shown.browser.cookie(SESSION);
            let page = shown.browser.submit(shown.form.clone().without("csrf")).await;
            had_no_effect(&shown, before.as_deref(), &page);
            if shown.name != "logout" {
                assert_eq!(page.status, 410, "{}", shown.name);
                page.shows("页面已过期，请重新开始");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn every_form_refuses_another_browser_s_token() {
    house(async |house| {
        let foreign = house.browser().get("/login").await.form().value("csrf").unwrap().to_owned();
        for shown in every_form(house).await {
            let before = shown.browser.cookie(SESSION);
            let page = shown.browser.submit(shown.form.clone().set("csrf", &foreign)).await;
            had_no_effect(&shown, before.as_deref(), &page);
        }
    })
    .await;
}

#[tokio::test]
async fn every_form_works_with_its_own_token() {
    house(async |house| {
        for shown in every_form(house).await {
            let page = shown.browser.submit(shown.form.clone()).await;
            assert_ne!(page.status, 410, "{}", shown.name);
        }
    })
    .await;
}

#[tokio::test]
async fn a_post_from_another_site_is_refused_with_the_right_token_too() {
    house(async |house| {
        for (header, value) in [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site")] {
            let seed = open_account(house, VERIFIED).await;
            let browser = house.browser().with_header(header, value);
            let page = browser.get("/login").await;
            let page = sign_in(&browser, &page, &seed).await;
            assert_eq!(page.status, 403, "{header}: {value}");
            assert!(browser.cookie(SESSION).is_none());
        }
    })
    .await;
}

#[tokio::test]
async fn the_token_changes_with_the_sign_in() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let page = browser.get("/login").await;
        let before = page.form().value("csrf").unwrap().to_owned();
        sign_in(&browser, &page, &seed).await;
        let after = browser.get("/logout").await.form().value("csrf").unwrap().to_owned();
        assert_ne!(before, after);
        let stale =
            browser.submit(browser.get("/logout").await.form().press("all").set("csrf", &before)).await;
        assert!(browser.cookie(SESSION).is_some(), "{}", stale.status);
    })
    .await;
}

#[tokio::test]
async fn no_page_may_be_framed_or_run_foreign_code() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = browser_of(house, &seed).await;
        for path in [
            "/login",
            "/register",
            "/register/person",
            "/account",
            "/logout",
            "/legal/terms",
            "/nowhere",
            "/jwks",
        ] {
            let page = browser.get_once(path).await;
            let policy = page.header("content-security-policy").unwrap();
            assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
            assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
            assert!(!policy.contains("unsafe"), "{path}: {policy}");
            assert_eq!(page.header("x-frame-options"), Some("DENY"), "{path}");
            assert_eq!(page.header("x-content-type-options"), Some("nosniff"), "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn forms_may_lead_to_the_verified_portal_and_nowhere_else() {
    house(async |house| {
        let page = house.browser().get(&house.exam().authorize(&[])).await;
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("form-action 'self' https://exam.example"), "{policy}");
        let page = house.browser().get("/login").await;
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.trim_end().ends_with("form-action 'self'"), "{policy}");
    })
    .await;
}
