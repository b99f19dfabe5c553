//! What was answered with success, and whether it is there.

use std::fmt;

use crate::citizens::PASSWORD;
use crate::harness::Browser;
use crate::people::typed;
use crate::town::{Town, column};

/// An account whose holder saw the last page of the wizard.
pub struct Account {
    pub username: String,
    pub number: usize,
}

/// A request whose holder saw the sign-in page.
pub struct Parked {
    pub browser: Browser,
    pub address: String,
}

#[derive(Default)]
pub struct Ledger {
    pub accounts: Vec<Account>,
    pub sign_ins: usize,
    pub access_tokens: Vec<String>,
    pub refreshes: usize,
    /// The newest of each family.
    pub refresh_tokens: Vec<String>,
    pub parked: Vec<Parked>,
}

impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "answered with success: {} registrations, {} sign-ins, {} codes with their tokens, {} refreshes, {} parked",
            self.accounts.len(),
            self.sign_ins,
            self.access_tokens.len(),
            self.refreshes,
            self.parked.len()
        )
    }
}

impl Ledger {
    pub async fn is_all_there(&self, town: &Town) {
        self.is_in_the_audit(town).await;
        let exam = town.exam();
        for token in &self.access_tokens {
            assert_eq!(exam.introspect(token).await.json["active"], true, "an access token is lost");
        }
        for token in &self.refresh_tokens {
            let answer = exam.refresh(token).await;
            assert_eq!(answer.status, 200, "a refresh token is lost: {}", answer.json);
        }
        for account in &self.accounts {
            let browser = town.browser(account.number);
            let login = browser.get("/login").await;
            let page = browser.submit(typed(&login, &account.username, PASSWORD)).await;
            assert_eq!(page.url.path(), "/account", "{} is lost: {}", account.username, page.text());
        }
        // The older ones: of those that waited through it all.
        let somebody = &self.accounts[0].username;
        for Parked { browser, address } in self.parked.iter().step_by(self.parked.len().div_ceil(20)) {
            let login = browser.get(address).await;
            login.shows("考试报名");
            let back = browser.submit(typed(&login, somebody, PASSWORD)).await;
            assert!(exam.returned(&back).find("code").is_some(), "a parked request is lost: {}", back.text());
        }
    }

    /// What happened stands there, and nothing of which the other half is missing.
    async fn is_in_the_audit(&self, town: &Town) {
        let db = town.db().await;
        let events = async |kind: &str| {
            let sql = format!("SELECT count(*) FROM audit_events WHERE kind = '{kind}'");
            usize::try_from(column::<i64>(&db, &sql).await[0]).unwrap()
        };
        let registered = events("person_registered").await;
        assert!(registered >= self.accounts.len());
        assert!(events("sign_in_succeeded").await >= self.sign_ins);
        assert!(events("tokens_issued").await >= self.access_tokens.len());
        assert!(events("tokens_refreshed").await >= self.refreshes);
        let persons: i64 = column(&db, "SELECT count(*) FROM persons").await[0];
        assert_eq!(usize::try_from(persons).unwrap(), registered, "each account has its event");
        let passwords: i64 = column(&db, "SELECT count(*) FROM passwords").await[0];
        assert_eq!(passwords, persons, "no half of an account");
        db.close().await.unwrap();
    }
}
