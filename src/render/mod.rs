//! Pages: the only user of tera and fluent.
//!
//! A page is a plain struct of `http::view` that implements [`Page`]; [`Renderer::render`] puts it into its template
//! together with the [`Chrome`] that every page has. All words come from the catalogues in `templates/locales/`; a template
//! never says which language it speaks. Templates, catalogues and styles are
//! embedded in the binary. May use: kernel.

mod asset;
mod chrome;
mod engine;
mod form;
mod moment;
mod texts;

use serde::Serialize;

use crate::kernel::Locale;

pub use asset::{Asset, STATIC_PATH, asset};
pub use chrome::{Chrome, Contact, Display, NavLink, Site};
pub use engine::{Paths, Renderer};
pub use form::{Field, Form};
pub use moment::{china_clock, china_date, china_date_time};
pub use texts::{Overrides, Texts};

/// A page: the data of one template, and samples of each of its branches.
pub trait Page: Serialize {
    /// The template below `templates/`.
    const TEMPLATE: &'static str;

    /// One sample for each branch of the template; `tests/templates.rs` renders them all.
    fn samples() -> Vec<Self>
    where
        Self: Sized;
}

/// Why a page or a text could not be made. Templates and catalogues are part of the binary, so that all but
/// [`RenderError::Override`] are faults of ours, which `tests/templates.rs` finds.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A template does not compile, or lacks a value.
    #[error("template: {0}")]
    Template(#[from] tera::Error),
    /// A catalogue cannot be read.
    #[error("catalogue {file}: {reason}")]
    Catalogue {
        /// File below `templates/locales/`.
        file: String,
        /// What the parser says.
        reason: String,
    },
    /// A text of the policy replaces none of ours, or cannot be read.
    #[error("text override {key}: {reason}")]
    Override {
        /// The key as the policy has it.
        key: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// A value for each language.
#[derive(Clone, Debug)]
struct PerLocale<T> {
    zh_hans: T,
    zh_hant: T,
    en: T,
}

impl<T> PerLocale<T> {
    fn try_build<E>(mut build: impl FnMut(Locale) -> Result<T, E>) -> Result<Self, E> {
        Ok(Self { zh_hans: build(Locale::ZhHans)?, zh_hant: build(Locale::ZhHant)?, en: build(Locale::En)? })
    }

    const fn of(&self, locale: Locale) -> &T {
        match locale {
            Locale::ZhHans => &self.zh_hans,
            Locale::ZhHant => &self.zh_hant,
            Locale::En => &self.en,
        }
    }
}
