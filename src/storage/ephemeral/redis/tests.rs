//! Redis dies, comes back, moves, is asked for its password. Each test has servers of its own.

use super::*;
use crate::storage::servers::{self, Cluster, RedisServer, Watched};
use std::time::Instant;

const MINUTE: Duration = Duration::from_secs(60);
/// Issue of firm ground: errors last at most five seconds.
const RECOVERY: Duration = Duration::from_secs(5);

/// A test of its own servers, where there is a Redis at all.
fn wanted() -> bool {
    servers::shared().is_some()
}

fn open(settings: &Settings) -> RedisEphemeral {
    RedisEphemeral::open(settings).unwrap()
}

/// How long until a value can be put.
#[expect(clippy::disallowed_methods, reason = "a stopwatch for what a process outside does")]
async fn recovers(store: &RedisEphemeral) -> Duration {
    let begin = Instant::now();
    while store.put("again", "", MINUTE).await.is_err() {
        assert!(begin.elapsed() < RECOVERY * 3, "it does not come back");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    begin.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "a stopwatch for what a process outside does")]
async fn killed_it_is_told_at_once_and_back_it_answers_within_five_seconds() {
    if !wanted() {
        return;
    }
    let mut server = RedisServer::start();
    let store = open(&servers::settings(vec![server.url()]));
    store.put("a", "1", MINUTE).await.unwrap();
    server.kill();
    assert!(store.get("a").await.is_err());
    let begin = Instant::now();
    for _ in 0..100 {
        assert!(store.bump("b", MINUTE).await.is_err());
    }
    assert!(begin.elapsed() < Duration::from_secs(1), "a hundred refusals took {:?}", begin.elapsed());
    server.resume();
    let took = recovers(&store).await;
    assert!(took < RECOVERY, "{took:?}");
    assert_eq!(store.bump("b", MINUTE).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_between_two_commands_is_not_noticed() {
    if !wanted() {
        return;
    }
    let mut server = RedisServer::start();
    let store = open(&servers::settings(vec![server.url()]));
    assert_eq!(store.bump("a", MINUTE).await.unwrap(), 1);
    server.kill();
    server.resume();
    assert_eq!(store.bump("a", MINUTE).await.unwrap(), 1);
    store.ping().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_may_start_before_redis() {
    if !wanted() {
        return;
    }
    let mut server = RedisServer::start();
    server.kill();
    let store = open(&servers::settings(vec![server.url()]));
    assert!(store.ping().await.is_err());
    server.resume();
    assert!(recovers(&store).await < RECOVERY);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_is_given_up_after_the_time_of_an_answer() {
    if !wanted() {
        return;
    }
    let deaf = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", deaf.local_addr().unwrap());
    let settings =
        Settings { connect_timeout_ms: 200, answer_timeout_ms: 200, ..servers::settings(vec![url]) };
    let store = open(&settings);
    let answer = tokio::time::timeout(RECOVERY, store.get("a")).await;
    assert!(answer.unwrap().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sentinel_moves_us_to_the_replica_when_the_master_dies() {
    if !wanted() {
        return;
    }
    let mut watched = Watched::start();
    let store = open(&watched.settings());
    store.put("a", "1", MINUTE).await.unwrap();
    watched.master.kill();
    let took = recovers(&store).await;
    assert!(took < RECOVERY, "{took:?}");
    let replica = open(&Settings { prefix: store.prefix.clone(), ..Settings::at(watched.replica.url()) });
    assert_eq!(replica.get("again").await.unwrap().as_deref(), Some(""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_that_became_a_replica_is_left_for_the_new_one() {
    if !wanted() {
        return;
    }
    let watched = Watched::start();
    let store = open(&watched.settings());
    store.put("a", "1", MINUTE).await.unwrap();
    let mut sentinel = redis::Client::open(watched.sentinel.url()).unwrap().get_connection().unwrap();
    redis::cmd("SENTINEL").arg("FAILOVER").arg(servers::MASTER).exec(&mut sentinel).unwrap();
    let replica = open(&Settings { prefix: store.prefix.clone(), ..Settings::at(watched.replica.url()) });
    servers::until("the replica is master", || {
        let role = |url: String| {
            let mut server = redis::Client::open(url).unwrap().get_connection().unwrap();
            redis::cmd("ROLE").query::<Vec<redis::Value>>(&mut server).unwrap().remove(0)
        };
        role(watched.replica.url()) == redis::Value::BulkString(b"master".to_vec())
            && role(watched.master.url()) == redis::Value::BulkString(b"slave".to_vec())
    });
    assert!(recovers(&store).await < RECOVERY);
    assert_eq!(replica.get("again").await.unwrap().as_deref(), Some(""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_lost_a_node_serves_all_keys_when_it_is_back() {
    if !wanted() {
        return;
    }
    let mut cluster = Cluster::start();
    let store = open(&cluster.settings());
    store.put("a", "1", MINUTE).await.unwrap();
    cluster.nodes[1].kill();
    cluster.nodes[1].resume();
    cluster.becomes_whole();
    assert!(recovers(&store).await < RECOVERY);
    for number in 0..30 {
        let key = number.to_string();
        store.put(&key, "1", MINUTE).await.unwrap();
        assert_eq!(store.take(&key).await.unwrap().as_deref(), Some("1"));
    }
}

/// A made-up authority and a server's certificate by it, as `ca.pem`, `server.pem` and `server.key`.
fn certified(name: &str) -> tempfile::TempDir {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    let (own, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&own).unwrap().pem();
    let issuer = Issuer::new(params, own);
    let server =
        CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap().pem();
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in [("ca.pem", authority), ("server.pem", server), ("server.key", key.serialize_pem())] {
        std::fs::write(folder.path().join(file), text).unwrap();
    }
    folder
}

fn over_tls(server: &RedisServer, authority: Option<&tempfile::TempDir>) -> Settings {
    let settings = servers::settings(vec![format!("rediss://127.0.0.1:{}", server.port)]);
    Settings { ca_file: authority.map(|folder| folder.path().join("ca.pem")), ..settings }
}

async fn refused(settings: &Settings) -> String {
    open(settings).put("a", "1", MINUTE).await.unwrap_err().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_an_acl_user_is_served_where_the_certificate_is_of_the_authority_that_we_were_given() {
    if !wanted() {
        return;
    }
    let files = certified("127.0.0.1");
    let menfu = ["--user", "menfu", "on", ">s3cret", "~menfu*", "+@all", "--user", "default", "off"];
    let server = RedisServer::behind_tls(files.path(), &menfu);
    let known = |username: &str, password: &str| Settings {
        username: Some(username.to_owned()),
        password: Some(password.into()),
        ..over_tls(&server, Some(&files))
    };
    let store = open(&known("menfu", "s3cret"));
    store.put("a", "1", MINUTE).await.unwrap();
    assert_eq!(store.take("a").await.unwrap().as_deref(), Some("1"));
    let in_the_address = format!("rediss://menfu:s3cret@127.0.0.1:{}", server.port);
    let store = open(&Settings { urls: vec![in_the_address], ..over_tls(&server, Some(&files)) });
    store.put("b", "1", MINUTE).await.unwrap();
    for wrong in [known("menfu", "guess"), known("default", "s3cret"), over_tls(&server, Some(&files))] {
        let says = refused(&wrong).await;
        assert!(!says.contains("guess") && !says.contains("s3cret"), "{says}");
    }
    let other = certified("127.0.0.1");
    refused(&Settings { ca_file: Some(other.path().join("ca.pem")), ..known("menfu", "s3cret") }).await;
    refused(&Settings { ca_file: None, ..known("menfu", "s3cret") }).await;
    let plain = vec![format!("redis://127.0.0.1:{}", server.port)];
    refused(&Settings { urls: plain, ..known("menfu", "s3cret") }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_for_another_name_is_not_believed() {
    if !wanted() {
        return;
    }
    let files = certified("redis.example");
    let server = RedisServer::behind_tls(files.path(), &[]);
    refused(&over_tls(&server, Some(&files))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_given_to_a_server_to_a_master_behind_its_sentinel_and_to_a_cluster() {
    if !wanted() {
        return;
    }
    let server = RedisServer::guarded();
    let without = vec![format!("redis://127.0.0.1:{}", server.port)];
    let password = || Some(servers::PASSWORD.into());
    for good in [
        servers::settings(vec![server.url()]),
        Settings { password: password(), ..servers::settings(without.clone()) },
    ] {
        open(&good).put("a", "1", MINUTE).await.unwrap();
    }
    refused(&servers::settings(without.clone())).await;
    refused(&Settings { password: Some("guess".into()), ..servers::settings(without) }).await;
    let watched = Watched::guarded();
    open(&Settings { password: password(), ..watched.settings() }).put("a", "1", MINUTE).await.unwrap();
    refused(&watched.settings()).await;
    let cluster = Cluster::guarded();
    open(&Settings { password: password(), ..cluster.settings() }).put("a", "1", MINUTE).await.unwrap();
}
