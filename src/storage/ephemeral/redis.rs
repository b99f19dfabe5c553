//! The ephemeral store of many nodes: Redis, one command an operation, so each is atomic on the server.
//!
//! A command is sent a second time only when its connection broke. It may have been carried out then, and every
//! operation is made so that twice is the safe side: a captcha is used up, a `jti` is known, a window is fuller.

mod link;

use super::{Ephemeral, EphemeralError, Settings};
use async_trait::async_trait;
use link::Link;
use redis::{Cmd, FromRedisValue};
use std::time::Duration;

/// Counts one; the window starts when there is none. `EVAL` carries the text, so a server that has restarted knows it.
const BUMP: &str = "local sum = redis.call('INCR', KEYS[1]) \
                    if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end \
                    return sum";

/// Entries in a Redis that all nodes share.
pub struct RedisEphemeral {
    prefix: String,
    link: Link,
}

impl RedisEphemeral {
    /// Does not wait for Redis: a node serves what needs none while Redis is away.
    ///
    /// # Errors
    /// An address or a certificate that cannot be read.
    pub fn open(settings: &Settings) -> Result<Self, EphemeralError> {
        Ok(Self { prefix: settings.prefix.clone(), link: Link::open(settings)? })
    }

    /// Asks Redis for a sign of life.
    ///
    /// # Errors
    /// That it gives none.
    pub async fn ping(&self) -> Result<(), EphemeralError> {
        self.ask::<String>(redis::cmd("PING")).await.map(|_| ())
    }

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    async fn ask<T: FromRedisValue>(&self, command: Cmd) -> Result<T, EphemeralError> {
        let value = self.link.ask(&command).await?;
        redis::from_redis_value(value).map_err(|error| EphemeralError(error.to_string()))
    }
}

/// Redis takes whole milliseconds, at least one.
fn millis(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).clamp(1, 1 << 52)
}

fn set(key: &str, value: &str, ttl: Duration) -> Cmd {
    let mut command = redis::cmd("SET");
    command.arg(key).arg(value).arg("PX").arg(millis(ttl));
    command
}

#[async_trait]
impl Ephemeral for RedisEphemeral {
    async fn put(&self, key: &str, value: &str, ttl: Duration) -> Result<(), EphemeralError> {
        self.ask(set(&self.key(key), value, ttl)).await
    }

    async fn put_new(&self, key: &str, value: &str, ttl: Duration) -> Result<bool, EphemeralError> {
        let mut command = set(&self.key(key), value, ttl);
        command.arg("NX");
        Ok(self.ask::<Option<String>>(command).await?.is_some())
    }

    async fn get(&self, key: &str) -> Result<Option<String>, EphemeralError> {
        let mut command = redis::cmd("GET");
        command.arg(self.key(key));
        self.ask(command).await
    }

    async fn take(&self, key: &str) -> Result<Option<String>, EphemeralError> {
        let mut command = redis::cmd("GETDEL");
        command.arg(self.key(key));
        self.ask(command).await
    }

    async fn bump(&self, key: &str, ttl: Duration) -> Result<u64, EphemeralError> {
        let mut command = redis::cmd("EVAL");
        command.arg(BUMP).arg(1).arg(self.key(key)).arg(millis(ttl));
        self.ask(command).await
    }
}

#[cfg(test)]
mod tests;
