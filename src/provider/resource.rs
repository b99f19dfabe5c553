//! What a token opens and what is said about it: userinfo, introspection, revocation.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{EndpointError, Internal, Provider, release::IN_EVERY_TOKEN};
use crate::{
    kernel::{Acr, Ctx, PlainToken},
    ledger::Occasion,
    people::Person,
    protocol::{
        claims::{self, AccessTerms, PersonFacts, Validity},
        claims_request::WantedClaims,
        client::Client,
        error::{ErrorCode, OAuthError},
        jose::TokenType,
        params::RawParams,
        token::lowered,
    },
    tokens::{AccessToken, Family, Once, RefreshToken, RevokeReason},
};

/// The userinfo answer, as the client registered for it (Core §5.3.2).
#[derive(Debug)]
pub enum UserInfo {
    /// `application/json`.
    Plain(Map<String, Value>),
    /// `application/jwt`.
    Signed(String),
}

impl Provider {
    /// Core §5.3: the claims that the token's scope shows.
    ///
    /// # Errors
    /// `invalid_token` or `insufficient_scope` (RFC 6750 §3.1).
    pub async fn userinfo(&self, ctx: &Ctx, token: &str) -> Result<UserInfo, EndpointError> {
        let invalid = || OAuthError::new(ErrorCode::InvalidToken, "the access token is not valid");
        let text = token;
        let token = self.rooms.tokens.find_access(text, ctx.now).await?.ok_or_else(invalid)?;
        // A client's own token speaks for nobody.
        let family = token.family.as_ref().ok_or_else(|| insufficient("the token is no person's"))?;
        if !token.scope.is_openid() {
            return Err(insufficient("the scope openid was not granted").into());
        }
        let client = self.rooms.clients.find(&token.client).ok_or_else(invalid)?;
        let person = self.active_person(family.grant.person).await?.ok_or_else(invalid)?;
        let facts = self.person_facts(ctx, &client, family, &person).await?;
        let wanted = WantedClaims::stored(family.claims.as_deref()).userinfo;
        let claims = claims::userinfo(&facts, &token.scope, &wanted);
        let what = (Occasion::UserInfo, claims.keys().cloned().collect());
        let acr = facts.level.map(|level| Acr { level, mfa: false });
        let told = self.disclosure(&client, person.id, what, acr);
        self.release(ctx, (text, &token), Once::UserInfo, &told).await?;
        let Some(alg) = client.userinfo_signed_response_alg else { return Ok(UserInfo::Plain(claims)) };
        let id = client.client_id.as_str();
        let claims = claims::signed_userinfo(&self.settings.issuer, id, claims);
        Ok(UserInfo::Signed(self.rooms.keys.signer(alg).await?.sign(TokenType::UserInfo, &claims)?))
    }

    /// What may be told of a person in this authorization; the level as it is true now.
    pub(super) async fn person_facts(
        &self,
        ctx: &Ctx,
        client: &Client,
        family: &Family,
        person: &Person,
    ) -> Result<PersonFacts, Internal> {
        let profile = &person.profile;
        let truth = self.truth(person, (&family.grant.amr, family.grant.auth_time), ctx.now).await?;
        Ok(PersonFacts {
            subject: self.subject(client, person.id),
            username: person.username.as_str().to_owned(),
            name: profile.name.display().to_owned(),
            parts: profile.name.parts(),
            sex: Some(profile.sex),
            birthdate: Some(profile.birthdate),
            phone: profile.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            email: profile.email.as_ref().map(|email| email.as_str().to_owned()),
            about: profile.about.clone(),
            locale: person.locale.tag().to_owned(),
            level: truth.map(|acr| acr.level),
            updated_at: person.updated_at,
        })
    }

    /// RFC 7662: a client learns about tokens issued to it or meant for it, and about no other.
    ///
    /// # Errors
    /// `invalid_client`, `invalid_request`.
    pub async fn introspect(
        &self,
        ctx: &Ctx,
        authorization: Option<&str>,
        body: &RawParams,
    ) -> Result<Value, EndpointError> {
        let asker = self.authenticate(ctx, authorization, body).await?;
        if asker.is_public() {
            return Err(
                OAuthError::new(ErrorCode::InvalidClient, "a public client may not introspect").into()
            );
        }
        let token = token_param(body)?;
        if let Some(access) = self.rooms.tokens.find_access(token, ctx.now).await? {
            let own = access.client == asker.client_id;
            if !own && access.audience != asker.client_id.as_str() {
                return Ok(claims::inactive());
            }
            let (described, acr) = self.describe_access(ctx, &access).await?;
            if let Some(family) = access.family.as_ref().filter(|_| !own && acr.is_some()) {
                let what = (Occasion::Introspection, IN_EVERY_TOKEN.map(str::to_owned).to_vec());
                let told = self.disclosure(&asker, family.grant.person, what, acr);
                self.release(ctx, (token, &access), Once::Introspection, &told).await?;
            }
            return Ok(described);
        }
        match self.live_refresh(ctx, token).await? {
            Some(refresh) if refresh.family.grant.client_id == asker.client_id => {
                Ok(self.describe_refresh(&asker, &refresh))
            }
            _ => Ok(claims::inactive()),
        }
    }

    /// What is said of the token, and the level of its person where it speaks for one.
    async fn describe_access(
        &self,
        ctx: &Ctx,
        access: &AccessToken,
    ) -> Result<(Value, Option<Acr>), EndpointError> {
        let inactive = (claims::inactive(), None);
        let Some(client) = self.rooms.clients.find(&access.client) else { return Ok(inactive) };
        let terms = AccessTerms {
            issuer: &self.settings.issuer,
            client_id: client.client_id.as_str(),
            audience: &access.audience,
            jti: &access.jti,
            scope: &access.scope,
            valid: Validity { from: access.issued_at, until: access.expires_at },
        };
        let Some(family) = &access.family else {
            let described = claims::AccessToken::of_client(&terms);
            return Ok((claims::introspection(&described, Some("Bearer")), None));
        };
        let Some(person) = self.active_person(family.grant.person).await? else { return Ok(inactive) };
        let signed_in = (&family.grant.amr, family.grant.auth_time);
        let Some(truth) = self.truth(&person, signed_in, ctx.now).await? else { return Ok(inactive) };
        // RFC 9470 §6.2: acr and auth_time, never above what is true now.
        let acr = lowered(family.grant.acr, truth);
        let who = self.authentication(&client, family, acr);
        let described = claims::AccessToken::of_person(&terms, &who);
        Ok((claims::introspection(&described, Some("Bearer")), Some(acr)))
    }

    fn describe_refresh(&self, client: &Client, refresh: &RefreshToken) -> Value {
        let grant = &refresh.family.grant;
        let described = serde_json::json!({
            "iss": self.settings.issuer,
            "sub": self.subject(client, grant.person),
            "client_id": client.client_id,
            "scope": grant.scope,
            "iat": refresh.issued_at.seconds(),
            "exp": refresh.expires_at.min(refresh.family.expires_at).seconds(),
        });
        claims::introspection(&described, None)
    }

    /// RFC 7009: a client ends its own tokens; what is unknown counts as ended (§2.2).
    ///
    /// # Errors
    /// `invalid_client`, `invalid_request`, `invalid_grant` for another client's token (§2.1).
    pub async fn revoke(
        &self,
        ctx: &Ctx,
        authorization: Option<&str>,
        body: &RawParams,
    ) -> Result<(), EndpointError> {
        let client = self.authenticate(ctx, authorization, body).await?;
        let token = token_param(body)?;
        if let Some(access) = self.rooms.tokens.find_access(token, ctx.now).await? {
            own(&client, &access.client)?;
            let tx = self.rooms.base.db.begin().await?;
            self.rooms.tokens.revoke_access(&tx, token).await?;
            return Ok(tx.commit().await?);
        }
        match self.refresh_of(ctx, token).await? {
            Some(refresh) => self.revoke_family(ctx, &client, &refresh.family).await,
            None => Ok(()),
        }
    }

    /// RFC 7009 §2.1: with a refresh token go the access tokens of the same grant.
    async fn revoke_family(&self, ctx: &Ctx, client: &Client, family: &Family) -> Result<(), EndpointError> {
        own(client, &family.grant.client_id)?;
        let tx = self.rooms.base.db.begin().await?;
        self.rooms.tokens.revoke_family(&tx, ctx, family, RevokeReason::ByClient).await?;
        Ok(tx.commit().await?)
    }

    async fn refresh_of(&self, ctx: &Ctx, token: &str) -> Result<Option<Arc<RefreshToken>>, Internal> {
        let Ok(token) = PlainToken::parse(token) else { return Ok(None) };
        Ok(self.rooms.tokens.find_refresh(ctx, &token).await?)
    }

    /// Not yet used, not expired, its family standing.
    async fn live_refresh(&self, ctx: &Ctx, token: &str) -> Result<Option<Arc<RefreshToken>>, Internal> {
        let found = self.refresh_of(ctx, token).await?;
        Ok(found.filter(|refresh| {
            refresh.consumed_at.is_none() && !refresh.is_expired(ctx.now) && refresh.family.is_live(ctx.now)
        }))
    }
}

fn token_param(body: &RawParams) -> Result<&str, OAuthError> {
    let missing = || OAuthError::new(ErrorCode::InvalidRequest, "token is missing or repeated");
    body.once("token").ok_or_else(missing)
}

fn own(client: &Client, issued_to: &crate::kernel::ClientId) -> Result<(), OAuthError> {
    if client.client_id == *issued_to {
        return Ok(());
    }
    Err(OAuthError::new(ErrorCode::InvalidGrant, "the token was issued to another client"))
}

fn insufficient(hint: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InsufficientScope, hint)
}
