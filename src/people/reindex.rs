//! Blind indexes brought under the active index key, batch by batch, while the provider runs.

use crate::{
    kernel::PersonId,
    storage::{Base, StoreError, vault::rewrite::Batch},
};

use super::{
    Profile, rows,
    store::{self, Indexes, persons},
};

/// Indexes the next accounts anew that hang on an old key. What cannot be is told and left as it is.
///
/// # Errors
/// When the store fails.
pub async fn reindex(
    base: &Base,
    after: Option<PersonId>,
    limit: u64,
) -> Result<Batch<PersonId>, StoreError> {
    let rows = store::persons_after(base.db.read(), after, limit).await?;
    let last = rows.last().map(|row| PersonId::from_uuid(row.id));
    let mut batch = Batch { last, rewritten: 0, left: Vec::new() };
    let mut fresh = Vec::new();
    for row in rows.into_iter().filter(|row| !is_current(base, row)) {
        match indexes(base, &row) {
            Ok(new) => fresh.push((row, new)),
            Err(error) => batch.left.push(format!("{}: {error}", PersonId::from_uuid(row.id))),
        }
    }
    match write(base, &fresh).await {
        Err(StoreError::Conflict) => one_by_one(base, fresh, &mut batch).await?,
        written => batch.rewritten = written?,
    }
    Ok(batch)
}

fn is_current(base: &Base, row: &persons::Model) -> bool {
    [&row.id_bidx, &row.phone_bidx].into_iter().flatten().all(|index| base.vault.is_current_index(index))
}

fn indexes(base: &Base, row: &persons::Model) -> Result<Indexes, StoreError> {
    let place = rows::SEALED.of(&PersonId::from_uuid(row.id));
    let profile: Profile = base.vault.open_json(&place, &row.profile)?;
    Ok(rows::indexes(&base.vault, &profile))
}

/// Only over what the indexes were made of: whoever changed the account meanwhile wrote its own.
async fn write(base: &Base, fresh: &[(persons::Model, Indexes)]) -> Result<u64, StoreError> {
    if fresh.is_empty() {
        return Ok(0);
    }
    let tx = base.db.begin().await?;
    let mut written = 0;
    for (row, new) in fresh {
        written += store::replace_indexes(&tx, row, new).await?;
    }
    tx.commit().await?;
    Ok(written)
}

async fn one_by_one(
    base: &Base,
    fresh: Vec<(persons::Model, Indexes)>,
    batch: &mut Batch<PersonId>,
) -> Result<(), StoreError> {
    for one in fresh {
        let person = PersonId::from_uuid(one.0.id);
        match write(base, std::slice::from_ref(&one)).await {
            Err(StoreError::Conflict) => {
                batch.left.push(format!("{person}: another account holds its identity or phone"));
            }
            written => batch.rewritten += written?,
        }
    }
    Ok(())
}
