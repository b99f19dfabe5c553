//! The table of checks, row by row: who obeys and who tries.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    kernel::RealNameLevel,
    protocol::{
        client::{AuthMethod, GrantType, tests::exam},
        error::ErrorCode,
        jose::{TokenType, tests::KEYS},
    },
};

const PREFIX: &str = "urn:menfu:acr:";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The smallest request that passes, with parameters put in place of or beside its own.
fn raw(changes: &[(&str, &str)]) -> RawParams {
    let base = [
        ("response_type", "code"),
        ("client_id", "exam"),
        ("redirect_uri", "https://exam.example/callback"),
        ("scope", "openid profile"),
        ("state", "xyz"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let kept = base.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    kept.chain(changes).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn check_for(client: &Client, raw: RawParams) -> Result<ValidRequest, Box<Refusal>> {
    let issuer = "https://sso.example".parse().unwrap();
    let rules = Rules { issuer: &issuer, keys: &KEYS.verifier, acr_prefix: PREFIX };
    let request = AuthorizeRequest::read(raw).unwrap();
    let redirect = request.redirect(client).unwrap();
    request.check(client, redirect, &rules)
}

fn check(changes: &[(&str, &str)]) -> Result<ValidRequest, Box<Refusal>> {
    check_for(&exam(), raw(changes))
}

#[track_caller]
fn refused(changes: &[(&str, &str)], code: ErrorCode) {
    let refusal = check(changes).unwrap_err();
    assert_eq!(refusal.error.code, code, "{changes:?}: {}", refusal.error);
}

fn acr(level: RealNameLevel) -> Acr {
    Acr { level, mfa: false }
}

#[test]
fn a_plain_request_passes_every_row() {
    let valid = check(&[("nonce", "n1")]).unwrap();
    assert_eq!(valid.scope.to_string(), "openid profile");
    assert_eq!(valid.state.as_deref(), Some("xyz"));
    assert_eq!(valid.nonce.as_deref(), Some("n1"));
    assert_eq!(valid.code_challenge.unwrap().as_str(), CHALLENGE);
    assert_eq!(valid.prompt, Prompt::default());
    assert_eq!(valid.max_age, None);
}

#[test]
fn without_a_client_or_an_address_there_is_only_a_page() {
    for (changes, error) in [
        (vec![("client_id", "")], PageError::NoClientId),
        (vec![("client_id", "a"), ("client_id", "b")], PageError::NoClientId),
        (vec![("client_id", "门")], PageError::UnknownClient),
        (vec![("redirect_uri", "")], PageError::NoRedirectUri),
        (
            vec![("redirect_uri", "https://a.example"), ("redirect_uri", "https://b.example")],
            PageError::NoRedirectUri,
        ),
    ] {
        assert_eq!(AuthorizeRequest::read(raw(&changes)).unwrap_err(), error, "{changes:?}");
    }
}

#[test]
fn state_and_iss_come_back_on_errors() {
    let state = "a\"b\\c d&e=门".repeat(40);
    let refusal = check(&[("response_type", "token"), ("state", &state)]).unwrap_err();
    let response = refusal.response(&"https://sso.example".parse().unwrap());
    let location = response.location().unwrap();
    let url = url::Url::parse(location.as_str()).unwrap();
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    assert!(pairs.contains(&("state".to_owned(), state)));
    assert!(pairs.contains(&("iss".to_owned(), "https://sso.example".to_owned())));
    assert!(pairs.contains(&("error".to_owned(), "unsupported_response_type".to_owned())));
}

#[test]
fn the_mode_asked_for_is_kept_for_the_answer_and_for_refusals() {
    let mode = |changes: &[(&str, &str)]| match check(changes) {
        Ok(valid) => valid.response_mode,
        Err(refusal) => refusal.response_mode,
    };
    let form = ("response_mode", "form_post");
    assert_eq!(mode(&[]), ResponseMode::Query);
    assert_eq!(mode(&[("response_mode", "query")]), ResponseMode::Query);
    assert_eq!(mode(&[form]), ResponseMode::FormPost);
    assert_eq!(mode(&[form, ("request", "x")]), ResponseMode::FormPost);
    assert_eq!(mode(&[form, ("scope", "\"")]), ResponseMode::FormPost);
    assert_eq!(mode(&[form, ("scope", "openid"), ("scope", "openid")]), ResponseMode::FormPost);
    assert_eq!(mode(&[form, ("response_type", "")]), ResponseMode::FormPost);
    // With two modes a client can expect the query alone.
    assert_eq!(mode(&[form, form]), ResponseMode::Query);
    refused(&[form, form], ErrorCode::InvalidRequest);
}

#[test]
fn a_repeated_state_is_refused_and_none_of_the_two_comes_back() {
    let refusal = check(&[("state", "a"), ("state", "b")]).unwrap_err();
    assert_eq!((refusal.error.code, refusal.state), (ErrorCode::InvalidRequest, None));
}

#[test]
fn every_known_parameter_may_stand_there_once_only() {
    for name in
        ["scope", "response_type", "nonce", "prompt", "max_age", "code_challenge", "claims", "acr_values"]
    {
        refused(&[(name, "a"), (name, "a")], ErrorCode::InvalidRequest);
    }
}

#[test]
fn unknown_parameters_and_hints_are_no_error() {
    let others = [
        ("foo", "bar"),
        ("foo", "twice"),
        ("display", "popup"),
        ("ui_locales", "se fr zh-TW en"),
        ("claims_locales", "se"),
        ("login_hint", "zhangsan"),
        ("acr_values", "urn:other:1"),
    ];
    let valid = check(&others).unwrap();
    assert_eq!(valid.locale, Some(Locale::ZhHant));
    assert_eq!(valid.login_hint.as_deref(), Some("zhangsan"));
    assert_eq!(valid.acr, AcrRequest::Voluntary(vec![]));
}

#[test]
fn what_discovery_denies_is_refused_by_name() {
    refused(&[("request", "eyJhbGciOiJub25lIn0.e30.")], ErrorCode::RequestNotSupported);
    refused(&[("request_uri", "https://exam.example/r")], ErrorCode::RequestUriNotSupported);
    refused(&[("registration", "{}")], ErrorCode::RegistrationNotSupported);
    refused(&[("response_mode", "fragment")], ErrorCode::InvalidRequest);
}

#[test]
fn only_the_response_type_code_is_taken() {
    refused(&[("response_type", "")], ErrorCode::InvalidRequest);
    for other in ["token", "id_token", "code id_token", "code token", "none", "Code"] {
        refused(&[("response_type", other)], ErrorCode::UnsupportedResponseType);
    }
}

#[test]
fn a_client_without_the_code_grant_is_unauthorized() {
    let client = Client { grant_types: vec![GrantType::ClientCredentials], ..exam() };
    assert_eq!(check_for(&client, raw(&[])).unwrap_err().error.code, ErrorCode::UnauthorizedClient);
}

#[test]
fn pkce_is_s256_or_nothing() {
    for changes in [
        [("code_challenge", ""), ("code_challenge_method", "")],
        [("code_challenge", ""), ("code_challenge_method", "S256")],
        [("code_challenge", CHALLENGE), ("code_challenge_method", "")],
        [("code_challenge", CHALLENGE), ("code_challenge_method", "plain")],
        [("code_challenge", CHALLENGE), ("code_challenge_method", "s256")],
        [("code_challenge", "abc"), ("code_challenge_method", "S256")],
    ] {
        refused(&changes, ErrorCode::InvalidRequest);
    }
}

#[test]
fn a_confidential_client_that_predates_pkce_may_use_it_or_not() {
    let client = Client { require_pkce: false, ..exam() };
    let without = raw(&[("code_challenge", ""), ("code_challenge_method", "")]);
    assert_eq!(check_for(&client, without.clone()).unwrap().code_challenge, None);
    assert!(check_for(&client, raw(&[])).unwrap().code_challenge.is_some());
    let public = Client { token_endpoint_auth_method: AuthMethod::None, ..client };
    assert!(check_for(&public, without).is_err());
}

#[test]
fn scopes_not_understood_are_ignored_and_scopes_not_registered_are_refused() {
    assert_eq!(check(&[("scope", "unit openid foo phone")]).unwrap().scope.to_string(), "openid phone");
    refused(&[("scope", "openid email")], ErrorCode::InvalidScope);
    refused(&[("scope", "")], ErrorCode::InvalidScope);
    refused(&[("scope", "foo bar")], ErrorCode::InvalidScope);
    refused(&[("scope", "openid \"")], ErrorCode::InvalidScope);
}

#[test]
fn offline_access_is_ignored_where_no_refresh_token_is_registered() {
    assert!(check(&[("scope", "openid offline_access")]).unwrap().scope.contains("offline_access"));
    let client = Client { grant_types: vec![GrantType::AuthorizationCode], ..exam() };
    let valid = check_for(&client, raw(&[("scope", "openid offline_access")])).unwrap();
    assert_eq!(valid.scope.to_string(), "openid");
}

#[test]
fn prompt_none_stands_alone_and_unknown_values_are_refused() {
    assert!(check(&[("prompt", "none")]).unwrap().prompt.none);
    let both = check(&[("prompt", "login consent")]).unwrap().prompt;
    assert!(both.login && both.consent && !both.create);
    refused(&[("prompt", "none login")], ErrorCode::InvalidRequest);
    refused(&[("prompt", "none select_account")], ErrorCode::InvalidRequest);
    assert!(check(&[("prompt", "login select_account")]).unwrap().prompt.select_account);
    refused(&[("prompt", "NONE")], ErrorCode::InvalidRequest);
}

#[test]
fn the_smaller_max_age_wins() {
    assert_eq!(check(&[("max_age", "0")]).unwrap().max_age, Some(0));
    assert_eq!(check(&[("max_age", "99999999999999999999")]).unwrap().max_age, Some(u32::MAX));
    for bad in ["-1", "1.5", "1e3", "+5", "abc"] {
        refused(&[("max_age", bad)], ErrorCode::InvalidRequest);
    }
    let client = Client { max_auth_age: Some(600), ..exam() };
    for (asked, wins) in [("60", 60), ("6000", 600), ("", 600)] {
        assert_eq!(check_for(&client, raw(&[("max_age", asked)])).unwrap().max_age, Some(wins));
    }
}

#[test]
fn acr_is_read_from_acr_values_and_claims_win() {
    let values = ("acr_values", "urn:menfu:acr:L3 urn:other urn:menfu:acr:L2");
    let asked = AcrRequest::Voluntary(vec![acr(RealNameLevel::L3), acr(RealNameLevel::L2)]);
    assert_eq!(check(&[values]).unwrap().acr, asked);
    let claims = r#"{"id_token":{"acr":{"essential":true,"values":["urn:menfu:acr:L2"]}}}"#;
    let essential = AcrRequest::Essential(vec![acr(RealNameLevel::L2)]);
    assert_eq!(check(&[values, ("claims", claims)]).unwrap().acr, essential);
    let foreign = r#"{"id_token":{"acr":{"essential":true,"value":"gold"}}}"#;
    assert_eq!(check(&[("claims", foreign)]).unwrap().acr, AcrRequest::Essential(vec![]));
    refused(&[("claims", "{")], ErrorCode::InvalidRequest);
}

#[test]
fn the_answer_is_the_first_value_that_is_true_else_the_truth() {
    let [l1, l2, l3] = RealNameLevel::ALL.map(acr);
    assert_eq!(AcrRequest::NotAsked.answer(l2), l2);
    assert_eq!(AcrRequest::Voluntary(vec![l3, l1, l2]).answer(l2), l1);
    assert_eq!(AcrRequest::Voluntary(vec![l3]).answer(l2), l2);
    assert_eq!(AcrRequest::Essential(vec![l3, l2]).answer(l3), l3);
}

#[test]
fn an_expired_hint_of_ours_counts_and_every_other_is_refused() {
    let hint = |claims| KEYS.rs256.sign(TokenType::IdToken, &claims).unwrap();
    let ours = hint(json!({ "iss": "https://sso.example", "sub": "p_1", "aud": "exam", "exp": 1 }));
    assert_eq!(check(&[("id_token_hint", &ours)]).unwrap().subjects, ["p_1"]);
    let access =
        KEYS.rs256.sign(TokenType::AccessToken, &json!({ "iss": "https://sso.example", "sub": "p_1" }));
    for bad in [
        hint(json!({ "iss": "https://evil.example", "sub": "p_1" })),
        hint(json!({ "iss": "https://sso.example" })),
        access.unwrap(),
        "eyJhbGciOiJub25lIn0.e30.".to_owned(),
        format!("{ours}x"),
    ] {
        refused(&[("id_token_hint", &bad)], ErrorCode::InvalidRequest);
    }
}

#[test]
fn a_subject_fixed_by_claims_counts_beside_the_hint() {
    let claims = r#"{"id_token":{"sub":{"value":"p_9"}}}"#;
    assert_eq!(check(&[("claims", claims)]).unwrap().subjects, ["p_9"]);
}

#[test]
fn every_row_names_its_section() {
    assert!(CHECKS.iter().all(|row| row.section.contains(|c: char| c.is_ascii_digit())));
}

proptest! {
    #[test]
    fn no_parameter_value_panics_and_every_refusal_goes_to_the_verified_address(
        name in "scope|state|nonce|prompt|max_age|acr_values|claims|id_token_hint|ui_locales|code_challenge|response_type",
        value in "\\PC{0,60}",
    ) {
        if let Err(refusal) = check(&[(name.as_str(), value.as_str())]) {
            let issuer = "https://sso.example".parse().unwrap();
            let response = refusal.response(&issuer);
            let location = response.location().unwrap();
            prop_assert!(location.as_str().starts_with("https://exam.example/callback?error="));
            prop_assert!(!refusal.error.description().is_empty());
        }
    }
}
