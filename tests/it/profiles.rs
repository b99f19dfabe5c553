//! The four profiles as people meet them: what stands in `profiles/<profile>.txt` is every text of one registration, one
//! sign-in and one refusal, as that bureau's own documents tell them. `MENFU_WRITE_PROFILES=1` writes the files anew; whoever
//! does it reads them.

pub mod reading;
pub mod walk;

use menfu::kernel::Locale;
use menfu::policy::{CaptchaKind, Localised, Policy};
use menfu::sandbox::Verdict;

use crate::citizens::{PASSWORD, finished, later_form, lin, login_form, registered_l1, registered_l2, zhou};
use crate::harness::{House, Page, Plan, house_of};
use reading::Reading;
use walk::{WALKER, Walk};

const WRONG: &str = "Wrong2026Guess";

/// Walks a script in a house of this profile and compares what was read.
async fn reads(profile: &str, script: impl AsyncFnOnce(&mut Walk<'_>)) {
    let mut read = captchas(profile).await;
    house_of(Plan::profile(profile), async |house| {
        let mut walk = Walk::new(house);
        script(&mut walk).await;
        read += &walk.script();
    })
    .await;
    let path = format!("{}/tests/it/profiles/{profile}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("MENFU_WRITE_PROFILES").is_some() {
        std::fs::write(&path, &read).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    let difference = reading::difference(&known, &read);
    assert!(difference.is_empty(), "{path} has - where the pages say +:\n{difference}");
}

/// The two forms whose pictures the walks do without.
async fn captchas(profile: &str) -> String {
    let mut plan = Plan::profile(profile);
    plan.policy.captcha.kind = CaptchaKind::Image;
    let mut read = String::new();
    house_of(plan, async |house| {
        for path in ["/login", "/register/person"] {
            let page = house.browser().get(path).await;
            let asked = if page.has("#captcha") { "有图片验证码" } else { "没有图片验证码" };
            read += &format!("{path} {asked}\n");
        }
        let page = house.browser().get("/register/person").await;
        let lines = Reading::of(&page).main;
        let at = lines.iter().position(|line| line.ends_with("*验证码")).unwrap();
        lines[at..at + 4].iter().for_each(|line| read += &format!("{line}\n"));
    })
    .await;
    read + "\n"
}

/// The page that a finished registration ends on, and back into the request.
async fn back_to_the_portal(walk: &mut Walk<'_>) {
    finished(walk.last());
    walk.follow("返回业务系统", "main .btns a.btn[href^='/authorize/resume']").await;
}

/// `reference`: registered with the phone alone, for a portal; locked after five wrong passwords (S4-16, S4-17).
#[tokio::test]
async fn reference_says_what_its_file_has() {
    reads("reference", async |walk| {
        let (house, who) = (walk.house, zhou(walk.house));
        walk.part("注册");
        walk.open("登录", &house.exam().authorize(&[])).await;
        walk.follow("填写登录信息", "main a[href^='/register/person']").await;
        walk.introduce(WALKER, &who).await;
        walk.defer("发送短信验证", "注册成功", &who).await;
        back_to_the_portal(walk).await;
        walk.part("登录");
        walk.open("登录", &house.exam().authorize(&[])).await;
        walk.sign_in("登录成功", WALKER, PASSWORD).await;
        walk.open("个人中心", "/account").await;
        walk.open("认证中心", "/account/verification").await;
        walk.part("拒绝：密码连续错误5次");
        walk.open("登录", "/login").await;
        for name in ["第一次错误", "第二次错误", "第三次错误", "第四次错误", "第五次错误"]
        {
            walk.sign_in(name, WALKER, WRONG).await;
        }
        walk.open("登录", "/login").await;
        walk.sign_in("锁定期间输入正确的密码", WALKER, PASSWORD).await;
    })
    .await;
}

/// `shenzhen`: no account without the bank (S0-06); the bank's two refusals (S0-12, S0-15); a document that is taken (S1-08).
#[tokio::test]
async fn shenzhen_says_what_its_file_has() {
    reads("shenzhen", async |walk| {
        let (house, who) = (walk.house, zhou(walk.house));
        walk.part("注册");
        walk.open("注册", "/register").await;
        walk.follow("填写登录信息", "main a[href^='/register/person']").await;
        walk.introduce(WALKER, &who).await;
        walk.ask_bank("发送短信验证", "注册成功", &who).await;
        finished(walk.last());
        walk.part("登录");
        walk.open("登录", &house.exam().authorize(&[])).await;
        walk.sign_in("登录成功", WALKER, PASSWORD).await;
        walk.open("用户信息", "/account/profile").await;
        walk.part("拒绝：证件已被使用，银行登记不匹配");
        walk.open("填写登录信息", "/register/person").await;
        walk.introduce("walker_second", &who).await;
        let form = crate::citizens::identity_form(walk.last(), &lin(house));
        walk.submit("填写验证信息", form).await;
        walk.ask_bank("发送短信验证", "与银行登记不匹配", &lin(house).told(house, Verdict::IdMismatch, 7))
            .await;
        let other = lin(house).told(house, Verdict::PhoneMismatch, 8);
        walk.ask_bank_again("与预留手机号不一致", &other).await;
    })
    .await;
}

/// `jiangsu`: registered with the phone (S2-02) and at once in the service hall (S2-22); the real name when a service asks for
/// it (S2-07, S2-14); the service closed to whoever cancels (S2-17), and the bank's no.
#[tokio::test]
async fn jiangsu_says_what_its_file_has() {
    reads("jiangsu", async |walk| {
        let (house, who) = (walk.house, zhou(walk.house));
        walk.part("注册");
        walk.open("注册", "/register").await;
        walk.follow("填写登录信息", "main a[href^='/register/person']").await;
        walk.introduce(WALKER, &who).await;
        let page = walk.defer("获取验证码", "操作成功", &who).await;
        assert_eq!(page.url.path(), "/account", "{}", page.text());
        walk.part("登录：业务要求实名认证");
        walk.open("登录", &house.insurance().authorize(&[])).await;
        walk.sign_in("尚未实名认证", WALKER, PASSWORD).await;
        let form = walk.last().form().press("ok");
        walk.submit("实名认证", form).await;
        walk.ask_bank("获取验证码", "认证成功", &who).await;
        walk.open("认证中心", "/account/verification").await;
        walk.part("拒绝：取消认证，银行登记不匹配");
        registered_l1(house, "lin_xiaoyu", &lin(house)).await;
        walk.forget_messages().await;
        walk.open("登录", &house.insurance().authorize(&[])).await;
        walk.sign_in("尚未实名认证", "lin_xiaoyu", PASSWORD).await;
        let form = walk.last().form().press("cancel");
        walk.submit("取消", form).await;
        walk.open("认证中心", "/account/verification").await;
        walk.follow("立即认证", "main a[href^='/account/verification/bank']").await;
        walk.ask_bank("获取验证码", "与银行登记不匹配", &lin(house).told(house, Verdict::IdMismatch, 7))
            .await;
    })
    .await;
}

/// `guangdong`: a real-name registration without the bank (S3-01), the bank afterwards (S3-02); a username, a document and a
/// phone that are taken (S3-17, S3-16, S4-09), and a wrong password (S3-22).
#[tokio::test]
async fn guangdong_says_what_its_file_has() {
    reads("guangdong", async |walk| {
        let (house, who) = (walk.house, zhou(walk.house));
        registered_l2(house, "lin_xiaoyu", &lin(house)).await;
        walk.forget_messages().await;
        walk.part("注册");
        walk.open("登录", &house.exam().authorize(&[])).await;
        walk.follow("填写登录信息", "main a[href^='/register/person']").await;
        walk.introduce(WALKER, &who).await;
        walk.defer("获取验证码", "注册成功", &who).await;
        back_to_the_portal(walk).await;
        walk.part("登录，然后实名认证");
        walk.open("登录", "/login").await;
        walk.sign_in("个人中心", WALKER, PASSWORD).await;
        walk.open("认证中心", "/account/verification").await;
        walk.follow("立即认证", "main a[href^='/account/verification/bank']").await;
        walk.ask_bank("获取验证码", "认证成功", &who).await;
        walk.part("拒绝：用户名、证件号、手机号已被使用，密码错误");
        walk.open("填写登录信息", "/register/person").await;
        let form = login_form(walk.last(), WALKER);
        walk.submit("用户名已被使用", form).await;
        walk.introduce("walker_second", &lin(house)).await;
        let third = crate::citizens::citizen(house, "陈志远");
        let form = crate::citizens::identity_form(walk.last(), &third);
        walk.submit("填写验证信息", form).await;
        let code = walk.code("获取验证码", &who).await;
        let form = later_form(walk.last(), &who, &code);
        walk.submit("手机号已被占用", form).await;
        walk.open("登录", "/login").await;
        walk.sign_in("密码错误", WALKER, WRONG).await;
    })
    .await;
}

/// What a profile says itself: texts in place of ours, and whose site it is.
fn own_words(policy: &Policy, locale: Locale) -> Vec<(String, String)> {
    let mut said: Vec<_> =
        policy.texts.of(locale).iter().map(|(key, text)| (key.clone(), text.clone())).collect();
    // One of the variants of a text that has several stands on the page.
    for (_, text) in said.iter_mut().filter(|(_, text)| text.contains("*[")) {
        let (_, shown) = text.split_once("] ").and_then(|(_, rest)| rest.split_once("] ")).unwrap();
        *text = shown.trim_end_matches(['}', '\n', ' ']).to_owned();
    }
    let hour = ["1小时", "1小時", "1 hour"][Locale::ALL.iter().position(|one| *one == locale).unwrap()];
    for (figure, shown) in [
        ("{ username-min }", policy.username.min.to_string()),
        ("{ username-max }", policy.username.max.to_string()),
        ("{ lockout-times }", policy.lockout.threshold.to_string()),
        ("{ lockout-time }", hour.to_owned()),
    ] {
        said.iter_mut().for_each(|(_, text)| *text = text.replace(figure, &shown));
    }
    let site = |text: &Localised| ("site".to_owned(), text.of(locale).to_owned());
    let about = &policy.site;
    said.extend([site(&about.name), site(&about.operator)]);
    said.extend(about.organiser.iter().chain(&about.support).map(site).filter(|(_, text)| !text.is_empty()));
    let contacts = || about.phones.iter().chain(&about.emails);
    said.extend(contacts().map(|contact| site(&contact.label)));
    said.extend(contacts().map(|contact| ("site".to_owned(), contact.value.clone())));
    said.extend(about.nav.iter().map(|link| site(&link.label)));
    said.extend(policy.proofing.banks.iter().map(|bank| site(&bank.name)));
    said
}

/// What a person reads on a page, in and beside its inputs, without blanks.
pub fn words(page: &Page) -> String {
    let Reading { header, main, footer } = Reading::of(page);
    [header, main, footer].concat().iter().map(|line| squeezed(line) + "\n").collect()
}

pub fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

/// All pages of a profile in one language.
pub async fn everywhere(house: &House, locale: Locale) -> Walk<'_> {
    let mut walk = Walk::new(house);
    walk.speak(locale).await;
    walk.everywhere(&lin(house), &zhou(house)).await;
    walk
}

async fn is_read_to_the_last_word(profile: &str) {
    for locale in Locale::ALL {
        let plan = Plan::profile(profile);
        let said = own_words(&plan.policy, locale);
        assert!(said.len() >= 14, "{locale}: {said:?}");
        house_of(plan, async |house| {
            let read: String = everywhere(house, locale).await.all().map(words).collect();
            let unread: Vec<_> = said.iter().filter(|(_, text)| !read.contains(&squeezed(text))).collect();
            assert!(unread.is_empty(), "{profile}, {locale}: nobody reads {unread:?}");
            for other in ["示范", "示範", "Shifan", "深圳", "Shenzhen"] {
                let own = squeezed(&said.iter().map(|(_, text)| text.as_str()).collect::<String>());
                assert!(
                    own.contains(other) || !read.contains(other),
                    "{locale}: {other} is another bureau's"
                );
            }
        })
        .await;
    }
}

#[tokio::test]
async fn every_text_of_shenzhen_is_read_on_some_page_in_each_language() {
    is_read_to_the_last_word("shenzhen").await;
}

#[tokio::test]
async fn every_text_of_jiangsu_is_read_on_some_page_in_each_language() {
    is_read_to_the_last_word("jiangsu").await;
}

#[tokio::test]
async fn every_text_of_guangdong_is_read_on_some_page_in_each_language() {
    is_read_to_the_last_word("guangdong").await;
}
