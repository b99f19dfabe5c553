//! A level that ends soon, as the person hears of it: by SMS (T9) and in 认证中心.

use chrono::TimeDelta;

use crate::harness::{House, house, nodes};
use crate::people::{PHONE_ONLY, SOMEBODY_ELSE, VERIFIED, browser_of, open_account};
use crate::unionpay;

const CENTRE: &str = "/account/verification";
/// From 2026-11-21 to 2028-10-24, four weeks before a card's yes has its last day.
const UNTIL_NEAR: TimeDelta = TimeDelta::days(703);

/// The messages of this template that the gateway got for a phone.
fn received(house: &House, phone: &str, template: &str) -> Vec<String> {
    let messages = house.sandbox.messages(Some(phone)).into_iter().map(|stored| stored.message);
    messages.filter(|message| message.template == template).map(|message| message.text).collect()
}

#[tokio::test]
async fn t9_a_level_that_ends_soon_is_told_by_sms_and_on_the_page_with_the_same_date() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let other = open_account(house, PHONE_ONLY).await;
        house.pass(UNTIL_NEAR);
        assert_eq!(house.service.warn().await.unwrap(), 1, "a phone's proof does not end");
        house.work().await;
        let told = received(house, &seed.phone, "T9");
        assert_eq!(told.len(), 1);
        assert!(told[0].contains("的实名认证有效期至2028-11-21，到期后实名等级将降低"), "{told:?}");
        assert!(!told[0].contains(&seed.username) && !told[0].contains(&seed.name), "{told:?}");
        let centre = browser_of(house, &seed).await.get(CENTRE).await;
        centre.shows("您的实名认证有效期至2028-11-21，到期后实名等级将降低。");
        house.pass(TimeDelta::days(1));
        assert_eq!(house.service.warn().await.unwrap(), 0);
        assert!(received(house, &other.phone, "T9").is_empty());
    })
    .await;
}

#[tokio::test]
async fn who_proved_themselves_another_way_in_time_hears_nothing() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        house.pass(UNTIL_NEAR - TimeDelta::days(7));
        let browser = browser_of(house, &seed).await;
        unionpay::prove(house, &browser, &seed).await.shows("经银联实名认证，有效期至");
        house.work().await;
        house.pass(TimeDelta::days(7));
        assert_eq!(house.service.warn().await.unwrap(), 1, "the bank's yes still ends");
        house.work().await;
        assert!(received(house, &seed.phone, "T9").is_empty());
    })
    .await;
}

#[tokio::test]
async fn of_two_nodes_that_look_at_once_one_sends_the_message() {
    nodes(async |nodes| {
        let house = nodes.by_turns();
        let seeds = [open_account(house, VERIFIED).await, open_account(house, SOMEBODY_ELSE).await];
        house.pass(UNTIL_NEAR);
        let (a, b) = tokio::join!(house.service.warn(), nodes.other.warn());
        a.unwrap();
        b.unwrap();
        nodes.other.work().await;
        house.work().await;
        for seed in seeds {
            assert_eq!(received(house, &seed.phone, "T9").len(), 1, "{}", seed.username);
        }
    })
    .await;
}
