//! Guessing passwords: from one place, from many, with other people's names, and behind a proxy's header.

use chrono::TimeDelta;

use crate::harness::{Browser, House, Page, house};
use crate::people::{VERIFIED, open_account, sign_in, typed};

const WRONG: &str = "Wrong2026Guess";
const LOCKED: &str = "账号已锁定";

async fn guess(browser: &Browser, username: &str, times: usize) -> Page {
    let mut page = browser.get("/login").await;
    for _ in 0..times {
        page = browser.submit(typed(&page, username, WRONG)).await;
    }
    page
}

async fn signs_in(house: &House, browser: &Browser, seed: &menfu::demo::Seed) -> bool {
    let page = browser.get("/login").await;
    let page = sign_in(browser, &page, seed).await;
    assert_eq!(page.url.origin(), house.issuer.origin());
    browser.cookie("menfu-session").is_some()
}

#[tokio::test]
async fn s4_17_the_fifth_failure_refuses_the_right_password_too_but_only_from_there() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let guesser = house.browser_at("127.0.7.1");
        guess(&guesser, &seed.username, 5).await.shows(LOCKED);
        assert!(!signs_in(house, &guesser, &seed).await);
        assert!(!signs_in(house, &house.browser_at("127.0.7.1"), &seed).await, "another browser there");
        assert!(!signs_in(house, &house.browser_at("127.0.7.200"), &seed).await, "a neighbour's address");
        assert!(signs_in(house, &house.browser_at("127.0.8.1"), &seed).await, "the owner elsewhere");
    })
    .await;
}

#[tokio::test]
async fn s4_17_after_one_hour_the_right_password_works_there_again() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let there = house.browser_at("127.0.7.1");
        guess(&there, &seed.username, 5).await;
        house.pass(TimeDelta::minutes(60) - TimeDelta::milliseconds(1));
        assert!(!signs_in(house, &there, &seed).await);
        house.pass(TimeDelta::milliseconds(1));
        assert!(signs_in(house, &there, &seed).await);
    })
    .await;
}

#[tokio::test]
async fn s4_17_trying_on_while_locked_makes_the_lock_no_longer() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let there = house.browser_at("127.0.7.1");
        guess(&there, &seed.username, 5).await;
        for _ in 0..5 {
            house.pass(TimeDelta::minutes(11));
            guess(&there, &seed.username, 2).await.shows(LOCKED);
        }
        house.pass(TimeDelta::minutes(5));
        assert!(signs_in(house, &there, &seed).await);
    })
    .await;
}

#[tokio::test]
async fn a_forwarded_address_that_the_guesser_writes_buys_no_further_tries() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        for n in 0..5 {
            let browser = house.browser().with_header("x-forwarded-for", &format!("198.51.{n}.7"));
            guess(&browser, &seed.username, 1).await;
        }
        let browser = house.browser().with_header("x-forwarded-for", "203.0.113.9");
        assert!(!signs_in(house, &browser, &seed).await);
    })
    .await;
}

#[tokio::test]
async fn spellings_of_one_name_share_their_tries() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let upper = seed.username.to_uppercase();
        let padded = format!(" {} ", seed.username);
        for spelling in [seed.username.as_str(), &upper, &padded, &upper] {
            guess(&browser, spelling, 1).await;
        }
        guess(&browser, &seed.username, 1).await.shows(LOCKED);
    })
    .await;
}

#[tokio::test]
async fn guesses_from_many_places_lock_strangers_out_and_never_a_browser_that_was_here_before() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let own = house.browser_at("127.0.8.1");
        assert!(signs_in(house, &own, &seed).await);
        own.forget_cookie("menfu-session");
        for place in 0..5 {
            guess(&house.browser_at(&format!("127.1.{place}.1")), &seed.username, 4).await;
        }
        assert!(!signs_in(house, &house.browser_at("127.0.9.1"), &seed).await, "a stranger");
        assert!(signs_in(house, &own, &seed).await, "the owner's browser");
    })
    .await;
}

#[tokio::test]
async fn a_device_cookie_of_one_person_opens_no_lock_of_another() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let thief = open_account(house, crate::people::SOMEBODY_ELSE).await;
        let browser = house.browser_at("127.0.8.1");
        assert!(signs_in(house, &browser, &thief).await);
        browser.forget_cookie("menfu-session");
        for place in 0..5 {
            guess(&house.browser_at(&format!("127.1.{place}.1")), &seed.username, 4).await;
        }
        assert!(!signs_in(house, &browser, &seed).await);
    })
    .await;
}

#[tokio::test]
async fn one_name_s_failures_lock_no_other_name() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        guess(&browser, "nobody_here", 5).await.shows(LOCKED);
        assert!(signs_in(house, &browser, &seed).await);
    })
    .await;
}

#[tokio::test]
async fn guesses_sent_at_once_get_no_more_tries_than_one_after_another() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let mut racers = Vec::new();
        for _ in 0..8 {
            let browser = house.browser();
            let page = browser.get("/login").await;
            let form = typed(&page, &seed.username, WRONG);
            racers.push(tokio::spawn(async move { browser.submit(form).await.text() }));
        }
        for racer in racers {
            racer.await.unwrap();
        }
        assert!(!signs_in(house, &house.browser(), &seed).await);
    })
    .await;
}
