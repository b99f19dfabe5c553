//! `menfu vault status|prepare|activate|rewrite|retire`: rotating the vault's keys while the provider runs.
//!
//! Each step refuses while a living node could not follow, and says what comes next.

use std::{io::Write, path::Path};

use chrono::TimeDelta;
use clap::{Subcommand, ValueEnum};

use super::{CliError, block_on, keys::ctx, serve};
use crate::{
    app::vault::{INDEXED, SEALED},
    audit::{Audit, AuditEvent},
    config::Config,
    kernel::{OsRng, Timestamp},
    people,
    storage::{
        Base, StoreError,
        fleet::{self, Node},
        vault::{
            self, Held, HeldKeys, KeyName, Root,
            rewrite::{self, Batch, Census},
        },
    },
};

/// What a node began under its old keys is done by then.
const SETTLED: TimeDelta = TimeDelta::minutes(2);
/// Between two lines of progress.
const TELL_EVERY: TimeDelta = TimeDelta::seconds(1);

#[derive(Subcommand)]
pub(super) enum Command {
    /// Show the keys, how many rows hang on each, the nodes, and the next step.
    Status,
    /// First step: a new key that every node is to know before anybody uses it.
    Prepare { which: Which },
    /// Second step: write under the new key; the old one is still read.
    Activate { which: Which },
    /// Third step: bring the rows after, in batches, while the provider runs. Stopped, it goes on where it was.
    Rewrite {
        which: Which,
        /// Rows in one transaction.
        #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..=10_000))]
        batch: u64,
    },
    /// Last step: take the old keys out of the file, once no row hangs on them.
    Retire { which: Which },
}

/// A key file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Which {
    /// Of sealed values.
    Encryption,
    /// Of blind indexes.
    Index,
}

impl Which {
    fn as_str(self) -> &'static str {
        match self {
            Self::Encryption => "encryption",
            Self::Index => "index",
        }
    }

    fn file(self, config: &Config) -> &Path {
        match self {
            Self::Encryption => &config.vault.encryption_key_file,
            Self::Index => &config.vault.index_key_file,
        }
    }

    fn of(self, keys: &HeldKeys) -> &Held {
        match self {
            Self::Encryption => &keys.encryption,
            Self::Index => &keys.index,
        }
    }

    /// Derived secrets hang on the first index key for ever.
    fn root(self) -> Root {
        match self {
            Self::Encryption => Root::Goes,
            Self::Index => Root::Stays,
        }
    }

    /// The columns that hang on this file, each with its rows by key.
    async fn census(self, base: &Base) -> Result<Vec<(String, Census)>, StoreError> {
        let (db, mut columns) = (base.db.read(), Vec::new());
        match self {
            Self::Encryption => {
                for column in SEALED {
                    columns.push((column.to_string(), rewrite::sealed_census(db, &column).await?));
                }
            }
            Self::Index => {
                for column in INDEXED {
                    columns.push((column.to_string(), rewrite::index_census(db, &column).await?));
                }
            }
        }
        Ok(columns)
    }
}

impl Command {
    pub(super) fn run(&self, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
        block_on(async {
            let base = serve::open_base(config).await?;
            if !base.db.is_migrated().await? {
                return Err(CliError::Refused(
                    "the database has another schema: run `menfu migrate`".to_owned(),
                ));
            }
            let rotation =
                Rotation { config, nodes: fleet::living(base.db.read(), base.clock.now()).await?, base };
            match self {
                Self::Status => rotation.status(out).await,
                Self::Prepare { which } => rotation.prepare(*which, out).await,
                Self::Activate { which } => rotation.activate(*which, out).await,
                Self::Rewrite { which, batch } => rotation.rewrite(*which, *batch, out).await,
                Self::Retire { which } => rotation.retire(*which, out).await,
            }?;
            Ok(rotation.base.db.close().await?)
        })
    }
}

/// One step of one rotation.
struct Rotation<'a> {
    config: &'a Config,
    base: Base,
    nodes: Vec<Node>,
}

impl Rotation<'_> {
    async fn status(&self, out: &mut dyn Write) -> Result<(), CliError> {
        let held = self.base.vault.held();
        for which in [Which::Encryption, Which::Index] {
            let keys = which.of(&held);
            writeln!(out, "{} key, {}", which.as_str(), which.file(self.config).display())?;
            writeln!(out, "  {} active", keys.active)?;
            if let Some(next) = &keys.next {
                writeln!(out, "  {next} next")?;
            }
            for old in &keys.old {
                writeln!(out, "  {old} old")?;
            }
            let census = which.census(&self.base).await?;
            for (column, rows) in &census {
                let by_key = rows.iter().map(|(key, rows)| format!("{rows} under {key}")).collect::<Vec<_>>();
                writeln!(
                    out,
                    "  {column:<28} {}",
                    if by_key.is_empty() { "-".into() } else { by_key.join(", ") }
                )?;
            }
            writeln!(out, "  next step: {}\n", next_step(which, keys, behind(&census, &keys.active)))?;
        }
        for node in &self.nodes {
            let (keys, now) = (&node.keys, self.base.clock.now());
            let ago = (now - node.seen_at).num_seconds();
            writeln!(
                out,
                "node {} writes under {} and {}, seen {ago} s ago",
                node.id, keys.encryption.active, keys.index.active
            )?;
        }
        Ok(())
    }

    async fn prepare(&self, which: Which, out: &mut dyn Write) -> Result<(), CliError> {
        let file = which.file(self.config);
        let held = vault::prepare(file, &OsRng)?.held();
        let Some(next) = held.next else { return Err(CliError::Refused("nothing was prepared".to_owned())) };
        self.record(which, &next, "prepared").await?;
        writeln!(out, "{} holds the next key {next}, which nobody uses yet.", file.display())?;
        Ok(writeln!(
            out,
            "Copy the file to every node and send each SIGHUP; then: menfu vault activate {}",
            which.as_str()
        )?)
    }

    async fn activate(&self, which: Which, out: &mut dyn Write) -> Result<(), CliError> {
        let file = which.file(self.config);
        if let Some(next) = which.of(&self.base.vault.held()).next.clone() {
            self.every_node(
                |node| which.of(&node.keys).knows(&next),
                &format!("does not know the key {next} yet"),
            )?;
        }
        let active = vault::activate(file)?.held().active;
        self.record(which, &active, "activated").await?;
        writeln!(out, "{} now begins with the key {active}.", file.display())?;
        Ok(writeln!(
            out,
            "Copy the file to every node and send each SIGHUP; then: menfu vault rewrite {}",
            which.as_str()
        )?)
    }

    async fn rewrite(&self, which: Which, size: u64, out: &mut dyn Write) -> Result<(), CliError> {
        let active = which.of(&self.base.vault.held()).active.clone();
        self.every_node_writes_under(which, &active)?;
        let left = match which {
            Which::Encryption => self.reseal(size, &active, out).await?,
            Which::Index => self.reindex(size, &active, out).await?,
        };
        for row in &left {
            writeln!(out, "left as it was: {row}")?;
        }
        if !left.is_empty() {
            return Err(CliError::Refused(format!("{} rows could not be rewritten", left.len())));
        }
        self.record(which, &active, "rewritten").await?;
        Ok(writeln!(out, "All rows hang on {active}; then: menfu vault retire {}", which.as_str())?)
    }

    async fn reseal(
        &self,
        size: u64,
        active: &KeyName,
        out: &mut dyn Write,
    ) -> Result<Vec<String>, CliError> {
        let mut left = Vec::new();
        for column in SEALED {
            let census = rewrite::sealed_census(self.base.db.read(), &column).await?;
            let done = census.get(active).copied().unwrap_or(0);
            let mut progress = Progress::new(&self.base, column.to_string(), done, census.values().sum());
            let mut after = None;
            while !progress.is_complete() {
                let batch = rewrite::reseal(&self.base, &column, after, size).await?;
                progress.advance(&batch, out)?;
                left.extend(batch.left);
                after = batch.last;
                if after.is_none() {
                    break;
                }
            }
            progress.tell(out)?;
        }
        Ok(left)
    }

    async fn reindex(
        &self,
        size: u64,
        active: &KeyName,
        out: &mut dyn Write,
    ) -> Result<Vec<String>, CliError> {
        let behind = rewrite::behind(self.base.db.read(), &INDEXED, active).await?;
        let mut progress = Progress::new(&self.base, "persons".to_owned(), 0, behind);
        let (mut after, mut left) = (None, Vec::new());
        loop {
            let batch = people::reindex(&self.base, after, size).await?;
            progress.advance(&batch, out)?;
            left.extend(batch.left);
            after = batch.last;
            if after.is_none() {
                break;
            }
        }
        progress.tell(out)?;
        Ok(left)
    }

    async fn retire(&self, which: Which, out: &mut dyn Write) -> Result<(), CliError> {
        let active = which.of(&self.base.vault.held()).active.clone();
        self.every_node_writes_under(which, &active)?;
        let settled = self.base.clock.now() - SETTLED;
        self.every_node(
            |node| node.taken_up_at <= settled,
            "took up its keys less than two minutes ago: wait",
        )?;
        let behind = behind(&which.census(&self.base).await?, &active);
        if behind > 0 {
            let again = which.as_str();
            return Err(CliError::Refused(format!(
                "{behind} values hang on older keys: menfu vault rewrite {again}"
            )));
        }
        match vault::retire(which.file(self.config), which.root())? {
            None => Ok(writeln!(out, "{active} is the only key in use, nothing retires.")?),
            Some(kept) => {
                self.record(which, &active, "others retired").await?;
                writeln!(out, "Only {active} is left. The old keys lie in {}:", kept.display())?;
                writeln!(out, "backups from before today need them; destroy them with the last of those.")?;
                Ok(writeln!(out, "Copy the key file to every node and send each SIGHUP.")?)
            }
        }
    }

    fn every_node_writes_under(&self, which: Which, key: &KeyName) -> Result<(), CliError> {
        let writes = |node: &Node| which.of(&node.keys).active == *key;
        self.every_node(writes, &format!("does not write under the key {key} yet"))
    }

    fn every_node(&self, follows: impl Fn(&Node) -> bool, otherwise: &str) -> Result<(), CliError> {
        match self.nodes.iter().find(|node| !follows(node)) {
            None => Ok(()),
            Some(node) => Err(CliError::Refused(format!(
                "node {} {otherwise}: copy the key file there and send it SIGHUP (a node that died is forgotten after {} s)",
                node.id,
                fleet::LIVE.num_seconds()
            ))),
        }
    }

    async fn record(&self, which: Which, key: &KeyName, what: &'static str) -> Result<(), CliError> {
        let event = AuditEvent::VaultKeyChanged { purpose: which.as_str(), key: key.to_string(), what };
        let tx = self.base.db.begin().await?;
        Audit::new(self.base.clone()).record(&tx, &ctx(&self.base), event).await?;
        Ok(tx.commit().await?)
    }
}

/// Values that hang on other keys than the active one.
fn behind(census: &[(String, Census)], active: &KeyName) -> u64 {
    let others = census.iter().flat_map(|(_, rows)| rows).filter(|(key, _)| *key != active);
    others.map(|(_, rows)| rows).sum()
}

fn next_step(which: Which, keys: &Held, behind: u64) -> String {
    let retiring = keys.old.len() > usize::from(which == Which::Index);
    match (&keys.next, behind, retiring) {
        (Some(_), ..) => format!("menfu vault activate {}", which.as_str()),
        (None, 1.., _) => format!("menfu vault rewrite {}", which.as_str()),
        (None, 0, true) => format!("menfu vault retire {}", which.as_str()),
        (None, 0, false) => format!("none; menfu vault prepare {} begins a rotation", which.as_str()),
    }
}

/// How far a column is.
struct Progress<'a> {
    base: &'a Base,
    what: String,
    done: u64,
    total: u64,
    told_at: Timestamp,
}

impl<'a> Progress<'a> {
    fn new(base: &'a Base, what: String, done: u64, total: u64) -> Self {
        Self { base, what, done, total, told_at: base.clock.now() }
    }

    fn is_complete(&self) -> bool {
        self.done >= self.total
    }

    fn advance<Row>(&mut self, batch: &Batch<Row>, out: &mut dyn Write) -> Result<(), CliError> {
        self.done += batch.rewritten;
        let now = self.base.clock.now();
        if now - self.told_at >= TELL_EVERY {
            self.told_at = now;
            self.tell(out)?;
        }
        Ok(())
    }

    fn tell(&self, out: &mut dyn Write) -> Result<(), CliError> {
        writeln!(out, "{:<28} {} of {} rows", self.what, self.done, self.total)?;
        Ok(out.flush()?)
    }
}
