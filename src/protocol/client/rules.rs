//! What a registration must obey before the provider starts with it.

use url::Url;

use super::{AllowedSubject, ApplicationType, AuthMethod, Client, GrantType, SubjectType};
use crate::protocol::{
    issuer::{Issuer, is_loopback},
    jose::{ClientKeys, KeySetError},
    redirect::RegisteredUri,
    scope::{self, Scope},
};

/// A registration that is refused, and which key is at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientFault {
    /// Subjects carry these prefixes, so that no client can pass for one.
    #[error("client_id: empty, or begins with p_ or u_, or holds a character outside A-Z a-z 0-9 . _ ~ -")]
    ClientId,
    /// Nothing to show people.
    #[error("client_name: empty")]
    ClientName,
    /// A client of the code grant without an address to answer to.
    #[error("redirect_uris: empty, but the authorization_code grant is registered")]
    NoRegisteredUri,
    /// An address that may not be registered.
    #[error("{key}: {uri} must be https without a fragment (http only on loopback)")]
    Uri {
        /// The key it stands under.
        key: &'static str,
        /// The address.
        uri: String,
    },
    /// Front-Channel Logout §2: a frame of ours shows nobody else's pages.
    #[error("frontchannel_logout_uri: scheme, host and port must be those of one of the redirect_uris")]
    ForeignFrame,
    /// A confidential client without a secret.
    #[error("secret_sha256: missing for a client that authenticates with a secret")]
    NoSecret,
    /// A public client with a secret.
    #[error("secret_sha256: a client with token_endpoint_auth_method = \"none\" has no secret")]
    SecretOfPublic,
    /// A client that signs needs no secret.
    #[error("secret_sha256: a client with token_endpoint_auth_method = \"private_key_jwt\" has no secret")]
    SecretOfSigner,
    /// A client that signs, without keys or with two places for them.
    #[error("jwks: private_key_jwt needs either jwks or jwks_uri, and not both")]
    KeysOfSigner,
    /// Keys that verify nothing.
    #[error("jwks: {0}")]
    Jwks(KeySetError),
    /// Keys of a client that does not sign.
    #[error("{0}: only for token_endpoint_auth_method = \"private_key_jwt\"")]
    OnlyForSigners(&'static str),
    /// A public client that would send codes without PKCE.
    #[error("require_pkce: may be false for confidential clients only")]
    PkceOfPublic,
    /// A public client cannot prove itself.
    #[error("grant_types: client_credentials needs a confidential client")]
    CredentialsOfPublic,
    /// A refresh token comes from a code.
    #[error("grant_types: refresh_token needs authorization_code")]
    RefreshWithoutCode,
    /// A scope this provider does not have.
    #[error("scope: {0} is not known here")]
    UnknownScope(String),
    /// A resource server that cannot be named.
    #[error("audience: empty, or a name with a blank in it")]
    Audience,
    /// Pairwise subjects need one sector.
    #[error("sector: required, because the redirect_uris have several hosts or none")]
    NoSector,
    /// A value whose effect does not exist; it is refused rather than ignored.
    #[error("{0}: this value has no effect in this version")]
    NotSupported(&'static str),
}

impl Client {
    /// Every fault of the registration; empty when it may be used under this issuer.
    pub fn validate(&self, issuer: &Issuer) -> Vec<ClientFault> {
        let rules: [fn(&Client) -> Option<ClientFault>; 9] =
            [identifier, name, frame, secret, keys, grants, audience, sector, not_supported];
        let mut faults: Vec<ClientFault> = rules.iter().filter_map(|rule| rule(self)).collect();
        faults.extend(self.public_faults());
        faults.extend(self.scope_faults());
        faults.extend(self.uri_faults(issuer));
        faults
    }

    /// RFC 9700 §2.1.1: a public client never goes without PKCE.
    fn public_faults(&self) -> Vec<ClientFault> {
        let mut faults = Vec::new();
        if self.is_public() && !self.require_pkce {
            faults.push(ClientFault::PkceOfPublic);
        }
        if self.is_public() && self.may_use(GrantType::ClientCredentials) {
            faults.push(ClientFault::CredentialsOfPublic);
        }
        faults
    }

    fn scope_faults(&self) -> Vec<ClientFault> {
        let supported: Scope = scope::SUPPORTED.iter().copied().collect();
        // A client of client credentials names the scopes of its own resources.
        if self.may_use(GrantType::ClientCredentials) {
            return Vec::new();
        }
        self.scope.without(&supported).iter().map(|name| ClientFault::UnknownScope(name.to_owned())).collect()
    }

    fn uri_faults(&self, issuer: &Issuer) -> Vec<ClientFault> {
        let lists = [
            ("redirect_uris", self.redirect_uris.as_slice()),
            ("post_logout_redirect_uris", self.post_logout_redirect_uris.as_slice()),
            ("initiate_login_uri", self.initiate_login_uri.as_slice()),
            ("backchannel_logout_uri", self.backchannel_logout_uri.as_slice()),
            ("frontchannel_logout_uri", self.frontchannel_logout_uri.as_slice()),
            ("jwks_uri", self.jwks_uri.as_slice()),
            ("sector_identifier_uri", self.sector_identifier_uri.as_slice()),
            ("client_uri", self.client_uri.as_slice()),
            ("policy_uri", self.policy_uri.as_slice()),
            ("tos_uri", self.tos_uri.as_slice()),
        ];
        let each = lists.into_iter().flat_map(|(key, uris)| uris.iter().map(move |uri| (key, uri)));
        each.filter(|(key, uri)| !self.may_register(key, uri, issuer))
            .map(|(key, uri)| ClientFault::Uri { key, uri: uri.as_str().to_owned() })
            .collect()
    }

    /// https everywhere; http on loopback while the issuer is there too, or for the redirects of a
    /// public native application (RFC 8252 §7.3), which may also own a private scheme (§7.1).
    fn may_register(&self, key: &str, uri: &RegisteredUri, issuer: &Issuer) -> bool {
        let Ok(url) = Url::parse(uri.as_str()) else { return false };
        let redirect = matches!(key, "redirect_uris" | "post_logout_redirect_uris");
        let native = redirect && self.is_public() && self.application_type == ApplicationType::Native;
        match url.scheme() {
            "https" => true,
            "http" => is_loopback(&url) && (issuer.is_loopback() || (native && is_address(&url))),
            scheme => native && scheme.contains('.'),
        }
    }
}

/// RFC 8252 §8.3: the loopback address, not the name `localhost`.
fn is_address(url: &Url) -> bool {
    url.domain().is_none()
}

fn identifier(client: &Client) -> Option<ClientFault> {
    let id = client.client_id.as_str();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'~' | b'-');
    let fits = !id.is_empty() && id.len() <= 100 && id.bytes().all(plain);
    (!fits || id.starts_with("p_") || id.starts_with("u_")).then_some(ClientFault::ClientId)
}

fn name(client: &Client) -> Option<ClientFault> {
    client.client_name.trim().is_empty().then_some(ClientFault::ClientName)
}

fn frame(client: &Client) -> Option<ClientFault> {
    let origin = |uri: &RegisteredUri| Url::parse(uri.as_str()).ok().map(|url| url.origin());
    let framed = origin(client.frontchannel_logout_uri.as_ref()?)?;
    let is_own = client.redirect_uris.iter().filter_map(origin).any(|own| own.is_tuple() && own == framed);
    (!is_own).then_some(ClientFault::ForeignFrame)
}

fn secret(client: &Client) -> Option<ClientFault> {
    match (client.token_endpoint_auth_method, &client.secret_sha256) {
        (AuthMethod::None, Some(_)) => Some(ClientFault::SecretOfPublic),
        (AuthMethod::PrivateKeyJwt, Some(_)) => Some(ClientFault::SecretOfSigner),
        (AuthMethod::None | AuthMethod::PrivateKeyJwt, None) | (_, Some(_)) => None,
        (_, None) => Some(ClientFault::NoSecret),
    }
}

fn keys(client: &Client) -> Option<ClientFault> {
    if client.token_endpoint_auth_method != AuthMethod::PrivateKeyJwt {
        let stray = [
            ("jwks", client.jwks.is_some()),
            ("jwks_uri", client.jwks_uri.is_some()),
            ("token_endpoint_auth_signing_alg", client.token_endpoint_auth_signing_alg.is_some()),
        ];
        return stray.iter().find(|(_, there)| *there).map(|(key, _)| ClientFault::OnlyForSigners(key));
    }
    match (&client.jwks, &client.jwks_uri) {
        (Some(jwks), None) => ClientKeys::read(jwks.to_string().as_bytes()).err().map(ClientFault::Jwks),
        (None, Some(_)) => None,
        _ => Some(ClientFault::KeysOfSigner),
    }
}

fn grants(client: &Client) -> Option<ClientFault> {
    let code = client.may_use(GrantType::AuthorizationCode);
    if client.may_use(GrantType::RefreshToken) && !code {
        return Some(ClientFault::RefreshWithoutCode);
    }
    (code && client.redirect_uris.is_empty()).then_some(ClientFault::NoRegisteredUri)
}

fn audience(client: &Client) -> Option<ClientFault> {
    let names = client.audience.as_ref()?.all();
    let plain = |name: &String| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
    (names.is_empty() || !names.iter().all(plain)).then_some(ClientFault::Audience)
}

fn sector(client: &Client) -> Option<ClientFault> {
    let pairwise =
        client.subject_type == SubjectType::Pairwise && client.may_use(GrantType::AuthorizationCode);
    (pairwise && client.sector().is_none()).then_some(ClientFault::NoSector)
}

fn not_supported(client: &Client) -> Option<ClientFault> {
    if client.allowed_subject != AllowedSubject::Person {
        return Some(ClientFault::NotSupported("allowed_subject"));
    }
    client.require_mfa.then_some(ClientFault::NotSupported("require_mfa"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::client::tests::{exam, from_toml};

    fn public_issuer() -> Issuer {
        "https://sso.example".parse().unwrap()
    }

    fn local_issuer() -> Issuer {
        "http://localhost:8080".parse().unwrap()
    }

    fn faults(change: impl FnOnce(&mut Client)) -> Vec<ClientFault> {
        let mut client = exam();
        change(&mut client);
        client.validate(&public_issuer())
    }

    #[test]
    fn a_plain_registration_has_no_fault() {
        assert_eq!(faults(|_| ()), []);
    }

    #[test]
    fn client_ids_never_look_like_subjects() {
        for id in ["p_1", "u_1", "a/b", "a+b", "a:b"] {
            assert_eq!(
                faults(|client| client.client_id = id.parse().unwrap()),
                [ClientFault::ClientId],
                "{id}"
            );
        }
    }

    #[test]
    fn secrets_belong_to_confidential_clients_alone() {
        assert_eq!(faults(|client| client.secret_sha256 = None), [ClientFault::NoSecret]);
        let public = |client: &mut Client| client.token_endpoint_auth_method = AuthMethod::None;
        assert_eq!(faults(public), [ClientFault::SecretOfPublic]);
    }

    #[test]
    fn only_a_confidential_client_may_go_without_pkce() {
        assert_eq!(faults(|client| client.require_pkce = false), []);
        let faults = faults(|client| {
            client.require_pkce = false;
            client.secret_sha256 = None;
            client.token_endpoint_auth_method = AuthMethod::None;
        });
        assert_eq!(faults, [ClientFault::PkceOfPublic]);
    }

    #[test]
    fn http_is_for_loopback_under_a_loopback_issuer() {
        let client = from_toml(
            r#"
            client_id = "demo"
            client_name = "Demo"
            sector = "demo"
            redirect_uris = ["http://127.0.0.1:8082/callback"]
            token_endpoint_auth_method = "none"
            "#,
        );
        assert_eq!(client.validate(&local_issuer()), []);
        assert!(matches!(
            client.validate(&public_issuer()).as_slice(),
            [ClientFault::Uri { key: "redirect_uris", .. }]
        ));
    }

    #[test]
    fn a_public_native_application_may_listen_on_the_loopback_address() {
        let native = |uri: &str| {
            let text = format!(
                "client_id = \"app\"\nclient_name = \"App\"\nsector = \"app\"\nredirect_uris = [\"{uri}\"]\n\
                 token_endpoint_auth_method = \"none\"\napplication_type = \"native\""
            );
            from_toml(&text).validate(&public_issuer()).is_empty()
        };
        assert!(native("http://127.0.0.1/cb"));
        assert!(native("http://[::1]/cb"));
        assert!(native("cn.example.app:/cb"));
        assert!(!native("http://localhost/cb"));
        assert!(!native("http://10.0.0.1/cb"));
        assert!(!native("javascript:alert(1)"));
    }

    #[test]
    fn a_frame_is_of_the_client_s_own_origin() {
        let framed = |uri: &str| {
            let uri = uri.parse().unwrap();
            faults(|client| client.frontchannel_logout_uri = Some(uri))
        };
        assert_eq!(framed("https://exam.example/bye?from=menfu"), []);
        for foreign in [
            "https://evil.example/bye",
            "https://exam.example:8443/bye",
            "https://exam.example.evil.example/",
        ] {
            assert_eq!(framed(foreign), [ClientFault::ForeignFrame], "{foreign}");
        }
        assert!(matches!(
            framed("http://exam.example/bye").as_slice(),
            [ClientFault::ForeignFrame, ClientFault::Uri { .. }]
        ));
    }

    #[test]
    fn every_named_address_is_checked() {
        let plain: RegisteredUri = "http://exam.example/x".parse().unwrap();
        let faults = faults(|client| {
            client.initiate_login_uri = Some(plain.clone());
            client.backchannel_logout_uri = Some(plain);
        });
        let keys: Vec<_> = faults
            .iter()
            .map(|fault| match fault {
                ClientFault::Uri { key, .. } => *key,
                other => panic!("{other}"),
            })
            .collect();
        assert_eq!(keys, ["initiate_login_uri", "backchannel_logout_uri"]);
    }

    #[test]
    fn pairwise_subjects_need_one_sector() {
        let two = |client: &mut Client| client.redirect_uris.push("https://b.example/cb".parse().unwrap());
        assert_eq!(faults(two), [ClientFault::NoSector]);
    }

    #[test]
    fn what_has_no_effect_yet_is_refused() {
        assert_eq!(faults(|client| client.require_mfa = true), [ClientFault::NotSupported("require_mfa")]);
        let unit = |client: &mut Client| client.allowed_subject = AllowedSubject::Unit;
        assert_eq!(faults(unit), [ClientFault::NotSupported("allowed_subject")]);
    }

    #[test]
    fn a_client_that_signs_has_its_keys_in_one_place_and_no_secret() {
        let signer = |change: &dyn Fn(&mut Client)| {
            faults(|client| {
                client.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
                client.secret_sha256 = None;
                change(client);
            })
        };
        let uri: RegisteredUri = "https://exam.example/jwks".parse().unwrap();
        let keys = serde_json::to_value(&crate::protocol::jose::tests::KEYS.jwks).unwrap();
        assert_eq!(signer(&|client| client.jwks_uri = Some(uri.clone())), []);
        assert_eq!(signer(&|client| client.jwks = Some(keys.clone())), []);
        assert_eq!(signer(&|_| ()), [ClientFault::KeysOfSigner]);
        let both = |client: &mut Client| {
            client.jwks = Some(keys.clone());
            client.jwks_uri = Some(uri.clone());
        };
        assert_eq!(signer(&both), [ClientFault::KeysOfSigner]);
        let empty = |client: &mut Client| client.jwks = Some(serde_json::json!({ "keys": [] }));
        assert_eq!(signer(&empty), [ClientFault::Jwks(KeySetError::NoKey)]);
        let plain = |client: &mut Client| client.jwks_uri = Some("http://exam.example/jwks".parse().unwrap());
        assert!(matches!(signer(&plain).as_slice(), [ClientFault::Uri { key: "jwks_uri", .. }]));
        let secret = exam().secret_sha256;
        let armed = |client: &mut Client| {
            client.jwks_uri = Some(uri.clone());
            client.secret_sha256 = secret.clone();
        };
        assert_eq!(signer(&armed), [ClientFault::SecretOfSigner]);
        let stray = |client: &mut Client| client.jwks_uri = Some(uri.clone());
        assert_eq!(faults(stray), [ClientFault::OnlyForSigners("jwks_uri")]);
    }

    #[test]
    fn resource_servers_have_names_without_blanks() {
        let with = |names: &[&str]| {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            faults(|client| client.audience = Some(super::super::ResourceServers::Several(names)))
        };
        assert_eq!(with(&["https://a.example/", "ledger"]), []);
        for bad in [&[][..], &[""], &["a b"], &["https://a.example/", "\n"]] {
            assert_eq!(with(bad), [ClientFault::Audience], "{bad:?}");
        }
    }

    #[test]
    fn unknown_scopes_and_bare_refresh_are_named() {
        let scope = |client: &mut Client| client.scope = "openid unit".parse().unwrap();
        assert_eq!(faults(scope), [ClientFault::UnknownScope("unit".to_owned())]);
        let refresh = |client: &mut Client| client.grant_types = vec![GrantType::RefreshToken];
        assert_eq!(faults(refresh), [ClientFault::RefreshWithoutCode]);
    }
}
