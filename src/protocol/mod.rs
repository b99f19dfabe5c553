//! OAuth 2 and OpenID Connect as pure, synchronous functions over typed requests.
//!
//! `RawParams → AuthorizeRequest → (Client, VerifiedRedirect) → ValidRequest → Decision`: before a
//! [`redirect::VerifiedRedirect`] exists an error can only become a page, after it only a redirect.
//! Nothing here reads a clock, a store or the network; `now` and every fact are arguments.
//! Only `jose.rs` names josekit, only `oxide.rs` names oxide-auth. May use `kernel` alone.

pub mod authorize;
pub mod claims;
pub mod claims_request;
pub mod client;
pub mod client_auth;
pub mod discovery;
pub mod error;
pub mod grant;
pub mod interaction;
pub mod issuer;
pub mod jose;
pub mod logout;
pub mod oxide;
pub mod params;
pub mod pkce;
pub mod redirect;
pub mod request_object;
pub mod resource;
pub mod response;
pub mod scope;
pub mod subject;
pub mod token;
