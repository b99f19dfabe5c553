//! A16 `/account/privacy` 隐私: who was told what of the person, and what they agreed to.

use axum::extract::State;
use axum::response::Response;

use super::account::owner;
use crate::consents::{Agreement, Holder};
use crate::http::page::show;
use crate::http::url::{Link, Path};
use crate::http::view::{AgreementRow, DisclosureRow, MyData};
use crate::http::{App, Failure, Visit};
use crate::kernel::{Message, Timestamp};
use crate::ledger::{Basis, Entry, Occasion, Recipient};

/// Entries on one page; one more tells whether there is another page.
const ROWS: usize = 20;
/// The parameter that pages on.
const BEFORE: &str = "before";

/// The ledger's entries, the newest first, and the agreements.
pub async fn get(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    let person = match owner(&visit) {
        Ok(person) => person,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let before = visit.query(BEFORE).and_then(|number| number.parse().ok());
    let book = app.ledger.book(person.id, before, ROWS + 1).await?;
    let shown = book.entries.get(..ROWS).unwrap_or(&book.entries);
    let last = shown.last().filter(|_| book.entries.len() > ROWS);
    let older = last.map(|last| Link::to(Path::MyData).with(BEFORE, last.number.to_string()).into());
    let mut agreements = app.consents.agreements(Holder::Person(person.id)).await?;
    agreements.reverse();
    let page = MyData {
        broken: !book.verdict.is_whole(),
        disclosures: shown.iter().map(|entry| row(&app, entry)).collect(),
        older,
        agreements: agreements.iter().map(agreement).collect(),
    };
    Ok(show(&app, &visit, &page))
}

fn row(app: &App, entry: &Entry) -> DisclosureRow {
    let mut claims: Vec<_> =
        entry.claims.iter().filter_map(|name| label_of(name)).map(Message::new).collect();
    claims.dedup();
    DisclosureRow {
        number: entry.number,
        at: entry.at,
        recipient: match &entry.recipient {
            Recipient::Client(id) => {
                app.clients.find(id).map_or_else(|| id.to_string(), |client| client.client_name.clone())
            }
            Recipient::Staff(name) => name.clone(),
        },
        occasion: Message::new(match entry.occasion {
            Occasion::SignIn => "ledger-sign-in",
            Occasion::Renewal => "ledger-renewal",
            Occasion::UserInfo => "ledger-userinfo",
            Occasion::Introspection => "ledger-introspection",
            Occasion::LookUp => "ledger-look-up",
        }),
        basis: Message::new(match entry.basis {
            Basis::Consent => "ledger-consent",
            Basis::Duty => "ledger-duty",
            Basis::Staff => "ledger-staff",
        }),
        claims,
        level: entry.acr.as_deref().and_then(|acr| acr.split(':').next()).map(str::to_owned),
        reason: entry.reason.clone(),
    }
}

/// What a claim tells, in words; several tell the same.
fn label_of(claim: &str) -> Option<&'static str> {
    Some(match claim {
        "sub" => "claim-sub",
        "auth_time" => "claim-auth-time",
        "amr" => "claim-amr",
        "acr" | "real_name_level" => "claim-level",
        "name" | "given_name" | "family_name" | "middle_name" | "nickname" => "name",
        "preferred_username" => "username",
        "gender" => "sex",
        "birthdate" => "birthdate",
        "id_number" => "id-number",
        "phone_number" | "phone_number_verified" => "claim-phone",
        "email" | "email_verified" => "claim-email",
        "address" => "claim-address",
        "account_type" => "claim-account-type",
        "picture" | "profile" | "website" | "zoneinfo" | "locale" | "updated_at" => "claim-other",
        _ => return None,
    })
}

fn agreement((agreement, at): &(Agreement, Timestamp)) -> AgreementRow {
    AgreementRow {
        document: Message::new(match agreement.document.as_str() {
            "terms" => "terms-title",
            "bank" => "agreement-bank",
            _ => "privacy-title",
        }),
        version: agreement.version.clone(),
        at: *at,
    }
}
