//! The verification centre (A4) and the two checks of a bank card (A5, A6).

use serde::Serialize;

use super::register::Subject;
use super::{Captcha, Choice, SmsSent};
use crate::kernel::{Message, RealNameLevel, Timestamp};
use crate::render::{Form, Page};

/// A4 `/account/verification`.
#[derive(Clone, Debug, Serialize)]
pub struct AccountVerification {
    /// The level that the evidence gives in this sign-in.
    pub level: RealNameLevel,
    /// The password was set anew without a proof of identity: says what follows, and how it ends.
    pub capped: bool,
    /// L1, L2, L3 in this order (S2-15).
    pub rows: Vec<LevelRow>,
    /// The ways to L2, in the profile's order.
    pub methods: Vec<MethodRow>,
    /// L2 ends on this day, and that is near.
    pub ends_soon: Option<Timestamp>,
    /// L2 ended on this day.
    pub lapsed: Option<Timestamp>,
    /// The newest first.
    pub evidence: Vec<Evidence>,
    /// The pending authorization request, for the links.
    pub request: Option<String>,
}

/// One way to be verified.
#[derive(Clone, Debug, Serialize)]
pub struct MethodRow {
    /// What a form sends: `bank`, `unionpay`.
    pub value: &'static str,
    /// `method-bank`, `method-unionpay`.
    pub name: Message,
    /// What is compared.
    pub text: Message,
    /// Where it begins.
    pub href: String,
    /// Whether its authority is asked at present; if not, 暂时不可用.
    pub asked: bool,
}

impl MethodRow {
    fn sample(value: &'static str, asked: bool) -> Self {
        Self {
            value,
            name: Message::new(if value == "bank" { "method-bank" } else { "method-unionpay" }),
            text: Message::new(if value == "bank" { "method-bank-text" } else { "method-unionpay-text" }),
            href: "/account/verification/bank".to_owned(),
            asked,
        }
    }

    /// Both, and one alone.
    #[must_use]
    pub fn samples() -> [Vec<Self>; 3] {
        [
            vec![Self::sample("bank", true), Self::sample("unionpay", true)],
            vec![Self::sample("bank", false), Self::sample("unionpay", true)],
            vec![Self::sample("bank", true)],
        ]
    }
}

/// One level of the verification centre.
#[derive(Clone, Debug, Serialize)]
pub struct LevelRow {
    /// Which.
    pub level: RealNameLevel,
    /// How it stands.
    pub state: LevelState,
    /// How it was reached.
    pub method: Option<Message>,
    /// Until when it counts.
    pub until: Option<Timestamp>,
}

/// How a level stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LevelState {
    /// 已认证.
    Done,
    /// 未认证: 立即认证 is offered.
    Open,
    /// 已过期: 重新认证 is offered.
    Expired,
    /// 未开通 (S2-03): no button.
    Closed,
}

/// One proof.
#[derive(Clone, Debug, Serialize)]
pub struct Evidence {
    /// `method-sms`, `method-bank`, `method-unionpay`.
    pub method: Message,
    /// `中国建设银行，尾号 9015`, `138****6021`.
    pub detail: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Until when it counts; none: without end.
    pub until: Option<Timestamp>,
    /// Whether it counts.
    pub state: EvidenceState,
}

/// Whether a proof counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EvidenceState {
    /// 有效.
    Valid,
    /// 已过期.
    Expired,
    /// 已更新: a newer proof of the same kind took its place.
    Replaced,
    /// 已失效: somebody proved the identity or the phone to be theirs.
    Displaced,
    /// 未通过.
    Failed,
}

/// A5 `/account/verification/bank`. Fields: `bank`, `account`, `bankname`, `phone`, `sms`, `bankok`, `captcha`,
/// `captcha_id`, `request`, `do` (`next` | `back` | `sms` | `captcha`).
#[derive(Clone, Debug, Serialize)]
pub struct BankVerification {
    /// All inputs are kept but `sms` and the captcha.
    pub form: Form,
    /// Who is verified.
    pub subject: Subject,
    /// The banks of the policy.
    pub banks: Vec<Choice>,
    /// Asked for before an SMS.
    pub captcha: Option<Captcha>,
    /// A code is on its way.
    pub sent: Option<SmsSent>,
    /// The phone in the form was proved for this check: no further code is asked for.
    pub proved: bool,
    /// The way to take while this one is not to be had.
    pub instead: Option<MethodRow>,
    /// The parked authorization request.
    pub request: Option<String>,
}

/// A6 `/account/verification/unionpay`. Fields: `account`, `phone`, `sms`, `bankok`, `captcha`, `captcha_id`, `request`,
/// `do` (`next` | `back` | `sms` | `captcha`).
#[derive(Clone, Debug, Serialize)]
pub struct UnionPayVerification {
    /// All inputs are kept but `sms` and the captcha.
    pub form: Form,
    /// Who is verified; read-only (S3-02).
    pub subject: Subject,
    /// Asked for before an SMS.
    pub captcha: Option<Captcha>,
    /// A code is on its way.
    pub sent: Option<SmsSent>,
    /// The phone in the form was proved for this check: no further code is asked for.
    pub proved: bool,
    /// The way to take while this one is not to be had.
    pub instead: Option<MethodRow>,
    /// The parked authorization request.
    pub request: Option<String>,
}

impl LevelRow {
    fn sample(level: RealNameLevel, state: LevelState) -> Self {
        let method = match level {
            RealNameLevel::L1 => "method-sms",
            RealNameLevel::L2 | RealNameLevel::L3 => "method-bank",
        };
        let reached = matches!(state, LevelState::Done | LevelState::Expired);
        Self {
            level,
            state,
            method: reached.then(|| Message::new(method)),
            until: (level > RealNameLevel::L1 && reached).then(|| Timestamp::from_seconds(1_856_705_000)),
        }
    }
}

impl Page for AccountVerification {
    const TEMPLATE: &'static str = "pages/account/verification.html";

    fn samples() -> Vec<Self> {
        use LevelState::{Closed, Done, Expired, Open};
        use RealNameLevel::{L1, L2, L3};
        let proof = |method, detail: Option<&str>, until, state| Evidence {
            method: Message::new(method),
            detail: detail.map(str::to_owned),
            at: Timestamp::from_seconds(1_793_633_000),
            until,
            state,
        };
        let end = Some(Timestamp::from_seconds(1_856_705_000));
        let evidence = vec![
            proof("method-bank", Some("中国建设银行，尾号 9015"), end, EvidenceState::Valid),
            proof("method-sms", Some("138****6021"), None, EvidenceState::Valid),
            proof("method-bank", None, end, EvidenceState::Expired),
            proof("method-bank", None, end, EvidenceState::Replaced),
            proof("method-sms", None, None, EvidenceState::Displaced),
            proof("method-bank", None, None, EvidenceState::Failed),
        ];
        let rows = |second, third| {
            vec![LevelRow::sample(L1, Done), LevelRow::sample(L2, second), LevelRow::sample(L3, third)]
        };
        let [both, one_down, alone] = MethodRow::samples();
        let done = Self {
            level: L2,
            rows: rows(Done, Closed),
            methods: both,
            ends_soon: None,
            capped: false,
            lapsed: None,
            evidence,
            request: None,
        };
        let request = || Some("Zk3".to_owned());
        let fresh = Self {
            level: L1,
            rows: rows(Open, Closed),
            methods: alone,
            evidence: Vec::new(),
            request: request(),
            ..done
        };
        let lapsed = Self {
            level: L1,
            rows: rows(Expired, Open),
            methods: one_down,
            lapsed: end,
            request: request(),
            ..done.clone()
        };
        let capped = Self { level: L1, capped: true, ..done.clone() };
        vec![Self { ends_soon: end, ..done.clone() }, done, fresh, lapsed, capped]
    }
}

impl Page for BankVerification {
    const TEMPLATE: &'static str = "pages/account/bank.html";

    fn samples() -> Vec<Self> {
        let fresh = Self {
            form: Form::new(),
            subject: Subject::sample(),
            banks: Choice::sample_banks(),
            captcha: Some(Captcha::sample()),
            sent: None,
            proved: false,
            instead: None,
            request: Some("Zk3".to_owned()),
        };
        let [_, one_down, _] = MethodRow::samples();
        let filled =
            Form::new().with("bank", "CCB").with("account", "6217 0001 2345 6789 019").with("bankok", "on");
        let filled = filled.with("phone", "13800006021").refused(Message::new("BANK_PHONE_MISMATCH"));
        vec![
            Self { form: filled.clone(), captcha: None, sent: Some(SmsSent::sample()), ..fresh.clone() },
            Self { form: filled, captcha: None, proved: true, ..fresh.clone() },
            Self { instead: one_down.into_iter().nth(1), ..fresh.clone() },
            fresh,
        ]
    }
}

impl Page for UnionPayVerification {
    const TEMPLATE: &'static str = "pages/account/unionpay.html";

    fn samples() -> Vec<Self> {
        let fresh = Self {
            form: Form::new(),
            subject: Subject::sample(),
            captcha: Some(Captcha::sample()),
            sent: None,
            proved: false,
            instead: None,
            request: Some("Zk3".to_owned()),
        };
        let filled = Form::new().with("account", "6222027700000000100").with("bankok", "on");
        let filled = filled.with("phone", "13800006021").refused(Message::new("BANK_CARD_INVALID"));
        let sent = Some(SmsSent { delayed: true, ..SmsSent::sample() });
        let [both, ..] = MethodRow::samples();
        let down = Self { instead: both.into_iter().next(), ..fresh.clone() };
        let known = Self { form: filled.clone(), captcha: None, proved: true, ..fresh.clone() };
        vec![Self { form: filled, captcha: None, sent, ..fresh.clone() }, known, down, fresh]
    }
}
