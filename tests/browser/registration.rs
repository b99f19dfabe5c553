//! From 立即注册 to the portal, with the bank at once.

use serde_json::json;

use crate::browser::Browser;
use crate::demo::Demo;
use crate::people::{enter_card, enter_login_and_identity, prove_phone, stranger};

#[tokio::test]
async fn s1_04_a_newcomer_registers_with_a_bank_card_and_is_signed_in_at_both_portals() {
    let (demo, browser) = (Demo::start().await, Browser::open().await);
    let person = stranger("赵明哲");
    let asked_before = demo.bank_requests().await;
    browser.goto(&demo.exam).await;
    browser.press("立即注册").await;
    browser.arrive(&format!("{}/register", demo.provider)).await;
    enter_login_and_identity(&browser, "zhaomingzhe", &person).await;
    browser.tick("choice-bank").await;
    prove_phone(&browser, &demo, &person.phone).await;
    enter_card(&browser, &person.bank, &person.card_no).await;
    browser.press("提交").await;
    browser.arrive(&format!("{}/register/person/done", demo.provider)).await;
    browser.press("返回").await;
    browser.arrive(&format!("{}/", demo.exam)).await;
    browser.see_all(&["赵明哲，您好", "二级·实名认证", "urn:menfu:acr:L2"]).await;
    browser.goto(&demo.insurance).await;
    browser.press("登录").await;
    browser.see("赵明哲，您好").await;
    browser.press("退出").await;
    browser.see("您已退出").await;
    browser.goto(&demo.exam).await;
    browser.see("登录后办理").await;
    assert_eq!(demo.bank_requests().await - asked_before, 1, "the bank is asked once");
    browser.close().await;
}

#[tokio::test]
async fn s0_13_after_a_mismatch_the_person_goes_back_corrects_the_name_and_finishes() {
    let (demo, browser) = (Demo::start().await, Browser::open().await);
    let person = stranger("吴思琪");
    let mut misspelt = person.clone();
    misspelt.name = "吴思其".to_owned();
    browser.goto(&format!("{}/register", demo.exam)).await;
    enter_login_and_identity(&browser, "wusiqi", &misspelt).await;
    prove_phone(&browser, &demo, &person.phone).await;
    enter_card(&browser, &person.bank, &person.card_no).await;
    browser.press("提交").await;
    browser.see("人员姓名或证件类型或证件号与银行登记不匹配").await;
    browser.press("上一步").await;
    browser.fill("name", &person.name).await;
    browser.press("下一步").await;
    browser.see("核验对象").await;
    enter_card(&browser, &person.bank, &person.card_no).await;
    browser.press("提交").await;
    browser.arrive(&format!("{}/register/person/done", demo.provider)).await;
    browser.close().await;
}

#[tokio::test]
async fn a_bank_that_is_down_is_told_as_busy_or_waited_for() {
    let (demo, browser) = (Demo::start().await, Browser::open().await);
    let person = stranger("孙桂兰");
    demo.control(&json!({ "service": "bank", "mode": "refuse" })).await;
    browser.goto(&format!("{}/register", demo.exam)).await;
    enter_login_and_identity(&browser, "sunguilan", &person).await;
    prove_phone(&browser, &demo, &person.phone).await;
    enter_card(&browser, &person.bank, &person.card_no).await;
    browser.press("提交").await;
    browser.see_one_of(&["银行系统繁忙", "正在等待银行核验"]).await;
    browser.close().await;
}
