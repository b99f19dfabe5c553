//! What `/metrics` tells of the requests and of what came of them.
//!
//! Invariants: every label is a word of ours, so the number of lines is bounded whatever anybody sends, and none is about
//! a person. A request costs one look at the clock on each side and a few atomic additions: every counter that a served
//! request needs was made at the start.

mod authorities;
mod kinds;

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use http::StatusCode;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::url::Path;
use crate::storage::authority::{News, Phase};
use authorities::Authorities;
use kinds::kinds;
pub use kinds::{Authority, Call, Grant, Kind, SignIn};

/// Seconds: from what a cached answer takes to what a bank may take.
const BUCKETS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0];

/// A label and its value.
type Label = (&'static str, &'static str);

kinds! {
    /// How a request ended.
    Ending { Informed = "1xx", Served = "2xx", Redirected = "3xx", Refused = "4xx", Failed = "5xx", Left = "left" }
}

/// What ended a request, for the label `error`: a registered OAuth code, or the kind of a page's failure. An answer carries
/// it as an extension.
#[derive(Clone, Copy, Debug)]
pub struct Reason(pub &'static str);

/// Counts; cheap to clone.
#[derive(Clone)]
pub struct Meter(Arc<Instruments>);

struct Instruments {
    registry: Registry,
    /// One for each path, then static files, then whatever else was asked for.
    endpoints: Vec<Endpoint>,
    elsewhere: Endpoint,
    in_flight: Gauge,
    refusals: Family<[Label; 2], Counter>,
    sign_ins: Tally<SignIn>,
    tokens: Tally<Grant>,
    authorities: Authorities,
    spans: Tally<Spans>,
    state: State,
}

/// What is looked up when somebody asks: set by [`Meter::set`] just before [`Meter::text`].
struct State {
    gauges: Vec<Gauge<f64, AtomicU64>>,
}

kinds! {
    /// What became of a span.
    Spans { Delivered = "delivered", Dropped = "dropped" }
}

kinds! {
    /// A figure of the moment.
    Figure {
        OutboxWaiting = "outbox_waiting_messages",
        OutboxOldest = "outbox_oldest_seconds",
        OutboxGivenUp = "outbox_given_up_messages",
        PoolOpen = "database_connections_open",
        PoolIdle = "database_connections_idle",
        DatabaseUp = "database_up",
        HashesRunning = "password_hashes_running",
        HashesWaiting = "password_hashes_waiting",
        CpuSeconds = "process_cpu_used_seconds",
        ResidentBytes = "process_resident_memory_bytes",
        OpenFiles = "process_open_fds",
        MaxFiles = "process_max_fds",
        StartedAt = "process_start_time_seconds",
    }
}

/// The counters of one endpoint.
struct Endpoint {
    name: &'static str,
    endings: Tally<Ending>,
    seconds: Histogram,
}

/// A counter for each outcome.
struct Tally<K> {
    counters: Vec<Counter>,
    of: std::marker::PhantomData<K>,
}

impl<K: Kind> Tally<K> {
    fn new(counter: impl Fn(K) -> Counter) -> Self {
        Self { counters: K::ALL.iter().map(|kind| counter(*kind)).collect(), of: std::marker::PhantomData }
    }

    fn count(&self, kind: K) {
        if let Some(counter) = self.counters.get(kind.place()) {
            counter.inc();
        }
    }
}

impl Meter {
    /// All at zero; `version` is this build's.
    #[must_use]
    pub fn new(version: &'static str) -> Self {
        let mut registry = Registry::with_prefix("menfu");
        let requests = Family::<[Label; 2], Counter>::default();
        let seconds = Family::<[Label; 1], Histogram>::new_with_constructor(|| Histogram::new(BUCKETS));
        let endpoint = |name: &'static str| Endpoint {
            name,
            endings: Tally::new(|ending: Ending| {
                requests.get_or_create_owned(&[("endpoint", name), ("outcome", ending.name())])
            }),
            seconds: seconds.get_or_create_owned(&[("endpoint", name)]),
        };
        let endpoints = Path::ALL.iter().map(|path| endpoint(path.as_str())).collect();
        let elsewhere = endpoint("other");
        let (refusals, in_flight) = (Family::default(), Gauge::default());
        let build = Info::new([("version", version)]);
        registry.register("build", "The build that runs", build);
        registry.register("http_requests", "Requests by endpoint and how they ended", requests);
        registry.register_with_unit(
            "http_request_duration",
            "From the head of a request to its answer",
            Unit::Seconds,
            seconds,
        );
        registry.register("http_requests_in_flight", "Requests that are being served", in_flight.clone());
        registry.register(
            "http_refusals",
            "Answers with an error, by endpoint and error",
            Family::clone(&refusals),
        );
        let sign_ins = tally(&mut registry, "sign_ins", "Sign-ins with a password", "outcome");
        let tokens = tally(&mut registry, "tokens", "Token responses by grant", "grant");
        let authorities = Authorities::new(&mut registry);
        let spans =
            tally(&mut registry, "trace_spans", "Spans of traces, as the collector took them", "outcome");
        let state =
            State { gauges: Figure::ALL.iter().map(|figure| gauge(&mut registry, *figure)).collect() };
        Self(Arc::new(Instruments {
            registry,
            endpoints,
            elsewhere,
            in_flight,
            refusals,
            sign_ins,
            tokens,
            authorities,
            spans,
            state,
        }))
    }

    /// Starts the stopwatch of a request.
    #[must_use]
    pub fn watch(&self, path: &str) -> Watch<'_> {
        let endpoint = Path::of(path).and_then(|path| self.0.endpoints.get(path as usize));
        self.0.in_flight.inc();
        Watch {
            meter: self,
            endpoint: endpoint.unwrap_or(&self.0.elsewhere),
            begun: now(),
            ending: Ending::Left,
        }
    }

    /// So many spans were delivered and dropped since the start.
    pub fn spans(&self, delivered: u64, dropped: u64) {
        for (kind, sum) in [(Spans::Delivered, delivered), (Spans::Dropped, dropped)] {
            if let Some(counter) = self.0.spans.counters.get(kind.place()) {
                counter.inner().store(sum, Ordering::Relaxed);
            }
        }
    }

    /// An attempt to sign in ended so.
    pub fn sign_in(&self, outcome: SignIn) {
        self.0.sign_ins.count(outcome);
    }

    /// A token response went out.
    pub fn tokens(&self, grant: Grant) {
        self.0.tokens.count(grant);
    }

    /// An outside authority was asked.
    pub fn call(&self, authority: Authority, outcome: Call) {
        self.0.authorities.call(authority, outcome);
    }

    /// Something happened at the breaker of an authority.
    pub fn heard(&self, authority: Authority, news: News) {
        self.0.authorities.heard(authority, news);
    }

    /// How the breaker of an authority stands at the moment.
    pub fn stands(&self, authority: Authority, phase: Phase) {
        self.0.authorities.stands(authority, phase);
    }

    /// Notes a figure of the moment.
    pub fn set(&self, figure: Figure, value: f64) {
        if let Some(gauge) = self.0.state.gauges.get(figure.place()) {
            gauge.set(value);
        }
    }

    /// Everything, in the OpenMetrics text format that Prometheus reads.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(64 * 1024);
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.0.registry);
        text
    }
}

fn tally<K: Kind>(
    registry: &mut Registry,
    name: &'static str,
    help: &'static str,
    label: &'static str,
) -> Tally<K> {
    let family = Family::<[Label; 1], Counter>::default();
    registry.register(name, help, family.clone());
    Tally::new(|kind: K| family.get_or_create_owned(&[(label, kind.name())]))
}

fn gauge(registry: &mut Registry, figure: Figure) -> Gauge<f64, AtomicU64> {
    let gauge = Gauge::<f64, AtomicU64>::default();
    let help: Cow<'_, str> = figure.name().replace('_', " ").into();
    registry.register(figure.name(), help, gauge.clone());
    gauge
}

/// A request under way; dropped without [`Watch::end`] it counts as one whose caller left.
pub struct Watch<'m> {
    meter: &'m Meter,
    endpoint: &'m Endpoint,
    begun: Instant,
    ending: Ending,
}

impl Watch<'_> {
    /// The word for the endpoint: a path of ours, or that it is none.
    #[must_use]
    pub const fn endpoint(&self) -> &'static str {
        self.endpoint.name
    }

    /// The answer is there; `reason` is what it refuses.
    pub fn end(mut self, status: StatusCode, reason: Option<Reason>) {
        self.ending = match status.as_u16() {
            0..=199 => Ending::Informed,
            200..=299 => Ending::Served,
            300..=399 => Ending::Redirected,
            400..=499 => Ending::Refused,
            _ => Ending::Failed,
        };
        if let Some(Reason(error)) = reason {
            let labels = [("endpoint", self.endpoint.name), ("error", error)];
            self.meter.0.refusals.get_or_create(&labels).inc();
        }
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.meter.0.in_flight.dec();
        self.endpoint.endings.count(self.ending);
        self.endpoint.seconds.observe(self.begun.elapsed().as_secs_f64());
    }
}

#[expect(clippy::disallowed_methods, reason = "a stopwatch measures this machine; nothing is decided by it")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests;
