//! Levels inside an authorization request: asked for, declined, and forged.

use crate::harness::{Browser, House, Page, Rp, house};
use crate::people::{PHONE_ONLY, VERIFIED, open_account, sign_in, tokens_for};

const L2: &str = "urn:menfu:acr:L2";
const ESSENTIAL: &str = r#"{"id_token":{"acr":{"essential":true,"values":["urn:menfu:acr:L2"]}}}"#;

/// A person at L1, signed in at the exam portal.
async fn at_l1(house: &House) -> Browser {
    let seed = open_account(house, PHONE_ONLY).await;
    tokens_for(house, &house.exam(), &seed, &[]).await.0
}

#[track_caller]
fn error(rp: &Rp, page: &Page) -> String {
    rp.returned(page).get("error").to_owned()
}

#[track_caller]
fn is_upgrade(page: &Page) {
    assert_eq!(page.url.path(), "/login/raise-level", "{}", page.text());
}

async fn acr_of(rp: &Rp, back: &Page) -> String {
    let tokens = rp.exchange(rp.returned(back).get("code")).await;
    tokens.claims("id_token")["acr"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_portal_above_the_level_tells_why_and_a_refusal_is_access_denied() {
    house(async |house| {
        let (insurance, browser) = (house.insurance(), at_l1(house).await);
        let page = browser.get(&insurance.authorize(&[])).await;
        is_upgrade(&page);
        let back = browser.submit(page.form().press("cancel")).await;
        assert_eq!(error(&insurance, &back), "access_denied");
        let quiet = browser.get_once(&insurance.authorize(&[("prompt", "none")])).await;
        assert_eq!(error(&insurance, &quiet), "interaction_required");
    })
    .await;
}

#[tokio::test]
async fn a_wished_level_is_offered_once_and_may_be_put_off() {
    house(async |house| {
        let (exam, browser) = (house.exam(), at_l1(house).await);
        let page = browser.get(&exam.authorize(&[("acr_values", L2)])).await;
        is_upgrade(&page);
        let back = browser.submit(page.form().press("skip")).await;
        assert_eq!(acr_of(&exam, &back).await, "urn:menfu:acr:L1");
        let quiet = browser.get_once(&exam.authorize(&[("acr_values", L2), ("prompt", "none")])).await;
        assert_eq!(acr_of(&exam, &quiet).await, "urn:menfu:acr:L1");
    })
    .await;
}

#[tokio::test]
async fn an_essential_level_is_met_or_the_request_fails() {
    house(async |house| {
        let (exam, browser) = (house.exam(), at_l1(house).await);
        let page = browser.get(&exam.authorize(&[("claims", ESSENTIAL)])).await;
        is_upgrade(&page);
        let back = browser.submit(page.form().press("cancel")).await;
        assert_eq!(error(&exam, &back), "unmet_authentication_requirements");
        let beyond = ESSENTIAL.replace("L2", "L3");
        for changes in [vec![("claims", ESSENTIAL), ("prompt", "none")], vec![("claims", beyond.as_str())]] {
            let page = browser.get_once(&exam.authorize(&changes)).await;
            assert_eq!(error(&exam, &page), "unmet_authentication_requirements", "{changes:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_verified_person_meets_what_is_asked_and_the_first_value_is_the_answer() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let (browser, _) = tokens_for(house, &house.exam(), &seed, &[]).await;
        let exam = house.exam();
        for (asked, answered) in [
            ("urn:menfu:acr:L1 urn:menfu:acr:L2", "urn:menfu:acr:L1"),
            ("urn:menfu:acr:L3 urn:menfu:acr:L2", "urn:menfu:acr:L2"),
            ("urn:other:gold", "urn:menfu:acr:L2"),
        ] {
            let back = browser.get_once(&exam.authorize(&[("acr_values", asked)])).await;
            assert_eq!(acr_of(&exam, &back).await, answered, "{asked}");
        }
        let back = browser.get_once(&house.insurance().authorize(&[("claims", ESSENTIAL)])).await;
        assert_eq!(acr_of(&house.insurance(), &back).await, L2);
    })
    .await;
}

#[tokio::test]
async fn no_way_past_the_upgrade_yields_a_code() {
    house(async |house| {
        let (insurance, browser) = (house.insurance(), at_l1(house).await);
        let page = browser.get(&insurance.authorize(&[])).await;
        let request = page.url.query_pairs().find(|(name, _)| name == "request").unwrap().1.into_owned();
        // The parked id, on every page that answers a request.
        for path in ["/authorize/resume", "/oauth/consent", "/login/choose"] {
            is_upgrade(&browser.get(&format!("{path}?request={request}")).await);
        }
        // The forms of other pages, sent to it.
        for (path, action) in [("/oauth/consent", "yes"), ("/login/choose", "continue")] {
            let mut form = page.form().press(action);
            form.action = house.issuer.join(&format!("{path}?request={request}")).unwrap();
            is_upgrade(&browser.submit(form).await);
        }
        // The verification's page promises nothing by itself.
        let back = browser.submit(page.form().press("ok")).await;
        assert!(back.location().is_none_or(|url| !url.as_str().starts_with(&insurance.redirect_uri)));
        is_upgrade(&browser.get(&format!("/authorize/resume?request={request}")).await);
    })
    .await;
}

#[tokio::test]
async fn an_answer_of_one_person_does_not_count_for_the_next() {
    house(async |house| {
        let (exam, browser) = (house.exam(), at_l1(house).await);
        let asked = [("acr_values", L2), ("prompt", "login")];
        let page = browser.get(&exam.authorize(&asked)).await;
        let verified = open_account(house, VERIFIED).await;
        let back = sign_in(&browser, &page, &verified).await;
        assert_eq!(acr_of(&exam, &back).await, L2);
    })
    .await;
}
