//! The token endpoint: what a grant request must show, and what it gets (RFC 6749 §4.1.3, §4.4, §6).
//!
//! The decisions look at what was loaded and change nothing: a wrong client, address or verifier does
//! not burn a code, and only its own client's replay ends a family.

use super::{
    client::{Client, GrantType},
    error::{ErrorCode, OAuthError},
    grant::{CodeTerms, Grant},
    oxide::{self, CodeParts, RefreshParts},
    params::RawParams,
    pkce::is_verifier,
    resource,
    scope::{self, Scope},
};
use crate::kernel::{Acr, PlainToken, Timestamp};

/// A token request, its parameters read.
#[derive(Debug)]
pub enum TokenRequest {
    /// RFC 6749 §4.1.3.
    Code(CodeRequest),
    /// RFC 6749 §6.
    Refresh(RefreshRequest),
    /// RFC 6749 §4.4.2.
    ClientCredentials {
        /// Narrower than what is registered, if wanted.
        scope: Option<Scope>,
        /// For another resource server than the first, if wanted.
        resource: Option<String>,
    },
}

/// A code's redemption.
#[derive(Debug)]
pub struct CodeRequest {
    /// The code.
    pub code: PlainToken,
    /// RFC 8707 §2.2.
    pub resource: Option<String>,
    redirect_uri: String,
    code_verifier: Option<String>,
}

/// A refresh.
#[derive(Debug)]
pub struct RefreshRequest {
    /// The refresh token.
    pub refresh_token: PlainToken,
    /// RFC 8707 §2.2.
    pub resource: Option<String>,
    scope: Option<Scope>,
}

impl TokenRequest {
    /// Reads a token request, once its client is known.
    ///
    /// # Errors
    /// `invalid_request`, `unsupported_grant_type`, `unauthorized_client`, `invalid_scope`, `invalid_target`, and
    /// `invalid_grant` for a code or refresh token that cannot be one of ours.
    pub fn read(client: &Client, raw: &RawParams) -> Result<Self, OAuthError> {
        let grant_type = required(raw, "grant_type", "grant_type is missing or repeated")?;
        let grant = match grant_type {
            "authorization_code" => GrantType::AuthorizationCode,
            "refresh_token" => GrantType::RefreshToken,
            "client_credentials" => GrantType::ClientCredentials,
            _ => {
                return Err(OAuthError::new(
                    ErrorCode::UnsupportedGrantType,
                    "the grant type is not supported",
                ));
            }
        };
        // RFC 6749 §5.2, unauthorized_client.
        if !client.may_use(grant) {
            return Err(OAuthError::new(
                ErrorCode::UnauthorizedClient,
                "the client may not use this grant type",
            ));
        }
        match grant {
            GrantType::AuthorizationCode => read_code(raw),
            GrantType::RefreshToken => read_refresh(raw),
            GrantType::ClientCredentials => {
                Ok(Self::ClientCredentials { scope: read_scope(raw)?, resource: resource::one(raw)? })
            }
        }
    }
}

fn required<'a>(raw: &'a RawParams, name: &'static str, hint: &'static str) -> Result<&'a str, OAuthError> {
    raw.once(name).ok_or_else(|| OAuthError::new(ErrorCode::InvalidRequest, hint))
}

fn read_code(raw: &RawParams) -> Result<TokenRequest, OAuthError> {
    let code = required(raw, "code", "code is missing or repeated")?;
    let redirect_uri = required(raw, "redirect_uri", "redirect_uri is missing or repeated")?;
    let repeated = |_| OAuthError::new(ErrorCode::InvalidRequest, "code_verifier is repeated");
    let code_verifier = raw.one("code_verifier").map_err(repeated)?;
    // RFC 7636 §4.1, §4.6.
    if code_verifier.is_some_and(|verifier| !is_verifier(verifier)) {
        return Err(invalid_grant("code_verifier is malformed"));
    }
    Ok(TokenRequest::Code(CodeRequest {
        code: PlainToken::parse(code).map_err(|_| invalid_grant("the code is not valid"))?,
        resource: resource::one(raw)?,
        redirect_uri: redirect_uri.to_owned(),
        code_verifier: code_verifier.map(str::to_owned),
    }))
}

fn read_refresh(raw: &RawParams) -> Result<TokenRequest, OAuthError> {
    let token = required(raw, "refresh_token", "refresh_token is missing or repeated")?;
    let refresh_token =
        PlainToken::parse(token).map_err(|_| invalid_grant("the refresh token is not valid"))?;
    Ok(TokenRequest::Refresh(RefreshRequest {
        refresh_token,
        resource: resource::one(raw)?,
        scope: read_scope(raw)?,
    }))
}

fn read_scope(raw: &RawParams) -> Result<Option<Scope>, OAuthError> {
    let repeated = |_| OAuthError::new(ErrorCode::InvalidRequest, "scope is repeated");
    let text = raw.one("scope").map_err(repeated)?;
    text.map(str::parse)
        .transpose()
        .map_err(|_| OAuthError::new(ErrorCode::InvalidScope, "scope is malformed"))
}

fn invalid_grant(hint: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidGrant, hint)
}

/// What presenting a code means.
#[derive(Debug, PartialEq, Eq)]
pub enum CodeVerdict {
    /// Consume it and issue tokens.
    Redeem,
    /// Its own client used it before: the family ends (RFC 6749 §4.1.2, RFC 9700 §4.2.4).
    Replay,
    /// Nothing changes.
    Refuse(OAuthError),
}

/// Whether a stored code had been consumed when it was loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeState {
    /// Not yet.
    Unused,
    /// Before.
    Consumed,
}

/// Judges a redemption (RFC 6749 §4.1.3, RFC 7636 §4.6). `stored` is `None` for a code nobody issued.
#[must_use]
pub fn judge_code(
    client: &Client,
    request: &CodeRequest,
    stored: Option<(&CodeTerms, CodeState)>,
    now: Timestamp,
) -> CodeVerdict {
    let refuse = |cause: &str| CodeVerdict::Refuse(invalid_grant("the code is not valid").because(cause));
    let Some((terms, state)) = stored else { return refuse("unknown") };
    // RFC 6749 §4.1.3: issued to the authenticated client.
    if terms.grant.client_id != client.client_id {
        return refuse("issued to another client");
    }
    if state == CodeState::Consumed {
        return CodeVerdict::Replay;
    }
    if now >= terms.expires_at {
        return refuse("expired");
    }
    // RFC 6749 §4.1.3: identical to the one of the authorization request, compared as bytes.
    if terms.redirect_uri != request.redirect_uri {
        return refuse("another redirect_uri");
    }
    let parts = CodeParts {
        client_id: client.client_id.as_str(),
        code: request.code.expose(),
        redirect_uri: &request.redirect_uri,
        code_verifier: request.code_verifier.as_deref(),
    };
    match oxide::redeem(&parts, terms) {
        Ok(()) => CodeVerdict::Redeem,
        Err(oxide::Refused) => refuse("code_verifier"),
    }
}

/// What its client is told about a code or refresh token that is used up, expired or revoked.
#[must_use]
pub fn spent(cause: &'static str) -> OAuthError {
    invalid_grant("the code or refresh token is not valid").because(cause)
}

/// The scope of the access token that a refresh yields: what was granted, or less (RFC 6749 §6).
///
/// # Errors
/// `invalid_grant` for another client's token, `invalid_scope` for a wider scope.
pub fn judge_refresh(client: &Client, request: &RefreshRequest, grant: &Grant) -> Result<Scope, OAuthError> {
    let asked = request.scope.as_ref().map(Scope::to_string);
    let parts = RefreshParts {
        refresh_token: request.refresh_token.expose(),
        scope: asked.as_deref(),
        client_id: client.client_id.as_str(),
    };
    if oxide::renew(&parts, grant).is_ok() {
        return Ok(request.scope.clone().unwrap_or_else(|| grant.scope.clone()));
    }
    if grant.client_id == client.client_id {
        Err(OAuthError::new(ErrorCode::InvalidScope, "the scope is wider than what was granted"))
    } else {
        Err(invalid_grant("the refresh token is not valid").because("issued to another client"))
    }
}

/// What may be said about the level now: what was answered then if it is still true, else the lower truth,
/// never more (decisions.md "Levels").
#[must_use]
pub fn lowered(answered: Acr, truth: Acr) -> Acr {
    if truth.satisfies(answered) {
        return answered;
    }
    Acr { level: truth.level.min(answered.level), mfa: truth.mfa && answered.mfa }
}

/// What a refresh may say about the level; too low for the client, the person has to come back.
///
/// # Errors
/// `invalid_grant`.
pub fn renewed_acr(client: &Client, answered: Acr, truth: Option<Acr>) -> Result<Acr, OAuthError> {
    match truth {
        Some(truth) if truth.level >= client.min_person_level => Ok(lowered(answered, truth)),
        _ => {
            Err(invalid_grant("the person has to sign in again").because("level below the client's minimum"))
        }
    }
}

/// The scope of a client acting for itself (RFC 6749 §4.4): never one that speaks of a person.
///
/// # Errors
/// `invalid_scope`.
pub fn client_credentials_scope(client: &Client, asked: Option<Scope>) -> Result<Scope, OAuthError> {
    let own = client.scope.filter(|name| !scope::SUPPORTED.contains(&name));
    let asked = asked.unwrap_or_else(|| own.clone());
    if asked.is_subset_of(&own) {
        return Ok(asked);
    }
    Err(OAuthError::new(ErrorCode::InvalidScope, "a scope is not registered for this client"))
}

#[cfg(test)]
mod tests;
