//! The steps of a rotation in a key file: prepare, activate, retire.
//!
//! ```text
//! K1 ──prepare──▶ next K2, K1 ──activate──▶ K2, K1 ──(rows are rewritten)── retire ──▶ K2   (an index file: K2, root)
//! ```
//! A file is replaced whole (written beside, synchronised, renamed) and keeps owner and mode. What retires goes to
//! `<file>.retired`: a backup from before needs it.

use super::keys::{KeyRing, NEXT, OWNER_ONLY, VaultFileError, fresh_line, read};
use crate::kernel::Rng;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, chown},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// Whether the last key stays when others retire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    Stays,
    Goes,
}

/// Adds a key that everybody is to know before anybody uses it.
///
/// # Errors
/// [`VaultFileError::Prepared`] when one waits already; [`VaultFileError`]
pub fn prepare(path: &Path, rng: &dyn Rng) -> Result<KeyRing, VaultFileError> {
    let text = read(path)?;
    if KeyRing::parse(path, &text)?.held().next.is_some() {
        return Err(VaultFileError::Prepared(path.into()));
    }
    let line = fresh_line(rng);
    replace(path, &Zeroizing::new([NEXT, &line, &text].concat()))
}

/// The prepared key becomes the active one.
///
/// # Errors
/// [`VaultFileError::NotPrepared`] when there is none; [`VaultFileError`]
pub fn activate(path: &Path) -> Result<KeyRing, VaultFileError> {
    let text = read(path)?;
    KeyRing::parse(path, &text)?;
    let (next, others): (Vec<_>, Vec<_>) = lines(&text).partition(|line| line.trim().starts_with(NEXT));
    let next = next.first().and_then(|line| line.trim().strip_prefix(NEXT));
    let next = next.ok_or_else(|| VaultFileError::NotPrepared(path.into()))?;
    replace(path, &joined([next].into_iter().chain(others)))
}

/// Takes the old keys out of the file and keeps them beside it; tells where, or `None` when there was none.
///
/// # Errors
/// [`VaultFileError`]
pub fn retire(path: &Path, root: Root) -> Result<Option<PathBuf>, VaultFileError> {
    let text = read(path)?;
    KeyRing::parse(path, &text)?;
    let (next, used): (Vec<_>, Vec<_>) = lines(&text).partition(|line| line.trim().starts_with(NEXT));
    let mut old: Vec<_> = used.iter().copied().skip(1).collect();
    let root = match root {
        Root::Stays => old.pop(),
        Root::Goes => None,
    };
    if old.is_empty() {
        return Ok(None);
    }
    let beside = beside(path, "retired");
    keep(&beside, &joined(old.into_iter()))?;
    replace(path, &joined(next.into_iter().chain(used.first().copied()).chain(root)))?;
    Ok(Some(beside))
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim().is_empty())
}

fn joined<'a>(lines: impl Iterator<Item = &'a str>) -> Zeroizing<String> {
    Zeroizing::new(lines.flat_map(|line| [line.trim(), "\n"]).collect())
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ending);
    path.with_file_name(name)
}

/// Appends to the keys that retired before.
fn keep(path: &Path, text: &str) -> Result<(), VaultFileError> {
    let io = |source| VaultFileError::Io { path: path.into(), source };
    let mut file = OpenOptions::new().append(true).create(true).mode(OWNER_ONLY).open(path).map_err(io)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io)
}

/// Whoever reads meanwhile reads the old file or the new one; a link stays one.
fn replace(path: &Path, text: &str) -> Result<KeyRing, VaultFileError> {
    let ring = KeyRing::parse(path, text)?;
    let failed = |source| VaultFileError::Io { path: path.into(), source };
    let file = fs::canonicalize(path).map_err(failed)?;
    write_whole(&file, &beside(&file, "new"), text).map_err(failed)?;
    Ok(ring)
}

fn write_whole(file: &Path, fresh: &Path, text: &str) -> io::Result<()> {
    let owner = fs::metadata(file)?;
    match fs::remove_file(fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut new = OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(fresh)?;
    new.write_all(text.as_bytes())?;
    let made = new.metadata()?;
    // Root may rotate the keys of the service's own user.
    if (made.uid(), made.gid()) != (owner.uid(), owner.gid()) {
        chown(fresh, Some(owner.uid()), Some(owner.gid()))?;
    }
    new.sync_all()?;
    fs::rename(fresh, file)?;
    match file.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SeededRng;
    use std::os::unix::fs::PermissionsExt;

    struct Place {
        _folder: tempfile::TempDir,
        path: PathBuf,
    }

    impl Place {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("encryption.key");
            let place = Self { _folder: folder, path };
            fs::write(&place.path, fresh_line(&SeededRng::new(1)).as_bytes()).unwrap();
            fs::set_permissions(&place.path, fs::Permissions::from_mode(0o600)).unwrap();
            place
        }

        fn lines(&self) -> Vec<String> {
            fs::read_to_string(&self.path).unwrap().lines().map(ToOwned::to_owned).collect()
        }

        fn mode(&self, path: &Path) -> u32 {
            fs::metadata(path).unwrap().permissions().mode() & 0o777
        }
    }

    #[test]
    fn a_key_is_known_then_used_then_the_old_one_retires() {
        let here = Place::new();
        let old = here.lines();
        let known = prepare(&here.path, &SeededRng::new(2)).unwrap().held();
        assert_eq!(known.active, KeyRing::read(&here.path).unwrap().held().active);
        let new = known.next.unwrap();
        let used = activate(&here.path).unwrap().held();
        assert_eq!((used.active, used.next, used.old), (new.clone(), None, vec![known.active]));
        let kept = retire(&here.path, Root::Goes).unwrap().unwrap();
        assert_eq!(KeyRing::read(&here.path).unwrap().held().active, new);
        assert_eq!(here.lines().len(), 1);
        assert_eq!(fs::read_to_string(&kept).unwrap().lines().collect::<Vec<_>>(), old);
        assert_eq!((here.mode(&here.path), here.mode(&kept)), (0o600, 0o600));
        assert_eq!(retire(&here.path, Root::Goes).unwrap(), None);
    }

    #[test]
    fn the_root_stays_where_it_is_last() {
        let here = Place::new();
        let root = here.lines();
        for seed in [2, 3] {
            prepare(&here.path, &SeededRng::new(seed)).unwrap();
            activate(&here.path).unwrap();
        }
        let young = here.lines()[0].clone();
        assert!(retire(&here.path, Root::Stays).unwrap().is_some());
        assert_eq!(here.lines(), [young, root[0].clone()]);
        assert_eq!(retire(&here.path, Root::Stays).unwrap(), None);
    }

    #[test]
    fn steps_out_of_order_are_refused_and_change_nothing() {
        let here = Place::new();
        assert!(matches!(activate(&here.path), Err(VaultFileError::NotPrepared(_))));
        prepare(&here.path, &SeededRng::new(2)).unwrap();
        let before = here.lines();
        assert!(matches!(prepare(&here.path, &SeededRng::new(3)), Err(VaultFileError::Prepared(_))));
        assert_eq!(here.lines(), before);
    }

    #[test]
    fn what_a_crash_left_beside_the_file_is_in_nobodys_way_and_a_link_stays_a_link() {
        let here = Place::new();
        fs::write(beside(&here.path, "new"), "half a k").unwrap();
        let link = here.path.with_file_name("link.key");
        std::os::unix::fs::symlink(&here.path, &link).unwrap();
        prepare(&link, &SeededRng::new(2)).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(here.lines().len(), 2);
        assert!(!beside(&here.path, "new").exists());
    }

    #[test]
    fn a_file_with_two_next_keys_is_refused() {
        let here = Place::new();
        let next = |seed| [NEXT, &fresh_line(&SeededRng::new(seed))].concat();
        let text = next(2) + &next(3) + &here.lines()[0];
        assert!(matches!(KeyRing::parse(&here.path, &text), Err(VaultFileError::TwoNext(_))));
    }
}
