//! Resource indicators (RFC 8707): for which resource servers tokens may be, and for which one an access token is.
//!
//! An authorization may name several; each access token is for one, so that no resource server can use it at another
//! (§3). A client asks for those of its `audience` alone.

use url::Url;

use super::{
    client::Client,
    error::{ErrorCode, OAuthError},
    issuer::Issuer,
    params::RawParams,
};

/// Nobody needs more in one request.
const MOST: usize = 10;

fn invalid_target(hint: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidTarget, hint)
}

/// The resources of an authorization request, each an absolute URI without a fragment (RFC 8707 §2).
///
/// # Errors
/// `invalid_target`.
pub fn several(raw: &RawParams) -> Result<Vec<String>, OAuthError> {
    let mut named: Vec<String> = Vec::new();
    for value in raw.all("resource") {
        if value.contains('#') || value.contains(' ') || Url::parse(value).is_err() {
            return Err(invalid_target("resource must be an absolute URI without a fragment"));
        }
        if !named.iter().any(|known| known == value) {
            named.push(value.to_owned());
        }
    }
    if named.len() > MOST {
        return Err(invalid_target("too many resources"));
    }
    Ok(named)
}

/// The resource of a token request (RFC 8707 §2.2).
///
/// # Errors
/// `invalid_target`, also for more than one: each access token is for one resource.
pub fn one(raw: &RawParams) -> Result<Option<String>, OAuthError> {
    let mut named = several(raw)?;
    let first = named.pop();
    if named.is_empty() { Ok(first) } else { Err(invalid_target("an access token is for one resource")) }
}

/// What a client's tokens may be for: its `audience`, else the issuer.
#[must_use]
pub fn allowed(client: &Client, issuer: &Issuer) -> Vec<String> {
    client
        .audience
        .as_ref()
        .map_or_else(|| vec![issuer.as_str().to_owned()], |audience| audience.all().to_vec())
}

/// What an authorization is for: what was asked, if all of it is allowed, else everything that is; the first is what
/// an access token is for when nobody says.
///
/// # Errors
/// `invalid_target`.
pub fn granted(client: &Client, issuer: &Issuer, asked: Vec<String>) -> Result<Vec<String>, OAuthError> {
    let allowed = allowed(client, issuer);
    if asked.is_empty() {
        return Ok(allowed);
    }
    if asked.iter().all(|resource| allowed.contains(resource)) {
        return Ok(asked);
    }
    Err(invalid_target("a resource is not registered for this client"))
}

/// What an access token is for.
///
/// # Errors
/// `invalid_target` for a resource that was not granted.
pub fn chosen(granted: &[String], asked: Option<&str>) -> Result<String, OAuthError> {
    let found = match asked {
        None => granted.first(),
        Some(asked) => granted.iter().find(|resource| *resource == asked),
    };
    found.cloned().ok_or_else(|| invalid_target("the resource was not granted"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::client::tests::{exam, from_toml};

    const A: &str = "https://a.example/";
    const B: &str = "https://b.example/api";

    fn raw(resources: &[&str]) -> RawParams {
        resources.iter().map(|resource| ("resource".to_owned(), (*resource).to_owned())).collect()
    }

    fn client() -> Client {
        from_toml(&format!("client_id = \"c\"\nclient_name = \"C\"\naudience = [\"{A}\", \"{B}\"]"))
    }

    fn issuer() -> Issuer {
        "https://sso.example".parse().unwrap()
    }

    #[test]
    fn resources_are_absolute_uris_without_a_fragment() {
        assert_eq!(several(&raw(&[])).unwrap(), Vec::<String>::new());
        assert_eq!(several(&raw(&[A, B, A])).unwrap(), [A, B]);
        for bad in ["/api", "api", "https://a.example/#x", "https://a.example/ b", "#"] {
            assert_eq!(several(&raw(&[A, bad])).unwrap_err().code, ErrorCode::InvalidTarget, "{bad}");
        }
        let many: Vec<String> = (0..11).map(|n| format!("https://{n}.example/")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(several(&raw(&many)).is_err());
    }

    #[test]
    fn a_token_is_for_one_resource() {
        assert_eq!(one(&raw(&[])).unwrap(), None);
        assert_eq!(one(&raw(&[A])).unwrap().as_deref(), Some(A));
        assert_eq!(one(&raw(&[A, B])).unwrap_err().code, ErrorCode::InvalidTarget);
    }

    #[test]
    fn a_client_is_granted_what_it_registered_and_nothing_else() {
        let grant = |asked: &[&str]| granted(&client(), &issuer(), several(&raw(asked)).unwrap());
        assert_eq!(grant(&[]).unwrap(), [A, B]);
        assert_eq!(grant(&[B]).unwrap(), [B]);
        for foreign in ["https://a.example", "https://sso.example", "https://evil.example/"] {
            assert_eq!(grant(&[A, foreign]).unwrap_err().code, ErrorCode::InvalidTarget, "{foreign}");
        }
        assert_eq!(granted(&exam(), &issuer(), Vec::new()).unwrap(), ["https://sso.example"]);
    }

    #[test]
    fn of_what_was_granted_one_is_chosen() {
        let granted = [A.to_owned(), B.to_owned()];
        assert_eq!(chosen(&granted, None).unwrap(), A);
        assert_eq!(chosen(&granted, Some(B)).unwrap(), B);
        assert_eq!(chosen(&granted[..1], Some(B)).unwrap_err().code, ErrorCode::InvalidTarget);
    }
}
