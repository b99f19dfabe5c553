//! Pages that only say something, and pages opened out of turn.

use chrono::TimeDelta;
use menfu::kernel::Clock;

use crate::harness::{House, house};
use crate::people::{PHONE_ONLY, VERIFIED, browser_of, open_account, sign_in};

#[tokio::test]
async fn s1_34_exactly_twelve_banks_are_listed() {
    house(async |house| {
        let page = house.browser().get("/help/banks").await;
        let listed = page.texts_of("main ul.bullets li");
        let (card, banks) = listed.split_last().unwrap();
        assert_eq!((banks.len(), card.as_str()), (12, "深圳金融社保卡"), "{listed:?}");
        for bank in [
            "建设",
            "工商",
            "中国",
            "农业",
            "招商",
            "平安",
            "深圳农村商业",
            "邮",
            "交通",
            "中信",
            "光大",
            "民生",
        ] {
            assert!(banks.iter().any(|name| name.contains(bank)), "{bank} in {banks:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_legal_texts_name_the_version_that_ticks_refer_to() {
    house(async |house| {
        for (path, title) in [("/legal/terms", "服务协议"), ("/legal/privacy", "隐私政策")] {
            let page = house.browser().get(path).await;
            assert_eq!(page.status, 200);
            page.shows(title).shows("2026-11");
        }
    })
    .await;
}

#[tokio::test]
async fn s4_19_who_forgot_name_or_password_finds_the_ways_from_the_sign_in_page() {
    house(async |house| {
        let browser = house.browser();
        let login = browser.get(&house.exam().authorize(&[])).await;
        assert_eq!(login.text_of("main a[href^='/recover']"), "点击此处找回账号密码");
        let link = login.attr("main a[href^='/recover']", "href").unwrap();
        let page = browser.get(&link).await;
        assert_eq!((page.status.as_u16(), page.url.path()), (200, "/recover"));
        page.shows("找回账号密码");
    })
    .await;
}

#[tokio::test]
async fn the_locked_page_tells_until_when_and_believes_no_odd_time() {
    house(async |house| {
        let until = house.clock.now() + TimeDelta::minutes(40);
        let page = house.browser().get(&format!("/locked?until={}", until.millis())).await;
        page.shows("账号已锁定").shows(until.china_minute().split(' ').next_back().unwrap());
        for odd in ["", "?until=x", "?until=0", "?until=99999999999999999999", "?until=4102444800000"] {
            assert_eq!(house.browser().get(&format!("/locked{odd}")).await.url.path(), "/login", "{odd}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_that_is_not_there_says_so_with_its_trace_id() {
    house(async |house| {
        let page = house.browser().get("/no-such-page").await;
        assert_eq!(page.status, 404);
        page.shows("没有这个页面").shows(page.header("x-request-id").unwrap());
    })
    .await;
}

#[tokio::test]
async fn questions_of_a_request_are_not_asked_without_one() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = browser_of(house, &seed).await;
        for (path, instead) in [
            ("/login", "/account"),
            ("/login/choose", "/account"),
            ("/login/raise-level", "/account/verification"),
        ] {
            let page = browser.get(path).await;
            assert_eq!((page.status.as_u16(), page.url.path()), (200, instead), "{path}");
        }
        assert_eq!(browser.get("/oauth/consent").await.status, 404);
    })
    .await;
}

/// Opens every page of the request; each must lead to the one that the request waits for.
async fn all_lead_to(house: &House, which: usize, parameters: &[(&str, &str)], expected: &str) {
    let seed = open_account(house, which).await;
    let browser = browser_of(house, &seed).await;
    let rp = if expected == "/oauth/consent" {
        house.rp("college", Some("secret-of-college"))
    } else {
        house.insurance()
    };
    let page = browser.get(&rp.authorize(parameters)).await;
    let query = page.url.query().unwrap().to_owned();
    for path in ["/login", "/login/choose", "/login/raise-level", "/oauth/consent", "/authorize/resume"] {
        assert_eq!(browser.get(&format!("{path}?{query}")).await.url.path(), expected, "{path}");
    }
}

#[tokio::test]
async fn a_page_opened_out_of_turn_leads_to_the_consent_that_is_waited_for() {
    house(async |house| all_lead_to(house, VERIFIED, &[], "/oauth/consent").await).await;
}

#[tokio::test]
async fn a_page_opened_out_of_turn_leads_to_the_level_that_is_waited_for() {
    house(async |house| all_lead_to(house, PHONE_ONLY, &[], "/login/raise-level").await).await;
}

#[tokio::test]
async fn a_page_opened_out_of_turn_leads_to_the_choice_that_is_waited_for() {
    house(async |house| all_lead_to(house, VERIFIED, &[("prompt", "create")], "/login/choose").await).await;
}

#[tokio::test]
async fn an_answered_request_is_over_on_every_page() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let login = browser.get(&house.exam().authorize(&[])).await;
        let query = login.url.query().unwrap().to_owned();
        house.exam().returned(&sign_in(&browser, &login, &seed).await);
        for path in ["/login", "/login/choose", "/login/raise-level", "/oauth/consent", "/authorize/resume"] {
            let page = browser.get(&format!("{path}?{query}")).await;
            assert_eq!(page.status, 410, "{path}");
            page.shows("页面已过期，请重新开始");
        }
    })
    .await;
}

#[tokio::test]
async fn consent_shows_masks_and_never_the_plain_data() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = browser_of(house, &seed).await;
        let college = house.rp("college", Some("secret-of-college"));
        let page = browser.get(&college.authorize(&[])).await;
        page.shows("继续教育学院");
        for plain in [&seed.name, &seed.phone, &seed.id_number, &seed.card_no] {
            assert!(!page.html.contains(plain.as_str()), "{plain}");
        }
        let enter = browser.submit(page.form().without("do")).await;
        assert_eq!(college.returned(&enter).get("error"), "access_denied", "only the button consents");
    })
    .await;
}
