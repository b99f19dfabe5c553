//! The portals' pages: one template set for both, told apart by [`Frame`]. Own words, own style, no script.

use serde::Serialize;

use super::memory::{Claim, Session};
use super::{DeepLink, PortalKind, PortalSettings};
use crate::kernel::RealNameLevel;
use crate::render::Page;

/// What every page of a portal has.
#[derive(Clone, Debug, Serialize)]
pub struct Frame {
    portal: &'static str,
    title: &'static str,
    lead: &'static str,
    needs: &'static str,
    links: Vec<Link>,
    name: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct Link {
    text: &'static str,
    url: String,
}

impl Frame {
    pub(super) fn of(settings: &PortalSettings, session: Option<&Session>) -> Self {
        let (portal, title, lead) = match settings.kind {
            PortalKind::Exam => {
                ("exam", "人事考试网上报名", "公务员、事业单位与专业技术人员资格考试的报名与准考证打印。")
            }
            PortalKind::Insurance => {
                ("insurance", "社会保险网上服务", "个人参保缴费查询、待遇申领与社保关系转移。")
            }
        };
        let link = |link: &DeepLink| Link { text: link.text, url: settings.deep_link(link) };
        let links = settings.links.iter().map(link).collect();
        let name = session.and_then(|session| session.name.clone());
        Self { portal, title, lead, needs: level_name(settings.min_level), links, name }
    }

    fn sample(portal: &'static str) -> Self {
        let link =
            Link { text: "用户信息维护", url: "http://localhost:8080/account/profile".to_owned() };
        let (title, lead) = ("人事考试网上报名", "公务员考试的报名。");
        Self { portal, title, lead, needs: level_name(RealNameLevel::L1), links: vec![link], name: None }
    }
}

/// 一级·手机认证 and so on (`pages.md` G16).
#[must_use]
pub const fn level_name(level: RealNameLevel) -> &'static str {
    match level {
        RealNameLevel::L1 => "一级·手机认证",
        RealNameLevel::L2 => "二级·实名认证",
        RealNameLevel::L3 => "三级·实人认证",
    }
}

/// The portal's first page, for whoever is not signed in.
#[derive(Clone, Debug, Serialize)]
pub struct WelcomePage {
    pub frame: Frame,
}

impl Page for WelcomePage {
    const TEMPLATE: &'static str = "demo/welcome.html";

    fn samples() -> Vec<Self> {
        vec![Self { frame: Frame::sample("exam") }, Self { frame: Frame::sample("insurance") }]
    }
}

/// The portal's first page, signed in: what the provider said.
#[derive(Clone, Debug, Serialize)]
pub struct SignedInPage {
    frame: Frame,
    level: &'static str,
    level_name: &'static str,
    claims: Vec<Claim>,
}

impl SignedInPage {
    pub(super) fn new(frame: Frame, session: Session) -> Self {
        let level = session.acr.level;
        Self { frame, level: level.as_str(), level_name: level_name(level), claims: session.claims }
    }
}

impl Page for SignedInPage {
    const TEMPLATE: &'static str = "demo/signed-in.html";

    fn samples() -> Vec<Self> {
        let claim = Claim { name: "acr".to_owned(), value: "urn:menfu:acr:L2".to_owned() };
        let frame = |name| Frame { name, ..Frame::sample("exam") };
        [None, Some("林晓雨".to_owned())]
            .map(|name| Self {
                frame: frame(name),
                level: "L2",
                level_name: "二级·实名认证",
                claims: vec![claim.clone()],
            })
            .into()
    }
}

/// 403: proved, but not enough for this portal.
#[derive(Clone, Debug, Serialize)]
pub struct TooLowPage {
    pub frame: Frame,
    /// The level that the provider vouched for, if any.
    pub current: Option<&'static str>,
}

impl Page for TooLowPage {
    const TEMPLATE: &'static str = "demo/too-low.html";

    fn samples() -> Vec<Self> {
        [None, Some("一级·手机认证")]
            .map(|current| Self { frame: Frame::sample("insurance"), current })
            .into()
    }
}

/// Something went wrong between the portal and the provider, in plain words.
#[derive(Clone, Debug, Serialize)]
pub struct TroublePage {
    pub frame: Frame,
    pub heading: &'static str,
    pub text: &'static str,
}

impl Page for TroublePage {
    const TEMPLATE: &'static str = "demo/trouble.html";

    fn samples() -> Vec<Self> {
        vec![Self {
            frame: Frame::sample("exam"), heading: "登录没有完成", text: "您取消了登录。"
        }]
    }
}

/// The end of a sign-out.
#[derive(Clone, Debug, Serialize)]
pub struct SignedOutPage {
    pub frame: Frame,
}

impl Page for SignedOutPage {
    const TEMPLATE: &'static str = "demo/signed-out.html";

    fn samples() -> Vec<Self> {
        vec![Self { frame: Frame::sample("insurance") }]
    }
}
