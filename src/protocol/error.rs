//! OAuth errors and who may see them.
//!
//! [`PageError`] exists before the redirect URI is verified and can only become a page here;
//! [`OAuthError`] is what a client may read: a registered code and a fixed public hint, never echoed
//! input; its `cause` is for the log alone.

use std::borrow::Cow;

/// The registered error codes this provider uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// RFC 6749 §4.1.2.1 and §5.2.
    InvalidRequest,
    /// RFC 6749 §4.1.2.1.
    UnauthorizedClient,
    /// RFC 6749 §4.1.2.1.
    AccessDenied,
    /// RFC 6749 §4.1.2.1.
    UnsupportedResponseType,
    /// RFC 6749 §4.1.2.1.
    InvalidScope,
    /// RFC 6749 §4.1.2.1.
    ServerError,
    /// RFC 6749 §4.1.2.1.
    TemporarilyUnavailable,
    /// OpenID Connect Core §3.1.2.6.
    LoginRequired,
    /// OpenID Connect Core §3.1.2.6.
    InteractionRequired,
    /// OpenID Connect Core §3.1.2.6.
    ConsentRequired,
    /// OpenID Connect Core §3.1.2.6.
    AccountSelectionRequired,
    /// OpenID Connect Core §3.1.2.6.
    RequestNotSupported,
    /// OpenID Connect Core §3.1.2.6.
    RequestUriNotSupported,
    /// OpenID Connect Core §3.1.2.6.
    RegistrationNotSupported,
    /// OpenID Connect Core Unmet Authentication Requirements 1.0.
    UnmetAuthenticationRequirements,
    /// RFC 6749 §5.2.
    InvalidClient,
    /// RFC 6749 §5.2.
    InvalidGrant,
    /// RFC 6749 §5.2.
    UnsupportedGrantType,
    /// RFC 6750 §3.1.
    InvalidToken,
    /// RFC 6750 §3.1.
    InsufficientScope,
    /// RFC 7009 §2.2.1.
    UnsupportedTokenType,
    /// RFC 8707 §2.
    InvalidTarget,
}

impl ErrorCode {
    /// The code as it stands on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::AccessDenied => "access_denied",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::LoginRequired => "login_required",
            Self::InteractionRequired => "interaction_required",
            Self::ConsentRequired => "consent_required",
            Self::AccountSelectionRequired => "account_selection_required",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::RegistrationNotSupported => "registration_not_supported",
            Self::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::UnsupportedTokenType => "unsupported_token_type",
            Self::InvalidTarget => "invalid_target",
        }
    }

    /// The HTTP status at the endpoints that answer JSON (RFC 6749 §5.2, RFC 6750 §3.1).
    pub fn status(self) -> u16 {
        match self {
            Self::InvalidClient | Self::InvalidToken => 401,
            Self::InsufficientScope => 403,
            Self::ServerError => 500,
            Self::TemporarilyUnavailable => 503,
            _ => 400,
        }
    }
}

/// An error a client is told: code and hint; `cause` is logged once, where it is answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {hint}", code.as_str())]
pub struct OAuthError {
    /// The registered code.
    pub code: ErrorCode,
    /// What the client's developer may read; fixed text, no input echoed.
    pub hint: &'static str,
    /// What the log says beyond that.
    pub cause: Option<String>,
}

impl OAuthError {
    /// An error with its public hint.
    pub fn new(code: ErrorCode, hint: &'static str) -> Self {
        Self { code, hint, cause: None }
    }

    /// The same error with a private cause.
    #[must_use]
    pub fn because(self, cause: impl std::fmt::Display) -> Self {
        Self { cause: Some(cause.to_string()), ..self }
    }

    /// RFC 6749 §4.1.2.1: `error_description` holds only `%x20-21 / %x23-5B / %x5D-7E`.
    pub fn description(&self) -> Cow<'static, str> {
        let allowed = |c: char| matches!(c, '\u{20}'..='\u{21}' | '\u{23}'..='\u{5b}' | '\u{5d}'..='\u{7e}');
        if self.hint.chars().all(allowed) {
            Cow::Borrowed(self.hint)
        } else {
            Cow::Owned(self.hint.chars().filter(|c| allowed(*c)).collect())
        }
    }
}

/// Why an authorization request ends on a page here: nobody to redirect to can be trusted yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// `client_id` is missing or sent twice.
    #[error("client_id is missing or repeated")]
    NoClientId,
    /// No such client, or it is switched off.
    #[error("the client is not registered here")]
    UnknownClient,
    /// `redirect_uri` is missing or sent twice (Core §3.1.2.1: required).
    #[error("redirect_uri is missing or repeated")]
    NoRedirectUri,
    /// The redirect URI is not registered for this client, byte for byte.
    #[error("redirect_uri is not registered for this client")]
    RedirectMismatch,
}

impl PageError {
    /// The word for it in figures.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoClientId => "no_client_id",
            Self::UnknownClient => "unknown_client",
            Self::NoRedirectUri => "no_redirect_uri",
            Self::RedirectMismatch => "redirect_mismatch",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_printable_ascii_without_quotes_or_backslash() {
        let error = OAuthError::new(ErrorCode::InvalidRequest, "a \"b\" \\ 门\r\n\tc");
        assert_eq!(error.description(), "a b  c");
        let clean = OAuthError::new(ErrorCode::InvalidRequest, "scope is missing");
        assert!(matches!(clean.description(), Cow::Borrowed("scope is missing")));
    }

    #[test]
    fn the_cause_stays_out_of_what_clients_read() {
        let error = OAuthError::new(ErrorCode::InvalidGrant, "the code is not valid").because("used twice");
        assert_eq!(error.to_string(), "invalid_grant: the code is not valid");
        assert_eq!(error.cause.as_deref(), Some("used twice"));
    }

    #[test]
    fn json_endpoints_answer_the_statuses_of_the_rfcs() {
        for (code, status) in [
            (ErrorCode::InvalidClient, 401),
            (ErrorCode::InvalidGrant, 400),
            (ErrorCode::InvalidToken, 401),
            (ErrorCode::InsufficientScope, 403),
            (ErrorCode::ServerError, 500),
        ] {
            assert_eq!(code.status(), status, "{}", code.as_str());
        }
    }
}
