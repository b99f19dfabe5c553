//! The `shenzhen` profile walked from the first page to the last in each language: every text that it puts in place of
//! ours is read by somebody, and the words of the bureau's manuals (S0, S1) stand where the manuals say.

use std::collections::BTreeMap;

use menfu::kernel::Locale;
use menfu::policy::{Localised, Policy};
use menfu::sandbox::Verdict;

use crate::citizens::{
    Citizen, PASSWORD, bank_form, code_for, finished, identity_form, lin, login_form, registered_l2, zhou,
};
use crate::harness::{Browser, Form, House, Page, Plan, house_of};
use crate::people::typed;

const WALKER: &str = "walker_2026";

/// One person's way, and every page on it by a name.
struct Walk<'a> {
    house: &'a House,
    browser: Browser,
    pages: BTreeMap<&'static str, Page>,
}

impl<'a> Walk<'a> {
    /// All of it, in one language, past somebody who is registered already.
    async fn through(house: &'a House, locale: Locale) -> Self {
        let taken = lin(house);
        registered_l2(house, "lin_xiaoyu", &taken).await;
        let browser = house.browser();
        browser.get(&format!("/preferences?locale={}&back=%2Flogin", locale.tag())).await;
        let mut walk = Self { house, browser, pages: BTreeMap::new() };
        let who = zhou(house);
        walk.around().await;
        walk.register(&who, &taken).await;
        walk.verify(&who).await;
        walk.centre().await;
        walk
    }

    fn keep(&mut self, name: &'static str, page: Page) -> &Page {
        self.pages.insert(name, page);
        &self.pages[name]
    }

    async fn open(&mut self, name: &'static str, address: &str) -> &Page {
        let page = self.browser.get(address).await;
        self.keep(name, page)
    }

    async fn submit(&mut self, name: &'static str, form: Form) -> &Page {
        let page = self.browser.submit(form).await;
        self.keep(name, page)
    }

    /// What everybody may read, and a sign-in that fails.
    async fn around(&mut self) {
        let login = self.house.exam().authorize(&[]);
        let form = typed(self.open("login", &login).await, "nobody_here", "Wrong2026Guess");
        self.submit("login refused", form).await;
        for (name, path) in [
            ("recover", "/recover"),
            ("banks", "/help/banks"),
            ("guide", "/help/guide/person-register"),
            ("terms", "/legal/terms"),
            ("privacy", "/legal/privacy"),
            ("missing", "/nowhere"),
            ("register", "/register"),
        ] {
            self.open(name, path).await;
        }
    }

    /// P1 and P2, with each error that the bureau has words for.
    async fn register(&mut self, who: &Citizen, taken: &Citizen) {
        let form = login_form(self.open("P1", "/register/person").await, "1abc");
        let form = login_form(self.submit("P1 format", form).await, "lin_xiaoyu");
        let form = login_form(self.submit("P1 taken", form).await, WALKER);
        let form = identity_form(self.submit("P2", form).await, taken);
        let form = identity_form(self.submit("P2 taken", form).await, who);
        self.submit("P3", form).await;
    }

    /// P3 with two of the bank's refusals, then P4.
    async fn verify(&mut self, who: &Citizen) {
        let identity = who.told(self.house, Verdict::IdMismatch, 7);
        let phone = who.told(self.house, Verdict::PhoneMismatch, 8);
        for (from, to, asked) in
            [("P3", "P3 identity", &identity), ("P3 identity", "P3 phone", &phone), ("P3 phone", "P4", who)]
        {
            let (page, code) = code_for(self.house, &self.browser, &self.pages[from], who).await;
            self.submit(to, bank_form(&page, asked, &code)).await;
        }
        finished(&self.pages["P4"]);
    }

    /// Signing in with the new name, the person's own pages, and out again.
    async fn centre(&mut self) {
        let form = typed(self.open("login again", "/login").await, WALKER, PASSWORD);
        assert_eq!(self.submit("account", form).await.url.path(), "/account");
        for (name, path) in [
            ("profile", "/account/profile"),
            ("verification", "/account/verification"),
            ("bank", "/account/verification/bank"),
        ] {
            assert_eq!(self.open(name, path).await.url.path(), path);
        }
        let form = self.open("logout", "/logout").await.form().press("all");
        self.submit("signed out", form).await;
    }

    /// All words of all pages.
    fn read(&self) -> String {
        self.pages.values().map(words).collect()
    }
}

/// What a person reads on a page, in and beside its inputs, without blanks.
fn words(page: &Page) -> String {
    let html = scraper::Html::parse_document(&page.html);
    let inputs = scraper::Selector::parse("[placeholder]").unwrap();
    let placeholders = html.select(&inputs).filter_map(|input| input.value().attr("placeholder"));
    let all = placeholders.map(str::to_owned).chain([page.text()]);
    all.map(|text| squeezed(&text) + "\n").collect()
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

/// What the profile says itself: texts in place of ours, and whose site it is.
fn own_words(policy: &Policy, locale: Locale) -> Vec<(String, String)> {
    let texts = match locale {
        Locale::ZhHans => &policy.texts.zh_hans,
        Locale::ZhHant => &policy.texts.zh_hant,
        Locale::En => &policy.texts.en,
    };
    let mut said: Vec<_> = texts.iter().map(|(key, text)| (key.clone(), text.clone())).collect();
    let mut site = |key: &str, text: &Localised| said.push((key.to_owned(), text.of(locale).to_owned()));
    site("site.name", &policy.site.name);
    site("site.operator", &policy.site.operator);
    site("site.organiser", policy.site.organiser.as_ref().unwrap());
    site("site.support", policy.site.support.as_ref().unwrap());
    let contacts = || policy.site.phones.iter().chain(&policy.site.emails);
    for contact in contacts() {
        site(&contact.value, &contact.label);
    }
    said.extend(contacts().map(|contact| ("site".to_owned(), contact.value.clone())));
    said
}

#[tokio::test]
async fn every_text_of_the_profile_is_read_on_some_page_in_each_language() {
    for locale in Locale::ALL {
        let plan = Plan::profile("shenzhen");
        let said = own_words(&plan.policy, locale);
        assert!(said.len() >= 14, "{locale}: {said:?}");
        house_of(plan, async |house| {
            let read = Walk::through(house, locale).await.read();
            let unread: Vec<_> = said.iter().filter(|(_, text)| !read.contains(&squeezed(text))).collect();
            assert!(unread.is_empty(), "{locale}: nobody reads {unread:?}");
            for other in ["示范省", "示範省", "Shifan"] {
                assert!(!read.contains(other), "{locale}: {other} is another bureau's");
            }
        })
        .await;
    }
}

/// The manuals' words by the page that shows them.
const MANUALS: &[(&str, &[&str])] = &[
    ("login", &["用户名", "密码", "登录", "忘记用户名？", "忘记密码？", "个人注册"]),
    ("login", &["请谨慎输入用户名和密码，密码连续错误5次后账号将被锁定1小时"]),
    (
        "register",
        &["须通过银行实名认证，认证通过才可以注册成功", "银行借记卡或金融社保卡，须在银行预留手机号"],
    ),
    ("P1", &["填写登录信息", "用户名", "密码", "确认密码", "下一步"]),
    ("P1 format", &["用户名应为5-20位，可以使用大小写字母、数字和下划线，且应该以字母开始"]),
    ("P1 taken", &["用户名已被使用"]),
    ("P2", &["填写身份信息", "姓名", "证件类型", "证件号", "性别", "出生日期", "下一步"]),
    ("P2", &["需与银行留存信息保持一致"]),
    ("P2 taken", &["证件已被使用", "忘记用户名？"]),
    ("P3", &["填写验证信息", "银行账号", "手机号码", "发送短信验证", "下一步", "上一步"]),
    ("P3", &["任一借记卡（非信用卡）或深圳金融社保卡", "仅用于校验身份，不用作其他用途"]),
    ("P3", &["请先到以上任一银行开立借记卡并预留手机号"]),
    ("P3 identity", &["人员姓名或证件类型或证件号与银行登记不匹配"]),
    ("P3 identity", &["请确认该银行卡在银行登记的人员信息是您本人的身份信息"]),
    ("P3 phone", &["手机号与银行预留手机号不一致，请更换银行卡验证或去对应银行网点修改预留手机号"]),
    ("P4", &["注册成功", "请关闭本页面，返回业务系统，用新的用户名和密码登录"]),
    ("banks", &["注册随时可以办理，不必等待考试报名开始，建议尽早注册"]),
    ("banks", &["请联系深圳市考试院，电话0755-88100099，邮箱ksykwb@hrss.sz.gov.cn"]),
    ("profile", &["用户名", "姓名", "证件类型", "证件号码", "银行", "银行账号", "手机号码"]),
];

#[tokio::test]
async fn the_words_of_the_manuals_stand_on_their_pages() {
    house_of(Plan::profile("shenzhen"), async |house| {
        let walk = Walk::through(house, Locale::ZhHans).await;
        for (name, expected) in MANUALS {
            let read = words(&walk.pages[name]);
            for text in *expected {
                assert!(read.contains(&squeezed(text)), "{name}: no {text} in {read}");
            }
        }
        for (name, forward) in [("P1", "下一步"), ("P2", "下一步 上一步"), ("P3", "下一步 上一步")]
        {
            assert_eq!(walk.pages[name].texts_of("main form > .btns button").join(" "), forward, "{name}");
        }
        for page in walk.pages.values() {
            page.hides("稍后认证");
        }
    })
    .await;
}
