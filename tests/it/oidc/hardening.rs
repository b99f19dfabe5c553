//! What is sent to confuse: forged hints, oversized and unknown parameters, tokens too short to be secret.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use serde_json::json;

use crate::harness::house;
use crate::people::{VERIFIED, browser_of, open_account, tokens_for};

#[tokio::test]
async fn a_forged_hint_is_an_invalid_request_and_no_server_error() {
    house(async |house| {
        let (rp, seed) = (house.exam(), open_account(house, VERIFIED).await);
        let (browser, tokens) = tokens_for(house, &rp, &seed, &[]).await;
        let id_token = tokens.text("id_token");
        let (header, rest) = id_token.split_once('.').unwrap();
        let header: serde_json::Value = serde_json::from_slice(&B64.decode(header).unwrap()).unwrap();
        let kid = header["kid"].clone();
        let endless = B64.encode(json!({ "iss": "x", "sub": "x", "exp": 1e30, "iat": u64::MAX }).to_string());
        let mut forged: Vec<String> = [
            json!({ "alg": "none" }),
            json!({ "alg": "none", "kid": kid }),
            json!({ "alg": "HS256", "kid": kid }),
            json!({ "alg": "EdDSA", "kid": kid }),
            json!({ "alg": "ES256", "kid": "../../keys/index.key" }),
            json!({ "alg": "ES256", "kid": "' OR '1'='1" }),
            json!({ "alg": "ES256", "kid": kid, "crit": ["exp"] }),
            json!({ "alg": "ES256", "kid": kid, "typ": "at+jwt" }),
            json!({ "alg": "ES256", "jku": "https://evil.example/jwks" }),
        ]
        .map(|header| format!("{}.{rest}", B64.encode(header.to_string())))
        .to_vec();
        forged.push(format!("{}.{endless}.AAAA", B64.encode(header.to_string())));
        forged.push(format!("{}.{endless}.", B64.encode(json!({ "alg": "none" }).to_string())));
        forged.push(tokens.text("access_token").to_owned());
        // Without a kid, and signed by the one key of its algorithm, only the header differs: not what was signed.
        forged.push(format!("{}.{rest}", B64.encode(json!({ "alg": "ES256" }).to_string())));
        for hint in forged {
            let asked = rp.authorize(&[("prompt", "none"), ("id_token_hint", &hint)]);
            let page = browser.get_once(&asked).await;
            assert_eq!(rp.returned(&page).get("error"), "invalid_request", "{hint}");
            let page = browser.get_once(&format!("/logout?id_token_hint={hint}")).await;
            assert_eq!(page.status, 400, "{hint}");
        }
        // Nothing of it ended the session.
        let quiet = rp.returned(&browser.get_once(&rp.authorize(&[("prompt", "none")])).await);
        assert!(quiet.find("code").is_some());
    })
    .await;
}

#[tokio::test]
async fn codes_and_tokens_have_256_bits_and_the_characters_of_rfc_6749() {
    house(async |house| {
        let (rp, seed) = (house.exam(), open_account(house, VERIFIED).await);
        let browser = browser_of(house, &seed).await;
        let mut seen = BTreeSet::new();
        for _ in 0..4 {
            let code = rp.returned(&browser.get(&rp.authorize(&[])).await).get("code").to_owned();
            let tokens = rp.exchange(&code).await;
            // Before a refresh token's 256 secret bits stand the number of its family and its own.
            for (secret, named) in [(code.as_str(), 0), (tokens.text("refresh_token"), 24)] {
                let bytes = B64.decode(secret).unwrap();
                assert_eq!(bytes.len(), named + 32, "{secret}");
                assert!(seen.insert(B64.encode(&bytes[named..])));
            }
            let access = tokens.text("access_token");
            assert!(access.bytes().all(|byte| (0x20..=0x7e).contains(&byte)));
            assert!(seen.insert(access.to_owned()));
        }
    })
    .await;
}

#[tokio::test]
async fn unknown_and_oversized_parameters_are_no_reason_to_fail() {
    house(async |house| {
        let (rp, seed) = (house.exam(), open_account(house, VERIFIED).await);
        let browser = browser_of(house, &seed).await;
        let (state, nonce) = ("s".repeat(3000), "n".repeat(1000));
        let asked = rp.authorize(&[
            ("state", &state),
            ("nonce", &nonce),
            ("login_hint", &"h".repeat(1000)),
            ("acr_values", &"urn:other ".repeat(100)),
            ("ui_locales", &"xx ".repeat(200)),
            ("display", "hologram"),
            ("unknown", "twice"),
            ("claims_locales", "se"),
        ]);
        let answer = rp.returned(&browser.get(&asked).await);
        assert_eq!(answer.get("state"), state);
        assert_eq!(rp.exchange(answer.get("code")).await.claims("id_token")["nonce"], nonce.as_str());
        let code = rp.returned(&browser.get(&rp.authorize(&[])).await).get("code").to_owned();
        let tokens = rp.exchange_with(&code, &[("unknown", &"x".repeat(2000)), ("max_age", "x")]).await;
        assert_eq!(tokens.status, 200, "{}", tokens.json);
    })
    .await;
}

#[tokio::test]
async fn a_parameter_of_the_token_request_stands_there_once() {
    house(async |house| {
        let (rp, seed) = (house.exam(), open_account(house, VERIFIED).await);
        let browser = browser_of(house, &seed).await;
        let code = rp.returned(&browser.get(&rp.authorize(&[])).await).get("code").to_owned();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", rp.redirect_uri.as_str()),
            ("code_verifier", crate::harness::rp::VERIFIER),
        ];
        for (name, value) in form {
            let twice = [form.as_slice(), &[(name, value)]].concat();
            let answer = rp.post("/token", &twice).await;
            assert_eq!((answer.status.as_u16(), answer.text("error")), (400, "invalid_request"), "{name}");
        }
        assert_eq!(rp.post("/token", &form).await.status, 200, "nothing was burnt");
    })
    .await;
}
