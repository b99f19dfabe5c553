//! Captchas over HTTP: a picture and a sound for each form, for two minutes, answered once.

use chrono::TimeDelta;
use menfu::policy::{CaptchaAtLogin, CaptchaKind};

use crate::harness::{House, Page, Plan, house_of};
use crate::people::{VERIFIED, open_account, typed};

fn pictures() -> Plan {
    let mut plan = Plan::default();
    plan.policy.captcha.kind = CaptchaKind::Image;
    plan.policy.captcha.login = CaptchaAtLogin::Always;
    plan
}

async fn login(house: &House) -> Page {
    house.browser().get("/login").await
}

fn id(page: &Page) -> String {
    page.form().value("captcha_id").unwrap().to_owned()
}

#[tokio::test]
async fn the_form_shows_a_picture_that_is_drawn_anew_each_time() {
    house_of(pictures(), async |house| {
        let page = login(house).await;
        let address = format!("/captcha?id={}", id(&page));
        assert!(page.html.contains(&address));
        let (one, two) = (house.browser().get(&address).await, house.browser().get(&address).await);
        for picture in [&one, &two] {
            assert_eq!(picture.header("content-type"), Some("image/png"));
            assert_eq!(picture.header("cache-control"), Some("no-store"));
        }
        assert_ne!(one.html, two.html);
    })
    .await;
}

#[tokio::test]
async fn it_can_be_heard() {
    house_of(pictures(), async |house| {
        let sound = house.browser().get(&format!("/captcha/audio?id={}", id(&login(house).await))).await;
        assert_eq!((sound.status.as_u16(), sound.header("content-type")), (200, Some("audio/wav")));
    })
    .await;
}

#[tokio::test]
async fn each_form_has_its_own_and_another_is_had_by_a_button_that_keeps_the_name() {
    house_of(pictures(), async |house| {
        let browser = house.browser();
        let page = browser.get("/login").await;
        let fresh = browser.submit(typed(&page, "linxiaoyu", "Secret2026Word").press("captcha")).await;
        assert_ne!(id(&page), id(&fresh));
        assert_eq!(fresh.form().value("username"), Some("linxiaoyu"));
        assert!(!fresh.html.contains("Secret2026Word"));
        fresh.hides("验证码错误");
    })
    .await;
}

#[tokio::test]
async fn after_two_minutes_and_for_made_up_ids_there_is_nothing() {
    house_of(pictures(), async |house| {
        let address = format!("/captcha?id={}", id(&login(house).await));
        house.pass(TimeDelta::seconds(120));
        assert_eq!(house.browser().get(&address).await.status, 404);
        for made_up in ["", "?id=", "?id=x", "?id=AAAAAAAAAAAAAAAAAAAAAA", "?id=..%2F..%2Fetc"] {
            assert_eq!(house.browser().get(&format!("/captcha{made_up}")).await.status, 404, "{made_up}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_wrong_answer_uses_it_up_and_costs_no_try_of_the_password() {
    house_of(pictures(), async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let page = browser.get("/login").await;
        let old = id(&page);
        let form = typed(&page, &seed.username, seed.password.expose()).set("captcha", "0000");
        let page = browser.submit(form).await;
        page.shows("验证码错误或已过期").hides("您还可以尝试");
        assert_ne!(id(&page), old);
        assert_eq!(browser.get(&format!("/captcha?id={old}")).await.status, 404);
        assert!(browser.cookie("menfu-session").is_none());
    })
    .await;
}

/// What the picture of this id shows; the vaults of all tests have the same key.
pub fn answer_to(id: &str) -> String {
    let alphabet = b"23456789abcdefghjkmnpqrstuvwxy";
    let mac = crate::store::vault().mac("captcha", id.as_bytes());
    let pick = |pair: &[u8]| char::from(alphabet[(usize::from(pair[0]) * 256 + usize::from(pair[1])) % 30]);
    mac.chunks(2).map(pick).take(4).collect()
}
