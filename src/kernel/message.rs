//! A text for a person: a key of `templates/locales/` with its arguments.

use std::collections::BTreeMap;

use serde::Serialize;

/// What is to be said; the words come from the catalogue of the reader's language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    pub key: &'static str,
    pub args: BTreeMap<&'static str, String>,
}

impl Message {
    #[must_use]
    pub const fn new(key: &'static str) -> Self {
        Self { key, args: BTreeMap::new() }
    }

    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "numbers and words are handed over as they come")]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.args.insert(name, value.to_string());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_carries_its_arguments_by_name() {
        let message = Message::new("E_LOGIN").with("n", 4);
        assert_eq!(message.key, "E_LOGIN");
        assert_eq!(message.args.get("n").map(String::as_str), Some("4"));
    }
}
