//! What `/metrics` tells of the systems outside: calls by outcome, why there was no answer, how the breakers stand.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::kinds::{Authority, Call, Kind, Silence};
use super::{Label, Tally};
use crate::storage::authority::{News, Phase};

/// Those behind a breaker.
const GATED: [Authority; 3] = [Authority::Sms, Authority::Bank, Authority::UnionPay];
const PHASES: [Phase; 3] = [Phase::Closed, Phase::HalfOpen, Phase::Open];

pub(super) struct Authorities {
    calls: Vec<Tally<Call>>,
    gates: Vec<(Authority, Gate)>,
}

struct Gate {
    silences: Tally<Silence>,
    trips: Counter,
    phases: Vec<(Phase, Gauge)>,
}

impl Authorities {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let calls = Family::<[Label; 2], Counter>::default();
        registry.register("authority_calls", "Calls of outside systems by outcome", calls.clone());
        let of = |authority: Authority| {
            Tally::new(|call: Call| {
                calls.get_or_create_owned(&[("authority", authority.name()), ("outcome", call.name())])
            })
        };
        Self {
            calls: Authority::ALL.iter().map(|authority| of(*authority)).collect(),
            gates: gates(registry),
        }
    }

    pub(super) fn call(&self, authority: Authority, outcome: Call) {
        if let Some(tally) = self.calls.get(authority.place()) {
            tally.count(outcome);
        }
    }

    pub(super) fn heard(&self, authority: Authority, news: News) {
        let Some(gate) = self.gate(authority) else { return };
        match news {
            News::Unanswered(why) => gate.silences.count(why.into()),
            News::Tripped => {
                gate.trips.inc();
            }
        }
    }

    pub(super) fn stands(&self, authority: Authority, at: Phase) {
        let Some(gate) = self.gate(authority) else { return };
        for (phase, gauge) in &gate.phases {
            gauge.set(i64::from(*phase == at));
        }
    }

    fn gate(&self, authority: Authority) -> Option<&Gate> {
        self.gates.iter().find(|(gated, _)| *gated == authority).map(|(_, gate)| gate)
    }
}

fn gates(registry: &mut Registry) -> Vec<(Authority, Gate)> {
    let silences = Family::<[Label; 2], Counter>::default();
    let trips = Family::<[Label; 1], Counter>::default();
    let phases = Family::<[Label; 2], Gauge>::default();
    registry.register("authority_unanswered", "Calls without an answer by their kind", silences.clone());
    registry.register("authority_breaker_trips", "How often an authority was left alone", trips.clone());
    registry.register("authority_breaker", "1 at the phase that the breaker is in", phases.clone());
    let gate = |authority: Authority| {
        let name = ("authority", authority.name());
        let phase = |phase: &Phase| (*phase, phases.get_or_create_owned(&[name, ("phase", phase.as_str())]));
        let gate = Gate {
            silences: Tally::new(|why: Silence| silences.get_or_create_owned(&[name, ("kind", why.name())])),
            trips: trips.get_or_create_owned(&[name]),
            phases: PHASES.iter().map(phase).collect(),
        };
        (authority, gate)
    };
    GATED.into_iter().map(gate).collect()
}
