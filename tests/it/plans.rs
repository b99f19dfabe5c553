//! How the database finds the rows of everything that is done often: `plans/sqlite.txt` and `plans/postgres.txt` name each
//! statement with its plan. What is not there yet, or is planned otherwise, fails; so does a plan that reads the whole of a
//! table that grows, or sorts rows without a bound. `MENFU_WRITE_PLANS=1` writes the file anew; whoever does it reads it.
//!
//! Nothing is planned by what tables hold: SQLite plans by the schema, and PostgreSQL is asked with empty tables and told
//! never to read a whole one while an index will do, as it does with big ones.

mod explain;

use std::collections::BTreeSet;

use chrono::TimeDelta;
use menfu::storage::Db;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::citizens::{self, lin, registered_l1, registered_l2, zhou};
use crate::harness::{Browser, House, Rp, house};
use crate::people::{PHONE_ONLY, open_account, sign_in, typed};
use crate::profiles::reading;
use crate::store;
use explain::{Explainer, is_migration};

/// What the hot copies of a moment ago would hide.
const COLD: TimeDelta = TimeDelta::seconds(6);
const OFFLINE: &[(&str, &str)] = &[("scope", "openid real_name offline_access"), ("prompt", "consent")];

/// The statements of each operation, in the order of the operations.
struct Record<'h> {
    house: &'h House,
    operations: Vec<(&'static str, Vec<Statement>)>,
}

impl<'h> Record<'h> {
    fn begin(house: &'h House) -> Self {
        let _ = house.base().db.recorded();
        Self { house, operations: Vec::new() }
    }

    /// Does something with nothing at hand from before.
    async fn of<T>(&mut self, operation: &'static str, work: impl Future<Output = T>) -> T {
        self.house.pass(COLD);
        let db = self.house.base().db;
        let _ = db.recorded();
        let done = work.await;
        self.operations.push((operation, db.recorded()));
        done
    }

    async fn read(&self) -> (String, Vec<String>) {
        let explainer = Explainer::new().await;
        let (mut plans, mut faults) = (BTreeSet::new(), BTreeSet::new());
        for (operation, statements) in &self.operations {
            assert!(!statements.is_empty(), "{operation}: nothing was recorded");
            for statement in statements.iter().filter(|statement| !is_migration(statement)) {
                let plan = explainer.plan(statement).await;
                faults.extend(plan.faults().into_iter().map(|fault| format!("{operation}: {fault}")));
                plans.insert(plan.to_string());
            }
        }
        (plans.into_iter().collect(), faults.into_iter().collect())
    }
}

#[tokio::test]
async fn every_hot_statement_finds_its_rows_by_an_index_as_the_file_says() {
    house(async |house| {
        let mut record = Record::begin(house);
        relying_parties(&mut record).await;
        people(&mut record).await;
        the_provider_itself(&mut record).await;
        let (read, faults) = record.read().await;
        let name = match house.base().db.read().get_database_backend() {
            DbBackend::Postgres => "postgres",
            _ => "sqlite",
        };
        let path = format!("{}/tests/it/plans/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("MENFU_WRITE_PLANS").is_some() {
            std::fs::write(&path, &read).unwrap();
        }
        assert!(faults.is_empty(), "plans that grow with a table:\n{}", faults.join("\n"));
        let known = std::fs::read_to_string(&path).unwrap_or_default();
        let difference = reading::difference(&known, &read);
        assert!(difference.is_empty(), "{path} has - where the database says +:\n{difference}");
    })
    .await;
}

/// Everything a portal's people set off, and the portal itself.
async fn relying_parties(record: &mut Record<'_>) {
    let (house, exam) = (record.house, record.house.exam());
    let seed = open_account(house, PHONE_ONLY).await;
    let browser = house.browser();
    let page = record.of("sign-in page of a request", browser.get(&exam.authorize(OFFLINE))).await;
    let wrong = browser.submit(typed(&page, &seed.username, "Wrong2026Guess"));
    let page = record.of("password sign-in, wrong", wrong).await;
    let back = record.of("password sign-in", sign_in(&browser, &page, &seed)).await;
    let back = match back.location() {
        Some(_) => back,
        None => browser.submit(back.form().press("yes")).await,
    };
    let first = exam.exchange(exam.returned(&back).get("code")).await;
    let tokens = record.of("code flow, live session", code_flow(&browser, &exam)).await;
    record.of("userinfo", exam.userinfo(tokens.text("access_token"))).await;
    record.of("introspection", exam.introspect(tokens.text("access_token"))).await;
    record.of("revocation", exam.revoke(tokens.text("access_token"))).await;
    record.of("client credentials", exam.post("/token", &[("grant_type", "client_credentials")])).await;
    let token = first.text("refresh_token");
    record.of("refresh", exam.refresh(token)).await;
    record.of("refresh, again within the grace", exam.refresh(token)).await;
    house.pass(TimeDelta::minutes(1));
    record.of("refresh, a replay", exam.refresh(token)).await;
    let consent = browser.get(&house.rp("college", Some("secret-of-college")).authorize(&[])).await;
    record.of("consent", browser.submit(consent.form().press("yes"))).await;
    let hint = tokens.text("id_token").to_owned();
    let mut logout = house.issuer.join("/logout").unwrap();
    logout.query_pairs_mut().append_pair("id_token_hint", &hint);
    record.of("sign-out", browser.get(logout.as_str())).await;
}

async fn code_flow(browser: &Browser, exam: &Rp) -> crate::harness::Answer {
    let back = browser.get_once(&exam.authorize(&[])).await;
    let tokens = exam.exchange(exam.returned(&back).get("code")).await;
    assert_eq!(tokens.status, 200, "{}", tokens.json);
    tokens
}

/// Registration and the person's own pages.
async fn people(record: &mut Record<'_>) {
    let house = record.house;
    record.of("registration with the bank", registered_l2(house, "zhou_wanqing", &zhou(house))).await;
    let browser =
        record.of("registration with the phone", registered_l1(house, "lin_xiaoyu", &lin(house))).await;
    let left = async || citizens::up_to_p2(&house.browser(), "/register/person", "left_behind").await;
    record.of("registration that nobody finishes", left()).await;
    let pages = async {
        for path in ["/account", "/account/profile", "/account/document", "/account/verification"] {
            assert_eq!(browser.get(path).await.status, 200, "{path}");
        }
    };
    record.of("the person's pages", pages).await;
    let upgrade = async {
        let page = browser.get("/account/verification/bank").await;
        citizens::ask_bank(house, &browser, &page, &lin(house)).await
    };
    record.of("bank check of a signed-in person", upgrade).await;
}

/// What nobody asked for.
async fn the_provider_itself(record: &mut Record<'_>) {
    let house = record.house;
    record.of("worker", house.work()).await;
    record.of("metrics", house.service.metrics()).await;
    house.pass(TimeDelta::days(60));
    let swept = record.of("sweep", house.service.sweep()).await.unwrap();
    assert!(swept > 10, "only {swept} rows were swept");
    house.pass(TimeDelta::days(643));
    let looked_at = record.of("warning of an end", house.service.warn()).await.unwrap();
    assert!(looked_at > 0, "no level ends soon");
    let old = record.of("sweep of the audit", house.service.sweep()).await.unwrap();
    assert!(old > 10, "only {old} rows were swept after 400 days");
}

/// A row that goes away takes those that hang on it along: they too are found by an index.
#[tokio::test]
async fn every_foreign_key_has_an_index_of_its_own() {
    let store = store::db().await;
    let (keys, indexes) = (explain::foreign_keys(&store.db).await, explain::first_columns(&store.db).await);
    assert!(keys.len() >= 5, "{keys:?}");
    let missing: Vec<_> = keys.difference(&indexes).collect();
    assert!(missing.is_empty(), "deleting what these point to reads their whole tables: {missing:?}");
}

/// The judge is judged: a table that grows is not read as a whole unseen.
#[tokio::test]
async fn a_statement_without_an_index_is_found_out() {
    let explainer = Explainer::new().await;
    let backend = explainer.backend();
    for (sql, fault) in [
        ("SELECT id FROM sessions WHERE amr = 'pwd'", "reads all of sessions"),
        ("SELECT id FROM grants WHERE scope = 'openid' LIMIT 1", "reads all of grants"),
        ("DELETE FROM access_tokens WHERE hash = 'x'", "reads all of access_tokens"),
        ("SELECT id FROM grants WHERE expires_at < 5 ORDER BY created_at", "sorts rows of grants"),
    ] {
        let plan = explainer.plan(&Statement::from_string(backend, sql)).await;
        assert!(plan.faults().iter().any(|found| found.contains(fault)), "{plan}\n{:?}", plan.faults());
    }
    let plan = explainer.plan(&Statement::from_string(backend, "SELECT kid FROM signing_keys")).await;
    assert!(plan.faults().is_empty(), "{:?}", plan.faults());
}

/// Only what goes through the recorder can be judged: every way of a statement to the database does.
#[tokio::test]
async fn reads_transactions_and_units_are_all_recorded() {
    let store = store::db().await;
    let _ = store.db.recorded();
    store.db.read().query_one_raw(asking(&store.db, "SELECT 1")).await.unwrap();
    let tx = store.db.begin().await.unwrap();
    tx.query_all_raw(asking(&store.db, "SELECT 2")).await.unwrap();
    tx.execute_raw(asking(&store.db, "DELETE FROM outbox")).await.unwrap();
    tx.commit().await.unwrap();
    let texts: Vec<_> = store.db.recorded().into_iter().map(|statement| statement.sql).collect();
    assert_eq!(texts, ["SELECT 1", "SELECT 2", "DELETE FROM outbox"]);
    assert!(store.db.recorded().is_empty());
}

fn asking(db: &Db, sql: &str) -> Statement {
    Statement::from_string(db.read().get_database_backend(), sql)
}
