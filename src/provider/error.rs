//! What goes wrong in the provider's use cases, by who is told.

use crate::{
    keys::KeysError,
    people::PeopleError,
    protocol::{
        error::{OAuthError, PageError},
        jose::JoseError,
        logout::LogoutError,
    },
    storage::StoreError,
    tokens::TokensError,
};

/// Our own fault: logged once, told as a trace id.
#[derive(Debug, thiserror::Error)]
pub enum Internal {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error(transparent)]
    Tokens(#[from] TokensError),
    #[error(transparent)]
    People(#[from] PeopleError),
    #[error(transparent)]
    Jose(#[from] JoseError),
}

impl Internal {
    /// Too much at once: worth another try in a moment.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::People(PeopleError::Busy))
    }
}

/// The way back to a client whose request cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayBack {
    /// The client's name.
    pub client_name: String,
    /// Its registered `initiate_login_uri`.
    pub url: String,
}

/// Why an authorization request ends on a page.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizeError {
    /// Nobody can be redirected to.
    #[error(transparent)]
    Page(#[from] PageError),
    /// E_FLOW_EXPIRED: too old, answered already, or another browser's.
    #[error("the parked request is over")]
    Expired(Option<WayBack>),
    #[error(transparent)]
    Internal(Internal),
}

/// Why an endpoint that answers JSON refuses.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    #[error(transparent)]
    OAuth(#[from] OAuthError),
    #[error(transparent)]
    Internal(Internal),
}

/// Why a sign-out ends on an error page.
#[derive(Debug, thiserror::Error)]
pub enum SignOutError {
    #[error(transparent)]
    Page(#[from] LogoutError),
    #[error(transparent)]
    Internal(Internal),
}

macro_rules! internal {
    ($($error:ident),+) => {$(
        impl<E: Into<Internal>> From<E> for $error {
            fn from(error: E) -> Self {
                Self::Internal(error.into())
            }
        }
    )+};
}

internal!(AuthorizeError, EndpointError, SignOutError);
