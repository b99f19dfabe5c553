//! Signing in at one portal, being signed in at the other, signing out of both.

use crate::browser::{Browser, ENTER};
use crate::demo::Demo;
use crate::people::{ask_for_code, change_password, enter_password, seeded};

#[tokio::test]
async fn s1_03_a_person_signs_in_at_the_exam_portal_across_origins() {
    let (demo, browser) = (Demo::start().await, Browser::open().await);
    let person = seeded("linxiaoyu");
    browser.goto(&demo.exam).await;
    browser.press("登录").await;
    browser.arrive(&format!("{}/login", demo.provider)).await;
    enter_password(&browser, &person.username, person.password.expose()).await;
    browser.arrive(&format!("{}/", demo.exam)).await;
    browser.see_all(&["林晓雨，您好", "二级·实名认证", "urn:menfu:acr:L2", "pwd", "退出"]).await;
    browser.close().await;
}

/// By the phone alone: the exam portal lets in, the social-insurance portal asks for a proof.
#[tokio::test]
async fn lg2_a_code_by_sms_signs_in_at_l1() {
    let (demo, browser) = (Demo::start().await, Browser::open().await);
    let person = seeded("linxiaoyu");
    browser.goto(&format!("{}/login", demo.exam)).await;
    browser.press("短信登录").await;
    browser.see("若该手机号已注册").await;
    browser.fill("phone", &person.phone).await;
    let code = ask_for_code(&browser, &demo, &person.phone).await;
    browser.fill("sms", &code).await;
    browser.press("登录").await;
    browser.arrive(&format!("{}/", demo.exam)).await;
    browser.see_all(&["林晓雨，您好", "一级", "urn:menfu:acr:L1", "sms"]).await;
    browser.goto(&format!("{}/login", demo.insurance)).await;
    browser.see("实名等级不足").await;
    browser.close().await;
}

#[tokio::test]
async fn s4_16_a_wrong_password_says_how_many_attempts_are_left() {
    let (demo, browser) = (Demo::start().await, Browser::open().await);
    browser.goto(&format!("{}/login", demo.exam)).await;
    enter_password(&browser, "linxiaoyu", "Wrong2026door").await;
    browser.see("用户名或者密码错误，连续错误5次后账号将被锁定1小时，您还可以尝试4次").await;
    browser.close().await;
}

#[tokio::test]
async fn s0_01_one_sign_in_opens_both_portals_and_one_sign_out_closes_both() {
    let (demo, browser) = (Demo::start().await, Browser::open().await);
    let person = seeded("zhouwanqing");
    browser.goto(&format!("{}/login", demo.exam)).await;
    enter_password(&browser, &person.username, person.password.expose()).await;
    browser.see("周婉清，您好").await;
    browser.goto(&demo.insurance).await;
    browser.press("登录").await;
    browser.see_all(&["社会保险网上服务", "周婉清，您好", "二级·实名认证"]).await;
    browser.press("退出").await;
    browser.see("您已退出").await;
    browser.arrive(&format!("{}/signed-out", demo.insurance)).await;
    browser.goto(&demo.exam).await;
    browser.see("登录后办理").await;
    browser.press("登录").await;
    browser.arrive(&format!("{}/login", demo.provider)).await;
    browser.close().await;
}

#[tokio::test]
async fn a_person_signs_in_with_the_keyboard_alone() {
    let (demo, browser) = (Demo::start().await, Browser::open().await);
    let person = seeded("linxiaoyu");
    browser.goto(&format!("{}/login", demo.exam)).await;
    browser.find("[name=password]").await;
    browser.type_into("username", &person.username).await;
    browser.type_into("password", &format!("{}{ENTER}", person.password.expose())).await;
    browser.see("林晓雨，您好").await;
    browser.close().await;
}

#[tokio::test]
async fn s0_32_a_changed_password_signs_out_everywhere_and_the_new_one_opens_the_door() {
    let (demo, browser) = (Demo::start().await, Browser::open().await);
    let person = seeded("linxiaoyu");
    browser.goto(&format!("{}/login", demo.exam)).await;
    enter_password(&browser, &person.username, person.password.expose()).await;
    browser.see("林晓雨，您好").await;
    browser.goto(&format!("{}/account/password", demo.provider)).await;
    browser.see("所有设备都会退出登录").await;
    change_password(&browser, person.password.expose(), "Qingtian7Liushui").await;
    browser.see("密码修改成功").await;
    browser.press("登录").await;
    enter_password(&browser, &person.username, "Qingtian7Liushui").await;
    browser.see("林*雨，您好").await;
    browser.close().await;
}
