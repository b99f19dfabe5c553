//! The code and refresh grants, driven through oxide-auth's sans-IO machines: the only file that names
//! that package.
//!
//! Its machines keep the order of checks (client before redirect before scope; grant bound to client and
//! redirect URI; PKCE in constant time; scopes only narrowed). What they cannot know is answered by our
//! own policy, decided before: exact redirect URIs, PKCE shapes, single use. Expiry is judged by us with
//! `now` as an argument, so the transient grants shown to the machines never expire. Only the kind of a
//! refusal leaves this file; `BearerToken` is never reached.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use oxide_auth::{
    code_grant::{accesstoken, authorization, extensions::Pkce, refresh},
    primitives::{
        grant::{Extensions, Grant as OxideGrant},
        registrar::{BoundClient, PreGrant, RegisteredUrl},
        scope::Scope as OxideScope,
    },
};

use super::{
    grant::{CodeTerms, Grant},
    pkce::{CodeChallenge, S256},
    redirect::VerifiedRedirect,
    scope::Scope,
};

/// The machine refused; the caller knows which error that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// Parts of an authorization request that the machine judges.
pub struct AuthorizationParts<'a> {
    /// The verified client and address.
    pub redirect: &'a VerifiedRedirect,
    /// `scope` as it was sent.
    pub scope: &'a str,
    /// The challenge, its shape checked.
    pub code_challenge: Option<&'a CodeChallenge>,
    /// Whether the client may go without one.
    pub pkce: PkceRule,
}

/// RFC 9700 §2.1.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PkceRule {
    /// A challenge must be there.
    Required,
    /// A confidential client that predates PKCE.
    Optional,
}

impl PkceRule {
    fn extension(self) -> Pkce {
        match self {
            Self::Required => Pkce::required(),
            Self::Optional => Pkce::optional(),
        }
    }
}

impl authorization::Request for AuthorizationParts<'_> {
    fn valid(&self) -> bool {
        true
    }

    fn client_id(&self) -> Option<Cow<'_, str>> {
        Some(self.redirect.client_id().as_str().into())
    }

    fn scope(&self) -> Option<Cow<'_, str>> {
        Some(self.scope.into())
    }

    fn redirect_uri(&self) -> Option<Cow<'_, str>> {
        Some(self.redirect.as_str().into())
    }

    fn state(&self) -> Option<Cow<'_, str>> {
        None
    }

    /// Our own check of `response_type` accepted the request before this machine sees it.
    fn response_type(&self) -> Option<Cow<'_, str>> {
        Some("code".into())
    }

    fn extension(&self, _: &str) -> Option<Cow<'_, str>> {
        None
    }
}

/// Runs the authorization request through bind, extend and negotiate; `allowed` is what our scope policy
/// leaves of the scope that was asked.
///
/// # Errors
/// [`Refused`] by the machine or by PKCE.
pub fn authorize(request: &AuthorizationParts<'_>, allowed: &Scope) -> Result<(), Refused> {
    let mut machine = authorization::Authorization::new(request);
    let authorization::Output::Bind { client_id, redirect_uri: Some(uri) } =
        machine.advance(authorization::Input::None)
    else {
        return Err(Refused);
    };
    // The address was compared byte for byte when the VerifiedRedirect was made.
    let bound_client =
        BoundClient { client_id: Cow::Owned(client_id), redirect_uri: Cow::Owned(RegisteredUrl::Exact(uri)) };
    let bound = authorization::Input::Bound { request, bound_client: bound_client.clone() };
    let authorization::Output::Extend = machine.advance(bound) else { return Err(Refused) };
    let extensions = challenge_extension(request)?;
    let authorization::Output::Negotiate { .. } = machine.advance(authorization::Input::Extended(extensions))
    else {
        return Err(Refused);
    };
    let pre_grant = PreGrant {
        client_id: bound_client.client_id.into_owned(),
        redirect_uri: bound_client.redirect_uri.into_owned(),
        scope: oxide_scope(allowed)?,
    };
    let negotiated = authorization::Input::Negotiated { pre_grant, state: None };
    match machine.advance(negotiated) {
        authorization::Output::Ok { .. } => Ok(()),
        _ => Err(Refused),
    }
}

fn challenge_extension(request: &AuthorizationParts<'_>) -> Result<Extensions, Refused> {
    let pkce = request.pkce.extension();
    let challenge = request.code_challenge.map(|challenge| Cow::Borrowed(challenge.as_str()));
    let value = pkce.challenge(Some(S256.into()), challenge).map_err(|()| Refused)?;
    let mut extensions = Extensions::new();
    if let Some(value) = value {
        extensions.set(&pkce, value);
    }
    Ok(extensions)
}

/// Parts of a code's redemption that the machine judges.
pub struct CodeParts<'a> {
    /// The authenticated client.
    pub client_id: &'a str,
    /// `code` as it was sent.
    pub code: &'a str,
    /// `redirect_uri` as it was sent.
    pub redirect_uri: &'a str,
    /// `code_verifier`, its shape checked.
    pub code_verifier: Option<&'a str>,
}

impl accesstoken::Request for CodeParts<'_> {
    fn valid(&self) -> bool {
        true
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.code.into())
    }

    /// The client authenticated before, by our own methods.
    fn authorization(&self) -> accesstoken::Authorization<'_> {
        accesstoken::Authorization::None
    }

    fn client_id(&self) -> Option<Cow<'_, str>> {
        Some(self.client_id.into())
    }

    fn redirect_uri(&self) -> Option<Cow<'_, str>> {
        Some(self.redirect_uri.into())
    }

    fn grant_type(&self) -> Option<Cow<'_, str>> {
        Some("authorization_code".into())
    }

    fn extension(&self, _: &str) -> Option<Cow<'_, str>> {
        None
    }
}

/// Runs a redemption through authenticate, recover and extend up to the verdict at issue.
///
/// # Errors
/// [`Refused`] when client, redirect URI or verifier do not fit the code.
pub fn redeem(request: &CodeParts<'_>, terms: &CodeTerms) -> Result<(), Refused> {
    let mut machine = accesstoken::AccessToken::new(request);
    let accesstoken::Output::Authenticate { .. } = machine.advance(accesstoken::Input::None) else {
        return Err(Refused);
    };
    let accesstoken::Output::Recover { .. } = machine.advance(accesstoken::Input::Authenticated) else {
        return Err(Refused);
    };
    let view = Box::new(transient(&terms.grant, &terms.redirect_uri)?);
    let accesstoken::Output::Extend { .. } = machine.advance(accesstoken::Input::Recovered(Some(view)))
    else {
        return Err(Refused);
    };
    verify_pkce(terms.code_challenge.as_ref(), request.code_verifier)?;
    let extended = accesstoken::Input::Extended { access_extensions: Extensions::new() };
    match machine.advance(extended) {
        accesstoken::Output::Issue { .. } => Ok(()),
        _ => Err(Refused),
    }
}

/// RFC 7636 §4.6; a verifier without a challenge is a downgrade and refused (RFC 9700 §4.8.2).
fn verify_pkce(challenge: Option<&CodeChallenge>, verifier: Option<&str>) -> Result<(), Refused> {
    let pkce = Pkce::optional();
    match (challenge, verifier) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(Refused),
        (Some(challenge), verifier) => {
            let stored =
                pkce.challenge(Some(S256.into()), Some(challenge.as_str().into())).map_err(|()| Refused)?;
            pkce.verify(stored, verifier.map(Cow::Borrowed)).map_err(|()| Refused)
        }
    }
}

/// Parts of a refresh that the machine judges.
pub struct RefreshParts<'a> {
    /// `refresh_token` as it was sent.
    pub refresh_token: &'a str,
    /// `scope` as it was sent.
    pub scope: Option<&'a str>,
    /// The authenticated client.
    pub client_id: &'a str,
}

impl refresh::Request for RefreshParts<'_> {
    fn valid(&self) -> bool {
        true
    }

    fn refresh_token(&self) -> Option<Cow<'_, str>> {
        Some(self.refresh_token.into())
    }

    fn scope(&self) -> Option<Cow<'_, str>> {
        self.scope.map(Cow::Borrowed)
    }

    fn grant_type(&self) -> Option<Cow<'_, str>> {
        Some("refresh_token".into())
    }

    /// Our own authentication stands behind this name; the machine gets no secret to look at.
    fn authorization(&self) -> Option<(Cow<'_, str>, Cow<'_, [u8]>)> {
        Some((self.client_id.into(), Cow::Borrowed(&[])))
    }

    fn extension(&self, _: &str) -> Option<Cow<'_, str>> {
        None
    }
}

/// Runs a refresh up to the verdict: the grant belongs to the client and the scope is not widened
/// (RFC 6749 §6).
///
/// # Errors
/// [`Refused`] when either does not hold.
pub fn renew(request: &RefreshParts<'_>, grant: &Grant) -> Result<(), Refused> {
    let mut machine = refresh::Refresh::new(request);
    let refresh::Output::Unauthenticated { .. } = machine.advance(refresh::Input::None) else {
        return Err(Refused);
    };
    let scope = request.scope.map(Cow::Borrowed);
    let authenticated = refresh::Input::Authenticated { scope: scope.clone() };
    let refresh::Output::RecoverRefresh { .. } = machine.advance(authenticated) else { return Err(Refused) };
    let view = Box::new(transient(grant, "urn:menfu:refresh")?);
    match machine.advance(refresh::Input::Recovered { scope, grant: Some(view) }) {
        refresh::Output::Refresh { .. } => Ok(()),
        _ => Err(Refused),
    }
}

/// A view of our grant for one run of a machine; never stored.
fn transient(grant: &Grant, redirect_uri: &str) -> Result<OxideGrant, Refused> {
    Ok(OxideGrant {
        owner_id: grant.person.to_string(),
        client_id: grant.client_id.as_str().to_owned(),
        scope: oxide_scope(&grant.scope)?,
        redirect_uri: redirect_uri.parse().map_err(|_| Refused)?,
        until: DateTime::<Utc>::MAX_UTC,
        extensions: Extensions::new(),
    })
}

fn oxide_scope(scope: &Scope) -> Result<OxideScope, Refused> {
    scope.to_string().parse().map_err(|_| Refused)
}

#[cfg(test)]
mod tests;
