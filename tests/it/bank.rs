//! The bank's answers and their texts, the limits, and a bank that is down.

use chrono::TimeDelta;
use menfu::sandbox::{Control, Mode, Service, Verdict};

use crate::citizens::{
    Citizen, ask_bank, bank_form, citizen, code_for, finished, identity_form, lin, registered_l2, unfinished,
    up_to_p2, up_to_p3,
};
use crate::harness::{Browser, House, Page, Plan, house, house_of};

/// The third step again with another card; the phone stays proved.
async fn again(browser: &Browser, page: &Page, who: &Citizen) -> Page {
    browser.submit(bank_form(page, who, "")).await
}

/// What a registration is told when the bank answers so.
async fn told(house: &House, verdict: Verdict) -> Page {
    let browser = house.browser();
    let who = lin(house).told(house, verdict, 7);
    let page = up_to_p3(&browser, "lin_xiaoyu", &who).await;
    ask_bank(house, &browser, &page, &who).await
}

#[tokio::test]
async fn s0_12_a_difference_in_name_type_or_number_is_told_in_one_text() {
    for differs in ["name", "id_type", "id_number"] {
        house(async |house| {
            let (browser, mut who) = (house.browser(), lin(house));
            match differs {
                "name" => who.name = "林小雨".to_owned(),
                "id_type" => (who.id_type, who.id_number) = ("PASSPORT".to_owned(), "X1234567".to_owned()),
                _ => who.id_number = citizen(house, "周婉清").id_number,
            }
            let page = up_to_p2(&browser, "/register/person", "lin_xiaoyu").await;
            let form = identity_form(&page, &who).set("nationality", "SWE").set("valid_until", "长期");
            let form =
                if differs == "id_type" { form.set("sex", "F").set("birthdate", "1992-03-07") } else { form };
            let page = browser.submit(form).await;
            let page = ask_bank(house, &browser, &page, &who).await;
            unfinished(&page).shows("人员姓名或证件类型或证件号与银行登记不匹配");
        })
        .await;
    }
}

#[tokio::test]
async fn s0_13_after_a_mismatch_the_identity_is_corrected_without_starting_again() {
    house(async |house| {
        let (browser, who) = (house.browser(), lin(house));
        let wrong = Citizen { name: "林小雨".to_owned(), ..who.clone() };
        let page = up_to_p3(&browser, "lin_xiaoyu", &wrong).await;
        let page = ask_bank(house, &browser, &page, &wrong).await;
        page.shows("人员姓名或证件类型或证件号与银行登记不匹配");
        let page = browser.submit(page.form().press("back")).await;
        assert_eq!(page.form().value("name"), Some("林小雨"));
        let page = browser.submit(identity_form(&page, &who)).await;
        finished(&again(&browser, &page, &who).await).shows("lin_xiaoyu");
    })
    .await;
}

#[tokio::test]
async fn s0_14_the_help_says_whose_card_it_must_be() {
    house_of(Plan::profile("shenzhen"), async |house| {
        let page = told(house, Verdict::IdMismatch).await;
        page.shows("请确认该银行卡在银行登记的人员信息是您本人的身份信息");
    })
    .await;
}

#[tokio::test]
async fn s0_15_another_phone_than_the_reserved_one_is_told() {
    house(async |house| {
        let page = told(house, Verdict::PhoneMismatch).await;
        page.shows("手机号与银行预留手机号不一致，请更换银行卡验证或去对应银行网点修改预留手机号");
    })
    .await;
}

#[tokio::test]
async fn s0_16_the_reserved_phone_finishes_in_the_same_step() {
    house(async |house| {
        let (browser, who) = (house.browser(), lin(house));
        let page = up_to_p3(&browser, "lin_xiaoyu", &who).await;
        let page = ask_bank(house, &browser, &page, &who.with_phone("19900000888")).await;
        page.shows("手机号与银行预留手机号不一致");
        assert_eq!(page.url.path(), "/register/person/verify");
        finished(&ask_bank(house, &browser, &page, &who).await);
    })
    .await;
}

#[tokio::test]
async fn every_outcome_has_its_text() {
    for (verdict, text) in [
        (Verdict::IdMismatch, "人员姓名或证件类型或证件号与银行登记不匹配"),
        (
            Verdict::PhoneMismatch,
            "手机号与银行预留手机号不一致，请更换银行卡验证或去对应银行网点修改预留手机号",
        ),
        (Verdict::CardInvalid, "银行账号有误，请核对后重新输入"),
        (Verdict::CardStatus, "该银行卡状态异常（挂失、冻结、过期或未激活），请更换银行卡"),
        (Verdict::NotDebit, "仅支持借记卡或金融社保卡，不支持信用卡"),
        (Verdict::Unsupported, "暂不支持该银行，请使用支持列表中的银行卡"),
        (Verdict::NoReservedPhone, "该银行卡未预留手机号，请到银行网点办理"),
        (Verdict::NotEnabled, "该卡未开通无卡支付功能，请更换银行卡或到银行开通"),
        (Verdict::IdTypeUnsupported, "该证件类型暂不支持银行卡认证，请选择其他认证方式"),
        (Verdict::Limit, "今日认证次数已达上限，请明日再试或更换银行卡"),
        (Verdict::Unknown, "暂时无法核验，请更换银行卡或选择其他认证方式"),
    ] {
        house(async |house| {
            told(house, verdict).await.shows(text);
        })
        .await;
    }
}

#[tokio::test]
async fn faults_of_a_card_have_one_text_until_the_phone_matched() {
    for verdict in [Verdict::CardInvalid, Verdict::CardStatus, Verdict::NotEnabled] {
        house(async |house| {
            let browser = house.browser();
            let who = lin(house).told(house, verdict, 7).with_phone("13800138000");
            let page = up_to_p3(&browser, "lin_xiaoyu", &who).await;
            let page = ask_bank(house, &browser, &page, &who).await;
            page.shows("银行账号有误，请核对后重新输入");
        })
        .await;
    }
}

#[tokio::test]
async fn s1_33_a_debit_card_or_the_social_security_card_with_a_reserved_phone_registers() {
    house(async |house| {
        registered_l2(house, "lin_xiaoyu", &lin(house)).await;
        let holder = citizen(house, "黄丽娟");
        assert_eq!(holder.bank, "SSC");
        registered_l2(house, "huang_lijuan", &holder).await;
    })
    .await;
}

#[tokio::test]
async fn s1_34_the_twelve_banks_are_in_the_list() {
    house(async |house| {
        let page = up_to_p3(&house.browser(), "lin_xiaoyu", &lin(house)).await;
        let banks = page.text_of("select[name=bank]");
        let expected = "请选择 建设银行 工商银行 中国银行 农业银行 招商银行 平安银行 深圳农村商业银行 邮储银行 \
                        交通银行 中信银行 光大银行 民生银行 深圳金融社保卡";
        let squeezed = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(squeezed(&banks), squeezed(expected));
    })
    .await;
}

#[tokio::test]
async fn s1_35_without_such_a_card_one_opens_an_account_first() {
    house_of(Plan::profile("shenzhen"), async |house| {
        house.browser().get("/help/banks").await.shows("请先到以上任一银行开立借记卡并预留手机号");
        let page = up_to_p3(&house.browser(), "lin_xiaoyu", &lin(house)).await;
        page.shows("没有银行卡怎么办").shows("请先到任一支持的银行开立借记卡并预留手机号");
    })
    .await;
}

#[tokio::test]
async fn s1_36_a_credit_card_is_refused() {
    house(async |house| {
        let page = told(house, Verdict::NotDebit).await;
        unfinished(&page).shows("仅支持借记卡或金融社保卡，不支持信用卡");
    })
    .await;
}

#[tokio::test]
async fn s1_38_the_card_is_for_this_check_only_and_is_not_kept() {
    house(async |house| {
        let who = lin(house);
        let page = up_to_p3(&house.browser(), "lin_second", &who).await;
        page.shows("仅用于校验身份，不用作其他用途");
        let browser = registered_l2(house, "lin_xiaoyu", &who).await;
        let page = browser.get("/account/profile").await;
        page.shows(&format!("**** {}", &who.card[who.card.len() - 4..]));
        assert!(!page.html.contains(&who.card));
    })
    .await;
}

#[tokio::test]
async fn s1_38_asking_a_bank_needs_a_consent_of_its_own() {
    house(async |house| {
        let (browser, who) = (house.browser(), lin(house));
        let page = up_to_p3(&browser, "lin_xiaoyu", &who).await;
        let (page, code) = code_for(house, &browser, &page, &who).await;
        let page = browser.submit(bank_form(&page, &who, &code).without("bankok")).await;
        page.shows("请阅读并单独同意将信息提交银行核验");
        assert_eq!(house.sandbox.calls(Service::Bank).calls, 0);
    })
    .await;
}

#[tokio::test]
async fn s1_39_the_online_check_alone_reaches_the_verified_level() {
    house(async |house| {
        let browser = registered_l2(house, "lin_xiaoyu", &lin(house)).await;
        browser.get("/account").await.shows("二级·实名认证");
    })
    .await;
}

#[tokio::test]
async fn s1_40_each_of_the_four_elements_is_compared() {
    for change in ["name", "id_number", "card", "phone"] {
        house(async |house| {
            let (browser, mut who) = (house.browser(), lin(house));
            match change {
                "name" => who.name = "林小雨".to_owned(),
                "id_number" => who.id_number = citizen(house, "周婉清").id_number,
                "card" => who.card = citizen(house, "周婉清").card,
                _ => who.phone = "19900000888".to_owned(),
            }
            let page = up_to_p3(&browser, "lin_xiaoyu", &who).await;
            let page = ask_bank(house, &browser, &page, &who).await;
            assert_eq!(page.url.path(), "/register/person/verify", "{change}");
            unfinished(&page);
        })
        .await;
    }
}

#[tokio::test]
async fn s1_41_people_are_advised_to_register_early() {
    house_of(Plan::profile("shenzhen"), async |house| {
        house
            .browser()
            .get("/help/banks")
            .await
            .shows("注册随时可以办理，不必等待考试报名开始，建议尽早注册");
    })
    .await;
}

#[tokio::test]
async fn s1_42_the_mismatch_of_the_manual_is_the_corrected_text() {
    house_of(Plan::profile("shenzhen"), async |house| {
        told(house, Verdict::IdMismatch).await.shows("人员姓名或证件类型或证件号与银行登记不匹配");
    })
    .await;
}

#[tokio::test]
async fn s1_43_the_remedies_are_shown_in_their_order() {
    house_of(Plan::profile("shenzhen"), async |house| {
        let text = house.browser().get("/help/banks").await.text_of("ol.numbered");
        let places = ["核对填写的信息", "换一张银行卡", "到发卡银行核实或变更", "0755-88100099"]
            .map(|step| text.find(step));
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{text}");
        assert!(text.contains("ksykwb@hrss.sz.gov.cn"));
    })
    .await;
}

#[tokio::test]
async fn s1_44_a_name_is_tried_as_the_bank_keeps_it() {
    house(async |house| {
        let holder = citizen(house, "阿依努尔•买买提");
        let typed = Citizen { name: "阿依努尔·买买提".to_owned(), ..holder };
        registered_l2(house, "ayinuer", &typed).await;
        assert_eq!(
            house.sandbox.calls(Service::Bank).distinct,
            2,
            "once as written, once with the bank's dot"
        );
    })
    .await;
}

#[tokio::test]
async fn s1_44_a_rare_character_may_be_spelled_as_the_bank_has_it_and_nothing_else() {
    house(async |house| {
        let (browser, who) = (house.browser(), lin(house));
        let page = up_to_p3(&browser, "lin_xiaoyu", &who).await;
        let (page, code) = code_for(house, &browser, &page, &who).await;
        let page = browser.submit(bank_form(&page, &who, &code).set("bankname", "周婉清")).await;
        page.shows("姓名格式不正确，请与证件保持一致");
    })
    .await;
}

#[tokio::test]
async fn a_bank_that_is_down_is_asked_again_and_costs_nothing() {
    house(async |house| {
        let (browser, who) = (house.browser(), lin(house));
        let page = up_to_p3(&browser, "lin_xiaoyu", &who).await;
        house.sandbox.set_control(Control { mode: Mode::Unavailable, ..Control::well(Service::Bank) });
        let page = ask_bank(house, &browser, &page, &who).await;
        assert_eq!(page.url.path(), "/register/person/wait", "{}", page.text());
        page.shows("正在等待银行核验");
        for seconds in [5, 20, 60] {
            house.pass(TimeDelta::seconds(seconds));
            house.work().await;
        }
        let page = browser.get("/register/person/wait").await;
        page.shows("银行系统繁忙，请稍后再试（不计入失败次数）");
        house.sandbox.set_control(Control::well(Service::Bank));
        finished(&again(&browser, &page, &who).await);
    })
    .await;
}

#[tokio::test]
async fn a_bank_that_comes_back_while_one_waits_finishes_the_registration() {
    house(async |house| {
        let (browser, who) = (house.browser(), lin(house));
        let page = up_to_p3(&browser, "lin_xiaoyu", &who).await;
        house.sandbox.set_control(Control {
            mode: Mode::Refuse,
            times: Some(1),
            ..Control::well(Service::Bank)
        });
        let page = ask_bank(house, &browser, &page, &who).await;
        page.shows("正在等待银行核验");
        house.pass(TimeDelta::seconds(5));
        house.work().await;
        finished(&browser.get("/register/person/wait").await);
        assert_eq!(house.sandbox.calls(Service::Bank).distinct, 1, "one question, asked twice");
    })
    .await;
}

#[tokio::test]
async fn three_attempts_a_wizard_are_all() {
    house(async |house| {
        let (browser, who) = (house.browser(), lin(house));
        let page = up_to_p3(&browser, "lin_xiaoyu", &who).await;
        let mut page = ask_bank(house, &browser, &page, &who.told(house, Verdict::CardInvalid, 1)).await;
        for serial in [2, 3] {
            page = again(&browser, &page, &who.told(house, Verdict::CardInvalid, serial)).await;
            page.shows("银行账号有误");
        }
        again(&browser, &page, &who).await.shows("今日认证次数已达上限，请明日再试或更换银行卡");
        assert_eq!(house.sandbox.calls(Service::Bank).distinct, 3);
    })
    .await;
}

#[tokio::test]
async fn one_card_is_asked_about_three_times_a_day_whoever_asks() {
    house(async |house| {
        let card = lin(house).told(house, Verdict::CardInvalid, 9);
        for (n, name) in ["林晓雨", "周婉清", "陈志远", "赵明哲"].into_iter().enumerate() {
            let who = Citizen { bank: card.bank.clone(), card: card.card.clone(), ..citizen(house, name) };
            let browser = house.browser();
            let page = up_to_p3(&browser, &format!("citizen_{n}"), &who).await;
            let page = ask_bank(house, &browser, &page, &who).await;
            page.shows(if n < 3 { "银行账号有误" } else { "今日认证次数已达上限" });
        }
    })
    .await;
}

#[tokio::test]
async fn the_waiting_page_is_no_other_browser_s() {
    house(async |house| {
        let page = up_to_p2(&house.browser(), "/register/person", "lin_xiaoyu").await;
        assert_eq!(page.url.path(), "/register/person/identity");
        house.browser().get("/register/person/wait").await.shows("页面已过期");
    })
    .await;
}
