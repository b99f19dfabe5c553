//! Every seed of the fuzz targets, through the same functions: CI keeps them alive without a fuzzer.
//!
//! `tests/fuzz/README.md` says how the fuzzer itself is run. A crash that it finds becomes a seed here.

#![expect(clippy::unwrap_used, reason = "a test program: a panic is its way to fail")]

#[path = "fuzz/targets.rs"]
mod targets;

use std::collections::BTreeSet;
use std::path::PathBuf;

use targets::TARGETS;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz")
}

fn names(folder: &str, ending: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(self::folder().join(folder)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.map(|name| name.trim_end_matches(ending).to_owned()).collect()
}

#[test]
fn every_seed_of_every_target_keeps_its_promises() {
    for (name, target) in TARGETS {
        let seeds = names(&format!("seeds/{name}"), "");
        assert!(seeds.len() >= 3, "{name}");
        for seed in seeds {
            let path = folder().join("seeds").join(name).join(&seed);
            let data = std::fs::read(path).unwrap();
            let outcome = std::panic::catch_unwind(|| target(&data));
            assert!(outcome.is_ok(), "{name}: {seed}");
        }
        for length in 0..3 {
            target(&[0xFF, 0xE9, b'\n'][..length]);
        }
    }
}

#[test]
fn every_target_is_a_program_and_has_seeds() {
    let declared: BTreeSet<_> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(declared, names("fuzz_targets", ".rs"));
    assert_eq!(declared, names("seeds", ""));
    let manifest = std::fs::read_to_string(folder().join("Cargo.toml")).unwrap();
    for name in declared {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
    }
}
