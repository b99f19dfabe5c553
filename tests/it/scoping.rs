//! Introspection (RFC 7662) and revocation (RFC 7009): each client sees and ends its own tokens only.

use crate::harness::{Answer, House, Rp, house};
use crate::people::{VERIFIED, open_account, tokens_for};

async fn exam_tokens(house: &House) -> (Rp, Answer) {
    let seed = open_account(house, VERIFIED).await;
    let exam = house.exam();
    let tokens = tokens_for(house, &exam, &seed, &[]).await.1;
    (exam, tokens)
}

async fn is_active(rp: &Rp, token: &str) -> bool {
    let answer = rp.introspect(token).await;
    assert_eq!(answer.status, 200, "{}", answer.json);
    answer.json["active"].as_bool().unwrap()
}

#[tokio::test]
async fn a_client_introspects_its_own_tokens() {
    house(async |house| {
        let (exam, tokens) = exam_tokens(house).await;
        let answer = exam.introspect(tokens.text("access_token")).await;
        assert_eq!(answer.json["active"], true);
        assert_eq!(answer.text("client_id"), "exam");
        assert_eq!(answer.text("acr"), "urn:menfu:acr:L2");
        assert_eq!(answer.json["sub"], tokens.claims("access_token")["sub"]);
    })
    .await;
}

#[tokio::test]
async fn another_client_learns_nothing_but_inactive() {
    house(async |house| {
        let (_, tokens) = exam_tokens(house).await;
        for token in [tokens.text("access_token"), tokens.text("refresh_token")] {
            let answer = house.insurance().introspect(token).await;
            assert_eq!(answer.json, serde_json::json!({ "active": false }));
        }
    })
    .await;
}

#[tokio::test]
async fn a_public_client_does_not_introspect() {
    house(async |house| {
        let (_, tokens) = exam_tokens(house).await;
        let answer = house.rp("phone_app", None).introspect(tokens.text("access_token")).await;
        assert!(answer.status.is_client_error(), "{}", answer.json);
        assert!(answer.json["active"].is_null());
    })
    .await;
}

#[tokio::test]
async fn garbage_is_inactive() {
    house(async |house| {
        for token in ["x", "a.b.c", "门符"] {
            assert!(!is_active(&house.exam(), token).await, "{token}");
        }
    })
    .await;
}

#[tokio::test]
async fn revoking_the_refresh_token_ends_the_family() {
    house(async |house| {
        let (exam, tokens) = exam_tokens(house).await;
        assert_eq!(exam.revoke(tokens.text("refresh_token")).await.status, 200);
        assert!(!is_active(&exam, tokens.text("access_token")).await);
        assert_eq!(exam.refresh(tokens.text("refresh_token")).await.text("error"), "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn revoking_an_access_token_ends_it_at_userinfo_too() {
    house(async |house| {
        let (exam, tokens) = exam_tokens(house).await;
        assert_eq!(exam.revoke(tokens.text("access_token")).await.status, 200);
        assert_eq!(exam.userinfo(tokens.text("access_token")).await.status, 401);
    })
    .await;
}

#[tokio::test]
async fn another_client_s_tokens_are_not_revoked_and_that_is_not_told() {
    house(async |house| {
        let (exam, tokens) = exam_tokens(house).await;
        for thief in [house.insurance(), house.rp("phone_app", None)] {
            for token in [tokens.text("access_token"), tokens.text("refresh_token")] {
                let answer = thief.revoke(token).await;
                assert!([200, 400].contains(&answer.status.as_u16()), "{}", answer.json);
            }
        }
        assert!(is_active(&exam, tokens.text("access_token")).await);
        assert_eq!(exam.refresh(tokens.text("refresh_token")).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn an_unknown_token_is_revoked_already() {
    house(async |house| {
        assert_eq!(house.exam().revoke("never-issued").await.status, 200);
        let guess = house.rp("exam", Some("wrong"));
        assert_eq!(guess.revoke("never-issued").await.status, 401);
    })
    .await;
}
