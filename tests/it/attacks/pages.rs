//! Every page that can be reached by following links, and every form on it: no frame, no foreign code, no post from
//! elsewhere.

use std::collections::BTreeSet;

use reqwest::StatusCode;
use scraper::{Html, Selector};
use url::Url;

use crate::harness::{Browser, House, Page, house};
use crate::people::{PHONE_ONLY, VERIFIED, browser_of, open_account, sign_in};

const SESSION: &str = "menfu-session";
/// The form of a page that changes something.
const POSTING: &str = "form[method=post]";

/// A page the crawl came to, in the browser that shows it.
type Visit<'a> = (&'a Browser, Page);

/// All pages that links lead to from these addresses, each once.
async fn crawl<'a>(house: &House, browser: &'a Browser, starts: &[&str]) -> Vec<Visit<'a>> {
    let mut waiting: Vec<Url> = starts.iter().map(|start| house.issuer.join(start).unwrap()).collect();
    let (mut seen, mut pages) = (BTreeSet::new(), Vec::new());
    while let Some(url) = waiting.pop() {
        if !seen.insert(key(&url)) {
            continue;
        }
        let page = browser.get(url.as_str()).await;
        if page.url.origin() == house.issuer.origin() && is_html(&page) {
            seen.insert(key(&page.url));
            waiting.extend(links(&page).into_iter().filter(|to| is_worth_a_visit(house, to)));
            pages.push((browser, page));
        }
    }
    pages
}

/// Pages differ by path; a query only says where one came from.
fn key(url: &Url) -> String {
    url.path().to_owned()
}

fn is_html(page: &Page) -> bool {
    page.header("content-type").is_some_and(|kind| kind.starts_with("text/html"))
}

fn links(page: &Page) -> Vec<Url> {
    let html = Html::parse_document(&page.html);
    let anchors = Selector::parse("a[href]").unwrap();
    let targets = html.select(&anchors).filter_map(|a| page.url.join(a.value().attr("href")?).ok());
    targets.collect()
}

/// Choosing a language leads back to where one was.
fn is_worth_a_visit(house: &House, to: &Url) -> bool {
    to.origin() == house.issuer.origin() && to.path() != "/preferences"
}

const PUBLIC: &[&str] =
    &["/login", "/register", "/register/person", "/legal/terms", "/legal/privacy", "/help/banks", "/nowhere"];
const OWN: &[&str] = &["/account", "/account/profile", "/account/verification", "/logout"];

/// Who looks: nobody, a person at L1, a person at L2.
async fn onlookers(house: &House) -> Vec<Browser> {
    let phone_only = open_account(house, PHONE_ONLY).await;
    let verified = open_account(house, VERIFIED).await;
    vec![house.browser(), browser_of(house, &phone_only).await, browser_of(house, &verified).await]
}

/// Where a browser begins: the public pages, and its own when somebody is signed in.
fn starts(browser: &Browser) -> Vec<&'static str> {
    let own = browser.cookie(SESSION).map_or(&[][..], |_| OWN);
    PUBLIC.iter().chain(own).copied().collect()
}

#[tokio::test]
async fn no_page_within_reach_may_be_framed_cached_or_run_foreign_code() {
    house(async |house| {
        for browser in onlookers(house).await {
            let pages = crawl(house, &browser, &starts(&browser)).await;
            assert!(pages.len() >= PUBLIC.len() - 1, "only {} pages", pages.len());
            for (_, page) in pages {
                is_armoured(&page);
            }
        }
    })
    .await;
}

#[track_caller]
fn is_armoured(page: &Page) {
    let header = |name| page.header(name).unwrap_or_else(|| panic!("{}: no {name}", page.url));
    let policy = header("content-security-policy");
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    ] {
        assert!(policy.contains(part), "{}: {policy}", page.url);
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{}: {policy}", page.url);
    assert_eq!(header("x-frame-options"), "DENY", "{}", page.url);
    assert_eq!(header("x-content-type-options"), "nosniff", "{}", page.url);
    assert_eq!(header("referrer-policy"), "same-origin", "{}", page.url);
    assert_eq!(header("cache-control"), "no-store", "{}", page.url);
    assert!(!page.has("script:not([src]), [onclick], [onload], [style], style"), "{}: inline code", page.url);
}

#[tokio::test]
async fn no_form_within_reach_takes_a_post_without_its_token() {
    house(async |house| {
        let mut forms = 0;
        for browser in onlookers(house).await {
            for (browser, page) in crawl(house, &browser, &starts(&browser)).await {
                let session = browser.cookie(SESSION);
                if !page.has(POSTING) {
                    continue;
                }
                let form = page.form_of(POSTING);
                assert!(form.value("csrf").is_some_and(|token| token.len() == 43), "{}", page.url);
                for bad in [form.clone().without("csrf"), form.clone().set("csrf", "")] {
                    refused(&browser.submit(bad).await, &page);
                }
                assert_eq!(browser.cookie(SESSION), session, "{}", page.url);
                forms += 1;
            }
        }
        assert!(forms >= 4, "the crawl came to {forms} forms only");
    })
    .await;
}

/// 410 with the page that says so; the sign-out page is shown again, since portals post there without a token.
#[track_caller]
fn refused(answer: &Page, page: &Page) {
    let asked_again = page.url.path() == "/logout" && answer.url.path() == "/logout";
    let is_refused = answer.status == StatusCode::GONE || asked_again;
    assert!(is_refused, "{}: {} at {}", page.url, answer.status, answer.url);
    assert!(answer.location().is_none(), "{}: to {:?}", page.url, answer.location());
}

#[tokio::test]
async fn a_post_with_the_right_token_from_another_site_is_refused() {
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        house(async |house| {
            let seed = open_account(house, VERIFIED).await;
            let browser = Elsewhere::new(house, name, value);
            let page = browser.0.get(&house.exam().authorize(&[])).await;
            let form = page.form().set("username", &seed.username).set("password", seed.password.expose());
            let status = browser.post(form.action.as_str(), &form.fields).await;
            assert_eq!(status, 403, "{name}: {value}");
        })
        .await;
    }
}

/// A browser whose posts say that another site's page made them.
struct Elsewhere(Browser, reqwest::Client, &'static str, &'static str);

impl Elsewhere {
    fn new(house: &House, name: &'static str, value: &'static str) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        Self(house.browser(), http.build().unwrap(), name, value)
    }

    async fn post(&self, address: &str, fields: &[(String, String)]) -> StatusCode {
        let cookie = format!("menfu-browser={}", self.0.cookie("menfu-browser").unwrap());
        let post = self.1.post(address).form(fields).header("cookie", cookie).header(self.2, self.3);
        let response = post.send().await.unwrap();
        assert!(response.headers().get("set-cookie").is_none(), "{}: {} set a cookie", self.2, self.3);
        response.status()
    }
}

#[tokio::test]
async fn form_action_names_the_verified_address_and_no_other_on_every_page_of_a_request() {
    house(async |house| {
        let seed = open_account(house, PHONE_ONLY).await;
        let browser = house.browser();
        let login = browser.get(&house.insurance().authorize(&[])).await;
        ends_with(&login, "form-action 'self' https://insurance.example");
        let wrong = browser.submit(login.form().set("username", "nobody_here").set("password", "x")).await;
        ends_with(&wrong, "form-action 'self' https://insurance.example");
        let raise = sign_in(&browser, &wrong, &seed).await;
        assert_eq!(raise.url.path(), "/login/raise-level");
        ends_with(&raise, "form-action 'self' https://insurance.example");
        // Another browser, an unknown id, and none at all.
        ends_with(&house.browser().get(raise.url.as_str()).await, "form-action 'self'");
        ends_with(&browser.get("/login/raise-level?request=x").await, "form-action 'self'");
        ends_with(&browser.get("/account").await, "form-action 'self'");
    })
    .await;
}

#[track_caller]
fn ends_with(page: &Page, end: &str) {
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.ends_with(end), "{}: {policy}", page.url);
}

#[tokio::test]
async fn an_address_that_nobody_registered_never_gets_into_a_policy() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = browser_of(house, &seed).await;
        for query in [
            "post_logout_redirect_uri=https%3A%2F%2Fevil.example%2F",
            "client_id=exam&post_logout_redirect_uri=https%3A%2F%2Fevil.example%2F",
            "client_id=nobody&post_logout_redirect_uri=https%3A%2F%2Fevil.example%2F",
            "client_id=insurance&post_logout_redirect_uri=https%3A%2F%2Fexam.example%2F",
        ] {
            ends_with(&browser.get(&format!("/logout?{query}")).await, "form-action 'self'");
        }
        let evil = house.exam().authorize(&[("redirect_uri", "https://evil.example/")]);
        ends_with(&browser.get(&evil).await, "form-action 'self'");
    })
    .await;
}
