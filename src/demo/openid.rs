//! The provider as a portal sees it, through the openidconnect crate: discovery, authorization, code exchange,
//! ID token, userinfo, sign-out. Foreign types do not leave this file.
//!
//! The provider's metadata are fetched when first needed and kept; they are fetched anew when a token names a key that
//! is not among them. A failed attempt leaves nothing behind, so that the provider may start later than the portal.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim,
    CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken,
    CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AccessToken, AccessTokenHash, AdditionalClaims, AuthenticationContextClass, AuthorizationCode,
    ClaimsVerificationError, Client, ClientId, ClientSecret, CsrfToken, EmptyExtraTokenFields,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IdToken, IdTokenClaims, IdTokenFields, IssuerUrl, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, ProviderMetadataWithLogout, RedirectUrl, Scope,
    SignatureVerificationError, StandardErrorResponse, StandardTokenResponse, SubjectIdentifier,
    TokenResponse, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;

use super::PortalSettings;
use super::logout_token::{self, Expected, LogoutOrder, LogoutTokenError};
use super::memory::SignIn;
use crate::kernel::{PlainToken, Secret, Timestamp};

type PortalClient = Client<
    SessionClaim,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;
type Tokens = StandardTokenResponse<
    IdTokenFields<
        SessionClaim,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;
type PortalIdToken =
    IdToken<SessionClaim, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type PortalClaims = IdTokenClaims<SessionClaim, CoreGenderClaim>;

/// Unknown keys make the portal ask the provider again, but no more often than this.
const REFRESH_SPAN: TimeDelta = TimeDelta::seconds(10);
const REQUEST_TIME: Duration = Duration::from_secs(10);
const SCOPES: [&str; 3] = ["profile", "phone", "real_name"];

/// `sid` (Back-Channel Logout §2.1), which the crate does not know.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct SessionClaim {
    sid: Option<String>,
}
impl AdditionalClaims for SessionClaim {}

/// The claims of userinfo that OpenID Connect does not define.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct OwnClaims {
    #[serde(flatten)]
    all: BTreeMap<String, Value>,
}
impl AdditionalClaims for OwnClaims {}

/// Why the provider's part did not work out.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenIdError {
    #[error("the provider does not answer: {0}")]
    Unavailable(String),
    #[error("the provider refuses: {0}")]
    Refused(String),
    #[error("the ID token is not good: {0}")]
    IdToken(String),
}

/// What the portal asks for beyond a plain sign-in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Wish {
    SignIn,
    /// 立即注册: `prompt=create`.
    Register,
    /// 去提升等级: the portal's level in `acr_values`.
    Raise,
}

/// What a verified ID token says; level and age are judged by `verdict.rs`.
pub(super) struct Proof {
    pub sub: String,
    pub sid: Option<String>,
    pub acr: Option<String>,
    pub auth_time: Option<Timestamp>,
    pub amr: Vec<String>,
    pub id_token: Secret,
    access_token: AccessToken,
}

/// The provider's metadata and keys, and when they were fetched.
struct Fetched {
    metadata: ProviderMetadataWithLogout,
    at: Timestamp,
}

/// The one provider of a portal.
pub(super) struct Provider {
    settings: Arc<PortalSettings>,
    http: reqwest::Client,
    fetched: Mutex<Option<Arc<Fetched>>>,
}

impl Provider {
    pub(super) fn new(settings: Arc<PortalSettings>) -> Result<Self, OpenIdError> {
        // Redirects would lead the client secret elsewhere.
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(REQUEST_TIME)
            .build();
        let http = http.map_err(|error| OpenIdError::Unavailable(error.to_string()))?;
        Ok(Self { settings, http, fetched: Mutex::new(None) })
    }

    /// The address to which the browser goes (OpenID Connect Core §3.1.2.1, RFC 7636).
    pub(super) async fn authorization_url(
        &self,
        wish: Wish,
        state: &PlainToken,
        sign_in: &SignIn,
    ) -> Result<Url, OpenIdError> {
        let client = self.client(&*self.fetched(sign_in.started).await?)?;
        let verifier = PkceCodeVerifier::new(sign_in.code_verifier.expose().to_owned());
        let state = CsrfToken::new(state.expose().to_owned());
        let nonce = Nonce::new(sign_in.nonce.expose().to_owned());
        let mut request = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || state, move || nonce)
            .add_scopes(SCOPES.map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        if wish == Wish::Register {
            request = request.add_extra_param("prompt", "create");
        }
        if wish == Wish::Raise || self.settings.min_level > crate::kernel::RealNameLevel::L1 {
            request =
                request.add_auth_context_value(AuthenticationContextClass::new(self.settings.wanted_acr()));
        }
        Ok(request.url().0)
    }

    /// Exchanges the code and verifies the ID token: signature, `iss`, `aud`, `exp`, `nonce`, `at_hash`.
    pub(super) async fn redeem(
        &self,
        code: &str,
        sign_in: &SignIn,
        now: Timestamp,
    ) -> Result<Proof, OpenIdError> {
        let fetched = self.fetched(now).await?;
        let tokens = self.exchange(&fetched, code, sign_in).await?;
        match self.verify(&fetched, &tokens, sign_in, now) {
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey,
            )) => {
                let anew = self.fetch_again(now).await?;
                self.verify(&anew, &tokens, sign_in, now)
            }
            verdict => verdict,
        }
        .map_err(|error| OpenIdError::IdToken(error.to_string()))
    }

    async fn exchange(&self, fetched: &Fetched, code: &str, sign_in: &SignIn) -> Result<Tokens, OpenIdError> {
        let client = self.client(fetched)?;
        let request = client.exchange_code(AuthorizationCode::new(code.to_owned())).map_err(refused)?;
        let verifier = PkceCodeVerifier::new(sign_in.code_verifier.expose().to_owned());
        request.set_pkce_verifier(verifier).request_async(&self.http).await.map_err(refused)
    }

    fn verify(
        &self,
        fetched: &Fetched,
        tokens: &Tokens,
        sign_in: &SignIn,
        now: Timestamp,
    ) -> Result<Proof, ClaimsVerificationError> {
        let client = self.client(fetched).map_err(other)?;
        let verifier = client.id_token_verifier().set_time_fn(move || now.utc());
        let id_token = tokens.id_token().ok_or_else(|| other("there is none"))?;
        let claims = id_token.claims(&verifier, &Nonce::new(sign_in.nonce.expose().to_owned()))?;
        if let Some(expected) = claims.access_token_hash() {
            // Core §3.1.3.8: the access token is the one that was issued with this ID token.
            let (alg, key) =
                (id_token.signing_alg().map_err(other)?, id_token.signing_key(&verifier).map_err(other)?);
            let actual = AccessTokenHash::from_token(tokens.access_token(), alg, key).map_err(other)?;
            if actual != *expected {
                return Err(other("at_hash is of another access token"));
            }
        }
        Ok(Proof::new(claims, id_token, tokens.access_token()))
    }

    /// The claims of the userinfo endpoint, for the very subject of the ID token (Core §5.3.2).
    pub(super) async fn userinfo(
        &self,
        proof: &Proof,
        now: Timestamp,
    ) -> Result<BTreeMap<String, Value>, OpenIdError> {
        let client = self.client(&*self.fetched(now).await?)?;
        let subject = SubjectIdentifier::new(proof.sub.clone());
        let request = client.user_info(proof.access_token.clone(), Some(subject)).map_err(refused)?;
        let claims: UserInfoClaims<OwnClaims, CoreGenderClaim> =
            request.request_async(&self.http).await.map_err(refused)?;
        let claims = serde_json::to_value(claims).map_err(refused)?;
        serde_json::from_value(claims).map_err(refused)
    }

    /// RP-Initiated Logout §2: where the sign-out goes on, when the provider has such an endpoint.
    pub(super) async fn logout_url(
        &self,
        id_token: &Secret,
        now: Timestamp,
    ) -> Result<Option<Url>, OpenIdError> {
        let fetched = self.fetched(now).await?;
        let endpoint = fetched.metadata.additional_metadata().end_session_endpoint.as_ref();
        Ok(endpoint.map(|endpoint| {
            let mut url = endpoint.url().clone();
            url.query_pairs_mut()
                .append_pair("id_token_hint", id_token.expose())
                .append_pair("client_id", self.settings.client_id.as_str())
                .append_pair("post_logout_redirect_uri", &self.settings.address("/signed-out"));
            url
        }))
    }

    /// Verifies a logout token with the provider's keys.
    pub(super) async fn logout_order(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<LogoutOrder, LogoutTokenError> {
        let expected =
            Expected { issuer: &self.settings.issuer, client_id: self.settings.client_id.as_str(), now };
        let check = |fetched: &Fetched| logout_token::verify(token, fetched.metadata.jwks().keys(), expected);
        let fetched = self.fetched(now).await.map_err(|_| LogoutTokenError::UnknownKey)?;
        match check(&fetched) {
            Err(LogoutTokenError::UnknownKey) => {
                check(&*self.fetch_again(now).await.map_err(|_| LogoutTokenError::UnknownKey)?)
            }
            verdict => verdict,
        }
    }

    fn client(&self, fetched: &Fetched) -> Result<PortalClient, OpenIdError> {
        let settings = &self.settings;
        let redirect_uri = RedirectUrl::new(settings.address("/callback")).map_err(refused)?;
        let client: PortalClient = Client::from_provider_metadata(
            fetched.metadata.clone(),
            ClientId::new(settings.client_id.as_str().to_owned()),
            Some(ClientSecret::new(settings.client_secret.expose().to_owned())),
        );
        Ok(client.set_redirect_uri(redirect_uri))
    }

    async fn fetched(&self, now: Timestamp) -> Result<Arc<Fetched>, OpenIdError> {
        let mut known = self.fetched.lock().await;
        match &*known {
            Some(fetched) => Ok(Arc::clone(fetched)),
            None => self.fetch(&mut known, now).await,
        }
    }

    async fn fetch_again(&self, now: Timestamp) -> Result<Arc<Fetched>, OpenIdError> {
        let mut known = self.fetched.lock().await;
        match &*known {
            Some(fetched) if now - fetched.at < REFRESH_SPAN => Ok(Arc::clone(fetched)),
            _ => self.fetch(&mut known, now).await,
        }
    }

    async fn fetch(
        &self,
        known: &mut Option<Arc<Fetched>>,
        now: Timestamp,
    ) -> Result<Arc<Fetched>, OpenIdError> {
        let issuer = IssuerUrl::new(self.settings.issuer.clone()).map_err(unavailable)?;
        let metadata =
            ProviderMetadataWithLogout::discover_async(issuer, &self.http).await.map_err(unavailable)?;
        let fetched = Arc::new(Fetched { metadata, at: now });
        *known = Some(Arc::clone(&fetched));
        Ok(fetched)
    }
}

impl Proof {
    fn new(claims: &PortalClaims, id_token: &PortalIdToken, access_token: &AccessToken) -> Self {
        let methods = claims.auth_method_refs().map(Vec::as_slice).unwrap_or_default();
        Self {
            sub: claims.subject().to_string(),
            sid: claims.additional_claims().sid.clone(),
            acr: claims.auth_context_ref().map(|acr| acr.to_string()),
            auth_time: claims.auth_time().map(|time| Timestamp::from_millis(time.timestamp_millis())),
            amr: methods.iter().map(|method| method.to_string()).collect(),
            id_token: Secret::from(id_token.to_string()),
            access_token: access_token.clone(),
        }
    }
}

fn unavailable<E: Display>(error: E) -> OpenIdError {
    OpenIdError::Unavailable(error.to_string())
}

fn refused<E: Display>(error: E) -> OpenIdError {
    OpenIdError::Refused(error.to_string())
}

fn other<E: Display>(error: E) -> ClaimsVerificationError {
    ClaimsVerificationError::Other(error.to_string())
}
