//! The discovery documents, generated from what the code does (OpenID Connect Discovery §3, RFC 8414).

use serde::Serialize;

use super::{
    authorize::Prompt, claims, client::SigningAlg, issuer::Issuer, pkce::S256, response::ResponseMode, scope,
};
use crate::kernel::{Acr, Locale};

/// Where the endpoints are, below the issuer.
#[derive(Clone, Copy, Debug)]
pub struct Endpoints<'a> {
    /// `/authorize`.
    pub authorization: &'a str,
    /// `/token`.
    pub token: &'a str,
    /// `/userinfo`.
    pub userinfo: &'a str,
    /// `/jwks`.
    pub jwks: &'a str,
    /// `/introspect`.
    pub introspection: &'a str,
    /// `/revoke`.
    pub revocation: &'a str,
    /// `/logout`.
    pub end_session: &'a str,
    /// A page for relying parties' developers.
    pub terms: &'a str,
    /// What happens with data.
    pub privacy: &'a str,
}

/// The document of both well-known addresses; member names as registered.
#[derive(Clone, Debug, Serialize)]
pub struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    jwks_uri: String,
    introspection_endpoint: String,
    revocation_endpoint: String,
    end_session_endpoint: String,
    op_tos_uri: String,
    op_policy_uri: String,
    scopes_supported: &'static [&'static str],
    response_types_supported: [&'static str; 1],
    response_modes_supported: Vec<&'static str>,
    grant_types_supported: [&'static str; 3],
    subject_types_supported: [&'static str; 2],
    acr_values_supported: Vec<String>,
    prompt_values_supported: &'static [&'static str],
    id_token_signing_alg_values_supported: Vec<&'static str>,
    userinfo_signing_alg_values_supported: Vec<&'static str>,
    token_endpoint_auth_methods_supported: [&'static str; 4],
    token_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    introspection_endpoint_auth_methods_supported: [&'static str; 3],
    introspection_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    revocation_endpoint_auth_methods_supported: [&'static str; 4],
    revocation_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    code_challenge_methods_supported: [&'static str; 1],
    claim_types_supported: [&'static str; 1],
    claims_supported: &'static [&'static str],
    ui_locales_supported: Vec<&'static str>,
    claims_parameter_supported: bool,
    request_parameter_supported: bool,
    request_uri_parameter_supported: bool,
    require_request_uri_registration: bool,
    authorization_response_iss_parameter_supported: bool,
    backchannel_logout_supported: bool,
    backchannel_logout_session_supported: bool,
    frontchannel_logout_supported: bool,
    frontchannel_logout_session_supported: bool,
}

impl Metadata {
    /// What this provider says about itself.
    #[must_use]
    pub fn new(issuer: &Issuer, endpoints: &Endpoints<'_>, acr_prefix: &str) -> Self {
        Self {
            issuer: issuer.as_str().to_owned(),
            authorization_endpoint: issuer.url(endpoints.authorization),
            token_endpoint: issuer.url(endpoints.token),
            userinfo_endpoint: issuer.url(endpoints.userinfo),
            jwks_uri: issuer.url(endpoints.jwks),
            introspection_endpoint: issuer.url(endpoints.introspection),
            revocation_endpoint: issuer.url(endpoints.revocation),
            end_session_endpoint: issuer.url(endpoints.end_session),
            op_tos_uri: issuer.url(endpoints.terms),
            op_policy_uri: issuer.url(endpoints.privacy),
            scopes_supported: scope::SUPPORTED,
            response_types_supported: ["code"],
            response_modes_supported: ResponseMode::ALL.iter().map(|mode| mode.as_str()).collect(),
            grant_types_supported: ["authorization_code", "refresh_token", "client_credentials"],
            subject_types_supported: ["pairwise", "public"],
            acr_values_supported: Acr::all().iter().map(|acr| acr.format(acr_prefix)).collect(),
            prompt_values_supported: Prompt::SUPPORTED,
            id_token_signing_alg_values_supported: algorithms(),
            userinfo_signing_alg_values_supported: algorithms(),
            token_endpoint_auth_methods_supported: METHODS,
            token_endpoint_auth_signing_alg_values_supported: algorithms(),
            introspection_endpoint_auth_methods_supported: CONFIDENTIAL,
            introspection_endpoint_auth_signing_alg_values_supported: algorithms(),
            revocation_endpoint_auth_methods_supported: METHODS,
            revocation_endpoint_auth_signing_alg_values_supported: algorithms(),
            code_challenge_methods_supported: [S256],
            claim_types_supported: ["normal"],
            claims_supported: claims::SUPPORTED,
            ui_locales_supported: Locale::ALL.iter().map(|locale| locale.tag()).collect(),
            claims_parameter_supported: true,
            request_parameter_supported: false,
            request_uri_parameter_supported: false,
            require_request_uri_registration: false,
            authorization_response_iss_parameter_supported: true,
            backchannel_logout_supported: true,
            backchannel_logout_session_supported: true,
            frontchannel_logout_supported: true,
            frontchannel_logout_session_supported: true,
        }
    }
}

/// The ways of those who can prove themselves.
const CONFIDENTIAL: [&str; 3] = ["client_secret_basic", "client_secret_post", "private_key_jwt"];
/// Every way; public clients may not introspect.
const METHODS: [&str; 4] = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"];

fn algorithms() -> Vec<&'static str> {
    SigningAlg::ALL.iter().map(|alg| alg.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::protocol::client::{AuthMethod, GrantType, SubjectType};

    fn document() -> Value {
        let endpoints = Endpoints {
            authorization: "/authorize",
            token: "/token",
            userinfo: "/userinfo",
            jwks: "/jwks",
            introspection: "/introspect",
            revocation: "/revoke",
            end_session: "/logout",
            terms: "/legal/terms",
            privacy: "/legal/privacy",
        };
        let issuer = "https://sso.example/op".parse().unwrap();
        serde_json::to_value(Metadata::new(&issuer, &endpoints, "urn:menfu:acr:")).unwrap()
    }

    fn list(name: &str) -> Vec<String> {
        serde_json::from_value(document()[name].clone()).unwrap()
    }

    #[test]
    fn the_issuer_is_exact_and_every_endpoint_hangs_below_it() {
        let document = document();
        assert_eq!(document["issuer"], "https://sso.example/op");
        for (name, value) in document.as_object().unwrap() {
            if name.ends_with("_endpoint") || name.ends_with("_uri") {
                assert!(value.as_str().unwrap().starts_with("https://sso.example/op/"), "{name}");
            }
        }
    }

    #[test]
    fn what_the_specifications_require_is_there() {
        assert!(list("scopes_supported").contains(&"openid".to_owned()));
        assert!(list("id_token_signing_alg_values_supported").contains(&"RS256".to_owned()));
        assert_eq!(list("response_types_supported"), ["code"]);
        assert_eq!(list("code_challenge_methods_supported"), ["S256"]);
        assert_eq!(list("ui_locales_supported"), ["zh-Hans", "zh-Hant", "en"]);
        assert_eq!(list("acr_values_supported").len(), 6);
    }

    #[test]
    fn what_defaults_to_true_and_is_not_there_is_denied() {
        let document = document();
        for name in ["request_uri_parameter_supported", "request_parameter_supported"] {
            assert_eq!(document[name], false, "{name}");
        }
        for name in [
            "claims_parameter_supported",
            "authorization_response_iss_parameter_supported",
            "backchannel_logout_supported",
            "backchannel_logout_session_supported",
        ] {
            assert_eq!(document[name], true, "{name}");
        }
    }

    #[test]
    fn every_value_listed_is_one_that_a_registration_can_have() {
        for method in list("token_endpoint_auth_methods_supported") {
            serde_json::from_value::<AuthMethod>(method.into()).unwrap();
        }
        for grant in list("grant_types_supported") {
            serde_json::from_value::<GrantType>(grant.into()).unwrap();
        }
        for subject in list("subject_types_supported") {
            serde_json::from_value::<SubjectType>(subject.into()).unwrap();
        }
        assert_eq!(list("prompt_values_supported"), Prompt::SUPPORTED);
    }
}
