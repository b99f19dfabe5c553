//! What a person answers within a parked request, and what its pages may know of it.

use super::{
    AuthorizeError, Authorized, Internal, Provider,
    authorize::{Case, Weighed, gone},
    parked::Parked,
    visitor::Visitor,
};
use crate::{
    kernel::{Ctx, HashedToken, Locale, PersonId, RealNameLevel},
    protocol::{
        authorize::AuthorizeRequest,
        client::Client,
        error::{ErrorCode, OAuthError},
        interaction::{Answers, Consented, Decision, Interaction},
        scope::Scope,
    },
};

/// A live parked request, as the pages within it need to know it.
#[derive(Clone, Debug)]
pub struct Pending {
    /// The client as registered.
    pub client: std::sync::Arc<Client>,
    /// Its name.
    pub client_name: String,
    /// What `form-action` must allow beside `'self'`.
    pub redirect_origin: String,
    /// Where the person can start again.
    pub initiate_login_uri: Option<String>,
    /// What to put into the account field.
    pub login_hint: Option<String>,
    /// The language asked for.
    pub locale: Option<Locale>,
    /// The level this client will ask for.
    pub level: RealNameLevel,
}

/// 同意 or 拒绝.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsentAnswer {
    /// 同意.
    Given,
    /// 拒绝.
    Refused,
}

impl Provider {
    /// The request of that token, when it is alive and this browser's (or nobody's yet).
    ///
    /// # Errors
    /// [`Internal`].
    pub async fn pending(
        &self,
        ctx: &Ctx,
        token: &str,
        browser: &HashedToken,
    ) -> Result<Option<Pending>, Internal> {
        let Some(parked) = self.parked.find(token).await? else { return Ok(None) };
        if !parked.is_open_to(browser, ctx.now) {
            return Ok(None);
        }
        Ok(self.describe(parked))
    }

    /// `None` when the registration changed so that the request no longer stands.
    fn describe(&self, parked: Parked) -> Option<Pending> {
        let client = self.rooms.clients.find(&parked.client_id)?;
        let request = AuthorizeRequest::read(parked.raw).ok()?;
        let redirect = request.redirect(&client).ok()?;
        let locales = request.raw().once("ui_locales").unwrap_or_default();
        Some(Pending {
            client_name: client.client_name.clone(),
            redirect_origin: redirect.form_action(),
            initiate_login_uri: client.initiate_login_uri.as_ref().map(|uri| uri.as_str().to_owned()),
            login_hint: request.raw().once("login_hint").map(str::to_owned),
            locale: locales.split(' ').find_map(|tag| tag.parse().ok()),
            level: client.min_person_level,
            client,
        })
    }

    /// The page this request waits for now; `None` when it can go on without one.
    ///
    /// # Errors
    /// As for [`Self::resume`].
    pub async fn interaction(
        &self,
        ctx: &Ctx,
        visitor: &Visitor<'_>,
        token: &str,
    ) -> Result<Option<Interaction>, AuthorizeError> {
        let parked = self.open(ctx, visitor, token).await?;
        let case = self.stands(ctx, visitor, &parked).await?;
        Ok(case.and_then(|case| match case.decision {
            Decision::Show(interaction) => Some(interaction),
            _ => None,
        }))
    }

    /// 同意 is remembered and lets the request go on; 拒绝 tells the client `access_denied`. It counts only
    /// while the table asks for consent, for the person who is signed in, to what was shown.
    ///
    /// # Errors
    /// As for [`Self::resume`].
    pub async fn answer_consent(
        &self,
        ctx: &Ctx,
        visitor: &Visitor<'_>,
        token: &str,
        answer: ConsentAnswer,
    ) -> Result<Authorized, AuthorizeError> {
        let mut parked = self.open(ctx, visitor, token).await?;
        if let (Some(case), Some(session)) = (self.stands(ctx, visitor, &parked).await?, visitor.session)
            && let Decision::Show(Interaction::Consent { scope }) = &case.decision
        {
            if answer == ConsentAnswer::Refused {
                return self.deny(ctx, &case, &parked).await;
            }
            parked = self.consented(ctx, &case, parked, session.person, scope).await?;
        }
        self.go_on(ctx, visitor, &parked, token).await
    }

    async fn consented(
        &self,
        ctx: &Ctx,
        case: &Case,
        mut parked: Parked,
        person: PersonId,
        scope: &Scope,
    ) -> Result<Parked, AuthorizeError> {
        parked.answers.consented = Some(Consented { person, scope: scope.clone() });
        let tx = self.rooms.base.db.begin().await?;
        self.rooms.consents.remember(&tx, ctx, &case.client.client_id, person, scope).await?;
        self.parked.answer(&tx, &parked).await.map_err(gone)?;
        tx.commit().await?;
        Ok(parked)
    }

    async fn deny(&self, ctx: &Ctx, case: &Case, parked: &Parked) -> Result<Authorized, AuthorizeError> {
        self.finish(ctx, parked).await?;
        let error = OAuthError::new(ErrorCode::AccessDenied, "the person refused consent");
        let refusal = case.request.refuse(error);
        Ok(Authorized::Answer(refusal.response(&self.settings.issuer)))
    }

    /// 暂不提升, or 取消 where the level is required: the table knows which of the two it is.
    ///
    /// # Errors
    /// As for [`Self::resume`].
    pub async fn decline_upgrade(
        &self,
        ctx: &Ctx,
        visitor: &Visitor<'_>,
        token: &str,
    ) -> Result<Authorized, AuthorizeError> {
        self.answer(ctx, visitor, token, |answers, person| answers.declined_upgrade = Some(person)).await
    }

    /// `prompt=create` or `select_account` while signed in: 继续使用 this account.
    ///
    /// # Errors
    /// As for [`Self::resume`].
    pub async fn keep_account(
        &self,
        ctx: &Ctx,
        visitor: &Visitor<'_>,
        token: &str,
    ) -> Result<Authorized, AuthorizeError> {
        let keep = |answers: &mut Answers, person| {
            answers.keeps_account = Some(person);
            answers.leaves_account = None;
        };
        self.answer(ctx, visitor, token, keep).await
    }

    /// `prompt=select_account`: 使用其他账号; the sign-in page follows.
    ///
    /// # Errors
    /// As for [`Self::resume`].
    pub async fn leave_account(
        &self,
        ctx: &Ctx,
        visitor: &Visitor<'_>,
        token: &str,
    ) -> Result<Authorized, AuthorizeError> {
        self.answer(ctx, visitor, token, |answers, person| answers.leaves_account = Some(person)).await
    }

    /// Keeps an answer of the person who is signed in, then lets the request go on.
    async fn answer(
        &self,
        ctx: &Ctx,
        visitor: &Visitor<'_>,
        token: &str,
        change: impl FnOnce(&mut Answers, PersonId) + Send,
    ) -> Result<Authorized, AuthorizeError> {
        let mut parked = self.open(ctx, visitor, token).await?;
        if let Some(session) = visitor.session {
            change(&mut parked.answers, session.person);
            let tx = self.rooms.base.db.begin().await?;
            self.parked.answer(&tx, &parked).await.map_err(gone)?;
            tx.commit().await?;
        }
        self.go_on(ctx, visitor, &parked, token).await
    }

    /// The parked request with the table's word, unless a check refuses it now.
    async fn stands(
        &self,
        ctx: &Ctx,
        visitor: &Visitor<'_>,
        parked: &Parked,
    ) -> Result<Option<Box<Case>>, AuthorizeError> {
        let request = AuthorizeRequest::read(parked.raw.clone())?;
        Ok(match self.weigh(ctx, visitor, &request, parked.answers.clone()).await? {
            Weighed::Stands(case) => Some(case),
            Weighed::Refused(_) => None,
        })
    }
}
