//! Structured logs on standard output, plain text for people or JSON lines for collectors; `traces` on their way.
//!
//! May use the tracing packages and `kernel` only. What may be logged is decided where it is logged: ids, never personal data.
//! At `trace` everything speaks: the libraries below us, statements without their values, and when each span begins and
//! ends. That is what the leak scan of the tests reads.

pub mod traces;

use std::io::IsTerminal;

use tracing_subscriber::{
    EnvFilter,
    filter::LevelFilter,
    fmt::{MakeWriter, format::FmtSpan},
    util::SubscriberInitExt,
};

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Text,
    Json,
}

/// Why nothing is logged.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("log.filter: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    #[error("logging was started before: {0}")]
    Started(#[from] tracing_subscriber::util::TryInitError),
}

/// Starts logging for the whole program, once; `filter` as in `info,menfu=debug`.
///
/// # Errors
/// A filter that cannot be read, or a second start.
pub fn start(format: Format, filter: &str) -> Result<(), TelemetryError> {
    subscriber(format, filter, std::io::stdout)?.try_init()?;
    Ok(())
}

fn subscriber<W>(format: Format, filter: &str, writer: W) -> Result<impl SubscriberInitExt, TelemetryError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder().parse(filter)?;
    let whole = filter.max_level_hint() == Some(LevelFilter::TRACE);
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_span_events(if whole { FmtSpan::NEW | FmtSpan::CLOSE } else { FmtSpan::NONE })
        .with_ansi(std::io::stdout().is_terminal())
        .with_writer(writer);
    let subscriber: Box<dyn tracing::Subscriber + Send + Sync> = match format {
        Format::Text => Box::new(lines.finish()),
        Format::Json => Box::new(lines.json().flatten_event(true).finish()),
    };
    Ok(subscriber)
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::{Arc, Mutex},
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: Format, filter: &str) -> String {
        let page = Page::default();
        let writer = page.clone();
        let _guard = subscriber(format, filter, move || writer.clone()).unwrap().set_default();
        tracing::info_span!("token", client.id = "exam").in_scope(|| {
            tracing::info!(account.id = 7, "issued");
            tracing::debug!("detail");
        });
        let bytes = page.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn json_lines_carry_the_fields_and_their_spans() {
        let line: serde_json::Value = serde_json::from_str(&logged(Format::Json, "info")).unwrap();
        assert_eq!((&line["message"], &line["account.id"]), (&"issued".into(), &7.into()));
        assert_eq!(line["span"]["client.id"], "exam");
    }

    #[test]
    fn the_filter_decides_what_is_written() {
        assert!(!logged(Format::Text, "info").contains("detail"));
        assert!(logged(Format::Text, "info,menfu=debug").contains("detail"));
        assert_eq!(logged(Format::Text, "off"), "");
    }

    #[test]
    fn at_trace_a_span_tells_its_beginning_and_its_end() {
        let lines = logged(Format::Text, "trace");
        assert_eq!(lines.matches("client.id=\"exam\"").count(), 4, "{lines}");
        assert!(lines.contains(": new") && lines.contains(": close"), "{lines}");
    }

    #[test]
    fn a_filter_that_cannot_be_read_is_refused() {
        assert!(subscriber(Format::Text, "menfu=loud", io::sink).is_err());
    }
}
