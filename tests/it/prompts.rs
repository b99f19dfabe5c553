//! What a relying party may ask of a sign-in: `prompt`, `max_age`, hints, languages, consent.

use chrono::TimeDelta;
use serde_json::Value;
use url::Url;

use crate::harness::{Browser, House, Page, Rp, house, house_that_falls};
use crate::people::{SOMEBODY_ELSE, VERIFIED, browser_of, code_for, open_account, sign_in, tokens_for};

#[track_caller]
fn error(rp: &Rp, page: &Page) -> String {
    rp.returned(page).get("error").to_owned()
}

pub fn college(house: &House) -> Rp {
    house.rp("college", Some("secret-of-college"))
}

/// The ID token that this browser gets without being asked anything.
async fn quietly(rp: &Rp, browser: &Browser, changes: &[(&str, &str)]) -> Value {
    let page = browser.get(&rp.authorize(changes)).await;
    rp.exchange(rp.returned(&page).get("code")).await.claims("id_token")
}

#[tokio::test]
async fn prompt_none_answers_with_the_same_sign_in_or_an_error_and_never_with_a_page() {
    house(async |house| {
        let exam = house.exam();
        let stranger = house.browser().get_once(&exam.authorize(&[("prompt", "none")])).await;
        assert_eq!(error(&exam, &stranger), "login_required");
        let seed = open_account(house, VERIFIED).await;
        let (browser, tokens) = tokens_for(house, &exam, &seed, &[]).await;
        let first = tokens.claims("id_token");
        house.pass(TimeDelta::minutes(5));
        let hint = tokens.text("id_token");
        let again = quietly(&exam, &browser, &[("prompt", "none"), ("id_token_hint", hint)]).await;
        for claim in ["sub", "auth_time", "sid", "acr"] {
            assert_eq!(first[claim], again[claim], "{claim}");
        }
        let consent = browser.get_once(&college(house).authorize(&[("prompt", "none")])).await;
        assert_eq!(error(&college(house), &consent), "consent_required");
    })
    .await;
}

#[tokio::test]
async fn an_expired_hint_still_counts_and_another_person_s_is_login_required() {
    house(async |house| {
        let exam = house.exam();
        let seed = open_account(house, VERIFIED).await;
        let (browser, tokens) = tokens_for(house, &exam, &seed, &[]).await;
        let hint = [("prompt", "none"), ("id_token_hint", tokens.text("id_token"))];
        house.pass(TimeDelta::minutes(20));
        quietly(&exam, &browser, &hint).await;
        let other = open_account(house, SOMEBODY_ELSE).await;
        let browser = browser_of(house, &other).await;
        let page = browser.get_once(&exam.authorize(&hint)).await;
        assert_eq!(error(&exam, &page), "login_required");
    })
    .await;
}

#[tokio::test]
async fn prompt_login_asks_again_and_auth_time_moves() {
    house(async |house| {
        let exam = house.exam();
        let seed = open_account(house, VERIFIED).await;
        let (browser, tokens) = tokens_for(house, &exam, &seed, &[]).await;
        house.pass(TimeDelta::seconds(5));
        let page = browser.get(&exam.authorize(&[("prompt", "login")])).await;
        assert_eq!(page.url.path(), "/login");
        let back = sign_in(&browser, &page, &seed).await;
        let second = exam.exchange(exam.returned(&back).get("code")).await.claims("id_token");
        let first = tokens.claims("id_token");
        assert!(second["auth_time"].as_i64() > first["auth_time"].as_i64());
        assert_eq!(first["sub"], second["sub"]);
    })
    .await;
}

#[tokio::test]
async fn max_age_asks_when_the_sign_in_is_older() {
    house(async |house| {
        let exam = house.exam();
        let seed = open_account(house, VERIFIED).await;
        let (browser, _) = tokens_for(house, &exam, &seed, &[]).await;
        house.pass(TimeDelta::seconds(2));
        for fresh in ["10000", "2"] {
            quietly(&exam, &browser, &[("max_age", fresh)]).await;
        }
        for old in ["1", "0"] {
            let page = browser.get(&exam.authorize(&[("max_age", old)])).await;
            assert_eq!(page.url.path(), "/login", "{old}");
            let page = browser.get_once(&exam.authorize(&[("max_age", old), ("prompt", "none")])).await;
            assert_eq!(error(&exam, &page), "login_required", "{old}");
        }
        let page = browser.get(&exam.authorize(&[("max_age", "1")])).await;
        let back = sign_in(&browser, &page, &seed).await;
        exam.returned(&back).get("code");
    })
    .await;
}

#[tokio::test]
async fn consent_names_what_is_passed_on_and_is_remembered() {
    house(async |house| {
        let college = college(house);
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let page = browser.get(&college.authorize(&[])).await;
        let page = sign_in(&browser, &page, &seed).await;
        assert_eq!(page.url.path(), "/oauth/consent");
        page.shows("继续教育学院").hides(&seed.name).hides(&seed.phone);
        let back = browser.submit(page.form().press("yes")).await;
        college.returned(&back).get("code");
        quietly(&college, &browser, &[("prompt", "none")]).await;
        let page = browser.get(&college.authorize(&[("prompt", "consent")])).await;
        assert_eq!(page.url.path(), "/oauth/consent");
    })
    .await;
}

#[tokio::test]
async fn refused_consent_is_access_denied_and_remembers_nothing() {
    house(async |house| {
        let college = college(house);
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let page = browser.get(&college.authorize(&[])).await;
        let consent = sign_in(&browser, &page, &seed).await;
        let form = consent.form();
        let back = browser.submit(form.clone().press("no")).await;
        assert_eq!(error(&college, &back), "access_denied");
        assert_eq!(college.returned(&back).get("state"), "state-of-the-test");
        // The page is still open in another tab: too late.
        let late = browser.submit(form.press("yes")).await;
        assert_eq!(late.status, 410);
        let page = browser.get_once(&college.authorize(&[("prompt", "none")])).await;
        assert_eq!(error(&college, &page), "consent_required");
    })
    .await;
}

#[tokio::test]
async fn a_first_party_portal_never_asks_for_consent() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        code_for(house, &house.exam(), &seed, &[]).await;
    })
    .await;
}

#[tokio::test]
async fn odd_hints_and_languages_are_accepted_and_fill_the_form() {
    house(async |house| {
        let odd = [("display", "popup"), ("ui_locales", "se en"), ("claims_locales", "se"), ("foo", "bar")];
        let page = house.browser().get(&house.exam().authorize(&odd)).await;
        assert_eq!(page.url.path(), "/login");
        let hinted = house.browser().get(&house.exam().authorize(&[("login_hint", "lin_xiaoyu")])).await;
        assert_eq!(hinted.form().value("username"), Some("lin_xiaoyu"));
    })
    .await;
}

#[tokio::test]
async fn prompt_create_begins_with_registration_and_offers_the_account_at_hand() {
    house(async |house| {
        let exam = house.exam();
        let page = house.browser().get(&exam.authorize(&[("prompt", "create")])).await;
        assert!(page.url.path().starts_with("/register"), "{}", page.url);
        let seed = open_account(house, VERIFIED).await;
        let browser = browser_of(house, &seed).await;
        let page = browser.get(&exam.authorize(&[("prompt", "create")])).await;
        assert_eq!(page.url.path(), "/login/choose");
        page.hides(&seed.name);
        let back = browser.submit(page.form().press("continue")).await;
        exam.returned(&back).get("code");
    })
    .await;
}

#[tokio::test]
async fn a_long_and_odd_state_comes_back_as_it_was() {
    house(async |house| {
        let exam = house.exam();
        let state = "a\"b\\c d&e=f#g+h%20i/门符?".repeat(40);
        let changes = [("state", state.as_str())];
        let refused = house.browser().get_once(&exam.authorize(&[changes[0], ("prompt", "none")])).await;
        assert_eq!(exam.returned(&refused).get("state"), state);
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let page = browser.get(&exam.authorize(&changes)).await;
        let back = sign_in(&browser, &page, &seed).await;
        assert_eq!(exam.returned(&back).get("state"), state);
        let without = browser.get_once(&exam.authorize(&[("state", "")])).await;
        assert_eq!(exam.returned(&without).find("state"), None);
    })
    .await;
}

/// Core §3.1.2.1, RFC 6749 §4.1.2.1: a frame waits for a redirect; a person is told on a page.
#[tokio::test]
async fn a_silent_request_hears_that_the_database_is_away_and_everybody_else_sees_a_page() {
    house_that_falls(async |house| {
        let exam = house.exam();
        let seed = open_account(house, VERIFIED).await;
        let (browser, _) = tokens_for(house, &exam, &seed, &[]).await;
        house.base().db.close().await.unwrap();
        let page = browser.get_once(&exam.authorize(&[])).await;
        assert_eq!(page.location(), None);
        // SQLite's writer has ended for good, a server may come back.
        let code = match page.status.as_u16() {
            500 => "server_error",
            503 => "temporarily_unavailable",
            other => panic!("{other}"),
        };
        let silent: Url = exam.authorize(&[("prompt", "none"), ("state", "of-the-frame")]).parse().unwrap();
        let fields: Vec<_> = silent.query_pairs().into_owned().collect();
        let told = exam.returned(&browser.get_once(silent.as_str()).await);
        assert_eq!((told.get("error"), told.get("state")), (code, "of-the-frame"));
        // To be parked it meets the closed pool, which a server's restart leaves too.
        let told = exam.returned(&browser.post("/authorize", &fields).await);
        assert_eq!((told.get("error"), told.get("state")), ("temporarily_unavailable", "of-the-frame"));
        let strange = exam.authorize(&[("prompt", "none"), ("redirect_uri", "https://evil.example/")]);
        assert_eq!(browser.get_once(&strange).await.location(), None, "nobody is sent to a stranger");
    })
    .await;
}
