//! What citizens do at the provider, the mistakes that people make among it.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use menfu::sandbox::{Control, Mode, Service, Verdict};

use crate::citizens::{Citizen, PASSWORD, bank_form, finished, identity_form, login_form, numbered};
use crate::harness::{Browser, Form, Page, code_in};
use crate::people::typed;
use crate::town::{Town, rest, wait_for};

/// How many citizens are at it together.
const LANES: usize = 6;

/// Lets these citizens do what citizens do, several at a time.
pub async fn live(town: &Arc<Town>, numbers: Range<usize>) {
    let mut lanes = tokio::task::JoinSet::new();
    for lane in 0..LANES {
        let (town, numbers) = (town.clone(), numbers.clone());
        lanes.spawn(async move {
            for number in numbers.skip(lane).step_by(LANES) {
                let who = citizen(&town, number);
                registers(&town, number, &who).await;
                errs(&town, number, &who).await;
                answers(&town, number, &who).await;
                recovers(&town, number, &who).await;
            }
        });
    }
    while let Some(lane) = lanes.join_next().await {
        lane.unwrap();
    }
}

fn citizen(town: &Town, number: usize) -> Citizen {
    let serial = 7000 + u32::try_from(number).unwrap();
    let like = Citizen {
        name: name(number),
        id_type: "CN_RID".to_owned(),
        id_number: String::new(),
        phone: String::new(),
        bank: "CCB".to_owned(),
        card: town.outside.table().card_for("CCB", Verdict::Ok, serial).unwrap(),
    };
    Citizen { phone: format!("1990000{:04}", 1000 + number), ..numbered(&like, number) }
}

/// What nobody may find of a citizen.
pub fn secrets_of(town: &Town, number: usize) -> Vec<String> {
    let Citizen { name, id_number, phone, card, .. } = citizen(town, number);
    let small = id_number.to_lowercase();
    let mut all = vec![name, phone, card, id_number];
    all.extend((!all.contains(&small)).then_some(small));
    all.push(new_phone(number));
    all.extend(answers_of(number));
    all.extend(veto_token(town, &all[1]));
    all
}

/// The number that takes the place of the first one.
fn new_phone(number: usize) -> String {
    format!("1991000{:04}", 1000 + number)
}

/// What only this citizen knows.
fn answers_of(number: usize) -> [String; 3] {
    ["旺财", "同桌", "影院"].map(|what| format!("{what}玖{number:04}号"))
}

/// What undoes the change of this phone.
fn veto_token(town: &Town, phone: &str) -> Option<String> {
    let texts = town.outside.messages(Some(phone)).into_iter().map(|sms| sms.message.text);
    let token =
        |text: String| text.split_once("/veto?link=").map(|(_, rest)| rest.chars().take(43).collect());
    texts.into_iter().filter(|text| text.contains("绑定的手机号已变更")).find_map(token)
}

/// Sets the questions, and looks at everything that is kept.
async fn keeps(browser: &Browser, number: usize, who: &Citizen) {
    let page = browser.get("/account/security-questions").await;
    let form = answered(page.form(), &answers_of(number));
    let questions = ["question-first-pet", "question-desk-mate", "question-first-film"];
    let form =
        form.set("question1", questions[0]).set("question2", questions[1]).set("question3", questions[2]);
    browser.submit(form.clone()).await.shows("请填写密码");
    browser.submit(form.set("password", PASSWORD)).await.shows("密保问题已设置");
    for path in ["/account/profile/full", "/account/privacy/export"] {
        let form = browser.get(path).await.form();
        let page = browser.submit(form.set("password", PASSWORD)).await;
        assert!(page.html.contains(&who.id_number) && page.html.contains(&who.name), "{path}");
    }
}

fn answered(form: Form, answers: &[String; 3]) -> Form {
    form.set("answer1", &answers[0]).set("answer2", &answers[1]).set("answer3", &answers[2])
}

/// Signs in by the phone, and goes the way of the questions up to its end, an error before it.
async fn answers(town: &Town, number: usize, who: &Citizen) {
    let browser = town.browser(number);
    let page = browser.get("/login/sms").await;
    let page = browser.submit(page.form().set("phone", &who.phone).press("sms")).await;
    let code = new_code(town, &who.phone, "用于登录").await;
    let page = browser.submit(page.form().set("sms", &code)).await;
    assert_eq!(page.url.path(), "/account", "{}", page.text());
    let browser = town.browser(number);
    let page = browser.get("/recover/password").await;
    let page = browser.submit(page.form().set("username", &username(number))).await;
    let page = browser.submit(page.form().set("way", "security_questions")).await;
    let [one, two, three] = answers_of(number);
    let wrong = [two.clone(), one.clone(), three.clone()];
    let form = page.form().set("id_number", &who.id_number);
    browser.submit(answered(form.clone(), &wrong)).await.shows("密保答案不正确");
    let page = browser.submit(answered(form, &[one, two, three])).await;
    assert_eq!(page.url.path(), "/recover/password/new", "{}", page.text());
}

/// Username and password are forgotten, and the phone is lost; the one before undoes it.
async fn recovers(town: &Town, number: usize, who: &Citizen) {
    let browser = town.browser(number);
    let page = browser.get("/recover/account").await;
    let page = browser.submit(page.form().set("name", &who.name).set("id_number", &who.id_number)).await;
    let page = browser.submit(page.form().press("sms")).await;
    let code = new_code(town, &who.phone, "找回用户名").await;
    browser.submit(page.form().set("sms", &code)).await.shows("用户名已通过短信发送");

    let page = browser.get("/recover/password").await;
    let page = browser.submit(page.form().set("username", &username(number))).await;
    let page = browser.submit(page.form()).await;
    let told = page.form().set("id_number", &who.id_number);
    let wrong = browser.submit(told.clone().set("phone", &who.card).press("sms")).await;
    wrong.shows("手机号码");
    let page = browser.submit(told.set("phone", &who.phone).press("sms")).await;
    let code = new_code(town, &who.phone, "找回密码").await;
    let page = browser.submit(page.form().set("sms", &code)).await;
    let form = page.form().set("password", "Qingtian7Liushui").set("confirm", "Qingtian7Liushui");
    browser.submit(form).await.shows("密码重置成功");

    let page = browser.get("/recover/phone").await;
    let typed = page.form().set("name", &who.name).set("id_number", &who.id_number);
    let page = browser.submit(typed.set("phone", &new_phone(number)).press("sms")).await;
    let code = new_code(town, &new_phone(number), "变更手机号").await;
    let form = page.form().set("bank", &who.bank).set("account", &who.card).set("sms", &code);
    let page = browser.submit(form.set("bankok", "on")).await;
    waits(&browser, page).await.shows("手机号已更换");
    let token = wait_for("the link", || veto_token(town, &who.phone)).await;
    let page = browser.get(&format!("/veto?link={token}")).await;
    browser.submit(page.form()).await.shows("已撤销");
}

/// The code of the message that is for this.
async fn new_code(town: &Town, phone: &str, purpose: &str) -> String {
    let newest = || {
        let texts = town.outside.messages(Some(phone)).into_iter().map(|sms| sms.message.text);
        texts.into_iter().find(|text| text.contains(purpose)).as_deref().and_then(code_in).map(str::to_owned)
    };
    wait_for("the code", newest).await
}

/// P1 to P4 with the bank, then a portal.
async fn registers(town: &Town, number: usize, who: &Citizen) {
    let browser = town.browser(number);
    let page = browser.get("/register/person").await;
    let page = browser.submit(login_form(&page, &username(number))).await;
    let page = browser.submit(identity_form(&page, who)).await;
    assert_eq!(page.url.path(), "/register/person/verify", "{}", page.text());
    let page = browser.submit(page.form().set("phone", &who.phone).press("sms")).await;
    let code = wait_for("the code", || town.code(&who.phone)).await;
    if number.is_multiple_of(8) {
        // The bank decides and is not heard.
        let deaf = Control { mode: Mode::HangUp, times: Some(1), ..Control::well(Service::Bank) };
        town.outside.set_control(deaf);
    }
    let page = browser.submit(bank_form(&page, who, &code)).await;
    finished(&waits(&browser, page).await);
    browser.get("/account/profile").await.shows("199****").hides(&who.phone);
    let exam = town.exam();
    // What a portal knows it may also send.
    let told = [
        ("login_hint", who.phone.as_str()),
        ("state", &who.id_number),
        ("scope", "openid profile phone real_name"),
    ];
    let back = browser.get_once(&exam.authorize(&told)).await;
    let tokens = exam.exchange(exam.returned(&back).get("code")).await;
    let claims = exam.userinfo(tokens.text("access_token")).await;
    assert_eq!(claims.text("name"), who.name, "{}", claims.json);
    assert!(claims.text("phone_number").contains(&who.phone), "{}", claims.json);
    keeps(&browser, number, who).await;
}

/// What people type into the wrong field, and where they do not belong.
async fn errs(town: &Town, number: usize, who: &Citizen) {
    let (browser, exam) = (town.browser(number), town.exam());
    let login = browser.get(&exam.authorize(&[("login_hint", &who.id_number)])).await;
    for name in [&who.phone, &who.id_number, &who.name, &who.card] {
        let page = browser.submit(typed(&login, name, PASSWORD)).await;
        assert_eq!(page.status, 200, "{}", page.text());
    }
    for path in ["/", "/captcha/", "/authorize?client_id=", "/login?next=/", "/token/"] {
        browser.get(&format!("{path}{}", who.id_number)).await;
        browser.get(&format!("{path}{}", who.phone)).await;
    }
    exam.exchange(&who.id_number).await;
    exam.introspect(&who.phone).await;
    exam.userinfo(&who.card).await;
    let twin = town.browser(number);
    let page = twin.get("/register/person").await;
    let page = twin.submit(login_form(&page, &who.phone)).await;
    assert_eq!(page.url.path(), "/register/person", "a phone is no username: {}", page.text());
    let page = twin.submit(login_form(&page, &format!("{}x", username(number)))).await;
    // The document has an account already.
    let page = twin.submit(identity_form(&page, who)).await;
    assert_eq!(page.url.path(), "/register/person/identity", "{}", page.text());
    let page = browser.submit(typed(&login, &username(number), PASSWORD)).await;
    assert!(exam.returned(&page).find("code").is_some());
}

/// Follows the page that waits for the bank.
async fn waits(browser: &Browser, mut page: Page) -> Page {
    let begin = Instant::now();
    while page.url.path().ends_with("/wait") {
        rest(begin, "the bank").await;
        page = browser.get(page.url.as_str()).await;
    }
    page
}

fn username(number: usize) -> String {
    format!("resident_{number}")
}

/// Three characters that stand in no text of ours.
fn name(number: usize) -> String {
    let pick = |from: &str, which: usize| from.chars().nth(which % from.chars().count()).unwrap();
    let (family, rest) = ("骆鄢仇晏阮翟闵屠缪桑", number / 10);
    let (first, second) = ("璟翀骁熠霈颀昀珩琬瑾", "鑫淼焱垚森喆翊曦黛蕤");
    format!("{}{}{}", pick(family, number), pick(first, rest), pick(second, rest / 10))
}
