//! The browser does what the stories believe it does.

use axum::Router;
use axum::response::Html;
use axum::routing::get;

use crate::browser::{Browser, Scripts};
use crate::demo::turn;

const PAGE: &str = "<!doctype html><title>t</title><body><p id=told>scripts off</p><main><a href=/next>下一步</a></main>\
    <script>document.getElementById('told').textContent = 'scripts on'</script>";

async fn page() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let next = "<!doctype html><title>n</title><body><form><input name=a value=old><input type=checkbox id=b></form>";
    let app = Router::new()
        .route("/", get(|| async { Html(PAGE) }))
        .route("/next", get(move || async move { Html(next) }));
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

#[tokio::test]
async fn scripts_run_exactly_when_they_are_on() {
    let _turn = turn().await;
    let address = page().await;
    for (scripts, words) in [(Scripts::On, "scripts on"), (Scripts::Off, "scripts off")] {
        let browser = Browser::open_with(scripts).await;
        browser.goto(&address).await;
        browser.see(words).await;
        browser.close().await;
    }
}

#[tokio::test]
async fn words_are_pressed_inputs_filled_and_boxes_ticked() {
    let _turn = turn().await;
    let browser = Browser::open().await;
    browser.goto(&page().await).await;
    browser.press("下一步").await;
    browser.fill("a", "new").await;
    assert_eq!(browser.find("[name=a]").await.prop("value").await.unwrap().as_deref(), Some("new"));
    browser.tick("b").await;
    browser.close().await;
}
