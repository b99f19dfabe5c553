//! Traces: what a request did and how long each part of it took, for a collector that the bureau runs (OpenTelemetry).
//!
//! Invariants: a span says nothing about a person, for there is no way to put a text into one: names and values are words
//! of the program or numbers. With traces off, or in a request that is not sampled, a [`part`] costs one look at a variable
//! of the thread. `telemetry` makes what samples, keeps and delivers; here is only what the rooms say to it.

use std::borrow::Cow;
use std::pin::pin;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::global::{BoxedTracer, ObjectSafeTracer};
use opentelemetry::trace::{
    FutureExt, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceState, Tracer,
};
use opentelemetry::{Context, KeyValue};
use uuid::Uuid;

use super::{Rng, TraceId};

/// Makes the spans of requests, or none; cheap to clone.
#[derive(Clone, Default)]
pub struct Traces(Option<Arc<Tracing>>);

struct Tracing {
    tracer: BoxedTracer,
    sampling: Sampling,
    tells: Tells,
    counts: Arc<SpanCounts>,
}

/// Which traces are kept, of those about which nobody before us decided.
pub struct Sampling {
    /// This share of them: 0 to 1.
    pub share: f64,
    /// Makes the ids of traces that no request began.
    pub rng: Arc<dyn Rng>,
}

impl Sampling {
    /// By the last 32 bits of the id, so that all parts of a trace agree wherever they are made. W3C Trace Context level 2
    /// §3.2.2.3 calls them random, and in a UUID of version 4 they are; the first bits of its lower half never change.
    fn takes(&self, trace: TraceId) -> bool {
        let [.., a, b, c, d] = trace.uuid().into_bytes();
        f64::from(u32::from_be_bytes([a, b, c, d])) < self.share * 2_f64.powi(32)
    }
}

/// Whether the bureau's own authorities (banks, gateway) are told which trace a call belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tells {
    /// They are.
    Authorities,
    /// Nobody is.
    Nobody,
}

/// What became of spans that ended.
#[derive(Debug, Default)]
pub struct SpanCounts {
    delivered: AtomicU64,
    dropped: AtomicU64,
}

impl SpanCounts {
    /// The collector took so many.
    pub fn add_delivered(&self, spans: u64) {
        self.delivered.fetch_add(spans, Ordering::Relaxed);
    }

    /// So many are lost: the queue was full, or the collector refused them.
    pub fn add_dropped(&self, spans: u64) {
        self.dropped.fetch_add(spans, Ordering::Relaxed);
    }

    /// Those delivered, and those lost.
    #[must_use]
    pub fn read(&self) -> (u64, u64) {
        (self.delivered.load(Ordering::Relaxed), self.dropped.load(Ordering::Relaxed))
    }
}

/// What may stand in a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// A word of the program.
    Word(&'static str),
    /// A number, of things or of a status.
    Number(u16),
}

/// Which side of a call a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// We were asked.
    Server,
    /// We ask somebody.
    Client,
    /// Nobody else is there.
    Inside,
}

/// The span that a caller names (W3C Trace Context).
#[derive(Clone, Debug, PartialEq)]
pub struct TraceParent(SpanContext);

/// Not a `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a traceparent")]
pub struct TraceParentError;

/// W3C Trace Context §3.2: `version-trace_id-parent_id-flags` in lower-case hex; a later version may say more after it.
impl FromStr for TraceParent {
    type Err = TraceParentError;

    fn from_str(text: &str) -> Result<Self, TraceParentError> {
        let mut parts = text.splitn(5, '-');
        let mut next = |length| parts.next().filter(|part| is_hex(part, length)).ok_or(TraceParentError);
        let (version, trace, span, flags) = (next(2)?, next(32)?, next(16)?, next(2)?);
        if version == "ff" || (version == "00" && parts.next().is_some()) {
            return Err(TraceParentError);
        }
        let trace = opentelemetry::TraceId::from_hex(trace).map_err(|_| TraceParentError)?;
        let span = SpanId::from_hex(span).map_err(|_| TraceParentError)?;
        let flags = u8::from_str_radix(flags, 16).map_err(|_| TraceParentError)?;
        let flags = TraceFlags::new(flags) & TraceFlags::SAMPLED;
        let context = SpanContext::new(trace, span, flags, true, TraceState::default());
        if context.is_valid() { Ok(Self(context)) } else { Err(TraceParentError) }
    }
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The tracing that a context goes on with.
struct Current(Arc<Tracing>);

/// The id that a new trace takes; the maker of ids asks for it by [`wanted_id`].
struct Wanted(TraceId);

/// The id that the trace which is being begun shall have.
#[must_use]
pub fn wanted_id() -> Option<TraceId> {
    Context::map_current(|context| context.get::<Wanted>().map(|wanted| wanted.0))
}

impl Traces {
    /// What `tracer` makes of them.
    #[must_use]
    pub fn new(
        tracer: Box<dyn ObjectSafeTracer + Send + Sync>,
        sampling: Sampling,
        tells: Tells,
        counts: Arc<SpanCounts>,
    ) -> Self {
        Self(Some(Arc::new(Tracing { tracer: BoxedTracer::new(tracer), sampling, tells, counts })))
    }

    /// Whether there are any.
    #[must_use]
    pub const fn are_on(&self) -> bool {
        self.0.is_some()
    }

    /// What became of the spans so far.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        self.0.as_ref().map_or((0, 0), |tracing| tracing.counts.read())
    }

    /// The span of a request: a part of its caller's trace, or the first of a trace with this id.
    #[must_use]
    pub fn request(&self, name: Cow<'static, str>, caller: Option<TraceParent>, id: TraceId) -> Span {
        let Some(tracing) = &self.0 else { return Span(None) };
        match caller {
            Some(TraceParent(parent)) if parent.is_sampled() => {
                tracing.clone().begin(&Context::new().with_remote_span_context(parent), name, Side::Server)
            }
            Some(TraceParent(parent)) => Span::left_out(parent.trace_id()),
            None => tracing.clone().begin_trace(id, name, Side::Server),
        }
    }

    /// Does `work` as a part of what is traced here, or else as a trace of its own: what nobody asks for from outside.
    pub async fn part_or_own<T>(&self, name: &'static str, side: Side, work: impl Future<Output = T>) -> T {
        let here = Context::current();
        let span = match (Span::here(name, side), &self.0) {
            (Span(None), Some(tracing)) if !here.span().span_context().is_valid() => {
                let id = wanted_id().unwrap_or_else(|| TraceId::new(tracing.sampling.rng.as_ref()));
                tracing.clone().begin_trace(id, name.into(), side)
            }
            (span, _) => span,
        };
        span.around(work).await
    }
}

impl Tracing {
    /// The first span of a trace, if it is one that is kept.
    fn begin_trace(self: Arc<Self>, id: TraceId, name: Cow<'static, str>, side: Side) -> Span {
        if self.sampling.takes(id) {
            self.begin(&Context::new().with_value(Wanted(id)), name, side)
        } else {
            Span::left_out(opentelemetry::TraceId::from_bytes(id.uuid().into_bytes()))
        }
    }

    fn begin(self: Arc<Self>, context: &Context, name: Cow<'static, str>, side: Side) -> Span {
        let kind = match side {
            Side::Server => SpanKind::Server,
            Side::Client => SpanKind::Client,
            Side::Inside => SpanKind::Internal,
        };
        // Current while the span is made, so that its id can be the wanted one.
        let _guard = context.clone().attach();
        let builder = self.tracer.span_builder(name).with_kind(kind);
        let span = self.tracer.build_with_context(builder, context);
        Span(Some(context.with_span(span).with_value(Current(self))))
    }
}

/// A span under way, or none; it ends when it is dropped.
pub struct Span(Option<Context>);

impl Span {
    /// Of nothing.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// Of a trace that is not kept: there is its id and nothing else. Its parts are none, and begin no trace of their own.
    fn left_out(trace: opentelemetry::TraceId) -> Self {
        let nobody = SpanId::from(1);
        let span = SpanContext::new(trace, nobody, TraceFlags::NOT_SAMPLED, true, TraceState::default());
        Self(Some(Context::new().with_remote_span_context(span)))
    }

    /// A part of what is traced here.
    fn here(name: &'static str, side: Side) -> Self {
        let here = Context::map_current(|context| {
            context.get::<Current>().map(|current| (current.0.clone(), context.clone()))
        });
        here.map_or(Self(None), |(tracing, context)| tracing.begin(&context, name.into(), side))
    }

    /// The trace it belongs to, sampled or not.
    #[must_use]
    pub fn trace(&self) -> Option<TraceId> {
        let id = self.0.as_ref()?.span().span_context().trace_id();
        Some(TraceId::from_uuid(Uuid::from_bytes(id.to_bytes())))
    }

    /// Writes something down.
    pub fn note(&self, key: &'static str, value: Value) {
        if let Some(context) = &self.0 {
            write(context, key, value);
        }
    }

    /// It did not do what it was for; `word` is the kind of failure.
    pub fn fail(&self, word: &'static str) {
        self.note("error.type", Value::Word(word));
        if let Some(context) = &self.0 {
            context.span().set_status(Status::error(word));
        }
    }

    /// Does `work` within the span.
    pub async fn around<T>(&self, work: impl Future<Output = T>) -> T {
        match &self.0 {
            Some(context) => pin!(work).with_context(context.clone()).await,
            None => work.await,
        }
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        if let Some(context) = &self.0 {
            context.span().end();
        }
    }
}

/// Does `work` as a part of what is traced here, if anything is; an error marks it as failed.
pub async fn part<T, E>(
    name: &'static str,
    side: Side,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let span = Span::here(name, side);
    let result = span.around(work).await;
    if result.is_err() {
        span.fail("failed");
    }
    result
}

/// Writes something down about what is traced here.
pub fn note(key: &'static str, value: Value) {
    Context::map_current(|context| {
        if context.get::<Current>().is_some() {
            write(context, key, value);
        }
    });
}

fn write(context: &Context, key: &'static str, value: Value) {
    context.span().set_attribute(match value {
        Value::Word(word) => KeyValue::new(key, word),
        Value::Number(number) => KeyValue::new(key, i64::from(number)),
    });
}

/// A task of its own that goes on with what is traced here.
pub fn carried<F: Future>(work: F) -> impl Future<Output = F::Output> {
    work.with_current_context()
}

/// What is done for an earlier request, whose id a new trace takes; within a trace, nothing new.
pub fn on_behalf_of<F: Future>(request: TraceId, work: F) -> impl Future<Output = F::Output> {
    let here = Context::current();
    let context = if here.span().span_context().is_valid() { here } else { here.with_value(Wanted(request)) };
    work.with_context(context)
}

/// The `traceparent` for an authority of the bureau's own, when it shall know.
#[must_use]
pub fn for_authorities() -> Option<String> {
    Context::map_current(|context| {
        context.get::<Current>().filter(|current| current.0.tells == Tells::Authorities)?;
        let span = context.span();
        let span = span.span_context();
        Some(format!("00-{}-{}-{:02x}", span.trace_id(), span.span_id(), span.trace_flags().to_u8()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SeededRng;

    const PARENT: &str = "00-b3b2e342cee049d5a3af52e7f29c327b-00f067aa0ba902b7-01";

    #[test]
    fn a_traceparent_names_a_span_and_says_whether_it_is_sampled() {
        let TraceParent(span) = PARENT.parse().unwrap();
        assert_eq!(span.trace_id().to_string(), "b3b2e342cee049d5a3af52e7f29c327b");
        assert_eq!(span.span_id().to_string(), "00f067aa0ba902b7");
        assert!(span.is_sampled() && span.is_remote());
        let TraceParent(span) = PARENT.replace("-01", "-fe").parse().unwrap();
        assert!(!span.is_sampled(), "flags that we do not know are not passed on");
        assert_eq!(span.trace_flags().to_u8(), 0);
        let later = PARENT.replace("00-b", "cc-b") + "-what-comes-later";
        assert_eq!(later.parse::<TraceParent>(), PARENT.parse());
    }

    #[test]
    fn whatever_is_no_traceparent_is_refused() {
        let nothing = "0".repeat(32);
        let zero_trace = format!("00-{nothing}-00f067aa0ba902b7-01");
        let upper = PARENT.to_uppercase();
        let long = format!("{PARENT}-x");
        for text in [
            "",
            "00",
            "门",
            "00-b3b2e342cee049d5a3af52e7f29c327b-00f067aa0ba902b7",
            "00-b3b2e342cee049d5a3af52e7f29c327b-00f067aa0ba902b7-1",
            "00-b3b2e342cee049d5a3af52e7f29c327b-0000000000000000-01",
            "00-b3b2e342cee049d5a3af52e7f29c327-00f067aa0ba902b7-01",
            "00-b3b2e342cee049d5a3af52e7f29c327b-+0f067aa0ba902b7-01",
            "ff-b3b2e342cee049d5a3af52e7f29c327b-00f067aa0ba902b7-01",
            " 00-b3b2e342cee049d5a3af52e7f29c327b-00f067aa0ba902b7-01",
            &zero_trace,
            &upper,
            &long,
        ] {
            assert_eq!(text.parse::<TraceParent>(), Err(TraceParentError), "{text}");
        }
    }

    #[test]
    fn the_share_that_is_asked_for_is_kept() {
        let kept = |share: f64| {
            let sampling = Sampling { share, rng: Arc::new(SeededRng::new(1)) };
            (0..1000).filter(|_| sampling.takes(TraceId::new(sampling.rng.as_ref()))).count()
        };
        assert_eq!((kept(0.0), kept(1.0)), (0, 1000));
        for (share, expected) in [(0.1, 100), (0.5, 500), (0.9, 900)] {
            assert!(kept(share).abs_diff(expected) < 50, "{share}: {}", kept(share));
        }
    }

    #[tokio::test]
    async fn with_traces_off_work_is_done_and_nothing_is_known_about_it() {
        let traces = Traces::default();
        let id = TraceId::from_uuid(Uuid::from_u128(1));
        let span = traces.request("GET".into(), PARENT.parse().ok(), id);
        assert_eq!((span.trace(), traces.counts()), (None, (0, 0)));
        let inner = span.around(async {
            note("error.type", Value::Word("none"));
            assert_eq!(for_authorities(), None);
            part("part", Side::Inside, async { Err::<(), _>(5) }).await
        });
        assert_eq!(inner.await, Err(5));
        assert_eq!(on_behalf_of(id, async { wanted_id() }).await, Some(id));
    }
}
