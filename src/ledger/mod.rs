//! The disclosure ledger (`beyond.md` M6): each release of a person's data, as a list that the person reads.
//!
//! Entries of a person are numbered without a gap; each is written in the transaction of what it tells about, so that
//! nothing is released without its entry. Entry and head (the first and the last number) carry a MAC of the vault: who
//! can write to the database but has not its key neither changes, adds nor removes one unnoticed. What the MACs cannot
//! tell is an old copy of a whole book put in the place of the new one.
//! May use: storage, kernel.

mod model;
mod store;

pub use model::{Basis, Disclosure, Entry, Occasion, Recipient};

use chrono::TimeDelta;

use crate::{
    kernel::{Ctx, PersonId, Timestamp},
    storage::{Base, Hot, Reach, StoreError, Tx, Unit},
};
use model::Head;
use store::{StoredEntry, StoredHead};

/// As long as audit events (`decisions.md`, “Personal data”).
const KEPT: TimeDelta = TimeDelta::days(400);
/// How often a use case is tried again whose entry another one of the same person was faster with.
pub const TRIES: usize = 8;

/// A person's entries, and whether they are all there and as they were written.
#[derive(Debug)]
pub struct Book {
    /// The newest first.
    pub entries: Vec<Entry>,
    pub verdict: Verdict,
}

/// What the MACs say of a person's entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Whole {
        entries: u64,
    },
    /// The number of the first entry that is missing or was changed; none where the head itself is not right.
    Broken {
        at: Option<i64>,
    },
}

impl Verdict {
    #[must_use]
    pub const fn is_whole(self) -> bool {
        matches!(self, Self::Whole { .. })
    }
}

/// The façade of this room; cheap to clone.
#[derive(Clone)]
pub struct Ledger {
    base: Base,
    heads: Hot<PersonId, Head>,
}

impl Ledger {
    #[must_use]
    pub fn new(base: Base) -> Self {
        let heads = base.db.hot("ledger heads", Reach::OneProcess);
        Self { base, heads }
    }

    /// Makes the unit write an entry. It is [`StoreError::Conflict`] when another entry of this person was faster: then
    /// [`Ledger::reread`], and build the unit anew.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn note(&self, unit: &mut Unit, ctx: &Ctx, told: &Disclosure) -> Result<(), StoreError> {
        let generation = self.heads.generation();
        let read = self.read_head(told.person);
        let head = self.heads.or_read(told.person, ctx.now, async { read.await.map(Some) }).await?;
        let head = head.unwrap_or_default();
        let entry = told.numbered(head.last.saturating_add(1), ctx.now);
        let next = Head { last: entry.number, is_stored: true, ..head };
        store::insert(unit, told.person, &entry, &self.entry_mac(told.person, &entry));
        if head.is_stored {
            store::advance(unit, told.person, next, &self.last_mac(told.person, next));
        } else {
            let first = self.first_mac(told.person, next.first);
            store::begin(unit, told.person, next, (&first, &self.last_mac(told.person, next)));
        }
        let (heads, person, now) = (self.heads.clone(), told.person, ctx.now);
        unit.afterwards(move || heads.put_new(generation, person, next, now));
        Ok(())
    }

    /// Another entry of this person was faster.
    pub fn reread(&self, person: PersonId) {
        self.heads.forget(&person);
    }

    /// The person's entries before a number, the newest first, and whether all that there are stand.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn book(
        &self,
        person: PersonId,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Book, StoreError> {
        let (mut entries, verdict) = self.read(person).await?;
        entries.reverse();
        entries.retain(|entry| before.is_none_or(|before| entry.number < before));
        entries.truncate(limit);
        Ok(Book { entries, verdict })
    }

    /// Everybody who has entries, a batch of them after one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn persons(&self, after: Option<PersonId>) -> Result<Vec<PersonId>, StoreError> {
        store::persons(self.base.db.read(), after).await
    }

    /// Whether the person's entries stand.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn verify(&self, person: PersonId) -> Result<Verdict, StoreError> {
        Ok(self.read(person).await?.1)
    }

    /// Removes a batch of the entries that are older than they are kept; tells how many.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sweep(&self, tx: &Tx, now: Timestamp) -> Result<u64, StoreError> {
        let over = now - KEPT;
        let mut removed = 0;
        for person in store::with_entries_before(tx, over).await? {
            let Some(head) = store::lock_head(tx, person).await? else { continue };
            if !self.is_right(person, &head) {
                continue;
            }
            // What was changed or is missing stays, for that is what it tells.
            let rows = store::entries(tx, person).await?;
            let old = (head.first..).zip(&rows).take_while(|(number, row)| {
                let entry = self.right_entry(person, *number, row);
                entry.is_some_and(|entry| entry.at < over)
            });
            let kept_from = old.last().map_or(head.first, |(number, _)| number.saturating_add(1));
            removed += store::remove_before(tx, person, kept_from).await?;
            store::begin_at(tx, person, kept_from, &self.first_mac(person, kept_from)).await?;
        }
        Ok(removed)
    }

    /// The entries, the oldest first, and what the MACs say. Entries that come or go meanwhile have it read once more.
    async fn read(&self, person: PersonId) -> Result<(Vec<Entry>, Verdict), StoreError> {
        let db = self.base.db.read();
        let mut head = store::find_head(db, person).await?;
        loop {
            let rows = store::entries(db, person).await?;
            let now = store::find_head(db, person).await?;
            if now == head {
                let verdict = self.judge(person, head.as_ref(), &rows);
                return Ok((rows.into_iter().filter_map(|row| row.entry).collect(), verdict));
            }
            head = now;
        }
    }

    fn judge(&self, person: PersonId, head: Option<&StoredHead>, rows: &[StoredEntry]) -> Verdict {
        let Some(head) = head else {
            let first = rows.first().map(|row| row.number);
            return first.map_or(Verdict::Whole { entries: 0 }, |first| Verdict::Broken { at: Some(first) });
        };
        if !self.is_right(person, head) {
            return Verdict::Broken { at: None };
        }
        let mut expected = head.first;
        for row in rows {
            if self.right_entry(person, expected, row).is_none() {
                return Verdict::Broken { at: Some(expected) };
            }
            expected = expected.saturating_add(1);
        }
        if expected == head.last.saturating_add(1) {
            Verdict::Whole { entries: u64::try_from(rows.len()).unwrap_or(u64::MAX) }
        } else {
            Verdict::Broken { at: Some(expected) }
        }
    }

    /// The entry, if it is the one of that number as it was written.
    fn right_entry<'a>(&self, person: PersonId, number: i64, row: &'a StoredEntry) -> Option<&'a Entry> {
        let right = |entry: &&Entry| self.entry_mac(person, entry).as_slice() == row.mac.as_slice();
        row.entry.as_ref().filter(|_| row.number == number).filter(right)
    }

    /// What the next entry follows. A head that is not right stays known as such, however many entries follow it.
    async fn read_head(&self, person: PersonId) -> Result<Head, StoreError> {
        let db = self.base.db.read();
        if let Some(stored) = store::find_head(db, person).await? {
            let is_whole = self.is_right(person, &stored);
            // A head that was set back does not stand in the way of what follows.
            let last = if is_whole { stored.last } else { store::last(db, person).await?.max(stored.last) };
            return Ok(Head { first: stored.first, last, is_whole, is_stored: true });
        }
        Ok(match store::last(db, person).await? {
            0 => Head::default(),
            // Somebody removed it.
            last => Head { first: 1, last, is_whole: false, is_stored: false },
        })
    }

    fn is_right(&self, person: PersonId, stored: &StoredHead) -> bool {
        let head = Head { first: stored.first, last: stored.last, is_whole: true, is_stored: true };
        stored.is_whole
            && self.last_mac(person, head).as_slice() == stored.last_mac.as_slice()
            && self.first_mac(person, head.first).as_slice() == stored.first_mac.as_slice()
    }

    fn entry_mac(&self, person: PersonId, entry: &Entry) -> [u8; 32] {
        self.base.vault.mac("ledger entry", format!("{person}\u{1f}{}", entry.canonical()).as_bytes())
    }

    fn first_mac(&self, person: PersonId, first: i64) -> [u8; 32] {
        self.base.vault.mac("ledger first", format!("{person}\u{1f}{first}").as_bytes())
    }

    fn last_mac(&self, person: PersonId, head: Head) -> [u8; 32] {
        let told = format!("{person}\u{1f}{}\u{1f}{}", head.last, head.is_whole);
        self.base.vault.mac("ledger last", told.as_bytes())
    }
}

#[cfg(test)]
mod tests;
