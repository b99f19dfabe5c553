//! OAuth 2.0 Form Post Response Mode.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use serde_json::{Value, json};

use crate::harness::{Page, Rp, house};
use crate::people::{VERIFIED, browser_of, open_account, sign_in};

const FORM_POST: (&str, &str) = ("response_mode", "form_post");

/// The form that carries the answer, checked as a browser and a reviewer see it.
#[track_caller]
fn fields(rp: &Rp, page: &Page) -> Vec<(String, String)> {
    assert_eq!(page.status, 200, "{}", page.text());
    let form = page.form();
    assert_eq!(form.action.as_str(), rp.redirect_uri);
    assert_eq!(page.attr("main form", "method").as_deref(), Some("post"));
    assert!(page.has("main form button"), "works without scripts");
    assert!(page.attr("script[src*=form_post]", "src").is_some(), "posts itself with our own script");
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self';"), "{policy}");
    let origin = rp.redirect_uri.trim_end_matches("/callback");
    assert!(policy.ends_with(&format!("form-action 'self' {origin}")), "{policy}");
    form.fields
}

fn get<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

#[tokio::test]
async fn a_code_comes_in_a_form_with_state_and_iss_and_can_be_redeemed() {
    house(async |house| {
        let (rp, seed) = (house.exam(), open_account(house, VERIFIED).await);
        let browser = house.browser();
        let page = browser.get(&rp.authorize(&[FORM_POST])).await;
        let answer = fields(&rp, &sign_in(&browser, &page, &seed).await);
        let names: Vec<_> = answer.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["code", "state", "iss"]);
        assert_eq!(get(&answer, "state"), Some("state-of-the-test"));
        assert_eq!(get(&answer, "iss"), Some(house.issuer.as_str().trim_end_matches('/')));
        assert_eq!(rp.exchange(get(&answer, "code").unwrap()).await.status, 200);
        // Signed in, no page stands between.
        let answer = fields(&rp, &browser.get_once(&rp.authorize(&[FORM_POST, ("prompt", "none")])).await);
        assert!(get(&answer, "code").is_some());
    })
    .await;
}

#[tokio::test]
async fn an_answer_after_consent_comes_in_a_form_too() {
    house(async |house| {
        let (rp, seed) =
            (house.rp("college", Some("secret-of-college")), open_account(house, VERIFIED).await);
        let browser = browser_of(house, &seed).await;
        let question = browser.get(&rp.authorize(&[FORM_POST])).await;
        let refused = fields(&rp, &browser.submit(question.form().press("no")).await);
        assert_eq!(get(&refused, "error"), Some("access_denied"));
        let question = browser.get(&rp.authorize(&[FORM_POST])).await;
        let granted = fields(&rp, &browser.submit(question.form().press("yes")).await);
        assert!(get(&granted, "code").is_some());
    })
    .await;
}

#[tokio::test]
async fn errors_come_in_a_form_with_state_and_iss() {
    house(async |house| {
        let rp = house.exam();
        for (change, error) in [
            (("prompt", "none"), "login_required"),
            (("response_type", "token"), "unsupported_response_type"),
            (("scope", "openid email"), "invalid_scope"),
            (("request", "x"), "request_not_supported"),
            (("request_uri", "https://exam.example/r"), "request_uri_not_supported"),
            (("code_challenge_method", "plain"), "invalid_request"),
        ] {
            let page = house.browser().get_once(&rp.authorize(&[FORM_POST, change])).await;
            let answer = fields(&rp, &page);
            let names: Vec<_> = answer.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, ["error", "error_description", "state", "iss"], "{change:?}");
            assert_eq!(get(&answer, "error"), Some(error), "{change:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn without_a_response_type_the_error_comes_in_a_form_all_the_same() {
    house(async |house| {
        let rp = house.exam();
        let page = house.browser().get_once(&rp.authorize(&[FORM_POST, ("response_type", "")])).await;
        assert_eq!(get(&fields(&rp, &page), "error"), Some("invalid_request"));
    })
    .await;
}

#[tokio::test]
async fn a_request_by_post_is_answered_in_a_form_too() {
    house(async |house| {
        let (rp, seed) = (house.exam(), open_account(house, VERIFIED).await);
        let browser = browser_of(house, &seed).await;
        let url: url::Url = rp.authorize(&[FORM_POST]).parse().unwrap();
        let form: Vec<_> = url.query_pairs().into_owned().collect();
        assert!(get(&fields(&rp, &browser.post("/authorize", &form).await), "code").is_some());
    })
    .await;
}

#[tokio::test]
async fn a_state_cannot_break_out_of_the_form_and_comes_back_whole() {
    house(async |house| {
        let rp = house.exam();
        let state = "\"><script>alert(1)</script>&amp;'\\ 门".repeat(20);
        let page = house
            .browser()
            .get_once(&rp.authorize(&[FORM_POST, ("prompt", "none"), ("state", &state)]))
            .await;
        assert_eq!(get(&fields(&rp, &page), "state"), Some(state.as_str()));
        assert!(!page.html.contains("<script>"));
    })
    .await;
}

#[tokio::test]
async fn nothing_is_posted_to_an_address_that_is_not_registered() {
    house(async |house| {
        let rp = house.exam();
        let page = house
            .browser()
            .get_once(&rp.authorize(&[FORM_POST, ("redirect_uri", "https://evil.example/callback")]))
            .await;
        assert_eq!(page.status, 400);
        assert!(!page.has("form[data-answer]") && !page.has("form[action*=evil]"));
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.ends_with("form-action 'self'"), "{policy}");
    })
    .await;
}

/// An unsigned request object (Core §6.1).
fn request_object(payload: &Value) -> String {
    format!("{}.{}.", B64.encode("{\"alg\":\"none\"}"), B64.encode(payload.to_string()))
}

#[tokio::test]
async fn a_request_object_that_asks_for_a_form_is_refused_in_one() {
    house(async |house| {
        let rp = house.exam();
        let object = request_object(&json!({ "response_mode": "form_post", "state": "inside" }));
        // As a client that puts all but the bare request into it.
        let bare = [("request", object.as_str()), ("state", ""), ("nonce", "")];
        let answer = fields(&rp, &house.browser().get_once(&rp.authorize(&bare)).await);
        let names: Vec<_> = answer.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["error", "error_description", "iss"]);
        assert_eq!(get(&answer, "error"), Some("request_not_supported"));
    })
    .await;
}

#[tokio::test]
async fn a_request_object_decides_nothing_but_how_its_refusal_travels() {
    house(async |house| {
        let (rp, seed) = (house.exam(), open_account(house, VERIFIED).await);
        let browser = browser_of(house, &seed).await;
        let object = request_object(&json!({
            "response_mode": "form_post", "response_type": "code token", "redirect_uri": "https://evil.example/callback",
            "client_id": "college", "state": "inside", "scope": "openid email", "prompt": "none",
        }));
        // Signed in, and still no code: not to the registered address and least of all to the other.
        let answer = fields(&rp, &browser.get_once(&rp.authorize(&[("request", &object)])).await);
        assert_eq!(get(&answer, "error"), Some("request_not_supported"));
        assert_eq!(get(&answer, "state"), Some("state-of-the-test"));
        assert_eq!(get(&answer, "code"), None);
        // An address that is not registered is not mended by one inside that is.
        let object = request_object(&json!({ "response_mode": "form_post", "redirect_uri": rp.redirect_uri }));
        let elsewhere = [("request", object.as_str()), ("redirect_uri", "https://evil.example/callback")];
        let page = browser.get_once(&rp.authorize(&elsewhere)).await;
        assert!(page.status == 400 && !page.has("form[data-answer]"));
    })
    .await;
}

#[tokio::test]
async fn a_request_object_that_cannot_be_read_is_refused_in_the_mode_asked_for_beside_it() {
    house(async |house| {
        let rp = house.exam();
        let unknown = request_object(&json!({ "response_mode": "fragment" }));
        let form = request_object(&json!({ "response_mode": "form_post" }));
        for object in ["x", "a.b.c", &format!("{form}.encrypted.tag"), &unknown] {
            let page = house.browser().get_once(&rp.authorize(&[("request", object)])).await;
            assert_eq!(rp.returned(&page).get("error"), "request_not_supported", "{object}");
            let page = house.browser().get_once(&rp.authorize(&[FORM_POST, ("request", object)])).await;
            assert_eq!(get(&fields(&rp, &page), "error"), Some("request_not_supported"), "{object}");
        }
    })
    .await;
}
