//! Envelope encryption and blind indexes of personal data and secrets at rest.
//!
//! A sealed value is `version ‖ suite ‖ key id ‖ nonce ‖ wrapped DEK ‖ nonce ‖ ciphertext`: a fresh data key per record
//! under AES-256-GCM, itself wrapped by the key-encryption key. Header and the caller's [`aad`] (table, column, row) are
//! authenticated both times, so a value opens only where it was sealed. Blind indexes are HMAC-SHA-256 under another key.
//! Every value names its key, so that a new active key needs no flag day: [`rotate`] changes the key files, a running
//! program takes them up by [`Vault::reload`], [`rewrite`] brings the rows after. NIST SP 800-38D §8.3 bounds random nonces to
//! 2^32 records per key-encryption key.

mod column;
mod keys;
pub mod rewrite;
mod rotate;

pub use column::{IndexColumn, RowId, SealedColumn};
pub use keys::{Held, KeyName, KeyRing, Settings, VaultFileError};
pub use rotate::{Root, activate, prepare, retire};

use super::StoreError;
use crate::kernel::{Rng, random_bytes};
use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use keys::{KEY_ID_BYTES, Key};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::Sha256;
use std::{
    fmt,
    path::Path,
    sync::{Arc, PoisonError, RwLock},
};
use zeroize::Zeroizing;

const VERSION: u8 = 1;
/// AES-256-GCM for the data and for wrapping the data key.
const SUITE_AES_256_GCM: u8 = 1;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
const WRAPPED_BYTES: usize = keys::KEY_BYTES + TAG_BYTES;
/// Between the parts of a MAC's input; no identifier contains it.
const SEPARATOR: u8 = 0x1F;

/// A value under the vault's key, as it stands in its column.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// A keyed digest of a canonical value, for unique columns and equality search: `<key id>.<base64url>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BlindIndex(String);

impl BlindIndex {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

/// Where a sealed value stands; the same text opens it.
#[must_use]
pub fn aad(table: &str, column: &str, row: &dyn fmt::Display) -> String {
    format!("{table}\u{1f}{column}\u{1f}{row}")
}

/// Seals, opens and indexes; cheap to clone, and all clones take up new keys together.
#[derive(Clone)]
pub struct Vault(Arc<RwLock<Arc<Keys>>>);

/// Which keys a node holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldKeys {
    pub encryption: Held,
    pub index: Held,
}

struct Keys {
    encryption: KeyRing,
    index: KeyRing,
    mac: Zeroizing<[u8; keys::KEY_BYTES]>,
}

impl Vault {
    /// A vault over two rings; a ring's first key is the active one, its last the root that derived secrets hang on.
    #[must_use]
    pub fn new(encryption: KeyRing, index: KeyRing) -> Self {
        let mac = Zeroizing::new(hmac(index.root().bytes(), &[b"menfu mac"]));
        Self(Arc::new(RwLock::new(Arc::new(Keys { encryption, index, mac }))))
    }

    /// Reads the key files.
    ///
    /// # Errors
    /// [`VaultFileError`] when a file is missing, malformed or readable by others.
    pub fn open_files(settings: &Settings) -> Result<Self, VaultFileError> {
        Ok(Self::new(KeyRing::read(&settings.encryption_key_file)?, KeyRing::read(&settings.index_key_file)?))
    }

    /// Takes up changed key files. A broken one, one with another root or without the key in use is refused, and both
    /// old rings stay.
    ///
    /// # Errors
    /// [`VaultFileError`] with file, line and reason.
    pub fn reload(&self, settings: &Settings) -> Result<HeldKeys, VaultFileError> {
        let encryption = KeyRing::read(&settings.encryption_key_file)?;
        let index = KeyRing::read(&settings.index_key_file)?;
        let now = self.keys();
        encryption.takes_over(&settings.encryption_key_file, &now.encryption)?;
        index.takes_over(&settings.index_key_file, &now.index)?;
        index.has_root_of(&settings.index_key_file, &now.index)?;
        let fresh = Keys { encryption, index, mac: now.mac.clone() };
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
        Ok(self.held())
    }

    /// The names of the keys.
    #[must_use]
    pub fn held(&self) -> HeldKeys {
        let keys = self.keys();
        HeldKeys { encryption: keys.encryption.held(), index: keys.index.held() }
    }

    fn keys(&self) -> Arc<Keys> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes both key files in `folder` and opens them.
    ///
    /// # Errors
    /// [`VaultFileError::Exists`] rather than overwrite a key.
    pub fn init(folder: &Path, rng: &dyn Rng) -> Result<Self, VaultFileError> {
        Self::init_files(&Settings::in_folder(folder), rng)
    }

    /// Makes both key files where the settings want them and opens them.
    ///
    /// # Errors
    /// [`VaultFileError::Exists`] rather than overwrite a key.
    pub fn init_files(settings: &Settings, rng: &dyn Rng) -> Result<Self, VaultFileError> {
        keys::write_new(settings, rng)?;
        Self::open_files(settings)
    }

    /// # Errors
    /// [`StoreError::Vault`] when the value is longer than the cipher takes.
    pub fn seal(&self, rng: &dyn Rng, aad: &str, plaintext: &[u8]) -> Result<Sealed, StoreError> {
        let keys = self.keys();
        let wrapping = keys.encryption.active();
        let data_key = Zeroizing::new(random_bytes::<{ keys::KEY_BYTES }>(rng));
        let mut sealed = header(wrapping.id()).to_vec();
        let bound = bound_to(&sealed, aad);
        for (key, message) in [(wrapping.bytes(), data_key.as_slice()), (&*data_key, plaintext)] {
            let nonce = random_bytes::<NONCE_BYTES>(rng);
            sealed.extend(nonce);
            sealed.extend(encrypt(key, nonce, message, &bound)?);
        }
        Ok(Sealed(sealed))
    }

    /// # Errors
    /// [`StoreError::Vault`] for another place, an unknown key or a changed value; the three are not told apart.
    pub fn open(&self, aad: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let envelope = Envelope::parse(sealed).ok_or(StoreError::Vault)?;
        let keys = self.keys();
        let wrapping = keys.encryption.find(envelope.key_id).ok_or(StoreError::Vault)?;
        let bound = bound_to(envelope.header, aad);
        let data_key = decrypt(wrapping.bytes(), envelope.wrap_nonce, envelope.wrapped, &bound)?;
        let data_key =
            <&[u8; keys::KEY_BYTES]>::try_from(data_key.as_slice()).map_err(|_| StoreError::Vault)?;
        decrypt(data_key, envelope.nonce, envelope.ciphertext, &bound)
    }

    /// Seals a value as JSON.
    ///
    /// # Errors
    /// [`StoreError::Vault`]; [`StoreError::Corrupt`] when the value has no JSON form.
    pub fn seal_json<T: Serialize>(&self, rng: &dyn Rng, aad: &str, value: &T) -> Result<Sealed, StoreError> {
        let json = Zeroizing::new(serde_json::to_vec(value).map_err(|_| StoreError::Corrupt)?);
        self.seal(rng, aad, &json)
    }

    /// # Errors
    /// [`StoreError::Vault`] as for [`Self::open`]; [`StoreError::Corrupt`] when the JSON is not a `T`.
    pub fn open_json<T: DeserializeOwned>(&self, aad: &str, sealed: &[u8]) -> Result<T, StoreError> {
        serde_json::from_slice(&self.open(aad, sealed)?).map_err(|_| StoreError::Corrupt)
    }

    /// The index of a canonical value in a domain such as `person.identity`, to be stored.
    #[must_use]
    pub fn blind_index(&self, domain: &str, canonical: &str) -> BlindIndex {
        index_under(self.keys().index.active(), domain, canonical)
    }

    /// The indexes under every key, the active one first: what a search compares with while an index key is rotated.
    #[must_use]
    pub fn blind_indexes(&self, domain: &str, canonical: &str) -> Vec<BlindIndex> {
        self.keys().index.iter().map(|key| index_under(key, domain, canonical)).collect()
    }

    /// The index under the root, the same on every node whatever key is active: for what lives a day at most, so that no
    /// rotation needs to bring it after, and for locks.
    #[must_use]
    pub fn root_index(&self, domain: &str, canonical: &str) -> BlindIndex {
        index_under(self.keys().index.root(), domain, canonical)
    }

    /// A derived secret of this installation; the same for the same input as long as the ring keeps its root.
    #[must_use]
    pub fn mac(&self, domain: &str, data: &[u8]) -> [u8; 32] {
        hmac(&self.keys().mac, &[domain.as_bytes(), data])
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(…)")
    }
}

/// The parts of a sealed value, none of them checked yet.
struct Envelope<'a> {
    header: &'a [u8],
    key_id: [u8; KEY_ID_BYTES],
    wrap_nonce: [u8; NONCE_BYTES],
    wrapped: &'a [u8],
    nonce: [u8; NONCE_BYTES],
    ciphertext: &'a [u8],
}

impl<'a> Envelope<'a> {
    fn parse(sealed: &'a [u8]) -> Option<Self> {
        let (header, rest) = sealed.split_at_checked(2 + KEY_ID_BYTES)?;
        let key_id = *header.strip_prefix(&[VERSION, SUITE_AES_256_GCM])?.first_chunk()?;
        let (wrap_nonce, rest) = rest.split_first_chunk()?;
        let (wrapped, rest) = rest.split_at_checked(WRAPPED_BYTES)?;
        let (nonce, ciphertext) = rest.split_first_chunk()?;
        Some(Self { header, key_id, wrap_nonce: *wrap_nonce, wrapped, nonce: *nonce, ciphertext })
    }
}

fn header(key_id: [u8; KEY_ID_BYTES]) -> [u8; 2 + KEY_ID_BYTES] {
    let [a, b, c, d] = key_id;
    [VERSION, SUITE_AES_256_GCM, a, b, c, d]
}

fn bound_to(header: &[u8], aad: &str) -> Vec<u8> {
    [header, aad.as_bytes()].concat()
}

fn encrypt(
    key: &[u8; keys::KEY_BYTES],
    nonce: [u8; NONCE_BYTES],
    msg: &[u8],
    aad: &[u8],
) -> Result<Vec<u8>, StoreError> {
    Aes256Gcm::new(key.into()).encrypt(&nonce.into(), Payload { msg, aad }).map_err(|_| StoreError::Vault)
}

fn decrypt(
    key: &[u8; keys::KEY_BYTES],
    nonce: [u8; NONCE_BYTES],
    msg: &[u8],
    aad: &[u8],
) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let plaintext = Aes256Gcm::new(key.into()).decrypt(&nonce.into(), Payload { msg, aad });
    plaintext.map(Zeroizing::new).map_err(|_| StoreError::Vault)
}

fn index_under(key: &Key, domain: &str, canonical: &str) -> BlindIndex {
    let digest = hmac(key.bytes(), &[domain.as_bytes(), canonical.as_bytes()]);
    BlindIndex(format!("{}.{}", URL_SAFE_NO_PAD.encode(key.id()), URL_SAFE_NO_PAD.encode(digest)))
}

/// HMAC-SHA-256 (RFC 2104) of the parts with [`SEPARATOR`] between them.
fn hmac(key: &[u8; keys::KEY_BYTES], parts: &[&[u8]]) -> [u8; 32] {
    // RFC 2104 §2: a key shorter than the block of 64 bytes is filled with zeros.
    let mut block = Zeroizing::new([0; 64]);
    block.iter_mut().zip(key).for_each(|(byte, key)| *byte = *key);
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            mac.update(&[SEPARATOR]);
        }
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests;
