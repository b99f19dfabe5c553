//! What the provider says about itself, and whether it is true.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use serde_json::Value;

use crate::harness::{House, house};
use crate::people::{VERIFIED, open_account, tokens_for};

const OPENID: &str = "/.well-known/openid-configuration";

async fn document(house: &House) -> Value {
    house.exam().get_json(OPENID).await.json
}

fn strings(value: &Value) -> BTreeSet<&str> {
    value.as_array().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
}

#[tokio::test]
async fn both_documents_are_json_for_everybody_and_say_the_same() {
    house(async |house| {
        let openid = house.exam().get_json(OPENID).await;
        let oauth = house.exam().get_json("/.well-known/oauth-authorization-server").await;
        assert_eq!(openid.json, oauth.json);
        for answer in [openid, oauth] {
            assert_eq!(answer.status, 200);
            assert_eq!(answer.headers["content-type"], "application/json");
            assert_eq!(answer.headers["access-control-allow-origin"], "*");
        }
    })
    .await;
}

#[tokio::test]
async fn the_issuer_is_the_prefix_of_every_endpoint_and_none_is_missing() {
    house(async |house| {
        let document = document(house).await;
        let issuer = document["issuer"].as_str().unwrap();
        assert_eq!(issuer, house.issuer.as_str().trim_end_matches('/'));
        let http = reqwest::Client::new();
        for name in [
            "authorization_endpoint",
            "token_endpoint",
            "userinfo_endpoint",
            "jwks_uri",
            "introspection_endpoint",
            "revocation_endpoint",
            "end_session_endpoint",
            "op_tos_uri",
            "op_policy_uri",
        ] {
            let url = document[name].as_str().unwrap_or_else(|| panic!("no {name}"));
            assert!(url.starts_with(&format!("{issuer}/")), "{name}: {url}");
            let status = http.get(url).send().await.unwrap().status();
            assert!(status != 404 && !status.is_server_error(), "{name}: {status}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_not_there_is_denied() {
    house(async |house| {
        let document = document(house).await;
        for (name, value) in [
            ("request_parameter_supported", false),
            ("request_uri_parameter_supported", false),
            ("claims_parameter_supported", true),
            ("authorization_response_iss_parameter_supported", true),
            ("backchannel_logout_supported", true),
            ("backchannel_logout_session_supported", true),
            ("frontchannel_logout_supported", true),
            ("frontchannel_logout_session_supported", true),
        ] {
            assert_eq!(document[name], value, "{name}");
        }
        let rp = house.exam();
        for (name, error) in [
            ("request", "request_not_supported"),
            ("request_uri", "request_uri_not_supported"),
            ("registration", "registration_not_supported"),
        ] {
            let page = house.browser().get_once(&rp.authorize(&[(name, "x")])).await;
            assert_eq!(rp.returned(&page).get("error"), error);
        }
    })
    .await;
}

#[tokio::test]
async fn every_prompt_and_acr_listed_is_understood() {
    house(async |house| {
        let document = document(house).await;
        let rp = house.exam();
        for prompt in strings(&document["prompt_values_supported"]) {
            let page = house.browser().get_once(&rp.authorize(&[("prompt", prompt)])).await;
            let error = page.location().filter(|url| url.as_str().starts_with(&rp.redirect_uri));
            let understood = error.is_none_or(|url| url.as_str().contains("login_required"));
            assert!(understood, "{prompt}");
        }
        let seed = open_account(house, VERIFIED).await;
        let (_, tokens) = tokens_for(house, &rp, &seed, &[]).await;
        let acr = tokens.claims("id_token")["acr"].as_str().unwrap().to_owned();
        assert!(strings(&document["acr_values_supported"]).contains(acr.as_str()));
    })
    .await;
}

#[tokio::test]
async fn every_claim_shown_is_listed() {
    house(async |house| {
        let document = document(house).await;
        let listed = strings(&document["claims_supported"]);
        let seed = open_account(house, VERIFIED).await;
        let (_, tokens) = tokens_for(house, &house.exam(), &seed, &[]).await;
        let info = house.exam().userinfo(tokens.text("access_token")).await.json;
        for claims in [tokens.claims("id_token"), info] {
            for (name, value) in claims.as_object().unwrap() {
                assert!(listed.contains(name.as_str()), "{name}");
                assert!(!value.is_null() && value != "", "{name}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn the_key_set_shows_public_keys_and_the_one_that_signed() {
    house(async |house| {
        let answer = house.exam().get_json("/jwks").await;
        assert_eq!(answer.headers["access-control-allow-origin"], "*");
        let keys = answer.json["keys"].as_array().unwrap();
        let algorithms: BTreeSet<_> = keys.iter().map(|key| key["alg"].as_str().unwrap()).collect();
        assert_eq!(algorithms, BTreeSet::from(["ES256", "RS256", "PS256", "EdDSA"]));
        for key in keys {
            for private in ["d", "p", "q", "dp", "dq", "qi", "k", "oth"] {
                assert!(key.get(private).is_none(), "{private}");
            }
        }
        let kids: BTreeSet<_> = keys.iter().map(|key| key["kid"].as_str().unwrap()).collect();
        assert_eq!(kids.len(), keys.len());
        let seed = open_account(house, VERIFIED).await;
        let (_, tokens) = tokens_for(house, &house.exam(), &seed, &[]).await;
        for (member, typ) in [("id_token", "JWT"), ("access_token", "at+jwt")] {
            let header = tokens.text(member).split('.').next().unwrap().to_owned();
            let header: Value = serde_json::from_slice(&B64.decode(header).unwrap()).unwrap();
            assert!(kids.contains(header["kid"].as_str().unwrap()), "{member}");
            assert_eq!(header["typ"], typ);
        }
    })
    .await;
}
