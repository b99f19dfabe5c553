//! Static files, embedded. Their address carries a hash of their content, so that a browser keeps them for ever.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use rust_embed::RustEmbed;

/// Where the router serves [`asset`].
pub const STATIC_PATH: &str = "/static/";

#[derive(RustEmbed)]
#[folder = "templates/static/"]
struct Static;

/// One static file.
#[derive(Clone, Debug)]
pub struct Asset {
    /// Its content.
    pub bytes: Cow<'static, [u8]>,
    /// For `Content-Type`.
    pub content_type: &'static str,
    /// For `ETag`, with its quotes.
    pub etag: String,
}

/// Assets by hashed name, and hashed names by plain name.
struct Table {
    assets: BTreeMap<String, Asset>,
    names: BTreeMap<String, String>,
}

static TABLE: LazyLock<Table> = LazyLock::new(read_all);

/// The static file with this hashed name (`menfu.1f2e3d4c5b6a7988.css`), the part of the path after [`STATIC_PATH`].
#[must_use]
pub fn asset(path: &str) -> Option<Asset> {
    TABLE.assets.get(path).cloned()
}

/// The address of the static file with this plain name (`menfu.css`).
pub(super) fn address(name: &str) -> Option<String> {
    TABLE.names.get(name).map(|hashed| format!("{STATIC_PATH}{hashed}"))
}

fn read_all() -> Table {
    let mut table = Table { assets: BTreeMap::new(), names: BTreeMap::new() };
    for name in Static::iter() {
        if let Some(file) = Static::get(&name) {
            let hash = hex(&file.metadata.sha256_hash());
            let hashed = hashed_name(&name, &hash);
            let content_type = content_type(&name);
            table.assets.insert(
                hashed.clone(),
                Asset { bytes: file.data, content_type, etag: format!("\"{hash}\"") },
            );
            table.names.insert(name.into_owned(), hashed);
        }
    }
    table
}

fn hex(hash: &[u8; 32]) -> String {
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn hashed_name(name: &str, hash: &str) -> String {
    match name.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}.{hash}.{extension}"),
        None => format!("{name}.{hash}"),
    }
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_is_found_by_its_address_only() {
        let address = address("menfu.css").unwrap();
        let hashed = address.strip_prefix(STATIC_PATH).unwrap();
        let found = asset(hashed).unwrap();
        assert_eq!(found.content_type, "text/css; charset=utf-8");
        assert!(hashed.contains(found.etag.trim_matches('"')));
        assert!(asset("menfu.css").is_none());
        assert!(asset("../Cargo.toml").is_none());
    }

    #[test]
    fn the_hash_stands_before_the_extension() {
        assert_eq!(hashed_name("menfu.css", "ab12"), "menfu.ab12.css");
        assert_eq!(hashed_name("LICENCE", "ab12"), "LICENCE.ab12");
    }

    #[test]
    fn every_static_file_has_a_known_type() {
        for name in Static::iter() {
            assert_ne!(content_type(&name), "application/octet-stream", "{name}");
        }
    }

    #[test]
    fn the_styles_stay_within_their_budget() {
        let css: usize = Static::iter()
            .filter(|name| name.ends_with(".css"))
            .map(|name| Static::get(&name).unwrap().data.len())
            .sum();
        assert!(css <= 60 * 1024, "{css} bytes of CSS");
    }
}
