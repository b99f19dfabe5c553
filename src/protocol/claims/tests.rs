//! What each token says, and what it must not say.

use super::*;
use crate::kernel::PersonName;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_999);

fn issuer() -> Issuer {
    "https://sso.example".parse().unwrap()
}

fn valid() -> Validity {
    Validity { from: NOW, until: NOW + chrono::TimeDelta::minutes(10) }
}

fn who() -> Authentication {
    let acr = Acr { level: RealNameLevel::L2, mfa: false };
    Authentication {
        subject: "p_1".to_owned(),
        sid: "s-1".to_owned(),
        auth_time: NOW - chrono::TimeDelta::minutes(5),
        amr: Amr::password(),
        acr: Authentication::acr_text(acr, "urn:menfu:acr:"),
    }
}

fn person() -> PersonFacts {
    PersonFacts {
        subject: "p_1".to_owned(),
        username: "zhangsan".to_owned(),
        name: "张三".to_owned(),
        parts: "张三".parse::<PersonName>().unwrap().parts(),
        sex: Some(Sex::Male),
        birthdate: NaiveDate::from_ymd_opt(1990, 3, 7),
        phone: Some("+8613800138000".to_owned()),
        email: Some("zhang@example.cn".to_owned()),
        about: About {
            nickname: Some("小三".parse().unwrap()),
            profile: Some("https://people.example/3".parse().unwrap()),
            picture: Some("https://people.example/3.png".parse().unwrap()),
            website: Some("https://three.example/".parse().unwrap()),
            address: Some("深圳市无名路 1 号".parse().unwrap()),
        },
        locale: "zh-Hans".to_owned(),
        level: Some(RealNameLevel::L2),
        updated_at: NOW,
    }
}

fn shown(scope: &str) -> Vec<String> {
    let mut names: Vec<String> =
        userinfo(&person(), &scope.parse().unwrap(), &Wanted::new()).keys().cloned().collect();
    names.sort_unstable();
    names
}

#[test]
fn at_hash_is_that_of_the_published_example() {
    // OpenID Connect Core appendix A.3.
    assert_eq!(
        at_hash(SigningAlg::Rs256, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
        "77QmUPtjPfzWtF2AnpK9RQ"
    );
}

#[test]
fn an_id_token_has_seconds_and_no_claims_of_scopes() {
    let (issuer, who) = (issuer(), who());
    let token =
        serde_json::to_value(IdToken::new(&issuer, "exam", &who, Some("n"), "hash".to_owned(), valid()))
            .unwrap();
    assert_eq!(
        token,
        json!({
            "iss": "https://sso.example", "sub": "p_1", "aud": "exam", "nonce": "n", "sid": "s-1",
            "iat": 1_800_000_000, "exp": 1_800_000_600, "auth_time": 1_799_999_700,
            "acr": "urn:menfu:acr:L2", "amr": ["pwd"], "at_hash": "hash", "account_type": "person",
        })
    );
    let without =
        serde_json::to_value(IdToken::new(&issuer, "exam", &who, None, "hash".to_owned(), valid())).unwrap();
    assert!(without.get("nonce").is_none());
}

#[test]
fn an_access_token_has_the_claims_of_rfc_9068() {
    let (issuer, who, scope) = (issuer(), who(), "openid phone".parse().unwrap());
    let terms = AccessTerms {
        issuer: &issuer,
        client_id: "exam",
        audience: "https://api.example",
        jti: "j1",
        scope: &scope,
        valid: valid(),
    };
    let token = serde_json::to_value(AccessToken::of_person(&terms, &who)).unwrap();
    assert_eq!(
        token,
        json!({
            "iss": "https://sso.example", "sub": "p_1", "aud": "https://api.example", "client_id": "exam",
            "iat": 1_800_000_000, "exp": 1_800_000_600, "jti": "j1", "scope": "openid phone",
            "auth_time": 1_799_999_700, "acr": "urn:menfu:acr:L2", "amr": ["pwd"], "account_type": "person",
        })
    );
    let nothing = Scope::default();
    let own =
        serde_json::to_value(AccessToken::of_client(&AccessTerms { scope: &nothing, ..terms })).unwrap();
    assert_eq!(own["sub"], "exam");
    for absent in ["scope", "acr", "auth_time", "amr"] {
        assert!(own.get(absent).is_none(), "{absent}");
    }
}

#[test]
fn each_scope_shows_its_claims_and_no_others() {
    assert_eq!(shown("openid"), ["account_type", "sub"]);
    assert_eq!(shown("openid phone"), ["account_type", "phone_number", "phone_number_verified", "sub"]);
    assert_eq!(shown("openid email"), ["account_type", "email", "email_verified", "sub"]);
    assert_eq!(shown("openid real_name"), ["account_type", "name", "real_name_level", "sub"]);
    let profile = [
        "account_type",
        "birthdate",
        "family_name",
        "gender",
        "given_name",
        "locale",
        "name",
        "nickname",
        "picture",
        "preferred_username",
        "profile",
        "sub",
        "updated_at",
        "website",
        "zoneinfo",
    ];
    assert_eq!(shown("openid address"), ["account_type", "address", "sub"]);
    assert_eq!(shown("openid profile"), profile);
}

#[test]
fn userinfo_has_the_types_of_the_specification() {
    let claims = Value::Object(userinfo(
        &person(),
        &"openid profile email phone real_name".parse().unwrap(),
        &Wanted::new(),
    ));
    assert_eq!(claims["updated_at"], 1_800_000_000);
    assert_eq!(claims["birthdate"], "1990-03-07");
    assert_eq!(claims["gender"], "male");
    assert_eq!(claims["email_verified"], false);
    assert_eq!(claims["phone_number_verified"], true);
    assert_eq!(claims["real_name_level"], "L2");
    assert_eq!((&claims["family_name"], &claims["given_name"]), (&json!("张"), &json!("三")));
    let address = userinfo(&person(), &"openid address".parse().unwrap(), &Wanted::new());
    assert_eq!(address["address"], json!({ "formatted": "深圳市无名路 1 号" }));
}

#[test]
fn unset_claims_are_left_out() {
    let bare = PersonFacts {
        sex: None,
        birthdate: None,
        phone: None,
        email: None,
        level: None,
        name: String::new(),
        parts: None,
        about: About::default(),
        ..person()
    };
    let claims =
        userinfo(&bare, &"openid profile email phone address real_name".parse().unwrap(), &Wanted::new());
    for absent in [
        "family_name",
        "given_name",
        "middle_name",
        "nickname",
        "profile",
        "picture",
        "website",
        "address",
        "gender",
        "birthdate",
        "phone_number",
        "phone_number_verified",
        "email",
        "email_verified",
        "name",
        "real_name_level",
    ] {
        assert!(!claims.contains_key(absent), "{absent}");
    }
    assert!(claims.values().all(|value| !value.is_null() && value != ""));
}

#[test]
fn every_claim_shown_is_one_that_discovery_lists() {
    let (issuer, who) = (issuer(), who());
    let token =
        serde_json::to_value(IdToken::new(&issuer, "exam", &who, Some("n"), "hash".to_owned(), valid()))
            .unwrap();
    let names = token.as_object().unwrap().keys().cloned();
    for name in names.chain(shown("openid profile email phone address real_name offline_access")) {
        assert!(SUPPORTED.contains(&name.as_str()), "{name}");
    }
    for (name, _) in SHOWN {
        assert!(SUPPORTED.contains(name), "{name}");
    }
}

#[test]
fn a_logout_token_has_sid_and_event_and_no_nonce() {
    let issuer = issuer();
    let token = serde_json::to_value(LogoutToken::new(&issuer, "exam", "p_1", "s-1", "j1", valid())).unwrap();
    assert_eq!(
        token,
        json!({
            "iss": "https://sso.example", "sub": "p_1", "aud": "exam", "iat": 1_800_000_000, "exp": 1_800_000_600,
            "jti": "j1", "sid": "s-1", "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        })
    );
}

#[test]
fn introspection_repeats_the_claims_or_says_nothing() {
    let answer = introspection(&json!({ "sub": "p_1" }), Some("Bearer"));
    assert_eq!(answer, json!({ "sub": "p_1", "active": true, "token_type": "Bearer" }));
    assert_eq!(inactive(), json!({ "active": false }));
}
