//! Parked requests, levels and sign-ins that somebody tries to reach past their pages.

use chrono::TimeDelta;

use crate::citizens::{ask_bank, lin, registered_l1};
use crate::harness::{Browser, Page, house};
use crate::people::{PHONE_ONLY, SOMEBODY_ELSE, VERIFIED, browser_of, open_account, sign_in, tokens_for};

const SESSION: &str = "menfu-session";
const BROWSER: &str = "menfu-browser";

/// The parked id in a page's address.
#[track_caller]
fn parked(page: &Page) -> String {
    let found = page.url.query_pairs().find(|(name, _)| name == "request");
    found.unwrap_or_else(|| panic!("no parked request in {}", page.url)).1.into_owned()
}

async fn resume(browser: &Browser, id: &str) -> Page {
    browser.get(&format!("/authorize/resume?request={id}")).await
}

/// No answer left the house.
#[track_caller]
fn is_over(page: &Page) {
    assert_eq!((page.status.as_u16(), page.location()), (410, None), "{}", page.text());
}

#[tokio::test]
async fn both_cookies_change_at_sign_in_and_the_parked_request_goes_with_them() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let (planted_session, planted_browser) = ("A".repeat(43), "E".repeat(43));
        let browser = house.browser();
        browser.set_cookie(SESSION, &planted_session);
        browser.set_cookie(BROWSER, &planted_browser);
        let page = browser.get(&house.exam().authorize(&[])).await;
        let back = sign_in(&browser, &page, &seed).await;
        assert_eq!(house.exam().returned(&back).get("state"), "state-of-the-test");
        for (name, planted) in [(SESSION, planted_session), (BROWSER, planted_browser)] {
            assert_ne!(browser.cookie(name).unwrap(), planted, "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_parked_request_yields_one_answer() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let page = browser.get(&house.exam().authorize(&[])).await;
        let id = parked(&page);
        let back = sign_in(&browser, &page, &seed).await;
        house.exam().returned(&back).get("code");
        is_over(&resume(&browser, &id).await);
        for path in ["/login", "/login/raise-level", "/login/choose", "/oauth/consent"] {
            is_over(&browser.get(&format!("{path}?request={id}")).await);
        }
    })
    .await;
}

#[tokio::test]
async fn one_client_s_parked_id_never_answers_another_client() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let exam = browser.get(&house.exam().authorize(&[])).await;
        let insurance = browser.get(&house.insurance().authorize(&[("state", "theirs")])).await;
        // The sign-in form of one request, with the other's id smuggled in as a field.
        let mut form = exam.form().set("username", &seed.username).set("password", seed.password.expose());
        form = form.set("request", &parked(&insurance)).set("client_id", "insurance");
        form = form.set("redirect_uri", "https://evil.example/");
        let back = browser.submit(form).await;
        assert_eq!(house.exam().returned(&back).get("state"), "state-of-the-test");
        let back = resume(&browser, &parked(&insurance)).await;
        assert_eq!(house.insurance().returned(&back).get("state"), "theirs");
    })
    .await;
}

#[tokio::test]
async fn a_parked_id_is_worth_nothing_in_another_browser_signed_in_or_not() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let other = open_account(house, SOMEBODY_ELSE).await;
        let id = parked(&house.browser().get(&house.exam().authorize(&[])).await);
        let signed_in = browser_of(house, &other).await;
        for thief in [house.browser(), signed_in, browser_of(house, &seed).await] {
            is_over(&resume(&thief, &id).await);
            is_over(&thief.get(&format!("/login?request={id}")).await);
        }
    })
    .await;
}

#[tokio::test]
async fn a_made_up_parked_id_opens_nothing() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = browser_of(house, &seed).await;
        for id in ["x", "..%2F..", "%00", "A", &"A".repeat(43), &"A".repeat(4000), "%E9%97%A8%E7%AC%A6"] {
            let page = resume(&browser, id).await;
            assert!(page.location().is_none() && page.status.is_client_error(), "{id}: {}", page.status);
        }
        assert!(browser.get("/authorize/resume").await.status.is_client_error());
    })
    .await;
}

#[tokio::test]
async fn a_person_below_the_level_has_no_way_round_by_another_request() {
    house(async |house| {
        let seed = open_account(house, PHONE_ONLY).await;
        let browser = browser_of(house, &seed).await;
        let insurance = house.insurance();
        for changes in [
            vec![("prompt", "none")],
            vec![("prompt", "none"), ("acr_values", "urn:menfu:acr:L1")],
            vec![("prompt", "none"), ("scope", "openid")],
            vec![("prompt", "none"), ("claims", r#"{"id_token":{"acr":{"value":"urn:menfu:acr:L1"}}}"#)],
            vec![("prompt", "none"), ("min_person_level", "L1"), ("acr", "L2")],
        ] {
            let page = browser.get_once(&insurance.authorize(&changes)).await;
            let returned = insurance.returned(&page);
            assert!(returned.find("code").is_none(), "{changes:?}");
            assert_eq!(returned.get("state"), "state-of-the-test");
        }
        for changes in [vec![], vec![("acr_values", "urn:menfu:acr:L1")], vec![("max_age", "10000")]] {
            let page = browser.get(&insurance.authorize(&changes)).await;
            assert_eq!(page.url.path(), "/login/raise-level", "{changes:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn skipping_a_required_level_is_a_refusal_whatever_the_button_says() {
    house(async |house| {
        let seed = open_account(house, PHONE_ONLY).await;
        for action in ["skip", "cancel", "SKIP", "continue", "yes", "all", "next", ""] {
            let browser = browser_of(house, &seed).await;
            let page = browser.get(&house.insurance().authorize(&[])).await;
            let back = browser.submit(page.form().press(action)).await;
            if let Some(to) = back.location() {
                assert!(!to.query_pairs().any(|(name, _)| name == "code"), "{action}: {to}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_refresh_never_yields_a_higher_level_than_the_sign_in_did() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let exam = house.exam();
        let low = [("acr_values", "urn:menfu:acr:L1")];
        let (_, tokens) = tokens_for(house, &exam, &seed, &low).await;
        assert_eq!(tokens.claims("id_token")["acr"], "urn:menfu:acr:L1");
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", tokens.text("refresh_token")),
            ("acr_values", "urn:menfu:acr:L2"),
        ];
        let renewed = exam.post("/token", &form).await;
        assert_eq!(renewed.claims("id_token")["acr"], "urn:menfu:acr:L1");
        assert_eq!(renewed.claims("access_token")["acr"], "urn:menfu:acr:L1");
    })
    .await;
}

#[tokio::test]
async fn after_a_sign_out_the_parked_requests_of_the_old_browser_are_not_answered() {
    house(async |house| {
        let seed = open_account(house, PHONE_ONLY).await;
        let browser = browser_of(house, &seed).await;
        let mut ids = Vec::new();
        for _ in 0..2 {
            ids.push(parked(&browser.get(&house.insurance().authorize(&[])).await));
        }
        let page = browser.get("/logout").await;
        browser.submit(page.form().press("all")).await;
        assert!(browser.cookie(SESSION).is_none());
        for id in ids {
            is_over(&resume(&browser, &id).await);
        }
    })
    .await;
}

#[tokio::test]
async fn after_an_upgrade_old_tokens_stay_at_the_level_of_their_sign_in() {
    house(async |house| {
        let (who, exam) = (lin(house), house.exam());
        let browser = registered_l1(house, "lin_xiaoyu", &who).await;
        let back = browser.get_once(&exam.authorize(&[])).await;
        let old = exam.exchange(exam.returned(&back).get("code")).await;
        assert_eq!(old.claims("id_token")["acr"], "urn:menfu:acr:L1");
        let page = browser.get("/account/verification/bank").await;
        ask_bank(house, &browser, &page, &who).await.shows("二级·实名认证");
        let renewed = exam.refresh(old.text("refresh_token")).await;
        assert_eq!(renewed.claims("id_token")["acr"], "urn:menfu:acr:L1");
        assert_eq!(renewed.claims("access_token")["acr"], "urn:menfu:acr:L1");
        let back = browser.get_once(&exam.authorize(&[("prompt", "none")])).await;
        let new = exam.exchange(exam.returned(&back).get("code")).await;
        assert_eq!(new.claims("id_token")["acr"], "urn:menfu:acr:L2");
    })
    .await;
}

#[tokio::test]
async fn a_refresh_after_the_evidence_expired_never_says_the_level_it_proved() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let (exam, insurance) = (house.exam(), house.insurance());
        // The proof of 2026-11-21 counts until the end of 2028-11-21.
        house.pass(TimeDelta::days(731) + TimeDelta::minutes(13 * 60 + 50));
        let browser = browser_of(house, &seed).await;
        let mut refresh = Vec::new();
        for rp in [&exam, &insurance] {
            let back = browser.get_once(&rp.authorize(&[])).await;
            let tokens = rp.exchange(rp.returned(&back).get("code")).await;
            assert_eq!(tokens.claims("id_token")["acr"], "urn:menfu:acr:L2");
            refresh.push(tokens.text("refresh_token").to_owned());
        }
        house.pass(TimeDelta::minutes(10));
        let renewed = exam.refresh(&refresh[0]).await;
        assert_eq!(renewed.claims("id_token")["acr"], "urn:menfu:acr:L1");
        assert_eq!(renewed.claims("access_token")["acr"], "urn:menfu:acr:L1");
        assert_eq!(insurance.refresh(&refresh[1]).await.text("error"), "invalid_grant");
    })
    .await;
}
