//! Looks for secrets in bytes, in each encoding in which somebody might have written them down.

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Searches for all secrets in all encodings in one pass.
pub struct Scan {
    automaton: AhoCorasick,
    /// What each pattern is: a secret and its encoding.
    meanings: Vec<(String, &'static str)>,
}

/// A secret where none may be.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    pub place: String,
    pub secret: String,
    pub encoding: &'static str,
    /// What stands around it.
    pub around: String,
}

impl Scan {
    pub fn of(secrets: &[String]) -> Self {
        let mut patterns = BTreeMap::new();
        for secret in secrets {
            for (encoding, pattern) in encodings(secret) {
                patterns.entry(pattern).or_insert((secret.clone(), encoding));
            }
        }
        let kind = Some(AhoCorasickKind::ContiguousNFA);
        let automaton = AhoCorasick::builder().kind(kind).build(patterns.keys()).unwrap();
        Self { automaton, meanings: patterns.into_values().collect() }
    }

    /// All that stands in a place.
    pub fn search(&self, place: &str, bytes: &[u8]) -> Vec<Finding> {
        let found = self.automaton.find_overlapping_iter(bytes);
        let told = found.map(|found| {
            let (secret, encoding) = self.meanings[found.pattern().as_usize()].clone();
            let around = &bytes[found.start().saturating_sub(80)..bytes.len().min(found.end() + 40)];
            let around = String::from_utf8_lossy(around).into_owned();
            Finding { place: place.to_owned(), secret, encoding, around }
        });
        told.collect()
    }
}

/// The ways to write a secret down.
pub fn encodings(secret: &str) -> Vec<(&'static str, Vec<u8>)> {
    let utf8 = secret.as_bytes();
    let utf16: Vec<u16> = secret.encode_utf16().collect();
    let little: Vec<u8> = utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let big: Vec<u8> = utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    let escaped = |upper: bool| {
        let unit = |unit: &u16| match (*unit < 128, upper) {
            (true, _) => char::from(u8::try_from(*unit).unwrap()).to_string(),
            (_, true) => format!("\\u{unit:04X}"),
            (_, false) => format!("\\u{unit:04x}"),
        };
        utf16.iter().map(unit).collect::<String>().into_bytes()
    };
    let percent: String = url::form_urlencoded::byte_serialize(utf8).collect();
    let mut all = vec![
        ("UTF-8", utf8.to_vec()),
        ("hex", hex(utf8)),
        ("upper-case hex", hex(utf8).to_ascii_uppercase()),
        // As a row or a dump writes it out where it stands as bytes.
        ("hex of UTF-16, little end first", hex(&little)),
        ("upper-case hex of UTF-16, little end first", hex(&little).to_ascii_uppercase()),
        ("hex of UTF-16, big end first", hex(&big)),
        ("upper-case hex of UTF-16, big end first", hex(&big).to_ascii_uppercase()),
        ("UTF-16, little end first", little),
        ("UTF-16, big end first", big),
        ("an escaped string of JSON", escaped(false)),
        ("an escaped string of JSON, upper-case", escaped(true)),
        ("a part of a URL", percent.to_ascii_lowercase().into_bytes()),
        ("a part of a URL, upper-case", percent.into_bytes()),
    ];
    for place in 0..3 {
        all.push(("base64", in_base64(&STANDARD_NO_PAD, utf8, place)));
        all.push(("base64url", in_base64(&URL_SAFE_NO_PAD, utf8, place)));
    }
    all
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
}

/// What base64 makes of the bytes when so many others stand before them, whatever these are and whatever follows.
fn in_base64(engine: &impl Engine, bytes: &[u8], before: usize) -> Vec<u8> {
    let padded = [&vec![0; before], bytes].concat();
    let (first, last) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
    engine.encode(padded).as_bytes()[first..last].to_vec()
}

#[test]
fn a_secret_is_found_in_every_encoding_wherever_it_begins() {
    let secrets =
        ["440301199001010017", "13900000017", "司马晓雨", "6217000000000012349", "44030119900101003X"];
    let scan = Scan::of(&secrets.map(ToOwned::to_owned));
    for secret in secrets {
        for before in 0..9 {
            let plain =
                ["?>~汉x".repeat(2).as_bytes()[..before].to_vec(), secret.into(), b"\xff\xfe?>".to_vec()]
                    .concat();
            let written: [(&str, Vec<u8>); 4] = [
                ("UTF-8", plain.clone()),
                ("hex", hex(&plain)),
                ("base64", STANDARD_NO_PAD.encode(&plain).into_bytes()),
                ("base64url", URL_SAFE_NO_PAD.encode(&plain).into_bytes()),
            ];
            for (encoding, bytes) in written {
                let found = scan.search("here", &bytes);
                assert!(
                    found.iter().any(|one| one.secret == secret),
                    "{secret} in {encoding} after {before}"
                );
            }
        }
        for (encoding, pattern) in encodings(secret) {
            let bytes = [b"\0before".as_slice(), &pattern, b"after"].concat();
            assert!(scan.search("here", &bytes).iter().any(|one| one.secret == secret), "{encoding}");
        }
    }
}

#[test]
fn what_is_no_secret_is_not_found() {
    let scan = Scan::of(&["13900000017".to_owned(), "司马晓雨".to_owned()]);
    let innocent = "139****0017 司马** 1390000001 13900000018 司马晓 晓雨";
    for bytes in [innocent.as_bytes(), &hex(innocent.as_bytes()), STANDARD_NO_PAD.encode(innocent).as_bytes()]
    {
        assert_eq!(scan.search("here", bytes), []);
    }
}
