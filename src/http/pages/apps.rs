//! A15 `/account/apps` 授权应用: which portals get which data by the person's own consent, and its end.

use axum::extract::State;
use axum::response::Response;

use super::account::owner;
use super::consent::label_of;
use crate::consents::Granted;
use crate::http::page::{go, show};
use crate::http::url::{Link, Path};
use crate::http::view::{AccountApps, AppRow};
use crate::http::{App, Failure, Posted, Visit};
use crate::kernel::{ClientId, Message};

/// The consents, the newest first.
pub async fn get(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    let person = match owner(&visit) {
        Ok(person) => person,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let granted = app.consents.all_of(person.id).await?;
    let apps = granted.iter().map(|granted| row(&app, granted)).collect();
    let withdrawn = visit.query("withdrawn").is_some();
    Ok(show(&app, &visit, &AccountApps { apps, capped: visit.is_capped(), withdrawn }))
}

/// Ends one, with the tokens that hang on it. One that is gone already is gone.
pub async fn post(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let person = match owner(&visit) {
        Ok(person) => person,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if visit.is_capped() {
        return Ok(go(Link::to(Path::Apps)));
    }
    let Ok(client) = posted.get("client").parse::<ClientId>() else { return Err(Failure::NotFound) };
    app.provider.withdraw_consent(&visit.ctx, person.id, &client).await?;
    Ok(go(Link::to(Path::Apps).with("withdrawn", "1")))
}

/// A portal that was taken off the list goes by its id.
fn row(app: &App, granted: &Granted) -> AppRow {
    let known = app.clients.find(&granted.client);
    let mut data: Vec<_> = granted.scope.iter().filter_map(label_of).map(Message::new).collect();
    data.dedup();
    AppRow {
        name: known.map_or_else(|| granted.client.to_string(), |client| client.client_name.clone()),
        client: granted.client.to_string(),
        data,
        at: granted.at,
    }
}
