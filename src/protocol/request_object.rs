//! What is read of a request object (Core §6), although none is supported: the way its refusal travels.
//!
//! A client that speaks in request objects may say only inside of one that it listens for a form, so the refusal has to
//! come as one (Form Post Response Mode §2). Nothing here is verified, and so nothing else is read: everything in it
//! could as well be sent beside it by whoever sends it, the address stays the registered one, and the request is
//! refused whatever it holds.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

use super::response::ResponseMode;

#[derive(Deserialize)]
struct Payload {
    response_mode: String,
}

/// The mode that stands in an unencrypted request object; none for one that cannot be read or names none of ours.
#[must_use]
pub fn response_mode(request: &str) -> Option<ResponseMode> {
    // RFC 7515 §3.1: header, payload, signature, which is empty for `none`. RFC 7516 §3.1 has five parts.
    let mut parts = request.split('.');
    let (Some(_), Some(payload), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let payload: Payload = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    ResponseMode::parse(&payload.response_mode)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn object(payload: &str) -> String {
        format!("{}.{}.", URL_SAFE_NO_PAD.encode("{\"alg\":\"none\"}"), URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn the_mode_of_a_readable_object_is_read_signed_or_not() {
        let form = object("{\"response_mode\":\"form_post\",\"redirect_uri\":\"https://evil.example\"}");
        assert_eq!(response_mode(&form), Some(ResponseMode::FormPost));
        assert_eq!(response_mode(&format!("{form}c2ln")), Some(ResponseMode::FormPost));
        assert_eq!(response_mode(&object("{\"response_mode\":\"query\"}")), Some(ResponseMode::Query));
    }

    #[test]
    fn whatever_cannot_be_read_names_no_mode() {
        let form = object("{\"response_mode\":\"form_post\"}");
        let deep = format!("{{\"a\":{}", "[".repeat(100_000));
        for request in [
            String::new(),
            "x".to_owned(),
            "..".to_owned(),
            form.replacen('.', "..", 1),
            format!("{form}.."),
            form.trim_end_matches('.').to_owned(),
            object("{}"),
            object("[]"),
            object("{\"response_mode\":1}"),
            object("{\"response_mode\":\"fragment\"}"),
            object("{\"response_mode\":\"form_post\",\"response_mode\":\"query\"}"),
            object(&deep),
        ] {
            assert_eq!(response_mode(&request), None, "{request:.60}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(request in "\\PC{0,80}", payload in "\\PC{0,80}") {
            let _ = response_mode(&request);
            let _ = response_mode(&object(&payload));
        }
    }
}
