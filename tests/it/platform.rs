//! What the platform is to the portals around it: where they send people, what their people find there, and the frame
//! of its pages.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::TimeDelta;
use menfu::demo::{Portal, PortalKind, PortalSettings, serve};
use menfu::kernel::{Secret, SeededRng};
use menfu::policy::{Localised, NavLink};
use tokio::net::TcpListener;
use url::Url;

use crate::citizens::{
    Citizen, PASSWORD, ask_bank, citizen, lin, registered_l1, registered_l2, unfinished, up_to_p3, zhou,
};
use crate::harness::{Browser, House, Plan, house, house_of};
use crate::people::{VERIFIED, browser_of, open_account, sign_in, typed};

/// The demo's exam portal beside a provider that knows it, and a browser that visits the portal.
async fn beside_a_portal(test: impl AsyncFnOnce(&House, &Browser)) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base: Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let mut plan = Plan::profile("shenzhen");
    plan.clients += &format!(
        "\n[[client]]\nclient_id = \"portal\"\nclient_name = \"考生服务系统\"\nsecret = \"secret-of-portal\"\n\
         redirect_uris = [\"{base}callback\"]\ngrant_types = [\"authorization_code\"]\nsector = \"portal\"\n\
         scope = \"openid profile phone real_name\"\nfirst_party = true\n"
    );
    house_of(plan, async |house| {
        let issuer = house.issuer.as_str().trim_end_matches('/').to_owned();
        let secret = Secret::from("secret-of-portal");
        let id = "portal".parse().unwrap();
        let settings = PortalSettings::new(PortalKind::Exam, base.clone(), issuer, id, secret);
        let renderer = Arc::new(menfu::app::renderer().unwrap());
        let rng = Arc::new(SeededRng::new(1));
        let portal = Portal::new(settings, renderer, house.clock.clone(), rng).unwrap();
        tokio::spawn(serve(listener, portal, std::future::pending()));
        test(house, &Browser::new(&base)).await;
    })
    .await;
}

/// Another relying party, which says where its sign-in begins.
fn application(id: &str, name: &str) -> String {
    format!(
        "\n[[client]]\nclient_id = \"{id}\"\nclient_name = \"{name}\"\nsecret = \"secret-of-{id}\"\n\
         redirect_uris = [\"https://{id}.example/callback\"]\nscope = \"openid\"\nfirst_party = true\n\
         grant_types = [\"authorization_code\"]\ninitiate_login_uri = \"https://{id}.example/login\"\n"
    )
}

#[tokio::test]
async fn s0_01_one_sign_in_at_the_platform_opens_every_business_system() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = browser_of(house, &seed).await;
        for rp in [house.exam(), house.insurance()] {
            let back = browser.get_once(&rp.authorize(&[])).await;
            let tokens = rp.exchange(rp.returned(&back).get("code")).await;
            assert_eq!(tokens.claims("id_token")["aud"], rp.client_id.as_str());
        }
    })
    .await;
}

#[tokio::test]
async fn s0_02_registration_recovery_and_the_applications_are_within_reach() {
    let mut plan = Plan::default();
    plan.clients += &application("hall", "网上业务办理系统");
    house_of(plan, async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let login = browser.get("/login").await;
        for (link, heading) in
            [("main a[href^='/register']", "个人注册"), ("main a[href^='/recover']", "找回账号密码")]
        {
            let page = browser.get(&login.attr(link, "href").unwrap()).await;
            assert_eq!((page.status.as_u16(), page.text_of("main h1").as_str()), (200, heading));
        }
        sign_in(&browser, &login, &seed).await.shows("办事服务").shows("网上业务办理系统");
        let hall = house.rp("hall", Some("secret-of-hall"));
        hall.returned(&browser.get_once(&hall.authorize(&[("scope", "openid")])).await).get("code");
        let stranger = house.rp("stranger", Some("secret"));
        assert_eq!(browser.get_once(&stranger.authorize(&[])).await.status, 400);
    })
    .await;
}

#[tokio::test]
async fn s0_03_a_person_finds_the_own_pages_from_the_menu() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = browser_of(house, &seed).await;
        let home = browser.get("/account").await;
        for (name, heading) in [("账号信息", "用户信息"), ("认证中心", "认证中心")] {
            let names = home.texts_of("nav.menu a");
            let place = names.iter().position(|found| found == name).unwrap();
            let html = scraper::Html::parse_document(&home.html);
            let links = scraper::Selector::parse("nav.menu a").unwrap();
            let href = html.select(&links).nth(place).unwrap().value().attr("href").unwrap().to_owned();
            let page = browser.get(&href).await;
            assert_eq!((page.status.as_u16(), page.text_of("main h1").as_str()), (200, heading));
        }
    })
    .await;
}

#[tokio::test]
async fn s0_07_the_portal_s_button_opens_the_registration_of_persons() {
    beside_a_portal(async |house, portal| {
        let welcome = portal.get("/").await;
        assert!(welcome.texts_of("main a").contains(&"立即注册".to_owned()));
        let button = welcome.attr("main a.second", "href").unwrap();
        let browser = house.browser();
        let start = browser.get(portal.get(&button).await.location().unwrap().as_str()).await;
        assert_eq!(start.url.path(), "/register");
        start.shows("考生服务系统");
        let page = browser.get(&start.attr("a.choice", "href").unwrap()).await;
        assert_eq!(page.text_of("main h1"), "个人注册");
        page.shows("从“考生服务系统”发起").shows("填写登录信息");
    })
    .await;
}

#[tokio::test]
async fn s1_01_the_exam_system_lets_in_whom_the_platform_signed_in_and_nobody_else() {
    beside_a_portal(async |house, portal| {
        let seed = open_account(house, VERIFIED).await;
        portal.get("/").await.hides("您好");
        portal.get("/callback?code=made-up&state=made-up").await.hides("您好");
        let browser = house.browser();
        let to_platform = portal.get("/login").await.location().unwrap();
        assert_eq!(to_platform.origin(), house.issuer.origin());
        let login = browser.get(to_platform.as_str()).await;
        let back = sign_in(&browser, &login, &seed).await.location().unwrap();
        portal.get(back.as_str()).await.shows("林晓雨，您好");
    })
    .await;
}

#[tokio::test]
async fn s1_02_nobody_registers_in_another_s_name_with_a_card_of_their_own() {
    house_of(Plan::profile("shenzhen"), async |house| {
        let (owner, impostor) = (lin(house), zhou(house));
        let false_one = Citizen { name: owner.name.clone(), id_number: owner.id_number.clone(), ..impostor };
        let browser = house.browser();
        let page = up_to_p3(&browser, "impostor", &false_one).await;
        let page = ask_bank(house, &browser, &page, &false_one).await;
        unfinished(&page).shows("人员姓名或证件类型或证件号与银行登记不匹配");
        let login = browser.get("/login").await;
        let page = browser.submit(typed(&login, "impostor", PASSWORD)).await;
        page.shows("用户名或者密码错误");
        registered_l2(house, "lin_xiaoyu", &owner).await;
    })
    .await;
}

#[tokio::test]
async fn s1_31_one_account_serves_every_service_and_each_knows_the_person_by_its_own_number() {
    house(async |house| {
        let who = lin(house);
        let browser = registered_l2(house, "lin_xiaoyu", &who).await;
        browser
            .get("/help/guide/person-register")
            .await
            .shows("一个账号可以登录所有接入统一认证的人社业务系统");
        let mut subjects = Vec::new();
        for rp in [house.exam(), house.insurance(), house.rp("college", Some("secret-of-college"))] {
            let mut page = browser.get(&rp.authorize(&[])).await;
            if page.location().is_none() {
                page = browser.submit(page.form().press("yes")).await;
            }
            let tokens = rp.exchange(rp.returned(&page).get("code")).await;
            let person = rp.userinfo(tokens.text("access_token")).await;
            assert_eq!(person.text("name"), who.name, "{}", rp.client_id);
            subjects.push(person.text("sub").to_owned());
        }
        subjects.sort();
        subjects.dedup();
        assert_eq!(subjects.len(), 3, "{subjects:?}");
    })
    .await;
}

#[tokio::test]
async fn s1_32_the_exams_of_the_notices_stand_in_the_catalogue() {
    let exams = [
        ("recruiting", "机关事业单位公开招考"),
        ("veterans", "军队转业干部安置考试"),
        ("titles", "专业技术资格以考代评和考评结合笔试"),
        ("computing", "全国专业技术人员计算机应用能力考试"),
    ];
    let mut plan = Plan::profile("shenzhen");
    for (id, name) in exams {
        plan.clients += &application(id, name);
    }
    house_of(plan, async |house| {
        let seed = open_account(house, VERIFIED).await;
        let page = browser_of(house, &seed).await.get("/account").await;
        let tiles = BTreeSet::from_iter(page.texts_of("ul.tiles b"));
        assert_eq!(tiles, BTreeSet::from(exams.map(|(_, name)| name.to_owned())));
        for (id, _) in exams {
            assert!(page.has(&format!("ul.tiles a[href='https://{id}.example/login']")), "{id}");
        }
        page.hides("考试报名");
    })
    .await;
}

#[tokio::test]
async fn s1_37_registration_is_open_at_any_time() {
    house_of(Plan::profile("shenzhen"), async |house| {
        house.browser().get("/help/banks").await.shows("注册随时可以办理，不必等待考试报名开始");
        // Saturday morning, that night, and the night before the Spring Festival.
        let waits = [TimeDelta::zero(), TimeDelta::hours(17), TimeDelta::days(76)];
        for (n, (wait, name)) in waits.into_iter().zip(["林晓雨", "周婉清", "陈志远"]).enumerate() {
            house.pass(wait);
            registered_l2(house, &format!("citizen_{n}"), &citizen(house, name)).await;
            house.work().await;
        }
    })
    .await;
}

#[tokio::test]
async fn s4_01_the_head_shows_the_system_s_name_and_the_links_of_the_catalogue() {
    let names = ["网办平台", "用户登录", "选调生考试", "公务员考试", "继续教育"];
    let said = |text: &str| Localised { zh_hans: text.to_owned(), ..Localised::default() };
    let mut plan = Plan::default();
    plan.policy.site.name = said("广东人社统一认证系统");
    let link = |(n, name): (usize, &&str)| NavLink {
        label: said(name),
        url: format!("https://portal-{n}.example/"),
    };
    plan.policy.site.nav = names.iter().enumerate().map(link).collect();
    house_of(plan, async |house| {
        for path in ["/login", "/register/person", "/help/banks"] {
            let page = house.browser().get(path).await;
            assert_eq!(page.text_of("header .brand b"), "广东人社统一认证系统", "{path}");
            assert_eq!(page.texts_of("header .masthead nav a"), names, "{path}");
            assert!(page.has("header a[href='https://portal-3.example/']"), "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn s4_02_persons_register_under_the_bureau_s_title_in_numbered_steps() {
    let mut plan = Plan::default();
    plan.policy.texts.zh_hans.insert("register-heading".to_owned(), "实名信息注册".to_owned());
    house_of(plan, async |house| {
        let browser = house.browser();
        let start = browser.get("/register").await;
        assert_eq!(start.texts_of("a.choice b"), ["个人注册"]);
        start.shows("可办理自然人业务");
        let page = browser.get(&start.attr("a.choice", "href").unwrap()).await;
        assert_eq!(page.text_of("main h1"), "实名信息注册");
        assert_eq!(page.texts_of("nav.steps li > b"), ["1", "2", "3", "4"]);
    })
    .await;
    house(async |house| {
        let page = house.browser().get("/register/person").await;
        assert_eq!(page.text_of("main h1"), "个人注册");
    })
    .await;
}

#[tokio::test]
async fn s4_03_registration_its_guide_and_the_recovery_are_linked() {
    house(async |house| {
        let browser = registered_l1(house, "lin_xiaoyu", &lin(house)).await;
        for path in ["/register/person", "/help/banks", "/account", "/nowhere"] {
            let page = browser.get(path).await;
            let guide = page.attr("footer a[href='/help/guide/person-register']", "href");
            assert!(guide.is_some(), "{path}");
        }
        let guest = house.browser();
        let login = guest.get("/login").await;
        for link in ["个人注册", "个人注册指引", "点击此处找回账号密码"] {
            assert!(login.texts_of("a").iter().any(|text| text == link), "{link}");
        }
        let guide = guest.get("/help/guide/person-register").await;
        assert_eq!((guide.status.as_u16(), guide.text_of("main h1").as_str()), (200, "个人注册指引"));
        for part in [
            "填写登录信息",
            "提示“证件号已存在”或“自然人证件号码已被使用”怎么办？",
            "密码有什么要求？",
            "没有银行卡怎么办？",
        ] {
            guide.shows(part);
        }
        assert_eq!(
            guest.get(&guide.attr("main a.btn", "href").unwrap()).await.text_of("main h1"),
            "个人注册"
        );
    })
    .await;
}
