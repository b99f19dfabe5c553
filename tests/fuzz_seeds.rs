//! Every seed of the fuzz targets, through the same functions: CI keeps them alive without a fuzzer.
//!
//! `tests/fuzz/README.md` says how the fuzzer itself is run. A crash that it finds becomes a seed here.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test program: a panic is its way to fail"
)]

#[path = "fuzz/targets.rs"]
mod targets;

use std::collections::BTreeSet;
use std::path::PathBuf;

use menfu::{kernel, storage};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
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
    targets::requests::close();
}

/// Bytes that mean something somewhere.
const ODD: &[u8] = b"\0\n\r\x7f\xff\"'%&=;,.~-_ {}[]\\0123456789";

/// What a fuzzer without eyes would try: the same tries each time, `MENFU_TEST_MUTATIONS` of each seed.
#[test]
fn every_seed_a_little_changed_keeps_the_promises_too() {
    let tries = std::env::var("MENFU_TEST_MUTATIONS").ok().map_or(50, |number| number.parse().unwrap());
    for (name, target) in TARGETS {
        let folder = folder().join("seeds").join(name);
        let seeds: Vec<_> = names(&format!("seeds/{name}"), "")
            .iter()
            .map(|seed| std::fs::read(folder.join(seed)).unwrap())
            .collect();
        let mut dice = ChaCha8Rng::seed_from_u64(1);
        // Whole requests take their time.
        let tries = if name == "requests" { tries / 10 } else { tries };
        for number in 0..tries * seeds.len() {
            let data = changed(&mut dice, &seeds, number % seeds.len());
            let outcome = std::panic::catch_unwind(|| target(&data));
            assert!(outcome.is_ok(), "{name}: {:?}", String::from_utf8_lossy(&data));
        }
    }
    targets::requests::close();
}

/// A seed with a few bytes changed, taken out, repeated, or put in from another one.
fn changed(dice: &mut ChaCha8Rng, seeds: &[Vec<u8>], which: usize) -> Vec<u8> {
    let mut data = seeds[which].clone();
    let below =
        |dice: &mut ChaCha8Rng, limit: usize| usize::try_from(dice.next_u32()).unwrap() % limit.max(1);
    for _ in 0..=below(dice, 4) {
        let (at, length) = (below(dice, data.len()), 1 + below(dice, 8));
        let end = data.len().min(at + length);
        match below(dice, 6) {
            0 if at < data.len() => data[at] ^= 1 << below(dice, 8),
            1 if at < data.len() => data[at] = ODD[below(dice, ODD.len())],
            2 => drop(data.drain(at..end)),
            3 => drop(data.splice(at..at, data[at..end].repeat(1 + below(dice, 40)))),
            4 => {
                let other = &seeds[below(dice, seeds.len())];
                let from = below(dice, other.len());
                drop(data.splice(at..at, other[from..other.len().min(from + 4 * length)].to_vec()));
            }
            _ => data.truncate(at),
        }
    }
    data
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
