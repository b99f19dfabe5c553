//! Relying parties: read from `clients.toml`, validated entry by entry, kept in memory.
//!
//! A changed file is taken up by [`Clients::reload`]; a broken one is refused with lines and reasons and the old
//! registrations stay. Secrets are stored as SHA-256 (`secret_sha256`) or in a file of their own (`secret_file`); a plain
//! `secret` exists in the demo on loopback only. What a file changed is recorded in the audit trail by the node that takes
//! it up. May use `audit`, `protocol`, `storage`, `kernel`.

mod entry;
mod file;
mod key_sets;
mod record;
mod store;

use std::{
    fs,
    path::Path,
    sync::{Arc, PoisonError, RwLock},
};

pub use entry::{NewEntry, relying_party};
pub use file::{ClientsError, Fault, PlainSecrets, Settings};
pub use key_sets::{FetchKeys, KeySets};

use crate::{
    kernel::{ClientId, Rng, Secret},
    protocol::{client::Client, client_auth::ClientCredentials, error::OAuthError},
};
use file::Registry;

/// The façade of this room; cheap to clone.
#[derive(Clone)]
pub struct Clients {
    settings: Arc<Settings>,
    current: Arc<RwLock<Arc<Registry>>>,
}

/// What `menfu clients add` wrote.
#[derive(Debug)]
pub struct Added {
    pub client: Arc<Client>,
    /// Shown once; the file holds its hash.
    pub secret: Option<Secret>,
}

impl Clients {
    /// Reads the file; every fault is told with its line.
    ///
    /// # Errors
    /// [`ClientsError`]: what `menfu clients check` prints.
    pub fn load(settings: Settings) -> Result<Self, ClientsError> {
        let registry = file::read(&settings)?;
        Ok(Self::holding(settings, registry))
    }

    /// Takes registrations from a text instead of the file: the demo and tests.
    ///
    /// # Errors
    /// As for [`Self::load`].
    pub fn from_text(text: &str, settings: Settings) -> Result<Self, ClientsError> {
        let registry = file::parse(text, &settings)
            .map_err(|faults| ClientsError::Refused { file: settings.file.clone(), faults })?;
        Ok(Self::holding(settings, registry))
    }

    fn holding(settings: Settings, registry: Registry) -> Self {
        Self { settings: Arc::new(settings), current: Arc::new(RwLock::new(Arc::new(registry))) }
    }

    /// Takes up a changed file; a broken one changes nothing.
    ///
    /// # Errors
    /// As for [`Self::load`]; the old registrations stay.
    pub fn reload(&self) -> Result<usize, ClientsError> {
        let registry = Arc::new(file::read(&self.settings)?);
        let count = registry.len();
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = registry;
        Ok(count)
    }

    #[must_use]
    pub fn find(&self, id: &ClientId) -> Option<Arc<Client>> {
        self.registry().get(id).cloned()
    }

    /// Every client, by id.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Client>> {
        self.registry().values().cloned().collect()
    }

    /// The client that the credentials prove (RFC 6749 §2.3).
    ///
    /// # Errors
    /// `invalid_client`, the same for an unknown client and a wrong secret.
    pub fn authenticate(&self, credentials: &ClientCredentials) -> Result<Arc<Client>, OAuthError> {
        let client = self.find(&credentials.client_id);
        credentials.prove(client.as_deref())?;
        client.ok_or_else(|| {
            OAuthError::new(crate::protocol::error::ErrorCode::InvalidClient, "client authentication failed")
        })
    }

    fn registry(&self) -> Arc<Registry> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Appends an entry to the file, which is made when absent, and checks the whole before anything is written.
///
/// # Errors
/// [`ClientsError`]; the file stays as it was.
pub fn add(settings: &Settings, new: &NewEntry, rng: &dyn Rng) -> Result<Added, ClientsError> {
    let io = |source| ClientsError::Io { file: settings.file.clone(), source };
    let before = match fs::read_to_string(&settings.file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(io(error)),
    };
    let secret = entry::fresh_secret(new, rng);
    let after = format!("{before}{}", entry::text(new, secret.as_ref()));
    let refused = |faults| ClientsError::Refused { file: settings.file.clone(), faults };
    let registry = file::parse(&after, settings).map_err(refused)?;
    write_whole(&settings.file, &after).map_err(io)?;
    let added = registry.into_iter().find(|(id, _)| id.as_str() == new.client_id);
    let missing = || ClientsError::Refused { file: settings.file.clone(), faults: Vec::new() };
    added.map(|(_, client)| Added { client, secret }).ok_or_else(missing)
}

/// A reader sees the old file or the new one, never half of it.
fn write_whole(file: &Path, text: &str) -> std::io::Result<()> {
    let beside = file.with_extension("toml.new");
    fs::write(&beside, text)?;
    fs::rename(&beside, file)
}

#[cfg(test)]
mod tests;
