//! The demo's invented people with accounts in a house, and their way through the sign-in page.

use menfu::app::NewAccount;
use menfu::demo::{self, Seed};
use menfu::kernel::{Clock, IdDocument, RealNameLevel};

use crate::harness::{Answer, Browser, Form, House, Page, Rp};

/// 林晓雨, verified by her bank.
pub const VERIFIED: usize = 0;
/// 周婉清, verified too.
pub const SOMEBODY_ELSE: usize = 1;
/// 陈志远, who proved a phone only.
pub const PHONE_ONLY: usize = 2;

/// DOE, JANE MARIE, who told of herself all that there is a claim for.
pub const TOLD_ALL: usize = 4;

/// Opens the account of one of the demo's people.
pub async fn open_account(house: &House, which: usize) -> Seed {
    let seed = demo::seeds().unwrap().remove(which);
    let today = house.clock.now().china_date();
    let card = seed.card_no.parse().unwrap();
    let account = NewAccount {
        username: seed.username.parse().unwrap(),
        password: seed.password.clone(),
        name: seed.name.parse().unwrap(),
        document: IdDocument::parse(seed.id_type.parse().unwrap(), &seed.id_number, today).unwrap(),
        phone: seed.phone.parse().unwrap(),
        card: (seed.level >= RealNameLevel::L2).then_some((seed.bank.clone(), card)),
        email: seed.email.clone(),
        about: seed.about.clone(),
    };
    house.service.open_account(&house.service.own_ctx(), account).await.unwrap();
    seed
}

/// The sign-in form with a name and a password typed in.
pub fn typed(page: &Page, username: &str, password: &str) -> Form {
    page.form().set("username", username).set("password", password)
}

/// Signs in on a page that shows the sign-in form.
pub async fn sign_in(browser: &Browser, page: &Page, seed: &Seed) -> Page {
    browser.submit(typed(page, &seed.username, seed.password.expose())).await
}

/// A browser in which this person has just come back to the relying party with a code.
pub async fn code_for(house: &House, rp: &Rp, seed: &Seed, changes: &[(&str, &str)]) -> (Browser, String) {
    let browser = house.browser();
    let page = browser.get(&rp.authorize(changes)).await;
    let back = sign_in(&browser, &page, seed).await;
    let code = rp.returned(&back).get("code").to_owned();
    (browser, code)
}

/// A browser of this person and the tokens that the relying party got.
pub async fn tokens_for(house: &House, rp: &Rp, seed: &Seed, changes: &[(&str, &str)]) -> (Browser, Answer) {
    let (browser, code) = code_for(house, rp, seed, changes).await;
    let tokens = rp.exchange(&code).await;
    assert_eq!(tokens.status, 200, "{}", tokens.json);
    (browser, tokens)
}

/// A browser of this person, signed in.
pub async fn browser_of(house: &House, seed: &Seed) -> Browser {
    code_for(house, &house.exam(), seed, &[]).await.0
}
