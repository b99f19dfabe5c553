//! The `claims` parameter (Core §5.5) and what userinfo says (§5.3.2).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{House, Plan, Rp, house, house_of};
use crate::people::{TOLD_ALL, VERIFIED, browser_of, open_account, sign_in, tokens_for};

/// The ID token's and the userinfo claims of a first-party client that asks for `openid` and these claims.
async fn told(house: &House, rp: &Rp, claims: &Value) -> (Value, Value) {
    let seed = open_account(house, VERIFIED).await;
    let claims = claims.to_string();
    let (_, tokens) = tokens_for(house, rp, &seed, &[("scope", "openid"), ("claims", &claims)]).await;
    (tokens.claims("id_token"), rp.userinfo(tokens.text("access_token")).await.json)
}

#[tokio::test]
async fn claims_asked_for_by_name_come_where_they_were_asked_for() {
    house(async |house| {
        let asked = json!({
            "userinfo": { "name": { "essential": true }, "phone_number": null },
            "id_token": { "birthdate": { "essential": true }, "auth_time": { "essential": true } },
        });
        let (id_token, userinfo) = told(house, &house.exam(), &asked).await;
        assert!(id_token["birthdate"].is_string() && id_token["auth_time"].is_i64());
        assert!(userinfo["name"].is_string() && userinfo["phone_number"].is_string());
        for name in ["name", "phone_number"] {
            assert!(id_token.get(name).is_none(), "{name} in the ID token");
        }
        for name in ["birthdate", "preferred_username", "gender", "phone_number_verified"] {
            assert!(userinfo.get(name).is_none(), "{name} in userinfo");
        }
    })
    .await;
}

#[tokio::test]
async fn a_claim_of_another_value_than_asked_for_is_left_out() {
    house(async |house| {
        let asked = json!({
            "userinfo": { "locale": { "value": "en" }, "zoneinfo": { "values": ["Asia/Shanghai", "UTC"] } },
        });
        let (_, userinfo) = told(house, &house.exam(), &asked).await;
        assert!(userinfo.get("locale").is_none());
        assert_eq!(userinfo["zoneinfo"], "Asia/Shanghai");
    })
    .await;
}

#[tokio::test]
async fn what_no_scope_of_the_client_shows_is_not_told_by_name_either() {
    house(async |house| {
        // The exam portal has not registered email; nobody has registered the others.
        let asked = json!({
            "userinfo": { "email": { "essential": true }, "id_number": null, "password": null, "sub": null },
            "id_token": { "email": null, "real_name_level": null },
        });
        let (id_token, userinfo) = told(house, &house.exam(), &asked).await;
        let names: Vec<_> = userinfo.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["sub", "account_type"]);
        assert!(id_token.get("email").is_none() && id_token["real_name_level"] == "L2");
    })
    .await;
}

#[tokio::test]
async fn people_consent_to_what_is_asked_for_by_name() {
    house(async |house| {
        let (rp, seed) =
            (house.rp("college", Some("secret-of-college")), open_account(house, VERIFIED).await);
        let browser = browser_of(house, &seed).await;
        let bare = browser.get(&rp.authorize(&[("scope", "openid")])).await;
        let back = browser.submit(bare.form().press("yes")).await;
        assert!(rp.returned(&back).find("code").is_some());
        let claims = json!({ "id_token": { "phone_number": null } }).to_string();
        let asked = [("scope", "openid"), ("claims", claims.as_str())];
        let quiet = [asked.as_slice(), &[("prompt", "none")]].concat();
        assert_eq!(
            rp.returned(&browser.get_once(&rp.authorize(&quiet)).await).get("error"),
            "consent_required"
        );
        let question = browser.get(&rp.authorize(&asked)).await;
        question.shows("手机号码");
        let back = browser.submit(question.form().press("yes")).await;
        let tokens = rp.exchange(rp.returned(&back).get("code")).await;
        assert!(tokens.claims("id_token")["phone_number"].is_string());
        assert_eq!(tokens.json["scope"], "openid", "the consent widens no scope");
    })
    .await;
}

#[tokio::test]
async fn malformed_claims_are_an_invalid_request() {
    house(async |house| {
        let rp = house.exam();
        for claims in ["x", "[]", "{\"userinfo\":[]}", "{\"id_token\":{\"acr\":1}}", &"[".repeat(5000)] {
            let page = house.browser().get_once(&rp.authorize(&[("claims", claims)])).await;
            assert_eq!(rp.returned(&page).get("error"), "invalid_request", "{claims:.20}");
        }
    })
    .await;
}

#[tokio::test]
async fn claims_of_scopes_have_their_types_and_unset_ones_are_left_out() {
    house(async |house| {
        let (rp, seed) = (house.exam(), open_account(house, VERIFIED).await);
        let (_, tokens) = tokens_for(house, &rp, &seed, &[]).await;
        let info = rp.userinfo(tokens.text("access_token")).await.json;
        assert!(info["updated_at"].is_i64() && info["phone_number_verified"].is_boolean());
        assert!(info["phone_number"].as_str().unwrap().starts_with("+86"));
        assert_eq!(info["birthdate"].as_str().unwrap().len(), 10);
        for (name, value) in info.as_object().unwrap() {
            assert!(!value.is_null() && value != "", "{name}");
        }
        // C5: with an access token issued, the scopes' claims are in userinfo and not in the ID token.
        for name in ["name", "birthdate", "gender", "phone_number", "real_name_level", "updated_at"] {
            assert!(info.get(name).is_some() && tokens.claims("id_token").get(name).is_none(), "{name}");
        }
    })
    .await;
}

/// One of the bureau's own with every scope, and one that is not and asks for consent.
const EVERYTHING: &str = r#"
[[client]]
client_id = "office"
client_name = "人事办公"
secret = "secret-of-office"
redirect_uris = ["https://office.example/callback"]
scope = "openid profile email address phone real_name"
first_party = true

[[client]]
client_id = "courier"
client_name = "证书邮寄"
secret = "secret-of-courier"
redirect_uris = ["https://courier.example/callback"]
scope = "openid email address"
"#;
const ALL_SCOPES: (&str, &str) = ("scope", "openid profile email address phone real_name");

async fn house_with_everything(test: impl AsyncFnOnce(&House)) {
    let plan = Plan::default();
    house_of(Plan { clients: plan.clients.clone() + EVERYTHING, ..plan }, test).await;
}

fn office(house: &House) -> Rp {
    house.rp("office", Some("secret-of-office"))
}

fn names(claims: &Value) -> BTreeSet<String> {
    claims.as_object().unwrap().keys().cloned().collect()
}

#[tokio::test]
async fn a_person_who_told_all_has_every_standard_claim_and_discovery_lists_those_that_came() {
    house_with_everything(async |house| {
        let (rp, seed) = (office(house), open_account(house, TOLD_ALL).await);
        let (_, tokens) = tokens_for(house, &rp, &seed, &[ALL_SCOPES]).await;
        let info = rp.userinfo(tokens.text("access_token")).await.json;
        // Core §5.1, table 1, and §5.1.1.
        for (name, value) in [
            ("name", json!("DOE, JANE MARIE")),
            ("family_name", json!("DOE")),
            ("given_name", json!("JANE")),
            ("middle_name", json!("MARIE")),
            ("nickname", json!("Jenny")),
            ("preferred_username", json!("doejane")),
            ("profile", json!("https://people.example/jane")),
            ("picture", json!("https://people.example/jane.png")),
            ("website", json!("https://jane.example/")),
            ("gender", json!("female")),
            ("birthdate", json!("1990-02-14")),
            ("zoneinfo", json!("Asia/Shanghai")),
            ("locale", json!("zh-Hans")),
            ("email", json!("jane@people.example")),
            ("email_verified", json!(false)),
            ("phone_number", json!("+8619900000105")),
            ("phone_number_verified", json!(true)),
            ("address", json!({ "formatted": "广东省深圳市无名路 1 号" })),
        ] {
            assert_eq!(info[name], value, "{name}");
        }
        assert!(info["updated_at"].is_i64());
        let listed = rp.get_json("/.well-known/openid-configuration").await.json["claims_supported"].clone();
        let listed: BTreeSet<String> = serde_json::from_value(listed).unwrap();
        let came: BTreeSet<String> = &names(&info) | &names(&tokens.claims("id_token"));
        assert_eq!(listed, came);
    })
    .await;
}

#[tokio::test]
async fn nothing_is_made_up_for_a_person_who_told_nothing() {
    house_with_everything(async |house| {
        let (rp, seed) = (office(house), open_account(house, VERIFIED).await);
        let (_, tokens) = tokens_for(house, &rp, &seed, &[ALL_SCOPES]).await;
        let info = rp.userinfo(tokens.text("access_token")).await.json;
        assert_eq!((&info["family_name"], &info["given_name"]), (&json!("林"), &json!("晓雨")));
        for absent in
            ["middle_name", "nickname", "profile", "picture", "website", "email", "email_verified", "address"]
        {
            assert!(info.get(absent).is_none(), "{absent}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_address_is_told_by_name_to_a_client_that_registered_its_scope_and_to_no_other() {
    house_with_everything(async |house| {
        let seed = open_account(house, TOLD_ALL).await;
        let claims =
            json!({ "userinfo": { "address": { "essential": true }, "nickname": null } }).to_string();
        let asked = [("scope", "openid"), ("claims", claims.as_str())];
        for (rp, told) in [(office(house), ["address", "nickname"].as_slice()), (house.exam(), &["nickname"])]
        {
            let (_, tokens) = tokens_for(house, &rp, &seed, &asked).await;
            let info = rp.userinfo(tokens.text("access_token")).await.json;
            let beside = names(&info).into_iter().filter(|name| name != "sub" && name != "account_type");
            assert_eq!(beside.collect::<Vec<_>>(), told, "{}", rp.client_id);
        }
    })
    .await;
}

#[tokio::test]
async fn an_address_is_shown_masked_before_consent_and_told_after_it_only() {
    house_with_everything(async |house| {
        let (rp, seed) =
            (house.rp("courier", Some("secret-of-courier")), open_account(house, TOLD_ALL).await);
        let browser = house.browser();
        let page = browser.get(&rp.authorize(&[("scope", "openid address")])).await;
        let question = sign_in(&browser, &page, &seed).await;
        question.shows("广东省深圳市****");
        assert!(!question.html.contains("无名路") && !question.html.contains("jane@people.example"));
        let back = browser.submit(question.form().press("yes")).await;
        let tokens = rp.exchange(rp.returned(&back).get("code")).await;
        let info = rp.userinfo(tokens.text("access_token")).await.json;
        assert_eq!(info["address"]["formatted"], "广东省深圳市无名路 1 号");
        assert!(info.get("email").is_none(), "consent to an address is none to an e-mail address");
        let quiet = [("scope", "openid address email"), ("prompt", "none")];
        let back = rp.returned(&browser.get_once(&rp.authorize(&quiet)).await);
        assert_eq!(back.get("error"), "consent_required");
    })
    .await;
}
