//! `private_key_jwt` while the store that remembers assertions does not answer.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use serde_json::json;

use super::house::{House, form};
use crate::{
    protocol::{
        client_auth::JWT_BEARER,
        jose::{TokenType, tests::KEYS},
    },
    provider::EndpointError,
    storage::{Ephemeral, EphemeralError},
};

/// A store that is gone.
struct Gone;

fn gone<T>() -> Result<T, EphemeralError> {
    Err(EphemeralError("gone".to_owned()))
}

#[async_trait]
impl Ephemeral for Gone {
    async fn put(&self, _: &str, _: &str, _: Duration) -> Result<(), EphemeralError> {
        gone()
    }

    async fn put_new(&self, _: &str, _: &str, _: Duration) -> Result<bool, EphemeralError> {
        gone()
    }

    async fn get(&self, _: &str) -> Result<Option<String>, EphemeralError> {
        gone()
    }

    async fn take(&self, _: &str) -> Result<Option<String>, EphemeralError> {
        gone()
    }

    async fn bump(&self, _: &str, _: Duration) -> Result<u64, EphemeralError> {
        gone()
    }
}

fn signer_client() -> String {
    let key = &KEYS.jwks.keys[0];
    let jwk = serde_json::to_value(key).unwrap();
    let members: Vec<_> =
        jwk.as_object().unwrap().iter().map(|(name, value)| format!("{name} = {value}")).collect();
    format!(
        "\n[[client]]\nclient_id = \"signer\"\nclient_name = \"S\"\ngrant_types = [\"client_credentials\"]\n\
         token_endpoint_auth_method = \"private_key_jwt\"\nscope = \"ledger.read\"\n\
         jwks = {{ keys = [{{ {} }}] }}\n",
        members.join(", ")
    )
}

async fn ask(house: &House) -> Option<(&'static str, u16)> {
    let now = house.ctx().now.seconds();
    let claims = json!({
        "iss": "signer", "sub": "signer", "aud": house.provider.settings().issuer, "jti": "j", "exp": now + 60,
    });
    let assertion = KEYS.es256.sign(TokenType::IdToken, &claims).unwrap();
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion.as_str()),
    ];
    match house.provider.exchange(&house.ctx(), None, &form(&fields)).await {
        Ok(_) => None,
        Err(EndpointError::OAuth(error)) => Some((error.code.as_str(), error.code.status())),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn while_nobody_can_tell_whether_an_assertion_was_used_nobody_gets_in() {
    assert_eq!(ask(&House::with_clients(&signer_client()).await).await, None);
    let house = House::with(&signer_client(), Some(Arc::new(Gone))).await;
    assert_eq!(ask(&house).await, Some(("temporarily_unavailable", 503)));
}
