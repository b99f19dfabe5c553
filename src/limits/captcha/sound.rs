//! The sound of a captcha: its characters spoken one after another, with pauses of random length, under random noise.

use std::{collections::BTreeMap, sync::OnceLock};

use crate::kernel::Rng;

/// 16-bit mono.
const RATE: u32 = 22_050;
const HEADER_BYTES: u32 = 36;
/// Half the height of the noise.
const NOISE: i32 = 1_500;
/// Each pause has a random part of up to this many samples, beside as many fixed ones: about a quarter second each.
const PAUSE: u16 = 5_500;

/// The spoken characters as WAV; `None` when one of them was never recorded.
pub(super) fn wav(text: &str, rng: &dyn Rng) -> Option<Vec<u8>> {
    let mut samples = silence(rng);
    for c in text.chars() {
        samples.extend(recordings().get(&c)?);
        samples.extend(silence(rng));
    }
    add_noise(&mut samples, rng);
    file(&samples)
}

/// The recordings of the `captcha` package: four megabytes of JSON to read, so they are kept.
fn recordings() -> &'static BTreeMap<char, Vec<i16>> {
    static RECORDINGS: OnceLock<BTreeMap<char, Vec<i16>>> = OnceLock::new();
    RECORDINGS.get_or_init(|| {
        let mut spoken = captcha::Captcha::new();
        for byte in super::ALPHABET {
            spoken.set_chars(&[char::from(*byte)]).add_char();
        }
        let files = spoken.as_wav();
        let pairs = spoken.chars().into_iter().zip(files);
        pairs.filter_map(|(c, file)| Some((c, samples_of(&file?)))).collect()
    })
}

/// The samples behind the `data` header of a 16-bit file, up to where it falls silent.
fn samples_of(file: &[u8]) -> Vec<i16> {
    let start =
        file.windows(4).position(|four| four == b"data").map_or(file.len(), |at| at.saturating_add(8));
    let bytes = file.get(start..).unwrap_or_default();
    let pairs = bytes.chunks_exact(2).filter_map(|pair| <[u8; 2]>::try_from(pair).ok());
    pairs.map(i16::from_le_bytes).collect()
}

fn silence(rng: &dyn Rng) -> Vec<i16> {
    let random = u16::from_le_bytes(crate::kernel::random_bytes(rng)) % PAUSE;
    vec![0; usize::from(PAUSE.saturating_add(random))]
}

fn add_noise(samples: &mut [i16], rng: &dyn Rng) {
    let mut noise = vec![0_u8; samples.len().saturating_mul(2)];
    rng.fill(&mut noise);
    for (sample, pair) in samples.iter_mut().zip(noise.chunks_exact(2)) {
        let random = pair.iter().fold(0_i32, |sum, byte| sum * 256 + i32::from(*byte)) % (2 * NOISE) - NOISE;
        *sample = i16::try_from(i32::from(*sample) + random).unwrap_or(*sample);
    }
}

/// The canonical WAVE form: RIFF header, format chunk (PCM, mono, 16 bit), data chunk.
fn file(samples: &[i16]) -> Option<Vec<u8>> {
    let bytes = u32::try_from(samples.len().checked_mul(2)?).ok()?;
    let mut file = Vec::with_capacity(samples.len().saturating_mul(2).saturating_add(44));
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&bytes.checked_add(HEADER_BYTES)?.to_le_bytes());
    file.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend_from_slice(&RATE.to_le_bytes());
    file.extend_from_slice(&RATE.saturating_mul(2).to_le_bytes());
    file.extend_from_slice(b"\x02\0\x10\0data");
    file.extend_from_slice(&bytes.to_le_bytes());
    file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    Some(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SeededRng;

    #[test]
    fn every_character_we_use_was_recorded() {
        assert_eq!(recordings().len(), super::super::ALPHABET.len());
        assert!(recordings().values().all(|samples| samples.len() > 5_000));
    }

    #[test]
    fn the_file_says_how_long_it_is() {
        let file = wav("ab2c", &SeededRng::new(1)).unwrap();
        let number = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
        assert_eq!((&file[..4], &file[8..16], &file[36..40]), (&b"RIFF"[..], &b"WAVEfmt "[..], &b"data"[..]));
        assert_eq!(usize::try_from(number(4)).unwrap() + 8, file.len());
        assert_eq!(usize::try_from(number(40)).unwrap() + 44, file.len());
        assert_eq!(number(24), RATE);
    }

    #[test]
    fn the_same_characters_never_sound_the_same() {
        let rng = SeededRng::new(1);
        assert_ne!(wav("ab2c", &rng), wav("ab2c", &rng));
    }

    #[test]
    fn what_was_never_recorded_gives_no_sound() {
        assert!(wav("门", &SeededRng::new(1)).is_none());
        assert!(samples_of(b"no wave file").is_empty());
    }
}
