//! The words of the product in three languages: Fluent catalogues in `templates/locales/`, of which a bureau's policy
//! may replace any text by its key.
//!
//! Keys of messages that requirements name (`E_USERNAME_TAKEN`, `BANK_OK`) are spelled in the catalogue as they are
//! there; all others are lower case with dashes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentError, FluentResource, FluentValue};
use rust_embed::RustEmbed;
use unic_langid::LanguageIdentifier;

use super::{PerLocale, RenderError};
use crate::kernel::{Locale, Message};

/// Texts by which a policy replaces ours: for each language, by key.
pub type Overrides = Vec<(Locale, BTreeMap<String, String>)>;

type Bundle = FluentBundle<FluentResource>;

#[derive(RustEmbed)]
#[folder = "templates/locales/"]
struct Catalogues;

/// All texts.
pub struct Texts {
    bundles: PerLocale<Bundle>,
}

impl Texts {
    /// Reads the catalogues, then the policy's own texts over them.
    ///
    /// # Errors
    /// [`RenderError::Catalogue`] and [`RenderError::Override`]; an override needs a key that exists.
    pub fn load(overrides: &Overrides) -> Result<Self, RenderError> {
        let bundles = PerLocale::try_build(|locale| {
            let mut bundle = read_catalogue(locale)?;
            for (_, texts) in overrides.iter().filter(|(of, _)| *of == locale) {
                for (key, text) in texts {
                    replace(&mut bundle, key, text)?;
                }
            }
            Ok::<_, RenderError>(bundle)
        })?;
        Ok(Self { bundles })
    }

    /// The words of a message; its key where the catalogue has none.
    #[must_use]
    pub fn say(&self, locale: Locale, message: &Message) -> String {
        let args = message.args.iter().map(|(name, value)| (*name, value_of(value))).collect();
        self.format(locale, message.key, &args)
            .map_or_else(|| message.key.to_owned(), |(text, _)| text.into_owned())
    }

    /// Whether the catalogue of this language has the key.
    #[must_use]
    pub fn has(&self, locale: Locale, key: &str) -> bool {
        self.bundles.of(locale).get_message(key).and_then(|message| message.value()).is_some()
    }

    /// The text and what was wrong with its arguments.
    pub(super) fn format<'a>(
        &'a self,
        locale: Locale,
        key: &str,
        args: &FluentArgs<'_>,
    ) -> Option<(Cow<'a, str>, Vec<FluentError>)> {
        let bundle = self.bundles.of(locale);
        let pattern = bundle.get_message(key)?.value()?;
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(args), &mut errors);
        Some((text, errors))
    }
}

/// Short runs of digits are numbers and choose plural forms; all else is text, and keeps its leading zeros.
pub(super) fn value_of(text: &str) -> FluentValue<'_> {
    let is_count =
        text.len() <= 4 && !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_count || text == "0" { FluentValue::try_number(text) } else { FluentValue::from(text) }
}

fn read_catalogue(locale: Locale) -> Result<Bundle, RenderError> {
    let tag = locale.tag();
    let identifier: LanguageIdentifier = tag.parse().map_err(|error| catalogue(tag, &error))?;
    let mut bundle = Bundle::new_concurrent(vec![identifier]);
    bundle.set_use_isolating(false);
    for file in Catalogues::iter().filter(|file| file.starts_with(&format!("{tag}/"))) {
        let bytes = Catalogues::get(&file).map(|found| found.data.into_owned()).unwrap_or_default();
        let source = String::from_utf8(bytes).map_err(|error| catalogue(&file, &error))?;
        let resource = FluentResource::try_new(source)
            .map_err(|(_, errors)| catalogue(&file, &format!("{errors:?}")))?;
        bundle.add_resource(resource).map_err(|errors| catalogue(&file, &format!("{errors:?}")))?;
    }
    Ok(bundle)
}

fn catalogue(file: &str, reason: &impl ToString) -> RenderError {
    RenderError::Catalogue { file: file.to_owned(), reason: reason.to_string() }
}

fn replace(bundle: &mut Bundle, key: &str, text: &str) -> Result<(), RenderError> {
    let refuse = |reason| RenderError::Override { key: key.to_owned(), reason };
    if bundle.get_message(key).is_none() {
        return Err(refuse("there is no such text"));
    }
    let source = format!("{key} = {}\n", text.replace('\n', "\n    "));
    let resource = FluentResource::try_new(source).map_err(|_| refuse("not a text that Fluent can read"))?;
    bundle.add_resource_overriding(resource);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours() -> Texts {
        Texts::load(&Vec::new()).unwrap()
    }

    #[test]
    fn a_message_is_said_in_each_language() {
        let message = Message::new("E_USERNAME_TAKEN");
        assert_eq!(ours().say(Locale::ZhHans, &message), "用户名已被使用");
        assert_eq!(ours().say(Locale::ZhHant, &message), "用戶名已被使用");
        assert_eq!(ours().say(Locale::En, &message), "Username already in use");
    }

    #[test]
    fn s4_16_the_failed_sign_in_says_how_many_attempts_are_left() {
        let message = Message::new("E_LOGIN").with("n", 3);
        assert_eq!(
            ours().say(Locale::ZhHans, &message),
            "用户名或者密码错误，连续错误5次后账号将被锁定1小时，您还可以尝试3次"
        );
        assert!(ours().say(Locale::En, &Message::new("E_LOGIN").with("n", 1)).contains("1 attempt left"));
        assert!(ours().say(Locale::En, &message).contains("3 attempts left"));
    }

    #[test]
    fn an_unknown_key_is_said_as_it_is() {
        assert_eq!(ours().say(Locale::En, &Message::new("E_NOT_THERE")), "E_NOT_THERE");
    }

    #[test]
    fn a_policy_replaces_a_text_in_one_language() {
        let texts = BTreeMap::from([("E_ID_TAKEN_PERSON".to_owned(), "证件已被使用".to_owned())]);
        let texts = Texts::load(&vec![(Locale::ZhHans, texts)]).unwrap();
        let message = Message::new("E_ID_TAKEN_PERSON");
        assert_eq!(texts.say(Locale::ZhHans, &message), "证件已被使用");
        assert_eq!(texts.say(Locale::En, &message), ours().say(Locale::En, &message));
    }

    #[test]
    fn a_policy_cannot_replace_a_text_that_is_not_there_or_cannot_be_read() {
        for (key, text) in [("E_NOT_THERE", "x"), ("E_LOGIN", "{ $n ->"), ("E_LOGIN", "")] {
            let texts = BTreeMap::from([(key.to_owned(), text.to_owned())]);
            let refused = Texts::load(&vec![(Locale::En, texts)]);
            assert!(matches!(refused, Err(RenderError::Override { .. })), "{key} = {text}");
        }
    }

    #[test]
    fn a_code_with_leading_zeros_or_many_digits_stays_text() {
        for text in ["012345", "12333", "110108199003070012", "a1"] {
            assert!(matches!(value_of(text), FluentValue::String(_)), "{text}");
        }
        assert!(matches!(value_of("59"), FluentValue::Number(_)));
        assert!(matches!(value_of("0"), FluentValue::Number(_)));
    }
}
