//! Chromium, as a person uses it: by the words on links and buttons and the names of inputs.

use std::future::Future;
use std::time::{Duration, Instant};

use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::Driver;

/// The longest that a page may take, the bank's answer included.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(50);
/// Stops of the tab key on the longest page.
const MOST_STOPS: usize = 60;
/// Keys as WebDriver §17.4.2 numbers them.
const TAB: &str = "\u{E004}";
pub const ENTER: &str = "\u{E007}";

/// Whether pages may run JavaScript.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scripts {
    On,
    Off,
}

impl Scripts {
    /// What `MENFU_TEST_SCRIPTS` says; without it, on.
    pub fn wanted() -> Self {
        match std::env::var("MENFU_TEST_SCRIPTS").as_deref() {
            Ok("off") => Self::Off,
            Ok("on") | Err(_) => Self::On,
            Ok(other) => panic!("MENFU_TEST_SCRIPTS is on or off, not {other}"),
        }
    }
}

/// One browser with a fresh profile; chromedriver and Chromium end with it.
pub struct Browser {
    pub client: Client,
    _driver: Driver,
    _profile: TempDir,
}

impl Browser {
    pub async fn open() -> Self {
        Self::open_with(Scripts::wanted()).await
    }

    pub async fn open_with(scripts: Scripts) -> Self {
        let driver = Driver::start();
        let profile = tempfile::tempdir().unwrap();
        let capabilities = capabilities(&profile, scripts).as_object().unwrap().clone();
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&driver.address())
            .await;
        let client = client.expect("chromedriver opens no chromium");
        client.set_window_size(1280, 1000).await.unwrap();
        Self { client, _driver: driver, _profile: profile }
    }

    pub async fn close(self) {
        self.client.close().await.unwrap();
    }

    pub async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// The words that a person sees on the page.
    pub async fn text(&self) -> String {
        until("a page", async || self.client.find(Locator::Css("body")).await?.text().await.map(Some)).await
    }

    /// Waits until the page says so.
    pub async fn see(&self, words: &str) {
        let found = wait(async || Ok(self.body().await?.contains(words).then_some(()))).await;
        if found.is_none() {
            let url = self.client.current_url().await.unwrap();
            panic!("“{words}” is not on {url}:\n{}", self.text().await);
        }
    }

    /// Waits until the words on the page are such, and gives them.
    pub async fn see_that(&self, what: &str, so: impl Fn(&str) -> bool) -> String {
        match wait(async || Ok(Some(self.body().await?).filter(|page| so(page)))).await {
            Some(page) => page,
            None => panic!("waited in vain for {what} on\n{}", self.text().await),
        }
    }

    pub async fn see_all(&self, words: &[&str]) {
        for words in words {
            self.see(words).await;
        }
    }

    /// Waits until the address begins so.
    pub async fn arrive(&self, address: &str) {
        let there =
            wait(async || Ok(self.client.current_url().await?.as_str().starts_with(address).then_some(())))
                .await;
        if there.is_none() {
            let url = self.client.current_url().await.unwrap();
            panic!("at {url}, not at {address}:\n{}", self.text().await);
        }
    }

    /// Waits until one of these is on the page, and says which.
    pub async fn see_one_of(&self, choices: &[&str]) -> usize {
        let found = wait(async || {
            let body = self.body().await?;
            Ok(choices.iter().position(|words| body.contains(words)))
        });
        match found.await {
            Some(index) => index,
            None => panic!("none of {choices:?} is on\n{}", self.text().await),
        }
    }

    /// Follows the link or presses the button with these words, the page's own before the header's.
    pub async fn press(&self, words: &str) {
        let inside = |place: &str, test: &str| format!("{place}//*[self::a or self::button][{test}]");
        let exact = format!("normalize-space(.)='{words}'");
        let partly = format!("contains(normalize-space(.),'{words}')");
        let paths = [inside("//main", &exact), inside("", &exact), inside("//main", &partly)];
        let pressed = wait(async || {
            for path in &paths {
                for element in self.client.find_all(Locator::XPath(path)).await? {
                    // A form may begin with a hidden button that only the enter key presses.
                    if element.is_displayed().await? && element.click().await.is_ok() {
                        return Ok(Some(()));
                    }
                }
            }
            Ok(None)
        });
        if pressed.await.is_none() {
            panic!("no “{words}” to press on\n{}", self.text().await);
        }
    }

    /// Types into the input with this name, over what is there.
    pub async fn fill(&self, name: &str, value: &str) {
        self.act(&input(name), async |element| {
            element.clear().await?;
            element.send_keys(value).await
        })
        .await;
    }

    /// Goes to the input with this name by the tab key, as somebody without a mouse does, and types.
    pub async fn type_into(&self, name: &str, keys: &str) {
        for _ in 0..MOST_STOPS {
            let focused = self.client.active_element().await.unwrap();
            if focused.attr("name").await.unwrap().as_deref() == Some(name) {
                return focused.send_keys(keys).await.unwrap();
            }
            focused.send_keys(TAB).await.unwrap();
        }
        panic!("the tab key never comes to {name} on\n{}", self.text().await);
    }

    /// Chooses from a list by the option's value.
    pub async fn choose(&self, name: &str, value: &str) {
        self.act(&input(name), async |element| element.select_by_value(value).await).await;
    }

    /// Ticks a box or a radio button by its id, unless it is ticked.
    pub async fn tick(&self, id: &str) {
        self.act(&format!("#{id}"), async |element| {
            if !element.is_selected().await? {
                element.click().await?;
            }
            Ok(())
        })
        .await;
        assert!(self.find(&format!("#{id}")).await.is_selected().await.unwrap(), "{id} stays unticked");
    }

    /// Does something with an element once it is there; an element of a page that is just being replaced does not count.
    async fn act(&self, css: &str, act: impl AsyncFn(&Element) -> Result<(), CmdError>) {
        let done = wait(async || {
            let element = self.client.find(Locator::Css(css)).await?;
            act(&element).await.map(Some)
        });
        if done.await.is_none() {
            panic!("nothing can be done with {css} on\n{}", self.text().await);
        }
    }

    pub async fn find(&self, css: &str) -> Element {
        let found = wait(async || match self.client.find(Locator::Css(css)).await {
            Err(error) if error.is_no_such_element() => Ok(None),
            found => found.map(Some),
        });
        match found.await {
            Some(element) => element,
            None => panic!("no {css} on\n{}", self.text().await),
        }
    }

    async fn body(&self) -> Result<String, CmdError> {
        self.client.find(Locator::Css("body")).await?.text().await
    }
}

fn input(name: &str) -> String {
    format!("[name='{name}']:not([type=hidden])")
}

/// Asks again until there is an answer; a page that is just being replaced is no failure.
async fn wait<T, F: Future<Output = Result<Option<T>, CmdError>>>(ask: impl Fn() -> F) -> Option<T> {
    let begin = Instant::now();
    while begin.elapsed() < PATIENCE {
        if let Ok(Some(answer)) = ask().await {
            return Some(answer);
        }
        tokio::time::sleep(PAUSE).await;
    }
    None
}

async fn until<T, F: Future<Output = Result<Option<T>, CmdError>>>(what: &str, ask: impl Fn() -> F) -> T {
    wait(ask).await.unwrap_or_else(|| panic!("waited in vain for {what}"))
}

fn capabilities(profile: &TempDir, scripts: Scripts) -> Value {
    let data = format!("--user-data-dir={}", profile.path().display());
    let javascript = if scripts == Scripts::On { 1 } else { 2 };
    json!({
        "browserName": "chrome",
        "goog:chromeOptions": {
            "args": [
                data, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--disable-dev-shm-usage", "--force-color-profile=srgb", "--hide-scrollbars", "--lang=zh-CN",
            ],
            "prefs": {
                "profile.managed_default_content_settings.javascript": javascript,
                "profile.default_content_setting_values.javascript": javascript,
                "intl.accept_languages": "zh-CN,zh",
                "credentials_enable_service": false,
                "profile.password_manager_leak_detection": false,
            },
        },
    })
}
