//! The vocabulary of the house: ids, time, randomness, secrets, and every value that is parsed once at the edge.
//!
//! No I/O, nothing of ours below it. A value of one of these types is valid by construction: whoever holds a
//! [`Phone`] never checks it again. Personal data shows itself masked in `Debug`; the plain text is asked for by name.

mod about;
mod answer;
mod bank_card;
mod canon;
mod context;
mod country;
mod email;
mod faults;
mod han;
mod id_document;
mod id_number;
mod ids;
mod level;
mod locale;
mod message;
mod name_parts;
mod org_code;
mod password;
mod person_name;
mod phone;
mod random;
mod region;
mod secret;
mod sex;
mod text_value;
mod time;
pub mod trace;
mod typed_name;
mod unit_name;
mod uscc;
mod username;
#[cfg(test)]
mod vectors;

pub use about::{About, Line, LineError, WebAddress, WebAddressError};
pub use answer::canonical_answer;
pub use bank_card::{BankCard, BankCardError};
pub use context::{Ctx, SourceAddr};
pub use country::{Country, CountryError};
pub use email::{Email, EmailError};
pub use faults::{Fault, Faults, given, required};
pub use id_document::{IdDocument, IdError, IdRules, IdType};
pub use ids::{
    AccessId, AuditId, ClientId, EvidenceId, FlowId, GrantId, IdSyntaxError, JobId, KeyId, OutboxId,
    PersonId, SessionId, TraceId, VetoId,
};
pub use level::{Acr, Amr, AmrMethod, LevelError, RealNameLevel};
pub use locale::Locale;
pub use message::Message;
pub use name_parts::NameParts;
pub use org_code::{OrgCode, OrgCodeError};
pub use password::{CharacterClass, Known, PasswordFault, PasswordRules, canonical_password};
pub use person_name::{NameError, NameRules, NameScripts, PersonName};
pub use phone::{Phone, PhoneError};
#[cfg(any(test, feature = "sandbox"))]
pub use random::SeededRng;
pub use random::{OsRng, Rng, random_bytes};
pub use region::{Region, RegionError, RegionLevel};
pub use secret::{HashedToken, PlainToken, Secret, TokenError};
pub use sex::{Sex, SexError};
#[cfg(any(test, feature = "sandbox"))]
pub use time::ManualClock;
pub use time::{Clock, SystemClock, Timestamp};
pub use typed_name::TypedName;
pub use unit_name::{UnitName, UnitNameError};
pub use uscc::{Registry, Uscc, UsccError};
pub use username::{Username, UsernameError, UsernameRules};
