//! `/token`, `/userinfo`, `/introspect`, `/revoke`: those who obey and those who replay.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::house::{CALLBACK, House, VERIFIER, basic, form, insurance, read, refusal};
use crate::{
    protocol::{claims::at_hash, client::SigningAlg, jose::TokenType},
    provider::{Authorized, UserInfo, Visitor},
};

async fn tokens(house: &House, scope: &str) -> Value {
    let session = house.sign_in(house.person().await).await;
    let code = house.code(&session, scope).await;
    read(&house.redeem(&code).await.unwrap())
}

async fn userinfo(house: &House, token: &Value) -> Result<Value, &'static str> {
    match house.provider.userinfo(&house.ctx(), token.as_str().unwrap()).await {
        Ok(UserInfo::Plain(claims)) => Ok(Value::Object(claims)),
        Ok(UserInfo::Signed(token)) => panic!("{token}"),
        Err(error) => Err(refusal::<()>(Err(error))),
    }
}

async fn introspect(house: &House, client: &str, token: &Value) -> Value {
    let header = basic(client, &format!("{client}-secret"));
    let body = form(&[("token", token.as_str().unwrap())]);
    house.provider.introspect(&house.ctx(), Some(&header), &body).await.unwrap()
}

#[tokio::test]
async fn a_code_becomes_tokens_that_say_who_and_how_well() {
    let house = House::new().await;
    let session = house.sign_in(house.person().await).await;
    let code = house.code(&session, "openid profile real_name").await;
    let tokens = read(&house.redeem(&code).await.unwrap());
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(600)));
    assert_eq!(tokens["scope"], "openid profile real_name");
    let access = tokens["access_token"].as_str().unwrap();
    let id = house.claims(TokenType::IdToken, tokens["id_token"].as_str().unwrap()).await;
    assert_eq!(id["aud"], "exam");
    assert_eq!(id["nonce"], "n1");
    assert_eq!(id["acr"], "urn:menfu:acr:L1");
    assert_eq!(id["amr"], json!(["pwd"]));
    assert_eq!(id["auth_time"], session.auth_time.seconds());
    assert_eq!(id["at_hash"], at_hash(SigningAlg::Es256, access));
    assert!(id["sub"].as_str().unwrap().starts_with("p_"));
    assert!(id.get("name").is_none());
    let claims = house.claims(TokenType::AccessToken, access).await;
    assert_eq!((&claims["aud"], &claims["client_id"]), (&json!("http://localhost:8080"), &json!("exam")));
    let info = userinfo(&house, &tokens["access_token"]).await.unwrap();
    assert_eq!((&info["sub"], &info["name"]), (&id["sub"], &json!("林晓雨")));
    assert_eq!(info["real_name_level"], "L1");
}

#[tokio::test]
async fn two_portals_know_one_person_by_two_names() {
    let house = House::new().await;
    let person = house.person().await;
    house.verify(person).await;
    let session = house.sign_in(person).await;
    let code = house.code(&session, "openid").await;
    let exam = read(&house.redeem(&code).await.unwrap());
    let browser = house.browser();
    let visitor = Visitor { browser: &browser, session: Some(&session), person: None };
    let Authorized::Answer(response) =
        house.provider.authorize(&house.ctx(), &visitor, insurance(&[])).await.unwrap()
    else {
        panic!("a page")
    };
    let answer = super::house::Answer::of(response.location().unwrap().as_str());
    let body = form(&[
        ("grant_type", "authorization_code"),
        ("code", answer.get("code")),
        ("redirect_uri", "http://127.0.0.1:8083/callback"),
        ("code_verifier", VERIFIER),
        ("client_id", "insurance"),
        ("client_secret", "insurance-secret"),
    ]);
    let insurance = read(&house.provider.exchange(&house.ctx(), None, &body).await.unwrap());
    assert!(insurance.get("refresh_token").is_none());
    let ids = [&exam["id_token"], &insurance["id_token"]];
    let [one, two] = ids.map(|token| token.as_str().unwrap().to_owned());
    let one = house.claims(TokenType::IdToken, &one).await;
    let two = house.claims(TokenType::IdToken, &two).await;
    assert_ne!(one["sub"], two["sub"]);
    assert_ne!(one["sid"], two["sid"]);
    assert_eq!(two["acr"], "urn:menfu:acr:L2");
}

#[tokio::test]
async fn a_replayed_code_ends_everything_that_came_from_it() {
    let house = House::new().await;
    let person = house.person().await;
    let session = house.sign_in(person).await;
    let code = house.code(&session, "openid").await;
    let first = read(&house.redeem(&code).await.unwrap());
    assert!(userinfo(&house, &first["access_token"]).await.is_ok());
    house.store.clock.advance(TimeDelta::seconds(30));
    assert_eq!(refusal(house.redeem(&code).await), "invalid_grant");
    assert_eq!(userinfo(&house, &first["access_token"]).await, Err("invalid_token"));
    assert_eq!(refusal(house.refresh(first["refresh_token"].as_str().unwrap()).await), "invalid_grant");
    assert!(house.trail(person).await.contains(&"family_revoked".to_owned()));
}

#[tokio::test]
async fn of_two_redemptions_at_once_at_most_one_succeeds() {
    let house = House::new().await;
    let session = house.sign_in(house.person().await).await;
    let code = house.code(&session, "openid").await;
    let (one, two) = tokio::join!(house.redeem(&code), house.redeem(&code));
    assert_eq!([one, two].into_iter().filter(Result::is_ok).count(), 1);
}

#[tokio::test]
async fn a_wrong_client_or_verifier_does_not_burn_the_code() {
    let house = House::new().await;
    let session = house.sign_in(house.person().await).await;
    let code = house.code(&session, "openid").await;
    let redeem = |verifier: &'static str, uri: &'static str| {
        [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", uri),
            ("code_verifier", verifier),
        ]
    };
    let wrong = "a".repeat(43).leak();
    assert_eq!(refusal(house.exchange(&redeem(wrong, CALLBACK)).await), "invalid_grant");
    assert_eq!(refusal(house.exchange(&redeem(VERIFIER, "http://127.0.0.1:8082/")).await), "invalid_grant");
    let stolen = house.exchange_as("insurance", "insurance-secret", &redeem(VERIFIER, CALLBACK)).await;
    assert_eq!(refusal(stolen), "invalid_client");
    assert_eq!(
        refusal(house.exchange_as("exam", "wrong", &redeem(VERIFIER, CALLBACK)).await),
        "invalid_client"
    );
    assert!(house.redeem(&code).await.is_ok());
}

#[tokio::test]
async fn a_code_dies_after_sixty_seconds_and_with_its_session() {
    let house = House::new().await;
    let session = house.sign_in(house.person().await).await;
    let code = house.code(&session, "openid").await;
    house.store.clock.advance(TimeDelta::seconds(60));
    assert_eq!(refusal(house.redeem(&code).await), "invalid_grant");
    let code = house.code(&session, "openid").await;
    let signed_out = crate::sessions::EndReason::SignedOut;
    house.provider.end_session(&house.ctx(), &session, signed_out).await.unwrap();
    assert_eq!(refusal(house.redeem(&code).await), "invalid_grant");
}

#[tokio::test]
async fn a_refresh_rotates_and_keeps_who_signed_in_when() {
    let house = House::new().await;
    let first = tokens(&house, "openid profile").await;
    house.store.clock.advance(TimeDelta::minutes(5));
    let second = read(&house.refresh(first["refresh_token"].as_str().unwrap()).await.unwrap());
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert_ne!(second["access_token"], first["access_token"]);
    let before = house.claims(TokenType::IdToken, first["id_token"].as_str().unwrap()).await;
    let after = house.claims(TokenType::IdToken, second["id_token"].as_str().unwrap()).await;
    for same in ["iss", "sub", "aud", "auth_time", "sid", "acr"] {
        assert_eq!(before[same], after[same], "{same}");
    }
    assert!(after.get("nonce").is_none());
    assert_ne!(before["iat"], after["iat"]);
}

#[tokio::test]
async fn a_refresh_repeated_within_ten_seconds_gets_the_same_successor() {
    let house = House::new().await;
    let first = tokens(&house, "openid").await;
    let token = first["refresh_token"].as_str().unwrap();
    let one = read(&house.refresh(token).await.unwrap());
    house.store.clock.advance(TimeDelta::seconds(9));
    let two = read(&house.refresh(token).await.unwrap());
    assert_eq!(one["refresh_token"], two["refresh_token"]);
    assert_ne!(one["access_token"], two["access_token"]);
    assert!(house.refresh(one["refresh_token"].as_str().unwrap()).await.is_ok());
}

#[tokio::test]
async fn a_reused_refresh_token_ends_the_family() {
    let house = House::new().await;
    let first = tokens(&house, "openid").await;
    let token = first["refresh_token"].as_str().unwrap();
    let second = read(&house.refresh(token).await.unwrap());
    house.store.clock.advance(TimeDelta::seconds(11));
    assert_eq!(refusal(house.refresh(token).await), "invalid_grant");
    assert_eq!(refusal(house.refresh(second["refresh_token"].as_str().unwrap()).await), "invalid_grant");
    assert_eq!(userinfo(&house, &second["access_token"]).await, Err("invalid_token"));
}

#[tokio::test]
async fn a_refresh_may_ask_for_less_and_never_for_more() {
    let house = House::new().await;
    let first = tokens(&house, "openid profile").await;
    let token = first["refresh_token"].as_str().unwrap();
    let with = |scope| [("grant_type", "refresh_token"), ("refresh_token", token), ("scope", scope)];
    assert_eq!(refusal(house.exchange(&with("openid phone")).await), "invalid_scope");
    let less = read(&house.exchange(&with("openid")).await.unwrap());
    assert_eq!(less["scope"], "openid");
    assert!(userinfo(&house, &less["access_token"]).await.unwrap().get("name").is_none());
}

#[tokio::test]
async fn a_refresh_token_ends_with_its_session_unless_it_is_offline() {
    let house = House::new().await;
    let person = house.person().await;
    let session = house.sign_in(person).await;
    let bound = house.code(&session, "openid").await;
    let bound = read(&house.redeem(&bound).await.unwrap());
    let offline = house.code(&session, "openid offline_access").await;
    let offline = read(&house.redeem(&offline).await.unwrap());
    house.store.clock.advance(TimeDelta::minutes(30));
    assert_eq!(refusal(house.refresh(bound["refresh_token"].as_str().unwrap()).await), "invalid_grant");
    let offline = read(&house.refresh(offline["refresh_token"].as_str().unwrap()).await.unwrap());
    house.store.clock.advance(TimeDelta::days(14));
    assert_eq!(refusal(house.refresh(offline["refresh_token"].as_str().unwrap()).await), "invalid_grant");
}

#[tokio::test]
async fn a_refresh_after_the_evidence_expired_says_the_lower_level() {
    let house = House::new().await;
    let person = house.person().await;
    house.verify(person).await;
    let session = house.sign_in(person).await;
    let code = house.code(&session, "openid offline_access").await;
    let first = read(&house.redeem(&code).await.unwrap());
    let id = house.claims(TokenType::IdToken, first["id_token"].as_str().unwrap()).await;
    assert_eq!(id["acr"], "urn:menfu:acr:L2");
    house.recover_password(person).await;
    let introspected = introspect(&house, "exam", &first["access_token"]).await;
    assert_eq!(introspected["acr"], "urn:menfu:acr:L1");
    let second = read(&house.refresh(first["refresh_token"].as_str().unwrap()).await.unwrap());
    let id = house.claims(TokenType::IdToken, second["id_token"].as_str().unwrap()).await;
    assert_eq!(id["acr"], "urn:menfu:acr:L1");
}

#[tokio::test]
async fn a_client_of_its_own_gets_a_token_that_is_nobodys() {
    let house = House::new().await;
    let fields = [("grant_type", "client_credentials"), ("scope", "ledger.read")];
    let tokens = read(&house.exchange_as("robot", "robot-secret", &fields).await.unwrap());
    assert_eq!(tokens["scope"], "ledger.read");
    assert!(tokens.get("refresh_token").is_none() && tokens.get("id_token").is_none());
    let claims = house.claims(TokenType::AccessToken, tokens["access_token"].as_str().unwrap()).await;
    assert_eq!((&claims["sub"], &claims["client_id"]), (&json!("robot"), &json!("robot")));
    assert_eq!(userinfo(&house, &tokens["access_token"]).await, Err("insufficient_scope"));
    assert_eq!(introspect(&house, "robot", &tokens["access_token"]).await["active"], true);
    let wide = [("grant_type", "client_credentials"), ("scope", "openid")];
    assert_eq!(refusal(house.exchange_as("robot", "robot-secret", &wide).await), "invalid_scope");
}

#[tokio::test]
async fn userinfo_wants_a_live_token_with_openid() {
    let house = House::new().await;
    let without = tokens(&house, "profile").await;
    assert!(without.get("id_token").is_none());
    assert_eq!(userinfo(&house, &without["access_token"]).await, Err("insufficient_scope"));
    assert_eq!(userinfo(&house, &json!("nonsense")).await, Err("invalid_token"));
    house.store.clock.advance(TimeDelta::minutes(10));
    assert_eq!(userinfo(&house, &without["access_token"]).await, Err("invalid_token"));
}

#[tokio::test]
async fn a_client_introspects_its_own_tokens_alone() {
    let house = House::new().await;
    let tokens = tokens(&house, "openid").await;
    let own = introspect(&house, "exam", &tokens["access_token"]).await;
    assert_eq!((&own["active"], &own["token_type"]), (&json!(true), &json!("Bearer")));
    assert_eq!(own["acr"], "urn:menfu:acr:L1");
    let refresh = introspect(&house, "exam", &tokens["refresh_token"]).await;
    assert_eq!((&refresh["active"], &refresh["scope"]), (&json!(true), &json!("openid")));
    for token in [&tokens["access_token"], &tokens["refresh_token"], &json!("nonsense")] {
        assert_eq!(introspect(&house, "robot", token).await, json!({ "active": false }));
    }
}

#[tokio::test]
async fn a_client_revokes_its_own_tokens_alone() {
    let house = House::new().await;
    let tokens = tokens(&house, "openid").await;
    let revoke = async |client: &str, token: &Value| {
        let header = basic(client, &format!("{client}-secret"));
        let body = form(&[("token", token.as_str().unwrap())]);
        house.provider.revoke(&house.ctx(), Some(&header), &body).await
    };
    for token in [&tokens["access_token"], &tokens["refresh_token"]] {
        assert_eq!(refusal(revoke("robot", token).await), "invalid_grant");
    }
    assert!(revoke("exam", &json!("nonsense")).await.is_ok());
    assert!(revoke("exam", &tokens["access_token"]).await.is_ok());
    assert_eq!(userinfo(&house, &tokens["access_token"]).await, Err("invalid_token"));
    let next = read(&house.refresh(tokens["refresh_token"].as_str().unwrap()).await.unwrap());
    assert!(revoke("exam", &next["refresh_token"]).await.is_ok());
    assert_eq!(userinfo(&house, &next["access_token"]).await, Err("invalid_token"));
}
