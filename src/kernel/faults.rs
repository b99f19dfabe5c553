//! What there is to correct in a form: every fault found at once, each with the input that it belongs to. Pure.

use super::Message;

/// Something to correct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The input it belongs to; `None`: the form as a whole.
    pub field: Option<&'static str>,
    pub message: Message,
}

/// All there is to correct in a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// The form as a whole is refused.
    #[must_use]
    pub fn whole(message: Message) -> Self {
        Self(vec![Fault { field: None, message }])
    }

    /// One input is wrong.
    #[must_use]
    pub fn of(field: &'static str, key: &'static str) -> Self {
        Self::at(field, Message::new(key))
    }

    /// One input is wrong, said with arguments.
    #[must_use]
    pub fn at(field: &'static str, message: Message) -> Self {
        Self(vec![Fault { field: Some(field), message }])
    }

    /// In the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    /// One fault more.
    pub fn add(&mut self, field: &'static str, message: Message) {
        self.0.push(Fault { field: Some(field), message });
    }

    /// Those of another part of the form.
    pub fn append(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// The value, or its fault noted down.
    pub fn keep<T>(&mut self, field: &'static str, parsed: Result<T, Message>) -> Option<T> {
        parsed.map_err(|message| self.add(field, message)).ok()
    }

    /// A value that is missing where one of its parts had a fault.
    ///
    /// # Errors
    /// The faults.
    pub fn complete<T>(self, value: Option<T>) -> Result<T, Self> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self),
        }
    }

    /// The value, unless there is something to correct.
    ///
    /// # Errors
    /// The faults.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }
}

/// E_REQUIRED with the key of the input's label.
#[must_use]
pub fn required(label: &'static str) -> Message {
    Message::new("E_REQUIRED").with("field", label)
}

/// A text that must be there.
///
/// # Errors
/// E_REQUIRED
pub fn given<'a>(text: &'a str, label: &'static str) -> Result<&'a str, Message> {
    let text = text.trim();
    if text.is_empty() { Err(required(label)) } else { Ok(text) }
}
