//! The inputs of a bank check, as registration, the verification centre and recovery have them. Pure.

use crate::kernel::{BankCard, Faults, Message, PersonName, Phone, Secret, given};

use super::{Channel, may_be_registered_as};

/// As typed.
#[derive(Clone, Copy)]
pub struct TypedCard<'a> {
    pub bank: &'a str,
    pub account: &'a Secret,
    /// 银行登记姓名
    pub bankname: &'a str,
    pub phone: &'a str,
    /// The consent, which stands apart.
    pub bankok: &'a str,
}

/// The check of a card, parsed. The code is compared later, and only when the phone was not proved already.
#[derive(Clone, Debug)]
pub struct CardForm {
    pub channel: Channel,
    pub card: BankCard,
    pub registered_name: Option<String>,
    pub phone: Phone,
}

/// With a bank, for a name; where the name has a fault of its own, its other spelling cannot be judged yet.
///
/// # Errors
/// [`Faults`], at least one.
pub fn bank_form(typed: TypedCard<'_>, name: Option<&PersonName>) -> Result<CardForm, Faults> {
    let mut faults = Faults::default();
    let bank = faults.keep("bank", given(typed.bank, "bank").map(ToOwned::to_owned));
    let card = faults.keep("account", card(typed.account, "bank-account"));
    let registered_name = faults.keep("bankname", registered_name(typed.bankname, name));
    let phone = faults.keep("phone", typed_phone(typed.phone));
    if typed.bankok.is_empty() {
        faults.add("bankok", Message::new("E_BANK_CONSENT"));
    }
    match (bank, card, registered_name, phone) {
        (Some(bank), Some(card), Some(registered_name), Some(phone)) => {
            faults.or(CardForm { channel: Channel::Bank(bank), card, registered_name, phone })
        }
        _ => Err(faults),
    }
}

/// UnionPay knows the bank by the number, and asks for nothing but number and phone (S3-02).
///
/// # Errors
/// [`Faults`], at least one.
pub fn unionpay_form(typed: TypedCard<'_>) -> Result<CardForm, Faults> {
    let mut faults = Faults::default();
    let card = faults.keep("account", card(typed.account, "unionpay-card"));
    let phone = faults.keep("phone", typed_phone(typed.phone));
    if typed.bankok.is_empty() {
        faults.add("bankok", Message::new("E_UNIONPAY_CONSENT"));
    }
    match (card, phone) {
        (Some(card), Some(phone)) => {
            faults.or(CardForm { channel: Channel::UnionPay, card, registered_name: None, phone })
        }
        _ => Err(faults),
    }
}

/// A phone to send a code to.
///
/// # Errors
/// E_REQUIRED, E_PHONE_FORMAT
pub fn typed_phone(text: &str) -> Result<Phone, Message> {
    given(text, "phone")?.parse().map_err(|_| Message::new("E_PHONE_FORMAT"))
}

fn card(text: &Secret, label: &'static str) -> Result<BankCard, Message> {
    let text = given(text.expose(), label)?;
    text.parse().map_err(|error: crate::kernel::BankCardError| Message::new(error.message_key()))
}

/// `domain.md` §1.13: it may differ in dots and in rare characters only.
fn registered_name(text: &str, name: Option<&PersonName>) -> Result<Option<String>, Message> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if name.is_none_or(|name| may_be_registered_as(name, text)) {
        Ok(Some(text.to_owned()))
    } else {
        Err(Message::new("E_NAME_FORMAT"))
    }
}
