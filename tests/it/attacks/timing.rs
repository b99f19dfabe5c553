//! Whether anybody has a name: not by what is said, not by how long the answer is, not by how long it takes.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use chrono::TimeDelta;

use crate::harness::{Browser, Form, House, Page, Plan, house, house_of};
use crate::people::{VERIFIED, open_account, typed};

const WRONG: &str = "Wrong2026Guess";
/// Tries of each name.
const TRIES: usize = 500;
/// What two medians may differ by, whichever is more: 2 ms, or 5 % of the slower.
const TOLERANCE: Duration = Duration::from_millis(2);

/// A name as long as this one that nobody has.
fn nobody_like(username: &str) -> String {
    let name: String = username.chars().rev().collect();
    assert_ne!(name, username);
    name
}

async fn form_for(browser: &Browser, username: &str) -> Form {
    typed(&browser.get("/login").await, username, WRONG)
}

#[tokio::test]
async fn a_known_and_an_unknown_name_get_the_same_bytes() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let nobody = nobody_like(&seed.username);
        for times in 1..=6 {
            let known = fail(house, &seed.username).await;
            let unknown = fail(house, &nobody).await;
            assert_eq!(known.status, unknown.status, "{times}");
            assert_eq!(known.html.len(), unknown.html.len(), "{times}");
            assert_eq!(bare(&known, &seed.username), bare(&unknown, &nobody), "{times}");
            let names = |page: &Page| page.headers.keys().map(ToString::to_string).collect::<BTreeSet<_>>();
            assert_eq!(names(&known), names(&unknown), "{times}");
        }
    })
    .await;
}

/// A wrong password in a new browser.
async fn fail(house: &House, username: &str) -> Page {
    let browser = house.browser();
    let form = form_for(&browser, username).await;
    browser.submit(form).await
}

/// The page without what is new in every answer: its number and the browser's token.
fn bare(page: &Page, username: &str) -> String {
    let token = page.form().value("csrf").unwrap().to_owned();
    let trace = page.header("x-request-id").unwrap();
    page.html.replace(username, "NAME").replace(&token, "TOKEN").replace(trace, "TRACE")
}

#[tokio::test]
async fn a_known_and_an_unknown_name_take_the_same_time() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let known = form_for(&browser, &seed.username).await;
        let unknown = form_for(&browser, &nobody_like(&seed.username)).await;
        let (mut of_known, mut of_unknown) = (Vec::new(), Vec::new());
        for round in 0..TRIES {
            // Which of the two goes first changes, and every lock is over before the next try.
            house.pass(TimeDelta::minutes(61));
            if round % 2 == 0 {
                of_known.push(measure(&browser, &known).await);
                of_unknown.push(measure(&browser, &unknown).await);
            } else {
                of_unknown.push(measure(&browser, &unknown).await);
                of_known.push(measure(&browser, &known).await);
            }
        }
        let (known, unknown) = (median(of_known), median(of_unknown));
        let tolerance = TOLERANCE.max(known.max(unknown) / 20);
        assert!(known.abs_diff(unknown) < tolerance, "known {known:?}, unknown {unknown:?}");
    })
    .await;
}

/// The counters that failures fill are read and written for both alike, however full they are.
#[tokio::test]
async fn a_known_and_an_unknown_name_take_the_same_time_while_failures_pile_up_under_raised_thresholds() {
    let mut plan = Plan::default();
    plan.policy.lockout.threshold = 1_000_000;
    plan.policy.lockout.account_threshold = 1_000_000;
    house_of(plan, async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let known = form_for(&browser, &seed.username).await;
        let unknown = form_for(&browser, &nobody_like(&seed.username)).await;
        let (mut of_known, mut of_unknown) = (Vec::new(), Vec::new());
        for round in 0..TRIES {
            if round % 2 == 0 {
                of_known.push(measure(&browser, &known).await);
                of_unknown.push(measure(&browser, &unknown).await);
            } else {
                of_unknown.push(measure(&browser, &unknown).await);
                of_known.push(measure(&browser, &known).await);
            }
        }
        let (known, unknown) = (median(of_known), median(of_unknown));
        let tolerance = TOLERANCE.max(known.max(unknown) / 20);
        assert!(known.abs_diff(unknown) < tolerance, "known {known:?}, unknown {unknown:?}");
    })
    .await;
}

async fn measure(browser: &Browser, form: &Form) -> Duration {
    let started = Instant::now();
    let page = browser.submit(form.clone()).await;
    let took = started.elapsed();
    assert_eq!(page.status, 200, "{}", page.text());
    took
}

fn median(mut of: Vec<Duration>) -> Duration {
    of.sort_unstable();
    of[of.len() / 2]
}
