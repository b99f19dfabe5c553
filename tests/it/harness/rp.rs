//! A relying party made by hand: it can also send what a well-behaved library never would.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use reqwest::{Client, RequestBuilder, StatusCode, redirect};
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use super::browser::Page;

/// A client of `clients.toml` as the tests play it.
#[derive(Clone)]
pub struct Rp {
    pub issuer: Url,
    pub client_id: String,
    pub secret: Option<String>,
    pub redirect_uri: String,
    http: Client,
}

/// The verifier of RFC 7636, appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// An answer of a JSON endpoint.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub json: Value,
}

impl Rp {
    pub fn new(issuer: &Url, client_id: &str, secret: Option<&str>, redirect_uri: &str) -> Self {
        let http = Client::builder().redirect(redirect::Policy::none()).no_proxy();
        // A connection for each request: a balancer may send each to another node.
        let http = http.pool_max_idle_per_host(0).build().unwrap();
        Self {
            issuer: issuer.clone(),
            client_id: client_id.to_owned(),
            secret: secret.map(ToOwned::to_owned),
            redirect_uri: redirect_uri.to_owned(),
            http,
        }
    }

    /// The authorization request of a well-behaved client, with changes: `("scope", "openid")` replaces,
    /// `("state", "")` removes.
    pub fn authorize(&self, changes: &[(&str, &str)]) -> String {
        let challenge = B64.encode(Sha256::digest(VERIFIER));
        let mut pairs: Vec<(String, String)> = [
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", &self.redirect_uri),
            ("scope", "openid profile phone real_name"),
            ("state", "state-of-the-test"),
            ("nonce", "nonce-of-the-test"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .to_vec();
        for (key, value) in changes {
            pairs.retain(|(name, _)| name != key);
            if !value.is_empty() {
                pairs.push(((*key).to_owned(), (*value).to_owned()));
            }
        }
        let mut url = self.issuer.join("/authorize").unwrap();
        url.query_pairs_mut().extend_pairs(&pairs);
        url.into()
    }

    /// The parameters of the redirect back to this client.
    #[track_caller]
    pub fn returned(&self, page: &Page) -> Returned {
        let Some(url) = page.location() else {
            panic!("no redirect from {} ({}):\n{}", page.url, page.status, page.text())
        };
        assert!(url.as_str().starts_with(&self.redirect_uri), "redirected to {url}");
        Returned(url.query_pairs().into_owned().collect())
    }

    pub async fn exchange(&self, code: &str) -> Answer {
        self.exchange_with(code, &[]).await
    }

    pub async fn exchange_with(&self, code: &str, changes: &[(&str, &str)]) -> Answer {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.redirect_uri.as_str()),
            ("code_verifier", VERIFIER),
        ];
        for (key, value) in changes {
            form.retain(|(name, _)| name != key);
            if !value.is_empty() {
                form.push((key, value));
            }
        }
        self.post("/token", &form).await
    }

    pub async fn refresh(&self, refresh_token: &str) -> Answer {
        self.post("/token", &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
    }

    pub async fn introspect(&self, token: &str) -> Answer {
        self.post("/introspect", &[("token", token)]).await
    }

    pub async fn revoke(&self, token: &str) -> Answer {
        self.post("/revoke", &[("token", token)]).await
    }

    pub async fn userinfo(&self, access_token: &str) -> Answer {
        answer(self.http.get(self.issuer.join("/userinfo").unwrap()).bearer_auth(access_token)).await
    }

    /// Posts a form to an endpoint, authenticated as this client.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.try_post(path, form).await.unwrap()
    }

    /// The same, unless the connection breaks.
    pub async fn try_post(&self, path: &str, form: &[(&str, &str)]) -> Result<Answer, reqwest::Error> {
        let mut form = form.to_vec();
        let mut request = self.http.post(self.issuer.join(path).unwrap());
        match &self.secret {
            Some(secret) => request = request.basic_auth(&self.client_id, Some(secret)),
            None => form.push(("client_id", &self.client_id)),
        }
        try_answer(request.form(&form)).await
    }

    pub async fn get_json(&self, path: &str) -> Answer {
        answer(self.http.get(self.issuer.join(path).unwrap())).await
    }
}

async fn answer(request: RequestBuilder) -> Answer {
    try_answer(request).await.unwrap()
}

async fn try_answer(request: RequestBuilder) -> Result<Answer, reqwest::Error> {
    let response = request.send().await?;
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await?;
    let json = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Ok(Answer { status, headers, json })
}

impl Answer {
    /// A string member of the answer.
    #[track_caller]
    pub fn text(&self, member: &str) -> &str {
        self.json[member].as_str().unwrap_or_else(|| panic!("no {member} in {} {}", self.status, self.json))
    }

    /// The claims of the JWT in a member, without verifying it.
    #[track_caller]
    pub fn claims(&self, member: &str) -> Value {
        claims_of(self.text(member))
    }
}

/// The claims of a JWT, without verifying it.
pub fn claims_of(jwt: &str) -> Value {
    let payload = jwt.split('.').nth(1).unwrap();
    serde_json::from_slice(&B64.decode(payload).unwrap()).unwrap()
}

/// The header of a JWT.
pub fn header_of(jwt: &str) -> Value {
    let header = jwt.split('.').next().unwrap();
    serde_json::from_slice(&B64.decode(header).unwrap()).unwrap()
}

/// The parameters of a redirect back to the client.
#[derive(Debug)]
pub struct Returned(pub Vec<(String, String)>);

impl Returned {
    #[track_caller]
    pub fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }

    pub fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}
