//! Questions inside an authorization request: level (LG6), consent (LG7), and the way out (LG10).

use serde::Serialize;

use super::MethodRow;
use crate::kernel::{Message, RealNameLevel, Timestamp};
use crate::protocol::response;
use crate::render::Page;

/// LG6 `/login/raise-level`. Fields: `request`, `do` (`ok` | `cancel` | `skip`).
///
/// `skip` (暂不提升) stands in for `cancel` when the level is only wished for.
#[derive(Clone, Debug, Serialize)]
pub struct RaiseLevel {
    /// What the person has.
    pub current: RealNameLevel,
    /// What the relying party asks for.
    pub required: RealNameLevel,
    /// Whether the person may go on at the lower level.
    pub voluntary: bool,
    /// Whether the level can be reached here at all; else only `cancel` or `skip` is offered.
    pub reachable: bool,
    /// Whether it is evidence, and not just the password, that must be renewed.
    pub ceiling: bool,
    /// The proof that there was ended on this day.
    pub lapsed: Option<Timestamp>,
    /// The ways to L2; `method` says which of several.
    pub methods: Vec<MethodRow>,
    /// The parked authorization request.
    pub request: Option<String>,
}

/// LG7 `/oauth/consent`. Fields: the name of each ticked optional item, `request`, `do` (`yes` | `no`).
#[derive(Clone, Debug, Serialize)]
pub struct Consent {
    /// Who runs the relying party.
    pub operator: Option<String>,
    /// What the data is for.
    pub purpose: Option<String>,
    /// The masked name of the acting identity.
    pub person: String,
    /// Its level.
    pub level: RealNameLevel,
    /// What is passed on in any case.
    pub required: Vec<ConsentItem>,
    /// What the person may add; unticked.
    pub optional: Vec<ConsentItem>,
    /// The relying party's own privacy policy, `https` only.
    pub policy_uri: Option<String>,
    /// The parked authorization request.
    pub request: Option<String>,
}

/// One datum of the consent page.
#[derive(Clone, Debug, Serialize)]
pub struct ConsentItem {
    /// The scope or claim; the name of the box.
    pub name: String,
    /// What it is called: `claim-profile`, `claim-id-number`, `claim-phone`, …
    pub label: Message,
    /// Its masked value.
    pub value: Option<String>,
}

/// `response_mode=form_post`: the answer to a relying party, in a form that posts itself where scripts run.
#[derive(Clone, Debug, Serialize)]
pub struct FormPost {
    /// The verified redirect URI.
    pub action: String,
    /// The parameters of the answer.
    pub fields: Vec<FormField>,
}

/// One hidden field.
#[derive(Clone, Debug, Serialize)]
pub struct FormField {
    /// `code`, `state`, `iss`, `error`, …
    pub name: &'static str,
    /// Its value.
    pub value: String,
}

impl FormPost {
    /// The page of that form.
    #[must_use]
    pub fn of(form: &response::FormPost) -> Self {
        let field = |(name, value): &(&'static str, String)| FormField { name, value: value.clone() };
        Self { action: form.action().to_owned(), fields: form.fields().iter().map(field).collect() }
    }
}

/// LG10 `/logout`, the question. Fields: `request`, `do` (`all` | `client` | `stay`).
#[derive(Clone, Debug, Serialize)]
pub struct LogoutConfirm {
    /// The name of the portal that asks, which makes 只退出本系统 possible.
    pub client: Option<String>,
    /// The names of the portals that the session is signed in to.
    pub portals: Vec<String>,
    /// The parked logout request.
    pub request: Option<String>,
}

/// LG10, the result.
#[derive(Clone, Debug, Serialize)]
pub struct SignedOut {
    /// Only the portal was left; the session goes on.
    pub only_client: bool,
    /// The portals that could not be told at once; they are told again.
    pub unreached: Vec<String>,
    /// The pages of portals that hear of it by a frame (Front-Channel Logout §2).
    pub frames: Vec<String>,
    /// Whether the browser goes back by itself when they have loaded.
    pub onward: bool,
    /// The way back to the portal.
    pub back: Option<ReturnTo>,
}

/// The way back to a relying party.
#[derive(Clone, Debug, Serialize)]
pub struct ReturnTo {
    /// Its name.
    pub name: String,
    /// A registered address of it, or ours that leads there.
    pub href: String,
}

impl Page for RaiseLevel {
    const TEMPLATE: &'static str = "pages/raise_level.html";

    fn samples() -> Vec<Self> {
        let essential = Self {
            current: RealNameLevel::L1,
            required: RealNameLevel::L2,
            voluntary: false,
            reachable: true,
            ceiling: false,
            lapsed: None,
            methods: MethodRow::samples().into_iter().next().unwrap_or_default(),
            request: Some("Zk3".to_owned()),
        };
        let [_, one_down, alone] = MethodRow::samples();
        let unreachable = Self {
            current: RealNameLevel::L2,
            required: RealNameLevel::L3,
            reachable: false,
            ..essential.clone()
        };
        vec![
            Self { voluntary: true, ..essential.clone() },
            Self { ceiling: true, ..essential.clone() },
            Self {
                lapsed: Some(Timestamp::from_seconds(1_856_705_000)),
                methods: one_down,
                ..essential.clone()
            },
            Self { methods: alone, ..essential.clone() },
            Self { voluntary: true, ..unreachable.clone() },
            unreachable,
            essential,
        ]
    }
}

impl Page for Consent {
    const TEMPLATE: &'static str = "pages/consent.html";

    fn samples() -> Vec<Self> {
        let item = |name: &str, label, value: Option<&str>| ConsentItem {
            name: name.to_owned(),
            label: Message::new(label),
            value: value.map(str::to_owned),
        };
        let full = Self {
            operator: Some("示范省人事考试中心".to_owned()),
            purpose: Some("2026年下半年公开招聘报名的资格核对".to_owned()),
            person: "林*溪".to_owned(),
            level: RealNameLevel::L2,
            required: vec![
                item("profile", "claim-profile", Some("林*溪")),
                item("id_number", "claim-id-number", Some("4***************19")),
                item("real_name", "claim-real-name", Some("林*溪")),
                item("openid", "claim-sub", None),
            ],
            optional: vec![
                item("phone", "claim-phone", Some("138****6021")),
                item("email", "claim-email", Some("li***@mail.example")),
                item("address", "claim-address", None),
            ],
            policy_uri: Some("https://exam.example/privacy".to_owned()),
            request: Some("Zk3".to_owned()),
        };
        let bare =
            Self { operator: None, purpose: None, optional: Vec::new(), policy_uri: None, ..full.clone() };
        vec![full, bare]
    }
}

impl Page for FormPost {
    const TEMPLATE: &'static str = "pages/form_post.html";

    fn samples() -> Vec<Self> {
        let field = |name, value: &str| FormField { name, value: value.to_owned() };
        let page = |fields| Self { action: "https://exam.example/callback?a=1&b=\"".to_owned(), fields };
        let iss = field("iss", "https://rz.shifan.example");
        vec![
            page(vec![field("code", "c0de"), field("state", "<a \"b\" & 'c'>"), iss.clone()]),
            page(vec![
                field("error", "login_required"),
                field("error_description", "nobody is signed in"),
                iss,
            ]),
        ]
    }
}

impl Page for LogoutConfirm {
    const TEMPLATE: &'static str = "pages/logout.html";

    fn samples() -> Vec<Self> {
        let portals = vec!["事业单位公开招聘报名系统".to_owned(), "社会保险网上服务平台".to_owned()];
        let client = Some("事业单位公开招聘报名系统".to_owned());
        vec![
            Self { client, portals, request: Some("Zk3".to_owned()) },
            Self { client: None, portals: Vec::new(), request: None },
        ]
    }
}

impl Page for SignedOut {
    const TEMPLATE: &'static str = "pages/signed_out.html";

    fn samples() -> Vec<Self> {
        let back = ReturnTo {
            name: "事业单位公开招聘报名系统".to_owned(),
            href: "https://exam.example/bye".to_owned(),
        };
        let unreached = vec!["社会保险网上服务平台".to_owned()];
        let plain =
            Self { only_client: false, unreached: Vec::new(), frames: Vec::new(), onward: false, back: None };
        let frames = vec!["https://exam.example/bye?iss=https%3A%2F%2Fid.example&sid=s".to_owned()];
        vec![
            plain.clone(),
            Self { unreached, back: Some(back.clone()), ..plain.clone() },
            Self { only_client: true, back: Some(back.clone()), ..plain.clone() },
            Self { frames, onward: true, back: Some(back), ..plain },
        ]
    }
}
