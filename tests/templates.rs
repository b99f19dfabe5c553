//! All pages, in all their states, languages and displays: they render, they are whole, and they are good HTML.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test program: a panic is its way to fail")]
#![expect(clippy::disallowed_methods, reason = "a golden file is written anew where the environment says so")]

#[path = "templates/catalogue.rs"]
mod catalogue;
#[path = "templates/markup.rs"]
mod markup;
#[path = "templates/outline.rs"]
mod outline;

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use menfu::http::url::Path;
use menfu::http::view;
use menfu::kernel::{Locale, Message};
use menfu::render::{Chrome, Contact, Display, NavLink, Page, Paths, Renderer, Site};

static RENDERER: LazyLock<Renderer> = LazyLock::new(|| {
    let paths: Paths = Path::ALL.iter().map(|path| (format!("{path:?}"), path.as_str())).collect();
    Renderer::new(paths, &Vec::new()).unwrap()
});

/// One page as a browser gets it.
struct Rendered {
    /// Template, number of the sample, language and display.
    name: String,
    template: &'static str,
    locale: Locale,
    html: String,
}

fn site() -> Site {
    Site {
        name: "示范省人社统一认证".to_owned(),
        operator: "示范省人力资源和社会保障厅".to_owned(),
        organiser: Some("示范省人社信息中心".to_owned()),
        support: Some("示范省人社信息中心".to_owned()),
        host: "rz.shifan.example".to_owned(),
        phones: vec![Contact { label: "咨询电话".to_owned(), value: "12333".to_owned() }],
        emails: vec![Contact { label: "邮箱".to_owned(), value: "hrss@shifan.example".to_owned() }],
        site_id_code: Some("0000000000".to_owned()),
        icp_number: Some("示ICP备00000000号".to_owned()),
        police_number: Some("示公网安备 00000000000000号".to_owned()),
        nav: vec![NavLink { label: "网办平台".to_owned(), url: "https://wb.shifan.example/".to_owned() }],
        version: "0.1.0".to_owned(),
    }
}

/// The least and the most that a frame can hold.
fn frames(locale: Locale) -> [(&'static str, Chrome); 4] {
    let plain = Chrome {
        locale,
        display: Display::Standard,
        contrast: false,
        site: Arc::new(Site { name: "Site".to_owned(), operator: "Operator".to_owned(), ..Site::default() }),
        csrf: "csrf-token".to_owned(),
        trace: "7c1e9a52-4f0b-4d6e-9b13-2a8f5c70e614".to_owned(),
        person: None,
        client: None,
        sandbox: false,
        questions: true,
        here: "/login?request=Zk3&t=a".to_owned(),
    };
    let full = Chrome {
        site: Arc::new(site()),
        person: Some("林*溪".to_owned()),
        client: Some("事业单位公开招聘报名系统".to_owned()),
        sandbox: true,
        questions: false,
        ..plain.clone()
    };
    let guest = Chrome { person: None, contrast: true, ..full.clone() };
    let elder = Chrome { display: Display::Elder, ..full.clone() };
    [("plain", plain), ("full", full), ("guest", guest), ("elder", elder)]
}

fn render<P: Page>(into: &mut Vec<Rendered>) {
    for (number, sample) in P::samples().iter().enumerate() {
        for locale in Locale::ALL {
            for (frame, chrome) in frames(locale) {
                let name = format!("{}-{number}-{locale}-{frame}", P::TEMPLATE.trim_end_matches(".html"));
                match RENDERER.render(sample, &chrome) {
                    Ok(html) => into.push(Rendered { name, template: P::TEMPLATE, locale, html }),
                    Err(error) => panic!("{name}: {error}"),
                }
            }
        }
    }
}

/// Every page in every state.
static PAGES: LazyLock<Vec<Rendered>> = LazyLock::new(|| {
    let mut pages = Vec::new();
    macro_rules! render_all { ($($page:ident)+) => { $(render::<view::$page>(&mut pages);)+ } }
    render_all! {
        Accessibility AccountApps AccountHome AccountSessions AccountVerification BankVerification Banks ChangePassword ChangePasswordDoor ChangePhone Choose Consent Contact EditProfile Faq FormPost Guide Help Locked Login LoginSms LogoutConfirm MyData OwnData
        PasswordChanged Privacy
        Problem Profile RaiseLevel Recover RecoverAccount RecoverCard RecoverCardDone RecoverCode RecoverDone RecoverNewPassword RecoverPassword RecoverProof RecoverQuestions RecoverTold RecoverWay ReenterDocument RegisterDone RegisterIdentity RegisterLogin RegisterStart
        RegisterVerify SecurityQuestions SignedOut Terms UnionPayVerification Veto Waiting
    }
    pages
});

#[test]
fn every_template_of_a_page_has_its_samples() {
    let rendered: BTreeSet<_> = PAGES.iter().map(|page| page.template.to_owned()).collect();
    let written: BTreeSet<_> = Renderer::pages().into_iter().collect();
    assert_eq!(rendered, written);
}

#[test]
fn the_page_says_its_language() {
    for page in PAGES.iter() {
        assert!(page.html.contains(&format!("<html lang=\"{}\"", page.locale)), "{}", page.name);
    }
}

#[test]
fn s4_14_a_wrong_form_shows_the_trace_id_in_brackets() {
    let wrong: Vec<_> = PAGES.iter().filter(|page| page.html.contains("role=\"alert\"")).collect();
    assert!(!wrong.is_empty());
    for page in wrong {
        assert!(page.html.contains("[7c1e9a52-4f0b-4d6e-9b13-2a8f5c70e614]"), "{}", page.name);
    }
}

#[test]
fn what_a_person_typed_cannot_become_markup() {
    let evil = "\"><script>alert(1)</script>";
    let mut page = view::Login::samples().remove(0);
    page.form.set("username", evil);
    let [_, (_, mut chrome), ..] = frames(Locale::ZhHans);
    chrome.client = Some(evil.to_owned());
    chrome.here = format!("/login?x={evil}");
    let html = RENDERER.render(&page, &chrome).unwrap();
    assert!(!html.contains("<script>"));
    assert!(html.contains("&lt;script&gt;alert(1)"));
}

#[test]
fn a_text_with_a_link_escapes_the_rest_of_its_arguments() {
    let mut page = view::RegisterVerify::samples().remove(0);
    page.subject.name = "<b>林</b>".to_owned();
    page.deferrable = true;
    let [_, (_, chrome), ..] = frames(Locale::En);
    let html = RENDERER.render(&page, &chrome).unwrap();
    assert!(html.contains("Verifying <b>&lt;b&gt;林&lt;/b&gt;</b>, Resident identity card"), "{html}");
}

#[test]
fn a_bureaus_level_names_stand_in_every_badge() {
    let texts = std::collections::BTreeMap::from([("level-name-l2".to_owned(), "银行认证".to_owned())]);
    let paths: Paths = Path::ALL.iter().map(|path| (format!("{path:?}"), path.as_str())).collect();
    let renderer = Renderer::new(paths, &vec![(Locale::ZhHans, texts)]).unwrap();
    let [_, (_, chrome), ..] = frames(Locale::ZhHans);
    let html = renderer.render(&view::Consent::samples().remove(0), &chrome).unwrap();
    assert!(html.contains("二级·银行认证"));
}

#[test]
fn a_count_chooses_the_plural_form() {
    let summary = |wrong: &[&'static str]| {
        let mut page = view::RegisterLogin::samples().remove(0);
        for name in wrong {
            page.form.fail(name, Message::new("E_AGREE"));
        }
        let [_, (_, chrome), ..] = frames(Locale::En);
        RENDERER.render(&page, &chrome).unwrap()
    };
    assert!(summary(&["agree"]).contains("Please correct 1 entry<"));
    assert!(summary(&["agree", "captcha"]).contains("Please correct 2 entries<"));
}
