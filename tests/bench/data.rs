//! What the database holds before anything is measured: the crowd that `menfu seed` makes too.

use std::fs;
use std::path::Path;

use menfu::app::crowd::{self, Crowd, Progress};
use menfu::clients::{Clients, PlainSecrets, Settings};
use menfu::storage::Base;

use super::Size;

/// Of every account.
pub const PASSWORD: &str = "Menfu-2026-bench";
/// Refresh tokens that are kept for measuring; each is good once.
const SAMPLES: u64 = 60_000;
/// A token each line, those that nobody used yet.
const TOKENS: &str = "refresh-tokens";

/// The name of an account.
pub fn username(number: usize) -> String {
    crowd::username(number as u64).expect("a name").as_str().to_owned()
}

/// Writes accounts and their grants; their refresh tokens go into a file.
pub async fn fill(base: &Base, folder: &Path, issuer: &str, size: Size) {
    let registered = Settings {
        file: folder.join("clients.toml"),
        issuer: issuer.parse().expect("an issuer"),
        plain_secrets: PlainSecrets::Refused,
    };
    let crowd = Crowd {
        accounts: size.accounts as u64,
        grants: size.grants as u64,
        password: PASSWORD.into(),
        issuer: issuer.to_owned(),
        clients: Clients::load(registered).expect("clients").all(),
        samples: SAMPLES,
    };
    let mut tell = |Progress { accounts, grants }| println!("{accounts} accounts, {grants} grants so far");
    let samples = crowd::fill(base, &crowd, &mut tell).await.expect("a crowd");
    let tokens: Vec<_> = samples.iter().map(|sample| sample.refresh_token.expose()).collect();
    keep(folder, &tokens);
}

/// Those that nobody used yet.
pub fn refresh_tokens(folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(folder.join(TOKENS)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Those that are left.
pub fn keep(folder: &Path, tokens: &[impl AsRef<str>]) {
    let lines: String = tokens.iter().map(|token| format!("{}\n", token.as_ref())).collect();
    fs::write(folder.join(TOKENS), lines).expect("a file");
}
