//! The installation's keys and the files that hold them.
//!
//! A key file has one base64url key of 256 bits a line; the first is active, the last is the root and stays for ever. A
//! line that begins with `next ` is known, and used by nobody yet: what another node writes under it can be read, so that
//! nodes take up a new key one after the other. Nobody but the owner may read the file (mode 0600).

use crate::kernel::Rng;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    fmt,
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};
use zeroize::{Zeroize, Zeroizing};

pub(super) const KEY_BYTES: usize = 32;
pub(super) const KEY_ID_BYTES: usize = 4;
pub(super) const OWNER_ONLY: u32 = 0o600;
const OTHERS: u32 = 0o077;
/// Before a key that is known and not used yet.
pub(super) const NEXT: &str = "next ";

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
    #[error("{0}: two keys are marked `next`")]
    TwoNext(PathBuf),
    #[error("{0}: a key is marked `next` already; activate it first")]
    Prepared(PathBuf),
    #[error("{0}: no key is marked `next`; prepare one first")]
    NotPrepared(PathBuf),
    #[error("{0}: its last line is another key than before, and every derived secret hangs on it")]
    OtherRoot(PathBuf),
    #[error("{path}: does not hold the key {key}, which is in use")]
    Missing { path: PathBuf, key: KeyName },
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

/// The name of a key: the base64url of its id, as it stands in sealed values and blind indexes. It tells nothing of the key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyName(String);

impl KeyName {
    pub(super) fn of(id: [u8; KEY_ID_BYTES]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(id))
    }

    /// The key of a value that begins with these characters.
    pub(super) fn written(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which keys of one purpose a node holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// What it writes under.
    pub active: KeyName,
    /// What it reads as well, but writes nothing under yet.
    pub next: Option<KeyName>,
    /// What it reads as well, the youngest first.
    pub old: Vec<KeyName>,
}

impl Held {
    /// Whether a value under this key can be read.
    #[must_use]
    pub fn knows(&self, key: &KeyName) -> bool {
        self.active == *key || self.next.as_ref() == Some(key) || self.old.contains(key)
    }
}

/// The keys of one purpose: never empty.
pub struct KeyRing {
    active: Key,
    next: Option<Key>,
    retired: Vec<Key>,
}

impl KeyRing {
    /// A ring with an active key and those it took over from, the youngest first.
    #[must_use]
    pub fn new(active: [u8; KEY_BYTES], retired: &[[u8; KEY_BYTES]]) -> Self {
        Self {
            active: Key::new(active),
            next: None,
            retired: retired.iter().copied().map(Key::new).collect(),
        }
    }

    /// The same with a key that is known and not used yet.
    #[must_use]
    pub fn with_next(self, next: [u8; KEY_BYTES]) -> Self {
        Self { next: Some(Key::new(next)), ..self }
    }

    /// # Errors
    /// [`VaultFileError`]
    pub fn read(path: &Path) -> Result<Self, VaultFileError> {
        Self::parse(path, &read(path)?)
    }

    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, VaultFileError> {
        let (mut keys, mut next) = (Vec::new(), None);
        for (line, content) in text.lines().enumerate().filter(|(_, content)| !content.trim().is_empty()) {
            let malformed = || VaultFileError::Malformed { path: path.into(), line: line + 1 };
            let marked = content.trim().strip_prefix(NEXT);
            let key = decode(marked.unwrap_or(content).trim()).map(Key::new).ok_or_else(malformed)?;
            match marked {
                None => keys.push(key),
                Some(_) if next.is_some() => return Err(VaultFileError::TwoNext(path.into())),
                Some(_) => next = Some(key),
            }
        }
        let mut keys = keys.into_iter();
        let active = keys.next().ok_or_else(|| VaultFileError::Empty(path.into()))?;
        Ok(Self { active, next, retired: keys.collect() })
    }

    pub fn held(&self) -> Held {
        Held {
            active: KeyName::of(self.active.id()),
            next: self.next.as_ref().map(|key| KeyName::of(key.id())),
            old: self.retired.iter().map(|key| KeyName::of(key.id())).collect(),
        }
    }

    /// Whoever takes over reads at least what was written a moment ago.
    pub(super) fn takes_over(&self, path: &Path, old: &Self) -> Result<(), VaultFileError> {
        match self.find(old.active.id()) {
            Some(_) => Ok(()),
            None => Err(VaultFileError::Missing { path: path.into(), key: KeyName::of(old.active.id()) }),
        }
    }

    pub(super) fn has_root_of(&self, path: &Path, old: &Self) -> Result<(), VaultFileError> {
        let same = self.root().id() == old.root().id();
        if same { Ok(()) } else { Err(VaultFileError::OtherRoot(path.into())) }
    }

    pub(super) fn active(&self) -> &Key {
        &self.active
    }

    pub(super) fn root(&self) -> &Key {
        self.retired.last().unwrap_or(&self.active)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.active).chain(&self.next).chain(&self.retired)
    }

    pub(super) fn find(&self, id: [u8; KEY_ID_BYTES]) -> Option<&Key> {
        self.iter().find(|key| key.id == id)
    }
}

/// The text of a key file that nobody else may read.
pub(super) fn read(path: &Path) -> Result<Zeroizing<String>, VaultFileError> {
    let io = |source| VaultFileError::Io { path: path.into(), source };
    if fs::metadata(path).map_err(io)?.permissions().mode() & OTHERS != 0 {
        return Err(VaultFileError::Open(path.into()));
    }
    Ok(Zeroizing::new(fs::read_to_string(path).map_err(io)?))
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
    let line = fresh_line(rng);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(io)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(path).map_err(io)?;
    file.write_all(line.as_bytes()).and_then(|()| file.sync_all()).map_err(io)
}

/// A new key as its line.
pub(super) fn fresh_line(rng: &dyn Rng) -> Zeroizing<String> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    rng.fill(key.as_mut_slice());
    Zeroizing::new(format!("{}\n", URL_SAFE_NO_PAD.encode(key.as_slice())))
}
