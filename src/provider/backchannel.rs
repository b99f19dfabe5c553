//! Telling one client that a session ended (OpenID Connect Back-Channel Logout 1.0).
//!
//! The outbox keeps who is to be told; the token is signed at each attempt, so that a late one is not
//! stale. Its `jti` is the message's id: the same on every attempt.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Internal, subject_of};
use crate::{
    clients::Clients,
    kernel::{ClientId, OutboxId, PersonId, SessionId},
    keys::Keys,
    protocol::{
        claims::{LogoutToken, Validity},
        client::Client,
        issuer::Issuer,
        jose::TokenType,
    },
    sessions::Sessions,
    storage::{Base, Deliver, Delivery, outbound::Fetcher},
};

/// The outbox kind.
pub const KIND: &str = "backchannel_logout";
/// Back-Channel Logout §2.4: a short time, two minutes at most are recommended.
const LIFETIME: TimeDelta = TimeDelta::minutes(2);

/// Who is to be told about what.
#[derive(Debug, Serialize, Deserialize)]
pub struct News {
    pub client: ClientId,
    pub person: PersonId,
    pub session: SessionId,
}

/// Delivers logout tokens.
pub struct BackchannelLogout {
    pub base: Base,
    pub issuer: Issuer,
    pub clients: Clients,
    pub keys: Keys,
    pub sessions: Sessions,
    pub fetcher: Fetcher,
}

#[async_trait]
impl Deliver for BackchannelLogout {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn deliver(&self, payload: &[u8], id: &OutboxId) -> Delivery {
        let Ok(news) = serde_json::from_slice::<News>(payload) else { return Delivery::Dead };
        // A client that is gone, or no longer wants to know, is told nothing.
        let Some((client, uri)) = self.recipient(&news.client) else { return Delivery::Done };
        let token = match self.token(&client, &news, id).await {
            Ok(token) => token,
            Err(error) => {
                tracing::error!(client.id = %news.client, %error, "the logout token is not signed");
                return Delivery::Retry;
            }
        };
        match self.fetcher.post_form(&uri, &[("logout_token", &token)]).await {
            // §2.8: 200; 204 is common.
            Ok(answer) if matches!(answer.status, 200 | 204) => Delivery::Done,
            // §2.8: 400 says that the request was not valid: it will not be the next time.
            Ok(answer) if answer.status == 400 => Delivery::Dead,
            Ok(answer) => {
                tracing::info!(client.id = %news.client, status = answer.status, "not told yet");
                Delivery::Retry
            }
            Err(error) => {
                tracing::info!(client.id = %news.client, %error, "not told yet");
                Delivery::Retry
            }
        }
    }
}

impl BackchannelLogout {
    fn recipient(&self, id: &ClientId) -> Option<(Arc<Client>, Url)> {
        let client = self.clients.find(id)?;
        let uri = Url::parse(client.backchannel_logout_uri.as_ref()?.as_str()).ok()?;
        Some((client, uri))
    }

    async fn token(&self, client: &Client, news: &News, id: &OutboxId) -> Result<String, Internal> {
        let now = self.base.clock.now();
        let subject = subject_of(&self.base, client, news.person);
        let sid = self.sessions.sid(news.session, &client.client_id);
        let jti = id.to_string();
        let valid = Validity { from: now, until: now + LIFETIME };
        let claims = LogoutToken::new(&self.issuer, client.client_id.as_str(), &subject, &sid, &jti, valid);
        let signer = self.keys.signer(client.id_token_signed_response_alg).await?;
        Ok(signer.sign(TokenType::LogoutToken, &claims)?)
    }
}
