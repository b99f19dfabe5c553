//! `/metrics` on its own listener: what the meter counted, and the figures of the moment, looked up for each caller.

use std::path::Path;

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use super::Service;
use crate::http::meter::{Authority, Figure};
use crate::kernel::Timestamp;

/// OpenMetrics 1.0, which Prometheus has read since 2.5.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// `/proc` counts CPU in these; USER_HZ is 100 wherever Linux runs.
const TICKS_PER_SECOND: f64 = 100.0;
/// Memory pages of `statm`.
const PAGE_BYTES: f64 = 4096.0;

/// The one route.
pub(super) fn router(service: Service) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(service)
}

async fn metrics(State(service): State<Service>) -> impl IntoResponse {
    let text = service.metrics().await;
    ([(CONTENT_TYPE, OPEN_METRICS), (CACHE_CONTROL, "no-store")], text)
}

impl Service {
    /// What `/metrics` says now.
    pub async fn metrics(&self) -> String {
        self.look_at_database().await;
        self.look_at_pools();
        self.look_at_authorities();
        self.look_at_process();
        let (delivered, dropped) = self.app.traces.counts();
        self.app.meter.spans(delivered, dropped);
        self.app.meter.text()
    }

    async fn look_at_database(&self) {
        let (meter, now) = (&self.app.meter, self.app.base.clock.now());
        match self.outbox.backlog().await {
            Ok(backlog) => {
                meter.set(Figure::DatabaseUp, 1.0);
                meter.set(Figure::OutboxWaiting, count(backlog.waiting));
                meter.set(Figure::OutboxGivenUp, count(backlog.given_up));
                meter.set(Figure::OutboxOldest, backlog.oldest.map_or(0.0, |since| age(since, now)));
            }
            Err(error) => {
                tracing::warn!(%error, "no figures of the outbox");
                meter.set(Figure::DatabaseUp, 0.0);
            }
        }
    }

    fn look_at_pools(&self) {
        let meter = &self.app.meter;
        let (open, idle) = self.app.base.db.connections();
        meter.set(Figure::PoolOpen, f64::from(open));
        meter.set(Figure::PoolIdle, count(u64::try_from(idle).unwrap_or(0)));
        let load = self.app.people.hashing_load();
        meter.set(Figure::HashesRunning, count(u64::try_from(load.running).unwrap_or(0)));
        meter.set(Figure::HashesWaiting, count(u64::try_from(load.waiting).unwrap_or(0)));
    }

    fn look_at_authorities(&self) {
        for it in self.authorities() {
            self.app.meter.stands(Authority::of(it.name), it.phase);
        }
    }

    /// Where there is no `/proc` the figures stay at zero.
    fn look_at_process(&self) {
        let meter = &self.app.meter;
        let read = |name: &str| std::fs::read_to_string(Path::new("/proc").join(name)).unwrap_or_default();
        let (stat, statm) = (read("self/stat"), read("self/statm"));
        // The name of the command stands in brackets and may hold spaces.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let field = |place: usize| fields.get(place).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
        meter.set(Figure::CpuSeconds, (field(11) + field(12)) / TICKS_PER_SECOND);
        let boot = read("stat").lines().find_map(|line| line.strip_prefix("btime ")?.parse::<f64>().ok());
        meter.set(Figure::StartedAt, boot.map_or(0.0, |boot| boot + field(19) / TICKS_PER_SECOND));
        let pages = statm.split_whitespace().nth(1).and_then(|text| text.parse::<f64>().ok());
        meter.set(Figure::ResidentBytes, pages.unwrap_or(0.0) * PAGE_BYTES);
        let open = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
        meter.set(Figure::OpenFiles, count(u64::try_from(open).unwrap_or(0)));
        let limits = read("self/limits");
        let files = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
        let soft = files.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
        meter.set(Figure::MaxFiles, soft.unwrap_or(0.0));
    }
}

/// Counts are far below what a double holds exactly.
fn count(number: u64) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}

fn age(since: Timestamp, now: Timestamp) -> f64 {
    (now - since).as_seconds_f64().max(0.0)
}
