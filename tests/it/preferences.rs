//! Language, 长者版 and contrast: kept by the browser, changed by a link, and never a way out of the house.

use crate::harness::{House, house};
use crate::people::{VERIFIED, open_account, sign_in};

fn link(house: &House, parameters: &[(&str, &str)]) -> String {
    let mut url = house.issuer.join("/preferences").unwrap();
    url.query_pairs_mut().extend_pairs(parameters);
    url.into()
}

#[tokio::test]
async fn the_pages_speak_three_languages_and_remember_which() {
    house(async |house| {
        for (tag, title) in [("zh-Hans", "服务协议"), ("zh-Hant", "服務協議"), ("en", "Terms of service")]
        {
            let browser = house.browser();
            let page = browser.get(&link(house, &[("locale", tag), ("back", "/legal/terms")])).await;
            assert_eq!(page.url.path(), "/legal/terms");
            assert_eq!(page.attr("html", "lang").as_deref(), Some(tag));
            page.shows(title);
            assert_eq!(browser.get("/login").await.attr("html", "lang").as_deref(), Some(tag));
        }
    })
    .await;
}

#[tokio::test]
async fn an_unknown_language_changes_nothing() {
    house(async |house| {
        let browser = house.browser();
        let page = browser.get(&link(house, &[("locale", "tlh"), ("back", "/login")])).await;
        assert_eq!(page.attr("html", "lang").as_deref(), Some("zh-Hans"));
        assert!(browser.cookie("menfu-locale").is_none());
    })
    .await;
}

#[tokio::test]
async fn the_elder_pages_and_the_contrast_are_switched_on_and_off() {
    house(async |house| {
        let browser = house.browser();
        for (name, cookie) in [("elder", "menfu-elder"), ("contrast", "menfu-contrast")] {
            browser.get(&link(house, &[(name, "1"), ("back", "/login")])).await;
            assert_eq!(browser.cookie(cookie).as_deref(), Some("1"));
            browser.get(&link(house, &[("locale", "en"), ("back", "/login")])).await;
            assert!(browser.cookie(cookie).is_some(), "what a link does not name stays");
            browser.get(&link(house, &[(name, "0"), ("back", "/login")])).await;
            assert!(browser.cookie(cookie).is_none());
        }
    })
    .await;
}

#[tokio::test]
async fn the_way_back_stays_in_the_house() {
    house(async |house| {
        for back in [
            "https://evil.example/",
            "//evil.example",
            "/\\evil.example",
            "/nowhere",
            "javascript:alert(1)",
            "",
        ] {
            let page = house.browser().get_once(&link(house, &[("elder", "1"), ("back", back)])).await;
            let to = page.location().unwrap();
            assert_eq!((to.origin(), to.path()), (house.issuer.origin(), "/login"), "{back}");
        }
    })
    .await;
}

#[tokio::test]
async fn changing_the_language_within_a_request_keeps_the_request() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let page = browser.get(&house.exam().authorize(&[])).await;
        let here = format!("{}?{}", page.url.path(), page.url.query().unwrap());
        let page = browser.get(&link(house, &[("locale", "en"), ("back", &here)])).await;
        assert_eq!(page.attr("html", "lang").as_deref(), Some("en"));
        house.exam().returned(&sign_in(&browser, &page, &seed).await).get("code");
    })
    .await;
}

#[tokio::test]
async fn a_portal_s_language_counts_until_the_person_chooses() {
    house(async |house| {
        let browser = house.browser();
        let asked = house.exam().authorize(&[("ui_locales", "fr en")]);
        assert_eq!(browser.get(&asked).await.attr("html", "lang").as_deref(), Some("en"));
        browser.get(&link(house, &[("locale", "zh-Hant"), ("back", "/login")])).await;
        assert_eq!(browser.get(&asked).await.attr("html", "lang").as_deref(), Some("zh-Hant"));
    })
    .await;
}
