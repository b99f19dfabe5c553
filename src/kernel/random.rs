//! Randomness as a parameter: only [`OsRng`] asks the operating system.

/// Where random bytes come from.
pub trait Rng: Send + Sync {
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRng;

impl Rng for OsRng {
    /// Ends the process when the operating system has no randomness: every answer after that would be guessable.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for randomness")]
    fn fill(&self, bytes: &mut [u8]) {
        if getrandom::fill(bytes).is_err() {
            std::process::abort();
        }
    }
}

/// `N` random bytes.
#[must_use]
pub fn random_bytes<const N: usize>(rng: &dyn Rng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill(&mut bytes);
    bytes
}

/// The same bytes for the same seed: SHA-256 of seed and counter. For tests and seeded demo data only.
#[cfg(any(test, feature = "sandbox"))]
#[derive(Debug)]
pub struct SeededRng {
    seed: u64,
    counter: std::sync::atomic::AtomicU64,
}

#[cfg(any(test, feature = "sandbox"))]
impl SeededRng {
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, counter: std::sync::atomic::AtomicU64::new(0) }
    }
}

#[cfg(any(test, feature = "sandbox"))]
impl Rng for SeededRng {
    fn fill(&self, bytes: &mut [u8]) {
        use sha2::Digest;
        for chunk in bytes.chunks_mut(32) {
            let number = self.counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let block =
                sha2::Sha256::new().chain_update(self.seed.to_be_bytes()).chain_update(number.to_be_bytes());
            for (byte, random) in chunk.iter_mut().zip(block.finalize()) {
                *byte = random;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_generator_does_not_repeat_itself() {
        assert_ne!(random_bytes::<32>(&OsRng), random_bytes::<32>(&OsRng));
    }

    #[test]
    fn a_seed_gives_the_same_stream_again_and_never_the_same_block_twice() {
        let (one, two) = (SeededRng::new(7), SeededRng::new(7));
        let first = random_bytes::<40>(&one);
        assert_eq!(first, random_bytes::<40>(&two));
        assert_ne!(first, random_bytes::<40>(&one));
        assert_ne!(first, random_bytes::<40>(&SeededRng::new(8)));
    }
}
