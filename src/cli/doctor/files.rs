//! Files of the installation: their content, their modes, the room on their disk.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use openssl::asn1::Asn1Time;
use openssl::x509::X509;

use super::finding::Findings;
use crate::app::{Tls, TlsFiles};
use crate::clients::{self, Clients, PlainSecrets};
use crate::config::{self, Config};
use crate::kernel::Timestamp;
use crate::policy::{Policy, Surroundings};
use crate::storage::Vault;
use crate::storage::vault::VaultFileError;

/// A certificate is renewed before so many days are left.
const RENEW_DAYS: i64 = 21;
/// Below this the disk is as good as full: SQLite's WAL alone may grow so far.
const FULL_MIB: u64 = 256;
const LOW_MIB: u64 = 2048;
const OTHERS: u32 = 0o007;
const OTHERS_AND_GROUP: u32 = 0o077;

pub(super) fn examine(findings: &mut Findings, config: &Config, file: Option<&Path>, now: Timestamp) {
    settings_file(findings, file);
    policy(findings, config);
    clients(findings, config);
    vault(findings, config);
    if let Some(tls) = &config.server.tls {
        certificate(findings, config, tls, now);
    }
    let sqlite = config.storage.url.strip_prefix("sqlite:").map(|path| path.trim_start_matches("//"));
    let folder = sqlite.and_then(|path| Path::new(path.split('?').next()?).parent());
    disk(findings, folder.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")));
}

fn mode(path: &Path) -> Option<u32> {
    fs::metadata(path).ok().map(|metadata| metadata.permissions().mode())
}

/// Secrets may stand in it.
fn settings_file(findings: &mut Findings, file: Option<&Path>) {
    let Some(path) = file else { return };
    if mode(path).is_some_and(|mode| mode & OTHERS != 0) {
        let says =
            format!("{} can be read by everybody on this machine, and may hold secrets", path.display());
        findings.warning("settings file", says, "chmod 0640 it, owned by root and the group of the service");
    }
}

fn policy(findings: &mut Findings, config: &Config) {
    match Policy::load(&config.policy, Surroundings::Production) {
        Ok(policy) => findings.good("policy", format!("profile {} is safe", policy.profile.id)),
        Err(error) => findings.fault(
            "policy",
            error,
            "mend the value named here in policy.file; `menfu policy show` prints what it inherits",
        ),
    }
}

fn clients(findings: &mut Findings, config: &Config) {
    let file = config.clients.file.clone();
    let issuer = config.server.issuer.clone();
    let read = Clients::load(clients::Settings { file, issuer, plain_secrets: PlainSecrets::Refused });
    match read.map(|clients| clients.all().len()) {
        Ok(0) => findings.warning(
            "clients",
            format!("{} has none: nobody can be sent here", config.clients.file.display()),
            "`menfu clients add` writes one",
        ),
        Ok(count) => findings.good("clients", format!("{count} relying parties")),
        Err(error) => findings.fault(
            "clients",
            error,
            "mend the entry named here; a running provider keeps the old ones",
        ),
    }
}

fn vault(findings: &mut Findings, config: &Config) {
    let Err(error) = Vault::open_files(&config.vault) else {
        return findings.good("vault keys", "both files are there, and nobody but their owner reads them");
    };
    let mend = match &error {
        VaultFileError::Open(_) => "chmod 0600 it; if others could read it for long, rotate the key",
        VaultFileError::Io { .. } => {
            "new installation: `menfu keys init`. Old one: restore the file from its backup, never make a new one, or every \
             sealed row is lost; and the service's user must own it"
        }
        _ => "restore the file from its backup; do not edit it by hand",
    };
    findings.fault("vault keys", error, mend);
}

fn certificate(findings: &mut Findings, config: &Config, tls: &config::Tls, now: Timestamp) {
    const CHECK: &str = "TLS certificate";
    let files = TlsFiles { certificate: tls.certificate_file.clone(), key: tls.key_file.clone() };
    if let Err(error) = Tls::open(files) {
        return findings.fault(
            CHECK,
            error,
            "put certificate and key of one another there, both in PEM, then SIGHUP",
        );
    }
    if mode(&tls.key_file).is_some_and(|mode| mode & OTHERS_AND_GROUP != 0) {
        let says = format!("others than its owner can read {}", tls.key_file.display());
        findings.warning(
            CHECK,
            says,
            "chmod 0600 it; if strangers could read it, have the certificate revoked",
        );
    }
    let certificate = fs::read(&tls.certificate_file).ok().and_then(|pem| X509::from_pem(&pem).ok());
    let Some(certificate) = certificate else {
        return findings.fault(CHECK, "the first certificate does not parse", "order a new one");
    };
    names(findings, config, &certificate);
    match days_left(&certificate, now) {
        Some(days) if days < 0 => {
            findings.fault(CHECK, "has expired: no browser comes in", "renew it now, then SIGHUP");
        }
        Some(days) if days < RENEW_DAYS => {
            findings.warning(
                CHECK,
                format!("expires in {days} days"),
                "renew it, then SIGHUP; see the timer in RUNBOOK.md",
            );
        }
        Some(days) => findings.good(CHECK, format!("fits its key and lasts {days} days")),
        None => findings.fault(CHECK, "its dates do not parse", "order a new one"),
    }
}

fn names(findings: &mut Findings, config: &Config, certificate: &X509) {
    let issuer = config.server.issuer.as_str();
    let host =
        url::Url::parse(issuer).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let parent = host.split_once('.').map(|(_, parent)| format!("*.{parent}")).unwrap_or_default();
    let names = certificate.subject_alt_names();
    let covers = |name: &str| name.eq_ignore_ascii_case(&host) || name.eq_ignore_ascii_case(&parent);
    if !names.iter().flatten().filter_map(|name| name.dnsname()).any(covers) {
        findings.fault(
            "TLS certificate",
            format!("does not name {host}, where the issuer says people find us"),
            "order one for that name (subject alternative name)",
        );
    }
}

fn days_left(certificate: &X509, now: Timestamp) -> Option<i64> {
    let now = Asn1Time::from_unix(now.seconds()).ok()?;
    let left = now.diff(certificate.not_after()).ok()?;
    Some(if left.secs < 0 { i64::from(left.days) - 1 } else { i64::from(left.days) })
}

fn disk(findings: &mut Findings, folder: &Path) {
    let Some(mib) = free_mib(folder) else {
        let says = format!("the room at {} cannot be told", folder.display());
        return findings.warning("disk", says, "make the folder, owned by the service's user");
    };
    let says = format!("{mib} MiB are free at {}", folder.display());
    match mib {
        0..FULL_MIB => findings.fault(
            "disk",
            says,
            "make room now: writes fail soon. RUNBOOK.md, “Full disk”, says what may go",
        ),
        FULL_MIB..LOW_MIB => findings.warning("disk", says, "enlarge the volume or make room"),
        _ => findings.good("disk", says),
    }
}

/// By `df`, as POSIX has it: the standard library cannot tell.
fn free_mib(folder: &Path) -> Option<u64> {
    let output =
        Command::new("df").arg("-Pk").arg(folder).output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    let kib: u64 = text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    Some(kib / 1024)
}
