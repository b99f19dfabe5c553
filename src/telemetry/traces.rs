//! Traces on their way to a collector: OTLP over HTTP, in protobuf (OTLP 1.10 §OTLP/HTTP).
//!
//! Invariants: whoever ends a span never waits; what does not fit into the queue is dropped and counted. One batch is under
//! way at a time; one that the collector cannot take now is tried again, with growing pauses, while the queue fills.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::trace::{SpanId, TraceId as OtelId, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    IdGenerator, Sampler, SdkTracerProvider, Span, SpanData, SpanLimits, SpanProcessor,
};
use prost::Message;
use reqwest::{Client, StatusCode, header::CONTENT_TYPE, redirect};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use url::Url;

use crate::kernel::trace::{Sampling, SpanCounts, Tells, Traces, wanted_id};
use crate::kernel::{Rng, Secret, TraceId, random_bytes};

/// Spans that may wait: those of some hundred requests, a megabyte or two.
const QUEUE: usize = 4096;
/// Spans of one message.
const BATCH: usize = 512;
/// How long spans gather.
const GATHER: Duration = Duration::from_secs(1);
/// How long the collector may take for a batch.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between attempts, doubling up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Where spans go, and which.
#[derive(Clone)]
pub struct Settings {
    /// The whole address, `/v1/traces` and all.
    pub endpoint: Url,
    /// Sent as a bearer token.
    pub key: Option<Secret>,
    /// Of the requests that nobody before us decided about, this share is traced: 0 to 1.
    pub share: f64,
    /// Whether the bureau's own authorities are told.
    pub tells: Tells,
    /// `service.name`.
    pub service: String,
    /// `service.instance.id`; without one, a random one.
    pub instance: Option<String>,
}

/// The HTTP client could not be made.
#[derive(Debug, thiserror::Error)]
#[error("traces: {0}")]
pub struct TracesError(String);

/// The way of the spans; to be ended when the last of them has ended.
pub struct Delivery {
    stop: oneshot::Sender<()>,
    courier: JoinHandle<()>,
}

impl Delivery {
    /// Delivers what waits, each batch tried once.
    pub async fn end(self) {
        // A courier that is gone has nothing to deliver.
        let _ = self.stop.send(());
        let _ = self.courier.await;
    }
}

/// Starts delivering; needs the runtime.
///
/// # Errors
/// When the TLS side of the client cannot be set up.
pub fn start(settings: &Settings, rng: Arc<dyn Rng>) -> Result<(Traces, Delivery), TracesError> {
    let (sender, spans) = mpsc::channel(QUEUE);
    let counts = Arc::new(SpanCounts::default());
    let resource = resource(settings, rng.as_ref());
    let courier = Courier {
        collector: Collector::new(settings)?,
        resource: (&resource).into(),
        counts: counts.clone(),
        spans,
        silent: false,
    };
    let provider = SdkTracerProvider::builder()
        .with_span_processor(Queue { sender, counts: counts.clone() })
        .with_id_generator(Ids(rng.clone()))
        // Who begins a span has sampled it; said here because the package would ask the environment.
        .with_sampler(Sampler::AlwaysOn)
        .with_span_limits(SpanLimits::default())
        .with_resource(resource)
        .build();
    let (stop, stopped) = oneshot::channel();
    let courier = tokio::spawn(courier.run(stopped));
    let sampling = Sampling { share: settings.share, rng };
    let traces = Traces::new(Box::new(provider.tracer("menfu")), sampling, settings.tells, counts);
    Ok((traces, Delivery { stop, courier }))
}

fn resource(settings: &Settings, rng: &dyn Rng) -> Resource {
    let instance = settings.instance.clone().unwrap_or_else(|| TraceId::new(rng).to_string());
    // Empty before: the package's own detectors read the environment.
    Resource::builder_empty()
        .with_attributes([
            KeyValue::new("service.name", settings.service.clone()),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("service.instance.id", instance),
        ])
        .build()
}

/// Where ended spans wait.
#[derive(Debug)]
struct Queue {
    sender: mpsc::Sender<SpanData>,
    counts: Arc<SpanCounts>,
}

impl SpanProcessor for Queue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if self.sender.try_send(span).is_err() {
            self.counts.add_dropped(1);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// The ids of spans, and of the traces whose request has none yet.
struct Ids(Arc<dyn Rng>);

impl fmt::Debug for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ids")
    }
}

impl IdGenerator for Ids {
    fn new_trace_id(&self) -> OtelId {
        let id = wanted_id().unwrap_or_else(|| TraceId::new(self.0.as_ref()));
        OtelId::from_bytes(id.uuid().into_bytes())
    }

    fn new_span_id(&self) -> SpanId {
        // The lowest bit is set: all zeros are no id.
        SpanId::from(u64::from_be_bytes(random_bytes(self.0.as_ref())) | 1)
    }
}

/// Brings batches to the collector.
struct Courier {
    collector: Collector,
    resource: ResourceAttributesWithSchema,
    counts: Arc<SpanCounts>,
    spans: mpsc::Receiver<SpanData>,
    /// The log says already that the collector takes nothing.
    silent: bool,
}

impl Courier {
    async fn run(mut self, mut stopped: oneshot::Receiver<()>) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                biased;
                _ = &mut stopped => break,
                received = self.spans.recv_many(&mut batch, BATCH) => if received == 0 { break },
            }
            let gathered = tokio::time::timeout(GATHER, self.gather(&mut batch));
            tokio::select! {
                _ = &mut stopped => break,
                // The time being over is as good as a full batch.
                _ = gathered => {}
            }
            let spans = std::mem::take(&mut batch);
            let (count, message) = (spans.len(), self.message(spans));
            if self.bring(count, &message, &mut stopped).await == Go::Home {
                break;
            }
        }
        self.bring_the_rest(batch).await;
    }

    async fn gather(&mut self, batch: &mut Vec<SpanData>) {
        while batch.len() < BATCH && self.spans.recv_many(batch, BATCH - batch.len()).await > 0 {}
    }

    fn message(&self, spans: Vec<SpanData>) -> Vec<u8> {
        let resource_spans = group_spans_by_resource_and_scope(spans, &self.resource);
        ExportTraceServiceRequest { resource_spans }.encode_to_vec()
    }

    /// Until the collector takes it, or will never, or all ends.
    async fn bring(&mut self, count: usize, message: &[u8], stopped: &mut oneshot::Receiver<()>) -> Go {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.collector.post(message).await {
                Answer::Taken => self.taken(count),
                Answer::Never => self.dropped(count),
                Answer::Later => {
                    self.complain();
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        _ = &mut *stopped => {
                            self.dropped(count);
                            return Go::Home;
                        }
                    }
                    pause = LONGEST_PAUSE.min(pause * 2);
                    continue;
                }
            }
            return Go::On;
        }
    }

    async fn bring_once(&mut self, count: usize, message: &[u8]) -> Answer {
        let answer = self.collector.post(message).await;
        if answer == Answer::Taken {
            self.taken(count);
        } else {
            self.dropped(count);
        }
        answer
    }

    /// The end: a collector that is gone is waited for once, not for each batch.
    async fn bring_the_rest(&mut self, mut batch: Vec<SpanData>) {
        self.spans.close();
        loop {
            while batch.len() < BATCH
                && let Ok(span) = self.spans.try_recv()
            {
                batch.push(span);
            }
            if batch.is_empty() {
                return;
            }
            let spans = std::mem::take(&mut batch);
            let (count, message) = (spans.len(), self.message(spans));
            if self.bring_once(count, &message).await == Answer::Later {
                return self.dropped(self.spans.len());
            }
        }
    }

    fn taken(&mut self, count: usize) {
        self.counts.add_delivered(count as u64);
        if std::mem::take(&mut self.silent) {
            tracing::info!("the collector of traces takes them again");
        }
    }

    fn dropped(&mut self, count: usize) {
        self.counts.add_dropped(count as u64);
        self.complain();
    }

    fn complain(&mut self) {
        if !std::mem::replace(&mut self.silent, true) {
            tracing::warn!(
                "the collector takes no traces; spans wait as long as there is room, then are dropped"
            );
        }
    }
}

/// Whether there is more to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Go {
    On,
    Home,
}

/// What came of a message (OTLP §Failures).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Taken,
    Later,
    Never,
}

/// Who takes them.
struct Collector {
    client: Client,
    endpoint: Url,
    key: Option<Secret>,
}

impl Collector {
    fn new(settings: &Settings) -> Result<Self, TracesError> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .map_err(|error| TracesError(error.without_url().to_string()))?;
        Ok(Self { client, endpoint: settings.endpoint.clone(), key: settings.key.clone() })
    }

    async fn post(&self, message: &[u8]) -> Answer {
        let request = self
            .client
            .post(self.endpoint.clone())
            .header(CONTENT_TYPE, "application/x-protobuf")
            .body(message.to_vec());
        let request = match &self.key {
            Some(key) => request.bearer_auth(key.expose()),
            None => request,
        };
        match request.send().await.map(|answer| answer.status()) {
            Ok(status) if status.is_success() => Answer::Taken,
            Ok(
                StatusCode::TOO_MANY_REQUESTS
                | StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT,
            )
            | Err(_) => Answer::Later,
            Ok(_) => Answer::Never,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_id_of_a_span_is_all_zeros() {
        struct Zeros;
        impl Rng for Zeros {
            fn fill(&self, bytes: &mut [u8]) {
                bytes.fill(0);
            }
        }
        assert_ne!(Ids(Arc::new(Zeros)).new_span_id(), SpanId::INVALID);
    }
}
