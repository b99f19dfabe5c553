//! `sub`: who somebody is to one client (Core §8).
//!
//! Pairwise by default: clients of different sectors cannot compare notes. Both kinds are a MAC over the
//! account, because an account id tells when the account was made. The prefix says what it is: `p_` a
//! person; client ids may not begin so.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::client::{Client, SubjectType};
use crate::kernel::PersonId;

/// The subject of a person for one client. `mac` is a keyed hash whose key never changes.
#[must_use]
pub fn person(client: &Client, person: PersonId, mac: &dyn Fn(&[u8]) -> [u8; 32]) -> String {
    let sector = match client.subject_type {
        SubjectType::Public => String::new(),
        // A registration without one sector is refused unless it has no person's tokens; its own id then.
        SubjectType::Pairwise => client.sector().unwrap_or_else(|| client.client_id.as_str().to_owned()),
    };
    // The account has a fixed length and stands first: no two inputs spell the same bytes.
    let input = [b"person/".as_slice(), person.uuid().as_bytes(), b"/", sector.as_bytes()].concat();
    format!("p_{}", URL_SAFE_NO_PAD.encode(mac(&input)))
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::{
        kernel::{SeededRng, Timestamp},
        protocol::client::tests::exam,
    };

    fn subject(client: &Client, seed: u64) -> String {
        let account = PersonId::new(Timestamp::from_seconds(0), &SeededRng::new(seed));
        person(client, account, &|data| Sha256::digest(data).into())
    }

    fn of_sector(sector: &str) -> Client {
        Client { sector: Some(sector.to_owned()), ..exam() }
    }

    #[test]
    fn sectors_see_different_subjects_and_one_sector_the_same() {
        assert_ne!(subject(&of_sector("a"), 1), subject(&of_sector("b"), 1));
        let other = Client { client_id: "insurance".parse().unwrap(), ..of_sector("a") };
        assert_eq!(subject(&of_sector("a"), 1), subject(&other, 1));
        assert_ne!(subject(&of_sector("a"), 1), subject(&of_sector("a"), 2));
    }

    #[test]
    fn public_subjects_are_the_same_everywhere_and_no_pairwise_one() {
        let public = |sector| Client { subject_type: SubjectType::Public, ..of_sector(sector) };
        assert_eq!(subject(&public("a"), 1), subject(&public("b"), 1));
        assert_ne!(subject(&public("a"), 1), subject(&of_sector("a"), 1));
    }

    #[test]
    fn a_subject_is_prefixed_opaque_and_shorter_than_256_characters() {
        let sub = subject(&exam(), 1);
        assert!(sub.starts_with("p_") && sub.len() == 45, "{sub}");
    }
}
