//! The bureau's own texts, from the policy, as each page's frame wants them.

use std::sync::Arc;

use ::url::Url;

use crate::kernel::Locale;
use crate::policy::{self, Localised, Policy};
use crate::render::{Contact, NavLink, Site};

/// One [`Site`] a language, made once at the start.
pub struct Sites {
    zh_hans: Arc<Site>,
    zh_hant: Arc<Site>,
    en: Arc<Site>,
}

impl Sites {
    /// Reads the policy's texts.
    #[must_use]
    pub fn new(policy: &Policy, issuer: &Url) -> Self {
        let site = |locale| Arc::new(site(&policy.site, issuer, locale));
        Self { zh_hans: site(Locale::ZhHans), zh_hant: site(Locale::ZhHant), en: site(Locale::En) }
    }

    /// The texts in one language.
    #[must_use]
    pub fn in_language(&self, locale: Locale) -> Arc<Site> {
        Arc::clone(match locale {
            Locale::ZhHans => &self.zh_hans,
            Locale::ZhHant => &self.zh_hant,
            Locale::En => &self.en,
        })
    }
}

/// A text of the policy in a language; simplified Chinese where the bureau gave no other.
#[must_use]
pub fn localised(text: &Localised, locale: Locale) -> String {
    text.of(locale).to_owned()
}

fn site(site: &policy::Site, issuer: &Url, locale: Locale) -> Site {
    let text = |text: &Localised| localised(text, locale);
    let filled = |text: &String| (!text.is_empty()).then(|| text.clone());
    let contacts = |list: &[policy::Contact]| {
        list.iter().map(|c| Contact { label: text(&c.label), value: c.value.clone() }).collect()
    };
    Site {
        name: text(&site.name),
        operator: text(&site.operator),
        organiser: site.organiser.as_ref().map(text).filter(|name| !name.is_empty()),
        support: site.support.as_ref().map(text).filter(|name| !name.is_empty()),
        host: issuer.host_str().unwrap_or_default().to_owned(),
        phones: contacts(&site.phones),
        emails: contacts(&site.emails),
        site_id_code: filled(&site.site_id_code),
        icp_number: filled(&site.icp_number),
        police_number: filled(&site.police_number),
        nav: site.nav.iter().map(|n| NavLink { label: text(&n.label), url: n.url.clone() }).collect(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}
