//! The façade against published vectors and against those who forge.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// One key pair of each algorithm for all tests of this floor.
pub(crate) struct TestKeys {
    pub(crate) es256: Signer,
    pub(crate) rs256: Signer,
    pub(crate) ps256: Signer,
    pub(crate) eddsa: Signer,
    pub(crate) jwks: Jwks,
    pub(crate) verifier: Verifier,
}

pub(crate) static KEYS: LazyLock<TestKeys> = LazyLock::new(|| {
    let [es256, rs256, ps256, eddsa] =
        [SigningAlg::Es256, SigningAlg::Rs256, SigningAlg::Ps256, SigningAlg::EdDsa]
            .map(|alg| NewKey::generate(alg).unwrap());
    let jwks = Jwks { keys: [&es256, &rs256, &ps256, &eddsa].map(|key| key.public.clone()).to_vec() };
    let signer = |key: &NewKey| Signer::new(key.public.alg, key.public.kid.clone(), &key.private).unwrap();
    TestKeys {
        es256: signer(&es256),
        rs256: signer(&rs256),
        ps256: signer(&ps256),
        eddsa: signer(&eddsa),
        verifier: Verifier::new(&jwks).unwrap(),
        jwks,
    }
});

fn signers() -> [&'static Signer; 4] {
    [&KEYS.es256, &KEYS.rs256, &KEYS.ps256, &KEYS.eddsa]
}

fn verify(token: &str) -> Result<Map<String, Value>, JoseError> {
    KEYS.verifier.verify(TokenType::IdToken, token)
}

/// A token with another header, its signature kept.
fn with_header(token: &str, header: &Value) -> String {
    let (_, rest) = token.split_once('.').unwrap();
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string()))
}

#[test]
fn the_thumbprint_is_that_of_rfc_7638() {
    // RFC 7638 §3.1.
    let material = Material::Rsa {
        n: "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiF\
            V4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7\
            d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44\
            -csFCur-kEgU8awapJzKnqDKgw"
            .to_owned(),
        e: "AQAB".to_owned(),
    };
    assert_eq!(material.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

/// RFC 8037 appendix A.
const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

#[test]
fn the_thumbprint_of_an_ed25519_key_is_that_of_rfc_8037() {
    let material = Material::Okp { crv: "Ed25519".to_owned(), x: X.to_owned() };
    assert_eq!(material.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn the_signature_of_rfc_8037_fits_and_a_changed_one_does_not() {
    let material = Material::Okp { crv: "Ed25519".to_owned(), x: X.to_owned() };
    let verifier = verifier(SigningAlg::EdDsa, &material).unwrap();
    let message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    let signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    verifier.verify(message, &decode(signature).unwrap()).unwrap();
    assert!(verifier.verify(b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZQ", &decode(signature).unwrap()).is_err());
}

#[test]
fn a_signature_of_one_rsa_padding_never_passes_for_the_other() {
    let token = KEYS.ps256.sign(TokenType::IdToken, &json!({})).unwrap();
    let header = json!({ "alg": "RS256", "kid": KEYS.ps256.kid() });
    assert!(matches!(verify(&with_header(&token, &header)), Err(JoseError::UnknownKey)));
    let material = KEYS.jwks.keys[2].material.clone();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let pkcs1 = verifier(SigningAlg::Rs256, &material).unwrap();
    assert!(pkcs1.verify(message.as_bytes(), &decode(signature).unwrap()).is_err());
}

#[test]
fn every_algorithm_signs_what_the_published_keys_verify() {
    for signer in signers() {
        let token = signer.sign(TokenType::IdToken, &json!({ "sub": "p_1", "n": 5 })).unwrap();
        let claims = verify(&token).unwrap();
        assert_eq!(claims.get("sub"), Some(&json!("p_1")), "{signer:?}");
    }
}

#[test]
fn the_key_set_shows_public_members_alone() {
    let published = serde_json::to_value(&KEYS.jwks).unwrap();
    for key in published["keys"].as_array().unwrap() {
        let mut names: Vec<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        let expected: &[&str] = match key["kty"].as_str().unwrap() {
            "EC" => &["alg", "crv", "kid", "kty", "use", "x", "y"],
            "OKP" => &["alg", "crv", "kid", "kty", "use", "x"],
            _ => &["alg", "e", "kid", "kty", "n", "use"],
        };
        assert_eq!(names, expected);
        assert_eq!(key["use"], "sig");
    }
    let read: Jwks = serde_json::from_value(published).unwrap();
    assert_eq!(read, KEYS.jwks);
}

#[test]
fn members_have_the_octet_lengths_of_rfc_7518() {
    // §6.2.1.2: coordinates are padded to 32 octets; §6.3.1.1: the modulus is not.
    for _ in 0..40 {
        let Material::Ec { x, y, .. } = NewKey::generate(SigningAlg::Es256).unwrap().public.material else {
            panic!()
        };
        assert_eq!((x.len(), y.len()), (43, 43));
    }
    let Material::Rsa { n, e } = &KEYS.jwks.keys[1].material else { panic!() };
    assert_eq!((decode(n).unwrap().len(), e.as_str()), (256, "AQAB"));
}

#[test]
fn one_kind_of_token_never_passes_for_another() {
    let kinds = [TokenType::IdToken, TokenType::AccessToken, TokenType::LogoutToken, TokenType::UserInfo];
    for signed in kinds {
        let token = KEYS.es256.sign(signed, &json!({})).unwrap();
        for read in kinds {
            assert_eq!(KEYS.verifier.verify(read, &token).is_ok(), signed == read, "{signed:?} as {read:?}");
        }
    }
}

#[test]
fn forged_headers_are_refused() {
    let token = KEYS.rs256.sign(TokenType::IdToken, &json!({ "sub": "p_1" })).unwrap();
    let kid = KEYS.rs256.kid();
    for header in [
        json!({ "alg": "none" }),
        json!({ "alg": "None", "kid": kid }),
        json!({ "alg": "HS256", "kid": kid }),
        json!({ "alg": "ES256", "kid": kid }),
        json!({ "alg": "RS256", "kid": "other" }),
        json!({ "alg": "RS256", "kid": kid, "crit": ["b64"], "b64": false }),
        json!({ "alg": "RS256", "kid": kid, "typ": "at+jwt" }),
        json!({ "kid": kid }),
        json!([]),
    ] {
        assert!(verify(&with_header(&token, &header)).is_err(), "{header}");
    }
}

#[test]
fn a_token_without_a_signature_is_refused() {
    let token = KEYS.es256.sign(TokenType::IdToken, &json!({ "sub": "p_1" })).unwrap();
    let (message, _) = token.rsplit_once('.').unwrap();
    assert!(verify(&format!("{message}.")).is_err());
    assert!(verify(message).is_err());
}

#[test]
fn a_changed_payload_is_refused() {
    let token = KEYS.es256.sign(TokenType::IdToken, &json!({ "sub": "p_1" })).unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let payload = URL_SAFE_NO_PAD.encode(r#"{"sub":"p_2"}"#);
    assert!(matches!(verify(&format!("{}.{payload}.{}", parts[0], parts[2])), Err(JoseError::Signature)));
}

#[test]
fn a_foreign_key_with_our_kid_is_refused() {
    let foreign = NewKey::generate(SigningAlg::Es256).unwrap();
    let signer = Signer::new(SigningAlg::Es256, KEYS.es256.kid().clone(), &foreign.private).unwrap();
    let token = signer.sign(TokenType::IdToken, &json!({ "sub": "p_1" })).unwrap();
    assert!(matches!(verify(&token), Err(JoseError::Signature)));
}

#[test]
fn a_number_no_clock_can_hold_is_no_panic() {
    let token = KEYS.es256.sign(TokenType::IdToken, &json!({ "exp": 1e30, "iat": u64::MAX })).unwrap();
    assert!(verify(&token).is_ok());
}

#[test]
fn a_private_key_of_the_other_algorithm_is_refused() {
    let key = NewKey::generate(SigningAlg::Es256).unwrap();
    assert!(Signer::new(SigningAlg::Rs256, key.public.kid, &key.private).is_err());
}

#[test]
fn an_endless_token_is_refused_unread() {
    assert!(matches!(verify(&"a".repeat(MAX_TOKEN + 1)), Err(JoseError::Malformed)));
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in "\\PC{0,200}") {
        prop_assert!(verify(&text).is_err());
    }

    #[test]
    fn any_three_parts_are_read_without_panic(header in ".{0,40}", payload in ".{0,40}", signature in ".{0,40}") {
        let token = [header, payload, signature].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
        prop_assert!(verify(&token).is_err());
    }
}
