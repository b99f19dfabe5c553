//! When an authority that does not answer is left alone. Pure: every instant is an argument.
//!
//! ```text
//! Closed ──share of calls in the window unanswered──► Open ──pause over, next call──► Probing ──answered──► Closed
//!                                                      ▲                                 │
//!                                                      └──────────unanswered─────────────┘
//! ```
//!
//! The crates looked at (`failsafe` 1.3, `recloser` 1.4) ask the machine for the time themselves.

use std::collections::VecDeque;

use chrono::TimeDelta;

use crate::kernel::Timestamp;

/// At what point to stop, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Calls older than this say nothing any more.
    pub window: TimeDelta,
    /// Fewer calls in the window prove nothing.
    pub least: usize,
    /// So many of a hundred without an answer open the breaker.
    pub failing_percent: usize,
    /// How long nobody is asked, and how long a probe may take.
    pub pause: TimeDelta,
}

impl Default for Rules {
    fn default() -> Self {
        Self { window: TimeDelta::seconds(60), least: 5, failing_percent: 50, pause: TimeDelta::seconds(30) }
    }
}

/// The window never holds more calls than this, whatever the traffic.
const MOST: usize = 1024;

/// How an authority stands, for people and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It is asked.
    Closed,
    /// It is not asked.
    Open,
    /// The next call, or one on its way, decides.
    HalfOpen,
}

impl Phase {
    /// The word of logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// Leave for one call. One that comes back late, from before the last change, changes nothing.
#[derive(Debug)]
pub struct Ticket {
    generation: u64,
}

/// The state of one authority.
#[derive(Debug)]
pub struct Breaker {
    rules: Rules,
    state: State,
    generation: u64,
}

#[derive(Debug)]
enum State {
    Closed(VecDeque<Call>),
    Open {
        until: Timestamp,
    },
    /// One call is on its way; if nothing is heard of it by then, another may go.
    Probing {
        until: Timestamp,
    },
}

#[derive(Clone, Copy, Debug)]
struct Call {
    at: Timestamp,
    answered: bool,
}

impl Breaker {
    /// An authority that nobody has asked yet.
    #[must_use]
    pub const fn new(rules: Rules) -> Self {
        Self { rules, state: State::Closed(VecDeque::new()), generation: 0 }
    }

    /// Leave to ask, or none.
    pub fn admit(&mut self, now: Timestamp) -> Option<Ticket> {
        let ended = match self.state {
            State::Closed(_) => return Some(Ticket { generation: self.generation }),
            State::Open { until } | State::Probing { until } => until <= now,
        };
        if !ended {
            return None;
        }
        self.generation += 1;
        self.state = State::Probing { until: now + self.rules.pause };
        Some(Ticket { generation: self.generation })
    }

    /// What came of a call. Tells the new phase when this changed it.
    pub fn report(&mut self, ticket: &Ticket, answered: bool, now: Timestamp) -> Option<Phase> {
        if ticket.generation != self.generation {
            return None;
        }
        match &mut self.state {
            State::Open { .. } => None,
            State::Probing { .. } if answered => {
                self.generation += 1;
                self.state = State::Closed(VecDeque::new());
                Some(Phase::Closed)
            }
            State::Probing { .. } => Some(self.open(now)),
            State::Closed(calls) => {
                remember(calls, Call { at: now, answered }, &self.rules);
                failing(calls, &self.rules).then(|| self.open(now))
            }
        }
    }

    fn open(&mut self, now: Timestamp) -> Phase {
        self.generation += 1;
        self.state = State::Open { until: now + self.rules.pause };
        Phase::Open
    }

    /// How it stands at this instant.
    #[must_use]
    pub fn phase(&self, now: Timestamp) -> Phase {
        match self.state {
            State::Closed(_) => Phase::Closed,
            State::Open { until } if now < until => Phase::Open,
            State::Open { .. } | State::Probing { .. } => Phase::HalfOpen,
        }
    }
}

fn remember(calls: &mut VecDeque<Call>, call: Call, rules: &Rules) {
    calls.push_back(call);
    let oldest = call.at - rules.window;
    calls.retain(|known| known.at > oldest);
    while calls.len() > MOST {
        calls.pop_front();
    }
}

fn failing(calls: &VecDeque<Call>, rules: &Rules) -> bool {
    let failed = calls.iter().filter(|call| !call.answered).count();
    calls.len() >= rules.least && failed * 100 >= calls.len() * rules.failing_percent
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_795_226_400 + seconds)
    }

    fn breaker() -> Breaker {
        Breaker::new(Rules::default())
    }

    fn call(breaker: &mut Breaker, seconds: i64, answered: bool) -> Option<Phase> {
        let ticket = breaker.admit(at(seconds)).expect("leave to ask");
        breaker.report(&ticket, answered, at(seconds))
    }

    fn opened() -> Breaker {
        let mut breaker = breaker();
        for _ in 0..5 {
            call(&mut breaker, 0, false);
        }
        breaker
    }

    #[test]
    fn four_failures_prove_nothing_and_the_fifth_opens() {
        let mut breaker = breaker();
        for _ in 0..4 {
            assert_eq!(call(&mut breaker, 0, false), None);
        }
        assert_eq!(call(&mut breaker, 0, false), Some(Phase::Open));
        assert!(breaker.admit(at(29)).is_none());
        assert_eq!(breaker.phase(at(29)), Phase::Open);
    }

    #[test]
    fn fewer_than_half_are_borne() {
        let mut breaker = breaker();
        for second in 0..40 {
            assert_eq!(call(&mut breaker, second, second % 5 < 3), None, "two of five at {second}");
        }
        assert_eq!(breaker.phase(at(40)), Phase::Closed);
    }

    #[test]
    fn failures_of_the_minute_before_are_forgotten() {
        let mut breaker = breaker();
        for second in [0, 1, 2, 3] {
            call(&mut breaker, second, false);
        }
        assert_eq!(call(&mut breaker, 63, false), None);
        assert_eq!(breaker.phase(at(63)), Phase::Closed);
    }

    #[test]
    fn after_the_pause_one_probe_goes_and_its_answer_closes() {
        let mut breaker = opened();
        assert_eq!(breaker.phase(at(30)), Phase::HalfOpen);
        let probe = breaker.admit(at(30)).expect("a probe");
        assert!(breaker.admit(at(30)).is_none(), "one at a time");
        assert_eq!(breaker.report(&probe, true, at(31)), Some(Phase::Closed));
        assert!(breaker.admit(at(31)).is_some());
    }

    #[test]
    fn a_failed_probe_opens_for_another_pause() {
        let mut breaker = opened();
        assert_eq!(call(&mut breaker, 30, false), Some(Phase::Open));
        assert!(breaker.admit(at(59)).is_none());
        assert!(breaker.admit(at(60)).is_some());
    }

    #[test]
    fn a_probe_that_is_never_heard_of_again_does_not_keep_the_door_shut() {
        let mut breaker = opened();
        let lost = breaker.admit(at(30)).expect("a probe");
        assert!(breaker.admit(at(59)).is_none());
        let second = breaker.admit(at(60)).expect("another probe");
        assert_eq!(breaker.report(&lost, false, at(60)), None, "it speaks for nobody any more");
        assert_eq!(breaker.report(&second, true, at(60)), Some(Phase::Closed));
    }

    #[test]
    fn calls_from_before_the_change_neither_close_nor_open() {
        let mut breaker = breaker();
        let slow: Vec<_> = (0..6).map(|_| breaker.admit(at(0)).expect("leave")).collect();
        for _ in 0..5 {
            call(&mut breaker, 0, false);
        }
        assert_eq!(breaker.report(&slow[0], true, at(10)), None);
        assert_eq!(breaker.phase(at(10)), Phase::Open);
        call(&mut breaker, 30, true);
        for ticket in &slow[1..] {
            assert_eq!(breaker.report(ticket, false, at(31)), None);
        }
        assert_eq!(breaker.phase(at(31)), Phase::Closed);
    }

    proptest! {
        /// Whatever happens: while open nobody asks, no more than one probe is out in a pause, and the door never
        /// stays shut longer than one pause after the last change.
        #[test]
        fn nobody_asks_while_it_is_open_and_somebody_may_after_the_pause(
            steps in proptest::collection::vec((0_i64..40, any::<bool>(), any::<bool>()), 1..200)
        ) {
            let (mut breaker, mut now) = (breaker(), at(0));
            for (wait, answered, reports) in steps {
                now = now + TimeDelta::seconds(wait);
                let before = breaker.phase(now);
                let ticket = breaker.admit(now);
                match before {
                    Phase::Closed => prop_assert!(ticket.is_some()),
                    Phase::Open => prop_assert!(ticket.is_none()),
                    Phase::HalfOpen => if ticket.is_some() {
                        prop_assert!(breaker.admit(now).is_none());
                    },
                }
                if let (Some(ticket), true) = (&ticket, reports) {
                    let changed = breaker.report(ticket, answered, now);
                    if before == Phase::HalfOpen {
                        prop_assert_eq!(changed, Some(if answered { Phase::Closed } else { Phase::Open }));
                    } else {
                        prop_assert!(changed != Some(Phase::Open) || !answered || breaker.phase(now) == Phase::Open);
                    }
                }
                let later = now + Rules::default().pause;
                prop_assert_ne!(breaker.phase(later), Phase::Open);
            }
        }

        /// An authority that always answers is always asked.
        #[test]
        fn answers_alone_never_open(waits in proptest::collection::vec(0_i64..100, 1..300)) {
            let (mut breaker, mut now) = (breaker(), at(0));
            for wait in waits {
                now = now + TimeDelta::seconds(wait);
                let ticket = breaker.admit(now);
                prop_assert!(ticket.is_some());
                prop_assert_eq!(ticket.and_then(|ticket| breaker.report(&ticket, true, now)), None);
            }
        }
    }
}
