//! Pictures of the pages at 320 and 1280 pixels, some in large print too, and the proof that none scrolls sideways.
//!
//! `bash tests/browser/shots FOLDER [AXE]` keeps them; otherwise they go to a temporary folder. AXE is a copy of
//! axe-core's `axe.min.js`, which then judges each page by WCAG 2.1 A and AA.

use std::path::PathBuf;

use serde_json::{Value, json};

use menfu::sandbox::{Table, Verdict};

use crate::browser::Browser;
use crate::demo::Demo;
use crate::people::{
    ask_for_code, change_password, enter_card, enter_login_and_identity, enter_password, prove_phone, seeded,
    set_questions, stranger, veto_link,
};

const WIDTHS: [u32; 2] = [320, 1280];

struct Album<'a> {
    browser: &'a Browser,
    folder: PathBuf,
    /// The text of `axe.min.js`.
    axe: Option<String>,
}

impl Album<'_> {
    /// Takes the page as it stands, at both widths, in its whole height.
    async fn take(&self, name: &str) {
        for width in WIDTHS {
            self.browser.client.set_window_size(width, 900).await.unwrap();
            let measure = "window.scrollTo(0, 0); const e = document.documentElement;
                return [e.scrollWidth, e.clientWidth, e.scrollHeight + window.outerHeight - window.innerHeight]";
            let sizes = self.browser.client.execute(measure, vec![]).await.unwrap();
            let [content, window, height] = [0, 1, 2].map(|index| sizes[index].as_u64().unwrap());
            assert!(content <= window, "{name} is {content} wide at {width}");
            self.judge(name, width).await;
            let height = u32::try_from(height).unwrap().clamp(900, 6_000);
            self.browser.client.set_window_size(width, height).await.unwrap();
            let picture = self.browser.client.screenshot().await.unwrap();
            std::fs::write(self.folder.join(format!("{name}-{width}.png")), picture).unwrap();
        }
        self.browser.client.set_window_size(1280, 1000).await.unwrap();
    }

    /// The page in large print, and back.
    async fn take_elder(&self, name: &str) {
        self.browser.press("长者版").await;
        self.take(&format!("{name}-elder")).await;
        self.browser.press("标准版").await;
    }

    async fn judge(&self, name: &str, width: u32) {
        let Some(axe) = &self.axe else { return };
        self.browser.client.execute(axe, vec![]).await.unwrap();
        let run = "const done = arguments[arguments.length - 1];
            const only = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] };
            axe.run(document, only).then(found => done(found.violations.map(
                violation => [violation.id, violation.help, violation.nodes.map(node => node.html)])));";
        let found = self.browser.client.execute_async(run, vec![]).await.unwrap();
        assert_eq!(found, json!([]), "{name} at {width}: {}", pretty(&found));
    }
}

fn pretty(found: &Value) -> String {
    serde_json::to_string_pretty(found).unwrap()
}

#[tokio::test]
async fn every_page_of_the_main_story_fits_320_and_1280_pixels() {
    let (demo, browser) = (Demo::start().await, Browser::open().await);
    let temporary = tempfile::tempdir().unwrap();
    let folder =
        std::env::var_os("MENFU_TEST_SHOTS").map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    let axe = std::env::var_os("MENFU_TEST_AXE").map(|path| std::fs::read_to_string(path).unwrap());
    std::fs::create_dir_all(&folder).unwrap();
    let album = Album { browser: &browser, folder, axe };
    sign_in(&demo, &album).await;
    registration(&demo, &album).await;
    upgrade(&demo, &album).await;
    account(&demo, &album).await;
    recovery(&demo, &album).await;
    browser.close().await;
}

async fn sign_in(demo: &Demo, album: &Album<'_>) {
    let browser = album.browser;
    browser.goto(&demo.exam).await;
    album.take("exam-portal").await;
    browser.goto(&format!("{}/login", demo.exam)).await;
    browser.find("[name=password]").await;
    album.take("login").await;
    album.take_elder("login").await;
    enter_password(browser, "linxiaoyu", "not this one").await;
    browser.see("用户名或者密码错误").await;
    album.take("login-wrong").await;
    browser.press("短信登录").await;
    browser.see("若该手机号已注册").await;
    album.take("login-sms").await;
    album.take_elder("login-sms").await;
    browser.press("登录").await;
    browser.see("请更正以下").await;
    album.take("login-sms-errors").await;
    browser.goto(&format!("{}/password/change", demo.provider)).await;
    browser.see("所有设备都会退出登录").await;
    album.take("password-door").await;
    browser.fill("username", "linxiaoyu").await;
    change_password(browser, "not this one", "Qingtian7Liushui").await;
    browser.see("您还可以尝试").await;
    album.take("password-door-wrong").await;
    browser.goto(&format!("{}/no-such-page", demo.provider)).await;
    album.take("not-found").await;
    for page in ["help/banks", "help", "help/faq", "contact", "accessibility"] {
        browser.goto(&format!("{}/{page}", demo.provider)).await;
        album.take(&page.replace('/', "-")).await;
    }
}

async fn registration(demo: &Demo, album: &Album<'_>) {
    let (browser, person) = (album.browser, stranger("郑国强"));
    browser.goto(&format!("{}/register", demo.exam)).await;
    browser.see("注册前请准备").await;
    album.take("register").await;
    browser.press("个人注册").await;
    album.take("register-1").await;
    album.take_elder("register-1").await;
    browser.press("下一步").await;
    browser.see("请更正以下").await;
    album.take("register-1-errors").await;
    browser.goto(&format!("{}/register", demo.exam)).await;
    enter_login_and_identity(browser, "zhengguoqiang", &person).await;
    enter_card(browser, &person.bank, &person.card_no).await;
    album.take("register-3").await;
    album.take_elder("register-3").await;
    prove_phone(browser, demo, &person.phone).await;
    enter_card(browser, &person.bank, &person.card_no).await;
    browser.press("提交").await;
    browser.arrive(&format!("{}/register/person/done", demo.provider)).await;
    album.take("register-done").await;
    browser.press("返回").await;
    browser.see("郑国强，您好").await;
    browser.press("退出").await;
    browser.see("您已退出").await;
    album.take("signed-out").await;
    browser.goto(&format!("{}/sms", demo.sandbox)).await;
    album.take("sandbox-sms").await;
}

async fn upgrade(demo: &Demo, album: &Album<'_>) {
    let (browser, person) = (album.browser, seeded("hejiaxin"));
    browser.goto(&format!("{}/login", demo.insurance)).await;
    enter_password(browser, &person.username, person.password.expose()).await;
    browser.see("实名等级不足").await;
    album.take("raise-level").await;
    browser.press("确认，去实名认证").await;
    browser.find("[name=account]").await;
    album.take("upgrade").await;
    browser.goto(&format!("{}/account/verification", demo.provider)).await;
    browser.see("可选的认证方式").await;
    album.take("verification-l1").await;
    browser.goto(&format!("{}/account/verification/unionpay", demo.provider)).await;
    browser.find("[name=account]").await;
    album.take("unionpay").await;
    album.take_elder("unionpay").await;
    browser.goto(&format!("{}/login", demo.exam)).await;
    browser.see("何家欣，您好").await;
    album.take("exam-signed-in").await;
}

async fn account(demo: &Demo, album: &Album<'_>) {
    let browser = album.browser;
    browser.goto(&format!("{}/account", demo.provider)).await;
    browser.see("个人中心").await;
    album.take("account").await;
    browser.goto(&format!("{}/account/verification", demo.provider)).await;
    browser.see("认证中心").await;
    album.take("verification").await;
    album.take_elder("verification").await;
    browser.press("账号信息").await;
    browser.see("显示完整信息").await;
    album.take("profile").await;
    browser.press("显示完整信息").await;
    browser.see("只在下一页显示一次").await;
    album.take("profile-full-ask").await;
    browser.fill("password", seeded("hejiaxin").password.expose()).await;
    browser.press("显示").await;
    browser.see("隐藏").await;
    album.take("profile-full").await;
    browser.press("隐藏").await;
    browser.press("变更用户信息").await;
    browser.see("为确认是您本人操作").await;
    album.take("edit-profile").await;
    browser.press("提交").await;
    browser.see("请更正以下").await;
    album.take("edit-profile-errors").await;
    browser.press("登录安全").await;
    browser.see("已登录的设备").await;
    album.take("sessions").await;
    album.take_elder("sessions").await;
    browser.press("授权应用").await;
    browser.see("已授权的业务系统").await;
    album.take("apps").await;
    browser.press("隐私").await;
    browser.see("信息提供记录").await;
    album.take("my-data").await;
    album.take_elder("my-data").await;
    browser.press("下载我的信息").await;
    browser.see("下载一个文件").await;
    album.take("export").await;
    browser.press("手机号").await;
    browser.see("原手机验证码").await;
    album.take("phone").await;
    album.take_elder("phone").await;
    browser.press("更换手机号").await;
    browser.see("请更正以下").await;
    album.take("phone-errors").await;
    browser.press("密保工具").await;
    browser.see("请选择3个不同的问题").await;
    album.take("questions").await;
    album.take_elder("questions").await;
    browser.press("保存密保问题").await;
    browser.see("请更正以下").await;
    album.take("questions-errors").await;
    set_questions(browser, seeded("hejiaxin").password.expose()).await;
    browser.see("密保问题已设置").await;
    album.take("questions-set").await;
    let link = veto_link(browser, demo, &seeded("hejiaxin").phone).await;
    browser.goto(&link).await;
    browser.see("密保问题变更").await;
    album.take("veto-questions").await;
    browser.goto(&format!("{}/account/security-questions", demo.provider)).await;
    browser.press("清除密保问题").await;
    browser.see("不能再用密保问题").await;
    album.take("questions-clear").await;
    browser.press("密码管理").await;
    browser.see("所有设备都会退出登录").await;
    album.take("password").await;
    album.take_elder("password").await;
    change_password(browser, "not this one", "Qingtian7Liushui").await;
    browser.see("原密码错误").await;
    album.take("password-wrong").await;
    change_password(browser, seeded("hejiaxin").password.expose(), "Qingtian7Liushui").await;
    browser.see("密码修改成功").await;
    album.take("password-changed").await;
}

async fn recovery(demo: &Demo, album: &Album<'_>) {
    let (browser, person) = (album.browser, seeded("zhouwanqing"));
    browser.goto(&format!("{}/recover", demo.provider)).await;
    browser.see("其他途径").await;
    album.take("recover").await;
    album.take_elder("recover").await;
    browser.press("找回用户名").await;
    browser.see("用户类型").await;
    album.take("recover-name-1").await;
    browser.press("下一步").await;
    browser.see("请填写姓名").await;
    album.take("recover-name-1-errors").await;
    browser.fill("name", &person.name).await;
    browser.fill("id_number", &person.id_number).await;
    browser.press("下一步").await;
    browser.see("若信息匹配").await;
    let code = ask_for_code(browser, demo, &person.phone).await;
    album.take("recover-name-2").await;
    browser.fill("sms", &code).await;
    browser.press("下一步").await;
    browser.see("用户名已通过短信发送").await;
    album.take("recover-name-3").await;
    recovery_of_a_password(demo, album).await;
    recovery_by_questions(demo, album).await;
    replacement_of_a_phone(demo, album).await;
}

/// The bank says yes to any phone for this card: it was changed there.
async fn replacement_of_a_phone(demo: &Demo, album: &Album<'_>) {
    let (browser, person) = (album.browser, seeded("linxiaoyu"));
    let card = Table::embedded().unwrap().card_for("CCB", Verdict::Ok, 1).unwrap();
    browser.goto(&format!("{}/recover/phone", demo.provider)).await;
    browser.see("须先到银行申请").await;
    album.take("recover-phone").await;
    album.take_elder("recover-phone").await;
    browser.fill("name", &person.name).await;
    browser.fill("id_number", &person.id_number).await;
    prove_phone(browser, demo, "13800006021").await;
    enter_card(browser, "CCB", &card).await;
    browser.press("提交").await;
    browser.see("手机号已更换").await;
    album.take("recover-phone-done").await;
    let link = veto_link(browser, demo, &person.phone).await;
    browser.goto(&link).await;
    browser.see("原手机号码").await;
    album.take("veto").await;
    browser.press("这不是我，撤销变更").await;
    browser.see("已撤销").await;
    album.take("veto-done").await;
    browser.goto(&format!("{}/veto", demo.provider)).await;
    browser.see("这个链接已失效").await;
    album.take("veto-over").await;
    browser.goto(&format!("{}/recover/account/unionpay", demo.provider)).await;
    browser.see("用户名将发送到").await;
    album.take("recover-name-unionpay").await;
}

async fn recovery_of_a_password(demo: &Demo, album: &Album<'_>) {
    let (browser, person) = (album.browser, seeded("zhouwanqing"));
    browser.goto(&format!("{}/recover/password", demo.provider)).await;
    browser.see("输入用户名").await;
    album.take("recover-password-1").await;
    browser.fill("username", &person.username).await;
    browser.press("下一步").await;
    browser.see("证件号码+手机验证码").await;
    album.take("recover-password-2").await;
    browser.press("下一步").await;
    browser.fill("id_number", &person.id_number).await;
    browser.fill("phone", &person.phone).await;
    let code = ask_for_code(browser, demo, &person.phone).await;
    album.take("recover-password-3").await;
    album.take_elder("recover-password-3").await;
    browser.press("下一步").await;
    browser.see("请填写").await;
    album.take("recover-password-3-errors").await;
    browser.fill("id_number", &person.id_number).await;
    browser.fill("phone", &person.phone).await;
    browser.fill("sms", &code).await;
    browser.press("下一步").await;
    browser.see("确认新密码").await;
    album.take("recover-password-4").await;
    change_to(browser, "Qingtian7Liushui").await;
    browser.see("密码重置成功").await;
    album.take("recover-password-5").await;
}

async fn recovery_by_questions(demo: &Demo, album: &Album<'_>) {
    let browser = album.browser;
    browser.goto(&format!("{}/recover/password", demo.provider)).await;
    browser.fill("username", "hejiaxin").await;
    browser.press("下一步").await;
    browser.see("证件号码+手机验证码").await;
    browser.tick("way-security_questions").await;
    browser.press("下一步").await;
    browser.see("回答您设置的3个问题").await;
    album.take("recover-questions").await;
    album.take_elder("recover-questions").await;
    browser.press("下一步").await;
    browser.see("请更正以下").await;
    album.take("recover-questions-errors").await;
}

async fn change_to(browser: &Browser, password: &str) {
    browser.fill("password", password).await;
    browser.fill("confirm", password).await;
    browser.press("下一步").await;
}
