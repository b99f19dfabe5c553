//! Real-name verification: evidence of a person, and the jobs that ask an outside authority for it.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(evidence()).await?;
        manager.create_index(evidence_of_person()).await?;
        manager.create_table(verification_jobs()).await?;
        manager.create_index(jobs_due_first()).await?;
        for column in ["owner", "card_bidx", "identity_bidx", "phone_bidx", "source"] {
            manager.create_index(jobs_of(column)).await?;
        }
        Ok(())
    }
}

/// `state` is `valid` or the reason why the row no longer counts. `detail` is sealed. One job yields one row at most.
fn evidence() -> TableCreateStatement {
    Table::create()
        .table("evidence")
        .col(pk_uuid("id"))
        .col(uuid("person_id"))
        .col(string("method"))
        .col(big_integer("obtained_at"))
        .col(big_integer_null("expires_at"))
        .col(string("state"))
        .col(uuid_null("job_id").unique_key())
        .col(binary("detail"))
        .foreign_key(ForeignKey::create().from("evidence", "person_id").to("persons", "id"))
        .to_owned()
}

fn evidence_of_person() -> IndexCreateStatement {
    Index::create().name("evidence_person").table("evidence").col("person_id").to_owned()
}

/// `owner` is a registration flow or a person, as `purpose` says. `request` is sealed, holds the card number, and is
/// null from the moment the job is settled. `reference` is the bank's. The blind indexes and the source are what the
/// limits of a day count by; the rows go when the day is over.
fn verification_jobs() -> TableCreateStatement {
    Table::create()
        .table("verification_jobs")
        .col(pk_uuid("id"))
        .col(string("purpose"))
        .col(uuid("owner"))
        .col(binary_null("request"))
        .col(string("state"))
        .col(string_null("outcome"))
        .col(boolean("phone_matched"))
        .col(string_null("reference"))
        .col(string("card_bidx"))
        .col(string("identity_bidx"))
        .col(string("phone_bidx"))
        .col(string("source"))
        .col(integer("attempts"))
        .col(big_integer("next_attempt_at"))
        .col(big_integer_null("lease_until"))
        .col(big_integer("created_at"))
        .col(big_integer_null("finished_at"))
        .to_owned()
}

fn jobs_due_first() -> IndexCreateStatement {
    Index::create()
        .name("verification_jobs_due")
        .table("verification_jobs")
        .col("finished_at")
        .col("next_attempt_at")
        .to_owned()
}

fn jobs_of(column: &'static str) -> IndexCreateStatement {
    let name = format!("verification_jobs_{column}");
    Index::create().name(name).table("verification_jobs").col(column).to_owned()
}
