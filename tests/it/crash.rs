//! A process that is killed at any moment of a registration, and a database that takes no writes.
//!
//! The provider runs in a process of its own, which ends before its n-th statement as `kill -9` would end it; another one
//! takes its place two minutes later. The outside world and the browser live on.

mod ledger;
mod process;
mod walk;

use std::sync::Arc;

use axum::{Json, Router, extract::State, routing::post};
use menfu::sandbox::{self, Service, Verdict, VerifyAnswer, VerifyRequest};
use tokio::{net::TcpListener, sync::mpsc};
use url::Url;

use crate::citizens::{PASSWORD, holder, identity_form, login_form, up_to_p2};
use crate::harness::{Browser, Form};
use crate::people::typed;
use ledger::{Ledger, Left, Questions};
use process::{Orders, Scene};
use walk::{Ended, Walk, Way};

/// Longer than every lease of a dead process, shorter than the life of a code.
const LATER: i64 = 2;
/// How the browser of a wizard that is over is told that its account is there.
const TAKEN: &str = "用户名已被使用";

/// Walks through a registration with a process that dies before each of its statements in turn. Of deaths that leave the
/// same behind, one goes on to the end.
async fn killed_before_each_statement_of(way: Way) {
    let all = statements_of(way).await;
    let (mut after_the_yes, mut ends, mut before) = (0, 0, None);
    for statement in 1..=all {
        let scene = Scene::open().await;
        let (mut walk, left) = killed_before(statement, &scene, way).await;
        after_the_yes += usize::from(left.is_asked_for_nothing());
        if before.as_ref() != Some(&left) {
            finishes(&scene, &mut walk, &left.ledger).await;
            ends += 1;
        }
        before = Some(left);
    }
    assert!(ends > 8, "{all} deaths have {ends} ends");
    assert!(way == Way::Later || after_the_yes > 10, "killed {after_the_yes} times between yes and commit");
}

/// How many statements a registration is.
async fn statements_of(way: Way) -> u64 {
    let scene = Scene::open().await;
    let provider = scene.start(0);
    let mut walk = Walk::new(&scene, way);
    assert_eq!(walk.go_on(&provider).await.unwrap(), Ended::Done);
    assert_eq!(Ledger::read(&scene).await, Ledger::whole(way));
    provider.statements().await
}

/// One of these deaths: the account is whole or not there.
async fn killed_before(statement: u64, scene: &Scene, way: Way) -> (Walk<'_>, Left) {
    let mut walk = Walk::new(scene, way);
    let doomed = scene.start_doomed(statement);
    let broken = walk.go_on(&doomed).await;
    assert!(broken.is_err(), "statement {statement} was not met: {broken:?}");
    doomed.was_aborted();
    let left = Left::read(scene, &walk).await;
    let sound = [Ledger::default(), Ledger::whole(way)];
    assert!(sound.contains(&left.ledger), "statement {statement} left {left:?}");
    (walk, left)
}

/// After the restart: the same browser comes to its end, and there is one account, asked about once.
async fn finishes(scene: &Scene, walk: &mut Walk<'_>, left: &Ledger) {
    let whole = Ledger::whole(walk.way);
    let next = scene.start(LATER);
    if let Ended::Refused(said) = walk.go_on(&next).await.unwrap() {
        assert!(said.contains(TAKEN), "{said}");
        assert_eq!(*left, whole, "a name that nobody has is refused");
    }
    walk.opens_its_account().await;
    assert_eq!(Ledger::read(scene).await, whole);
    let asked_once = if walk.way == Way::Bank { Questions::ONE } else { Questions::NONE };
    assert_eq!(Questions::read(scene).await, asked_once);
    let bank = scene.outside.calls(Service::Bank);
    assert_eq!(bank.distinct, asked_once.jobs, "one question, asked {} times", bank.calls);
    assert_eq!(walk.told_of_the_level(), asked_once.jobs);
}

#[tokio::test]
async fn killed_before_any_statement_of_a_registration_the_account_is_whole_or_not_there() {
    killed_before_each_statement_of(Way::Bank).await;
}

#[tokio::test]
async fn killed_before_any_statement_of_a_registration_without_the_bank_the_same() {
    killed_before_each_statement_of(Way::Later).await;
}

/// The other node runs before its neighbour dies, and a third one before that one does: none starts from nothing.
async fn killed_after_each_step_the_other_node_takes_over(way: Way) {
    let scene = Scene::open().await;
    let mut walk = Walk::new(&scene, way);
    let mut node = scene.start(0);
    let mut deaths = 0;
    while !walk.step(&node).await {
        let other = scene.start(0);
        drop(std::mem::replace(&mut node, other));
        deaths += 1;
        assert!(deaths < 10, "no end, at {}", walk.address);
    }
    assert!(deaths >= 4, "{deaths} steps");
    walk.opens_its_account().await;
    assert_eq!(Ledger::read(&scene).await, Ledger::whole(way));
    let asked_once = if way == Way::Bank { Questions::ONE } else { Questions::NONE };
    assert_eq!(Questions::read(&scene).await, asked_once);
    assert_eq!(scene.outside.calls(Service::Bank).calls, asked_once.jobs as u64);
}

#[tokio::test]
async fn killed_after_each_step_of_the_wizard_the_same_browser_ends_it_at_the_other_node() {
    killed_after_each_step_the_other_node_takes_over(Way::Bank).await;
}

#[tokio::test]
async fn killed_after_each_step_of_the_wizard_without_the_bank_the_same() {
    killed_after_each_step_the_other_node_takes_over(Way::Later).await;
}

/// The test by whose name [`process`] starts this program a second time, as a provider.
#[tokio::test]
async fn killed_after_the_yes_of_the_bank_the_account_opens_and_the_bank_was_asked_once() {
    if let Some(orders) = Orders::given() {
        return orders.carry_out().await;
    }
    let mut scene = Scene::open().await;
    let mut said = scene.let_the_bank_answer_for_ever().await;
    let provider = scene.start(0);
    let mut walk = Walk::new(&scene, Way::Bank);
    let yes = tokio::select! {
        ended = walk.go_on(&provider) => panic!("the answer arrived: {ended:?}"),
        yes = said.recv() => yes.unwrap(),
    };
    drop(provider);
    assert_eq!(yes.result, Verdict::Ok);
    let left = Ledger::read(&scene).await;
    assert_eq!(left, Ledger::default());
    finishes(&scene, &mut walk, &left).await;
    assert_eq!(Questions::references(&scene).await, [yes.reference]);
}

impl Scene {
    /// The first process meets a bank that makes up its mind, says so to the test, and is not heard by who asked.
    async fn let_the_bank_answer_for_ever(&mut self) -> mpsc::UnboundedReceiver<VerifyAnswer> {
        let (say, said) = mpsc::unbounded_channel();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let bank: Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let mind = Arc::new((self.outside.clone(), say));
        let routes = Router::new().route("/bank/v1/verify", post(make_up_its_mind)).with_state(mind);
        tokio::spawn(axum::serve(listener, routes).into_future());
        self.first_bank = Some(bank);
        said
    }
}

type Mind = Arc<(sandbox::State, mpsc::UnboundedSender<VerifyAnswer>)>;

async fn make_up_its_mind(State(mind): State<Mind>, Json(request): Json<VerifyRequest>) {
    mind.1.send(mind.0.verify(&request)).unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_read_only_database_gives_an_error_page_with_a_number_and_no_panic() {
    let scene = Scene::open().await;
    let provider = scene.start(0);
    let mut zhou = Walk::of(&scene, Way::Later, "周婉清", "zhou_wanqing");
    assert_eq!(zhou.go_on(&provider).await.unwrap(), Ended::Done);
    let lin = Browser::new(&scene.origin);
    let second_step = up_to_p2(&lin, "/register/person", "lin_xiaoyu").await;
    drop(provider);

    let provider = scene.start_read_only(LATER);
    let (newcomer, signer) = (Browser::new(&scene.origin), Browser::new(&scene.origin));
    let first_step = newcomer.get("/register/person").await;
    let login = signer.get("/login").await;
    let posts = [
        (&newcomer, login_form(&first_step, "chen_zhiyuan")),
        (&lin, identity_form(&second_step, &holder(&scene.outside, "林晓雨"))),
        (&signer, typed(&login, "zhou_wanqing", PASSWORD)),
        (&signer, typed(&login, "zhou_wanqing", "Wrong2026Guess")),
    ];
    for (browser, form) in &posts {
        is_told(browser, form).await;
    }
    for probe in ["/healthz", "/register/person/identity", "/login"] {
        assert_eq!(lin.get(probe).await.status, 200, "{probe}");
    }
    provider.lives_on();
    drop(provider);

    let _writable = scene.start(2 * LATER);
    for ((browser, form), next) in posts.into_iter().zip(["identity", "verify", "/account"]) {
        let page = browser.submit(form).await;
        assert_eq!(page.status, 200);
        assert!(page.url.path().ends_with(next), "{} is not {next}", page.url);
    }
}

/// An error page of ours with the number of the request.
async fn is_told(browser: &Browser, form: &Form) {
    let page = browser.submit(form.clone()).await;
    assert_eq!(page.status, 500, "{}", page.text());
    page.shows("系统繁忙").shows(page.header("x-request-id").unwrap());
}
