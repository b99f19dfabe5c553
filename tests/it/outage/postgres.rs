//! A PostgreSQL server of a test's own, which it may kill. What it has committed is on the disk.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::commands::free_port;

/// A server in a folder of its own, where it also logs every statement with its values; dropped, it is ended and forgotten.
pub struct PgServer {
    pub folder: tempfile::TempDir,
    port: u16,
    programs: PathBuf,
}

impl PgServer {
    pub fn start() -> Self {
        let server = Self { port: free_port(), programs: programs(), folder: tempfile::tempdir().unwrap() };
        if is_root() {
            let owner = Command::new("chown").arg("postgres").arg(server.folder.path()).status().unwrap();
            assert!(owner.success(), "PostgreSQL refuses to run as root, and there is no user for it");
        }
        let made = ["-U", "menfu", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-D"];
        server.run("initdb", &made, &server.data());
        server.resume();
        server
    }

    pub fn url(&self) -> String {
        format!("postgres://menfu@127.0.0.1:{}/postgres", self.port)
    }

    /// Ends it without a checkpoint, as a crash would: what it begins with next time is its WAL.
    pub fn crash(&self) {
        self.run("pg_ctl", &["-w", "-m", "immediate", "stop", "-D"], &self.data());
    }

    /// Starts it; it answers when this returns.
    pub fn resume(&self) {
        let folder = self.folder.path().display();
        let log = format!("{folder}/log");
        let options = format!(
            "-p {} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=on -c synchronous_commit=on -c log_statement=all",
            self.port
        );
        self.run("pg_ctl", &["-w", "-l", &log, "-o", &options, "start", "-D"], &self.data());
    }

    /// A backup as the RUNBOOK has it made every night, in letters: `--format=custom` is the same, compressed.
    pub fn dump(&self) -> Vec<u8> {
        let mut dump = Command::new(self.programs.join("pg_dump"));
        let made = dump.args(["--format=plain", "--no-owner", "--dbname", &self.url()]).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        made.stdout
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn run(&self, program: &str, arguments: &[&str], data: &Path) {
        let program = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        // Its output goes to a file: a server that outlives `pg_ctl` would keep a pipe open.
        let said = self.folder.path().join("said");
        let file = || std::fs::File::options().create(true).append(true).open(&said).unwrap();
        command.args(arguments).arg(data).current_dir(self.folder.path()).stdout(file()).stderr(file());
        let status = command.status().unwrap();
        assert!(status.success(), "{command:?}: {}", std::fs::read_to_string(&said).unwrap());
    }
}

impl Drop for PgServer {
    fn drop(&mut self) {
        if self.data().join("postmaster.pid").exists() {
            self.crash();
        }
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}

/// Where Debian has them, of the newest version.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql");
    let versions = versions.unwrap_or_else(|error| panic!("PostgreSQL is not installed: {error}"));
    let folders = versions.map(|version| version.unwrap().path().join("bin"));
    let mut whole: Vec<_> = folders.filter(|folder| folder.join("initdb").exists()).collect();
    whole.sort();
    whole.pop().unwrap_or_else(|| panic!("PostgreSQL's server is not installed"))
}
