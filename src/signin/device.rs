//! The device cookie: shows that this browser has signed in to a name before.
//!
//! `<issued>.<nonce>.<MAC>`, up to five of them joined by `~` because a family shares a browser. The MAC is over name, time
//! and nonce under the vault's key: the cookie names nobody, and opens nothing by itself. It only keeps its browser from
//! being a stranger when strangers are locked out (`decisions.md`, What may be known).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use subtle::ConstantTimeEq;

use crate::{
    kernel::{Rng, Timestamp, TypedName, random_bytes},
    limits::Browser,
    storage::Vault,
};

const MOST: usize = 5;
const LONGEST: usize = 1_024;
const LIFETIME: TimeDelta = TimeDelta::days(180);
const DOMAIN: &str = "device cookie";

/// One entry of the cookie.
struct Entry<'a> {
    issued: Timestamp,
    nonce: &'a str,
    mac: &'a str,
}

impl<'a> Entry<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (issued, rest) = text.split_once('.')?;
        let (nonce, mac) = rest.split_once('.')?;
        // Others' entries go back as they came: nothing but base64url may be in them.
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        let ours = issued.len() <= 11 && nonce.len() == 22 && mac.len() == 43;
        let ours = ours && [issued, nonce, mac].into_iter().all(plain);
        ours.then_some(Self { issued: Timestamp::from_seconds(issued.parse().ok()?), nonce, mac })
    }

    fn is_fresh(&self, now: Timestamp) -> bool {
        self.issued <= now && now < self.issued + LIFETIME
    }

    fn is_of(&self, vault: &Vault, name: &TypedName) -> bool {
        mac(vault, name, self.issued, self.nonce).as_bytes().ct_eq(self.mac.as_bytes()).into()
    }
}

/// Whether the cookie holds an entry of this name.
#[must_use]
pub fn browser(vault: &Vault, cookie: Option<&str>, name: &TypedName, now: Timestamp) -> Browser {
    let known = entries(cookie).any(|(_, entry)| entry.is_fresh(now) && entry.is_of(vault, name));
    if known { Browser::Known } else { Browser::Stranger }
}

/// The cookie with a fresh entry of this name in front; the oldest others go.
#[must_use]
pub fn remember(
    vault: &Vault,
    rng: &dyn Rng,
    cookie: Option<&str>,
    name: &TypedName,
    now: Timestamp,
) -> String {
    let nonce = URL_SAFE_NO_PAD.encode(random_bytes::<16>(rng));
    let fresh = format!(
        "{}.{nonce}.{}",
        now.seconds(),
        mac(vault, name, Timestamp::from_seconds(now.seconds()), &nonce)
    );
    let others = entries(cookie).filter(|(_, entry)| entry.is_fresh(now) && !entry.is_of(vault, name));
    let kept = others.map(|(text, _)| text.to_owned()).take(MOST - 1);
    std::iter::once(fresh).chain(kept).collect::<Vec<_>>().join("~")
}

fn entries(cookie: Option<&str>) -> impl Iterator<Item = (&str, Entry<'_>)> {
    let cookie = cookie.filter(|text| text.len() <= LONGEST).unwrap_or_default();
    cookie.split('~').take(MOST).filter_map(|text| Some((text, Entry::parse(text)?)))
}

fn mac(vault: &Vault, name: &TypedName, issued: Timestamp, nonce: &str) -> String {
    let text = format!("{}\u{1f}{}\u{1f}{nonce}", name.key(), issued.seconds());
    URL_SAFE_NO_PAD.encode(vault.mac(DOMAIN, text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        kernel::SeededRng,
        storage::testing::{START, vault},
    };

    fn name(text: &str) -> TypedName {
        TypedName::new(text)
    }

    fn remembered(cookie: Option<&str>, of: &str) -> String {
        remember(&vault(), &SeededRng::new(1), cookie, &name(of), START)
    }

    fn is_known(cookie: &str, of: &str) -> bool {
        browser(&vault(), Some(cookie), &name(of), START) == Browser::Known
    }

    #[test]
    fn a_browser_is_known_to_the_name_it_signed_in_to_and_to_no_other() {
        let cookie = remembered(None, "ZhangSan1");
        assert!(is_known(&cookie, "zhangsan1"));
        assert!(!is_known(&cookie, "lisi2026"));
        assert_eq!(browser(&vault(), None, &name("zhangsan1"), START), Browser::Stranger);
    }

    #[test]
    fn a_forged_or_garbled_cookie_makes_a_stranger() {
        let cookie = remembered(None, "zhangsan1");
        let forged = cookie.replacen(|c: char| c.is_ascii_digit(), "9", 1);
        let mut cut = cookie.clone();
        cut.pop();
        let long = format!("{}~{cookie}", "x".repeat(LONGEST));
        for wrong in [forged.as_str(), &cut, &long, "", "~~~", "1.2.3", "..", "门.符.门"] {
            assert!(!is_known(wrong, "zhangsan1") || wrong == cookie, "{wrong}");
        }
    }

    #[test]
    fn five_people_share_a_browser_and_the_oldest_goes() {
        let mut cookie = String::new();
        for n in 0..6 {
            cookie = remembered(Some(&cookie), &format!("member{n}"));
        }
        assert!(!is_known(&cookie, "member0"));
        assert!((1..6).all(|n| is_known(&cookie, &format!("member{n}"))));
        assert!(cookie.len() <= LONGEST);
    }

    #[test]
    fn signing_in_again_takes_no_second_place() {
        let cookie = remembered(Some(&remembered(None, "zhangsan1")), "zhangsan1");
        assert_eq!(cookie.split('~').count(), 1);
    }

    #[test]
    fn it_ends_after_180_days_and_is_not_from_the_future() {
        let cookie = remembered(None, "zhangsan1");
        let at = |now| browser(&vault(), Some(&cookie), &name("zhangsan1"), now);
        assert_eq!(at(START + LIFETIME - TimeDelta::seconds(1)), Browser::Known);
        assert_eq!(at(START + LIFETIME), Browser::Stranger);
        assert_eq!(at(START - TimeDelta::seconds(1)), Browser::Stranger);
    }

    #[test]
    fn the_cookie_names_nobody_and_fits_a_cookie() {
        let cookie = remembered(None, "zhangsan1");
        assert!(!cookie.contains("zhang"));
        assert!(cookie.chars().all(|c| c.is_ascii_alphanumeric() || "._-~".contains(c)));
    }
}
