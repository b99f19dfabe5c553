//! The endpoints that answer JSON: headers, errors, and everything sent in the wrong way.

use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;

use crate::harness::{Answer, House, Rp, house};
use crate::people::{VERIFIED, open_account, tokens_for};

fn to(house: &House, method: Method, path: &str) -> RequestBuilder {
    Client::new().request(method, house.issuer.join(path).unwrap())
}

async fn send(request: RequestBuilder) -> (Response, StatusCode) {
    let response = request.send().await.unwrap();
    let status = response.status();
    (response, status)
}

/// The JSON error of an answer, its description within RFC 6749 §5.2.
async fn error_of(request: RequestBuilder) -> (u16, String) {
    let (response, status) = send(request).await;
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["content-type"], "application/json");
    assert!(response.headers().contains_key("x-request-id"));
    let json: Value = response.json().await.unwrap();
    let description = json["error_description"].as_str().unwrap();
    let fits = |c: char| matches!(c, '\u{20}'..='\u{21}' | '\u{23}'..='\u{5b}' | '\u{5d}'..='\u{7e}');
    assert!(description.chars().all(fits), "{description}");
    let members: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["error", "error_description"]);
    (status.as_u16(), json["error"].as_str().unwrap().to_owned())
}

async fn exam_tokens(house: &House) -> (Rp, Answer) {
    let seed = open_account(house, VERIFIED).await;
    let (_, tokens) = tokens_for(house, &house.exam(), &seed, &[]).await;
    (house.exam(), tokens)
}

#[tokio::test]
async fn every_wrong_token_request_has_its_registered_error() {
    house(async |house| {
        let code = ("grant_type", "authorization_code");
        let uri = ("redirect_uri", "https://exam.example/callback");
        for (form, expected) in [
            (vec![], "invalid_request"),
            (
                vec![("grant_type", "password"), ("username", "a"), ("password", "b")],
                "unsupported_grant_type",
            ),
            (vec![("grant_type", "urn:ietf:params:oauth:grant-type:device_code")], "unsupported_grant_type"),
            (vec![code, code, uri], "invalid_request"),
            (vec![code, uri], "invalid_request"),
            (vec![code, uri, ("code", "a\"b\\c\u{0}门")], "invalid_grant"),
            (vec![("grant_type", "refresh_token")], "invalid_request"),
            (vec![("grant_type", "refresh_token"), ("refresh_token", "x")], "invalid_grant"),
            (vec![("grant_type", "client_credentials"), ("scope", "openid")], "invalid_scope"),
            (vec![("grant_type", "client_credentials"), ("scope", "\"")], "invalid_scope"),
        ] {
            let request =
                to(house, Method::POST, "/token").basic_auth("exam", Some("secret-of-exam")).form(&form);
            assert_eq!(error_of(request).await, (400, expected.to_owned()), "{form:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_token_request_is_a_form_by_post() {
    house(async |house| {
        let json = to(house, Method::POST, "/token")
            .basic_auth("exam", Some("secret-of-exam"))
            .json(&serde_json::json!({ "grant_type": "client_credentials" }));
        assert_eq!(error_of(json).await, (400, "invalid_request".to_owned()));
        let (_, status) = send(to(house, Method::GET, "/token?grant_type=client_credentials")).await;
        assert_eq!(status, 405);
    })
    .await;
}

#[tokio::test]
async fn whoever_fails_to_authenticate_is_challenged_and_told_nothing_more() {
    house(async |house| {
        let grant = [("grant_type", "client_credentials")];
        let endpoint = || to(house, Method::POST, "/token");
        let post = [("client_id", "exam"), ("client_secret", "secret-of-exam"), grant[0]];
        for request in [
            endpoint().form(&grant),
            endpoint().basic_auth("exam", Some("wrong")).form(&grant),
            endpoint().basic_auth("nobody", Some("secret-of-exam")).form(&grant),
            endpoint().bearer_auth("secret-of-exam").form(&grant),
            // Registered for Basic, not for the body.
            endpoint().form(&post),
            endpoint().form(&[("client_id", "exam"), grant[0]]),
        ] {
            let again = request.try_clone().unwrap();
            assert_eq!(error_of(request).await, (401, "invalid_client".to_owned()));
            let (response, _) = send(again).await;
            assert!(response.headers()["www-authenticate"].to_str().unwrap().starts_with("Basic "));
        }
    })
    .await;
}

#[tokio::test]
async fn two_ways_of_client_authentication_at_once_are_refused() {
    house(async |house| {
        let form = [("grant_type", "client_credentials"), ("client_secret", "secret-of-exam")];
        let request =
            to(house, Method::POST, "/token").basic_auth("exam", Some("secret-of-exam")).form(&form);
        assert_eq!(error_of(request).await, (400, "invalid_request".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn a_program_gets_a_token_of_its_own_with_its_secret_in_the_body() {
    house(async |house| {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "report"),
            ("client_secret", "secret-of-report"),
        ];
        let (response, status) = send(to(house, Method::POST, "/token").form(&form)).await;
        assert_eq!(status, 200);
        let tokens: Value = response.json().await.unwrap();
        assert_eq!(tokens["token_type"], "Bearer");
        let claims = crate::harness::claims_of(tokens["access_token"].as_str().unwrap());
        assert_eq!((&claims["sub"], &claims["client_id"]), (&"report".into(), &"report".into()));
        let answer = house.exam().userinfo(tokens["access_token"].as_str().unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.text("error")), (403, "insufficient_scope"));
    })
    .await;
}

#[tokio::test]
async fn userinfo_takes_the_token_by_header_or_by_form_and_never_from_the_address() {
    house(async |house| {
        let (exam, tokens) = exam_tokens(house).await;
        let token = tokens.text("access_token");
        let by_get = exam.userinfo(token).await;
        let sub = tokens.claims("id_token")["sub"].clone();
        assert_eq!((by_get.status.as_u16(), &by_get.json["sub"]), (200, &sub));
        assert_eq!(by_get.headers["cache-control"], "no-store");
        for request in [
            to(house, Method::POST, "/userinfo").bearer_auth(token),
            to(house, Method::POST, "/userinfo").form(&[("access_token", token)]),
            to(house, Method::GET, "/userinfo").header("authorization", format!("bEARER {token}")),
        ] {
            let (response, _) = send(request).await;
            assert_eq!(response.json::<Value>().await.unwrap(), by_get.json);
        }
        let (_, status) = send(to(house, Method::GET, &format!("/userinfo?access_token={token}"))).await;
        assert_eq!(status, 401);
        let twice = to(house, Method::POST, "/userinfo").bearer_auth(token).form(&[("access_token", token)]);
        assert_eq!(error_of(twice).await, (400, "invalid_request".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn userinfo_challenges_without_a_code_and_refuses_with_one() {
    house(async |house| {
        let (response, status) = send(to(house, Method::GET, "/userinfo")).await;
        assert_eq!(
            (status.as_u16(), response.headers()["www-authenticate"].to_str().unwrap()),
            (401, "Bearer realm=\"menfu\"")
        );
        let (_, tokens) = exam_tokens(house).await;
        for wrong in ["x", tokens.text("id_token"), tokens.text("refresh_token")] {
            let (response, status) = send(to(house, Method::GET, "/userinfo").bearer_auth(wrong)).await;
            assert_eq!(status, 401);
            let challenge = response.headers()["www-authenticate"].to_str().unwrap();
            assert!(
                challenge.starts_with("Bearer ") && challenge.contains("error=\"invalid_token\""),
                "{challenge}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn an_access_token_with_a_changed_signature_is_not_ours() {
    house(async |house| {
        let (exam, tokens) = exam_tokens(house).await;
        let (message, _) = tokens.text("access_token").rsplit_once('.').unwrap();
        for forged in [format!("{message}."), format!("{message}.AAAA"), message.to_owned()] {
            assert_eq!(exam.userinfo(&forged).await.status, 401);
            assert_eq!(exam.introspect(&forged).await.json, serde_json::json!({ "active": false }));
        }
    })
    .await;
}

#[tokio::test]
async fn scripts_of_other_origins_may_call_what_no_cookie_opens() {
    house(async |house| {
        let preflight = |path: &str| {
            to(house, Method::OPTIONS, path)
                .header("origin", "https://exam.example")
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", "authorization")
        };
        for path in ["/token", "/userinfo", "/jwks"] {
            let (response, status) = send(preflight(path)).await;
            assert_eq!(status, 204, "{path}");
            assert_eq!(response.headers()["access-control-allow-origin"], "*");
            let allowed = response.headers()["access-control-allow-headers"].to_str().unwrap();
            assert!(allowed.contains("authorization"), "{path}");
            assert!(!response.headers().contains_key("access-control-allow-credentials"));
        }
        for path in ["/introspect", "/revoke", "/authorize", "/login", "/logout"] {
            let (response, _) = send(preflight(path)).await;
            assert!(!response.headers().contains_key("access-control-allow-origin"), "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn introspection_says_how_the_person_signed_in() {
    house(async |house| {
        let (exam, tokens) = exam_tokens(house).await;
        let answer = exam.introspect(tokens.text("access_token")).await;
        let id = tokens.claims("id_token");
        for (member, value) in [("active", &Value::Bool(true)), ("sub", &id["sub"]), ("acr", &id["acr"])] {
            assert_eq!(&answer.json[member], value, "{member}");
        }
        for member in ["auth_time", "exp", "iat"] {
            assert!(answer.json[member].is_i64(), "{member}");
        }
        assert_eq!(answer.json["token_type"], "Bearer");
        assert_eq!(answer.headers["cache-control"], "no-store");
    })
    .await;
}
