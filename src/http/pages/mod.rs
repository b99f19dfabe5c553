//! The pages people visit: one file a page, each with `get` and, where it has a form, `post`.
//!
//! A handler extracts, calls one use case, and shows a model of `http::view`.

pub mod account;
pub mod apps;
pub mod captcha;
pub mod choose;
pub mod consent;
pub mod document;
pub mod edit_profile;
pub mod faq;
pub mod faults;
pub mod help;
pub mod interaction;
pub mod legal;
pub mod locked;
pub mod logout;
pub mod my_data;
pub mod own_data;
pub mod password;
pub mod phone;
pub mod preferences;
pub mod raise_level;
pub mod recover;
pub mod recover_account;
pub mod recover_card;
pub mod recover_password;
pub mod register;
pub mod register_done;
pub mod register_identity;
pub mod register_verify;
pub mod security_questions;
pub mod sessions;
pub mod sign_in_sms;
pub mod signin;
pub mod verification;
pub mod verification_card;
pub mod veto;
