//! Registration, page by page: P0 to P4, what is kept, what is refused, and whose an identity is.

use chrono::TimeDelta;
use menfu::policy::{CaptchaKind, Policy};
use menfu::sandbox::Verdict;

use crate::citizens::{
    DONE, PASSWORD, ask_bank, bank_form, citizen, code_for, finished, identity_form, later, lin, login_form,
    registered_l1, registered_l2, unfinished, up_to_p2, up_to_p3, zhou,
};
use crate::harness::{Plan, house, house_of};
use crate::people::typed;

const P1: &str = "/register/person";

/// The `shenzhen` profile: no account before the bank's yes.
fn shenzhen() -> Plan {
    Plan::profile("shenzhen")
}

#[tokio::test]
async fn s0_06_where_the_bank_is_required_nobody_can_verify_later() {
    house_of(shenzhen(), async |house| {
        let (browser, who) = (house.browser(), lin(house));
        browser.get("/register").await.shows("须通过银行实名认证，认证通过才可以注册成功");
        let page = up_to_p3(&browser, "lin_xiaoyu", &who).await;
        page.hides("稍后认证");
        let forged = later(house, &browser, &page, &who).await;
        unfinished(&forged);
        let refused = ask_bank(house, &browser, &page, &who.told(house, Verdict::IdMismatch, 7)).await;
        unfinished(&refused);
        let login = browser.get("/login").await;
        browser.submit(typed(&login, "lin_xiaoyu", PASSWORD)).await.shows("用户名或者密码错误");
        let other = house.browser();
        let page = up_to_p3(&other, "lin_second", &who).await;
        page.hides("证件已被使用");
    })
    .await;
}

#[tokio::test]
async fn s0_08_a_taken_username_is_told_in_its_step() {
    house(async |house| {
        registered_l1(house, "lin_xiaoyu", &lin(house)).await;
        let browser = house.browser();
        let page = browser.get(P1).await;
        let page = browser.submit(login_form(&page, "LIN_Xiaoyu")).await;
        assert_eq!(page.url.path(), P1);
        page.shows("用户名已被使用");
        let checked = browser.get("/register/username?username=lin_xiaoyu").await;
        let answer: serde_json::Value = serde_json::from_str(&checked.html).unwrap();
        assert_eq!(
            (answer["ok"].as_bool(), answer["message"].as_str()),
            (Some(false), Some("用户名已被使用"))
        );
    })
    .await;
}

#[tokio::test]
async fn s0_09_the_first_step_leads_to_the_identity() {
    house(async |house| {
        let page = up_to_p2(&house.browser(), P1, "lin_xiaoyu").await;
        page.shows("填写身份信息").shows("证件号码");
    })
    .await;
}

#[tokio::test]
async fn s0_10_the_second_step_leads_to_the_verification() {
    house(async |house| {
        let page = up_to_p3(&house.browser(), "lin_xiaoyu", &lin(house)).await;
        page.shows("填写验证信息").shows("银行账号");
    })
    .await;
}

#[tokio::test]
async fn s0_11_the_bank_s_yes_ends_in_a_success_page() {
    house(async |house| {
        let (browser, who) = (house.browser(), lin(house));
        let page = up_to_p3(&browser, "lin_xiaoyu", &who).await;
        let page = ask_bank(house, &browser, &page, &who).await;
        assert_eq!(page.url.path(), "/register/person/done");
        finished(&page).shows("lin_xiaoyu").shows("二级·实名认证");
        assert!(page.text_of("main h2").contains("注册成功"));
        browser.get("/account").await.shows("个人中心");
    })
    .await;
}

#[tokio::test]
async fn s1_05_the_flow_bar_names_the_four_steps_and_the_current_one() {
    house(async |house| {
        let (browser, who) = (house.browser(), lin(house));
        let first = browser.get(P1).await;
        let second = browser.submit(login_form(&first, "lin_xiaoyu")).await;
        let third = browser.submit(identity_form(&second, &who)).await;
        let fourth = later(house, &browser, &third, &who).await;
        for (page, current) in
            [(first, "填写登录信息"), (second, "填写身份信息"), (third, "填写验证信息"), (fourth, "注册成功")]
        {
            let names = ["填写登录信息", "填写身份信息", "填写验证信息", "注册成功"];
            let bar = page.texts_of("nav.steps ol li > span");
            assert_eq!(bar.iter().map(|name| name.trim_start_matches("已完成：")).collect::<Vec<_>>(), names);
            assert!(page.text_of("nav.steps [aria-current=step]").contains(current), "{current}: {bar:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn s1_06_the_first_step_asks_for_name_password_and_captcha() {
    let mut policy = Policy::embedded("reference").unwrap();
    policy.captcha.kind = CaptchaKind::Image;
    house_of(Plan { policy, ..Plan::default() }, async |house| {
        let browser = house.browser();
        let page = browser.get(P1).await;
        for field in ["username", "password", "confirm", "captcha"] {
            assert!(page.has(&format!("input[name={field}]")), "{field}");
        }
        page.shows("下一步");
        let page = browser.submit(login_form(&page, "lin_xiaoyu").set("captcha", "0000")).await;
        assert_eq!(page.url.path(), P1);
        page.shows("验证码错误或已过期，请重新输入");
    })
    .await;
}

#[tokio::test]
async fn s1_07_the_second_step_asks_who_the_person_is() {
    house(async |house| {
        let browser = house.browser();
        let page = up_to_p2(&browser, P1, "anna_lind").await;
        for field in ["name", "id_type", "id_number", "sex", "birthdate"] {
            assert!(page.has(&format!("[name={field}]")), "{field}");
        }
        for label in [
            "居民身份证",
            "港澳居民来往内地通行证",
            "台湾居民来往大陆通行证",
            "港澳台居民居住证",
            "外国人永久居留身份证",
            "护照",
        ] {
            page.shows(label);
        }
        let passport =
            page.form().set("name", "Anna Lind").set("id_type", "PASSPORT").set("id_number", "X1234567");
        let page = browser.submit(passport.clone()).await;
        page.shows("请填写国籍");
        let whole = passport.set("nationality", "SWE").set("valid_until", "2030-12-31");
        let page = browser.submit(whole.set("sex", "F").set("birthdate", "1990-03-07")).await;
        assert_eq!(page.url.path(), "/register/person/verify", "{}", page.text());
    })
    .await;
}

#[tokio::test]
async fn s1_07_every_kind_of_document_can_be_used() {
    house(async |house| {
        for (n, name) in ["何家欣", "欧阳小明", "刘子轩", "𠮷田爱", "阿依努尔•买买提"].into_iter().enumerate()
        {
            let (browser, who) = (house.browser(), citizen(house, name));
            let page = up_to_p2(&browser, P1, &format!("citizen_{n}")).await;
            let form = identity_form(&page, &who).set("valid_until", "长期").set("nationality", "JPN");
            let born = form.set("birthdate", &birthdate(&who.id_number)).set("sex", sex(&who.id_number));
            let page = browser.submit(born).await;
            assert_eq!(page.url.path(), "/register/person/verify", "{name}: {}", page.text());
        }
    })
    .await;
}

/// What the holder would type: where the number tells it, the same.
fn birthdate(number: &str) -> String {
    match number.len() {
        18 => format!("{}-{}-{}", &number[6..10], &number[10..12], &number[12..14]),
        _ => "1990-03-07".to_owned(),
    }
}

fn sex(number: &str) -> &str {
    match number.as_bytes() {
        bytes if bytes.len() == 18 && (bytes[16] - b'0') % 2 == 1 => "M",
        _ => "F",
    }
}

#[tokio::test]
async fn s1_08_a_registered_person_is_told_at_the_number_and_shown_the_way() {
    house_of(shenzhen(), async |house| {
        let who = lin(house);
        registered_l2(house, "lin_xiaoyu", &who).await;
        let browser = house.browser();
        let page = up_to_p2(&browser, P1, "lin_second").await;
        let page = browser.submit(identity_form(&page, &who)).await;
        assert!(page.text_of(".field.bad").contains("证件已被使用"), "{}", page.text());
        page.shows("忘记用户名？");
    })
    .await;
}

#[tokio::test]
async fn s1_09_the_third_step_asks_for_bank_card_phone_and_code() {
    house_of(shenzhen(), async |house| {
        let page = up_to_p3(&house.browser(), "lin_xiaoyu", &lin(house)).await;
        for field in ["bank", "account", "phone", "sms"] {
            assert!(page.has(&format!("[name={field}]")), "{field}");
        }
        assert!(page.has("select[name=bank]"));
        assert_eq!(page.texts_of("main .with button"), ["发送短信验证"]);
        assert_eq!(page.texts_of("main form > .btns button"), ["下一步", "上一步"]);
    })
    .await;
}

#[tokio::test]
async fn s1_10_the_code_goes_to_the_phone_that_was_typed_and_to_no_other() {
    house(async |house| {
        let (browser, who) = (house.browser(), lin(house));
        let page = up_to_p3(&browser, "lin_xiaoyu", &who).await;
        let (page, code) = code_for(house, &browser, &page, &who).await;
        page.shows("验证码已发送至199****0101");
        let elsewhere = who.with_phone("19900000999");
        let page = browser.submit(bank_form(&page, &elsewhere, &code)).await;
        page.shows("短信验证码错误或已过期");
        assert!(house.sandbox.messages(Some("19900000999")).is_empty());
    })
    .await;
}

#[tokio::test]
async fn s1_11_the_success_page_sends_the_person_back_to_the_portal() {
    house_of(shenzhen(), async |house| {
        let (browser, who) = (house.browser(), lin(house));
        let page = up_to_p3(&browser, "lin_xiaoyu", &who).await;
        let page = ask_bank(house, &browser, &page, &who).await;
        page.shows("请关闭本页面，返回业务系统，用新的用户名和密码登录");
        browser.get("/account").await.shows("登录");
    })
    .await;
}

#[tokio::test]
async fn s1_30_who_proves_an_identity_takes_it_over_and_the_other_enters_their_own() {
    house(async |house| {
        let (owner, other) = (lin(house), zhou(house));
        let impostor = registered_l1(house, "impostor", &owner.with_phone(&other.phone)).await;
        let browser = house.browser();
        let page = up_to_p2(&browser, P1, "lin_xiaoyu").await;
        let page = browser.submit(identity_form(&page, &owner)).await;
        page.shows("自然人证件号码已被使用").shows("我是本人，用银行卡认证");
        let page = browser.submit(identity_form(&page, &owner).press("claim")).await;
        page.hides("稍后认证");
        let page = ask_bank(house, &browser, &page, &owner).await;
        finished(&page);
        assert!(house.sms(&other.phone).await.contains("证件"), "the other is told");
        let page = impostor.get("/account").await;
        assert_eq!(page.url.path(), "/account/document");
        let page = impostor.submit(identity_form(&page, &owner)).await;
        page.shows("自然人证件号码已被使用");
        let page = impostor.submit(identity_form(&page, &other)).await;
        assert_eq!(page.url.path(), "/account", "{}", page.text());
    })
    .await;
}

#[tokio::test]
async fn s1_30_who_proved_an_identity_is_never_displaced_on_line() {
    house(async |house| {
        let who = lin(house);
        registered_l2(house, "lin_xiaoyu", &who).await;
        let browser = house.browser();
        let page = up_to_p2(&browser, P1, "lin_second").await;
        let page = browser.submit(identity_form(&page, &who)).await;
        let page = browser.submit(identity_form(&page, &who).press("claim")).await;
        let page = ask_bank(house, &browser, &page, &who).await;
        unfinished(&page).shows("自然人证件号码已被使用");
    })
    .await;
}

#[tokio::test]
async fn s3_01_registration_completes_without_a_bank() {
    house(async |house| {
        let browser = registered_l1(house, "lin_xiaoyu", &lin(house)).await;
        browser.get("/account").await.shows("一级·手机认证").shows("完成实名认证");
        assert_eq!(house.sandbox.calls(menfu::sandbox::Service::Bank).calls, 0);
    })
    .await;
}

#[tokio::test]
async fn s4_04_who_has_an_account_is_led_to_the_sign_in() {
    house(async |house| {
        for path in ["/register", P1] {
            let page = house.browser().get(path).await;
            page.shows("已有账号").shows("去登录");
            assert!(page.has("a[href^='/login']"), "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn s4_06_the_username_is_freely_chosen() {
    house(async |house| {
        house.browser().get(P1).await.shows("用户名是个人账号，内容自定义填写，后续单位注册时用到");
        registered_l1(house, "Any_Name_2026", &lin(house)).await;
    })
    .await;
}

#[tokio::test]
async fn s4_08_a_used_number_comes_with_its_remedies() {
    house(async |house| {
        let who = lin(house);
        registered_l1(house, "lin_xiaoyu", &who).await;
        let browser = house.browser();
        let page = up_to_p2(&browser, P1, "lin_second").await;
        let page = browser.submit(identity_form(&page, &who)).await;
        page.shows("自然人证件号码已被使用，请核对；如已注册请找回账号");
        page.shows("请核对身份证号是否正确").shows("也可拨打网站底部联系电话进行咨询").shows("12333");
        assert!(page.has("a[href^='/recover']"));
    })
    .await;
}

#[tokio::test]
async fn s4_09_a_used_phone_is_told_after_the_right_code() {
    house(async |house| {
        let first = lin(house);
        registered_l1(house, "lin_xiaoyu", &first).await;
        let (browser, second) = (house.browser(), zhou(house).with_phone(&first.phone));
        let page = up_to_p3(&browser, "zhou_wanqing", &second).await;
        let (page, code) = code_for(house, &browser, &page, &second).await;
        let form = page.form().set("choice", "later").set("phone", &second.phone);
        let wrong = browser.submit(form.clone().set("sms", "000000")).await;
        wrong.hides("手机号已被占用，您可以更换其他手机号进行注册").shows("短信验证码错误或已过期");
        let page = browser.submit(form.set("sms", &code)).await;
        page.shows("手机号已被占用，您可以更换其他手机号进行注册，或拨打网站底部联系电话进行核对");
    })
    .await;
}

#[tokio::test]
async fn s4_10_a_username_has_5_to_20_letters_digits_and_underscores_and_begins_with_a_letter() {
    house(async |house| {
        let browser = house.browser();
        for wrong in ["a_b1", "1abcde", "a_name_of_twenty_one_", "张三abc12"] {
            let page = browser.get(P1).await;
            let page = browser.submit(login_form(&page, wrong)).await;
            page.shows("登录账号应为5-20位，可以使用大小写字母、数字和下划线，且应该以字母开始");
            assert_eq!(page.url.path(), P1, "{wrong}");
        }
        up_to_p2(&browser, P1, "Abc12").await;
    })
    .await;
}

#[tokio::test]
async fn s4_11_a_password_of_three_classes_without_a_keyboard_run() {
    house(async |house| {
        let browser = house.browser();
        for wrong in ["Gd2026h", "gd2026hrss", "Xy12345z9", "Qwert2024x", "Aa11111bcd"] {
            let page = browser.get(P1).await;
            let form = login_form(&page, "lin_xiaoyu").set("password", wrong).set("confirm", wrong);
            let page = browser.submit(form).await;
            page.shows("密码应为8-30位，且必须包含大写字母、小写字母和数字，同时不能在键盘上连续超过4个字符");
            assert!(!page.html.contains(wrong), "a password is never shown again");
        }
        let page = browser.get(P1).await;
        let page = browser.submit(login_form(&page, "lin_xiaoyu").set("confirm", "Other2026x")).await;
        page.shows("两次输入的密码不一致");
        let page = browser
            .submit(login_form(&page, "lin_xiaoyu").set("password", "Password1").set("confirm", "Password1"))
            .await;
        page.shows("密码过于简单或包含个人信息，请更换");
        // Four neighbours on the keyboard are allowed, the fifth is not.
        let form = login_form(&page, "lin_xiaoyu").set("password", "Xy1234z9").set("confirm", "Xy1234z9");
        assert_eq!(browser.submit(form).await.url.path(), "/register/person/identity");
    })
    .await;
}

#[tokio::test]
async fn s4_14_an_expired_page_says_its_trace_id() {
    house(async |house| {
        let browser = house.browser();
        let page = up_to_p2(&browser, P1, "lin_xiaoyu").await;
        house.pass(TimeDelta::minutes(31));
        let page = browser.submit(identity_form(&page, &lin(house))).await;
        let trace = page.header("x-request-id").unwrap().to_owned();
        page.shows("页面已过期").shows(&format!("[{trace}]"));
    })
    .await;
}

#[tokio::test]
async fn going_back_keeps_everything_but_passwords() {
    house(async |house| {
        let (browser, who) = (house.browser(), lin(house));
        let page = up_to_p3(&browser, "lin_xiaoyu", &who).await;
        let typed = page.form().set("bank", "ICBC").set("phone", &who.phone).press("back");
        let second = browser.submit(typed).await;
        assert_eq!(second.form().value("name"), Some("林晓雨"));
        assert_eq!(second.form().value("id_number"), Some(who.id_number.as_str()));
        let first = browser.submit(second.form().press("back")).await;
        assert_eq!(first.form().value("username"), Some("lin_xiaoyu"));
        assert_eq!(first.form().value("password"), Some(""));
        let again = browser.get("/register/person/verify").await.form();
        assert_eq!((again.value("bank"), again.value("phone")), (Some("ICBC"), Some(who.phone.as_str())));
    })
    .await;
}

#[tokio::test]
async fn what_was_typed_in_the_second_step_is_kept_when_the_person_goes_back_from_it() {
    house(async |house| {
        let browser = house.browser();
        let page = up_to_p2(&browser, P1, "lin_xiaoyu").await;
        browser.submit(page.form().set("name", "林晓").set("id_number", "4403").press("back")).await;
        let form = browser.get("/register/person/identity").await.form();
        assert_eq!((form.value("name"), form.value("id_number")), (Some("林晓"), Some("4403")));
    })
    .await;
}

#[tokio::test]
async fn an_interrupted_wizard_goes_on_where_it_was_and_in_no_other_browser() {
    house(async |house| {
        let (browser, who) = (house.browser(), lin(house));
        up_to_p3(&browser, "lin_xiaoyu", &who).await;
        house.pass(TimeDelta::minutes(25));
        let page = browser.get("/register/person/verify").await;
        let page = later(house, &browser, &page, &who).await;
        finished(&page);
        let fresh = house.browser().get("/register/person/verify").await;
        assert_eq!(fresh.url.path(), P1);
    })
    .await;
}

#[tokio::test]
async fn a_double_submit_makes_one_account() {
    house(async |house| {
        let (browser, who) = (house.browser(), lin(house));
        let page = up_to_p3(&browser, "lin_xiaoyu", &who).await;
        let (page, code) = code_for(house, &browser, &page, &who).await;
        let form = bank_form(&page, &who, &code);
        let (first, second) = tokio::join!(browser.submit(form.clone()), browser.submit(form));
        let done = [&first, &second].iter().filter(|page| page.url.path() == DONE).count();
        assert!(done >= 1, "{} | {}", first.text(), second.text());
        assert_eq!(house.sandbox.calls(menfu::sandbox::Service::Bank).distinct, 1);
    })
    .await;
}

#[tokio::test]
async fn people_under_fourteen_are_sent_to_the_counter() {
    house(async |house| {
        let browser = house.browser();
        let page = up_to_p2(&browser, P1, "young_one").await;
        let form =
            page.form().set("name", "Anna Lind").set("id_type", "PASSPORT").set("id_number", "X1234567");
        let form = form.set("nationality", "SWE").set("valid_until", "长期").set("sex", "F");
        let page = browser.submit(form.set("birthdate", "2013-01-01")).await;
        page.shows("未满14周岁请由监护人到窗口办理");
    })
    .await;
}

#[tokio::test]
async fn registration_from_a_portal_ends_there_signed_in() {
    house(async |house| {
        let (browser, who, exam) = (house.browser(), lin(house), house.exam());
        let page = browser.get(&exam.authorize(&[("prompt", "create")])).await;
        assert_eq!(page.url.path(), "/register", "{}", page.text());
        let address = page.attr("a.choice", "href").unwrap();
        let page = up_to_p2(&browser, &address, "lin_xiaoyu").await;
        let page = browser.submit(identity_form(&page, &who)).await;
        let page = ask_bank(house, &browser, &page, &who).await;
        page.shows("返回考试报名");
        let back = browser.get(&page.attr("main a.btn", "href").unwrap()).await;
        let tokens = exam.exchange(exam.returned(&back).get("code")).await;
        assert_eq!(tokens.claims("id_token")["acr"], "urn:menfu:acr:L2");
    })
    .await;
}
