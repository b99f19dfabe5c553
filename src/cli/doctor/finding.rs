//! What the doctor found, and how it is told.

use std::fmt::Display;
use std::io::{self, Write};

use serde::Serialize;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Severity {
    /// As it should be.
    Good,
    /// Works now; will not always, or not as safely as it could.
    Warning,
    /// Does not work, or is not safe.
    Fault,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) severity: Severity,
    pub(super) says: String,
    /// What to do; nothing where all is well.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) mend: &'static str,
}

/// All of them, in the order of looking.
#[derive(Debug, Default, Serialize)]
pub(super) struct Findings {
    findings: Vec<Finding>,
}

impl Findings {
    pub(super) fn good(&mut self, check: &'static str, says: impl Display) {
        self.add(check, Severity::Good, &says, "");
    }

    pub(super) fn warning(&mut self, check: &'static str, says: impl Display, mend: &'static str) {
        self.add(check, Severity::Warning, &says, mend);
    }

    pub(super) fn fault(&mut self, check: &'static str, says: impl Display, mend: &'static str) {
        self.add(check, Severity::Fault, &says, mend);
    }

    fn add(&mut self, check: &'static str, severity: Severity, says: &dyn Display, mend: &'static str) {
        self.findings.push(Finding { check, severity, says: says.to_string(), mend });
    }

    pub(super) fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    #[cfg(test)]
    pub(super) fn of(&self, check: &str) -> Vec<&Finding> {
        self.findings.iter().filter(|finding| finding.check == check).collect()
    }

    fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    pub(super) fn sum(&self) -> String {
        let (faults, warnings) = (self.count(Severity::Fault), self.count(Severity::Warning));
        format!("{faults} faults, {warnings} warnings")
    }

    pub(super) fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        for Finding { check, severity, says, mend } in &self.findings {
            let word = match severity {
                Severity::Good => "good",
                Severity::Warning => "WARNING",
                Severity::Fault => "FAULT",
            };
            writeln!(out, "{word:<8} {check}: {says}")?;
            if !mend.is_empty() {
                writeln!(out, "{:<8} → {mend}", "")?;
            }
        }
        writeln!(out, "{}", self.sum())
    }

    pub(super) fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        writeln!(out)
    }
}
