//! The password once more, before the owner sees or takes along what is masked otherwise.

use serde::Serialize;

use crate::http::url::Path;
use crate::kernel::Message;
use crate::render::{Form, Page};

/// What is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OwnDataKind {
    /// A2, unmasked.
    Profile,
    /// A file with everything.
    Export,
}

impl OwnDataKind {
    /// The word of audit events.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::Export => "export",
        }
    }

    /// Where it is asked for.
    #[must_use]
    pub const fn path(self) -> Path {
        match self {
            Self::Profile => Path::FullProfile,
            Self::Export => Path::Export,
        }
    }
}

/// `/account/profile/full`, `/account/privacy/export`. Fields: `password`, `do` (`next`).
#[derive(Clone, Debug, Serialize)]
pub struct OwnData {
    /// Nothing is kept.
    pub form: Form,
    pub kind: OwnDataKind,
    /// Whoever came by a recovery proves themselves first: there is no form.
    pub capped: bool,
}

impl Page for OwnData {
    const TEMPLATE: &'static str = "pages/account/own_data.html";

    fn samples() -> Vec<Self> {
        let fresh = Self { form: Form::new(), kind: OwnDataKind::Profile, capped: false };
        let wrong = Form::new().failing("password", Message::new("E_PASSWORD_OLD"));
        vec![
            Self { form: wrong, kind: OwnDataKind::Export, ..fresh.clone() },
            Self { kind: OwnDataKind::Export, capped: true, ..fresh.clone() },
            Self { kind: OwnDataKind::Export, ..fresh.clone() },
            fresh,
        ]
    }
}
