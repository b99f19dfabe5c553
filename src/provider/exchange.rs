//! `/token`: a code, a refresh token or a client's own credentials for tokens.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{EndpointError, Provider, release::IN_EVERY_TOKEN};
use crate::{
    kernel::{AccessId, Acr, Ctx, PlainToken},
    ledger::{Occasion, TRIES},
    protocol::{
        claims::{self, AccessTerms, AccessToken, Authentication, IdToken, Validity},
        claims_request::WantedClaims,
        client::{Client, GrantType, SigningAlg},
        jose::TokenType,
        params::RawParams,
        resource,
        scope::Scope,
        token::{self, CodeRequest, CodeState, CodeVerdict, RefreshRequest, TokenRequest},
    },
    storage::{StoreError, Unit},
    tokens::{Code, Family, NewAccess, RefreshToken, RevokeReason, Rotation},
};

/// RFC 6749 §5.1, Core §3.1.3.3.
#[derive(Serialize)]
pub struct TokenResponse {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
}

/// What is signed for one grant, before anything is written.
struct Minted {
    access_token: String,
    id_token: Option<String>,
    row: NewAccess,
    family: Option<Arc<Family>>,
    /// Claims that it was asked to carry.
    requested: Vec<String>,
}

/// What to sign.
struct Mint<'a> {
    client: &'a Client,
    family: &'a Arc<Family>,
    scope: &'a Scope,
    audience: String,
    acr: Acr,
    nonce: Option<&'a str>,
}

impl Mint<'_> {
    /// Whether it tells anything but what the client was told when the person signed in.
    fn says_more(&self, minted: &Minted) -> bool {
        self.acr != self.family.grant.acr || !minted.requested.is_empty()
    }
}

impl Provider {
    /// Authenticates the client and serves the grant it asks for.
    ///
    /// # Errors
    /// The errors of RFC 6749 §5.2; [`EndpointError::Internal`].
    pub async fn exchange(
        &self,
        ctx: &Ctx,
        authorization: Option<&str>,
        body: &RawParams,
    ) -> Result<TokenResponse, EndpointError> {
        let client = self.authenticate(ctx, authorization, body).await?;
        match TokenRequest::read(&client, body)? {
            TokenRequest::Code(request) => self.redeem(ctx, &client, &request).await,
            TokenRequest::Refresh(request) => self.refresh(ctx, &client, &request).await,
            TokenRequest::ClientCredentials { scope, resource } => {
                self.client_token(ctx, &client, scope, resource.as_deref()).await
            }
        }
    }

    async fn redeem(
        &self,
        ctx: &Ctx,
        client: &Client,
        request: &CodeRequest,
    ) -> Result<TokenResponse, EndpointError> {
        let code = self.rooms.tokens.find_code(ctx, &request.code).await?;
        let terms = code.as_deref().map(Code::terms);
        let state = |code: &Code| if code.is_consumed() { CodeState::Consumed } else { CodeState::Unused };
        let stored = terms.as_ref().zip(code.as_deref().map(state));
        let verdict = token::judge_code(client, request, stored, ctx.now);
        match (verdict, code) {
            (CodeVerdict::Refuse(error), _) => Err(error.into()),
            (CodeVerdict::Redeem, Some(code)) if code.family.is_live(ctx.now) => {
                self.issue_for_code(ctx, client, &code, request.resource.as_deref()).await
            }
            (CodeVerdict::Replay, Some(code)) => {
                self.end_family(ctx, &code.family, RevokeReason::CodeReplayed).await
            }
            _ => Err(token::spent("the authorization has ended").into()),
        }
    }

    /// Law 4: everything is checked, then the code is consumed by one conditional write; the loser of two
    /// ends the family like any replay.
    async fn issue_for_code(
        &self,
        ctx: &Ctx,
        client: &Client,
        code: &Code,
        resource: Option<&str>,
    ) -> Result<TokenResponse, EndpointError> {
        let grant = &code.family.grant;
        let nonce = grant.nonce.as_deref();
        let audience = resource::chosen(&code.family.audience, resource)?;
        let mint =
            Mint { client, family: &code.family, scope: &grant.scope, audience, acr: grant.acr, nonce };
        for _ in 0..TRIES {
            let minted = self.mint(ctx, &mint).await?;
            let mut unit = self.rooms.base.db.unit();
            self.rooms.tokens.take_code(&mut unit, ctx, code);
            let refresh_token = if client.may_use(GrantType::RefreshToken) {
                Some(self.rooms.tokens.issue_refresh(&mut unit, ctx, &code.family)?)
            } else {
                None
            };
            self.enter(&mut unit, ctx, (&mint, &minted), Occasion::SignIn).await?;
            match self.commit(ctx, unit, minted, refresh_token).await {
                Err(StoreError::Gone) => {
                    return self.end_family(ctx, &code.family, RevokeReason::CodeReplayed).await;
                }
                Err(StoreError::Conflict) => self.rooms.ledger.reread(grant.person),
                written => return Ok(written?),
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// The entry of what these tokens say.
    async fn enter(
        &self,
        unit: &mut Unit,
        ctx: &Ctx,
        (mint, minted): (&Mint<'_>, &Minted),
        occasion: Occasion,
    ) -> Result<(), StoreError> {
        let claims = IN_EVERY_TOKEN.into_iter().map(str::to_owned).chain(minted.requested.iter().cloned());
        let (person, what) = (mint.family.grant.person, (occasion, claims.collect()));
        let told = self.disclosure(mint.client, person, what, Some(mint.acr));
        self.rooms.ledger.note(unit, ctx, &told).await
    }

    async fn refresh(
        &self,
        ctx: &Ctx,
        client: &Client,
        request: &RefreshRequest,
    ) -> Result<TokenResponse, EndpointError> {
        let found = self.rooms.tokens.find_refresh(ctx, &request.refresh_token).await?;
        let stored = found.ok_or_else(|| token::spent("unknown refresh token"))?;
        let grant = &stored.family.grant;
        let scope = token::judge_refresh(client, request, grant)?;
        self.still_stands(ctx, &stored).await?;
        let person = self.active_person(grant.person).await?;
        let person = person.ok_or_else(|| token::spent("the account may not be used"))?;
        let truth = self.truth(&person, (&grant.amr, grant.auth_time), ctx.now).await?;
        let acr = token::renewed_acr(client, grant.acr, truth)?;
        // Core §12.2: the ID token of a refresh has no nonce.
        let audience = resource::chosen(&stored.family.audience, request.resource.as_deref())?;
        let mint = Mint { client, family: &stored.family, scope: &scope, audience, acr, nonce: None };
        if let Some(response) = self.rotate(ctx, &mint, &stored).await? {
            return Ok(response);
        }
        // Another request consumed the token between our reading and our writing: the row as it is now decides.
        let gone = || token::spent("the refresh token is gone");
        let stored = self.rooms.tokens.reread_refresh(&stored).await?.ok_or_else(gone)?;
        // Still unconsumed, so it was past its end.
        Ok(self.rotate(ctx, &mint, &stored).await?.ok_or_else(gone)?)
    }

    /// `None` when another request was faster.
    async fn rotate(
        &self,
        ctx: &Ctx,
        mint: &Mint<'_>,
        stored: &RefreshToken,
    ) -> Result<Option<TokenResponse>, EndpointError> {
        let (mut unit, next) = match self.rooms.tokens.rotate_refresh(ctx, stored)? {
            Rotation::Successor(unit, next) => (unit, next),
            Rotation::Again(next) => (self.rooms.base.db.unit(), next),
            Rotation::Replayed => {
                return self.end_family(ctx, &stored.family, RevokeReason::RefreshReplayed).await.map(Some);
            }
        };
        let minted = self.mint(ctx, mint).await?;
        if mint.says_more(&minted) {
            self.enter(&mut unit, ctx, (mint, &minted), Occasion::Renewal).await?;
        }
        match self.commit(ctx, unit, minted, Some(next)).await {
            Err(StoreError::Gone) => Ok(None),
            Err(StoreError::Conflict) => {
                self.rooms.ledger.reread(mint.family.grant.person);
                Ok(None)
            }
            written => Ok(Some(written?)),
        }
    }

    /// decisions.md "Lifetimes": without `offline_access` a refresh token ends with its session.
    async fn still_stands(&self, ctx: &Ctx, stored: &RefreshToken) -> Result<(), EndpointError> {
        let family = &stored.family;
        if stored.is_expired(ctx.now) || !family.is_live(ctx.now) {
            return Err(token::spent("expired or revoked").into());
        }
        if family.offline || self.rooms.sessions.find_by_id(family.grant.session, ctx.now).await?.is_some() {
            return Ok(());
        }
        Err(token::spent("the session has ended").into())
    }

    async fn client_token(
        &self,
        ctx: &Ctx,
        client: &Client,
        asked: Option<Scope>,
        resource: Option<&str>,
    ) -> Result<TokenResponse, EndpointError> {
        let scope = token::client_credentials_scope(client, asked)?;
        let audience = resource::chosen(&resource::allowed(client, &self.settings.issuer), resource)?;
        let row = self.access_row(ctx, client, None, &scope, audience);
        let terms = self.access_terms(client, &row);
        let signer = self.rooms.keys.signer(SigningAlg::Es256).await?;
        let access_token = signer.sign(TokenType::AccessToken, &AccessToken::of_client(&terms))?;
        let minted = Minted { access_token, id_token: None, row, family: None, requested: Vec::new() };
        Ok(self.commit(ctx, self.rooms.base.db.unit(), minted, None).await?)
    }

    /// Signs the access token, and the ID token where `openid` was granted.
    async fn mint(&self, ctx: &Ctx, mint: &Mint<'_>) -> Result<Minted, EndpointError> {
        let Mint { client, family, scope, .. } = mint;
        let who = self.authentication(client, family, mint.acr);
        let row = self.access_row(ctx, client, Some(family), scope, mint.audience.clone());
        let terms = self.access_terms(client, &row);
        let signer = self.rooms.keys.signer(SigningAlg::Es256).await?;
        let access_token = signer.sign(TokenType::AccessToken, &AccessToken::of_person(&terms, &who))?;
        let (mut id_token, mut requested) = (None, Vec::new());
        if scope.is_openid() {
            let signer = self.rooms.keys.signer(client.id_token_signed_response_alg).await?;
            let id = client.client_id.as_str();
            let at_hash = claims::at_hash(signer.alg(), &access_token);
            let claims = IdToken::new(terms.issuer, id, &who, mint.nonce, at_hash, terms.valid);
            let asked = self.requested_claims(ctx, client, family).await?;
            requested = asked.keys().cloned().collect();
            let claims = claims.with(asked);
            id_token = Some(signer.sign(TokenType::IdToken, &claims)?);
        }
        Ok(Minted { access_token, id_token, row, family: Some(Arc::clone(family)), requested })
    }

    /// Core §5.5: what the ID token was asked to carry; the account is read only then.
    async fn requested_claims(
        &self,
        ctx: &Ctx,
        client: &Client,
        family: &Family,
    ) -> Result<Map<String, Value>, EndpointError> {
        let wanted = WantedClaims::stored(family.claims.as_deref()).id_token;
        if wanted.is_empty() {
            return Ok(Map::new());
        }
        let Some(person) = self.active_person(family.grant.person).await? else { return Ok(Map::new()) };
        Ok(claims::requested(&self.person_facts(ctx, client, family, &person).await?, &wanted))
    }

    /// One authentication as this client is told of it.
    pub(super) fn authentication(&self, client: &Client, family: &Family, acr: Acr) -> Authentication {
        let grant = &family.grant;
        Authentication {
            subject: self.subject(client, grant.person),
            sid: self.rooms.sessions.sid(grant.session, &client.client_id),
            auth_time: grant.auth_time,
            amr: grant.amr.clone(),
            acr: acr.format(&self.settings.acr_prefix),
        }
    }

    fn access_row(
        &self,
        ctx: &Ctx,
        client: &Client,
        family: Option<&Family>,
        scope: &Scope,
        audience: String,
    ) -> NewAccess {
        NewAccess {
            jti: AccessId::new(ctx.now, self.rooms.base.rng.as_ref()).to_string(),
            client: client.client_id.clone(),
            family: family.map(|family| family.id),
            person: family.map(|family| family.grant.person),
            scope: scope.clone(),
            audience,
            issued_at: ctx.now,
            expires_at: ctx.now + self.rooms.tokens.settings().access,
        }
    }

    fn access_terms<'a>(&'a self, client: &'a Client, row: &'a NewAccess) -> AccessTerms<'a> {
        AccessTerms {
            issuer: &self.settings.issuer,
            client_id: client.client_id.as_str(),
            audience: &row.audience,
            jti: &row.jti,
            scope: &row.scope,
            valid: Validity { from: row.issued_at, until: row.expires_at },
        }
    }

    async fn commit(
        &self,
        ctx: &Ctx,
        mut unit: Unit,
        minted: Minted,
        refresh_token: Option<PlainToken>,
    ) -> Result<TokenResponse, StoreError> {
        let response = TokenResponse {
            token_type: "Bearer",
            expires_in: (minted.row.expires_at - minted.row.issued_at).num_seconds(),
            scope: minted.row.scope.to_string(),
            refresh_token: refresh_token.map(|token| token.expose().to_owned()),
            id_token: minted.id_token,
            access_token: minted.access_token,
        };
        let Minted { row, family, .. } = minted;
        self.rooms.tokens.record_access(&mut unit, ctx, &response.access_token, row, family.as_ref());
        self.rooms.base.db.write(unit).await?;
        Ok(response)
    }

    /// RFC 6749 §4.1.2, RFC 9700 §4.14.2: what was used twice ends everything issued from it.
    async fn end_family(
        &self,
        ctx: &Ctx,
        family: &Family,
        reason: RevokeReason,
    ) -> Result<TokenResponse, EndpointError> {
        let tx = self.rooms.base.db.begin().await?;
        self.rooms.tokens.revoke_family(&tx, ctx, family, reason).await?;
        tx.commit().await?;
        Err(token::spent("replayed").into())
    }
}
