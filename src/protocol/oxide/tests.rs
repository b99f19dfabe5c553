//! The verdicts of the machines on what we feed them, so that an update of the package that judges
//! otherwise is seen here first.

use proptest::prelude::*;

use super::*;
use crate::{
    kernel::{Acr, Amr, PersonId, RealNameLevel, SeededRng, SessionId, Timestamp},
    protocol::client::tests::exam,
};

const CALLBACK: &str = "https://exam.example/callback";
// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// Long before the machines' own clock: they must not judge expiry.
const LONG_AGO: Timestamp = Timestamp::from_seconds(0);

fn redirect() -> VerifiedRedirect {
    VerifiedRedirect::verify(&exam(), CALLBACK).unwrap()
}

fn scope(text: &str) -> Scope {
    text.parse().unwrap()
}

fn challenge() -> CodeChallenge {
    CHALLENGE.parse().unwrap()
}

fn asks(scope_text: &str, code_challenge: Option<&CodeChallenge>, pkce: PkceRule) -> Result<(), Refused> {
    let redirect = redirect();
    let parts = AuthorizationParts { redirect: &redirect, scope: scope_text, code_challenge, pkce };
    authorize(&parts, &scope("openid"))
}

fn terms(code_challenge: Option<CodeChallenge>) -> CodeTerms {
    let rng = SeededRng::new(1);
    CodeTerms {
        grant: Grant {
            client_id: "exam".parse().unwrap(),
            person: PersonId::new(LONG_AGO, &rng),
            session: SessionId::new(LONG_AGO, &rng),
            scope: scope("openid profile"),
            auth_time: LONG_AGO,
            amr: Amr::password(),
            acr: Acr { level: RealNameLevel::L1, mfa: false },
            nonce: None,
        },
        redirect_uri: CALLBACK.to_owned(),
        code_challenge,
        expires_at: LONG_AGO,
    }
}

fn redeems(client_id: &str, redirect_uri: &str, code_verifier: Option<&str>) -> bool {
    let parts = CodeParts { client_id, code: "c", redirect_uri, code_verifier };
    redeem(&parts, &terms(Some(challenge()))).is_ok()
}

fn renews(client_id: &str, scope: Option<&str>) -> bool {
    let parts = RefreshParts { refresh_token: "r", scope, client_id };
    renew(&parts, &terms(None).grant).is_ok()
}

#[test]
fn an_authorization_request_runs_through_to_its_end() {
    assert_eq!(asks("openid profile", Some(&challenge()), PkceRule::Required), Ok(()));
    assert_eq!(asks("openid", None, PkceRule::Optional), Ok(()));
}

#[test]
fn a_required_challenge_must_be_there() {
    assert_eq!(asks("openid", None, PkceRule::Required), Err(Refused));
}

#[test]
fn a_scope_outside_the_grammar_is_refused() {
    assert_eq!(asks("open\"id", Some(&challenge()), PkceRule::Required), Err(Refused));
}

#[test]
fn a_code_is_redeemed_by_its_client_at_its_address_with_its_verifier() {
    assert!(redeems("exam", CALLBACK, Some(VERIFIER)));
    assert!(!redeems("other", CALLBACK, Some(VERIFIER)));
    assert!(!redeems("exam", "https://exam.example/other", Some(VERIFIER)));
    assert!(!redeems("exam", CALLBACK, Some(CHALLENGE)));
    assert!(!redeems("exam", CALLBACK, None));
}

#[test]
fn the_machines_clock_judges_no_expiry() {
    // The terms of this test expired in 1970; whether that matters is decided in `token`.
    assert!(redeems("exam", CALLBACK, Some(VERIFIER)));
}

#[test]
fn a_code_without_a_challenge_takes_no_verifier() {
    let parts =
        |code_verifier| CodeParts { client_id: "exam", code: "c", redirect_uri: CALLBACK, code_verifier };
    assert_eq!(redeem(&parts(None), &terms(None)), Ok(()));
    assert_eq!(redeem(&parts(Some(VERIFIER)), &terms(None)), Err(Refused));
}

#[test]
fn a_refresh_is_for_the_client_and_narrows_only() {
    assert!(renews("exam", None));
    assert!(renews("exam", Some("profile openid")));
    assert!(renews("exam", Some("openid")));
    assert!(!renews("exam", Some("openid phone")));
    assert!(!renews("exam", Some("\"")));
    assert!(!renews("other", None));
}

proptest! {
    #[test]
    fn the_machines_never_panic(client in "\\PC{0,20}", uri in "\\PC{0,40}", verifier in "\\PC{0,60}", text in "\\PC{0,30}") {
        redeems(&client, &uri, Some(&verifier));
        renews(&client, Some(&text));
        let _ = asks(&text, Some(&challenge()), PkceRule::Required);
    }
}
