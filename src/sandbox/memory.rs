//! What the simulators remember and how they were told to misbehave; everything is gone with the process.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::table::national;

/// The simulated services.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    Bank,
    #[serde(rename = "unionpay")]
    UnionPay,
    Sms,
}

/// How a service meets its next calls.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It answers.
    #[default]
    Up,
    /// It answers 503 and does nothing.
    Unavailable,
    /// It closes the connection and does nothing.
    Refuse,
    /// It does its work, then closes the connection instead of answering.
    HangUp,
    /// It does its work, then answers 200 and nonsense.
    Rubbish,
}

/// `POST /control`: one service's behaviour from now on, or for its next `times` calls.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    pub service: Service,
    #[serde(default)]
    pub mode: Mode,
    /// Milliseconds between the work and the answer.
    #[serde(default)]
    pub slow_ms: u64,
    /// After so many calls the service is well again; without it, never.
    #[serde(default)]
    pub times: Option<u32>,
}

impl Control {
    /// A service that works as it should.
    #[must_use]
    pub const fn well(service: Service) -> Self {
        Self { service, mode: Mode::Up, slow_ms: 0, times: None }
    }
}

/// `GET /calls`, per service: calls that reached it, and the different ids they carried.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Calls {
    pub calls: u64,
    pub distinct: usize,
}

/// The bank's answer on the wire.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct VerifyAnswer {
    pub request_id: String,
    pub result: super::Verdict,
    pub reference: String,
    pub bank_name: String,
    /// Whether the phone is the one the bank has for the card.
    pub phone_matched: bool,
    /// RFC 3339, UTC.
    pub checked_at: String,
}

/// `POST /sms/v1/send`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SendRequest {
    pub message_id: String,
    pub phone: String,
    pub sign: String,
    pub template: String,
    pub text: String,
}

/// One SMS that the gateway took.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Sms {
    #[serde(flatten)]
    pub message: SendRequest,
    /// RFC 3339, UTC.
    pub received_at: String,
}

/// The state behind the lock.
#[derive(Debug, Default)]
pub(super) struct Memory {
    answers: BTreeMap<String, VerifyAnswer>,
    messages: Vec<Sms>,
    calls: BTreeMap<Service, u64>,
    ids: BTreeSet<(Service, String)>,
    controls: BTreeMap<Service, Control>,
}

impl Memory {
    /// Counts a call and says how to meet it.
    pub(super) fn meet(&mut self, service: Service, id: &str) -> Control {
        *self.calls.entry(service).or_default() += 1;
        self.ids.insert((service, id.to_owned()));
        let control = self.control(service);
        if let Some(times) = control.times {
            self.set_control(Control { times: Some(times.saturating_sub(1)), ..control });
        }
        control
    }

    pub(super) fn control(&self, service: Service) -> Control {
        self.controls.get(&service).copied().unwrap_or_else(|| Control::well(service))
    }

    pub(super) fn set_control(&mut self, control: Control) {
        let spent = control.times == Some(0);
        let control = if spent { Control::well(control.service) } else { control };
        self.controls.insert(control.service, control);
    }

    pub(super) fn calls(&self, service: Service) -> Calls {
        Calls {
            calls: self.calls.get(&service).copied().unwrap_or_default(),
            distinct: self.ids.iter().filter(|(of, _)| *of == service).count(),
        }
    }

    pub(super) fn find_answer(&self, request_id: &str) -> Option<&VerifyAnswer> {
        self.answers.get(request_id)
    }

    /// Keeps a bank's verdict for its id. BUSY is none: the same id may ask again.
    pub(super) fn keep_answer(&mut self, answer: &VerifyAnswer) {
        if answer.result != super::Verdict::Busy {
            self.answers.insert(answer.request_id.clone(), answer.clone());
        }
    }

    /// Takes a message; the same id a second time changes nothing.
    pub(super) fn take_message(&mut self, sms: Sms) {
        if self.messages.iter().all(|known| known.message.message_id != sms.message.message_id) {
            self.messages.push(sms);
        }
    }

    /// Newest first; a phone with or without +86, or all phones.
    pub(super) fn messages(&self, phone: Option<&str>) -> Vec<Sms> {
        let wanted = phone.map(|text| national(text.trim())).filter(|text| !text.is_empty());
        let fits = |sms: &&Sms| wanted.is_none_or(|phone| national(&sms.message.phone) == phone);
        self.messages.iter().rev().filter(fits).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sms(id: &str, phone: &str) -> Sms {
        let text = format!("验证码{id}");
        let message = SendRequest {
            message_id: id.into(),
            phone: phone.into(),
            sign: "门符".into(),
            template: "T1".into(),
            text,
        };
        Sms { message, received_at: "2026-11-21T08:00:00Z".into() }
    }

    #[test]
    fn a_fault_for_two_calls_is_over_at_the_third() {
        let mut memory = Memory::default();
        memory.set_control(Control { mode: Mode::Refuse, times: Some(2), ..Control::well(Service::Bank) });
        let modes: Vec<_> = ["a", "b", "c"].map(|id| memory.meet(Service::Bank, id).mode).into();
        assert_eq!(modes, [Mode::Refuse, Mode::Refuse, Mode::Up]);
    }

    #[test]
    fn a_fault_without_a_number_stays_and_touches_one_service_only() {
        let mut memory = Memory::default();
        memory.set_control(Control { mode: Mode::Unavailable, ..Control::well(Service::Sms) });
        for id in ["a", "b", "c"] {
            assert_eq!(memory.meet(Service::Sms, id).mode, Mode::Unavailable);
            assert_eq!(memory.meet(Service::Bank, id).mode, Mode::Up);
        }
    }

    #[test]
    fn calls_count_every_attempt_and_distinct_counts_ids_of_one_service() {
        let mut memory = Memory::default();
        for (service, id) in
            [(Service::Bank, "a"), (Service::Bank, "a"), (Service::Bank, "b"), (Service::Sms, "a")]
        {
            memory.meet(service, id);
        }
        assert_eq!(memory.calls(Service::Bank), Calls { calls: 3, distinct: 2 });
        assert_eq!(memory.calls(Service::Sms), Calls { calls: 1, distinct: 1 });
    }

    #[test]
    fn messages_come_newest_first_and_filter_by_phone_with_or_without_the_country_code() {
        let mut memory = Memory::default();
        for (id, phone) in [("1", "+8619900000101"), ("2", "+8619900000102"), ("3", "+8619900000101")] {
            memory.take_message(sms(id, phone));
        }
        let ids =
            |phone| memory.messages(phone).into_iter().map(|sms| sms.message.message_id).collect::<Vec<_>>();
        assert_eq!(ids(None), ["3", "2", "1"]);
        assert_eq!(ids(Some("19900000101")), ["3", "1"]);
        assert_eq!(ids(Some(" +8619900000102 ")), ["2"]);
        assert_eq!(ids(Some("")), ["3", "2", "1"]);
        assert!(ids(Some("13800138000")).is_empty());
    }

    #[test]
    fn a_message_sent_twice_under_one_id_is_one_message() {
        let mut memory = Memory::default();
        memory.take_message(sms("1", "+8619900000101"));
        memory.take_message(sms("1", "+8619900000102"));
        assert_eq!(memory.messages(None), [sms("1", "+8619900000101")]);
    }
}
