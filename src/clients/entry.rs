//! Writing an entry of `clients.toml`, every key with a comment, and telling a relying party what to configure.

use std::fmt::Write;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    kernel::{Rng, Secret, random_bytes},
    protocol::{
        client::{AuthMethod, Client, GrantType},
        client_auth::SecretSha256,
        issuer::Issuer,
    },
};

/// What `menfu clients add` is told.
#[derive(Clone, Debug)]
pub struct NewEntry {
    pub client_id: String,
    pub client_name: String,
    pub redirect_uris: Vec<String>,
    pub post_logout_redirect_uris: Vec<String>,
    pub public: bool,
}

/// A fresh secret of 256 random bits; a public client has none.
pub(super) fn fresh_secret(new: &NewEntry, rng: &dyn Rng) -> Option<Secret> {
    (!new.public).then(|| Secret::new(URL_SAFE_NO_PAD.encode(random_bytes::<32>(rng))))
}

/// The entry as text. What is commented out stands there with its default.
pub(super) fn text(new: &NewEntry, secret: Option<&Secret>) -> String {
    let method = if new.public { AuthMethod::None } else { AuthMethod::ClientSecretBasic };
    let mut entry = String::from("\n[[client]]\n");
    let mut line = |text: String| {
        entry.push_str(&text);
        entry.push('\n');
    };
    line(format!("# How the client names itself in requests.\nclient_id = {}", quoted(&new.client_id)));
    line(format!(
        "# The name people see when they sign in and consent.\nclient_name = {}",
        quoted(&new.client_name)
    ));
    line(format!(
        "# Where answers may go; compared byte for byte.\nredirect_uris = {}",
        list(&new.redirect_uris)
    ));
    line(format!(
        "# Where a sign-out may return to; compared byte for byte.\npost_logout_redirect_uris = {}",
        list(&new.post_logout_redirect_uris)
    ));
    line(format!(
        "# How it proves itself: client_secret_basic, client_secret_post, private_key_jwt, or none for a public client.\n\
         token_endpoint_auth_method = {}",
        quoted(method_name(method))
    ));
    if let Some(secret) = secret {
        let hash = String::from(SecretSha256::of(secret));
        line(format!(
            "# SHA-256 of its secret in hex (printf %s \"$secret\" | sha256sum); or secret_file = \"<path>\".\n\
             secret_sha256 = \"{hash}\""
        ));
    }
    entry.push_str(OPTIONAL);
    entry
}

/// Every other key, with its default and what it is for.
const OPTIONAL: &str = r#"# The scopes it may ask for: openid profile phone email address real_name offline_access.
scope = "openid profile real_name"
# The grants it may use: authorization_code, refresh_token, client_credentials.
# A refresh token is issued exactly when refresh_token stands here.
grant_types = ["authorization_code"]
# The lowest real-name level of a person it takes (L1 phone, L2 real name, L3 in person). Who is below is led
# through the upgrade inside the same request.
#min_person_level = "L1"
# A service of the bureau itself: people are not asked for consent.
#first_party = false
# Its home page, and the address where a person may begin to sign in (https).
#client_uri = "https://…"
#initiate_login_uri = "https://…"
# Where it is told that a session ended (OpenID Connect Back-Channel Logout).
#backchannel_logout_uri = "https://…"
#backchannel_logout_session_required = false
# What the browser loads in a frame when the session ends, of the origin of one of the redirect_uris; only for a system
# that cannot be told by the back channel (OpenID Connect Front-Channel Logout).
#frontchannel_logout_uri = "https://…"
#frontchannel_logout_session_required = false
# How its ID tokens are signed: ES256, RS256, PS256 or EdDSA.
#id_token_signed_response_alg = "ES256"
# How its userinfo is signed; plain JSON when left out.
#userinfo_signed_response_alg = "…"
# pairwise: another sub in every sector; public: one sub everywhere.
#subject_type = "pairwise"
# Clients of one sector see the same pairwise sub; else the one host of the redirect_uris is the sector.
#sector = "…"
# The aud of its access tokens, else the issuer; of several the first, unless it asks for another one as resource
# (RFC 8707).
#audience = ["https://…"]
# Works as max_age in seconds; the smaller wins.
#max_auth_age = 3600
# Only a confidential client that predates PKCE may say false.
#require_pkce = true
# With private_key_jwt and without a secret: its public keys, in one of two places, and the one algorithm of its
# assertions (else ES256, RS256, PS256 and EdDSA are taken).
#jwks_uri = "https://…"
#jwks = { keys = [{ … }] }
#token_endpoint_auth_signing_alg = "…"
# web, or native for an application on the person's device (RFC 8252).
#application_type = "web"
# The English name, and what it does with data.
#"client_name#en" = "…"
#policy_uri = "https://…"
#tos_uri = "https://…"
"#;

/// What the relying party needs to configure, as lines of `name: value`.
pub fn relying_party(client: &Client, issuer: &Issuer) -> String {
    let mut lines = vec![
        ("issuer", issuer.as_str().to_owned()),
        ("discovery", issuer.url("/.well-known/openid-configuration")),
        ("client_id", client.client_id.to_string()),
        ("token_endpoint_auth_method", method_name(client.token_endpoint_auth_method).to_owned()),
        ("response_type", "code".to_owned()),
        ("scope", client.scope.to_string()),
        ("id_token_signed_response_alg", client.id_token_signed_response_alg.as_str().to_owned()),
    ];
    if client.require_pkce {
        lines.push(("code_challenge_method", "S256".to_owned()));
    }
    if client.may_use(GrantType::RefreshToken) {
        lines.push(("refresh_token", "rotates; keep the newest".to_owned()));
    }
    for (name, uris) in [
        ("redirect_uri", client.redirect_uris.as_slice()),
        ("post_logout_redirect_uri", client.post_logout_redirect_uris.as_slice()),
    ] {
        lines.extend(uris.iter().map(|uri| (name, uri.as_str().to_owned())));
    }
    lines.push(("lowest level (acr)", client.min_person_level.to_string()));
    lines.into_iter().fold(String::new(), |mut text, (name, value)| {
        // Writing to a String does not fail.
        let _ = writeln!(text, "{name:<28} {value}");
        text
    })
}

fn method_name(method: AuthMethod) -> &'static str {
    match method {
        AuthMethod::ClientSecretBasic => "client_secret_basic",
        AuthMethod::ClientSecretPost => "client_secret_post",
        AuthMethod::PrivateKeyJwt => "private_key_jwt",
        AuthMethod::None => "none",
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn list(texts: &[String]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", quoted.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SeededRng;

    fn exam(public: bool) -> NewEntry {
        NewEntry {
            client_id: "exam".to_owned(),
            client_name: "考试\"报名\"".to_owned(),
            redirect_uris: vec!["https://exam.example/callback".to_owned()],
            post_logout_redirect_uris: vec!["https://exam.example/".to_owned()],
            public,
        }
    }

    fn parsed(entry: &str) -> Client {
        #[derive(serde::Deserialize)]
        struct File {
            client: Vec<Client>,
        }
        toml::from_str::<File>(entry).unwrap().client.remove(0)
    }

    #[test]
    fn a_written_entry_is_a_valid_client_that_its_secret_proves() {
        let issuer: Issuer = "https://sso.example".parse().unwrap();
        let secret = fresh_secret(&exam(false), &SeededRng::new(1)).unwrap();
        assert_eq!(secret.expose().len(), 43);
        let written = text(&exam(false), Some(&secret));
        assert!(!written.contains(secret.expose()), "the secret is shown once, not stored");
        let client = parsed(&written);
        assert_eq!(client.validate(&issuer), []);
        assert_eq!(client.client_name, "考试\"报名\"");
        assert!(client.secret_sha256.unwrap().matches(&secret));
    }

    #[test]
    fn a_public_client_has_no_secret() {
        assert!(fresh_secret(&exam(true), &SeededRng::new(1)).is_none());
        let client = parsed(&text(&exam(true), None));
        assert!(client.is_public());
        assert_eq!(client.validate(&"https://sso.example".parse().unwrap()), []);
    }

    #[test]
    fn what_is_commented_out_is_the_default() {
        let written = text(&exam(true), None);
        let spelled_out: String = written
            .lines()
            .map(|line| match line.strip_prefix('#') {
                Some(key) if !key.starts_with(' ') && !key.contains('…') && !key.contains("max_auth_age") => {
                    key
                }
                _ => line,
            })
            .collect::<Vec<_>>()
            .join("\n");
        assert_ne!(spelled_out, written);
        assert_eq!(parsed(&spelled_out), parsed(&written));
    }

    #[test]
    fn the_relying_party_is_told_what_to_configure() {
        let told = relying_party(&parsed(&text(&exam(true), None)), &"https://sso.example".parse().unwrap());
        for part in [
            "https://sso.example/.well-known/openid-configuration",
            "exam",
            "S256",
            "https://exam.example/callback",
        ] {
            assert!(told.contains(part), "{part} in {told}");
        }
    }
}
