//! `/veto` 撤销手机号变更: the link of T6 shows what happened, and a press undoes it (`decisions.md`: a link shows, a POST acts).

use axum::extract::State;
use axum::response::Response;

use crate::http::page::{go, show};
use crate::http::url::{Link, Path};
use crate::http::view::{Veto, VetoState};
use crate::http::{App, Failure, Posted, Visit};
use crate::kernel::PlainToken;
use crate::ownership::Contested;
use crate::provider::Internal;
use crate::sessions::EndReason;
use crate::storage::StoreError;

/// The parameter with the link's token.
pub const LINK: &str = "link";

/// What happened to the account's phone.
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
    let Some(contested) = contested else { return Veto { state: VetoState::Over, change: None, link } };
    let state = if contested.is_used { VetoState::Done } else { VetoState::Open };
    let (old, new) = contested.masked();
    Veto { state, change: Some((old, new, contested.at, contested.until).into()), link }
}
