//! A citizen on the way through registration, page by page, without scripts.

use chrono::TimeDelta;
use menfu::sandbox::{self, Verdict};

use crate::harness::{Browser, Form, House, Page};

/// Somebody whom a bank of the simulators knows.
#[derive(Clone)]
pub struct Citizen {
    pub name: String,
    pub id_type: String,
    pub id_number: String,
    pub phone: String,
    pub bank: String,
    pub card: String,
}

pub const PASSWORD: &str = "Gd2026hrss";

/// The holder of this name at the simulated banks.
pub fn citizen(house: &House, name: &str) -> Citizen {
    holder(&house.sandbox, name)
}

/// The same, of any outside world.
pub fn holder(outside: &sandbox::State, name: &str) -> Citizen {
    let accounts = &outside.table().accounts;
    let account = accounts.iter().find(|account| account.name == name).unwrap();
    Citizen {
        name: account.name.clone(),
        id_type: account.id_type.clone(),
        id_number: account.id_number.clone(),
        phone: account.phone.clone(),
        bank: account.bank.clone(),
        card: account.card_no.clone(),
    }
}

/// 林晓雨, who has a card of 建设银行.
pub fn lin(house: &House) -> Citizen {
    citizen(house, "林晓雨")
}

/// 周婉清, who has a card of 工商银行.
pub fn zhou(house: &House) -> Citizen {
    citizen(house, "周婉清")
}

impl Citizen {
    /// With a card about which the bank says this.
    pub fn told(&self, house: &House, verdict: Verdict, serial: u32) -> Self {
        let card = house.sandbox.table().card_for("CCB", verdict, serial).unwrap();
        Self { bank: "CCB".to_owned(), card, ..self.clone() }
    }

    pub fn with_phone(&self, phone: &str) -> Self {
        Self { phone: phone.to_owned(), ..self.clone() }
    }
}

/// Somebody with a well-formed document number and a phone that nobody else has.
pub fn numbered(like: &Citizen, number: usize) -> Citizen {
    let (day, serial) = (1 + number / 500 % 28, number % 500);
    let body = format!("4403011990{:02}{day:02}{serial:03}", 1 + number / 14_000 % 12);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: usize =
        body.bytes().zip(weights).map(|(digit, weight)| usize::from(digit - b'0') * weight).sum();
    let check = char::from(b"10X98765432"[sum % 11]);
    Citizen { id_number: format!("{body}{check}"), phone: format!("139{number:08}"), ..like.clone() }
}

/// P4.
pub const DONE: &str = "/register/person/done";

/// Asserts that the registration is over: on P4, or at home where the profile leads there (S2-22).
#[track_caller]
pub fn finished(page: &Page) -> &Page {
    let at_home = page.url.query() == Some("registered=1");
    assert!(at_home || page.url.path() == DONE, "{}", page.text());
    page
}

/// Asserts that it is not.
#[track_caller]
pub fn unfinished(page: &Page) -> &Page {
    assert_ne!(page.url.path(), DONE, "{}", page.text());
    page
}

/// P1 filled in.
pub fn login_form(page: &Page, username: &str) -> Form {
    let form = page.form().set("username", username).set("password", PASSWORD).set("confirm", PASSWORD);
    form.set("agree", "on").press("next")
}

/// P2 filled in.
pub fn identity_form(page: &Page, who: &Citizen) -> Form {
    let form = page.form().set("name", &who.name).set("id_type", &who.id_type);
    form.set("id_number", &who.id_number).press("next")
}

/// P3 filled in, with the bank.
pub fn bank_form(page: &Page, who: &Citizen, code: &str) -> Form {
    let form = page.form().set("choice", "bank").set("bank", &who.bank).set("account", &who.card);
    form.set("phone", &who.phone).set("sms", code).set("bankok", "on").press("next")
}

/// P3 filled in, without the bank.
pub fn later_form(page: &Page, who: &Citizen, code: &str) -> Form {
    let form = page.form().set("choice", "later").set("phone", &who.phone).set("sms", code);
    form.press("next")
}

/// P1, then P2.
pub async fn up_to_p2(browser: &Browser, address: &str, username: &str) -> Page {
    let page = browser.get(address).await;
    let page = browser.submit(login_form(&page, username)).await;
    assert_eq!(page.url.path(), "/register/person/identity", "{}", page.text());
    page
}

/// P1 and P2, then P3.
pub async fn up_to_p3(browser: &Browser, username: &str, who: &Citizen) -> Page {
    let page = up_to_p2(browser, "/register/person", username).await;
    let page = browser.submit(identity_form(&page, who)).await;
    assert_eq!(page.url.path(), "/register/person/verify", "{}", page.text());
    page
}

/// Asks for a code on the page shown, and reads it on the phone.
pub async fn code_for(house: &House, browser: &Browser, page: &Page, who: &Citizen) -> (Page, String) {
    house.pass(TimeDelta::seconds(61));
    let page = browser.submit(page.form().set("phone", &who.phone).press("sms")).await;
    let code = house.code(&who.phone).await;
    (page, code)
}

/// P3 with the bank, and what came of it.
pub async fn ask_bank(house: &House, browser: &Browser, page: &Page, who: &Citizen) -> Page {
    let (page, code) = code_for(house, browser, page, who).await;
    browser.submit(bank_form(&page, who, &code)).await
}

/// P3 without the bank, and what came of it.
pub async fn later(house: &House, browser: &Browser, page: &Page, who: &Citizen) -> Page {
    let (page, code) = code_for(house, browser, page, who).await;
    browser.submit(later_form(&page, who, &code)).await
}

/// A whole registration that ends at L1, in a browser of its own.
pub async fn registered_l1(house: &House, username: &str, who: &Citizen) -> Browser {
    let browser = house.browser();
    let page = up_to_p3(&browser, username, who).await;
    let page = later(house, &browser, &page, who).await;
    finished(&page);
    browser
}

/// A whole registration that ends at L2, in a browser of its own.
pub async fn registered_l2(house: &House, username: &str, who: &Citizen) -> Browser {
    let browser = house.browser();
    let page = up_to_p3(&browser, username, who).await;
    let page = ask_bank(house, &browser, &page, who).await;
    finished(&page);
    browser
}
