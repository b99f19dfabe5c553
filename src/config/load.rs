//! From file and environment to a checked [`Config`].

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Config, environment};
use crate::policy::layers::{Layer, LayerError, extract_from_texts};

/// Settings that are secret: each may stand in a file of its own, named by the same key with `_file`.
pub(super) const SECRETS: [&str; 6] = [
    "storage.url",
    "ephemeral.password",
    "notify.sms.key",
    "proofing.bank.key",
    "proofing.unionpay.key",
    "traces.key",
];

/// Why there are no settings; nothing starts.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{path}: {cause}", path = path.display())]
    Unreadable { path: PathBuf, cause: std::io::Error },
    #[error(transparent)]
    Malformed(#[from] LayerError),
    #[error("`{key}` and `{key}_file` are both given; write one of them")]
    Twice { key: &'static str },
    #[error("{}", .0.join("\n"))]
    Meaningless(Vec<String>),
}

impl Config {
    /// Reads the file (else the one that `MENFU_CONFIG` names, else none) and the environment over it.
    ///
    /// # Errors
    /// Anything unreadable, unknown or meaningless, with its origin and key.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let variables = environment::variables();
        let named = environment::file(&variables).map(Path::new);
        Self::from_sources(file.or(named), &variables)
    }

    pub(super) fn from_sources(
        file: Option<&Path>,
        variables: &[(String, String)],
    ) -> Result<Self, ConfigError> {
        let mut layers = vec![Layer::toml("defaults", "[server]")?];
        if let Some(path) = file {
            layers.push(Layer::toml(path.display().to_string(), &read(path)?)?);
        }
        layers.extend(environment::layers(variables)?);
        for key in SECRETS {
            let secret = secret_from_file(key, &mut layers)?;
            layers.extend(secret);
        }
        let config: Self = extract_from_texts(layers)?;
        let complaints = config.complaints();
        if complaints.is_empty() { Ok(config) } else { Err(ConfigError::Meaningless(complaints)) }
    }
}

fn secret_from_file(key: &'static str, layers: &mut [Layer]) -> Result<Option<Layer>, ConfigError> {
    let setting = format!("{key}_file");
    let mut named: Vec<_> = layers.iter_mut().filter_map(|layer| layer.take_text(&setting)).collect();
    let Some(path) = named.pop() else { return Ok(None) };
    if layers.iter().any(|layer| layer.text(key).is_some()) {
        return Err(ConfigError::Twice { key });
    }
    let text = read(Path::new(&path))?;
    Ok(Some(Layer::single(path, key, text.trim_end_matches(['\r', '\n']))))
}

fn read(path: &Path) -> Result<String, ConfigError> {
    fs::read_to_string(path).map_err(|cause| ConfigError::Unreadable { path: path.to_path_buf(), cause })
}
