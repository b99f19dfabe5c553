//! Combinations that type-check and are unsafe all the same: refused at start, never discovered at run time.
//!
//! Each rule is one function of [`RULES`] and answers with the key and the reason.

use super::*;

/// Where the policy will run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surroundings {
    /// Real people and real authorities.
    Production,
    /// The simulated outside world stands beside it: tests and the demo.
    Sandbox,
}

type Rule = fn(&Policy, Surroundings) -> Option<&'static str>;

const RULES: [Rule; 24] = [
    a_captcha_exists,
    a_captcha_is_asked_in_time,
    lockout_is_on,
    the_wide_lockout_is_the_wider,
    sms_codes_are_long_enough,
    sms_codes_die_soon,
    sms_codes_die_by_guessing,
    sms_budgets_hold,
    passwords_keep_their_rules,
    usernames_fit_their_type,
    children_stay_out,
    required_proof_needs_a_bank,
    banks_are_distinct,
    bank_limits_hold,
    bank_evidence_ends,
    codes_die_soon,
    tokens_die_soon,
    a_request_outlives_a_registration,
    sessions_end,
    refresh_tokens_end,
    levels_have_a_prefix,
    presence_needs_a_method,
    disclosure_is_budgeted,
    the_site_says_who_runs_it,
];

/// Every rule that the policy breaks, one line each.
pub(super) fn complaints(policy: &Policy, surroundings: Surroundings) -> Vec<String> {
    RULES.iter().filter_map(|rule| rule(policy, surroundings)).map(str::to_owned).collect()
}

fn unless(holds: bool, complaint: &'static str) -> Option<&'static str> {
    (!holds).then_some(complaint)
}

/// Decisions, “Policy profiles”: `none` is for the sandbox.
fn a_captcha_exists(policy: &Policy, surroundings: Surroundings) -> Option<&'static str> {
    let exists = policy.captcha.kind == CaptchaKind::Image || surroundings == Surroundings::Sandbox;
    unless(exists, "captcha.kind: `none` is for the sandbox only")
}

fn a_captcha_is_asked_in_time(policy: &Policy, _: Surroundings) -> Option<&'static str> {
    let in_time = policy.captcha.login != CaptchaAtLogin::AfterFailures
        || (1..policy.lockout.threshold.max(2)).contains(&policy.captcha.after_failures);
    unless(in_time, "captcha.after_failures: from 1 to less than lockout.threshold, or it is never asked")
}

/// S4-17; GB/T 22239 §8.1.4.1 b wants a limit of failures.
fn lockout_is_on(policy: &Policy, _: Surroundings) -> Option<&'static str> {
    let on = (1..=10).contains(&policy.lockout.threshold) && policy.lockout.duration >= Span::minutes(5);
    unless(on, "lockout.threshold: from 1 to 10 failures, for at least 5min")
}

fn the_wide_lockout_is_the_wider(policy: &Policy, _: Surroundings) -> Option<&'static str> {
    let Lockout { threshold, account_threshold, account_window, .. } = &policy.lockout;
    let wider =
        threshold < account_threshold && *account_threshold <= 100 && *account_window >= Span::minutes(10);
    unless(wider, "lockout.account_threshold: above lockout.threshold, at most 100, over at least 10min")
}

fn sms_codes_are_long_enough(policy: &Policy, _: Surroundings) -> Option<&'static str> {
    unless((6..=8).contains(&policy.sms.code_digits), "sms.code_digits: from 6 to 8")
}

fn sms_codes_die_soon(policy: &Policy, _: Surroundings) -> Option<&'static str> {
    unless(policy.sms.code_lifetime <= Span::minutes(10), "sms.code_lifetime: at most 10min")
}

fn sms_codes_die_by_guessing(policy: &Policy, _: Surroundings) -> Option<&'static str> {
    unless((1..=10).contains(&policy.sms.code_attempts), "sms.code_attempts: from 1 to 10")
}

/// Domain §5: a gateway's own limits are 1 a minute, 5 an hour, 10 a day and number.
fn sms_budgets_hold(policy: &Policy, _: Surroundings) -> Option<&'static str> {
    let sms = &policy.sms;
    let holds = sms.resend_after >= Span::seconds(30)
        && (1..=sms.per_number_day).contains(&sms.per_number_hour)
        && sms.per_number_day <= 20
        && (1..=200).contains(&sms.per_source_hour);
    unless(
        holds,
        "sms: resend_after at least 30s, 1 ≤ per_number_hour ≤ per_number_day ≤ 20, per_source_hour 1 to 200",
    )
}

/// S4-11 is the least; others may ask for more.
fn passwords_keep_their_rules(policy: &Policy, _: Surroundings) -> Option<&'static str> {
    let rules = &policy.password;
    let kept = rules.min >= 8
        && (rules.min.max(16)..=128).contains(&rules.max)
        && (2..=4).contains(&rules.min_classes)
        && (3..=8).contains(&rules.keyboard_run_max)
        && rules.min_guesses >= 1_000;
    unless(
        kept,
        "password: min ≥ 8, max 16 to 128, min_classes 2 to 4, keyboard_run_max 3 to 8, min_guesses ≥ 1000",
    )
}

/// S4-10: the value type takes 5 to 20 characters; a profile may only narrow.
fn usernames_fit_their_type(policy: &Policy, _: Surroundings) -> Option<&'static str> {
    let UsernameRules { min, max, reserved } = &policy.username;
    let lower = reserved.iter().all(|name| !name.chars().any(char::is_uppercase));
    unless(
        5 <= *min && min <= max && *max <= 20 && lower,
        "username: 5 ≤ min ≤ max ≤ 20, reserved in lower case",
    )
}

/// PIPL art. 31: below 14 a guardian must agree.
fn children_stay_out(policy: &Policy, _: Surroundings) -> Option<&'static str> {
    unless(policy.registration.minimum_age >= 14, "registration.minimum_age: at least 14")
}

fn required_proof_needs_a_bank(policy: &Policy, _: Surroundings) -> Option<&'static str> {
    let possible = policy.registration.proofing == RegistrationProofing::Deferred
        || policy.proofing.methods.contains(&CardMethod::Bank)
            && policy.proofing.banks.iter().any(|bank| bank.enabled);
    unless(possible, "registration.proofing: `required` needs a bank that is enabled")
}

fn banks_are_distinct(policy: &Policy, _: Surroundings) -> Option<&'static str> {
    let codes: Vec<_> = policy.proofing.banks.iter().map(|bank| bank.code.as_str()).collect();
    let distinct = codes
        .iter()
        .enumerate()
        .all(|(at, code)| !code.is_empty() && !codes.iter().skip(at + 1).any(|c| c == code));
    unless(distinct, "proofing.banks: each with a code of its own")
}

/// Domain §2.1: UnionPay stops a card after 4 or 5 checks a day; decisions: three attempts in a flow.
fn bank_limits_hold(policy: &Policy, _: Surroundings) -> Option<&'static str> {
    let limits = &policy.proofing;
    let holds = (1..=4).contains(&limits.per_card)
        && (1..=3).contains(&limits.attempts_per_flow)
        && [limits.per_identity, limits.per_phone, limits.per_account]
            .iter()
            .all(|limit| (1..=10).contains(limit))
        && (1..=100).contains(&limits.per_source)
        && (1..=100).contains(&limits.per_second);
    unless(
        holds,
        "proofing: per_card 1 to 4, attempts_per_flow 1 to 3, per_identity, per_phone, per_account 1 to 10, per_source and per_second 1 to 100",
    )
}

fn bank_evidence_ends(policy: &Policy, _: Surroundings) -> Option<&'static str> {
    unless((1..=60).contains(&policy.proofing.evidence_months), "proofing.evidence_months: from 1 to 60")
}

/// RFC 6749 §4.1.2: at most ten minutes; RFC 9700 and FAPI want one.
fn codes_die_soon(policy: &Policy, _: Surroundings) -> Option<&'static str> {
    unless(policy.tokens.code <= Span::seconds(60), "tokens.code: at most 60s")
}

/// A resource server that verifies alone learns of a revocation only by expiry.
fn tokens_die_soon(policy: &Policy, _: Surroundings) -> Option<&'static str> {
    let soon = policy.tokens.access_token.max(policy.tokens.id_token) <= Span::minutes(60);
    unless(soon, "tokens.access_token, tokens.id_token: at most 60min")
}

fn a_request_outlives_a_registration(policy: &Policy, _: Surroundings) -> Option<&'static str> {
    let outlives = policy.registration.flow <= policy.tokens.parked_request;
    let short = policy.tokens.parked_request <= Span::minutes(24 * 60);
    unless(outlives && short, "tokens.parked_request: not shorter than registration.flow, at most 1d")
}

/// GB/T 22239 §8.1.4.1 b: log out on idleness.
fn sessions_end(policy: &Policy, _: Surroundings) -> Option<&'static str> {
    let SessionTimes { idle, absolute, touch } = policy.session;
    let ends = touch < idle && idle <= absolute && absolute <= Span::minutes(24 * 60);
    unless(ends, "session: touch < idle ≤ absolute ≤ 24h")
}

fn refresh_tokens_end(policy: &Policy, _: Surroundings) -> Option<&'static str> {
    let tokens = &policy.tokens;
    let end = tokens.refresh_idle <= tokens.refresh_absolute
        && tokens.refresh_absolute <= Span::minutes(90 * 24 * 60)
        && tokens.refresh_grace <= Span::seconds(60);
    unless(end, "tokens: refresh_idle ≤ refresh_absolute ≤ 90d, refresh_grace ≤ 60s")
}

fn levels_have_a_prefix(policy: &Policy, _: Surroundings) -> Option<&'static str> {
    let prefix = &policy.levels.acr_prefix;
    let usable =
        prefix.contains(':') && prefix.chars().all(|c| c.is_ascii_graphic() && c != '"' && c != '\\');
    unless(usable, "levels.acr_prefix: a URI prefix in ASCII")
}

/// S2-03: a level without a method to reach it must be shown as 未开通.
fn presence_needs_a_method(policy: &Policy, _: Surroundings) -> Option<&'static str> {
    unless(!policy.levels.l3_open, "levels.l3_open: no method of this build proves presence")
}

/// Decisions, “What may be known”.
fn disclosure_is_budgeted(policy: &Policy, _: Surroundings) -> Option<&'static str> {
    let Disclosure { per_flow, per_source_hour } = policy.disclosure;
    unless(per_flow <= 3 && per_source_hour <= 5, "disclosure: per_flow at most 3, per_source_hour at most 5")
}

fn the_site_says_who_runs_it(policy: &Policy, _: Surroundings) -> Option<&'static str> {
    let site = &policy.site;
    let named = !site.name.zh_hans.is_empty() && !site.operator.zh_hans.is_empty() && !site.phones.is_empty();
    let safe = site.nav.iter().all(|link| link.url.starts_with("https://") || link.url.starts_with('/'));
    unless(named && safe, "site: a name, an operator and a telephone; nav links are https or a path")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(url: &str) -> [NavLink; 1] {
        [NavLink { label: Localised::default(), url: url.to_owned() }]
    }

    type Change = fn(&mut Policy);

    fn broken(change: Change) -> Vec<String> {
        let mut policy = Policy::embedded("reference").unwrap();
        change(&mut policy);
        complaints(&policy, Surroundings::Production)
    }

    #[test]
    fn each_unsafe_setting_is_refused_by_exactly_its_rule() {
        let cases: [(Change, &str); 31] = [
            (|p| p.captcha.kind = CaptchaKind::None, "captcha.kind"),
            (|p| p.captcha.after_failures = 0, "captcha.after_failures"),
            (|p| p.captcha.after_failures = 5, "captcha.after_failures"),
            (|p| p.lockout.threshold = 11, "lockout.threshold"),
            (|p| p.lockout.duration = Span::minutes(1), "lockout.threshold"),
            (|p| p.lockout.account_threshold = 5, "lockout.account_threshold"),
            (|p| p.sms.code_digits = 4, "sms.code_digits"),
            (|p| p.sms.code_lifetime = Span::minutes(30), "sms.code_lifetime"),
            (|p| p.sms.code_attempts = 100, "sms.code_attempts"),
            (|p| p.sms.per_number_hour = 11, "sms:"),
            (|p| p.sms.resend_after = Span::seconds(1), "sms:"),
            (|p| p.password.min = 6, "password:"),
            (|p| p.password.max = 12, "password:"),
            (|p| p.username.max = 40, "username:"),
            (|p| p.username.reserved.push("Admin".to_owned()), "username:"),
            (|p| p.registration.minimum_age = 13, "registration.minimum_age"),
            (|p| p.proofing.banks.iter_mut().for_each(|b| b.code = "X".to_owned()), "proofing.banks"),
            (|p| p.proofing.per_card = 9, "proofing:"),
            (|p| p.proofing.attempts_per_flow = 4, "proofing:"),
            (|p| p.proofing.evidence_months = 0, "proofing.evidence_months"),
            (|p| p.tokens.code = Span::minutes(10), "tokens.code"),
            (|p| p.tokens.access_token = Span::minutes(61), "tokens.access_token"),
            (|p| p.tokens.parked_request = Span::minutes(20), "tokens.parked_request"),
            (|p| p.session.idle = Span::minutes(600), "session:"),
            (|p| p.session.touch = Span::minutes(30), "session:"),
            (|p| p.tokens.refresh_idle = Span::minutes(31 * 24 * 60), "tokens:"),
            (|p| p.levels.acr_prefix = String::new(), "levels.acr_prefix"),
            (|p| p.levels.l3_open = true, "levels.l3_open"),
            (|p| p.disclosure.per_flow = 100, "disclosure:"),
            (|p| p.site.phones.clear(), "site:"),
            (|p| p.site.nav.extend(link("javascript:alert(1)")), "site:"),
        ];
        for (change, expected) in cases {
            let complaints = broken(change);
            assert!(
                complaints.len() == 1 && complaints.iter().all(|c| c.starts_with(expected)),
                "{expected}: {complaints:?}"
            );
        }
    }

    #[test]
    fn lockout_off_is_refused() {
        assert!(broken(|p| p.lockout.threshold = 0).iter().any(|c| c.starts_with("lockout.threshold")));
    }

    #[test]
    fn s0_06_required_proof_without_a_bank_is_refused() {
        let complaints = broken(|p| {
            p.registration.proofing = RegistrationProofing::Required;
            p.proofing.banks.iter_mut().for_each(|bank| bank.enabled = false);
        });
        assert_eq!(complaints, ["registration.proofing: `required` needs a bank that is enabled"]);
    }

    #[test]
    fn no_captcha_is_taken_beside_the_sandbox_only() {
        let mut policy = Policy::embedded("reference").unwrap();
        policy.captcha.kind = CaptchaKind::None;
        assert!(complaints(&policy, Surroundings::Sandbox).is_empty());
    }
}
