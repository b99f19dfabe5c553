//! ES256 signatures by ring: what every token pays for, so the quickest well-kept maker of them that TLS brings anyway.
//! Keys are made, and signatures verified, by josekit, which so judges each of ours.

use base64::{Engine, engine::general_purpose::STANDARD};
use josekit::{jwk::KeyPair, jws::ES256};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Signature},
};
use zeroize::Zeroizing;

use super::JoseError;

/// A P-256 key.
pub(super) struct Es256 {
    key: EcdsaKeyPair,
    random: SystemRandom,
}

impl Es256 {
    /// Of a private key in any form of DER that josekit reads.
    ///
    /// # Errors
    /// When it is no P-256 key.
    pub(super) fn new(private: &[u8]) -> Result<Self, JoseError> {
        let random = SystemRandom::new();
        let pem = Zeroizing::new(ES256.key_pair_from_der(private)?.to_pem_private_key());
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8(&pem)?, &random);
        let key = key.map_err(|rejected| JoseError::Key(rejected.to_string()))?;
        Ok(Self { key, random })
    }

    /// `R || S` (RFC 7518 §3.4).
    ///
    /// # Errors
    /// When the operating system has no randomness.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Signature, JoseError> {
        self.key.sign(&self.random, message).map_err(|_| JoseError::Key("ES256 failed".to_owned()))
    }
}

/// What stands between the first and the last line of a PEM (RFC 7468 §3).
fn pkcs8(pem: &[u8]) -> Result<Zeroizing<Vec<u8>>, JoseError> {
    let lines = pem.split(|byte| *byte == b'\n').filter(|line| !line.starts_with(b"-----"));
    let base64 = Zeroizing::new(lines.flatten().copied().collect::<Vec<u8>>());
    STANDARD.decode(&*base64).map(Zeroizing::new).map_err(|_| JoseError::Key("PEM".to_owned()))
}
