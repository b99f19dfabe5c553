//! The laws of the house, checked over its sources: floors, fences, budgets. There is no list of exceptions.
//!
//! Each test reports every violation with its file and line.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test program: a panic is its way to fail"
)]

#[path = "architecture/source.rs"]
mod source;

use source::{Source, root, sources};

/// The floors, the highest first: a module may name any module on a lower line, none on its own line or above.
const FLOORS: [&[&str]; 15] = [
    &["main"],
    &["cli"],
    &["app", "config", "telemetry"],
    &["http", "demo", "sandbox"],
    &["admin"],
    &["provider"],
    &["signup", "signin", "recovery", "federation"],
    &["units"],
    &["ownership"],
    &["proofing"],
    &["sessions", "tokens", "consents"],
    &["people", "clients", "keys"],
    &["notify", "limits"],
    &["audit", "ledger", "policy"],
    &["protocol", "storage", "render"],
];
/// Below all of them.
const GROUND: &str = "kernel";

/// Who may import which package; places are prefixes of paths, `…/store.rs` a feature's own store.
const FENCES: [(&str, &[&str]); 41] = [
    ("josekit", &["src/protocol/jose"]),
    ("ring", &["src/protocol/jose/es256.rs", "src/app/tls.rs"]),
    ("oxide_auth", &["src/protocol/oxide"]),
    ("tera", &["src/render/"]),
    ("fluent_bundle", &["src/render/"]),
    ("unic_langid", &["src/render/"]),
    ("rust_embed", &["src/render/"]),
    ("sea_orm", &["src/storage/", "migrations/", "…/store"]),
    ("sea_orm_migration", &["src/storage/", "migrations/"]),
    ("rusqlite", &["src/storage/sql/pen.rs"]),
    ("redis", &["src/storage/ephemeral/redis"]),
    (
        "reqwest",
        &[
            "src/storage/outbound",
            "src/storage/authority",
            "src/demo/",
            "src/cli/doctor/",
            "src/telemetry/traces.rs",
        ],
    ),
    ("openidconnect", &["src/demo/"]),
    ("axum", &["src/http/", "src/sandbox/", "src/demo/", "src/app"]),
    ("axum_extra", &["src/http/", "src/sandbox/", "src/demo/"]),
    ("tower", &["src/http/", "src/sandbox/", "src/demo/", "src/app"]),
    ("tower_http", &["src/http/", "src/sandbox/", "src/demo/", "src/app"]),
    ("hyper", &["src/app/door.rs"]),
    ("hyper_util", &["src/app/door.rs"]),
    ("tokio_rustls", &["src/app/tls.rs", "src/storage/outbound/tests.rs"]),
    ("prometheus_client", &["src/http/meter"]),
    ("ipnet", &["src/http/proxy.rs"]),
    ("openssl", &["src/cli/doctor/"]),
    ("clap", &["src/cli/"]),
    ("figment", &["src/policy/layers.rs", "src/config/"]),
    ("tracing_subscriber", &["src/telemetry.rs"]),
    ("opentelemetry", &["src/kernel/trace.rs", "src/telemetry/traces.rs"]),
    ("opentelemetry_sdk", &["src/telemetry/traces.rs"]),
    ("opentelemetry_proto", &["src/telemetry/traces.rs"]),
    ("prost", &["src/telemetry/traces.rs"]),
    ("argon2", &["src/people/"]),
    ("rustix", &["src/people/password/", "src/cli/mod.rs"]),
    ("zxcvbn", &["src/kernel/password.rs"]),
    ("captcha", &["src/limits/"]),
    ("aes_gcm", &["src/storage/vault"]),
    ("hmac", &["src/kernel/", "src/storage/", "src/limits/", "src/notify/", "src/tokens/"]),
    ("getrandom", &["src/kernel/"]),
    ("unicode_normalization", &["src/kernel/"]),
    (
        "tokio",
        &[
            "src/storage/",
            "src/people/",
            "src/proofing/",
            "src/notify/",
            "src/http/",
            "src/sandbox/",
            "src/demo/",
            "src/app",
            "src/cli/",
            "src/keys/",
            "src/clients/",
            "src/provider/",
            "src/telemetry/traces.rs",
            "src/main.rs",
        ],
    ),
    (
        "async_trait",
        &[
            "src/storage/",
            "src/proofing/",
            "src/signup/answer.rs",
            "src/recovery/card/answer.rs",
            "src/notify/",
            "src/http/",
            "src/provider/",
            "migrations/",
            "src/clients/key_sets.rs",
            "src/app",
            "src/sessions/",
        ],
    ),
    ("http", &["src/http/", "src/storage/outbound", "src/sandbox/", "src/demo/", "src/app"]),
];

/// What every room may use.
const EVERYWHERE: [&str; 12] = [
    "tracing",
    "serde",
    "serde_json",
    "toml",
    "thiserror",
    "chrono",
    "uuid",
    "url",
    "base64",
    "sha2",
    "subtle",
    "zeroize",
];

const TOP_LEVEL: [&str; 10] = [
    "Cargo.toml",
    "Cargo.lock",
    "src",
    "templates",
    "keys",
    "migrations",
    "clients.toml",
    "tests",
    "deploy",
    "README.md",
];
/// Made by running things here and never under version control.
const IGNORED: [&str; 2] = ["target", "data"];

const RAW_SQL: [&str; 7] = [
    "execute_unprepared",
    "execute_raw",
    "query_one_raw",
    "query_all_raw",
    "from_sql_and_values",
    "Statement",
    "raw_sql",
];
const SQL_WORDS: [&str; 6] = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "PRAGMA ", "CREATE "];
const RAW_SQL_PLACES: [&str; 3] = ["src/storage/sql", "src/storage/migrations", "migrations/"];

fn floor(room: &str) -> Option<usize> {
    if room == GROUND { Some(FLOORS.len()) } else { FLOORS.iter().position(|line| line.contains(&room)) }
}

/// The room that a file belongs to; migrations are part of storage.
fn room(source: &Source) -> &str {
    if source.path.starts_with("migrations/") { "storage" } else { source.module()[0] }
}

fn stands_in(source: &Source, places: &[&str]) -> bool {
    places.iter().any(|place| match place.strip_prefix('…') {
        Some(name) => {
            source.path.contains(&format!("{name}.rs")) || source.path.contains(&format!("{name}/"))
        }
        None => source.path.starts_with(place),
    })
}

fn house() -> Vec<Source> {
    sources(&["src", "migrations"])
}

#[track_caller]
fn none(law: &str, violations: &[String]) {
    assert!(violations.is_empty(), "{law}: {} violations\n{}\n", violations.len(), violations.join("\n"));
}

#[test]
fn every_room_names_only_rooms_on_lower_floors() {
    let mut violations = Vec::new();
    for source in house().iter().filter(|source| source.path != "src/lib.rs") {
        let own = room(source);
        for named in source.rooms_named().iter().filter(|named| named.room != own) {
            let allowed =
                matches!((floor(own), floor(&named.room)), (Some(above), Some(below)) if below > above);
            if !allowed {
                violations.push(format!("{}:{} `{own}` names `{}`", source.path, named.line, named.room));
            }
        }
    }
    none("floors", &violations);
}

#[test]
fn nobody_leaves_a_room_by_super() {
    let mut violations = Vec::new();
    for source in house().iter().filter(|source| source.path.starts_with("src/")) {
        let depth = source.module().len();
        for (at, _) in source.code.match_indices("super::") {
            let chain = source.code[at..].split("::").take_while(|part| *part == "super").count();
            if chain >= depth + usize::from(source.is_test(at)) {
                violations.push(format!("{}:{} say crate::…", source.path, source.line(at)));
            }
        }
    }
    none("paths out of a room start at the crate", &violations);
}

#[test]
fn every_package_is_imported_only_behind_its_fence() {
    let mut violations = Vec::new();
    for source in house() {
        for (package, places) in FENCES {
            if let Some(line) = source.names_crate(package).filter(|_| !stands_in(&source, places)) {
                violations.push(format!("{}:{line} imports {package}", source.path));
            }
        }
    }
    none("fences", &violations);
}

#[test]
fn every_dependency_has_a_fence_or_is_for_all_and_a_sentence_above_it() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (mut violations, mut section, mut above) = (Vec::new(), "", "");
    for (number, line) in manifest.lines().enumerate() {
        if line.starts_with('[') {
            section = line;
        } else if let Some((name, _)) = line.split_once(" = ").filter(|_| section.contains("dependencies]")) {
            let package = name.trim().replace('-', "_");
            let known =
                FENCES.iter().any(|(fenced, _)| *fenced == package) || EVERYWHERE.contains(&package.as_str());
            if section == "[dependencies]" && !known {
                violations.push(format!("Cargo.toml:{} {name} has no place in this test", number + 1));
            }
            if !above.starts_with('#') {
                violations.push(format!("Cargo.toml:{} {name} has no sentence above it", number + 1));
            }
        }
        above = line;
    }
    none("dependencies", &violations);
}

#[test]
fn raw_sql_stands_in_storage_and_migrations_only() {
    let mut violations = Vec::new();
    for source in house().iter().filter(|source| !stands_in(source, &RAW_SQL_PLACES)) {
        let words = RAW_SQL.iter().chain(&["DbBackend", "DatabaseBackend"]);
        let mut places: Vec<usize> = words.flat_map(|word| source.words(word)).collect();
        for word in SQL_WORDS {
            places.extend(source.text.match_indices(&format!("\"{word}")).map(|(at, _)| at));
        }
        places.retain(|&at| !source.is_test(at));
        violations.extend(places.iter().map(|&at| format!("{}:{}", source.path, source.line(at))));
    }
    none("raw SQL or a dialect branch", &violations);
}

#[test]
fn only_config_reads_the_environment() {
    let mut violations = Vec::new();
    for source in house().iter().filter(|source| !source.path.starts_with("src/config/")) {
        let reads = source.code.match_indices("env::").filter(|(at, _)| !source.is_test(*at));
        violations.extend(reads.map(|(at, _)| format!("{}:{}", source.path, source.line(at))));
    }
    none("environment", &violations);
}

#[test]
fn nothing_is_left_to_do_or_allowed_away() {
    let mut violations = Vec::new();
    for source in sources(&["src", "migrations", "tests"]) {
        for mark in ["todo!", "unimplemented!", "#[allow", "#![allow", "#[ignore"] {
            let places = source.code.match_indices(mark);
            violations.extend(places.map(|(at, _)| format!("{}:{} {mark}", source.path, source.line(at))));
        }
    }
    none("unfinished", &violations);
}

#[test]
fn every_module_says_what_it_is_for_and_none_is_a_drawer() {
    let mut violations = Vec::new();
    for source in sources(&["src", "migrations", "tests"]) {
        let name = *source.module().last().unwrap();
        if !source.raw.starts_with("//!") && name != "tests" {
            violations.push(format!("{}:1 no module doc", source.path));
        }
        if ["utils", "util", "helpers", "common", "misc"].contains(&name) {
            violations.push(format!("{}:1 named after nothing", source.path));
        }
    }
    none("modules", &violations);
}

#[test]
fn functions_are_short_and_take_six_arguments_at_most() {
    let (mut violations, mut lengths) = (Vec::new(), Vec::new());
    for source in sources(&["src", "migrations", "tests"]) {
        for function in source.functions() {
            let place = format!("{}:{} {}", source.path, function.line, function.name);
            let handler = function.is_async
                && (source.path.starts_with("src/http/pages/") || source.path.starts_with("src/http/oidc/"));
            if function.lines > if handler && !function.is_test { 25 } else { 80 } {
                violations.push(format!("{place}: {} lines", function.lines));
            }
            if function.arguments > 6 {
                violations.push(format!("{place}: {} arguments", function.arguments));
            }
            if !function.is_test {
                lengths.push((function.lines, place));
            }
        }
    }
    lengths.sort();
    if let Some((lines, place)) = lengths.get(lengths.len() * 95 / 100).filter(|(lines, _)| *lines > 45) {
        violations.push(format!("95th percentile is {lines} lines, from {place} up"));
    }
    none("functions", &violations);
}

#[test]
fn files_hold_at_most_400_lines_of_production_code() {
    let sizes = house().into_iter().map(|source| (source.size().0, source.path));
    let violations: Vec<_> =
        sizes.filter(|(size, _)| *size > 400).map(|(size, path)| format!("{path}: {size} lines")).collect();
    none("files", &violations);
}

#[test]
fn at_least_45_percent_of_the_lines_are_tests() {
    let sizes: Vec<_> = sources(&["src", "migrations", "tests"]).iter().map(Source::size).collect();
    let (production, tests) = sizes.iter().fold((0, 0), |sum, size| (sum.0 + size.0, sum.1 + size.1));
    let share = tests * 1000 / (production + tests).max(1);
    assert!(share >= 450, "{tests} of {} lines are tests: {} per thousand", production + tests, share);
}

#[test]
fn the_top_level_has_its_fixed_names_only() {
    let entries = std::fs::read_dir(root()).unwrap().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let violations: Vec<_> = names
        .filter(|name| !name.starts_with('.') && !name.contains(".sqlite"))
        .filter(|name| !TOP_LEVEL.contains(&name.as_str()) && !IGNORED.contains(&name.as_str()))
        .collect();
    none("top level", &violations);
}
