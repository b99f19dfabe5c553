//! What the layout needs on every page: who runs the site, who looks at it and how, and the tokens of this request.

use std::sync::Arc;

use serde::Serialize;

use crate::kernel::Locale;

/// The frame around a page.
#[derive(Clone, Debug)]
pub struct Chrome {
    /// The language of the page.
    pub locale: Locale,
    /// 长者版 or the standard version.
    pub display: Display,
    /// 无障碍: higher contrast.
    pub contrast: bool,
    /// The bureau's texts in the language of the page.
    pub site: Arc<Site>,
    /// Goes into every form.
    pub csrf: String,
    /// The request's id; errors end with it.
    pub trace: String,
    /// The masked name of who is signed in.
    pub person: Option<String>,
    /// The name of the relying party whose request is pending: the other half of the tally.
    pub client: Option<String>,
    /// Shows 测试环境: the outside authorities are simulated.
    pub sandbox: bool,
    /// The profile recovers passwords by security questions: the person centre has them.
    pub questions: bool,
    /// Path and query of this page as a GET, for the language and display links.
    pub here: String,
}

/// Standard or elder layout (pages §6.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Display {
    /// The usual one.
    #[default]
    Standard,
    /// 长者版: large, one column, fewer links.
    Elder,
}

/// Who runs the site (G1, G6), from the policy, in one language.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Site {
    /// 示范省人社统一认证.
    pub name: String,
    /// 主办单位.
    pub operator: String,
    /// 承办单位.
    pub organiser: Option<String>,
    /// 技术支持.
    pub support: Option<String>,
    /// The host of the issuer, which a person should see in the address bar.
    pub host: String,
    /// Telephone numbers, the most important first.
    pub phones: Vec<Contact>,
    /// E-mail addresses.
    pub emails: Vec<Contact>,
    /// 网站标识码.
    pub site_id_code: Option<String>,
    /// ICP备案号.
    pub icp_number: Option<String>,
    /// 公安备案号.
    pub police_number: Option<String>,
    /// Links of the header (S4-01).
    pub nav: Vec<NavLink>,
    /// The version of the product.
    pub version: String,
}

/// A telephone number or an e-mail address and what it is for.
#[derive(Clone, Debug, Serialize)]
pub struct Contact {
    /// 咨询电话.
    pub label: String,
    /// 12333.
    pub value: String,
}

/// A link of the header.
#[derive(Clone, Debug, Serialize)]
pub struct NavLink {
    /// 网办平台.
    pub label: String,
    /// Where it leads.
    pub url: String,
}

/// [`Chrome`] as templates see it.
#[derive(Serialize)]
pub(super) struct View<'a> {
    lang: &'static str,
    elder: bool,
    contrast: bool,
    site: &'a Site,
    /// The first telephone number.
    phone: &'a str,
    csrf: &'a str,
    trace: &'a str,
    person: Option<&'a str>,
    client: Option<&'a str>,
    sandbox: bool,
    questions: bool,
    here: &'a str,
}

impl<'a> From<&'a Chrome> for View<'a> {
    fn from(chrome: &'a Chrome) -> Self {
        Self {
            lang: chrome.locale.tag(),
            elder: chrome.display == Display::Elder,
            contrast: chrome.contrast,
            site: &chrome.site,
            phone: chrome.site.phones.first().map_or("", |phone| phone.value.as_str()),
            csrf: &chrome.csrf,
            trace: &chrome.trace,
            person: chrome.person.as_deref(),
            client: chrome.client.as_deref(),
            sandbox: chrome.sandbox,
            questions: chrome.questions,
            here: &chrome.here,
        }
    }
}
