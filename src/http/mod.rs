//! The web: routes, pages and protocol endpoints. Handlers extract, call one use case, present.

pub mod url;
pub mod view;
