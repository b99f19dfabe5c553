//! Making us bother strangers, or tell about them: SMS to a phone that is not one's own, phones and documents that may or may
//! not have an account.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use crate::citizens::{Citizen, bank_form, identity_form, lin, registered_l1, up_to_p2, up_to_p3, zhou};
use crate::harness::{Browser, House, Page, house};

/// A wizard at P3 in a browser at this address.
async fn at_p3(house: &House, address: &str, username: &str, who: &Citizen) -> (Browser, Page) {
    let browser = house.browser_at(address);
    let page = up_to_p3(&browser, username, who).await;
    (browser, page)
}

async fn ask_code(browser: &Browser, page: &Page, phone: &str) -> Page {
    browser.submit(page.form().set("phone", phone).press("sms")).await
}

#[tokio::test]
async fn i_01_a_strangers_phone_gets_five_messages_an_hour_from_however_many_sources() {
    house(async |house| {
        let (who, victim) = (zhou(house), lin(house).phone);
        let mut refused = 0;
        for place in 0..12 {
            let address = format!("127.2.{place}.1");
            let (browser, page) = at_p3(house, &address, &format!("bomber_{place}"), &who).await;
            house.pass(TimeDelta::seconds(61));
            let answer = ask_code(&browser, &page, &victim).await;
            house.work().await;
            refused += usize::from(answer.text().contains("今日短信次数已达上限"));
        }
        assert_eq!((house.sandbox.messages(Some(&victim)).len(), refused), (5, 7));
    })
    .await;
}

#[tokio::test]
async fn i_01_a_strangers_phone_gets_ten_messages_a_day_whoever_waits() {
    house(async |house| {
        let (who, victim) = (zhou(house), lin(house).phone);
        for hour in 0..4 {
            for place in 0..5 {
                let address = format!("127.3.{}.1", hour * 5 + place);
                let name = format!("bomber_{hour}_{place}");
                let (browser, page) = at_p3(house, &address, &name, &who).await;
                house.pass(TimeDelta::seconds(61));
                ask_code(&browser, &page, &victim).await;
                house.work().await;
            }
            house.pass(TimeDelta::minutes(61));
        }
        assert_eq!(house.sandbox.messages(Some(&victim)).len(), 10);
    })
    .await;
}

#[tokio::test]
async fn i_01_one_source_bothers_twenty_phones_an_hour() {
    house(async |house| {
        let (browser, mut page) = at_p3(house, "127.2.0.1", "bomber_one", &zhou(house)).await;
        for n in 0..25 {
            page = ask_code(&browser, &page, &format!("199000009{n:02}")).await;
        }
        house.work().await;
        assert_eq!(house.sandbox.messages(None).len(), 20);
    })
    .await;
}

/// The page without what is new in every answer, and without the phone.
fn bare(page: &Page, phone: &str) -> String {
    let form = page.form();
    let masked = format!("{}****{}", &phone[..3], &phone[7..]);
    let mut html = page.html.replace(phone, "PHONE").replace(&masked, "MASKED");
    for name in ["csrf", "flow"] {
        html = html.replace(form.value(name).unwrap(), name);
    }
    html.replace(page.header("x-request-id").unwrap(), "TRACE")
}

#[tokio::test]
async fn a_phone_with_an_account_and_one_without_get_the_same_bytes_before_their_code_is_known() {
    house(async |house| {
        registered_l1(house, "lin_xiaoyu", &lin(house)).await;
        house.pass(TimeDelta::hours(25));
        let who = zhou(house);
        let mut seen = Vec::new();
        for (n, phone) in [lin(house).phone, "19900000999".to_owned()].iter().enumerate() {
            let (browser, page) = at_p3(house, &format!("127.2.{n}.1"), &format!("asker_{n}"), &who).await;
            let sent = ask_code(&browser, &page, phone).await;
            let wrong = bank_form(&sent, &who.with_phone(phone), "000000").set("account", "");
            let refused = browser.submit(wrong.set("choice", "later")).await;
            refused.shows("短信验证码错误或已过期");
            let names = |page: &Page| page.headers.keys().map(ToString::to_string).collect::<BTreeSet<_>>();
            let of = |page: &Page| (page.status, bare(page, phone).len(), bare(page, phone), names(page));
            seen.push([of(&sent), of(&refused)]);
        }
        assert!(seen[0] == seen[1], "{seen:#?}");
    })
    .await;
}

#[tokio::test]
async fn whether_a_document_has_an_account_is_told_five_times_an_hour_and_then_to_nobody_there() {
    house(async |house| {
        registered_l1(house, "lin_xiaoyu", &lin(house)).await;
        let mut told = 0;
        for n in 0..8 {
            let browser = house.browser_at(&format!("127.2.0.{}", n + 1));
            let page = up_to_p2(&browser, "/register/person", &format!("asker_{n}")).await;
            let page = browser.submit(identity_form(&page, &lin(house))).await;
            told += usize::from(page.text().contains("自然人证件号码已被使用，请核对"));
        }
        assert_eq!(told, 5);
        let browser = house.browser_at("127.2.0.9");
        let page = up_to_p2(&browser, "/register/person", "asker_last").await;
        let page = browser.submit(identity_form(&page, &zhou(house))).await;
        assert_eq!(page.status, 429, "a document without an account is refused alike: {}", page.text());
    })
    .await;
}
