//! `/authorize` and its resumption: check, weigh, then show a page, answer the client, or issue a code.

use std::sync::Arc;

use super::{AuthorizeError, Internal, Provider, WayBack, parked::Parked, visitor::Visitor};
use crate::{
    kernel::{Ctx, PlainToken},
    protocol::{
        authorize::{AuthorizeRequest, Refusal, Rules, ValidRequest},
        client::Client,
        error::{ErrorCode, OAuthError, PageError},
        grant::Grant,
        interaction::{self, Answers, Approval, Decision, Interaction},
        params::RawParams,
        response::AuthorizationResponse,
        scope::OFFLINE_ACCESS,
    },
    storage::{StoreError, Unit},
    tokens::{Lifetime, NewFamily},
};

/// What becomes of an authorization request.
#[derive(Debug)]
pub enum Authorized {
    /// The browser goes to the client, with a code or an error.
    Answer(AuthorizationResponse),
    /// The browser goes to one of our pages; the request waits under this token.
    Interact {
        /// The token, for the page's URL.
        request: String,
        /// The page.
        interaction: Interaction,
    },
}

/// A request that stands, and what the table says about it.
pub(super) struct Case {
    pub(super) client: Arc<Client>,
    pub(super) request: ValidRequest,
    pub(super) decision: Decision,
}

/// A request after the table of checks.
pub(super) enum Weighed {
    Stands(Box<Case>),
    Refused(Refusal),
}

impl Provider {
    /// A request by GET: answered at once where no page is needed.
    ///
    /// # Errors
    /// [`AuthorizeError::Page`] before the redirect URI is verified; [`AuthorizeError::Internal`].
    pub async fn authorize(
        &self,
        ctx: &Ctx,
        visitor: &Visitor<'_>,
        raw: RawParams,
    ) -> Result<Authorized, AuthorizeError> {
        let request = AuthorizeRequest::read(raw)?;
        let case = match self.weigh(ctx, visitor, &request, visitor.arrives()).await? {
            Weighed::Stands(case) => case,
            Weighed::Refused(refusal) => return Ok(self.refuse(&refusal)),
        };
        if let Decision::Show(interaction) = case.decision {
            let tx = self.rooms.base.db.begin().await?;
            let client_id = request.client_id();
            let token = self.parked.park(&tx, ctx, client_id, request.raw(), Some(visitor)).await?;
            tx.commit().await?;
            return Ok(Authorized::Interact { request: token.expose().to_owned(), interaction });
        }
        self.conclude(ctx, visitor, &case, None).await
    }

    /// A request by POST, which may come from another site and so without cookies: it waits for the browser
    /// that follows the redirect (decisions.md "Protocol").
    ///
    /// # Errors
    /// As for [`Self::authorize`].
    pub async fn park(&self, ctx: &Ctx, raw: RawParams) -> Result<PlainToken, AuthorizeError> {
        let request = AuthorizeRequest::read(raw)?;
        let client = self.client_of(&request)?;
        request.redirect(&client)?;
        let tx = self.rooms.base.db.begin().await?;
        let token = self.parked.park(&tx, ctx, request.client_id(), request.raw(), None).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// The answer to a silent request that fails for a reason of ours, for which nothing but the client is looked up: it
    /// waits in a frame for a redirect, and nobody would see a page (RFC 6749 §4.1.2.1). None for every other request, whose
    /// person is told on a page and tries again there.
    #[must_use]
    pub fn unserved(&self, raw: RawParams, code: ErrorCode) -> Option<AuthorizationResponse> {
        let request = AuthorizeRequest::read(raw).ok().filter(AuthorizeRequest::is_silent)?;
        let redirect = request.redirect(&*self.client_of(&request).ok()?).ok()?;
        let refusal = request.unserved(redirect, OAuthError::new(code, "the request could not be served"));
        log_refusal(&request.client_id().to_string(), &refusal.error);
        Some(refusal.response(&self.settings.issuer))
    }

    /// A parked request goes on: the table is evaluated anew with what is true now.
    ///
    /// # Errors
    /// [`AuthorizeError::Expired`] besides those of [`Self::authorize`].
    pub async fn resume(
        &self,
        ctx: &Ctx,
        visitor: &Visitor<'_>,
        token: &str,
    ) -> Result<Authorized, AuthorizeError> {
        let parked = self.open(ctx, visitor, token).await?;
        self.go_on(ctx, visitor, &parked, token).await
    }

    pub(super) async fn go_on(
        &self,
        ctx: &Ctx,
        visitor: &Visitor<'_>,
        parked: &Parked,
        token: &str,
    ) -> Result<Authorized, AuthorizeError> {
        let request = AuthorizeRequest::read(parked.raw.clone())?;
        match self.weigh(ctx, visitor, &request, parked.answers.clone()).await? {
            Weighed::Refused(refusal) => {
                self.finish(ctx, parked).await?;
                Ok(self.refuse(&refusal))
            }
            Weighed::Stands(case) => match case.decision {
                Decision::Show(interaction) => {
                    Ok(Authorized::Interact { request: token.to_owned(), interaction })
                }
                _ => self.conclude(ctx, visitor, &case, Some(parked)).await,
            },
        }
    }

    /// The parked request of that token, if this browser may go on with it; a posted one becomes its own.
    pub(super) async fn open(
        &self,
        ctx: &Ctx,
        visitor: &Visitor<'_>,
        token: &str,
    ) -> Result<Parked, AuthorizeError> {
        let parked = self.parked.find(token).await?.ok_or(AuthorizeError::Expired(None))?;
        if !parked.is_open_to(visitor.browser, ctx.now) {
            return Err(AuthorizeError::Expired(self.way_back(&parked)));
        }
        if parked.browser.is_some() {
            return Ok(parked);
        }
        let tx = self.rooms.base.db.begin().await?;
        let bound = self.parked.bind(&tx, &parked, visitor).await.map_err(gone)?;
        tx.commit().await?;
        Ok(bound)
    }

    /// Checks and weighs a request; nothing is written.
    pub(super) async fn weigh(
        &self,
        ctx: &Ctx,
        visitor: &Visitor<'_>,
        request: &AuthorizeRequest,
        answers: Answers,
    ) -> Result<Weighed, AuthorizeError> {
        let client = self.client_of(request)?;
        let redirect = request.redirect(&client)?;
        let keys = self.rooms.keys.verifier().await?;
        let rules =
            Rules { issuer: &self.settings.issuer, keys: &keys, acr_prefix: &self.settings.acr_prefix };
        let request = match request.check(&client, redirect, &rules) {
            Ok(request) => request,
            Err(refusal) => return Ok(Weighed::Refused(*refusal)),
        };
        let facts = self.facts(ctx, visitor, &client, answers).await?;
        let decision = interaction::decide(&request, &client, &facts);
        Ok(Weighed::Stands(Box::new(Case { client, request, decision })))
    }

    /// Answers the client: the last word about a request, said once.
    async fn conclude(
        &self,
        ctx: &Ctx,
        visitor: &Visitor<'_>,
        case: &Case,
        parked: Option<&Parked>,
    ) -> Result<Authorized, AuthorizeError> {
        let error = match &case.decision {
            Decision::Approve(approval) => return self.approve(ctx, visitor, case, approval, parked).await,
            Decision::Refuse(error) => error.clone(),
            Decision::Show(_) => return Err(AuthorizeError::Expired(None)),
        };
        if let Some(parked) = parked {
            self.finish(ctx, parked).await?;
        }
        Ok(self.refuse(&case.request.refuse(error)))
    }

    async fn approve(
        &self,
        ctx: &Ctx,
        visitor: &Visitor<'_>,
        case: &Case,
        approval: &Approval,
        parked: Option<&Parked>,
    ) -> Result<Authorized, AuthorizeError> {
        let mut unit = self.rooms.base.db.unit();
        if let Some(parked) = parked {
            self.parked.finish(&mut unit, ctx, parked);
        }
        let code = self.issue_code(&mut unit, ctx, visitor, case, approval)?;
        self.rooms.base.db.write(unit).await.map_err(gone)?;
        Ok(Authorized::Answer(case.request.grant(&self.settings.issuer, &code)))
    }

    fn issue_code(
        &self,
        unit: &mut Unit,
        ctx: &Ctx,
        visitor: &Visitor<'_>,
        case: &Case,
        approval: &Approval,
    ) -> Result<PlainToken, AuthorizeError> {
        let session = visitor.session.ok_or(AuthorizeError::Expired(None))?;
        let Case { client, request, .. } = case;
        let grant = Grant {
            client_id: client.client_id.clone(),
            person: approval.person,
            session: approval.mark.session,
            scope: request.scope.clone(),
            auth_time: approval.mark.auth_time,
            amr: session.amr.clone(),
            acr: approval.acr,
            nonce: request.nonce.clone(),
        };
        let offline = request.scope.contains(OFFLINE_ACCESS);
        let lifetime =
            if offline { Lifetime::Offline } else { Lifetime::Session { ends_at: session.expires_at } };
        let audience = request.resources.clone();
        let family = NewFamily { grant, lifetime, audience, claims: request.wanted.to_stored() };
        let family = self.rooms.tokens.open_family(unit, ctx, family)?;
        if !client.first_party {
            self.rooms.consents.require(unit, &client.client_id, approval.person);
        }
        self.rooms.sessions.join_client(unit, ctx, session.id, &client.client_id);
        let challenge = request.code_challenge.clone();
        Ok(self.rooms.tokens.issue_code(unit, ctx, &family, &request.redirect, challenge))
    }

    fn refuse(&self, refusal: &Refusal) -> Authorized {
        log_refusal(&refusal.redirect.client_id().to_string(), &refusal.error);
        Authorized::Answer(refusal.response(&self.settings.issuer))
    }

    pub(super) async fn finish(&self, ctx: &Ctx, parked: &Parked) -> Result<(), AuthorizeError> {
        let mut unit = self.rooms.base.db.unit();
        self.parked.finish(&mut unit, ctx, parked);
        self.rooms.base.db.write(unit).await.map_err(gone)
    }

    fn client_of(&self, request: &AuthorizeRequest) -> Result<Arc<Client>, PageError> {
        self.rooms.clients.find(request.client_id()).ok_or(PageError::UnknownClient)
    }

    fn way_back(&self, parked: &Parked) -> Option<WayBack> {
        let client = self.rooms.clients.find(&parked.client_id)?;
        let url = client.initiate_login_uri.as_ref()?.as_str().to_owned();
        Some(WayBack { client_name: client.client_name.clone(), url })
    }
}

/// Somebody was faster: the request is over for this caller.
pub(super) fn gone(error: StoreError) -> AuthorizeError {
    match error {
        StoreError::Gone => AuthorizeError::Expired(None),
        other => AuthorizeError::Internal(Internal::from(other)),
    }
}

/// Every refusal is logged once, with its private cause.
pub(super) fn log_refusal(client_id: &str, error: &OAuthError) {
    let cause = error.cause.as_deref().unwrap_or_default();
    tracing::info!(
        client.id = client_id,
        error.code = error.code.as_str(),
        hint = error.hint,
        cause,
        "refused"
    );
}
