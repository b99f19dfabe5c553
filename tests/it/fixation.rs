//! Sessions: nothing fixed before a sign-in lives on, and everything ends in time.

use chrono::TimeDelta;

use crate::harness::{House, house};
use crate::people::{SOMEBODY_ELSE, VERIFIED, browser_of, code_for, open_account, sign_in};

const SESSION: &str = "menfu-session";
const BROWSER: &str = "menfu-browser";

/// Whether this session cookie signs anybody in.
async fn opens(house: &House, token: &str) -> bool {
    let browser = house.browser();
    browser.set_cookie(SESSION, token);
    let page = browser.get_once(&house.exam().authorize(&[("prompt", "none")])).await;
    house.exam().returned(&page).find("code").is_some()
}

#[tokio::test]
async fn a_planted_session_cookie_is_not_adopted() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let planted = "A".repeat(43);
        let browser = house.browser();
        browser.set_cookie(SESSION, &planted);
        let page = browser.get(&house.exam().authorize(&[])).await;
        sign_in(&browser, &page, &seed).await;
        assert_ne!(browser.cookie(SESSION).unwrap(), planted);
        assert!(!opens(house, &planted).await);
    })
    .await;
}

#[tokio::test]
async fn a_planted_browser_cookie_does_not_survive_the_sign_in() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        // The attacker starts a request and plants its own cookie in the victim's browser.
        let attacker = house.browser();
        let page = attacker.get(&house.exam().authorize(&[])).await;
        let victim = house.browser();
        victim.set_cookie(BROWSER, &attacker.cookie(BROWSER).unwrap());
        let back = sign_in(&victim, &page, &seed).await;
        house.exam().returned(&back).get("code");
        // What the attacker holds is signed in nowhere and carries no form.
        let login = attacker.get(page.url.as_str()).await;
        assert_eq!(login.status, 410);
        assert_ne!(attacker.cookie(BROWSER), victim.cookie(BROWSER));
    })
    .await;
}

#[tokio::test]
async fn signing_in_again_ends_the_old_token() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = browser_of(house, &seed).await;
        let old = browser.cookie(SESSION).unwrap();
        assert!(opens(house, &old).await);
        let page = browser.get(&house.exam().authorize(&[("prompt", "login")])).await;
        sign_in(&browser, &page, &seed).await;
        assert!(!opens(house, &old).await);
        assert!(opens(house, &browser.cookie(SESSION).unwrap()).await);
    })
    .await;
}

#[tokio::test]
async fn another_person_in_the_same_browser_ends_the_first_one_s_session() {
    house(async |house| {
        let first = open_account(house, VERIFIED).await;
        let second = open_account(house, SOMEBODY_ELSE).await;
        let browser = browser_of(house, &first).await;
        let old = browser.cookie(SESSION).unwrap();
        let page = browser.get(&house.exam().authorize(&[("prompt", "login")])).await;
        sign_in(&browser, &page, &second).await;
        assert!(!opens(house, &old).await);
    })
    .await;
}

#[tokio::test]
async fn a_parked_request_is_not_another_browser_s() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let page = house.browser().get(&house.exam().authorize(&[])).await;
        let stranger = house.browser();
        let theirs = stranger.get(page.url.as_str()).await;
        assert_eq!(theirs.status, 410);
        let stranger = browser_of(house, &seed).await;
        let request = page.url.query().unwrap();
        let resumed = stranger.get_once(&format!("/authorize/resume?{request}")).await;
        assert!(resumed.location().is_none(), "no code for another browser's request");
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_after_thirty_idle_minutes() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let token = browser_of(house, &seed).await.cookie(SESSION).unwrap();
        house.pass(TimeDelta::minutes(29));
        assert!(opens(house, &token).await);
        house.pass(TimeDelta::minutes(30));
        assert!(!opens(house, &token).await);
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_after_eight_hours_however_busy() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let token = browser_of(house, &seed).await.cookie(SESSION).unwrap();
        for _ in 0..19 {
            house.pass(TimeDelta::minutes(25));
            assert!(opens(house, &token).await);
        }
        house.pass(TimeDelta::minutes(5));
        assert!(!opens(house, &token).await);
    })
    .await;
}

#[tokio::test]
async fn the_second_portal_signs_in_without_a_question() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = browser_of(house, &seed).await;
        let back = browser.get_once(&house.insurance().authorize(&[])).await;
        house.insurance().returned(&back).get("code");
    })
    .await;
}

#[tokio::test]
async fn a_request_that_waited_over_an_hour_ends_on_a_page() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let page = browser.get(&house.exam().authorize(&[])).await;
        house.pass(TimeDelta::minutes(61));
        let late = sign_in(&browser, &page, &seed).await;
        assert_eq!(late.status, 410);
        late.shows("页面已过期，请重新开始");
        assert!(browser.cookie(SESSION).is_none(), "never a silent sign-in");
    })
    .await;
}

#[tokio::test]
async fn cookies_are_for_this_host_and_not_for_scripts() {
    house(async |house| {
        let page = house.browser().get_once("/login").await;
        let cookie = page.header("set-cookie").unwrap().to_owned();
        for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        let seed = open_account(house, VERIFIED).await;
        let (browser, _) = code_for(house, &house.exam(), &seed, &[]).await;
        assert_ne!(browser.cookie(SESSION), browser.cookie(BROWSER));
    })
    .await;
}
