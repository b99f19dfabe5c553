//! The two wizards as values. Pure.
//!
//! ```text
//! R1   Code ──right code──► Told
//! R2   Way ──chosen──► Proof ──right code──► NewPassword ──set──► Set
//! ```
//! Who was found stands sealed in the wizard's row, or that nobody was; no page shows it.

use serde::{Deserialize, Serialize};

use crate::{
    kernel::{PersonId, Phone},
    people::PasswordMark,
    policy::PasswordWay,
    storage::flows::Parked,
};

/// Where R1 stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FindName {
    /// The identity was told; the code of the registered phone is missing.
    Code(Found),
    /// The username is on its way to the phone.
    Told,
}

/// Whose account was told of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// The account and its phone; none where nothing fits.
    pub owner: Option<(PersonId, Phone)>,
    /// Stands for the phone where there is none: what was told, as a blind index.
    pub stand_in: String,
}

/// A way of R2, as the profile offers it.
pub type Way = PasswordWay;

/// Where R2 stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResetPassword {
    /// As typed; a page shows it again.
    pub username: String,
    /// Who has that name, or nobody.
    pub person: Option<PersonId>,
    /// The authorization request that the person comes from.
    pub parked: Option<String>,
    pub step: ResetStep,
}

/// A step of R2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ResetStep {
    Way,
    Proof(Way),
    /// Proved to be the owner, while this phone is the account's and this password stands. So many passwords were compared with it.
    NewPassword {
        proof: Proof,
        compared: u32,
    },
    Set {
        capped: bool,
    },
}

/// What a proof is worth something for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proof {
    pub person: PersonId,
    /// The account's phone, not the proof's.
    pub phone: Option<Phone>,
    pub password: Option<PasswordMark>,
    pub way: Way,
}

impl Parked for FindName {
    const KIND: &'static str = "find_name";
}

impl Parked for ResetPassword {
    const KIND: &'static str = "reset_password";
}
