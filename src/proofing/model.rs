//! Evidence of a person and the level that follows from it; the job that asks a bank. Pure.
//!
//! ```text
//! Queued ──claim──► Running ──yes──► Ok
//!   ▲                  │ ├──no───► Failed
//!   └──busy (≤ 3)──────┘ └──busy──► Unknown     (told as BANK_BUSY, costs nothing)
//! ```

use std::str::FromStr;

use chrono::{Days, Months, NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};

use crate::kernel::{
    Amr, BankCard, EvidenceId, FlowId, IdDocument, JobId, PersonId, PersonName, Phone, RealNameLevel,
    Timestamp,
};
use crate::people::Person;
use crate::policy::CardMethod;

use super::Outcome;

/// A stored word that is none of the expected ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a word of the proofing tables")]
pub struct UnknownWord;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// The column's word.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                match text { $($word => Ok(Self::$variant),)+ _ => Err(UnknownWord) }
            }
        }
    };
}

words! {
    /// How a person was proved.
    Method {
        /// A code by SMS.
        Phone = "phone",
        /// The four elements at a bank.
        Bank = "bank",
        /// The four elements at UnionPay.
        UnionPay = "unionpay",
    }
}

words! {
    /// Whether a row still counts, apart from its expiry.
    EvidenceState {
        Valid = "valid",
        /// Somebody proved the identity or the phone to be theirs.
        Displaced = "displaced",
        /// A newer row of the same method took its place.
        Replaced = "replaced",
    }
}

words! {
    /// The job's column; see the diagram.
    JobWord { Queued = "queued", Running = "running", Ok = "ok", Failed = "failed", Unknown = "unknown" }
}

/// What is kept of a proof, sealed. Of a card: its bank and last four digits, nothing else (`decisions.md`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "method")]
pub enum Detail {
    Phone {
        phone: Phone,
    },
    Bank {
        bank: String,
        bank_name: String,
        last_four: String,
        reference: String,
        phone: Phone,
        /// The bank knew the name or number in another spelling (`domain.md` §1.3, §1.13).
        name_variant: bool,
    },
    #[serde(rename = "unionpay")]
    UnionPay {
        /// The card's bank, as UnionPay names it.
        bank_name: String,
        last_four: String,
        reference: String,
        phone: Phone,
        name_variant: bool,
    },
}

impl Detail {
    /// Which method the detail belongs to.
    pub const fn method(&self) -> Method {
        match self {
            Self::Phone { .. } => Method::Phone,
            Self::Bank { .. } => Method::Bank,
            Self::UnionPay { .. } => Method::UnionPay,
        }
    }
}

impl Method {
    /// Whether it proves who somebody is, and not only their phone.
    pub const fn proves_identity(self) -> bool {
        match self {
            Self::Bank | Self::UnionPay => true,
            Self::Phone => false,
        }
    }
}

impl From<CardMethod> for Method {
    fn from(method: CardMethod) -> Self {
        match method {
            CardMethod::Bank => Self::Bank,
            CardMethod::UnionPay => Self::UnionPay,
        }
    }
}

/// One proof of one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub id: EvidenceId,
    pub person: PersonId,
    pub obtained_at: Timestamp,
    /// `None`: it does not end by time.
    pub expires_at: Option<Timestamp>,
    pub state: EvidenceState,
    pub job: Option<JobId>,
    pub detail: Detail,
}

impl Evidence {
    /// Whether the row counts at this instant.
    pub fn counts(&self, now: Timestamp) -> bool {
        self.state == EvidenceState::Valid && self.expires_at.is_none_or(|end| now < end)
    }
}

/// The level that a person's evidence yields; nobody stores it.
pub fn level(evidence: &[Evidence], now: Timestamp) -> Option<RealNameLevel> {
    let of = |identity| move |row: &&Evidence| row.detail.method().proves_identity() == identity;
    let counts = |identity| evidence.iter().filter(of(identity)).any(|row| row.counts(now));
    match (counts(false), counts(true)) {
        (true, true) => Some(RealNameLevel::L2),
        (true, false) => Some(RealNameLevel::L1),
        // `domain.md` §2.4: a phone that went to another owner leaves L1
        (false, true) => Some(RealNameLevel::L1),
        (false, false) => None,
    }
}

/// The level that a sign-in does not rise above, whatever the evidence: that of its password, and L1 by a phone alone, until
/// the person proves themselves after it (`decisions.md`, “Ceiling of a password”: whoever took over a phone comes no further).
pub fn ceiling(
    person: &Person,
    (amr, auth_time): (&Amr, Timestamp),
    (evidence, now): (&[Evidence], Timestamp),
) -> Option<RealNameLevel> {
    let proves = |row: &&Evidence| row.detail.method().proves_identity() && row.counts(now);
    let proved_since = || evidence.iter().filter(proves).any(|row| row.obtained_at > auth_time);
    let by_phone = (amr.is_phone_alone() && !proved_since()).then_some(RealNameLevel::L1);
    person.ceiling_of(amr).into_iter().chain(by_phone).min()
}

/// Whether the identity was ever proved and is not displaced: such a holder keeps it on line, expired or not (S1-30).
pub fn holds_by_proof(evidence: &[Evidence]) -> bool {
    let displaced = |row: &Evidence| row.state == EvidenceState::Displaced;
    evidence.iter().any(|row| row.detail.method().proves_identity() && !displaced(row))
}

/// The proof of identity that counts longest: with it L2 ends.
pub fn lasting(evidence: &[Evidence], now: Timestamp) -> Option<&Evidence> {
    let counting = evidence.iter().filter(|row| row.detail.method().proves_identity() && row.counts(now));
    counting.max_by_key(|row| (row.expires_at.is_none(), row.expires_at))
}

/// The proof of identity that ended last, where none counts any more by its time.
pub fn lapsed(evidence: &[Evidence], now: Timestamp) -> Option<&Evidence> {
    let ended = evidence.iter().filter(|row| {
        row.detail.method().proves_identity() && row.state == EvidenceState::Valid && !row.counts(now)
    });
    ended.max_by_key(|row| row.expires_at).filter(|_| lasting(evidence, now).is_none())
}

/// `domain.md` §2.4: so long before its end a proof is near it.
pub const NEAR_END: TimeDelta = TimeDelta::days(30);

/// When L2 ends, if that is near.
pub fn ends_soon(evidence: &[Evidence], now: Timestamp) -> Option<Timestamp> {
    lasting(evidence, now)?.expires_at.filter(|end| *end <= now + NEAR_END)
}

/// The last day on which a proof that ends at this instant counts.
pub fn last_day(end: Timestamp) -> NaiveDate {
    (end - TimeDelta::milliseconds(1)).china_date()
}

/// End of a card's yes: so many months, or the end of the document's last day if that is earlier (`domain.md` §2.4).
pub fn card_expiry(now: Timestamp, months: u32, document_until: Option<NaiveDate>) -> Timestamp {
    let by_time = now.china_date().checked_add_months(Months::new(months)).unwrap_or(NaiveDate::MAX);
    let last_day = document_until.map_or(by_time, |until| until.min(by_time));
    Timestamp::china_midnight(last_day.checked_add_days(Days::new(1)).unwrap_or(last_day))
}

/// Whose question a job asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// There is no account yet.
    Registration(FlowId),
    /// A signed-in person raises their level, in this wizard.
    Upgrade { person: PersonId, flow: FlowId },
    /// Somebody who cannot sign in recovers something, in this wizard.
    Recovery(FlowId),
}

/// Who is asked about a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Channel {
    /// The bank with this code of the profile's list.
    Bank(String),
    UnionPay,
}

impl Channel {
    /// Without the bank.
    pub const fn method(&self) -> CardMethod {
        match self {
            Self::Bank(_) => CardMethod::Bank,
            Self::UnionPay => CardMethod::UnionPay,
        }
    }

    /// The bank, where one is named.
    pub fn bank(&self) -> Option<&str> {
        match self {
            Self::Bank(code) => Some(code),
            Self::UnionPay => None,
        }
    }
}

/// The four elements as a person gave them, and what they are for.
#[derive(Clone, Debug)]
pub struct CardCase {
    pub purpose: Purpose,
    pub name: PersonName,
    /// 银行登记姓名, for names with rare characters.
    pub bank_registered_name: Option<String>,
    pub document: IdDocument,
    /// Last day of the document, if it has one.
    pub document_until: Option<NaiveDate>,
    pub channel: Channel,
    pub card: BankCard,
    pub phone: Phone,
}

/// Failed questions that are asked again: so long after each (pages §6.13: three times, then the person is told).
const AGAIN_AFTER_SECONDS: [i64; 3] = [5, 20, 60];

/// When a question without an answer is asked again, after its n-th asking; `None`: no more.
pub fn again_after(asked: u32) -> Option<TimeDelta> {
    let place = usize::try_from(asked.checked_sub(1)?).ok()?;
    AGAIN_AFTER_SECONDS.get(place).copied().map(TimeDelta::seconds)
}

/// How a job stands, for the page that waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// Not asked yet, or being asked.
    Asking,
    /// The authority takes so many questions a second; so many wait before this one.
    Queued { ahead: u64 },
    /// The bank was busy; it is asked again.
    Retrying,
    /// What to tell the person.
    Done(Outcome),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SeededRng;

    fn at(date: &str) -> Timestamp {
        let noon = format!("{date}T12:00:00+08:00");
        Timestamp::from_millis(chrono::DateTime::parse_from_rfc3339(&noon).unwrap().timestamp_millis())
    }

    fn row(detail: Detail, expires: Option<&str>, state: EvidenceState) -> Evidence {
        let rng = SeededRng::new(1);
        let now = at("2026-01-01");
        Evidence {
            id: EvidenceId::new(now, &rng),
            person: PersonId::new(now, &rng),
            obtained_at: now,
            expires_at: expires.map(at),
            state,
            job: None,
            detail,
        }
    }

    fn phone(state: EvidenceState) -> Evidence {
        row(Detail::Phone { phone: "13800138000".parse().unwrap() }, None, state)
    }

    fn bank(expires: &str, state: EvidenceState) -> Evidence {
        let detail = Detail::Bank {
            bank: "CCB".into(),
            bank_name: "建设银行".into(),
            last_four: "9015".into(),
            reference: "R".into(),
            phone: "13800138000".parse().unwrap(),
            name_variant: false,
        };
        row(detail, Some(expires), state)
    }

    #[test]
    fn a_phone_makes_l1_and_a_bank_l2() {
        use EvidenceState::Valid;
        let now = at("2026-06-01");
        assert_eq!(level(&[], now), None);
        assert_eq!(level(&[phone(Valid)], now), Some(RealNameLevel::L1));
        assert_eq!(level(&[phone(Valid), bank("2028-01-01", Valid)], now), Some(RealNameLevel::L2));
        assert_eq!(
            level(&[bank("2028-01-01", Valid)], now),
            Some(RealNameLevel::L1),
            "the phone went to another"
        );
    }

    #[test]
    fn expired_and_displaced_evidence_no_longer_counts() {
        use EvidenceState::{Displaced, Valid};
        let now = at("2028-01-01");
        assert_eq!(level(&[phone(Valid), bank("2028-01-01", Valid)], now), Some(RealNameLevel::L1));
        assert_eq!(level(&[phone(Valid), bank("2029-01-01", Displaced)], now), Some(RealNameLevel::L1));
        assert_eq!(level(&[phone(Displaced)], now), None);
    }

    #[test]
    fn s1_30_an_expired_proof_still_holds_the_identity() {
        use EvidenceState::{Displaced, Valid};
        assert!(holds_by_proof(&[bank("2020-01-01", Valid)]));
        assert!(!holds_by_proof(&[phone(Valid)]));
        assert!(!holds_by_proof(&[bank("2030-01-01", Displaced)]));
    }

    #[test]
    fn a_bank_s_yes_ends_after_24_months_or_with_the_document() {
        let now = at("2026-11-21");
        let end = |until: Option<&str>| {
            let until = until.map(|date| date.parse().unwrap());
            card_expiry(now, 24, until).china_date().to_string()
        };
        assert_eq!(end(None), "2028-11-22", "the last day is still inside");
        assert_eq!(end(Some("2027-03-31")), "2027-04-01");
        assert_eq!(end(Some("2040-01-01")), "2028-11-22");
        assert_eq!(card_expiry(now, 24, None), at("2028-11-22") - TimeDelta::hours(12), "at midnight");
    }

    #[test]
    fn a_busy_bank_is_asked_three_times_more() {
        let waits: Vec<_> = (0..6).map(|asked| again_after(asked).map(|wait| wait.num_seconds())).collect();
        assert_eq!(waits, [None, Some(5), Some(20), Some(60), None, None]);
    }

    #[test]
    fn the_words_of_the_columns_are_read_back() {
        for word in [JobWord::Queued, JobWord::Running, JobWord::Ok, JobWord::Failed, JobWord::Unknown] {
            assert_eq!(word.as_str().parse(), Ok(word));
        }
        assert_eq!("bank".parse(), Ok(Method::Bank));
        assert_eq!("replaced".parse(), Ok(EvidenceState::Replaced));
        assert_eq!("gone".parse::<EvidenceState>(), Err(UnknownWord));
    }
}
