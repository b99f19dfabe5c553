//! A relying party as it is registered: the keys of `clients.toml` and the rules they obey.
//!
//! The names are those of OpenID Connect Registration §2 where it has one, else those of this
//! product's own list, and no others (`deny_unknown_fields`). The room that reads the file turns
//! `secret_file` and the demo's `secret` into `secret_sha256` before it builds a [`Client`].

mod rules;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::rules::ClientFault;
use super::{client_auth::SecretSha256, redirect::RegisteredUri, scope::Scope};
use crate::kernel::{ClientId, RealNameLevel};

/// How a client proves itself at the token endpoint (Registration §2, `token_endpoint_auth_method`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// The secret in an `Authorization: Basic` header.
    #[default]
    ClientSecretBasic,
    /// The secret in the form body.
    ClientSecretPost,
    /// A statement signed with a key of its `jwks` or `jwks_uri` (Core §9).
    PrivateKeyJwt,
    /// A public client: nothing to prove with.
    None,
}

/// A grant a client may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// RFC 6749 §4.1.
    AuthorizationCode,
    /// RFC 6749 §6.
    RefreshToken,
    /// RFC 6749 §4.4.
    ClientCredentials,
}

/// Core §8: whether two sectors see the same `sub`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectType {
    /// Another `sub` in every sector.
    #[default]
    Pairwise,
    /// One `sub` everywhere.
    Public,
}

/// The signature algorithms this provider signs with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SigningAlg {
    /// ECDSA on P-256 with SHA-256, the default for new clients.
    #[default]
    #[serde(rename = "ES256")]
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256, which every OpenID provider must have.
    #[serde(rename = "RS256")]
    Rs256,
    /// RSASSA-PSS with SHA-256.
    #[serde(rename = "PS256")]
    Ps256,
    /// Ed25519 (RFC 8037).
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl SigningAlg {
    /// Every algorithm, as discovery lists them.
    pub const ALL: &'static [SigningAlg] = &[Self::Es256, Self::Rs256, Self::Ps256, Self::EdDsa];

    /// The registered JOSE name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::EdDsa => "EdDSA",
        }
    }
}

impl std::str::FromStr for SigningAlg {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|alg| alg.as_str() == name).ok_or(())
    }
}

/// Registration §2, `application_type`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationType {
    /// A web server.
    #[default]
    Web,
    /// An application on the person's device (RFC 8252).
    Native,
}

/// Who may be the subject of this client's tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AllowedSubject {
    /// A natural person only.
    #[default]
    Person,
    /// A unit only.
    Unit,
    /// Either, as the person chooses.
    Both,
}

/// Whose `sub` the client gets when a person acts for a unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectSource {
    /// That of the acting identity.
    #[default]
    Acting,
    /// Always the person's.
    Person,
}

/// The security profile a client is held to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecurityProfile {
    /// RFC 9700: code flow, PKCE, exact redirect URIs.
    #[default]
    Baseline,
}

/// The resource servers a client's access tokens may be for; the first unless it asks for another (RFC 8707).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ResourceServers {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl ResourceServers {
    /// All of them, the default first.
    #[must_use]
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Several(several) => several,
        }
    }
}

/// A registered relying party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Its identifier; never with the subject prefixes `p_` and `u_`.
    pub client_id: ClientId,
    /// The name people see.
    pub client_name: String,
    /// The English name, if there is one.
    #[serde(default, rename = "client_name#en")]
    pub client_name_en: Option<String>,
    /// Where answers may go, byte for byte.
    #[serde(default)]
    pub redirect_uris: Vec<RegisteredUri>,
    /// Where a sign-out may return to, byte for byte (RP-Initiated Logout §3).
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<RegisteredUri>,
    /// How it proves itself.
    #[serde(default)]
    pub token_endpoint_auth_method: AuthMethod,
    /// SHA-256 of its secret.
    #[serde(default)]
    pub secret_sha256: Option<SecretSha256>,
    /// Its public keys (Registration §2).
    #[serde(default)]
    pub jwks: Option<Value>,
    /// Where its public keys are, instead (Registration §2).
    #[serde(default)]
    pub jwks_uri: Option<RegisteredUri>,
    /// The one algorithm of its assertions; any of ours when absent (Registration §2).
    #[serde(default)]
    pub token_endpoint_auth_signing_alg: Option<SigningAlg>,
    /// The grants it may use; a refresh token is issued exactly when `refresh_token` stands here.
    #[serde(default = "code_grant")]
    pub grant_types: Vec<GrantType>,
    /// The scopes it may ask for.
    #[serde(default = "openid_scope")]
    pub scope: Scope,
    /// Pairwise unless it says otherwise.
    #[serde(default)]
    pub subject_type: SubjectType,
    /// How its ID tokens and logout tokens are signed.
    #[serde(default)]
    pub id_token_signed_response_alg: SigningAlg,
    /// How its userinfo is signed; plain JSON when absent (Core §5.3.2).
    #[serde(default)]
    pub userinfo_signed_response_alg: Option<SigningAlg>,
    /// Web server or native application.
    #[serde(default)]
    pub application_type: ApplicationType,
    /// Where a person may begin signing in to it (Core §4).
    #[serde(default)]
    pub initiate_login_uri: Option<RegisteredUri>,
    /// Where logout tokens go (Back-Channel Logout §2.2).
    #[serde(default)]
    pub backchannel_logout_uri: Option<RegisteredUri>,
    /// Whether its logout tokens must carry `sid`; ours always do.
    #[serde(default)]
    pub backchannel_logout_session_required: bool,
    /// What a browser that signs out loads in a frame (Front-Channel Logout §2).
    #[serde(default)]
    pub frontchannel_logout_uri: Option<RegisteredUri>,
    /// Whether `iss` and `sid` must stand in it; with ours they always do.
    #[serde(default)]
    pub frontchannel_logout_session_required: bool,
    /// The `aud` of its access tokens; the issuer when absent.
    #[serde(default)]
    pub audience: Option<ResourceServers>,
    /// Clients of one sector see the same pairwise `sub`.
    #[serde(default)]
    pub sector: Option<String>,
    /// Core §8.1; its host is the sector when `sector` is absent.
    #[serde(default)]
    pub sector_identifier_uri: Option<RegisteredUri>,
    /// The security profile.
    #[serde(default)]
    pub profile: SecurityProfile,
    /// PKCE is required; only a confidential client that predates it may switch this off.
    #[serde(default = "yes")]
    pub require_pkce: bool,
    /// The bureau's own service: no consent page.
    #[serde(default)]
    pub first_party: bool,
    /// The lowest real-name level of a person it takes.
    #[serde(default = "lowest_level")]
    pub min_person_level: RealNameLevel,
    /// The lowest real-name level of a unit it takes.
    #[serde(default)]
    pub min_unit_level: Option<RealNameLevel>,
    /// The kinds of unit it takes; empty for all.
    #[serde(default)]
    pub unit_id_types: Vec<String>,
    /// Whether a second factor is required.
    #[serde(default)]
    pub require_mfa: bool,
    /// Works as `max_age` in seconds; the smaller wins.
    #[serde(default)]
    pub max_auth_age: Option<u32>,
    /// Who may be the subject.
    #[serde(default)]
    pub allowed_subject: AllowedSubject,
    /// Whose `sub` it gets.
    #[serde(default)]
    pub subject_source: SubjectSource,
    /// Its home page.
    #[serde(default)]
    pub client_uri: Option<RegisteredUri>,
    /// What it does with data.
    #[serde(default)]
    pub policy_uri: Option<RegisteredUri>,
    /// Its terms.
    #[serde(default)]
    pub tos_uri: Option<RegisteredUri>,
}

impl Client {
    /// Whether the grant is registered.
    pub fn may_use(&self, grant: GrantType) -> bool {
        self.grant_types.contains(&grant)
    }

    /// A public client has no secret to prove itself with (RFC 6749 §2.1).
    pub fn is_public(&self) -> bool {
        self.token_endpoint_auth_method == AuthMethod::None
    }

    /// The sector of its pairwise subjects: `sector`, else the host of `sector_identifier_uri`, else
    /// the one host of its redirect URIs (Core §8.1). `None` when its hosts differ.
    pub fn sector(&self) -> Option<String> {
        if let Some(sector) = &self.sector {
            return Some(sector.clone());
        }
        if let Some(uri) = &self.sector_identifier_uri {
            return uri.host();
        }
        let mut hosts = self.redirect_uris.iter().map(RegisteredUri::host);
        let first = hosts.next()??;
        hosts.all(|host| host.as_deref() == Some(first.as_str())).then_some(first)
    }
}

fn code_grant() -> Vec<GrantType> {
    vec![GrantType::AuthorizationCode]
}

fn openid_scope() -> Scope {
    Scope::from_iter([super::scope::OPENID])
}

fn lowest_level() -> RealNameLevel {
    RealNameLevel::L1
}

fn yes() -> bool {
    true
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A confidential client at `https://exam.example/callback`, as the tests of this floor use it.
    pub(crate) fn exam() -> Client {
        from_toml(
            r#"
            client_id = "exam"
            client_name = "考试报名"
            redirect_uris = ["https://exam.example/callback"]
            post_logout_redirect_uris = ["https://exam.example/bye"]
            secret_sha256 = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
            grant_types = ["authorization_code", "refresh_token"]
            scope = "openid profile phone real_name offline_access"
            "#,
        )
    }

    pub(crate) fn from_toml(text: &str) -> Client {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn defaults_are_the_strict_ones() {
        let client = from_toml("client_id = \"a\"\nclient_name = \"A\"");
        assert!(client.require_pkce);
        assert!(!client.first_party);
        assert_eq!(client.subject_type, SubjectType::Pairwise);
        assert_eq!(client.id_token_signed_response_alg, SigningAlg::Es256);
        assert_eq!(client.grant_types, [GrantType::AuthorizationCode]);
        assert_eq!(client.scope.to_string(), "openid");
        assert_eq!(client.min_person_level, RealNameLevel::L1);
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let error = toml::from_str::<Client>("client_id = \"a\"\nclient_name = \"A\"\nmin_level = \"L2\"")
            .unwrap_err();
        assert!(error.to_string().contains("min_level"), "{error}");
    }

    #[test]
    fn the_sector_is_named_or_the_one_host_of_the_redirect_uris() {
        let mut client = exam();
        assert_eq!(client.sector().as_deref(), Some("exam.example"));
        client.redirect_uris.push("https://other.example/cb".parse().unwrap());
        assert_eq!(client.sector(), None);
        client.sector_identifier_uri = Some("https://sector.example/uris".parse().unwrap());
        assert_eq!(client.sector().as_deref(), Some("sector.example"));
        client.sector = Some("exams".to_owned());
        assert_eq!(client.sector().as_deref(), Some("exams"));
    }
}
