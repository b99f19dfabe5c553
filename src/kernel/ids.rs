//! Ids: one newtype per thing, from one macro, not interchangeable.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Rng, Timestamp, random_bytes};

/// A text that is no id of the kind asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct IdSyntaxError;

macro_rules! uuid_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id, ordered by `now` (UUID version 7, RFC 9562 §5.7).
            #[must_use]
            pub fn new(now: Timestamp, rng: &dyn Rng) -> Self {
                let millis = u64::try_from(now.millis()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &random_bytes(rng)).into_uuid())
            }

            /// The id in a stored row.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        uuid_text!($name);
    )+};
}

macro_rules! uuid_text {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdSyntaxError;

            fn from_str(text: &str) -> Result<Self, IdSyntaxError> {
                Uuid::try_parse(text).map(Self).map_err(|_| IdSyntaxError)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

uuid_id! {
    /// A natural person's account.
    PersonId,
    /// A registration wizard in progress.
    FlowId,
    /// A browser session.
    SessionId,
    /// A family of tokens that came from one authorization.
    GrantId,
    /// A verification job at an outside authority.
    JobId,
    /// A change of phone that may be undone.
    VetoId,
    /// One proof of an identity.
    EvidenceId,
    /// A side effect waiting to be delivered.
    OutboxId,
    /// An audit event.
    AuditId,
    /// An access token (RFC 7519 §4.1.7 `jti`): in the order of issue, so that rows of one time lie together.
    AccessId,
}

/// The id of one request: in `X-Request-Id`, on the page and in the log.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TraceId(Uuid);

impl TraceId {
    /// A random id (UUID version 4): it says nothing about when or where.
    #[must_use]
    pub fn new(rng: &dyn Rng) -> Self {
        Self(uuid::Builder::from_random_bytes(random_bytes(rng)).into_uuid())
    }

    #[must_use]
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid)
    }

    #[must_use]
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

uuid_text!(TraceId);

macro_rules! text_id {
    ($($(#[$doc:meta])* $name:ident, $max:literal, $allowed:expr);+ $(;)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdSyntaxError;

            fn from_str(text: &str) -> Result<Self, IdSyntaxError> {
                let allowed: fn(char) -> bool = $allowed;
                let fits = !text.is_empty() && text.len() <= $max && text.chars().all(allowed);
                if fits { Ok(Self(text.to_owned())) } else { Err(IdSyntaxError) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdSyntaxError;

            fn try_from(text: String) -> Result<Self, IdSyntaxError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    )+};
}

text_id! {
    /// A relying party's `client_id`: 1–200 visible ASCII characters (RFC 6749 appendix A.1 without the space).
    ClientId, 200, |c| c.is_ascii_graphic();
    /// A signing key's `kid`: 1–64 characters of base64url and `.`.
    KeyId, 64, |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SeededRng;

    #[test]
    fn ids_are_version_7_and_sort_by_time() {
        let rng = SeededRng::new(1);
        let early = PersonId::new(Timestamp::from_seconds(1_000), &rng);
        let late = PersonId::new(Timestamp::from_seconds(1_001), &rng);
        assert_eq!(early.uuid().get_version_num(), 7);
        assert!(early < late);
        assert_ne!(late, PersonId::new(Timestamp::from_seconds(1_001), &rng));
    }

    #[test]
    fn an_id_before_1970_is_still_an_id() {
        let id = FlowId::new(Timestamp::from_millis(-5), &SeededRng::new(1));
        assert_eq!(id.to_string().parse::<FlowId>().unwrap(), id);
    }

    #[test]
    fn an_id_travels_as_plain_text() {
        let id = JobId::new(Timestamp::from_seconds(5), &SeededRng::new(2));
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, format!("\"{id}\""));
        assert_eq!(serde_json::from_str::<JobId>(&json).unwrap(), id);
        assert_eq!("no id".parse::<JobId>(), Err(IdSyntaxError));
    }

    #[test]
    fn a_trace_id_is_random() {
        let id = TraceId::new(&SeededRng::new(3));
        assert_eq!(id.uuid().get_version_num(), 4);
        assert_eq!(TraceId::from_uuid(id.uuid()), id);
    }

    #[test]
    fn a_client_id_has_only_visible_ascii() {
        assert_eq!("exam-portal".parse::<ClientId>().unwrap().as_str(), "exam-portal");
        for wrong in ["", "a b", "a\nb", "门符", &"x".repeat(201)] {
            assert_eq!(wrong.parse::<ClientId>(), Err(IdSyntaxError), "{wrong:?}");
        }
        assert!(serde_json::from_str::<ClientId>("\"a b\"").is_err());
    }

    #[test]
    fn a_key_id_is_base64url() {
        assert!("2026-11_es.256".parse::<KeyId>().is_ok());
        assert!("a/b".parse::<KeyId>().is_err());
    }
}
