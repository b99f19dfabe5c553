//! What ends a request without its page: one enum, rendered as LG11 by the visit middleware.
//!
//! A handler returns `Err(Failure)`; the response carries it as an extension, and [`super::visit`] turns it into a
//! page with the trace id and logs the private cause once.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::kernel::TraceId;
use crate::people::PeopleError;
use crate::provider::{Internal, WayBack};
use crate::signin::SigninError;
use crate::storage::{EphemeralError, StoreError, is_away};

/// How long whoever met a full queue should wait.
const RETRY_AFTER: Duration = Duration::from_secs(2);
/// How long whoever met a store that is away should wait: it is tried again all the time.
const AWAY: Duration = Duration::from_secs(5);

/// A failure that a person sees as a page.
#[derive(Clone, Debug)]
pub enum Failure {
    /// E_FLOW_EXPIRED: the form, the wizard or the parked request is too old or not this browser's.
    Expired {
        /// Where the person can start again.
        back: Option<WayBack>,
    },
    /// No such page.
    NotFound,
    /// The request came from another site.
    Forbidden,
    /// E_RATE: too many requests from this source.
    Rate,
    /// Too busy: answered 503 with `Retry-After`.
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
    /// E_SYSTEM for a moment: what the request needs is away, and comes back by itself; answered 503 with `Retry-After`.
    Away(Arc<dyn Error + Send + Sync>),
    /// E_SYSTEM: our fault; the cause is for the log only.
    System(Arc<dyn Error + Send + Sync>),
}

impl Failure {
    /// Wraps the private cause of a system error, or of one that passes by itself.
    pub fn system(cause: impl Error + Send + Sync + 'static) -> Self {
        if is_away(&cause) { Self::Away(Arc::new(cause)) } else { Self::System(Arc::new(cause)) }
    }

    /// Says the private cause, once: by whoever answers.
    pub fn log(&self, trace: TraceId) {
        match self {
            Self::System(cause) => tracing::error!(%trace, error = %cause, "request failed"),
            Self::Away(cause) => tracing::error!(%trace, error = %cause, "refused until it is back"),
            _ => {}
        }
    }

    /// When to try again, where that helps.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after } => Some(*retry_after),
            Self::Away(_) => Some(AWAY),
            _ => None,
        }
    }

    /// The word for it in `/metrics`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Expired { .. } => "expired",
            Self::NotFound => "not_found",
            Self::Forbidden => "forbidden",
            Self::Rate => "rate",
            Self::Busy { .. } => "busy",
            Self::Away(_) => "away",
            Self::System(_) => "system",
        }
    }

    /// The HTTP status of the page.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Expired { .. } => StatusCode::GONE,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::Rate => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy { .. } | Self::Away(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::System(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// A handler panicked; the panic hook has logged where.
#[derive(Debug, thiserror::Error)]
#[error("a handler panicked")]
pub struct Panicked;

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::system(error)
    }
}

impl From<PeopleError> for Failure {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::Busy => Self::Busy { retry_after: RETRY_AFTER },
            other => Self::system(other),
        }
    }
}

impl From<Internal> for Failure {
    fn from(error: Internal) -> Self {
        match error {
            Internal::People(error) => error.into(),
            other => Self::system(other),
        }
    }
}

/// Limits fail closed: without them nobody may try.
impl From<EphemeralError> for Failure {
    fn from(error: EphemeralError) -> Self {
        Self::Away(Arc::new(error))
    }
}

impl From<SigninError> for Failure {
    fn from(error: SigninError) -> Self {
        match error {
            SigninError::Busy => Self::Busy { retry_after: RETRY_AFTER },
            SigninError::Ephemeral(error) => error.into(),
            SigninError::People(error) => error.into(),
            SigninError::Store(error) => error.into(),
            other => Self::system(other),
        }
    }
}
