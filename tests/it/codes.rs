//! Authorization codes: once, by the client they were issued to, with the verifier, within a minute.

use chrono::TimeDelta;

use crate::harness::{Answer, House, Rp, house};
use crate::people::{VERIFIED, code_for, open_account};

#[track_caller]
fn refused(answer: &Answer, error: &str) {
    assert_eq!((answer.status.as_u16(), answer.text("error")), (400, error), "{}", answer.json);
}

async fn fresh_code(house: &House, rp: &Rp) -> String {
    let seed = open_account(house, VERIFIED).await;
    code_for(house, rp, &seed, &[]).await.1
}

#[tokio::test]
async fn a_replayed_code_is_refused_and_ends_everything_issued_from_it() {
    house(async |house| {
        let exam = house.exam();
        let code = fresh_code(house, &exam).await;
        let tokens = exam.exchange(&code).await;
        let access = tokens.text("access_token");
        assert_eq!(exam.userinfo(access).await.status, 200);
        refused(&exam.exchange(&code).await, "invalid_grant");
        assert_eq!(exam.userinfo(access).await.status, 401);
        assert_eq!(exam.introspect(access).await.json["active"], false);
        refused(&exam.refresh(tokens.text("refresh_token")).await, "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn of_two_exchanges_at_once_at_most_one_has_tokens_that_live() {
    house(async |house| {
        let exam = house.exam();
        let code = fresh_code(house, &exam).await;
        let answers = futures_of(&exam, &code).await;
        let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert!(won.len() <= 1, "two winners");
        for answer in won {
            assert_eq!(
                exam.userinfo(answer.text("access_token")).await.status,
                401,
                "the loser was a replay"
            );
        }
    })
    .await;
}

async fn futures_of(rp: &Rp, code: &str) -> Vec<Answer> {
    let racers: Vec<_> = (0..4)
        .map(|_| {
            let (rp, code) = (rp.clone(), code.to_owned());
            tokio::spawn(async move { rp.exchange(&code).await })
        })
        .collect();
    let mut answers = Vec::new();
    for racer in racers {
        answers.push(racer.await.unwrap());
    }
    answers
}

#[tokio::test]
async fn another_client_gets_nothing_for_it_and_does_not_burn_it() {
    house(async |house| {
        let exam = house.exam();
        let code = fresh_code(house, &exam).await;
        let mut thief = house.insurance();
        thief.redirect_uri.clone_from(&exam.redirect_uri);
        refused(&thief.exchange(&code).await, "invalid_grant");
        assert_eq!(exam.exchange(&code).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_wrong_secret_is_a_challenge_and_does_not_burn_it() {
    house(async |house| {
        let code = fresh_code(house, &house.exam()).await;
        let guess = house.rp("exam", Some("wrong"));
        let answer = guess.exchange(&code).await;
        assert_eq!((answer.status.as_u16(), answer.text("error")), (401, "invalid_client"));
        assert!(answer.headers["www-authenticate"].to_str().unwrap().starts_with("Basic"));
        let nobody = house.rp("exam", None);
        assert_eq!(nobody.exchange(&code).await.text("error"), "invalid_client");
        assert_eq!(house.exam().exchange(&code).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_wrong_or_missing_verifier_is_refused_and_does_not_burn_it() {
    house(async |house| {
        let exam = house.exam();
        let code = fresh_code(house, &exam).await;
        let wrong = "x".repeat(43);
        for verifier in [wrong.as_str(), ""] {
            let answer = exam.exchange_with(&code, &[("code_verifier", verifier)]).await;
            assert_eq!(answer.status, 400, "{}", answer.json);
            assert!(["invalid_grant", "invalid_request"].contains(&answer.text("error")));
        }
        assert_eq!(exam.exchange(&code).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn another_redirect_uri_is_refused() {
    house(async |house| {
        let exam = house.exam();
        let code = fresh_code(house, &exam).await;
        for uri in
            ["https://exam.example/callback/", "https://exam.example:443/callback", "https://evil.example/"]
        {
            refused(&exam.exchange_with(&code, &[("redirect_uri", uri)]).await, "invalid_grant");
        }
    })
    .await;
}

#[tokio::test]
async fn a_request_stripped_of_pkce_is_refused_before_anybody_signs_in() {
    house(async |house| {
        for rp in [house.exam(), house.rp("phone_app", None)] {
            for changes in [
                [("code_challenge", ""), ("code_challenge_method", "")],
                [("code_challenge", "abc"), ("code_challenge_method", "S256")],
                [("code_challenge", &"a".repeat(43)), ("code_challenge_method", "plain")],
                [("code_challenge", &"a".repeat(43)), ("code_challenge_method", "")],
            ] {
                let page = house.browser().get_once(&rp.authorize(&changes)).await;
                let returned = rp.returned(&page);
                assert_eq!(returned.get("error"), "invalid_request", "{changes:?}");
                assert_eq!(returned.get("state"), "state-of-the-test");
                assert!(returned.find("code").is_none());
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_code_lives_one_minute() {
    house(async |house| {
        let exam = house.exam();
        let code = fresh_code(house, &exam).await;
        house.pass(TimeDelta::seconds(60));
        refused(&exam.exchange(&code).await, "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn garbage_is_no_code() {
    house(async |house| {
        let long = "A".repeat(5000);
        for code in ["x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "门符", long.as_str()] {
            refused(&house.exam().exchange(code).await, "invalid_grant");
        }
    })
    .await;
}

#[tokio::test]
async fn tokens_are_never_cached_and_never_in_the_answer_to_a_browser() {
    house(async |house| {
        let exam = house.exam();
        let answer = exam.exchange(&fresh_code(house, &exam).await).await;
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert_eq!(answer.text("token_type").to_ascii_lowercase(), "bearer");
        assert_eq!(answer.json["expires_in"], 600);
    })
    .await;
}
