//! The grants: vectors, bindings, and those who try another's code.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::{
    kernel::{Amr, PersonId, RealNameLevel, SeededRng, SessionId},
    protocol::client::tests::exam,
};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const CALLBACK: &str = "https://exam.example/callback";
// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn token(seed: u64) -> PlainToken {
    PlainToken::generate(&SeededRng::new(seed))
}

fn acr(level: RealNameLevel) -> Acr {
    Acr { level, mfa: false }
}

fn grant() -> Grant {
    Grant {
        client_id: "exam".parse().unwrap(),
        person: PersonId::new(NOW, &SeededRng::new(1)),
        session: SessionId::new(NOW, &SeededRng::new(2)),
        scope: "openid profile phone".parse().unwrap(),
        auth_time: NOW,
        amr: Amr::password(),
        acr: acr(RealNameLevel::L2),
        nonce: None,
    }
}

fn terms() -> CodeTerms {
    CodeTerms {
        grant: grant(),
        redirect_uri: CALLBACK.to_owned(),
        code_challenge: Some(CHALLENGE.parse().unwrap()),
        expires_at: NOW + TimeDelta::seconds(60),
    }
}

fn redemption(redirect_uri: &str, verifier: Option<&str>) -> CodeRequest {
    CodeRequest {
        code: token(1),
        resource: None,
        redirect_uri: redirect_uri.to_owned(),
        code_verifier: verifier.map(str::to_owned),
    }
}

fn judge(request: &CodeRequest, terms: &CodeTerms) -> CodeVerdict {
    judge_code(&exam(), request, Some((terms, CodeState::Unused)), NOW)
}

#[track_caller]
fn refused(verdict: &CodeVerdict) {
    assert!(
        matches!(verdict, CodeVerdict::Refuse(error) if error.code == ErrorCode::InvalidGrant),
        "{verdict:?}"
    );
}

#[test]
fn the_verifier_of_rfc_7636_redeems_its_challenge() {
    assert_eq!(judge(&redemption(CALLBACK, Some(VERIFIER)), &terms()), CodeVerdict::Redeem);
}

#[test]
fn a_wrong_missing_or_plain_verifier_does_not() {
    for verifier in [None, Some("a".repeat(43)), Some(CHALLENGE.to_owned())] {
        refused(&judge(&redemption(CALLBACK, verifier.as_deref()), &terms()));
    }
}

#[test]
fn a_stripped_challenge_cannot_be_covered_by_a_verifier() {
    let bare = CodeTerms { code_challenge: None, ..terms() };
    assert_eq!(judge(&redemption(CALLBACK, None), &bare), CodeVerdict::Redeem);
    refused(&judge(&redemption(CALLBACK, Some(VERIFIER)), &bare));
}

#[test]
fn the_redirect_uri_is_compared_as_bytes() {
    for other in
        ["https://exam.example:443/callback", "https://exam.example/./callback", "https://exam.example/"]
    {
        refused(&judge(&redemption(other, Some(VERIFIER)), &terms()));
    }
}

#[test]
fn a_code_is_its_clients_alone_and_lives_sixty_seconds() {
    let request = redemption(CALLBACK, Some(VERIFIER));
    let other = Client { client_id: "insurance".parse().unwrap(), ..exam() };
    refused(&judge_code(&other, &request, Some((&terms(), CodeState::Unused)), NOW));
    refused(&judge_code(&exam(), &request, None, NOW));
    for (seconds, redeems) in [(59, true), (60, false), (61, false)] {
        let later = NOW + TimeDelta::seconds(seconds);
        let verdict = judge_code(&exam(), &request, Some((&terms(), CodeState::Unused)), later);
        assert_eq!(verdict == CodeVerdict::Redeem, redeems, "{seconds}");
    }
}

#[test]
fn a_replay_counts_from_its_own_client_even_late_and_from_nobody_else() {
    let request = redemption("https://exam.example/other", None);
    let later = NOW + TimeDelta::hours(1);
    let replay = judge_code(&exam(), &request, Some((&terms(), CodeState::Consumed)), later);
    assert_eq!(replay, CodeVerdict::Replay);
    let other = Client { client_id: "insurance".parse().unwrap(), ..exam() };
    refused(&judge_code(&other, &request, Some((&terms(), CodeState::Consumed)), later));
    assert_eq!(spent("replayed").code, ErrorCode::InvalidGrant);
}

fn read(pairs: &[(&str, &str)]) -> Result<TokenRequest, OAuthError> {
    let raw = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    TokenRequest::read(&exam(), &raw)
}

#[test]
fn each_grant_type_is_read_with_its_parameters() {
    let (code, refresh) = (token(1), token(2));
    let code = [("grant_type", "authorization_code"), ("code", code.expose()), ("redirect_uri", CALLBACK)];
    assert!(matches!(read(&code), Ok(TokenRequest::Code(_))));
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", refresh.expose()), ("scope", "openid")];
    assert!(matches!(read(&refresh), Ok(TokenRequest::Refresh(RefreshRequest { scope: Some(_), .. }))));
}

#[test]
fn what_is_missing_repeated_or_foreign_has_its_error() {
    let good = token(1);
    let code = ("grant_type", "authorization_code");
    for (pairs, expected) in [
        (vec![], ErrorCode::InvalidRequest),
        (vec![code, code], ErrorCode::InvalidRequest),
        (vec![("grant_type", "password")], ErrorCode::UnsupportedGrantType),
        (vec![("grant_type", "implicit")], ErrorCode::UnsupportedGrantType),
        (vec![("grant_type", "client_credentials")], ErrorCode::UnauthorizedClient),
        (vec![code, ("redirect_uri", CALLBACK)], ErrorCode::InvalidRequest),
        (vec![code, ("code", good.expose())], ErrorCode::InvalidRequest),
        (vec![code, ("code", "short"), ("redirect_uri", CALLBACK)], ErrorCode::InvalidGrant),
        (
            vec![code, ("code", good.expose()), ("redirect_uri", CALLBACK), ("code_verifier", "short")],
            ErrorCode::InvalidGrant,
        ),
        (vec![("grant_type", "refresh_token")], ErrorCode::InvalidRequest),
        (vec![("grant_type", "refresh_token"), ("refresh_token", "門")], ErrorCode::InvalidGrant),
        (
            vec![("grant_type", "refresh_token"), ("refresh_token", good.expose()), ("scope", "\"")],
            ErrorCode::InvalidScope,
        ),
    ] {
        assert_eq!(read(&pairs).unwrap_err().code, expected, "{pairs:?}");
    }
}

fn refresh(scope: Option<&str>) -> RefreshRequest {
    RefreshRequest { refresh_token: token(3), resource: None, scope: scope.map(|text| text.parse().unwrap()) }
}

#[test]
fn a_refresh_narrows_and_never_widens() {
    let judged = |scope| judge_refresh(&exam(), &refresh(scope), &grant());
    assert_eq!(judged(None).unwrap(), grant().scope);
    assert_eq!(judged(Some("phone openid")).unwrap().to_string(), "phone openid");
    assert_eq!(judged(Some("openid email")).unwrap_err().code, ErrorCode::InvalidScope);
}

#[test]
fn a_refresh_token_is_its_clients_alone() {
    let other = Client { client_id: "insurance".parse().unwrap(), ..exam() };
    let error = judge_refresh(&other, &refresh(None), &grant()).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidGrant);
}

#[test]
fn a_refresh_after_the_evidence_expired_never_says_the_higher_level() {
    let [l1, l2, l3] = RealNameLevel::ALL.map(acr);
    let mut client = exam();
    for (answered, truth, says) in [(l2, l2, l2), (l2, l3, l2), (l2, l1, l1), (l1, l3, l1)] {
        assert_eq!(renewed_acr(&client, answered, Some(truth)).unwrap(), says);
    }
    let strong = Acr { mfa: true, ..l2 };
    assert_eq!(renewed_acr(&client, strong, Some(l3)).unwrap(), l2);
    assert_eq!(renewed_acr(&client, l2, None).unwrap_err().code, ErrorCode::InvalidGrant);
    client.min_person_level = RealNameLevel::L2;
    assert_eq!(renewed_acr(&client, l2, Some(l1)).unwrap_err().code, ErrorCode::InvalidGrant);
}

#[test]
fn a_client_of_its_own_gets_no_scope_about_people() {
    let client = Client { scope: "openid profile audit.read audit.write".parse().unwrap(), ..exam() };
    let judged =
        |asked: Option<&str>| client_credentials_scope(&client, asked.map(|text| text.parse().unwrap()));
    assert_eq!(judged(None).unwrap().to_string(), "audit.read audit.write");
    assert_eq!(judged(Some("audit.read")).unwrap().to_string(), "audit.read");
    for wide in ["openid", "profile audit.read", "other"] {
        assert_eq!(judged(Some(wide)).unwrap_err().code, ErrorCode::InvalidScope, "{wide}");
    }
}

proptest! {
    #[test]
    fn no_form_panics(pairs in proptest::collection::vec(("grant_type|code|redirect_uri|scope|refresh_token|code_verifier", "\\PC{0,50}"), 0..8)) {
        let _ = TokenRequest::read(&exam(), &pairs.into_iter().collect());
    }

    #[test]
    fn only_the_right_verifier_redeems(verifier in "[A-Za-z0-9._~-]{43,128}") {
        prop_assume!(verifier != VERIFIER);
        refused(&judge(&redemption(CALLBACK, Some(&verifier)), &terms()));
    }
}
