//! A form as a page shows it: what was typed, and what is wrong with it.
//!
//! Passwords and captchas are never put in, so that no page shows them again.

use std::collections::BTreeMap;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::kernel::Message;

/// Typed values and errors, the latter in the order in which the page shows them.
#[derive(Clone, Debug, Default)]
pub struct Form {
    fields: Vec<Field>,
    failure: Option<Message>,
}

/// One input.
#[derive(Clone, Debug)]
pub struct Field {
    /// The name of the input, which is also its id.
    pub name: &'static str,
    /// What was typed.
    pub value: String,
    /// What is wrong with it.
    pub error: Option<Message>,
}

impl Form {
    /// An empty form.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With this value in this input.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.set(name, value);
        self
    }

    /// Puts a value into an input.
    pub fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.change(name, |field| field.value = value.into());
    }

    /// Says what is wrong with an input. Only the first error of an input is shown.
    pub fn fail(&mut self, name: &'static str, error: Message) {
        self.change(name, |field| {
            field.error.get_or_insert(error);
        });
    }

    /// With this error at this input.
    #[must_use]
    pub fn failing(mut self, name: &'static str, error: Message) -> Self {
        self.fail(name, error);
        self
    }

    /// Refuses the form as a whole, naming no input: sign-in, limits, an outside authority that is down.
    pub fn refuse(&mut self, failure: Message) {
        self.failure = Some(failure);
    }

    /// Refused as a whole.
    #[must_use]
    pub fn refused(mut self, failure: Message) -> Self {
        self.refuse(failure);
        self
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.failure.is_none() && self.fields.iter().all(|field| field.error.is_none())
    }

    /// What was typed into this input.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        self.find(name).map_or("", |field| field.value.as_str())
    }

    /// What is wrong with this input.
    #[must_use]
    pub fn error(&self, name: &str) -> Option<&Message> {
        self.find(name).and_then(|field| field.error.as_ref())
    }

    fn find(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    fn change(&mut self, name: &'static str, change: impl FnOnce(&mut Field)) {
        if let Some(field) = self.fields.iter_mut().find(|field| field.name == name) {
            return change(field);
        }
        let mut field = Field { name, value: String::new(), error: None };
        change(&mut field);
        self.fields.push(field);
    }
}

/// As templates see it: `values`, `errors` by name, `summary` in order, `failure`, `invalid`.
impl Serialize for Form {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let values: BTreeMap<_, _> = self.fields.iter().map(|field| (field.name, &field.value)).collect();
        let summary: Vec<_> = self.fields.iter().filter_map(ErrorView::of).collect();
        let errors: BTreeMap<_, _> = summary.iter().map(|error| (error.name, &error.message)).collect();
        let mut form = serializer.serialize_struct("Form", 5)?;
        form.serialize_field("values", &values)?;
        form.serialize_field("errors", &errors)?;
        form.serialize_field("summary", &summary)?;
        form.serialize_field("failure", &self.failure)?;
        form.serialize_field("invalid", &!self.is_valid())?;
        form.end()
    }
}

#[derive(Serialize)]
struct ErrorView<'a> {
    name: &'static str,
    message: &'a Message,
}

impl<'a> ErrorView<'a> {
    fn of(field: &'a Field) -> Option<Self> {
        field.error.as_ref().map(|message| Self { name: field.name, message })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(key: &'static str) -> Message {
        Message::new(key)
    }

    #[test]
    fn values_are_kept_and_the_first_error_of_an_input_stays() {
        let mut form = Form::new().with("username", "linruoxi");
        assert!(form.is_valid());
        form.fail("username", message("E_USERNAME_TAKEN"));
        form.fail("username", message("E_USERNAME_FORMAT"));
        assert!(!form.is_valid());
        assert_eq!(form.value("username"), "linruoxi");
        assert_eq!(form.error("username").map(|error| error.key), Some("E_USERNAME_TAKEN"));
    }

    #[test]
    fn a_refused_form_is_not_valid_though_no_input_is_wrong() {
        let form = Form::new().with("username", "linruoxi").refused(message("E_LOGIN"));
        assert!(!form.is_valid());
        assert!(form.error("username").is_none());
    }

    #[test]
    fn the_summary_keeps_the_order_of_the_page() {
        let form = Form::new()
            .with("username", "a")
            .with("agree", "")
            .failing("agree", message("E_AGREE"))
            .failing("username", message("E_USERNAME_FORMAT"));
        let json = serde_json::to_value(&form).unwrap();
        assert_eq!(json["summary"][0]["name"], "username");
        assert_eq!(json["summary"][1]["name"], "agree");
        assert_eq!(json["errors"]["agree"]["key"], "E_AGREE");
        assert_eq!(json["invalid"], true);
    }

    #[test]
    fn an_unknown_input_is_empty() {
        assert_eq!(Form::new().value("phone"), "");
    }
}
