//! Sign-out, and the news of it at the clients.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::house::{House, form, read};
use crate::{
    protocol::{jose::TokenType, logout::LogoutError, params::RawParams},
    provider::{LogoutChoice, SignOutError, SignedOut},
    sessions::Session,
};

const BYE: &str = "http://127.0.0.1:8082/bye";

async fn sign_out(
    house: &House,
    session: Option<&Session>,
    raw: &RawParams,
    choice: Option<LogoutChoice>,
) -> Result<SignedOut, SignOutError> {
    house.provider.sign_out(&house.ctx(), session, raw, choice).await
}

async fn is_signed_in(house: &House, session: &Session) -> bool {
    house.sessions.find_by_id(session.id, house.store.now()).await.unwrap().is_some()
}

/// Signed in at the exam portal, with the ID token that proves it.
async fn at_exam(house: &House) -> (Session, String) {
    let session = house.sign_in(house.person().await).await;
    let code = house.code(&session, "openid").await;
    let tokens = read(&house.redeem(&code).await.unwrap());
    (session, tokens["id_token"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_hint_ends_the_session_and_leads_back_with_state() {
    let house = House::new().await;
    let (session, hint) = at_exam(&house).await;
    let raw = form(&[("id_token_hint", &hint), ("post_logout_redirect_uri", BYE), ("state", "s1")]);
    let done = sign_out(&house, Some(&session), &raw, None).await.unwrap();
    let SignedOut::Done { then: Some(then), ended: true, .. } = done else { panic!("{done:?}") };
    assert_eq!(then.as_str(), format!("{BYE}?state=s1"));
    assert!(!is_signed_in(&house, &session).await);
    let answer = house.answer(&house.sign_in(session.person).await, &[("prompt", "none")]).await;
    answer.get("code");
}

#[tokio::test]
async fn without_a_hint_the_person_is_asked_and_may_stay() {
    let house = House::new().await;
    let (session, _) = at_exam(&house).await;
    let raw = form(&[("client_id", "exam"), ("post_logout_redirect_uri", BYE)]);
    let asked = sign_out(&house, Some(&session), &raw, None).await.unwrap();
    assert!(matches!(&asked, SignedOut::Ask { client: Some(client) } if client.client_name == "考试报名"));
    let only = sign_out(&house, Some(&session), &raw, Some(LogoutChoice::ThisClient)).await.unwrap();
    assert!(matches!(only, SignedOut::Done { then: Some(_), ended: false, .. }));
    assert!(is_signed_in(&house, &session).await);
    let all = sign_out(&house, Some(&session), &raw, Some(LogoutChoice::Everything)).await.unwrap();
    assert!(matches!(all, SignedOut::Done { then: Some(_), ended: true, .. }));
    assert!(!is_signed_in(&house, &session).await);
}

#[tokio::test]
async fn a_hint_about_an_older_session_is_asked_about() {
    let house = House::new().await;
    let (old, hint) = at_exam(&house).await;
    let newer = house.sign_in(old.person).await;
    let raw = form(&[("id_token_hint", &hint)]);
    let asked = sign_out(&house, Some(&newer), &raw, None).await.unwrap();
    assert!(matches!(asked, SignedOut::Ask { .. }));
}

#[tokio::test]
async fn an_unregistered_address_or_a_forged_hint_changes_nothing() {
    let house = House::new().await;
    let (session, hint) = at_exam(&house).await;
    let elsewhere =
        form(&[("id_token_hint", &hint), ("post_logout_redirect_uri", "http://127.0.0.1:8082/bye?x=1")]);
    let error = sign_out(&house, Some(&session), &elsewhere, None).await.unwrap_err();
    assert!(matches!(error, SignOutError::Page(LogoutError::RedirectMismatch)));
    let forged = form(&[("id_token_hint", "eyJhbGciOiJub25lIn0.e30.")]);
    let error = sign_out(&house, Some(&session), &forged, None).await.unwrap_err();
    assert!(matches!(error, SignOutError::Page(LogoutError::Hint)));
    assert!(is_signed_in(&house, &session).await);
}

#[tokio::test]
async fn with_nobody_signed_in_the_way_back_is_kept() {
    let house = House::new().await;
    let raw = form(&[("client_id", "exam"), ("post_logout_redirect_uri", BYE)]);
    let done = sign_out(&house, None, &raw, None).await.unwrap();
    assert!(matches!(done, SignedOut::Done { then: Some(_), .. }));
    let bare = sign_out(&house, None, &RawParams::default(), None).await.unwrap();
    assert!(matches!(bare, SignedOut::Done { then: None, .. }));
}

/// A client's back-channel address: answers each request with this status, tells the bodies.
async fn listener(status: &'static str, requests: usize) -> (String, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/backchannel", listener.local_addr().unwrap());
    let bodies = tokio::spawn(async move {
        let mut bodies = Vec::new();
        for _ in 0..requests {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut text = String::new();
            let mut buffer = [0; 4096];
            while !text.contains("logout_token=") {
                let read = socket.read(&mut buffer).await.unwrap();
                text.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
            }
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            socket.write_all(answer.as_bytes()).await.unwrap();
            bodies.push(text.split_once("\r\n\r\n").unwrap().1.to_owned());
        }
        bodies
    });
    (address, bodies)
}

/// A house whose third portal wants to know when a session ends.
async fn with_backchannel(address: &str) -> House {
    House::with_clients(&format!(
        r#"
[[client]]
client_id = "training"
client_name = "职业培训"
secret = "training-secret"
redirect_uris = ["http://127.0.0.1:8084/callback"]
scope = "openid"
first_party = true
backchannel_logout_uri = "{address}"
"#
    ))
    .await
}

async fn join_training(house: &House) -> Session {
    let session = house.sign_in(house.person().await).await;
    let own =
        [("client_id", "training"), ("redirect_uri", "http://127.0.0.1:8084/callback"), ("scope", "openid")];
    house.answer(&session, &own).await.get("code");
    session
}

#[tokio::test]
async fn every_client_that_wants_to_know_is_told_before_the_redirect() {
    let (address, bodies) = listener("200 OK", 1).await;
    let house = with_backchannel(&address).await;
    let session = join_training(&house).await;
    let choice = Some(LogoutChoice::Everything);
    sign_out(&house, Some(&session), &RawParams::default(), choice).await.unwrap();
    let bodies = bodies.await.unwrap();
    let token = RawParams::parse(bodies[0].as_bytes()).once("logout_token").unwrap().to_owned();
    let claims = house.claims(TokenType::LogoutToken, &token).await;
    assert_eq!(claims["aud"], "training");
    assert_eq!(claims["sid"], house.sessions.sid(session.id, &"training".parse().unwrap()));
    assert!(claims.get("nonce").is_none());
    assert_eq!(house.outbox.undelivered().await.unwrap(), 0);
}

#[tokio::test]
async fn a_client_that_is_down_is_told_later_with_the_same_jti() {
    let (address, bodies) = listener("503 Service Unavailable", 2).await;
    let house = with_backchannel(&address).await;
    let session = join_training(&house).await;
    let choice = Some(LogoutChoice::Everything);
    sign_out(&house, Some(&session), &RawParams::default(), choice).await.unwrap();
    assert_eq!(house.outbox.undelivered().await.unwrap(), 1);
    house.store.clock.advance(chrono::TimeDelta::minutes(1));
    house.dispatcher.run_due(house.store.now()).await.unwrap();
    let mut ids = Vec::new();
    for body in bodies.await.unwrap() {
        let token = RawParams::parse(body.as_bytes()).once("logout_token").unwrap().to_owned();
        ids.push(house.claims(TokenType::LogoutToken, &token).await["jti"].clone());
    }
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_client_that_refuses_the_news_for_good_is_not_told_again() {
    let (address, bodies) = listener("400 Bad Request", 1).await;
    let house = with_backchannel(&address).await;
    let session = join_training(&house).await;
    let choice = Some(LogoutChoice::Everything);
    sign_out(&house, Some(&session), &RawParams::default(), choice).await.unwrap();
    assert_eq!(bodies.await.unwrap().len(), 1);
    house.store.clock.advance(chrono::TimeDelta::hours(1));
    assert_eq!(house.dispatcher.run_due(house.store.now()).await.unwrap(), 0);
}

#[tokio::test]
async fn a_session_that_ended_twice_is_told_once() {
    let (address, bodies) = listener("200 OK", 1).await;
    let house = with_backchannel(&address).await;
    let session = join_training(&house).await;
    for _ in 0..2 {
        let reason = crate::sessions::EndReason::SignedOut;
        house.provider.end_session(&house.ctx(), &session, reason).await.unwrap();
    }
    assert_eq!(bodies.await.unwrap().len(), 1);
    assert_eq!(house.outbox.undelivered().await.unwrap(), 0);
}

#[tokio::test]
async fn a_client_that_never_took_part_is_told_nothing() {
    let house = with_backchannel("http://127.0.0.1:9/backchannel").await;
    let (session, hint) = at_exam(&house).await;
    let raw = form(&[("id_token_hint", &hint)]);
    sign_out(&house, Some(&session), &raw, None).await.unwrap();
    assert_eq!(house.outbox.undelivered().await.unwrap(), 0);
}
