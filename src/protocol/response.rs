//! The answer to an authorization request and the way it travels: in the query of a redirect, or in a form.
//!
//! Both are made by [`super::redirect::VerifiedRedirect`] alone, and carry the same parameters.

use std::fmt;

use super::{error::ErrorCode, redirect::origin_of};

/// `response_mode` (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode §2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the query: the default of the response type `code`.
    #[default]
    Query,
    /// In the body of a form that the browser posts.
    FormPost,
}

impl ResponseMode {
    /// Every mode, as discovery lists them.
    pub const ALL: &'static [Self] = &[Self::Query, Self::FormPost];

    /// The registered name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::FormPost => "form_post",
        }
    }

    /// The mode of that name, if we have it.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|mode| mode.as_str() == name)
    }
}

/// An answer on its way to a verified redirect URI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthorizationResponse {
    /// The browser is sent there.
    Redirect(Location),
    /// The browser posts a form there.
    FormPost(FormPost),
}

impl AuthorizationResponse {
    /// The address, when the answer is a redirect.
    #[must_use]
    pub fn location(&self) -> Option<&Location> {
        match self {
            Self::Redirect(location) => Some(location),
            Self::FormPost(_) => None,
        }
    }

    /// The error that it carries, if it is one.
    #[must_use]
    pub fn error(&self) -> Option<ErrorCode> {
        match self {
            Self::Redirect(location) => location.error,
            Self::FormPost(form) => form.error,
        }
    }
}

/// Where the browser is sent: an answer to a verified redirect URI.
#[derive(Clone, PartialEq, Eq)]
pub struct Location {
    uri: String,
    error: Option<ErrorCode>,
}

impl Location {
    pub(super) fn new(uri: String, error: Option<ErrorCode>) -> Self {
        Self { uri, error }
    }

    /// The value of the `Location` header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.uri
    }
}

/// The code in it is a secret.
impl fmt::Debug for Location {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Location({}…)", self.uri.split('?').next().unwrap_or_default())
    }
}

/// A form that carries the answer (Form Post Response Mode §2).
#[derive(Clone, PartialEq, Eq)]
pub struct FormPost {
    action: String,
    fields: Vec<(&'static str, String)>,
    error: Option<ErrorCode>,
}

impl FormPost {
    pub(super) fn new(
        action: &str,
        params: &[(&'static str, Option<&str>)],
        error: Option<ErrorCode>,
    ) -> Self {
        let present = params.iter().filter_map(|(name, value)| Some((*name, (*value)?.to_owned())));
        Self { action: action.to_owned(), fields: present.collect(), error }
    }

    /// The redirect URI, as the request sent it.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// The parameters of the answer.
    #[must_use]
    pub fn fields(&self) -> &[(&'static str, String)] {
        &self.fields
    }

    /// What `form-action` must allow.
    #[must_use]
    pub fn origin(&self) -> String {
        origin_of(&self.action).unwrap_or_default()
    }
}

/// The code in it is a secret.
impl fmt::Debug for FormPost {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.fields.iter().map(|(name, _)| name).collect();
        write!(out, "FormPost({} {names:?})", self.action)
    }
}
