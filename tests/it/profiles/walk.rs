//! A person's way through the pages of one bureau, every page and message of it kept.

use menfu::kernel::Locale;
use menfu::policy::RegistrationProofing;
use menfu::sandbox::Verdict;

use super::reading::{Reading, without_code};
use crate::citizens::{
    Citizen, PASSWORD, bank_form, code_for, finished, identity_form, later_form, login_form, registered_l2,
};
use crate::harness::{Browser, Form, House, Page};
use crate::people::typed;

/// The name that the person of the walk registers.
pub const WALKER: &str = "walker_2026";

/// One person's way.
pub struct Walk<'a> {
    pub house: &'a House,
    pub browser: Browser,
    scenes: Vec<Scene>,
    messages: usize,
}

/// What happened, in its order.
enum Scene {
    /// A heading of the script.
    Part(&'static str),
    Page(&'static str, Box<Page>),
    Sms(String),
    /// The relying party got the person back with these parameters.
    Left(&'static str, String),
}

impl<'a> Walk<'a> {
    pub fn new(house: &'a House) -> Self {
        Self { house, browser: house.browser(), scenes: Vec::new(), messages: 0 }
    }

    /// Speaks this language from now on.
    pub async fn speak(&self, locale: Locale) {
        self.browser.get(&format!("/preferences?locale={}&back=%2Flogin", locale.tag())).await;
    }

    /// Begins a part of the script in a browser of its own.
    pub fn part(&mut self, title: &'static str) {
        self.scenes.push(Scene::Part(title));
        self.browser = self.house.browser();
    }

    /// What was sent up to now is not of this walk.
    pub async fn forget_messages(&mut self) {
        self.house.work().await;
        self.messages = self.house.sandbox.messages(None).len();
    }

    async fn keep(&mut self, name: &'static str, page: Page) -> &Page {
        match page.location() {
            Some(to) if to.origin() != self.house.issuer.origin() => {
                let names: Vec<_> = to.query_pairs().map(|(key, value)| said(&key, &value)).collect();
                self.scenes.push(Scene::Left(name, names.join(" ")));
            }
            _ => self.scenes.push(Scene::Page(name, Box::new(page))),
        }
        self.house.work().await;
        let sent = self.house.sandbox.messages(None);
        let new = sent.len() - self.messages;
        let texts = sent.iter().take(new).rev().map(|sms| Scene::Sms(without_code(&sms.message.text)));
        self.scenes.extend(texts.collect::<Vec<_>>());
        self.messages = sent.len();
        self.last()
    }

    /// The page that is shown.
    pub fn last(&self) -> &Page {
        self.pages().last().unwrap().1
    }

    fn pages(&self) -> impl Iterator<Item = (&'static str, &Page)> {
        self.scenes.iter().filter_map(|scene| match scene {
            Scene::Page(name, page) => Some((*name, page.as_ref())),
            _ => None,
        })
    }

    /// The page that was kept under this name.
    pub fn page(&self, name: &str) -> &Page {
        self.pages().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("no page {name}")).1
    }

    /// Every page.
    pub fn all(&self) -> impl Iterator<Item = &Page> {
        self.pages().map(|(_, page)| page)
    }

    pub async fn open(&mut self, name: &'static str, address: &str) -> &Page {
        let page = self.browser.get(address).await;
        self.keep(name, page).await
    }

    pub async fn submit(&mut self, name: &'static str, form: Form) -> &Page {
        let page = self.browser.submit(form).await;
        self.keep(name, page).await
    }

    /// Follows a link of the page that is shown.
    pub async fn follow(&mut self, name: &'static str, selector: &str) -> &Page {
        let Some(to) = self.last().attr(selector, "href") else {
            panic!("no {selector} on {}", self.last().text())
        };
        self.open(name, &to).await
    }

    /// Name and password on the page that is shown.
    pub async fn sign_in(&mut self, name: &'static str, username: &str, password: &str) -> &Page {
        let form = typed(self.last(), username, password);
        self.submit(name, form).await
    }

    /// P1 and P2 on the page that is shown.
    pub async fn introduce(&mut self, username: &str, who: &Citizen) {
        let form = login_form(self.last(), username);
        let form = identity_form(self.submit("填写身份信息", form).await, who);
        self.submit("填写验证信息", form).await;
    }

    /// Has a code sent to the phone, on the page that is shown, and gives it.
    pub async fn code(&mut self, name: &'static str, who: &Citizen) -> String {
        let shown = self.last().form();
        let (page, code) = code_for(self.house, &self.browser, self.last(), who).await;
        assert_eq!(page.form().action, shown.action);
        self.keep(name, page).await;
        code
    }

    /// The bank on the page that is shown, with a code of its own.
    pub async fn ask_bank(&mut self, sent: &'static str, name: &'static str, who: &Citizen) -> &Page {
        let code = self.code(sent, who).await;
        let form = bank_form(self.last(), who, &code);
        self.submit(name, form).await
    }

    /// The bank once more, without a code: the phone was proved by the first try.
    pub async fn ask_bank_again(&mut self, name: &'static str, who: &Citizen) -> &Page {
        let form = bank_form(self.last(), who, "");
        self.submit(name, form).await
    }

    /// P3 without the bank.
    pub async fn defer(&mut self, sent: &'static str, name: &'static str, who: &Citizen) -> &Page {
        let code = self.code(sent, who).await;
        let form = later_form(self.last(), who, &code);
        self.submit(name, form).await
    }

    /// All the pages that there are, past somebody who is registered already.
    pub async fn everywhere(&mut self, taken: &Citizen, who: &Citizen) {
        registered_l2(self.house, "lin_xiaoyu", taken).await;
        self.forget_messages().await;
        self.around().await;
        self.register(who, taken).await;
        self.verify(who).await;
        self.centre().await;
    }

    /// What everybody may read, and a sign-in that fails.
    async fn around(&mut self) {
        let login = self.house.exam().authorize(&[]);
        let form = typed(self.open("login", &login).await, "nobody_here", "Wrong2026Guess");
        self.submit("login refused", form).await;
        for (name, path) in [
            ("recover", "/recover"),
            ("banks", "/help/banks"),
            ("guide", "/help/guide/person-register"),
            ("terms", "/legal/terms"),
            ("privacy", "/legal/privacy"),
            ("missing", "/nowhere"),
            ("register", "/register"),
        ] {
            self.open(name, path).await;
        }
    }

    /// P1 and P2, with each error that the bureaus have words for.
    async fn register(&mut self, who: &Citizen, taken: &Citizen) {
        let form = login_form(self.open("P1", "/register/person").await, "1abc");
        let form = login_form(self.submit("P1 format", form).await, "lin_xiaoyu");
        let form = login_form(self.submit("P1 taken", form).await, WALKER);
        let form = identity_form(self.submit("P2", form).await, taken);
        let form = identity_form(self.submit("P2 taken", form).await, who);
        self.submit("P3", form).await;
    }

    /// P3 with two of the bank's refusals, then P4, or the bank's yes afterwards where the bureau wants it so.
    async fn verify(&mut self, who: &Citizen) {
        let identity = who.told(self.house, Verdict::IdMismatch, 7);
        let phone = who.told(self.house, Verdict::PhoneMismatch, 8);
        self.ask_bank("P3 sent", "P3 identity", &identity).await;
        self.ask_bank("P3 sent again", "P3 phone", &phone).await;
        if self.house.policy.registration.proofing == RegistrationProofing::Required {
            finished(self.ask_bank("P3 sent at last", "P4", who).await);
            return;
        }
        finished(self.defer("P3 sent at last", "P4", who).await);
        let insurance = self.house.insurance().authorize(&[]);
        assert_eq!(self.open("raise", &insurance).await.url.path(), "/login/raise-level");
    }

    /// Signing in with the new name, the person's own pages, and out again.
    async fn centre(&mut self) {
        if self.browser.cookie("menfu-session").is_none() {
            let form = typed(self.open("login again", "/login").await, WALKER, PASSWORD);
            assert_eq!(self.submit("account", form).await.url.path(), "/account");
        }
        for (name, path) in [
            ("profile", "/account/profile"),
            ("verification", "/account/verification"),
            ("bank", "/account/verification/bank"),
        ] {
            assert_eq!(self.open(name, path).await.url.path(), path);
        }
        let form = self.open("logout", "/logout").await.form().press("all");
        self.submit("signed out", form).await;
    }

    /// The script with all that was read, for a file.
    pub fn script(&self) -> String {
        let (mut lines, mut frame) = (Vec::new(), (Vec::new(), Vec::new()));
        for scene in &self.scenes {
            match scene {
                Scene::Part(title) => lines.push(format!("\n================ {title} ================")),
                Scene::Sms(text) => lines.push(format!("\n-------- 短信\n{text}")),
                Scene::Left(name, query) => lines.push(format!("\n-------- {name}：回到业务系统\n{query}")),
                Scene::Page(name, page) => {
                    let Reading { header, main, footer } = Reading::of(page);
                    let new = (header, footer);
                    lines.push(format!("\n-------- {name} {}", page.url.path()));
                    if new != frame {
                        lines.extend(new.0.iter().map(|line| format!("页眉| {line}")));
                    }
                    lines.extend(main);
                    if new != frame {
                        lines.extend(new.1.iter().map(|line| format!("页脚| {line}")));
                        frame = new;
                    }
                }
            }
        }
        lines.join("\n").trim_start().to_owned() + "\n"
    }
}

/// A parameter of the way back; those that are new each time by their name only.
fn said(key: &str, value: &str) -> String {
    match key {
        "error" | "error_description" => format!("{key}={value}"),
        _ => key.to_owned(),
    }
}
