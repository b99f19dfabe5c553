//! The lines of the protocol's checklist (C1 to C8) that no other file shows to be true.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use menfu::kernel::Clock;
use serde_json::{Value, json};

use crate::harness::house;
use crate::people::{VERIFIED, browser_of, code_for, open_account, tokens_for};

#[tokio::test]
async fn c1_the_metadata_has_the_types_of_the_specifications_and_canonical_languages() {
    house(async |house| {
        let document = house.exam().get_json("/.well-known/openid-configuration").await.json;
        for (name, value) in document.as_object().unwrap() {
            // Discovery §3, RFC 8414 §2: beside addresses there are lists of names and yes or no.
            if name == "issuer" || name.ends_with("_endpoint") || name.ends_with("_uri") {
                assert!(value.as_str().unwrap().parse::<url::Url>().is_ok(), "{name}");
            } else if let Some(listed) = value.as_array() {
                let names: BTreeSet<_> = listed.iter().map(|item| item.as_str().unwrap()).collect();
                assert!(!names.is_empty() && names.len() == listed.len(), "{name}");
            } else {
                assert!(value.is_boolean(), "{name}");
            }
        }
        // RFC 5646 §2.1.1: a language is small, a script begins with a capital.
        assert_eq!(document["ui_locales_supported"], json!(["zh-Hans", "zh-Hant", "en"]));
        let contains = |name: &str, value: &str| document[name].as_array().unwrap().contains(&value.into());
        assert!(contains("scopes_supported", "openid"));
        assert!(contains("id_token_signing_alg_values_supported", "RS256"));
        for member in ["end_session_endpoint", "claims_supported", "subject_types_supported"] {
            assert!(document.get(member).is_some(), "{member}");
        }
        for channel in ["backchannel", "frontchannel"] {
            for what in ["supported", "session_supported"] {
                assert!(document[format!("{channel}_logout_{what}")].is_boolean(), "{channel} {what}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn c3_a_nonce_may_be_missing_and_the_order_of_scopes_means_nothing() {
    house(async |house| {
        let (rp, seed) = (house.exam(), open_account(house, VERIFIED).await);
        let (_, plain) = tokens_for(house, &rp, &seed, &[]).await;
        let odd = [("nonce", ""), ("scope", "real_name phone profile openid")];
        let (_, tokens) = tokens_for(house, &rp, &seed, &odd).await;
        assert!(plain.claims("id_token")["nonce"].is_string());
        assert!(tokens.claims("id_token").get("nonce").is_none());
        let info =
            async |tokens: &crate::harness::Answer| rp.userinfo(tokens.text("access_token")).await.json;
        assert_eq!(info(&tokens).await, info(&plain).await);
    })
    .await;
}

#[tokio::test]
async fn c5_an_id_token_tells_sane_seconds_and_a_level_that_discovery_lists() {
    house(async |house| {
        let (rp, seed) = (house.exam(), open_account(house, VERIFIED).await);
        let asked = [("acr_values", "urn:menfu:acr:L1 urn:menfu:acr:L2")];
        let (_, tokens) = tokens_for(house, &rp, &seed, &asked).await;
        let (claims, now) = (tokens.claims("id_token"), house.clock.now().seconds());
        let second = |name: &str| claims[name].as_i64().unwrap();
        assert!(second("iat") <= now && second("auth_time") <= second("iat"));
        assert_eq!(second("exp") - second("iat"), 600);
        assert_eq!(tokens.json["expires_in"], 600);
        let listed = rp.get_json("/.well-known/openid-configuration").await.json;
        assert!(listed["acr_values_supported"].as_array().unwrap().contains(&claims["acr"]));
        assert_eq!(claims["aud"], rp.client_id.as_str());
        for (name, value) in claims.as_object().unwrap() {
            assert!(*value != Value::Null && value != "", "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn c6_a_code_replayed_late_is_an_invalid_grant_and_the_access_token_dies() {
    house(async |house| {
        let (rp, seed) = (house.exam(), open_account(house, VERIFIED).await);
        // Half a minute later, and when the code would not have lived any more.
        for later in [30, 90] {
            let (_, code) = code_for(house, &rp, &seed, &[]).await;
            let tokens = rp.exchange(&code).await;
            house.pass(TimeDelta::seconds(later));
            assert_eq!(rp.userinfo(tokens.text("access_token")).await.status, 200, "{later}");
            let again = rp.exchange(&code).await;
            assert_eq!((again.status.as_u16(), again.text("error")), (400, "invalid_grant"), "{later}");
            assert_eq!(rp.userinfo(tokens.text("access_token")).await.status, 401, "{later}");
        }
    })
    .await;
}

#[tokio::test]
async fn c8_with_nothing_but_a_state_the_person_is_asked_and_then_told_that_they_are_signed_out() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        for address in ["/logout", "/logout?state=bye"] {
            let browser = browser_of(house, &seed).await;
            let question = browser.get(address).await;
            assert_eq!(question.status, 200, "{address}");
            let told = browser.submit(question.form().press("all")).await;
            assert!(told.location().is_none(), "{address}");
            told.shows("您已退出登录");
            let quiet = browser.get_once(&house.exam().authorize(&[("prompt", "none")])).await;
            assert_eq!(house.exam().returned(&quiet).get("error"), "login_required", "{address}");
        }
    })
    .await;
}
