//! Which client calls: a secret is compared, an assertion is judged with the client's keys and taken once.

use std::{sync::Arc, time::Duration};

use super::{EndpointError, Provider};
use crate::{
    kernel::{Ctx, HashedToken},
    protocol::{
        client::{AuthMethod, Client},
        client_auth::{self, Assertion, Audience, ClientCredentials, ClientProof, Proved},
        error::{ErrorCode, OAuthError},
        params::RawParams,
    },
};

/// An assertion is remembered a little longer than it is good, for clocks of nodes differ.
const MARGIN: Duration = Duration::from_secs(60);

impl Provider {
    /// RFC 6749 §2.3, Core §9.
    ///
    /// # Errors
    /// `invalid_client`, `invalid_request`; `temporarily_unavailable` when nobody can tell whether an assertion was used.
    pub(super) async fn authenticate(
        &self,
        ctx: &Ctx,
        authorization: Option<&str>,
        body: &RawParams,
    ) -> Result<Arc<Client>, EndpointError> {
        let credentials = ClientCredentials::read(authorization, body)?;
        let ClientProof::Assertion(assertion) = &credentials.proof else {
            return Ok(self.rooms.clients.authenticate(&credentials)?);
        };
        let client = self.rooms.clients.find(&credentials.client_id);
        let signs = |client: &Arc<Client>| client.token_endpoint_auth_method == AuthMethod::PrivateKeyJwt;
        let client = client.filter(signs).ok_or_else(client_auth::failed)?;
        let proved = self.proved(ctx, &client, assertion).await?;
        self.take_once(ctx, &client, &proved).await?;
        Ok(client)
    }

    async fn proved(&self, ctx: &Ctx, client: &Client, assertion: &Assertion) -> Result<Proved, OAuthError> {
        let keys = self.rooms.key_sets.of(client, assertion.kid(), ctx.now).await;
        let keys = keys.ok_or_else(|| client_auth::failed().because("the client's keys are not known"))?;
        let token_endpoint = self.settings.token_endpoint.as_str();
        let audience = Audience { issuer: &self.settings.issuer, token_endpoint };
        assertion.judge(client, &keys, audience, ctx.now)
    }

    /// RFC 7523 §3, rule 7: an assertion is good once. Without the store nobody knows, and nobody gets in.
    async fn take_once(&self, ctx: &Ctx, client: &Client, proved: &Proved) -> Result<(), EndpointError> {
        let key = format!("client_assertion:{}:{}", client.client_id, HashedToken::of(&proved.jti).as_str());
        let ttl = (proved.until - ctx.now).to_std().unwrap_or_default() + MARGIN;
        match self.rooms.ephemeral.put_new(&key, "", ttl).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(client_auth::failed().because("the assertion was used before").into()),
            Err(error) => {
                tracing::error!(trace = %ctx.trace, %error, "an assertion cannot be checked");
                let hint = "client authentication cannot be checked now";
                Err(OAuthError::new(ErrorCode::TemporarilyUnavailable, hint).because(error).into())
            }
        }
    }
}
