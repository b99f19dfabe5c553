//! `deploy/config.example.toml`, written from this table; a test holds it against the settings that the code knows.

/// One setting as the example shows it.
struct Setting {
    key: &'static str,
    about: &'static str,
    value: Shown,
}

enum Shown {
    /// The default, as TOML.
    Default(&'static str),
    /// Must be set; the value is an example.
    Required(&'static str),
    /// Is not set unless written; the value is an example.
    Optional(&'static str),
}

use Shown::{Default, Optional, Required};

const fn setting(key: &'static str, value: Shown, about: &'static str) -> Setting {
    Setting { key, about, value }
}

const HEAD: &str = "\
# Settings of one installation of Menfu. `menfu config example` writes this file, `menfu config check` reads yours.
#
# Each key can also be given by the environment, where two underscores part the names: MENFU_SERVER__ISSUER.
# The environment wins over the file. An unknown key is refused. Lengths of time: 60s, 5min, 8h, 30d.
# What differs between bureaus (rules, texts, limits) is not here but in the policy profile.
";

const SETTINGS: [Setting; 54] = [
    setting(
        "server.issuer",
        Required("\"https://sso.example.gov.cn\""),
        "The one URL this provider is known by: https, no closing slash; http on loopback only.",
    ),
    setting(
        "server.listen",
        Default("[\"127.0.0.1:8080\", \"[::1]:8080\"]"),
        "Addresses to listen on; they speak TLS if [server.tls] is there, else it is the reverse proxy's.",
    ),
    setting(
        "server.trusted_proxies",
        Default("[]"),
        "Only from these addresses or networks (10.0.0.0/24) are X-Forwarded-For, X-Request-Id and traceparent believed.",
    ),
    setting(
        "server.max_connections",
        Default("8192"),
        "Connections at once on each listener; later ones wait.",
    ),
    setting(
        "server.shutdown_grace",
        Default("\"20s\""),
        "How long open requests may take once the program was told to end.",
    ),
    setting(
        "server.tls.certificate_file",
        Optional("\"/etc/menfu/tls/fullchain.pem\""),
        "The certificate and those above it, in PEM; SIGHUP reads changed files, a broken pair is refused.",
    ),
    setting("server.tls.key_file", Optional("\"/etc/menfu/tls/key.pem\""), "Its key in PEM, mode 0600."),
    setting(
        "storage.url",
        Default("\"sqlite:data/menfu.db\""),
        "sqlite:<path> (a file, made when absent) or postgres://user:password@host/database.",
    ),
    setting(
        "storage.url_file",
        Optional("\"/run/secrets/menfu-database\""),
        "A file with that address, instead of `url`.",
    ),
    setting(
        "storage.max_connections",
        Default("10"),
        "Connections of the PostgreSQL pool, or of SQLite's readers.",
    ),
    setting(
        "storage.wait_seconds",
        Default("5"),
        "How long a statement waits for a free connection or for SQLite's write lock.",
    ),
    setting(
        "ephemeral.urls",
        Default("[\"memory:\"]"),
        "What may be lost (rates, captchas, replay caches): memory: for one node, redis://host:port or rediss:// for many; \
         several for Sentinel or Cluster.",
    ),
    setting(
        "ephemeral.sentinel_master",
        Optional("\"menfu\""),
        "Those addresses are Sentinels; the name of their master.",
    ),
    setting("ephemeral.cluster", Default("false"), "Those addresses are nodes of a Redis Cluster."),
    setting(
        "ephemeral.username",
        Optional("\"menfu\""),
        "Who we are at Redis; in the addresses of Sentinels stand credentials for the Sentinels.",
    ),
    setting("ephemeral.password", Optional("\"\""), "The password for Redis."),
    setting(
        "ephemeral.password_file",
        Optional("\"/run/secrets/menfu-redis\""),
        "A file with that password, instead of `password`.",
    ),
    setting(
        "ephemeral.ca_file",
        Optional("\"/etc/menfu/redis-ca.pem\""),
        "Who signed the certificates behind rediss://; else whom the system trusts.",
    ),
    setting("ephemeral.prefix", Default("\"menfu:\""), "Stands before every key in Redis."),
    setting("ephemeral.connect_timeout_ms", Default("1000"), "How long Redis may take to be reached."),
    setting("ephemeral.answer_timeout_ms", Default("500"), "How long Redis may take to answer."),
    setting(
        "vault.encryption_key_file",
        Default("\"keys/encryption.key\""),
        "The key that wraps each record's own key; made by `menfu keys init`, mode 0600.",
    ),
    setting(
        "vault.index_key_file",
        Default("\"keys/index.key\""),
        "The key of blind indexes and derived secrets; made by `menfu keys init`, mode 0600.",
    ),
    setting(
        "policy.profile",
        Default("\"reference\""),
        "The bureau profile: reference, shenzhen, jiangsu or guangdong.",
    ),
    setting(
        "policy.file",
        Optional("\"/etc/menfu/policy.toml\""),
        "A file with what this bureau does otherwise; `menfu policy check` reads it.",
    ),
    setting(
        "clients.file",
        Default("\"clients.toml\""),
        "The relying parties; `menfu clients add` writes them.",
    ),
    setting(
        "notify.sms.url",
        Optional("\"https://sms.example.gov.cn\""),
        "The SMS gateway: the address before /sms/v1/send; without it nobody can register.",
    ),
    setting("notify.sms.key", Optional("\"\""), "Its key, sent as a bearer token."),
    setting(
        "notify.sms.key_file",
        Optional("\"/run/secrets/menfu-sms\""),
        "A file with that key, instead of `key`.",
    ),
    setting("notify.sms.connect_timeout", Optional("\"3s\""), "How long connecting may take."),
    setting("notify.sms.timeout", Optional("\"10s\""), "How long it may take to answer; 25s at most."),
    setting(
        "proofing.bank.url",
        Optional("\"https://bank.example.gov.cn\""),
        "Bank verification: the address before /bank/v1/verify; without it 银行卡认证 is not shown.",
    ),
    setting("proofing.bank.key", Optional("\"\""), "Its key, sent as a bearer token."),
    setting(
        "proofing.bank.key_file",
        Optional("\"/run/secrets/menfu-bank\""),
        "A file with that key, instead of `key`.",
    ),
    setting("proofing.bank.connect_timeout", Optional("\"3s\""), "How long connecting may take."),
    setting("proofing.bank.timeout", Optional("\"10s\""), "How long it may take to answer; 25s at most."),
    setting(
        "proofing.unionpay.url",
        Optional("\"https://unionpay.example.gov.cn\""),
        "UnionPay: the address before /unionpay/v1/verify; without it 银联实名认证 is not shown.",
    ),
    setting("proofing.unionpay.key", Optional("\"\""), "Its key, sent as a bearer token."),
    setting(
        "proofing.unionpay.key_file",
        Optional("\"/run/secrets/menfu-unionpay\""),
        "A file with that key, instead of `key`.",
    ),
    setting("proofing.unionpay.connect_timeout", Optional("\"3s\""), "How long connecting may take."),
    setting("proofing.unionpay.timeout", Optional("\"10s\""), "How long it may take to answer; 25s at most."),
    setting(
        "outbound.allow_loopback",
        Default("false"),
        "Whether addresses that clients name may be on this machine: demo and tests, while the issuer is on loopback.",
    ),
    setting(
        "outbound.ca_file",
        Optional("\"/etc/menfu/bureau-ca.pem\""),
        "Who, besides the public authorities, signed certificates of relying parties: the bureau's own authority.",
    ),
    setting("log.format", Default("\"text\""), "text or json."),
    setting(
        "log.filter",
        Default("\"info\""),
        "What is logged: off, error, warn, info, debug, trace, also for one part: info,menfu=debug.",
    ),
    setting(
        "metrics.listen",
        Optional("\"127.0.0.1:9090\""),
        "Where Prometheus reads /metrics; an address of the bureau's own network, never a public one.",
    ),
    setting(
        "traces.service",
        Default("\"menfu\""),
        "The name of this service in traces (OpenTelemetry), service.name.",
    ),
    setting(
        "traces.endpoint",
        Optional("\"http://127.0.0.1:4318/v1/traces\""),
        "Where a collector takes OTLP over HTTP, the whole address; without it nothing is traced.",
    ),
    setting("traces.key", Optional("\"\""), "Its key, sent as a bearer token."),
    setting(
        "traces.key_file",
        Optional("\"/run/secrets/menfu-traces\""),
        "A file with that key, instead of `key`.",
    ),
    setting(
        "traces.share",
        Default("1.0"),
        "How much is traced, 0 to 1; of what a trusted proxy sent with a `traceparent`, what it chose.",
    ),
    setting(
        "traces.tell_authorities",
        Default("false"),
        "Whether banks and SMS gateway are told the trace of a call (`traceparent`); nobody else ever is.",
    ),
    setting(
        "traces.instance",
        Optional("\"node-1\""),
        "The name of this node, service.instance.id; else a random one for each start.",
    ),
    setting(
        "sandbox.listen",
        Default("[\"127.0.0.1:8081\", \"[::1]:8081\"]"),
        "Where `menfu serve --with-sandbox` simulates banks, UnionPay and gateway.",
    ),
];

/// Every key that the example shows.
pub fn keys() -> impl Iterator<Item = &'static str> {
    SETTINGS.iter().map(|setting| setting.key)
}

/// The whole example file.
pub fn text() -> String {
    let mut out = HEAD.to_owned();
    let mut section = "";
    for Setting { key, about, value } in &SETTINGS {
        let (table, name) = key.rsplit_once('.').unwrap_or(("", key));
        if table != section {
            let commented = if matches!(value, Optional(_)) { "# " } else { "" };
            section = table;
            push(&mut out, &format!("\n{commented}[{table}]"));
        }
        push(&mut out, &format!("# {about}"));
        match value {
            Required(value) => push(&mut out, &format!("{name} = {value}")),
            Default(value) => push(&mut out, &format!("{name} = {value}")),
            Optional(value) => push(&mut out, &format!("# {name} = {value}")),
        }
    }
    out
}

fn push(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}
