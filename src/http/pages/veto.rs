//! `/veto` 这不是我: the link of T5 and T6 shows what happened, and a press undoes it (`decisions.md`: a link shows, a POST acts).

use axum::extract::State;
use axum::response::Response;

use crate::http::page::{go, show};
use crate::http::url::{Link, Path};
use crate::http::view::{ContestedChange, ContestedWhat, Veto, VetoState};
use crate::http::{App, Failure, Posted, Visit};
use crate::kernel::PlainToken;
use crate::ownership::{Change, Contested};
use crate::provider::Internal;
use crate::sessions::EndReason;
use crate::storage::StoreError;

/// The parameter with the link's token.
pub const LINK: &str = "link";

/// What happened to the account.
pub async fn get(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    let link = visit.query(LINK).unwrap_or_default();
    let page = page_of(find(&app, &visit, &link).await?, link);
    Ok(show(&app, &visit, &page))
}

/// Undoes it with all that came of it; a second press sees the same end.
pub async fn post(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let link = posted.get(LINK);
    if let Some(contested) = find(&app, &visit, link).await? {
        let veto = async |tx: &_| app.ownership.veto(tx, &visit.ctx, &contested).await;
        match app.provider.end_all_of(&visit.ctx, contested.person, EndReason::Vetoed, veto).await {
            Ok(()) | Err(Internal::Store(StoreError::Gone)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(go(Link::to(Path::Veto).with(LINK, link)))
}

async fn find(app: &App, visit: &Visit, link: &str) -> Result<Option<Contested>, Failure> {
    match PlainToken::parse(link) {
        Ok(token) => Ok(app.ownership.contested(&visit.ctx, &token).await?),
        Err(_) => Ok(None),
    }
}

fn page_of(contested: Option<Contested>, link: String) -> Veto {
    let Some(Contested { change, at, until, is_used, .. }) = contested else {
        return Veto { state: VetoState::Over, change: None, link };
    };
    let state = if is_used { VetoState::Done } else { VetoState::Open };
    let (what, phones) = match &change {
        Change::Phone { old, new } => (ContestedWhat::Phone, Some((old.masked(), new.masked()))),
        Change::Password { .. } => (ContestedWhat::Password, None),
        Change::SignIn { .. } => (ContestedWhat::SignIn, None),
        Change::Questions => (ContestedWhat::Questions, None),
    };
    Veto { state, change: Some(ContestedChange { what, phones, at, until }), link }
}
