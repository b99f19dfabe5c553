//! The installation's keys and the files that hold them.
//!
//! A key file has one base64url key of 256 bits a line; the first is active, the last is the root and stays for ever.
//! Rotation puts a new line on top. Nobody but the owner may read it (mode 0600).

use crate::kernel::Rng;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};
use zeroize::{Zeroize, Zeroizing};

pub(super) const KEY_BYTES: usize = 32;
pub(super) const KEY_ID_BYTES: usize = 4;
const OWNER_ONLY: u32 = 0o600;
const OTHERS: u32 = 0o077;

/// Where the key files lie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The key that wraps each record's own key.
    pub encryption_key_file: PathBuf,
    /// The key of blind indexes and derived secrets.
    pub index_key_file: PathBuf,
}

impl Settings {
    /// The names that `menfu keys init` uses in a folder.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self { encryption_key_file: folder.join("encryption.key"), index_key_file: folder.join("index.key") }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::in_folder(Path::new("keys"))
    }
}

/// Why a key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum VaultFileError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{0}: exists; a key is never overwritten")]
    Exists(PathBuf),
    #[error("{0}: others than its owner may access it; it needs mode 0600")]
    Open(PathBuf),
    #[error("{path}, line {line}: not a base64url key of 256 bits")]
    Malformed { path: PathBuf, line: usize },
    #[error("{0}: holds no key")]
    Empty(PathBuf),
}

/// One key; its id is the start of its digest.
pub(super) struct Key {
    id: [u8; KEY_ID_BYTES],
    bytes: Zeroizing<[u8; KEY_BYTES]>,
}

impl Key {
    fn new(bytes: [u8; KEY_BYTES]) -> Self {
        let digest = Sha256::new().chain_update(b"menfu key id").chain_update(bytes).finalize();
        let [a, b, c, d, ..]: [u8; 32] = digest.into();
        Self { id: [a, b, c, d], bytes: Zeroizing::new(bytes) }
    }

    pub(super) fn id(&self) -> [u8; KEY_ID_BYTES] {
        self.id
    }

    pub(super) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.bytes
    }
}

/// The keys of one purpose: never empty.
pub struct KeyRing {
    active: Key,
    retired: Vec<Key>,
}

impl KeyRing {
    /// A ring with an active key and those it took over from, the youngest first.
    #[must_use]
    pub fn new(active: [u8; KEY_BYTES], retired: &[[u8; KEY_BYTES]]) -> Self {
        Self { active: Key::new(active), retired: retired.iter().copied().map(Key::new).collect() }
    }

    /// # Errors
    /// [`VaultFileError`]
    pub fn read(path: &Path) -> Result<Self, VaultFileError> {
        let io = |source| VaultFileError::Io { path: path.into(), source };
        if fs::metadata(path).map_err(io)?.permissions().mode() & OTHERS != 0 {
            return Err(VaultFileError::Open(path.into()));
        }
        Self::parse(path, &Zeroizing::new(fs::read_to_string(path).map_err(io)?))
    }

    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, VaultFileError> {
        let mut keys = Vec::new();
        for (line, content) in text.lines().enumerate().filter(|(_, content)| !content.trim().is_empty()) {
            let malformed = || VaultFileError::Malformed { path: path.into(), line: line + 1 };
            keys.push(decode(content.trim()).map(Key::new).ok_or_else(malformed)?);
        }
        let mut keys = keys.into_iter();
        let active = keys.next().ok_or_else(|| VaultFileError::Empty(path.into()))?;
        Ok(Self { active, retired: keys.collect() })
    }

    pub(super) fn active(&self) -> &Key {
        &self.active
    }

    pub(super) fn root(&self) -> &Key {
        self.retired.last().unwrap_or(&self.active)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.active).chain(&self.retired)
    }

    pub(super) fn find(&self, id: [u8; KEY_ID_BYTES]) -> Option<&Key> {
        self.iter().find(|key| key.id == id)
    }
}

fn decode(text: &str) -> Option<[u8; KEY_BYTES]> {
    let mut bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let key = bytes.as_slice().try_into().ok();
    bytes.zeroize();
    key
}

/// Makes both files, or none when one is there.
pub(super) fn write_new(settings: &Settings, rng: &dyn Rng) -> Result<(), VaultFileError> {
    let files = [&settings.encryption_key_file, &settings.index_key_file];
    if let Some(present) = files.iter().find(|path| path.exists()) {
        return Err(VaultFileError::Exists(present.to_path_buf()));
    }
    files.into_iter().try_for_each(|path| write_key(path, rng))
}

fn write_key(path: &Path, rng: &dyn Rng) -> Result<(), VaultFileError> {
    let io = |source| VaultFileError::Io { path: path.into(), source };
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    rng.fill(key.as_mut_slice());
    let line = Zeroizing::new(format!("{}\n", URL_SAFE_NO_PAD.encode(key.as_slice())));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(io)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(path).map_err(io)?;
    file.write_all(line.as_bytes()).and_then(|()| file.sync_all()).map_err(io)
}
