//! `menfu migrate`.

use std::io::Write;

use super::{CliError, block_on};
use crate::{config::Config, storage::Db};

pub(super) fn run(config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    block_on(async {
        let db = Db::connect(&config.storage).await?;
        db.migrate().await?;
        Ok(db.close().await?)
    })?;
    Ok(writeln!(out, "the database has this version's schema")?)
}
