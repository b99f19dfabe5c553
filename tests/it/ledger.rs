//! The disclosure ledger over HTTP (`beyond.md` M6): what leaves the house, and what its owner reads of it.

use sea_orm::{ConnectionTrait, Statement};

use crate::harness::{Browser, House, Page, house, nodes};
use crate::people::{SOMEBODY_ELSE, VERIFIED, browser_of, open_account, tokens_for};
use crate::prompts::college;

const PAGE: &str = "/account/privacy";

fn entries(page: &Page) -> Vec<String> {
    page.texts_of("[aria-labelledby=ld] .rows li")
}

async fn read(browser: &Browser) -> Vec<String> {
    entries(&browser.get(PAGE).await)
}

async fn tamper(house: &House, sql: &str) {
    let tx = house.base().db.begin().await.unwrap();
    let backend = tx.get_database_backend();
    assert!(tx.execute_raw(Statement::from_string(backend, sql)).await.unwrap().rows_affected() > 0, "{sql}");
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn m6_each_sign_in_and_each_first_look_at_userinfo_is_an_entry_that_names_no_value() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let (exam, college) = (house.exam(), college(house));
        let (browser, _) = tokens_for(house, &exam, &seed, &[]).await;
        let back = browser.get_once(&exam.authorize(&[])).await;
        exam.exchange(exam.returned(&back).get("code")).await;
        let page = browser.get(&college.authorize(&[("scope", "openid profile phone")])).await;
        let back = browser.submit(page.form().press("yes")).await;
        let tokens = college.exchange(college.returned(&back).get("code")).await;
        let read_now = read(&browser).await;
        assert_eq!(read_now.len(), 3, "{read_now:?}");
        assert!(read_now[0].contains("继续教育学院") && read_now[0].contains("您的同意"), "{read_now:?}");
        assert!(read_now[1].contains("考试报名") && read_now[1].contains("法定职责"), "{read_now:?}");
        assert!(read_now[0].contains("实名等级"), "{read_now:?}");
        for _ in 0..2 {
            assert_eq!(college.userinfo(tokens.text("access_token")).await.status, 200);
        }
        let page = browser.get(PAGE).await;
        let told = entries(&page);
        assert_eq!(told.len(), 4, "once for each token: {told:?}");
        assert!(told[0].contains("取得用户信息") && told[0].contains("姓名") && told[0].contains("手机号码"));
        page.hides(&seed.phone).hides(&seed.id_number).hides("账本校验失败");
    })
    .await;
}

#[tokio::test]
async fn m6_a_row_that_is_gone_makes_the_page_say_so_and_nobody_else_s() {
    house(async |house| {
        let (seed, other) = (open_account(house, VERIFIED).await, open_account(house, SOMEBODY_ELSE).await);
        let (browser, _) = tokens_for(house, &house.exam(), &seed, &[]).await;
        let back = browser.get_once(&house.exam().authorize(&[])).await;
        house.exam().exchange(house.exam().returned(&back).get("code")).await;
        browser.get(PAGE).await.hides("账本校验失败");
        tamper(house, "DELETE FROM ledger WHERE number = 1").await;
        browser.get(PAGE).await.shows("账本校验失败");
        let (theirs, _) = tokens_for(house, &house.exam(), &other, &[]).await;
        theirs.get(PAGE).await.hides("账本校验失败");
        let back = browser.get_once(&house.exam().authorize(&[])).await;
        assert_eq!(house.exam().exchange(house.exam().returned(&back).get("code")).await.status, 200);
        browser.get(PAGE).await.shows("账本校验失败");
    })
    .await;
}

/// A refresh that says what the sign-in said is no entry; one that says more is.
#[tokio::test]
async fn a_renewal_is_an_entry_where_it_tells_something_else() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let exam = house.exam();
        let (browser, tokens) = tokens_for(house, &exam, &seed, &[]).await;
        let tokens = exam.refresh(tokens.text("refresh_token")).await;
        assert_eq!(read(&browser).await.len(), 1);
        let asked = [("claims", r#"{"id_token":{"name":null}}"#), ("scope", "openid real_name")];
        let back = browser.get_once(&exam.authorize(&asked)).await;
        let told = exam.exchange(exam.returned(&back).get("code")).await;
        assert_eq!(told.claims("id_token")["name"], "林晓雨");
        exam.refresh(told.text("refresh_token")).await;
        let read_now = read(&browser).await;
        assert_eq!(read_now.len(), 3, "{read_now:?}");
        assert!(read_now[0].contains("保持登录") && read_now[0].contains("姓名"), "{read_now:?}");
        assert_eq!(tokens.status, 200);
    })
    .await;
}

#[tokio::test]
async fn the_list_is_paged_the_newest_first() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let exam = house.exam();
        let (browser, _) = tokens_for(house, &exam, &seed, &[]).await;
        for _ in 0..21 {
            let back = browser.get_once(&exam.authorize(&[])).await;
            exam.exchange(exam.returned(&back).get("code")).await;
        }
        let page = browser.get(PAGE).await;
        assert_eq!(entries(&page).len(), 20);
        let older = page.attr("a[href*='before=']", "href").unwrap();
        let page = browser.get(&older).await;
        assert_eq!(entries(&page).len(), 2);
        assert!(!page.has("a[href*='before=']"));
    })
    .await;
}

#[tokio::test]
async fn whoever_was_told_of_by_nobody_reads_that_and_what_they_agreed_to() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let page = browser_of(house, &seed).await.get(PAGE).await;
        page.shows("还没有向业务系统提供过您的信息");
        assert!(page.has("a[href='/account/apps']") && page.has("a[href='/legal/privacy']"));
    })
    .await;
}

/// Two portals at two nodes at the same moment: both get their tokens, and both entries stand.
#[tokio::test(flavor = "multi_thread")]
async fn two_sign_ins_of_one_person_at_the_same_moment_are_two_entries() {
    nodes(async |nodes| {
        let seed = open_account(nodes, VERIFIED).await;
        let (a, b) = (nodes.on_a().exam(), nodes.on_b().exam());
        let (one, _) = tokens_for(nodes.on_a(), &a, &seed, &[]).await;
        let two = browser_of(nodes.on_b(), &seed).await;
        for _ in 0..6 {
            let (at_a, at_b) = (a.authorize(&[]), b.authorize(&[]));
            let (first, second) = tokio::join!(one.get_once(&at_a), two.get_once(&at_b));
            let (code_a, code_b) = (a.returned(&first), b.returned(&second));
            let (got, also) = tokio::join!(a.exchange(code_a.get("code")), b.exchange(code_b.get("code")));
            assert_eq!((got.status.as_u16(), also.status.as_u16()), (200, 200), "{} {}", got.json, also.json);
            let (seen, also) =
                tokio::join!(a.userinfo(got.text("access_token")), b.userinfo(also.text("access_token")));
            assert_eq!((seen.status.as_u16(), also.status.as_u16()), (200, 200));
        }
        let page = one.get(&format!("{PAGE}?before=24")).await;
        assert_eq!(entries(&page).len(), 20);
        page.hides("账本校验失败");
        assert_eq!(read(&one).await.len(), 20);
        assert_eq!(entries(&one.get(&format!("{PAGE}?before=6")).await).len(), 5, "1 + 6 × 4 are 25");
    })
    .await;
}
