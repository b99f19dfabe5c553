//! Whatever may be used once is offered to two nodes at the same time: never a double success.
//!
//! `MENFU_TEST_RACES` says how often each kind is raced, `MENFU_TEST_RACERS` how many redeem the same thing at once, half of
//! them at each node.

use sea_orm::{ConnectionTrait, Statement};

use crate::citizens::{code_for as sms_code_for, later_form, lin, numbered, up_to_p3};
use crate::harness::{Answer, Browser, Nodes, Rp, nodes};
use crate::people::{VERIFIED, open_account, tokens_for};

fn rounds() -> usize {
    std::env::var("MENFU_TEST_RACES").ok().map_or(5, |number| number.parse().unwrap())
}

/// How many redeem one thing.
fn racers() -> usize {
    std::env::var("MENFU_TEST_RACERS").ok().map_or(4, |number| number.parse().unwrap())
}

/// What all of them got.
async fn at_once<T, F>(act: impl Fn() -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let racers: Vec<_> = (0..racers()).map(|_| tokio::spawn(act())).collect();
    let mut got = Vec::new();
    for racer in racers {
        got.push(racer.await.unwrap());
    }
    got
}

/// Nobody is refused for another reason than having come second.
fn winners<'a>(answers: &'a [Answer], loser: &str) -> Vec<&'a Answer> {
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    for answer in lost {
        assert_eq!((answer.status.as_u16(), answer.text("error")), (400, loser), "{}", answer.json);
    }
    won
}

async fn code_of(exam: &Rp, browser: &Browser) -> String {
    let back = browser.get_once(&exam.authorize(&[])).await;
    exam.returned(&back).get("code").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_exchanged_once() {
    nodes(async |nodes| {
        let seed = open_account(nodes, VERIFIED).await;
        let exam = nodes.by_turns().exam();
        let (browser, _) = tokens_for(nodes, &exam, &seed, &[]).await;
        let mut exchanged = 0;
        for _ in 0..rounds() {
            let code = code_of(&exam, &browser).await;
            let exchange = || {
                let (exam, code) = (exam.clone(), code.clone());
                async move { exam.exchange(&code).await }
            };
            let answers = at_once(exchange).await;
            let won = winners(&answers, "invalid_grant").len();
            assert!(won <= 1, "{won} have tokens");
            exchanged += won;
        }
        println!("{exchanged} of {} codes were exchanged, each offered {} times", rounds(), racers());
        assert!(exchanged > 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_has_one_successor() {
    nodes(async |nodes| {
        let seed = open_account(nodes, VERIFIED).await;
        let exam = nodes.by_turns().exam();
        let (browser, tokens) = tokens_for(nodes, &exam, &seed, &[]).await;
        let mut token = tokens.text("refresh_token").to_owned();
        for _ in 0..rounds() {
            let refresh = || {
                let (exam, token) = (exam.clone(), token.clone());
                async move { exam.refresh(&token).await }
            };
            let answers = at_once(refresh).await;
            let mut next: Vec<_> = winners(&answers, "invalid_grant")
                .iter()
                .map(|one| one.text("refresh_token").to_owned())
                .collect();
            next.sort();
            next.dedup();
            assert_eq!(next.len(), 1, "one successor, repeated within the grace: {next:?}");
            token = next.remove(0);
        }
        println!("{} refresh tokens had one successor each, offered {} times", rounds(), racers());
        assert!(browser.cookie("menfu-session").is_some());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_request_is_answered_with_one_code() {
    nodes(async |nodes| {
        let seed = open_account(nodes, VERIFIED).await;
        let (browser, _) = tokens_for(nodes.by_turns(), &nodes.exam(), &seed, &[]).await;
        let browser = std::sync::Arc::new(browser);
        let college = nodes.rp("college", Some("secret-of-college"));
        let mut answered = 0;
        for _ in 0..rounds() {
            let form = browser.get(&college.authorize(&[("prompt", "consent")])).await.form().press("yes");
            let agree = || {
                let (browser, form) = (browser.clone(), form.clone());
                async move { browser.submit(form).await }
            };
            let pages = at_once(agree).await;
            let codes = pages.iter().filter_map(crate::harness::Page::location);
            let codes = codes.filter(|to| to.query_pairs().any(|(name, _)| name == "code")).count();
            assert!(codes <= 1, "{codes} codes");
            assert!(pages.iter().all(|page| page.status.as_u16() < 500));
            answered += codes;
        }
        println!("{answered} of {} parked requests were answered with one code", rounds());
        assert!(answered > 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_sms_code_opens_one_account() {
    nodes(async |nodes| {
        nodes.by_turns();
        for number in 0..rounds() {
            let who = numbered(&lin(nodes), number);
            let source = format!("127.{}.{}.1", 1 + number / 200, 1 + number % 200);
            let browser = std::sync::Arc::new(nodes.browser_at(&source));
            let page = up_to_p3(&browser, &format!("racer_{number}"), &who).await;
            let (page, code) = sms_code_for(nodes, &browser, &page, &who).await;
            let form = later_form(&page, &who, &code);
            let finish = || {
                let (browser, form) = (browser.clone(), form.clone());
                async move { browser.submit(form).await }
            };
            let pages = at_once(finish).await;
            assert!(pages.iter().all(|page| page.status.as_u16() < 500));
            assert_eq!(accounts(nodes).await, i64::try_from(number + 1).unwrap());
        }
        println!("{} SMS codes opened one account each, offered {} times", rounds(), racers());
    })
    .await;
}

async fn accounts(nodes: &Nodes) -> i64 {
    let base = nodes.another_base().await;
    let statement = Statement::from_string(
        base.db.read().get_database_backend(),
        "SELECT count(*) FROM audit_events WHERE kind = 'person_registered'",
    );
    let row = base.db.read().query_one_raw(statement).await.unwrap().unwrap();
    base.db.close().await.unwrap();
    row.try_get_by_index(0).unwrap()
}
