//! Refresh tokens: rotated, repeatable for a moment, and deadly when somebody else used them.

use chrono::TimeDelta;

use crate::harness::{Answer, House, Rp, house};
use crate::people::{VERIFIED, open_account, tokens_for};

const OFFLINE: &[(&str, &str)] = &[("scope", "openid real_name offline_access"), ("prompt", "consent")];

async fn exam_tokens(house: &House) -> (Rp, Answer) {
    let seed = open_account(house, VERIFIED).await;
    let exam = house.exam();
    let tokens = tokens_for(house, &exam, &seed, &[]).await.1;
    (exam, tokens)
}

#[track_caller]
fn refused(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), answer.text("error")), (400, "invalid_grant"), "{}", answer.json);
}

#[tokio::test]
async fn a_refresh_gives_another_pair_of_tokens_about_the_same_sign_in() {
    house(async |house| {
        let (exam, first) = exam_tokens(house).await;
        house.pass(TimeDelta::minutes(5));
        let second = exam.refresh(first.text("refresh_token")).await;
        assert_eq!(second.status, 200, "{}", second.json);
        assert_ne!(first.text("refresh_token"), second.text("refresh_token"));
        assert_ne!(first.text("access_token"), second.text("access_token"));
        let (before, after) = (first.claims("id_token"), second.claims("id_token"));
        for claim in ["iss", "sub", "aud", "auth_time", "sid"] {
            assert_eq!(before[claim], after[claim], "{claim}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_lost_answer_is_repeated_within_ten_seconds() {
    house(async |house| {
        let (exam, first) = exam_tokens(house).await;
        let second = exam.refresh(first.text("refresh_token")).await;
        house.pass(TimeDelta::seconds(9));
        let again = exam.refresh(first.text("refresh_token")).await;
        assert_eq!(again.text("refresh_token"), second.text("refresh_token"));
        assert_eq!(exam.refresh(second.text("refresh_token")).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_token_left_behind_ends_the_family_when_it_comes_again() {
    house(async |house| {
        let (exam, first) = exam_tokens(house).await;
        let second = exam.refresh(first.text("refresh_token")).await;
        house.pass(TimeDelta::seconds(11));
        refused(&exam.refresh(first.text("refresh_token")).await);
        refused(&exam.refresh(second.text("refresh_token")).await);
        assert_eq!(exam.introspect(second.text("access_token")).await.json["active"], false);
    })
    .await;
}

#[tokio::test]
async fn within_the_grace_too_once_the_successor_was_used() {
    house(async |house| {
        let (exam, first) = exam_tokens(house).await;
        let second = exam.refresh(first.text("refresh_token")).await;
        let third = exam.refresh(second.text("refresh_token")).await;
        refused(&exam.refresh(first.text("refresh_token")).await);
        refused(&exam.refresh(third.text("refresh_token")).await);
    })
    .await;
}

#[tokio::test]
async fn another_client_s_token_is_refused_and_stays_good() {
    house(async |house| {
        let (exam, first) = exam_tokens(house).await;
        refused(&house.insurance().refresh(first.text("refresh_token")).await);
        refused(&house.rp("phone_app", None).refresh(first.text("refresh_token")).await);
        assert_eq!(exam.refresh(first.text("refresh_token")).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_refresh_never_widens_the_scope() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let exam = house.exam();
        let tokens = tokens_for(house, &exam, &seed, &[("scope", "openid real_name")]).await.1;
        let token = tokens.text("refresh_token");
        let form =
            [("grant_type", "refresh_token"), ("refresh_token", token), ("scope", "openid real_name phone")];
        assert_eq!(exam.post("/token", &form).await.text("error"), "invalid_scope");
    })
    .await;
}

#[tokio::test]
async fn it_ends_with_the_session() {
    house(async |house| {
        let (exam, first) = exam_tokens(house).await;
        house.pass(TimeDelta::minutes(31));
        refused(&exam.refresh(first.text("refresh_token")).await);
    })
    .await;
}

#[tokio::test]
async fn with_offline_access_it_outlives_the_session_but_not_thirty_days() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let exam = house.exam();
        let browser = house.browser();
        let page = browser.get(&exam.authorize(OFFLINE)).await;
        let mut page = crate::people::sign_in(&browser, &page, &seed).await;
        if page.location().is_none() {
            page = browser.submit(page.form().press("yes")).await;
        }
        let mut tokens = exam.exchange(exam.returned(&page).get("code")).await;
        for _ in 0..2 {
            house.pass(TimeDelta::days(13));
            tokens = exam.refresh(tokens.text("refresh_token")).await;
            assert_eq!(tokens.status, 200, "{}", tokens.json);
        }
        house.pass(TimeDelta::days(4));
        refused(&exam.refresh(tokens.text("refresh_token")).await);
    })
    .await;
}

#[tokio::test]
async fn a_client_without_the_grant_gets_no_refresh_token() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let college = house.rp("college", Some("secret-of-college"));
        let browser = house.browser();
        let page = browser.get(&college.authorize(&[])).await;
        let consent = crate::people::sign_in(&browser, &page, &seed).await;
        let back = browser.submit(consent.form().press("yes")).await;
        let tokens = college.exchange(college.returned(&back).get("code")).await;
        assert_eq!(tokens.status, 200, "{}", tokens.json);
        assert!(tokens.json["refresh_token"].is_null());
    })
    .await;
}
