//! The way back to a username and to a password, from the door of a portal to the portal.

use crate::browser::{Browser, ENTER};
use crate::demo::Demo;
use menfu::sandbox::{Table, Verdict};

use crate::people::{
    ANSWERS, ask_for_code, enter_card, enter_password, prove_phone, read_sms, seeded, set_questions,
    veto_link,
};

const NEW: &str = "Qingtian7Liushui";

#[tokio::test]
async fn s0_26_whoever_forgot_the_password_comes_back_to_the_portal_with_a_new_one() {
    let (demo, browser) = (Demo::start().await, Browser::open().await);
    let person = seeded("linxiaoyu");
    browser.goto(&format!("{}/login", demo.exam)).await;
    browser.press("点击此处找回账号密码").await;
    browser.press("找回密码").await;
    browser.see("输入用户名").await;
    browser.fill("username", &person.username).await;
    browser.press("下一步").await;
    browser.see("证件号码+手机验证码").await;
    browser.press("下一步").await;
    browser.fill("id_number", &person.id_number).await;
    browser.fill("phone", &person.phone).await;
    let code = ask_for_code(&browser, &demo, &person.phone).await;
    browser.fill("sms", &code).await;
    browser.press("下一步").await;
    browser.see("确认新密码").await;
    browser.fill("password", person.password.expose()).await;
    browser.fill("confirm", person.password.expose()).await;
    browser.press("下一步").await;
    browser.see("修改后的新密码不能与原密码一致").await;
    browser.fill("password", NEW).await;
    browser.fill("confirm", NEW).await;
    browser.press("下一步").await;
    browser.see("密码重置成功").await;
    browser.press("登录").await;
    enter_password(&browser, &person.username, NEW).await;
    browser.see_all(&["您好", "一级", "urn:menfu:acr:L1"]).await;
    browser.close().await;
}

#[tokio::test]
async fn s0_24_whoever_forgot_the_username_reads_it_on_the_registered_phone_and_nowhere_else() {
    let (demo, browser) = (Demo::start().await, Browser::open().await);
    let person = seeded("zhouwanqing");
    browser.goto(&format!("{}/login", demo.exam)).await;
    browser.press("点击此处找回账号密码").await;
    browser.press("找回用户名").await;
    browser.fill("name", &person.name).await;
    browser.fill("id_number", &person.id_number).await;
    browser.press("下一步").await;
    let code = ask_for_code(&browser, &demo, &person.phone).await;
    browser.fill("sms", &code).await;
    browser.press("下一步").await;
    browser.see("用户名已通过短信发送到您的注册手机").await;
    assert!(!browser.text().await.contains(&person.username));
    read_sms(&browser, &demo, &person.phone, &format!("您的登录账号为{}", person.username)).await;
    browser.close().await;
}

#[tokio::test]
async fn s1_52_the_bank_replaces_a_dead_phone_and_the_phone_before_undoes_it() {
    let (demo, browser) = (Demo::start().await, Browser::open().await);
    let person = seeded("linxiaoyu");
    let card = Table::embedded().unwrap().card_for("CCB", Verdict::Ok, 1).unwrap();
    browser.goto(&format!("{}/login", demo.exam)).await;
    browser.press("点击此处找回账号密码").await;
    browser.press("更换手机号").await;
    browser.fill("name", &person.name).await;
    browser.fill("id_number", &person.id_number).await;
    prove_phone(&browser, &demo, "13800006021").await;
    enter_card(&browser, "CCB", &card).await;
    browser.press("提交").await;
    browser.see("手机号已更换").await;
    browser.press("登录").await;
    enter_password(&browser, &person.username, person.password.expose()).await;
    browser.see("林晓雨，您好").await;
    let link = veto_link(&browser, &demo, &person.phone).await;
    browser.goto(&link).await;
    browser.press("这不是我，撤销变更").await;
    browser.see("已撤销").await;
    browser.goto(&format!("{}/account", demo.provider)).await;
    browser.arrive(&format!("{}/login", demo.provider)).await;
    browser.close().await;
}

#[tokio::test]
async fn the_keyboard_alone_sets_a_password_anew() {
    let (demo, browser) = (Demo::start().await, Browser::open().await);
    let person = seeded("linxiaoyu");
    browser.goto(&format!("{}/recover/password", demo.provider)).await;
    browser.see("输入用户名").await;
    browser.type_into("username", &format!("{}{ENTER}", person.username)).await;
    browser.see("证件号码+手机验证码").await;
    browser.type_into("way", ENTER).await;
    browser.see("动态验证码").await;
    browser.type_into("id_number", &person.id_number).await;
    browser.type_into("phone", &person.phone).await;
    let code = ask_for_code(&browser, &demo, &person.phone).await;
    browser.type_into("sms", &format!("{code}{ENTER}")).await;
    browser.see("确认新密码").await;
    browser.type_into("password", NEW).await;
    browser.type_into("confirm", &format!("{NEW}{ENTER}")).await;
    browser.see("密码重置成功").await;
    browser.close().await;
}

#[tokio::test]
async fn s1_26_s1_28_questions_that_the_owner_set_lead_to_a_new_password() {
    let (demo, browser) = (Demo::start().await, Browser::open().await);
    let person = seeded("linxiaoyu");
    browser.goto(&format!("{}/login", demo.provider)).await;
    enter_password(&browser, &person.username, person.password.expose()).await;
    browser.see("设置密保问题").await;
    browser.press("去设置").await;
    browser.see("请选择3个不同的问题").await;
    set_questions(&browser, person.password.expose()).await;
    browser.see("密保问题已设置").await;
    browser.press("退出").await;
    browser.goto(&format!("{}/recover/password", demo.provider)).await;
    browser.fill("username", &person.username).await;
    browser.press("下一步").await;
    browser.see("证件号码+手机验证码").await;
    browser.tick("way-security_questions").await;
    browser.press("下一步").await;
    browser.see("您养的第一只宠物叫什么名字？").await;
    browser.fill("id_number", &person.id_number).await;
    for (name, answer) in ["answer1", "answer2", "answer3"].into_iter().zip(ANSWERS) {
        browser.fill(name, answer).await;
    }
    browser.press("下一步").await;
    browser.see("确认新密码").await;
    browser.fill("password", NEW).await;
    browser.fill("confirm", NEW).await;
    browser.press("下一步").await;
    browser.see("密码重置成功").await;
    browser.press("登录").await;
    enter_password(&browser, &person.username, NEW).await;
    browser.see("再次核验本人身份").await;
    browser.close().await;
}
