//! One-time codes by SMS (`domain.md` §5): sent within budgets, counted when typed, taken once.
//!
//! A code belongs to a purpose, a number and a flow; a later one takes the place of the earlier. Two steps prove a phone:
//! [`Codes::check`] counts the try in a transaction of its own, so that nobody guesses for free by making the rest of the
//! form fail; [`Codes::take`] consumes what was checked in the use case's transaction, so that a form sent twice counts
//! once.

use super::{Notify, SmsTemplate, Wording, store};
use crate::{
    kernel::{Ctx, Message, Phone, Secret, Timestamp, random_bytes},
    policy,
    storage::{StoreError, Tx, authority::Gate, counters},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use subtle::ConstantTimeEq;

const HOUR: TimeDelta = TimeDelta::hours(1);
const DAY: TimeDelta = TimeDelta::days(1);

/// What a code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodePurpose {
    Registration,
    BankVerification,
    UnionPayVerification,
    SignIn,
    SecondFactor,
    ChangePhone,
    FindName,
    ResetPassword,
    ReplacePhone,
}

impl CodePurpose {
    pub const ALL: [Self; 9] = [
        Self::Registration,
        Self::BankVerification,
        Self::UnionPayVerification,
        Self::SignIn,
        Self::SecondFactor,
        Self::ChangePhone,
        Self::FindName,
        Self::ResetPassword,
        Self::ReplacePhone,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::BankVerification => "bank_verification",
            Self::UnionPayVerification => "unionpay_verification",
            Self::SignIn => "sign_in",
            Self::SecondFactor => "second_factor",
            Self::ChangePhone => "change_phone",
            Self::FindName => "find_name",
            Self::ResetPassword => "reset_password",
            Self::ReplacePhone => "replace_phone",
        }
    }

    /// The key of its name in the message.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Registration => "sms-purpose-registration",
            Self::BankVerification => "sms-purpose-bank-verification",
            Self::UnionPayVerification => "sms-purpose-unionpay-verification",
            Self::SignIn => "sms-purpose-sign-in",
            Self::SecondFactor => "sms-purpose-second-factor",
            Self::ChangePhone => "sms-purpose-change-phone",
            Self::FindName => "sms-purpose-find-name",
            Self::ResetPassword => "sms-purpose-reset-password",
            Self::ReplacePhone => "sms-purpose-change-phone",
        }
    }

    /// Whose budget of a source it draws on: what a stranger can spend is nobody else's.
    const fn spender(self) -> &'static str {
        match self {
            Self::Registration | Self::FindName | Self::ResetPassword | Self::ReplacePhone => "stranger",
            Self::SignIn | Self::SecondFactor => "sign_in",
            Self::BankVerification | Self::UnionPayVerification | Self::ChangePhone => "owner",
        }
    }
}

/// A code wanted. `flow` is the id of the wizard, session or attempt that it is bound to.
#[derive(Clone, Copy, Debug)]
pub struct CodeRequest<'a> {
    pub purpose: CodePurpose,
    pub phone: &'a Phone,
    pub flow: &'a str,
}

/// A code typed.
#[derive(Clone, Copy, Debug)]
pub struct CodeCheck<'a> {
    pub purpose: CodePurpose,
    pub phone: &'a Phone,
    pub flow: &'a str,
    pub code: &'a Secret,
}

/// Who a code is for. Where nobody is found the same is done as for a phone, and nothing sent, so that neither the page nor
/// its time tells (`decisions.md`, “What may be known”); the text stands for the number in budgets.
#[derive(Clone, Copy, Debug)]
pub enum Recipient<'a> {
    Phone(&'a Phone),
    Nobody(&'a str),
}

/// What the page says after sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeSent {
    /// `138****8000`; empty where the page says nothing of it.
    pub masked: String,
    pub valid_minutes: u32,
    pub expires_at: Timestamp,
    /// When another one may be asked for.
    pub resend_at: Timestamp,
    /// The gateway is left alone at present: the message waits.
    pub delayed: bool,
}

/// The right code of a number was typed; it is worth something once.
#[derive(Clone, Debug)]
pub struct ProvedCode {
    key: String,
    code_mac: String,
}

#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// E_SMS_TOO_FAST
    #[error("the last code was sent a moment ago")]
    TooFast { seconds: u32 },
    /// E_SMS_LIMIT
    #[error("the budget of this number or source is spent")]
    Limit,
    /// E_SMS_CODE: not this code, or it expired, was taken, replaced, or guessed at too often. Never told apart.
    #[error("wrong or expired code")]
    Wrong,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CodeError {
    /// What the page says; nothing when the store failed.
    #[must_use]
    pub fn message(&self) -> Option<Message> {
        match self {
            Self::TooFast { seconds } => Some(Message::new("E_SMS_TOO_FAST").with("n", seconds)),
            Self::Limit => Some(Message::new("E_SMS_LIMIT")),
            Self::Wrong => Some(Message::new("E_SMS_CODE")),
            Self::Store(_) => None,
        }
    }
}

/// The codes of [`Notify`].
pub struct Codes<'a> {
    notify: &'a Notify,
    policy: &'a policy::Sms,
}

impl<'a> Codes<'a> {
    pub(super) fn new(notify: &'a Notify) -> Self {
        Self { notify, policy: &notify.policy.sms }
    }

    /// Sends a fresh code, in a transaction of its own. A refusal spends nothing.
    ///
    /// # Errors
    /// [`CodeError::TooFast`], [`CodeError::Limit`], [`CodeError::Store`]
    pub async fn send(&self, ctx: &Ctx, request: CodeRequest<'_>) -> Result<CodeSent, CodeError> {
        let at =
            self.send_bound(ctx, (request.purpose, Recipient::Phone(request.phone)), request.flow).await?;
        Ok(self.sent(request.phone.masked(), at))
    }

    /// The same for a recipient of whom the page says nothing.
    ///
    /// # Errors
    /// [`CodeError::TooFast`], [`CodeError::Limit`], [`CodeError::Store`]
    pub async fn send_to(
        &self,
        ctx: &Ctx,
        whom: (CodePurpose, Recipient<'_>),
        flow: &str,
    ) -> Result<CodeSent, CodeError> {
        let at = self.send_bound(ctx, whom, flow).await?;
        Ok(self.sent(String::new(), at))
    }

    async fn send_bound(
        &self,
        ctx: &Ctx,
        (purpose, recipient): (CodePurpose, Recipient<'_>),
        flow: &str,
    ) -> Result<Timestamp, CodeError> {
        let tx = self.notify.base.db.begin().await?;
        self.spend(&tx, ctx, (purpose, recipient)).await?;
        let code = self.random_code();
        let key = self.key(purpose, recipient, flow);
        let expires_at = ctx.now + self.policy.code_lifetime.delta();
        let fresh = store::NewCode { code_mac: self.mac(&key, &code), key, sent_at: ctx.now, expires_at };
        store::replace(&tx, fresh).await?;
        let wording = Wording {
            template: SmsTemplate::Code,
            text: self.text(ctx, purpose, &code),
            not_after: expires_at,
        };
        match recipient {
            Recipient::Phone(phone) => self.notify.queue(&tx, ctx, phone, wording).await?,
            Recipient::Nobody(_) => self.notify.withhold(&tx, ctx, wording).await?,
        }
        tx.commit().await?;
        Ok(ctx.now)
    }

    /// What was sent for this request and still counts: for a page shown again.
    ///
    /// # Errors
    /// [`StoreError::Db`]
    pub async fn find_sent(
        &self,
        ctx: &Ctx,
        request: CodeRequest<'_>,
    ) -> Result<Option<CodeSent>, StoreError> {
        let key = self.key(request.purpose, Recipient::Phone(request.phone), request.flow);
        let sent_at = store::find_live(self.notify.base.db.read(), &key, ctx.now).await?;
        Ok(sent_at.map(|sent_at| self.sent(request.phone.masked(), sent_at)))
    }

    /// The same of [`Self::send_to`].
    ///
    /// # Errors
    /// [`StoreError::Db`]
    pub async fn find_sent_to(
        &self,
        ctx: &Ctx,
        (purpose, recipient): (CodePurpose, Recipient<'_>),
        flow: &str,
    ) -> Result<Option<CodeSent>, StoreError> {
        let key = self.key(purpose, recipient, flow);
        let sent_at = store::find_live(self.notify.base.db.read(), &key, ctx.now).await?;
        Ok(sent_at.map(|sent_at| self.sent(String::new(), sent_at)))
    }

    /// Compares what was typed, in a transaction of its own; a wrong code costs one of its tries, a right one none.
    ///
    /// # Errors
    /// [`CodeError::Wrong`], [`CodeError::Store`]
    pub async fn check(&self, ctx: &Ctx, check: CodeCheck<'_>) -> Result<ProvedCode, CodeError> {
        let CodeCheck { purpose, phone, flow, code } = check;
        self.check_of(ctx, (purpose, Recipient::Phone(phone)), flow, code).await
    }

    /// The same of [`Self::send_to`]; what nobody was sent is never right, though guessed.
    ///
    /// # Errors
    /// [`CodeError::Wrong`], [`CodeError::Store`]
    pub async fn check_of(
        &self,
        ctx: &Ctx,
        (purpose, recipient): (CodePurpose, Recipient<'_>),
        flow: &str,
        code: &Secret,
    ) -> Result<ProvedCode, CodeError> {
        let key = self.key(purpose, recipient, flow);
        let typed =
            self.mac(&key, &Secret::new(code.expose().chars().filter(|c| !c.is_whitespace()).collect()));
        let tx = self.notify.base.db.begin().await?;
        let stored = store::count_try(&tx, &key, self.policy.code_attempts, ctx.now).await?;
        let same = stored.as_ref().is_some_and(|stored| stored.as_bytes().ct_eq(typed.as_bytes()).into());
        let right = same && matches!(recipient, Recipient::Phone(_));
        if right {
            store::return_try(&tx, &key).await?;
        }
        tx.commit().await?;
        if right { Ok(ProvedCode { key, code_mac: typed }) } else { Err(CodeError::Wrong) }
    }

    /// Consumes a checked code in the use case's transaction; of many, one wins.
    ///
    /// # Errors
    /// [`CodeError::Wrong`] when it was taken, replaced or expired meanwhile; [`CodeError::Store`]
    pub async fn take(&self, tx: &Tx, ctx: &Ctx, proved: &ProvedCode) -> Result<(), CodeError> {
        match store::take(tx, &proved.key, &proved.code_mac, ctx.now).await {
            Err(StoreError::Gone) => Err(CodeError::Wrong),
            other => Ok(other?),
        }
    }

    /// Removes a batch of the codes that are over; tells how many.
    ///
    /// # Errors
    /// [`StoreError::Db`]
    pub async fn sweep(&self, tx: &Tx, now: Timestamp) -> Result<u64, StoreError> {
        store::sweep(tx, now).await
    }

    /// Hits first and refuses afterwards: what was hit goes with the dropped transaction.
    async fn spend(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        (purpose, recipient): (CodePurpose, Recipient<'_>),
    ) -> Result<(), CodeError> {
        let number = format!("sms:{}:{}", purpose.as_str(), self.index(recipient));
        let pause = format!("{number}:pause");
        if counters::hit(tx, &pause, self.policy.resend_after.delta(), ctx.now).await? > 1 {
            let ends_at = counters::ends_at(tx, &pause, ctx.now).await?.unwrap_or(ctx.now);
            return Err(CodeError::TooFast { seconds: seconds_up(ends_at - ctx.now) });
        }
        let source = format!("sms:{}:{}", purpose.spender(), ctx.source.prefix());
        let budgets = [
            (format!("{number}:hour"), HOUR, self.policy.per_number_hour),
            (format!("{number}:day"), DAY, self.policy.per_number_day),
            (source, HOUR, self.policy.per_source_hour),
        ];
        for (key, window, max) in budgets {
            if counters::hit(tx, &key, window, ctx.now).await? > max {
                return Err(CodeError::Limit);
            }
        }
        Ok(())
    }

    fn sent(&self, masked: String, at: Timestamp) -> CodeSent {
        CodeSent {
            masked,
            valid_minutes: self.policy.code_lifetime.as_minutes(),
            expires_at: at + self.policy.code_lifetime.delta(),
            resend_at: at + self.policy.resend_after.delta(),
            delayed: self.notify.gateway.as_ref().is_some_and(Gate::is_open),
        }
    }

    fn text(&self, ctx: &Ctx, purpose: CodePurpose, code: &Secret) -> String {
        let texts = &self.notify.texts;
        let message = Message::new(SmsTemplate::Code.key())
            .with("sign", &self.policy.signature)
            .with("code", code.expose())
            .with("purpose", texts.say(ctx.locale, &Message::new(purpose.key())))
            .with("minutes", self.policy.code_lifetime.as_minutes());
        texts.say(ctx.locale, &message)
    }

    /// Uniform but for 2^-44 at the most.
    fn random_code(&self) -> Secret {
        let random = u64::from_be_bytes(random_bytes(self.notify.base.rng.as_ref()));
        let digits = u32::from(self.policy.code_digits);
        Secret::new(format!(
            "{:0width$}",
            random % 10_u64.pow(digits),
            width = usize::from(self.policy.code_digits)
        ))
    }

    fn index(&self, recipient: Recipient<'_>) -> String {
        let (domain, text) = match recipient {
            Recipient::Phone(phone) => ("sms.phone", phone.as_str()),
            Recipient::Nobody(text) => ("sms.nobody", text),
        };
        self.notify.base.vault.root_index(domain, text).into_string()
    }

    fn key(&self, purpose: CodePurpose, recipient: Recipient<'_>, flow: &str) -> String {
        format!("{}:{}:{}", purpose.as_str(), self.index(recipient), flow)
    }

    fn mac(&self, key: &str, code: &Secret) -> String {
        let bound = format!("{key}\u{1f}{}", code.expose());
        URL_SAFE_NO_PAD.encode(self.notify.base.vault.mac("sms.code", bound.as_bytes()))
    }
}

fn seconds_up(span: TimeDelta) -> u32 {
    u32::try_from((span.num_milliseconds() + 999) / 1000).unwrap_or(0).max(1)
}
