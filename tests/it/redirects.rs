//! Where answers go: to the registered bytes, or to a page here.

use crate::harness::{House, Page, house};
use crate::people::{VERIFIED, open_account, sign_in};

#[track_caller]
fn stays(page: &Page, trick: &str) {
    assert!(page.location().is_none(), "{trick} was redirected to {:?}", page.location());
    assert!(page.status.is_client_error(), "{trick}: {}", page.status);
}

async fn ask(house: &House, redirect_uri: &str) -> Page {
    house.browser().get_once(&house.exam().authorize(&[("redirect_uri", redirect_uri)])).await
}

#[tokio::test]
async fn every_redirect_uri_trick_ends_on_a_page_here() {
    house(async |house| {
        for trick in [
            "https://evil.example/callback",
            "https://exam.example/callback/",
            "https://exam.example/callback?x=1",
            "https://exam.example/callback#x",
            "https://exam.example/Callback",
            "https://EXAM.example/callback",
            "https://exam.example:443/callback",
            "https://exam.example/./callback",
            "https://exam.example/x/../callback",
            "https://exam.example/%63allback",
            "https://exam.example@evil.example/callback",
            "https://user@exam.example/callback",
            "https://exam.example.evil.example/callback",
            "https://exam.example\\@evil.example/callback",
            "http://exam.example/callback",
            "//exam.example/callback",
            "/callback",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://exam.example/callback\u{0}",
            "https://exam.example/callback\n",
            " https://exam.example/callback",
            "https://insurance.example/callback",
        ] {
            stays(&ask(house, trick).await, trick);
        }
    })
    .await;
}

#[tokio::test]
async fn a_missing_or_repeated_redirect_uri_ends_on_a_page_here() {
    house(async |house| {
        let college = house.rp("college", Some("secret-of-college"));
        stays(&house.browser().get_once(&college.authorize(&[("redirect_uri", "")])).await, "missing");
        let twice = format!("{}&redirect_uri=https%3A%2F%2Fevil.example%2F", house.exam().authorize(&[]));
        stays(&house.browser().get_once(&twice).await, "twice");
    })
    .await;
}

#[tokio::test]
async fn an_unknown_client_ends_on_a_page_here() {
    house(async |house| {
        for id in ["nobody", "", "exam\u{0}", "EXAM"] {
            let page = house.browser().get_once(&house.exam().authorize(&[("client_id", id)])).await;
            stays(&page, id);
        }
    })
    .await;
}

#[tokio::test]
async fn the_page_echoes_no_markup() {
    house(async |house| {
        let page = ask(house, "https://evil.example/\"><script>alert(1)</script>").await;
        assert!(!page.html.contains("<script>alert"));
        let page = house
            .browser()
            .get_once(&house.exam().authorize(&[("client_id", "<script>alert(1)</script>")]))
            .await;
        assert!(!page.html.contains("<script>alert"));
    })
    .await;
}

#[tokio::test]
async fn a_native_application_chooses_its_loopback_port_and_nothing_else() {
    house(async |house| {
        let mut app = house.rp("phone_app", None);
        app.redirect_uri = "http://127.0.0.1:53123/callback".to_owned();
        let scope = [("scope", "openid"), ("prompt", "none")];
        let page = house.browser().get_once(&app.authorize(&scope)).await;
        assert_eq!(app.returned(&page).get("error"), "login_required");
        for trick in
            ["http://127.0.0.1:53123/other", "http://localhost:53123/callback", "http://127.0.0.2/callback"]
        {
            app.redirect_uri = trick.to_owned();
            stays(&house.browser().get_once(&app.authorize(&scope)).await, trick);
        }
    })
    .await;
}

#[tokio::test]
async fn answers_carry_state_and_issuer_and_errors_do_too() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let (exam, browser) = (house.exam(), house.browser());
        let refusal = browser.get_once(&exam.authorize(&[("prompt", "none")])).await;
        let page = browser.get(&exam.authorize(&[])).await;
        let back = sign_in(&browser, &page, &seed).await;
        for page in [refusal, back] {
            let returned = exam.returned(&page);
            assert_eq!(returned.get("state"), "state-of-the-test");
            assert_eq!(
                returned.get("iss").trim_end_matches('/'),
                house.issuer.as_str().trim_end_matches('/')
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_post_from_another_site_starts_a_request_that_then_runs_by_get() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let exam = house.exam();
        let fields: Vec<(String, String)> =
            url::Url::parse(&exam.authorize(&[])).unwrap().query_pairs().into_owned().collect();
        let browser = house.browser();
        let page = browser.post("/authorize", &fields).await;
        assert_eq!(page.url.path(), "/login");
        exam.returned(&sign_in(&browser, &page, &seed).await).get("code");
    })
    .await;
}
