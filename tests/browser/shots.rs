//! Pictures of the pages at 320 and 1280 pixels, and the proof that none of them scrolls sideways.
//!
//! `bash tests/browser/shots FOLDER` keeps them; otherwise they go to a temporary folder.

use std::path::PathBuf;

use crate::browser::Browser;
use crate::demo::Demo;
use crate::people::{enter_card, enter_login_and_identity, enter_password, seeded, stranger};

const WIDTHS: [u32; 2] = [320, 1280];

struct Album<'a> {
    browser: &'a Browser,
    folder: PathBuf,
}

impl Album<'_> {
    /// Takes the page as it stands, at both widths, in its whole height.
    async fn take(&self, name: &str) {
        for width in WIDTHS {
            self.browser.client.set_window_size(width, 900).await.unwrap();
            let measure =
                "const e = document.documentElement; return [e.scrollWidth, e.clientWidth, e.scrollHeight]";
            let sizes = self.browser.client.execute(measure, vec![]).await.unwrap();
            let [content, window, height] = [0, 1, 2].map(|index| sizes[index].as_u64().unwrap());
            assert!(content <= window, "{name} is {content} wide at {width}");
            let height = u32::try_from(height).unwrap().clamp(900, 6_000);
            self.browser.client.set_window_size(width, height).await.unwrap();
            let picture = self.browser.client.screenshot().await.unwrap();
            std::fs::write(self.folder.join(format!("{name}-{width}.png")), picture).unwrap();
        }
        self.browser.client.set_window_size(1280, 1000).await.unwrap();
    }
}

#[tokio::test]
async fn every_page_of_the_main_story_fits_320_and_1280_pixels() {
    let (demo, browser) = (Demo::start().await, Browser::open().await);
    let temporary = tempfile::tempdir().unwrap();
    let folder =
        std::env::var_os("MENFU_TEST_SHOTS").map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    std::fs::create_dir_all(&folder).unwrap();
    let album = Album { browser: &browser, folder };
    registration(&demo, &album).await;
    upgrade(&demo, &album).await;
    browser.close().await;
}

async fn registration(demo: &Demo, album: &Album<'_>) {
    let (browser, person) = (album.browser, stranger("郑国强"));
    browser.goto(&demo.exam).await;
    album.take("exam-portal").await;
    browser.goto(&format!("{}/register", demo.exam)).await;
    browser.see("注册前请准备").await;
    album.take("register").await;
    enter_login_and_identity(browser, "zhengguoqiang", &person).await;
    enter_card(browser, &person.bank, &person.card_no).await;
    album.take("register-3").await;
    browser.goto(&format!("{}/sms", demo.sandbox)).await;
    album.take("sandbox-sms").await;
}

async fn upgrade(demo: &Demo, album: &Album<'_>) {
    let (browser, person) = (album.browser, seeded("hejiaxin"));
    browser.goto(&format!("{}/login", demo.insurance)).await;
    browser.find("[name=password]").await;
    album.take("login").await;
    enter_password(browser, &person.username, person.password.expose()).await;
    browser.see("实名等级不足").await;
    album.take("raise-level").await;
    browser.goto(&format!("{}/login", demo.exam)).await;
    browser.see("何家欣，您好").await;
    album.take("exam-signed-in").await;
}
