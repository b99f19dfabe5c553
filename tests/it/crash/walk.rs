//! A citizen who registers, whatever page the browser stands at, and who reloads that page after a crash.

use menfu::kernel::Phone;

use super::process::{Provider, Scene};
use crate::citizens::{Citizen, DONE, PASSWORD, bank_form, holder, identity_form, later_form, login_form};
use crate::harness::{Browser, Page, code_in};
use crate::people::typed;

const P1: &str = "/register/person";
const P2: &str = "/register/person/identity";
const P3: &str = "/register/person/verify";
const WAIT: &str = "/register/person/wait";
/// More pages than any walk has.
const PAGES: usize = 12;

/// How the phone and the person are proved at P3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Bank,
    Later,
}

/// Where a walk came to its end.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    /// P4, and everything that was due is done.
    Done,
    /// P1, which refuses what was typed, and says so.
    Refused(String),
}

/// One person in one browser.
pub struct Walk<'a> {
    pub way: Way,
    scene: &'a Scene,
    browser: Browser,
    who: Citizen,
    username: &'a str,
    /// The page shown last.
    pub address: String,
}

impl<'a> Walk<'a> {
    /// 林晓雨 before P1.
    pub fn new(scene: &'a Scene, way: Way) -> Self {
        Self::of(scene, way, "林晓雨", "lin_xiaoyu")
    }

    pub fn of(scene: &'a Scene, way: Way, name: &str, username: &'a str) -> Self {
        let (browser, who) = (Browser::new(&scene.origin), holder(&scene.outside, name));
        Self { way, scene, browser, who, username, address: P1.to_owned() }
    }

    /// Reloads the page and walks to the end, or until the connection breaks.
    pub async fn go_on(&mut self, provider: &Provider) -> Result<Ended, reqwest::Error> {
        let mut page = self.browser.try_get(&self.address).await?;
        let mut logins = 0;
        for _ in 0..PAGES {
            page.url.path().clone_into(&mut self.address);
            match self.address.as_str() {
                P1 if logins > 0 => {
                    provider.work().await?;
                    return Ok(Ended::Refused(page.text()));
                }
                P1 => logins += 1,
                DONE => {
                    provider.work().await?;
                    return Ok(Ended::Done);
                }
                _ => {}
            }
            page = self.answer(&page, provider).await?;
        }
        panic!("no end after {PAGES} pages, at {}:\n{}", page.url, page.text())
    }

    /// Reloads the page and answers it, and no more. Tells whether the registration was done already.
    pub async fn step(&mut self, provider: &Provider) -> bool {
        let page = self.browser.try_get(&self.address).await.unwrap();
        if page.url.path() == DONE {
            provider.work().await.unwrap();
            return true;
        }
        let next = self.answer(&page, provider).await.unwrap();
        next.url.path().clone_into(&mut self.address);
        false
    }

    /// What comes after this page.
    async fn answer(&self, page: &Page, provider: &Provider) -> Result<Page, reqwest::Error> {
        match page.url.path() {
            P1 => self.browser.try_submit(login_form(page, self.username)).await,
            P2 => self.browser.try_submit(identity_form(page, &self.who)).await,
            P3 => self.prove(page, provider).await,
            WAIT => {
                provider.work().await?;
                self.browser.try_get(WAIT).await
            }
            _ => panic!("{} is no page of a registration:\n{}", page.url, page.text()),
        }
    }

    /// P3: asks for a code, or types the one that the phone has.
    async fn prove(&self, page: &Page, provider: &Provider) -> Result<Page, reqwest::Error> {
        provider.work().await?;
        let form = match (self.code(), self.way) {
            (None, _) => page.form().set("phone", &self.who.phone).press("sms"),
            (Some(code), Way::Bank) => bank_form(page, &self.who, &code),
            (Some(code), Way::Later) => later_form(page, &self.who, &code),
        };
        self.browser.try_submit(form).await
    }

    fn code(&self) -> Option<String> {
        let messages = self.scene.outside.messages(Some(&self.who.phone));
        messages.iter().find_map(|sms| code_in(&sms.message.text)).map(ToOwned::to_owned)
    }

    /// How many messages told the phone of a new level.
    pub fn told_of_the_level(&self) -> usize {
        let messages = self.scene.outside.messages(Some(&self.who.phone));
        messages.iter().filter(|sms| sms.message.text.contains("您的实名认证已通过")).count()
    }

    /// Name and password open the account in another browser, and it is the one that was meant.
    pub async fn opens_its_account(&self) {
        let browser = Browser::new(&self.scene.origin);
        let login = browser.get("/login").await;
        let account = browser.submit(typed(&login, self.username, PASSWORD)).await;
        assert_eq!(account.url.path(), "/account", "{}", account.text());
        account.shows(if self.way == Way::Bank { "二级·实名认证" } else { "一级·手机认证" });
        let phone: Phone = self.who.phone.parse().unwrap();
        browser.get("/account/profile").await.shows(self.username).shows(&phone.masked());
    }
}
