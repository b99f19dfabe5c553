//! The rules of the protocol, one file for each part of it.

mod form_post;
