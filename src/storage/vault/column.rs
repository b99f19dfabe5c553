//! The columns that hold sealed values and blind indexes, as the features that own them declare them: a rotation rewrites
//! these and no others, and `tests/migrations.rs` finds a column of the schema that nobody declared.

use super::aad;
use std::fmt;

/// A column of sealed values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedColumn {
    pub table: &'static str,
    pub column: &'static str,
    /// The primary key, whose text binds a value to its row.
    pub id: RowId,
}

/// A table's primary key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowId {
    Uuid(&'static str),
    Text(&'static str),
}

impl RowId {
    pub(super) fn column(self) -> &'static str {
        match self {
            Self::Uuid(name) | Self::Text(name) => name,
        }
    }
}

impl SealedColumn {
    /// A column of a table whose rows have a UUID.
    #[must_use]
    pub const fn by_uuid(table: &'static str, column: &'static str, id: &'static str) -> Self {
        Self { table, column, id: RowId::Uuid(id) }
    }

    /// A column of a table whose rows have a text of their own.
    #[must_use]
    pub const fn by_text(table: &'static str, column: &'static str, id: &'static str) -> Self {
        Self { table, column, id: RowId::Text(id) }
    }

    /// What binds a value to its row: it opens nowhere else.
    #[must_use]
    pub fn of(&self, row: &dyn fmt::Display) -> String {
        aad(self.table, self.column, row)
    }
}

impl fmt::Display for SealedColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.table, self.column)
    }
}

/// A column of blind indexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexColumn {
    pub table: &'static str,
    pub column: &'static str,
}

impl IndexColumn {
    #[must_use]
    pub const fn new(table: &'static str, column: &'static str) -> Self {
        Self { table, column }
    }
}

impl fmt::Display for IndexColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.table, self.column)
    }
}
