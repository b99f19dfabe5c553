//! The tera engine, and the functions that templates call.
//!
//! One for all languages: compiled templates take two megabytes. Which language a page speaks is the thread's to know while
//! it makes the page: components see nothing of the page but what they are given.
//!
//! * `t(key, …)`: a text of the catalogue. Arguments are escaped, but for blocks that the template itself captured, so
//!   that a link can stand inside a sentence.
//! * `message | say`: a [`Message`](crate::kernel::Message).
//! * `url(to, …)`: the path of a route by its name, with a query of all arguments that are not none.
//! * `asset(name)`: the address of a static file.
//! * `instant | date`, `| date_time`, `| clock`: an instant as a person in China reads it.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use fluent_bundle::{FluentArgs, FluentValue};
use rust_embed::RustEmbed;
use tera::{Context, Error, Kwargs, Map, State, Tera, TeraResult, Value};
use url::form_urlencoded::Serializer;

use super::texts::value_of;
use super::{Chrome, Overrides, Page, RenderError, Texts, asset, chrome, moment};
use crate::kernel::{Locale, Timestamp};

/// The path of each route by the name that templates use.
pub type Paths = BTreeMap<String, &'static str>;

#[derive(RustEmbed)]
#[folder = "templates/"]
struct Templates;

thread_local! {
    /// The language of the page that this thread is making; nothing waits in between, so it is one at a time.
    static SPEAKING: Cell<Locale> = const { Cell::new(Locale::ZhHans) };
}

/// Makes pages.
pub struct Renderer {
    texts: Arc<Texts>,
    engine: Tera,
}

impl Renderer {
    /// Reads and compiles all templates and catalogues; the policy's own texts replace ours.
    ///
    /// # Errors
    /// [`RenderError`]; the only one that is not a fault of ours is an override of a text that does not exist.
    pub fn new(paths: Paths, overrides: &Overrides) -> Result<Self, RenderError> {
        let texts = Arc::new(Texts::load(overrides)?);
        let engine = engine(&texts, Arc::new(paths))?;
        Ok(Self { texts, engine })
    }

    /// The page as HTML.
    ///
    /// # Errors
    /// [`RenderError::Template`] when the template asks for what the page has not; `tests/templates.rs` renders all
    /// samples of all pages, so that none is left.
    pub fn render<P: Page>(&self, page: &P, frame: &Chrome) -> Result<String, RenderError> {
        let mut context = Context::from_serialize(page)?;
        let view = Value::try_from_serializable(&chrome::View::from(frame))?;
        context.insert_value("chrome", view);
        SPEAKING.set(frame.locale);
        Ok(self.engine.render(P::TEMPLATE, &context)?)
    }

    /// The catalogues, for texts outside pages: SMS, JSON answers.
    #[must_use]
    pub fn texts(&self) -> &Arc<Texts> {
        &self.texts
    }

    /// The names of all templates below `pages/`.
    #[must_use]
    pub fn pages() -> Vec<String> {
        Templates::iter().filter(|name| name.starts_with("pages/")).map(String::from).collect()
    }
}

fn engine(texts: &Arc<Texts>, paths: Arc<Paths>) -> Result<Tera, RenderError> {
    let mut tera = Tera::new();
    register(&mut tera, texts, paths);
    let mut sources = Vec::new();
    for name in Templates::iter().filter(|name| name.ends_with(".html")) {
        let bytes = Templates::get(&name).map(|file| file.data.into_owned()).unwrap_or_default();
        sources.push((name.into_owned(), String::from_utf8(bytes).map_err(Error::message)?));
    }
    tera.add_raw_templates(sources)?;
    Ok(tera)
}

fn register(tera: &mut Tera, texts: &Arc<Texts>, paths: Arc<Paths>) {
    let catalogue = Arc::clone(texts);
    tera.register_function("t", move |args: Kwargs, state: &State<'_>| {
        translate(&catalogue, SPEAKING.get(), &args, state)
    });
    let catalogue = Arc::clone(texts);
    tera.register_filter("say", move |message: Map, _: Kwargs, _: &State<'_>| {
        say(&catalogue, SPEAKING.get(), &message)
    });
    tera.register_function("url", move |args: Kwargs, _: &State<'_>| link(&paths, &args));
    tera.register_function("asset", |args: Kwargs, _: &State<'_>| {
        let name = args.must_get::<&str>("name")?;
        asset::address(name).ok_or_else(|| Error::message(format!("no static file {name}")))
    });
    tera.register_filter("date", |at: i64, _: Kwargs, _: &State<'_>| {
        moment::china_date(Timestamp::from_millis(at))
    });
    tera.register_filter("date_time", |at: i64, _: Kwargs, _: &State<'_>| {
        moment::china_date_time(Timestamp::from_millis(at))
    });
    tera.register_filter("clock", |at: i64, _: Kwargs, _: &State<'_>| {
        moment::china_clock(Timestamp::from_millis(at))
    });
}

/// Stands in the formatted text for an argument that is markup already, until the rest is escaped.
fn slot(index: usize) -> String {
    format!("\u{e000}{index}\u{e001}")
}

fn translate(texts: &Texts, locale: Locale, args: &Kwargs, state: &State<'_>) -> TeraResult<Value> {
    let key = args.must_get::<&str>("key")?;
    let mut markup = Vec::new();
    let mut words = FluentArgs::new();
    for (name, value) in args.iter() {
        let value = if value.is_string() && value.is_safe() {
            markup.push(value.to_string());
            FluentValue::from(slot(markup.len()))
        } else {
            argument(value)
        };
        words.set(name.to_string(), value);
    }
    let missing = || Error::message(format!("no text {key} in {locale}"));
    let (text, errors) = texts.format(locale, key, &words).ok_or_else(missing)?;
    if let Some(error) = errors.first() {
        return Err(Error::message(format!("text {key} in {locale}: {error}")));
    }
    let mut html = state.escape(&text)?;
    for (index, part) in markup.iter().enumerate() {
        html = html.replace(&slot(index + 1), part);
    }
    Ok(Value::safe_string(&html))
}

fn argument(value: &Value) -> FluentValue<'static> {
    let text = value.to_string();
    if value.is_number() { FluentValue::try_number(&text).into_owned() } else { FluentValue::from(text) }
}

/// A [`Message`](crate::kernel::Message) in its serialized form.
fn say(texts: &Texts, locale: Locale, message: &Map) -> TeraResult<String> {
    let key =
        message.get(&"key".into()).and_then(Value::as_str).ok_or_else(|| Error::message("not a message"))?;
    let args = message.get(&"args".into()).and_then(Value::as_map);
    let pairs: Vec<_> =
        args.into_iter().flatten().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let words = pairs.iter().map(|(name, value)| (name.as_str(), value_of(value))).collect();
    Ok(texts.format(locale, key, &words).map_or_else(|| key.to_owned(), |(text, _)| text.into_owned()))
}

fn link(paths: &Paths, args: &Kwargs) -> TeraResult<String> {
    let to = args.must_get::<&str>("to")?;
    let path = paths.get(to).ok_or_else(|| Error::message(format!("no route {to}")))?;
    let query: BTreeMap<_, _> = args
        .iter()
        .map(|(name, value)| (name.to_string(), value))
        .filter(|(name, value)| name != "to" && !value.is_none())
        .map(|(name, value)| (name, value.to_string()))
        .collect();
    match Serializer::new(String::new()).extend_pairs(&query).finish() {
        query if query.is_empty() => Ok((*path).to_owned()),
        query => Ok(format!("{path}?{query}")),
    }
}
