//! A browser without scripts: cookies, same-origin redirects, forms filled in by their field names.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Mutex;

use reqwest::header::{COOKIE, HeaderMap, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Client, StatusCode, redirect};
use scraper::{ElementRef, Html, Selector};
use url::Url;

/// One browser of one person; every `Browser` has its own cookies.
pub struct Browser {
    http: Client,
    origin: Url,
    cookies: Mutex<BTreeMap<String, String>>,
    extra: Vec<(&'static str, String)>,
}

/// What the browser shows, or the redirect that left the provider.
pub struct Page {
    pub status: StatusCode,
    pub url: Url,
    pub headers: HeaderMap,
    pub html: String,
}

impl Browser {
    pub fn new(origin: &Url) -> Self {
        // A connection for each request: the provider may have been restarted in between.
        let http = Client::builder().redirect(redirect::Policy::none()).no_proxy().pool_max_idle_per_host(0);
        let http = http.build().unwrap();
        Self { http, origin: origin.clone(), cookies: Mutex::default(), extra: Vec::new() }
    }

    /// A browser somewhere else on the network: any 127.x.y.z, of which the /24 is the source.
    pub fn at(origin: &Url, address: &str) -> Self {
        let address: IpAddr = address.parse().unwrap();
        let http = Client::builder().redirect(redirect::Policy::none()).no_proxy();
        let http = http.local_address(address).build().unwrap();
        Self { http, ..Self::new(origin) }
    }

    /// Sends this header with every request.
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.extra.push((name, value.to_owned()));
        self
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    pub fn forget_cookie(&self, name: &str) {
        self.cookies.lock().unwrap().remove(name);
    }

    /// Opens a path or an address and follows redirects as long as they stay at the provider.
    pub async fn get(&self, address: &str) -> Page {
        self.try_get(address).await.unwrap()
    }

    /// The same, unless the connection breaks.
    pub async fn try_get(&self, address: &str) -> Result<Page, reqwest::Error> {
        let url = self.origin.join(address).unwrap();
        self.follow(self.once(url, None).await?).await
    }

    /// Opens an address and shows the first answer, redirect or not.
    pub async fn get_once(&self, address: &str) -> Page {
        self.once(self.origin.join(address).unwrap(), None).await.unwrap()
    }

    /// Posts fields and follows redirects as long as they stay at the provider.
    pub async fn post(&self, address: &str, fields: &[(String, String)]) -> Page {
        self.try_post(address, fields).await.unwrap()
    }

    pub async fn submit(&self, form: Form) -> Page {
        self.try_submit(form).await.unwrap()
    }

    /// The same, unless the connection breaks.
    pub async fn try_submit(&self, form: Form) -> Result<Page, reqwest::Error> {
        self.try_post(form.action.as_str(), &form.fields).await
    }

    async fn try_post(&self, address: &str, fields: &[(String, String)]) -> Result<Page, reqwest::Error> {
        let url = self.origin.join(address).unwrap();
        self.follow(self.once(url, Some(fields)).await?).await
    }

    async fn follow(&self, mut page: Page) -> Result<Page, reqwest::Error> {
        while let Some(next) = page.location() {
            if next.origin() != self.origin.origin() {
                break;
            }
            page = self.once(next, None).await?;
        }
        Ok(page)
    }

    async fn once(&self, url: Url, fields: Option<&[(String, String)]>) -> Result<Page, reqwest::Error> {
        let mut request = match fields {
            Some(fields) => self
                .http
                .post(url.clone())
                .form(fields)
                .header(ORIGIN, self.origin.origin().ascii_serialization()),
            None => self.http.get(url.clone()),
        };
        for (name, value) in &self.extra {
            request = request.header(*name, value);
        }
        let cookies = self
            .cookies
            .lock()
            .unwrap()
            .iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect::<Vec<_>>()
            .join("; ");
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies);
        }
        let response = request.send().await?;
        self.keep_cookies(response.headers());
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Page { status, url, headers, html: response.text().await? })
    }

    fn keep_cookies(&self, headers: &HeaderMap) {
        let mut cookies = self.cookies.lock().unwrap();
        for header in headers.get_all(SET_COOKIE) {
            let header = header.to_str().unwrap();
            let (name, rest) = header.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if header.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

impl Page {
    pub fn location(&self) -> Option<Url> {
        self.headers.get(LOCATION).map(|to| self.url.join(to.to_str().unwrap()).unwrap())
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The text a person reads, blanks collapsed.
    pub fn text(&self) -> String {
        self.text_of("body")
    }

    pub fn text_of(&self, selector: &str) -> String {
        self.texts_of(selector).join(" ")
    }

    /// The text of each element that matches.
    pub fn texts_of(&self, selector: &str) -> Vec<String> {
        let html = Html::parse_document(&self.html);
        let squeezed = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        html.select(&parse(selector)).map(|e| squeezed(e.text().collect())).collect()
    }

    pub fn has(&self, selector: &str) -> bool {
        Html::parse_document(&self.html).select(&parse(selector)).next().is_some()
    }

    pub fn attr(&self, selector: &str, name: &str) -> Option<String> {
        let html = Html::parse_document(&self.html);
        html.select(&parse(selector)).next().and_then(|e| e.value().attr(name)).map(ToOwned::to_owned)
    }

    /// Asserts that the page shows this text.
    #[track_caller]
    pub fn shows(&self, text: &str) -> &Self {
        let squeezed = |s: &str| s.split_whitespace().collect::<String>();
        assert!(
            squeezed(&self.text()).contains(&squeezed(text)),
            "{text:?} is not on {}:\n{}",
            self.url,
            self.text()
        );
        self
    }

    /// Asserts that the page does not show this text.
    #[track_caller]
    pub fn hides(&self, text: &str) -> &Self {
        let squeezed = |s: &str| s.split_whitespace().collect::<String>();
        assert!(
            !squeezed(&self.text()).contains(&squeezed(text)),
            "{text:?} is on {}:\n{}",
            self.url,
            self.text()
        );
        self
    }

    /// The page's main form, with what it holds already.
    #[track_caller]
    pub fn form(&self) -> Form {
        self.form_of("main form")
    }

    #[track_caller]
    pub fn form_of(&self, selector: &str) -> Form {
        let html = Html::parse_document(&self.html);
        let Some(form) = html.select(&parse(selector)).next() else {
            panic!("no form {selector} on {} ({}):\n{}", self.url, self.status, self.text())
        };
        let action = self.url.join(form.value().attr("action").unwrap_or_default()).unwrap();
        let fields =
            form.select(&parse("input[name], select[name], textarea[name]")).filter_map(field_of).collect();
        Form { action, fields }
    }
}

fn field_of(element: ElementRef<'_>) -> Option<(String, String)> {
    let value = element.value();
    let name = value.attr("name")?.to_owned();
    match (value.name(), value.attr("type")) {
        (_, Some("submit" | "image")) => None,
        (_, Some("checkbox" | "radio")) => {
            value.attr("checked").map(|_| (name, value.attr("value").unwrap_or("on").to_owned()))
        }
        ("select", _) => {
            let options = parse("option");
            let chosen = element.select(&options).find(|o| o.value().attr("selected").is_some());
            let option = chosen.or_else(|| element.select(&options).next())?;
            let text = option.text().collect::<String>();
            Some((name, option.value().attr("value").map_or(text, ToOwned::to_owned)))
        }
        _ => Some((name, value.attr("value").unwrap_or_default().to_owned())),
    }
}

fn parse(selector: &str) -> Selector {
    Selector::parse(selector).unwrap()
}

/// A form on its way.
#[derive(Clone)]
pub struct Form {
    pub action: Url,
    pub fields: Vec<(String, String)>,
}

impl Form {
    /// Types into a field, ticks a box or chooses an option.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(key, _)| key != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Presses a button of the group `do`.
    pub fn press(self, action: &str) -> Self {
        self.set("do", action)
    }

    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(key, _)| key != name);
        self
    }

    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}
