//! What an authorization granted: the terms that codes, refresh tokens and access tokens carry.

use serde::{Deserialize, Serialize};

use super::{pkce::CodeChallenge, scope::Scope};
use crate::kernel::{Acr, Amr, ClientId, PersonId, SessionId, Timestamp};

/// One authorization of one client by one person; the head of a family of tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Who was authorized.
    pub client_id: ClientId,
    /// By whom.
    pub person: PersonId,
    /// In which browser session.
    pub session: SessionId,
    /// For what.
    pub scope: Scope,
    /// When that person last authenticated.
    pub auth_time: Timestamp,
    /// How.
    pub amr: Amr,
    /// The level that was answered then; later answers never exceed it.
    pub acr: Acr,
    /// To be repeated in ID tokens (Core §3.1.2.1).
    pub nonce: Option<String>,
}

/// What a code stands for and what redeems it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeTerms {
    /// The authorization behind it.
    pub grant: Grant,
    /// Where it was sent, byte for byte (RFC 6749 §4.1.3).
    pub redirect_uri: String,
    /// RFC 7636; `None` only for a confidential client that may go without.
    pub code_challenge: Option<CodeChallenge>,
    /// Sixty seconds after it was issued.
    pub expires_at: Timestamp,
}
