//! A person at L1 meets a portal that needs L2: told why, verified inside the request, and in.

use crate::browser::Browser;
use crate::demo::Demo;
use crate::people::{enter_card, enter_login_and_identity, enter_password, prove_phone, seeded, stranger};

#[tokio::test]
async fn s3_01_a_seeded_l1_person_is_verified_inside_the_request_of_the_social_insurance_portal() {
    let (demo, browser) = (Demo::start().await, Browser::open().await);
    let person = seeded("chenzhiyuan");
    browser.goto(&demo.insurance).await;
    browser.press("登录").await;
    enter_password(&browser, &person.username, person.password.expose()).await;
    browser.see("实名等级不足").await;
    browser.press("确认，去实名认证").await;
    prove_phone(&browser, &demo, &person.phone).await;
    enter_card(&browser, &person.bank, &person.card_no).await;
    browser.press("提交").await;
    browser.arrive(&format!("{}/", demo.insurance)).await;
    browser.see_all(&["陈志远，您好", "二级·实名认证"]).await;
    browser.close().await;
}

#[tokio::test]
async fn a_newcomer_who_verifies_later_uses_the_exam_portal_and_is_led_up_by_the_other() {
    let (demo, browser) = (Demo::start().await, Browser::open().await);
    let person = stranger("钱文博");
    browser.goto(&demo.exam).await;
    browser.press("立即注册").await;
    enter_login_and_identity(&browser, "qianwenbo", &person).await;
    browser.tick("choice-later").await;
    prove_phone(&browser, &demo, &person.phone).await;
    browser.press("提交").await;
    browser.arrive(&format!("{}/register/person/done", demo.provider)).await;
    browser.press("返回").await;
    browser.see_all(&["钱文博，您好", "一级·手机认证"]).await;
    browser.goto(&demo.insurance).await;
    browser.press("登录").await;
    browser.see("实名等级不足").await;
    browser.press("确认，去实名认证").await;
    prove_phone(&browser, &demo, &person.phone).await;
    enter_card(&browser, &person.bank, &person.card_no).await;
    browser.press("提交").await;
    browser.see_all(&["社会保险网上服务", "钱文博，您好", "二级·实名认证"]).await;
    browser.close().await;
}

#[tokio::test]
async fn whoever_refuses_the_upgrade_comes_back_to_the_portal_and_is_not_in() {
    let (demo, browser) = (Demo::start().await, Browser::open().await);
    let person = seeded("chenzhiyuan");
    browser.goto(&format!("{}/login", demo.insurance)).await;
    enter_password(&browser, &person.username, person.password.expose()).await;
    browser.see("实名等级不足").await;
    browser.press("取消").await;
    browser.see("登录已取消").await;
    browser.goto(&demo.insurance).await;
    browser.see("登录后办理").await;
    browser.close().await;
}
