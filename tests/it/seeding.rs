//! A crowd in an empty database: each of its people is as real to the provider as one who registered.

use std::collections::BTreeSet;
use std::sync::Arc;

use menfu::app::crowd::{self, Crowd, CrowdError, Sample};
use menfu::clients::{self, Clients, PlainSecrets};
use menfu::kernel::{Country, IdDocument, Secret};
use menfu::people::{HashSettings, PasswordHasher, People};

use crate::harness::{House, Plan, house};
use crate::people::{VERIFIED, browser_of, open_account, typed};

const PASSWORD: &str = "Menfu-2026-crowd";

fn crowd(house: &House, accounts: u64, grants: u64) -> Crowd {
    let issuer = house.issuer.as_str().trim_end_matches('/').to_owned();
    let registered = clients::Settings {
        file: "clients.toml".into(),
        issuer: issuer.parse().unwrap(),
        plain_secrets: PlainSecrets::OnLoopback,
    };
    Crowd {
        accounts,
        grants,
        password: Secret::from(PASSWORD),
        clients: Clients::from_text(&Plan::default().clients, registered).unwrap().all(),
        issuer,
        samples: 10,
    }
}

async fn fill(house: &House, accounts: u64, grants: u64) -> Vec<Sample> {
    let mut told = Vec::new();
    let crowd = crowd(house, accounts, grants);
    let samples = crowd::fill(&house.base(), &crowd, &mut |progress| told.push(progress)).await.unwrap();
    let last = told.last().unwrap();
    assert_eq!((last.accounts, last.grants), (accounts, grants));
    samples
}

#[tokio::test]
async fn anybody_of_a_crowd_signs_in_with_the_one_password() {
    house(async |house| {
        fill(house, 40, 0).await;
        for number in [0, 17, 39] {
            let browser = house.browser();
            let page = browser.get(&house.exam().authorize(&[])).await;
            let name = crowd::username(number).unwrap();
            let back = browser.submit(typed(&page, name.as_str(), PASSWORD)).await;
            let tokens = house.exam().exchange(house.exam().returned(&back).get("code")).await;
            assert_eq!(tokens.status, 200, "{}", tokens.json);
            let said = house.exam().userinfo(tokens.text("access_token")).await;
            assert_eq!((said.text("real_name_level"), said.text("name")), ("L1", "张三"));
        }
    })
    .await;
}

/// More rows than one statement and than one batch take.
#[tokio::test]
async fn the_first_and_the_last_of_thousands_are_found_by_phone_and_document() {
    house(async |house| {
        fill(house, 2_100, 2_100).await;
        let base = house.base();
        let hasher = PasswordHasher::new(&HashSettings::default(), base.rng.clone()).unwrap();
        let people = People::new(base, hasher, Arc::new(house.policy.clone()));
        for number in [0, 1_999, 2_000, 2_099] {
            let by_name = people.find_by_username(&crowd::username(number).unwrap()).await.unwrap().unwrap();
            let phone = format!("138{number:08}").parse().unwrap();
            let document = IdDocument::passport(Country::CHINA, &format!("E{number:08}")).unwrap();
            let by_phone = people.find_by_phone(&phone).await.unwrap().unwrap();
            let by_document = people.find_by_identity(&document).await.unwrap().unwrap();
            assert_eq!((by_phone.id, by_document.id), (by_name.id, by_name.id));
        }
        let beyond = people.find_by_username(&crowd::username(2_100).unwrap()).await.unwrap();
        assert!(beyond.is_none());
    })
    .await;
}

#[tokio::test]
async fn a_relying_party_refreshes_any_of_the_grants_once() {
    house(async |house| {
        let samples = fill(house, 30, 100).await;
        let names: BTreeSet<_> = samples.iter().map(|sample| sample.username.as_str().to_owned()).collect();
        assert_eq!((samples.len(), names.len()), (10, 10), "spread over the accounts");
        for sample in samples.iter().filter(|sample| sample.client.client_id.as_str() == "exam") {
            let token = sample.refresh_token.expose();
            let answer = house.exam().refresh(token).await;
            assert_eq!(answer.status, 200, "{}", answer.json);
            assert_eq!(house.exam().refresh(answer.text("refresh_token")).await.status, 200);
            assert_eq!(house.exam().refresh(token).await.text("error"), "invalid_grant");
        }
        assert!(samples.iter().any(|sample| sample.client.client_id.as_str() == "exam"));
    })
    .await;
}

/// Nobody's accounts get company by mistake.
#[tokio::test]
async fn a_database_with_a_single_account_takes_no_crowd() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let refused = crowd::fill(&house.base(), &crowd(house, 3, 3), &mut |_| {}).await.unwrap_err();
        assert!(matches!(refused, CrowdError::Inhabited), "{refused}");
        browser_of(house, &seed).await;
    })
    .await;
}

#[tokio::test]
async fn grants_need_a_relying_party_that_can_use_them() {
    house(async |house| {
        let mut crowd = crowd(house, 3, 3);
        crowd.clients.retain(|client| client.client_id.as_str() == "report");
        let refused = crowd::fill(&house.base(), &crowd, &mut |_| {}).await.unwrap_err();
        assert!(matches!(refused, CrowdError::NoClient), "{refused}");
    })
    .await;
}
