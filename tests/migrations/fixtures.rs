//! Rows as they stood after each step, every column filled.

use sea_orm::Value;
use sea_orm::prelude::Uuid;

/// What stands in a column.
#[derive(Clone, Copy, Debug)]
pub enum Cell {
    Text(&'static str),
    Int(i64),
    Bool(bool),
    Id(u128),
    Blob(&'static [u8]),
    Null,
}

use Cell::{Blob, Bool, Id, Int, Null, Text};

impl Cell {
    pub fn value(&self) -> Option<Value> {
        Some(match *self {
            Text(text) => text.into(),
            Int(number) => number.into(),
            Bool(truth) => truth.into(),
            Id(id) => Uuid::from_u128(id).into(),
            Blob(bytes) => bytes.to_vec().into(),
            Null => return None,
        })
    }
}

/// A row of a table.
#[derive(Debug)]
pub struct Row {
    pub table: &'static str,
    pub cells: Vec<(&'static str, Cell)>,
}

fn row<const N: usize>(table: &'static str, cells: [(&'static str, Cell); N]) -> Row {
    Row { table, cells: cells.into() }
}

const AT: Cell = Int(1_795_226_400_123);
const SEALED: Cell = Blob(b"\x01\x01sealed\x00\xff");

const PERSON: Cell = Id(0x0001);
const SESSION: Cell = Id(0x0002);
const GRANT: Cell = Id(0x0003);

/// What is written when a step was applied; none for a step that makes no table.
pub fn rows_of(step: &str) -> Vec<Row> {
    match step {
        "m0001_outbox_and_counters" => storage(),
        "m0002_limits" => limits(),
        "m0003_audit" => audit(),
        "m0004_notify" => notify(),
        "m0005_people" => people(),
        "m0006_proofing" => proofing(),
        "m0007_signup" => signup(),
        "m0008_accounts" => [sessions(), tokens()].into_iter().flatten().collect(),
        "m0009_provider" => provider(),
        "m0010_client_registrations" => clients(),
        "m0011_key_revocation" => vec![revoked_key()],
        "m0012_nodes" => vec![node()],
        "m0013_card_methods" => vec![pace()],
        // Indexes only: the rows of the steps before it are what must survive.
        "m0014_growing_tables" | "m0016_holds_that_ran_out" => Vec::new(),
        "m0015_ends_of_evidence" => vec![warned_proof()],
        // Columns of the families, and the access tokens in another order: the rows of the steps before it survive.
        "m0017_refresh_in_families" | "m0018_events_of_a_person" => Vec::new(),
        "m0021_vetoes" => vec![veto()],
        "m0022_security_questions" => vec![security_questions()],
        "m0023_ledger" => ledger(),
        _ => panic!("{step} has no rows that must survive: add them here"),
    }
}

fn warned_proof() -> Row {
    row(
        "evidence",
        [
            ("id", Id(0x0602)),
            ("person_id", PERSON),
            ("method", Text("unionpay")),
            ("obtained_at", AT),
            ("expires_at", AT),
            ("state", Text("valid")),
            ("job_id", Null),
            ("detail", SEALED),
            ("warned_at", AT),
        ],
    )
}

fn veto() -> Row {
    row(
        "vetoes",
        [
            ("id", Id(0x2101)),
            ("token_hash", Text("veto hash")),
            ("person_id", PERSON),
            ("what", Text("phone")),
            ("change", SEALED),
            ("created_at", AT),
            ("expires_at", AT),
            ("used_at", Null),
        ],
    )
}

fn security_questions() -> Row {
    row(
        "security_questions",
        [
            ("person_id", PERSON),
            ("questions", Text("question-first-pet question-desk-mate question-first-film")),
            ("answers", Text("$argon2id$")),
            ("set_at", AT),
        ],
    )
}

fn ledger() -> Vec<Row> {
    let entry = row(
        "ledger",
        [
            ("person_id", PERSON),
            ("number", Int(1)),
            ("at", AT),
            ("recipient", Text("exam")),
            ("occasion", Text("sign_in")),
            ("basis", Text("duty")),
            ("claims", Text("sub acr")),
            ("acr", Text("L2")),
            ("reason", Null),
            ("mac", SEALED),
        ],
    );
    let head = row(
        "ledger_heads",
        [
            ("person_id", PERSON),
            ("first", Int(1)),
            ("first_mac", SEALED),
            ("last", Int(1)),
            ("last_mac", SEALED),
            ("is_whole", Bool(true)),
        ],
    );
    vec![entry, head]
}

fn pace() -> Row {
    row("provider_pace", [("method", Text("unionpay")), ("next_at", AT)])
}

fn node() -> Row {
    let keys = Text("{\"encryption\":{\"active\":\"AbCdEf\",\"next\":null,\"old\":[]}}");
    row("nodes", [("id", Id(0x0110)), ("vault_keys", keys), ("taken_up_at", AT), ("seen_at", AT)])
}

fn revoked_key() -> Row {
    row(
        "signing_keys",
        [
            ("kid", Text("k0")),
            ("alg", Text("RS256")),
            ("public_jwk", Text("{\"kty\":\"RSA\"}")),
            ("private_part", Blob(b"")),
            ("created_at", AT),
            ("retired_at", Null),
            ("revoked_at", AT),
        ],
    )
}

fn storage() -> Vec<Row> {
    vec![
        row(
            "outbox",
            [
                ("id", Id(0x0100)),
                ("kind", Text("sms")),
                ("trace", Id(0x0101)),
                ("payload", SEALED),
                ("created_at", AT),
                ("due_at", AT),
                ("attempts", Int(3)),
                ("leased_until", Null),
                ("settled_at", Null),
                ("delivered", Bool(false)),
            ],
        ),
        row("counters", [("key", Text("sms:门符")), ("hits", Int(i64::MAX)), ("ends_at", AT)]),
    ]
}

fn limits() -> Vec<Row> {
    vec![row(
        "lockouts",
        [
            ("key", Text("mac|203.0.113.0/24")),
            ("name_mac", Text("mac")),
            ("failures", Int(5)),
            ("window_starts_at", AT),
            ("last_at", AT),
            ("locked_until", AT),
        ],
    )]
}

fn audit() -> Vec<Row> {
    vec![row(
        "audit_events",
        [
            ("id", Id(0x0300)),
            ("at", AT),
            ("kind", Text("sign_in_failed")),
            ("person", PERSON),
            ("client", Null),
            ("source", Text("203.0.113.0/24")),
            ("trace", Id(0x0301)),
            ("detail", Text("{\"reason\":\"wrong_password\"}")),
        ],
    )]
}

fn notify() -> Vec<Row> {
    vec![row(
        "sms_codes",
        [
            ("key", Text("registration:index:flow")),
            ("code_mac", Text("mac")),
            ("sent_at", AT),
            ("expires_at", AT),
            ("tries", Int(4)),
            ("taken_at", Null),
        ],
    )]
}

fn people() -> Vec<Row> {
    vec![
        row(
            "usernames",
            [
                ("name_key", Text("zhangsan_01")),
                ("name", Text("ZhangSan_01")),
                ("holder_kind", Text("person")),
                ("holder_id", PERSON),
                ("reserved_until", Null),
            ],
        ),
        row(
            "persons",
            [
                ("id", PERSON),
                ("status", Text("active")),
                ("profile", SEALED),
                ("id_bidx", Text("k.identity")),
                ("phone_bidx", Null),
                ("must_reenter", Bool(true)),
                ("locale", Text("zh-Hans")),
                ("created_at", AT),
                ("updated_at", AT),
            ],
        ),
        row(
            "passwords",
            [
                ("person_id", PERSON),
                ("phc", Text("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA")),
                ("set_by", Text("registration")),
                ("ceiling", Text("L1")),
                ("set_at", AT),
            ],
        ),
    ]
}

fn proofing() -> Vec<Row> {
    vec![
        row(
            "evidence",
            [
                ("id", Id(0x0600)),
                ("person_id", PERSON),
                ("method", Text("bank")),
                ("obtained_at", AT),
                ("expires_at", AT),
                ("state", Text("valid")),
                ("job_id", Id(0x0601)),
                ("detail", SEALED),
            ],
        ),
        row(
            "verification_jobs",
            [
                ("id", Id(0x0601)),
                ("purpose", Text("registration")),
                ("owner", Id(0x0700)),
                ("request", SEALED),
                ("state", Text("queued")),
                ("outcome", Null),
                ("phone_matched", Bool(false)),
                ("reference", Text("CCB-1")),
                ("card_bidx", Text("k.card")),
                ("identity_bidx", Text("k.identity")),
                ("phone_bidx", Text("k.phone")),
                ("source", Text("203.0.113.0/24")),
                ("attempts", Int(1)),
                ("next_attempt_at", AT),
                ("lease_until", Null),
                ("created_at", AT),
                ("finished_at", Null),
            ],
        ),
    ]
}

fn signup() -> Vec<Row> {
    vec![row(
        "flows",
        [
            ("id", Id(0x0700)),
            ("browser_hash", Text("hash")),
            ("kind", Text("person")),
            ("open_key", Text("person:hash")),
            ("state", SEALED),
            ("version", Int(7)),
            ("created_at", AT),
            ("expires_at", AT),
            ("finished_at", Null),
        ],
    )]
}

fn sessions() -> Vec<Row> {
    vec![
        row(
            "signing_keys",
            [
                ("kid", Text("k1")),
                ("alg", Text("ES256")),
                ("public_jwk", Text("{\"kty\":\"EC\"}")),
                ("private_part", SEALED),
                ("created_at", AT),
                ("retired_at", Null),
            ],
        ),
        row(
            "sessions",
            [
                ("id", SESSION),
                ("token_hash", Text("session hash")),
                ("person_id", PERSON),
                ("auth_time", AT),
                ("amr", Text("pwd")),
                ("last_seen_at", AT),
                ("created_at", AT),
                ("expires_at", AT),
                ("ended_at", Null),
                ("ended_reason", Null),
            ],
        ),
        row("session_clients", [("session_id", SESSION), ("client_id", Text("exam")), ("joined_at", AT)]),
        row(
            "consents",
            [
                ("person_id", PERSON),
                ("client_id", Text("exam")),
                ("scope", Text("real_name")),
                ("given_at", AT),
            ],
        ),
        row(
            "agreements",
            [
                ("id", Id(0x0800)),
                ("holder", PERSON),
                ("document", Text("privacy")),
                ("version", Text("2026-11")),
                ("purpose", Text("registration")),
                ("at", AT),
            ],
        ),
    ]
}

fn tokens() -> Vec<Row> {
    vec![
        row(
            "grants",
            [
                ("id", GRANT),
                ("client_id", Text("exam")),
                ("person_id", PERSON),
                ("session_id", SESSION),
                ("offline", Bool(true)),
                ("scope", Text("openid real_name")),
                ("audience", Text("https://exam.example")),
                ("auth_time", AT),
                ("amr", Text("pwd")),
                ("acr", Text("L2")),
                ("nonce", Text("n")),
                ("claims", Null),
                ("refresh_key", SEALED),
                ("created_at", AT),
                ("expires_at", AT),
                ("revoked_at", Null),
                ("revoked_reason", Null),
            ],
        ),
        row(
            "codes",
            [
                ("hash", Text("code hash")),
                ("grant_id", GRANT),
                ("redirect_uri", Text("https://exam.example/callback")),
                ("code_challenge", Text("challenge")),
                ("issued_at", AT),
                ("expires_at", AT),
                ("consumed_at", AT),
            ],
        ),
        row(
            "refresh_tokens",
            [
                ("hash", Text("refresh hash")),
                ("grant_id", GRANT),
                ("number", Int(1)),
                ("issued_at", AT),
                ("expires_at", AT),
                ("consumed_at", Null),
            ],
        ),
        row(
            "access_tokens",
            [
                ("hash", Text("access hash")),
                ("jti", Text("jti")),
                ("grant_id", GRANT),
                ("client_id", Text("exam")),
                ("person_id", PERSON),
                ("scope", Text("openid")),
                ("audience", Text("https://exam.example")),
                ("issued_at", AT),
                ("expires_at", AT),
            ],
        ),
    ]
}

fn provider() -> Vec<Row> {
    vec![row(
        "parked_requests",
        [
            ("id_hash", Text("parked hash")),
            ("browser_hash", Text("hash")),
            ("client_id", Text("exam")),
            ("request", SEALED),
            ("answers", Text("{}")),
            ("created_at", AT),
            ("expires_at", AT),
            ("finished_at", Null),
        ],
    )]
}

fn clients() -> Vec<Row> {
    vec![row(
        "client_registrations",
        [("client_id", Text("exam")), ("digest", Text("hash of a registration")), ("taken_up_at", AT)],
    )]
}
