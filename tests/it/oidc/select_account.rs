//! `prompt=select_account` (Core §3.1.2.1).

use crate::harness::house;
use crate::people::{SOMEBODY_ELSE, VERIFIED, browser_of, open_account, sign_in};

const SELECT: (&str, &str) = ("prompt", "select_account");

#[tokio::test]
async fn whoever_is_signed_in_is_asked_and_may_stay() {
    house(async |house| {
        let (rp, seed) = (house.exam(), open_account(house, VERIFIED).await);
        let browser = browser_of(house, &seed).await;
        let page = browser.get(&rp.authorize(&[SELECT])).await;
        page.shows("使用其他账号").hides("注册新账号");
        assert_eq!(page.url.path(), "/login/choose");
        let back = browser.submit(page.form().press("continue")).await;
        assert!(rp.returned(&back).find("code").is_some());
        // The answer holds for that request alone.
        assert_eq!(browser.get(&rp.authorize(&[SELECT])).await.url.path(), "/login/choose");
    })
    .await;
}

#[tokio::test]
async fn another_account_signs_in_within_the_request() {
    house(async |house| {
        let rp = house.exam();
        let (seed, other) = (open_account(house, VERIFIED).await, open_account(house, SOMEBODY_ELSE).await);
        let browser = browser_of(house, &seed).await;
        let own = rp.returned(&browser.get(&rp.authorize(&[])).await).get("code").to_owned();
        let own = rp.exchange(&own).await.claims("id_token");
        let page = browser.get(&rp.authorize(&[SELECT])).await;
        let login = browser.submit(page.form().press("other")).await;
        assert_eq!(login.url.path(), "/login");
        let back = sign_in(&browser, &login, &other).await;
        let tokens = rp.exchange(rp.returned(&back).get("code")).await;
        assert_ne!(tokens.claims("id_token")["sub"], own["sub"]);
    })
    .await;
}

#[tokio::test]
async fn a_stranger_signs_in_once_and_is_not_asked_again() {
    house(async |house| {
        let (rp, seed) = (house.exam(), open_account(house, VERIFIED).await);
        let browser = house.browser();
        let login = browser.get(&rp.authorize(&[SELECT])).await;
        assert_eq!(login.url.path(), "/login");
        assert!(rp.returned(&sign_in(&browser, &login, &seed).await).find("code").is_some());
    })
    .await;
}

#[tokio::test]
async fn with_none_it_is_refused() {
    house(async |house| {
        let (rp, seed) = (house.exam(), open_account(house, VERIFIED).await);
        let browser = browser_of(house, &seed).await;
        let page = browser.get_once(&rp.authorize(&[("prompt", "none select_account")])).await;
        assert_eq!(rp.returned(&page).get("error"), "invalid_request");
    })
    .await;
}
