//! Proofs that nobody gave: for filling an empty database with a crowd.

use crate::{
    kernel::{Ctx, EvidenceId, PersonId, Phone},
    storage::{Base, StoreError, Unit},
};

use super::{
    Detail, EvidenceState, SEALED_EVIDENCE,
    store::{self, evidence},
};

/// The phone of a new account as if its code had been entered.
///
/// # Errors
/// [`StoreError`]
pub fn enrol_phone(
    base: &Base,
    unit: &mut Unit,
    ctx: &Ctx,
    person: PersonId,
    phone: &Phone,
) -> Result<(), StoreError> {
    let id = EvidenceId::new(ctx.now, base.rng.as_ref());
    let proof = Detail::Phone { phone: phone.clone() };
    let detail = base.vault.seal_json(base.rng.as_ref(), &SEALED_EVIDENCE.of(&id), &proof)?;
    let row = evidence::Model {
        id: id.uuid(),
        person_id: person.uuid(),
        method: proof.method().as_str().to_owned(),
        obtained_at: ctx.now.millis(),
        expires_at: None,
        state: EvidenceState::Valid.as_str().to_owned(),
        job_id: None,
        detail: detail.into_bytes(),
        warned_at: None,
    };
    store::enrol(unit, row);
    Ok(())
}
