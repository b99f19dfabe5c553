//! How long an answer takes tells nobody whether a name exists (`decisions.md`, “What may be known”).

use std::time::Duration;

use tokio::time::Instant;

use crate::harness::{Browser, Page, Plan, house_of};
use crate::people::{VERIFIED, open_account, typed};

const TRIES: usize = 500;

async fn wrong_password(browser: &Browser, page: &Page, username: &str) -> Duration {
    let form = typed(page, username, "Wrong2026Guess");
    let started = Instant::now();
    browser.submit(form).await.shows("您还可以尝试");
    started.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

#[tokio::test]
async fn known_and_unknown_names_take_equally_long() {
    let mut plan = Plan::default();
    plan.policy.lockout.threshold = 100_000;
    plan.policy.lockout.account_threshold = 100_000;
    house_of(plan, async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let page = browser.get("/login").await;
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for _ in 0..TRIES {
            known.push(wrong_password(&browser, &page, &seed.username).await);
            unknown.push(wrong_password(&browser, &page, "nobodyatall").await);
        }
        let (known, unknown) = (median(known), median(unknown));
        let apart = known.abs_diff(unknown);
        let allowed = Duration::from_millis(2).max(known / 20);
        assert!(apart < allowed, "known {known:?}, unknown {unknown:?}");
    })
    .await;
}
