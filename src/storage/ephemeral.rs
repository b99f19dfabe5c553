//! What may be lost: rate windows below an hour, replay caches, captchas, hot copies.
//!
//! Each operation is atomic. With the store gone they fail with [`EphemeralError`], and whoever needs them answers 503.

mod memory;
mod redis;
mod settings;

pub use memory::MemoryEphemeral;
pub use redis::RedisEphemeral;
pub use settings::Settings;

use crate::kernel::Clock;
use async_trait::async_trait;
use std::{sync::Arc, time::Duration};

/// The store does not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the ephemeral store does not answer: {0}")]
pub struct EphemeralError(pub String);

/// A key-value store whose entries end by themselves.
#[async_trait]
pub trait Ephemeral: Send + Sync {
    /// Stores a value, in place of an earlier one.
    async fn put(&self, key: &str, value: &str, ttl: Duration) -> Result<(), EphemeralError>;

    /// Stores a value unless there is one; false when there was. Of many callers one wins.
    async fn put_new(&self, key: &str, value: &str, ttl: Duration) -> Result<bool, EphemeralError>;

    async fn get(&self, key: &str) -> Result<Option<String>, EphemeralError>;

    /// Reads and removes; of many callers one gets the value.
    async fn take(&self, key: &str) -> Result<Option<String>, EphemeralError>;

    /// Adds one and tells the sum. The window starts with the first call and ends after `ttl`, whatever comes between.
    async fn bump(&self, key: &str, ttl: Duration) -> Result<u64, EphemeralError>;
}

/// The store that the settings name. Does not wait for Redis to answer; needs a runtime to keep the connection.
///
/// # Errors
/// Settings that cannot be meant, an address or a certificate that cannot be read.
pub fn open(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Arc<dyn Ephemeral>, EphemeralError> {
    settings.validate().map_err(EphemeralError)?;
    if settings.is_memory() {
        return Ok(Arc::new(MemoryEphemeral::new(clock)));
    }
    Ok(Arc::new(RedisEphemeral::open(settings)?))
}

#[cfg(test)]
mod tests;
