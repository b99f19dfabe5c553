//! What people do in the stories, page by page.

use menfu::demo::{Seed, seeds};
use menfu::sandbox::{Account, Table};

use crate::browser::Browser;
use crate::demo::Demo;

pub const PASSWORD: &str = "Tally2026Door";

/// One of the demo's own people.
pub fn seeded(username: &str) -> Seed {
    seeds().unwrap().into_iter().find(|seed| seed.username == username).unwrap()
}

/// Somebody whom a bank knows and the provider does not yet.
pub fn stranger(name: &str) -> Account {
    Table::embedded().unwrap().accounts.into_iter().find(|account| account.name == name).unwrap()
}

/// The form of LG1.
pub async fn enter_password(browser: &Browser, username: &str, password: &str) {
    browser.fill("username", username).await;
    browser.fill("password", password).await;
    browser.press("登录").await;
}

/// Fills in A10 and sends it.
pub async fn change_password(browser: &Browser, old: &str, new: &str) {
    for (input, text) in [("old", old), ("password", new), ("confirm", new)] {
        browser.fill(input, text).await;
    }
    browser.press("修改密码").await;
}

/// P0 to P2, from the page that 立即注册 opens.
pub async fn enter_login_and_identity(browser: &Browser, username: &str, person: &Account) {
    browser.press("个人注册").await;
    browser.see("填写登录信息").await;
    browser.fill("username", username).await;
    browser.fill("password", PASSWORD).await;
    browser.fill("confirm", PASSWORD).await;
    browser.tick("agree").await;
    browser.press("下一步").await;
    browser.fill("name", &person.name).await;
    browser.choose("id_type", &person.id_type).await;
    browser.fill("id_number", &person.id_number).await;
    browser.press("下一步").await;
    browser.see("核验对象").await;
}

/// The bank's inputs, of registration or of the verification centre.
pub async fn enter_card(browser: &Browser, bank: &str, card_no: &str) {
    browser.choose("bank", bank).await;
    browser.fill("account", card_no).await;
    browser.tick("bankok").await;
}

/// Phone and the code that the gateway's page shows.
pub async fn prove_phone(browser: &Browser, demo: &Demo, phone: &str) {
    browser.fill("phone", phone).await;
    let code = ask_for_code(browser, demo, phone).await;
    browser.fill("sms", &code).await;
}

/// Asks for a code and reads it on the gateway's page.
pub async fn ask_for_code(browser: &Browser, demo: &Demo, phone: &str) -> String {
    let before = at_the_gateway(browser, demo, phone, async || codes_in(&browser.text().await).len()).await;
    browser.press("发送短信验证").await;
    browser.see("验证码已发送至").await;
    at_the_gateway(browser, demo, phone, async || newest_code(browser, before).await).await
}

/// Waits for a message with these words.
pub async fn read_sms(browser: &Browser, demo: &Demo, phone: &str, words: &str) {
    at_the_gateway(browser, demo, phone, async || browser.see(words).await).await;
}

/// The link by which this phone undoes the change that it was told of.
pub async fn veto_link(browser: &Browser, demo: &Demo, phone: &str) -> String {
    let told = "/veto?link=";
    let page = at_the_gateway(browser, demo, phone, async || {
        browser.see_that("the message of the change", |page| page.contains(told)).await
    })
    .await;
    let token = page.split(told).nth(1).unwrap();
    let token: String =
        token.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
    format!("{}{told}{token}", demo.provider)
}

/// Looks at the SMS gateway's page in another tab, as a person who tries the product does; it loads itself anew each second.
async fn at_the_gateway<T>(browser: &Browser, demo: &Demo, phone: &str, look: impl AsyncFn() -> T) -> T {
    let form = browser.client.window().await.unwrap();
    let tab = browser.client.new_window(true).await.unwrap();
    browser.client.switch_to_window(tab.handle).await.unwrap();
    browser.goto(&format!("{}/sms?phone={phone}&refresh=1", demo.sandbox)).await;
    let seen = look().await;
    browser.client.close_window().await.unwrap();
    browser.client.switch_to_window(form).await.unwrap();
    seen
}

/// The code of the message that comes after so many others: the provider answers before the gateway has it.
async fn newest_code(browser: &Browser, others: usize) -> String {
    let page = browser.see_that("one more SMS", |page| codes_in(page).len() > others).await;
    codes_in(&page).swap_remove(0)
}

/// The newest message stands first.
fn codes_in(page: &str) -> Vec<String> {
    let after = page.split("验证码").skip(1);
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>();
    after.map(digits).filter(|code| !code.is_empty()).collect()
}

#[test]
fn codes_are_read_from_the_page_the_newest_first() {
    let page = "短信\n+8619900000111 2026\n【门符】验证码012345，用于注册，5分钟内有效\n+8619900000111\n验证码999999";
    assert_eq!(codes_in(page), ["012345", "999999"]);
    assert!(codes_in("尚无短信验证码").is_empty());
}

pub const ANSWERS: [&str; 3] = ["大黄", "张小明", "地道战"];

/// A11 filled in and saved.
pub async fn set_questions(browser: &Browser, password: &str) {
    let questions = ["question-first-pet", "question-desk-mate", "question-first-film"];
    for (number, (question, answer)) in (1..).zip(questions.into_iter().zip(ANSWERS)) {
        browser.choose(&format!("question{number}"), question).await;
        browser.fill(&format!("answer{number}"), answer).await;
    }
    browser.fill("password", password).await;
    browser.press("保存密保问题").await;
}
