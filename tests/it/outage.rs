//! Redis killed and back, a node killed, PostgreSQL restarted, each under load: nothing that was answered with success is
//! lost, and it is over within five seconds (issue "Firm ground", How it must fail).
//!
//! Two processes of the real binary, with a PostgreSQL and a Redis of the test's own. Where the suite has neither, these
//! tests have nothing to show and end at once.

mod ledger;
mod load;
pub mod postgres;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;

use crate::commands::free_port;
use crate::harness::Balancer;
use crate::servers::{self, RedisServer};
use crate::town::{Server, Town};
use load::{Fault, Kind, Load};
use postgres::PgServer;

/// How long after the end of an outage somebody may still meet it.
const AFTERMATH: Duration = Duration::from_secs(5);

/// Two nodes and what they stand on, which may go away.
struct Fleet {
    town: Arc<Town>,
    postgres: PgServer,
    redis: RedisServer,
    ports: [u16; 2],
    nodes: [Option<Server>; 2],
}

/// Whether the suite has both servers.
pub fn is_possible() -> bool {
    servers::shared().is_some() && std::env::var("MENFU_TEST_DATABASE").is_ok_and(|url| !url.is_empty())
}

impl Fleet {
    async fn start() -> Self {
        let (postgres, redis) = (PgServer::start(), RedisServer::start());
        let mut town = Town::found(Some(postgres.url())).await;
        let front = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", front.local_addr().unwrap());
        town.set("MENFU_SERVER__ISSUER", issuer.clone());
        town.set("MENFU_EPHEMERAL__URLS", format!("[\"{}\"]", redis.url()));
        town.here.issuer = issuer.parse().unwrap();
        let ports = [free_port(), free_port()];
        Balancer::before(ports.map(|port| ([127, 0, 0, 1], port).into()), front).alternate();
        let mut fleet = Self { town: Arc::new(town), postgres, redis, ports, nodes: [None, None] };
        fleet.start_node(0);
        fleet.start_node(1);
        fleet
    }

    fn start_node(&mut self, which: usize) {
        let listen = format!("[\"127.0.0.1:{}\"]", self.ports[which]);
        self.nodes[which] =
            Some(self.town.serve(&format!("node{which}"), &[("MENFU_SERVER__LISTEN", listen)]));
    }
}

/// What came of an outage.
struct Outage {
    name: &'static str,
    begun: Instant,
    back: Instant,
    faults: Vec<Fault>,
}

impl Outage {
    /// Everybody has come through again since.
    async fn of(name: &'static str, load: &Load, begun: Instant) -> Self {
        let back = Instant::now();
        load.everybody_succeeds(2).await;
        let faults = load.faults_since(begun);
        Self { name, begun, back, faults }
    }

    #[expect(clippy::print_stdout, reason = "the figures of an outage")]
    fn is_over_within_five_seconds(&self) -> &Self {
        let last = self.faults.iter().map(|fault| fault.at).max().unwrap_or(self.begun);
        let after = last.saturating_duration_since(self.back);
        println!(
            "{}: away for {:.1?}, {} requests refused, the last one {after:.1?} after it was back",
            self.name,
            self.back - self.begun,
            self.faults.len()
        );
        assert!(after <= AFTERMATH, "{:#?}", self.faults.last());
        self
    }

    /// Each was told rightly, and only those who need what was away.
    fn was_told_rightly(&self, concerned: &[Kind]) {
        for fault in &self.faults {
            assert_eq!(fault.wrong, None, "{:?} in {}", fault.kind, self.name);
            assert!(
                concerned.contains(&fault.kind),
                "{:?} does not need what was away in {}",
                fault.kind,
                self.name
            );
        }
    }

    /// The same for the death of a node: whoever was connected to it hears nothing any more.
    fn was_cut_off_or_told_rightly(&self) {
        for fault in self.faults.iter().filter(|fault| !fault.broken) {
            assert_eq!(fault.wrong, None, "{:?} in {}", fault.kind, self.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_redis_a_node_or_postgresql_goes_away_under_load_and_errors_last_five_seconds() {
    if !is_possible() {
        return;
    }
    let mut fleet = Fleet::start().await;
    let load = Load::begin(&fleet.town).await;
    load.everybody_succeeds(2).await;

    let begun = Instant::now();
    fleet.redis.kill();
    load.meets_a_fault_since(begun).await;
    load.succeed(&[Kind::Code, Kind::Refresh, Kind::Parking], 2).await;
    fleet.redis.resume();
    let outage = Outage::of("Redis killed and back", &load, begun).await;
    outage.is_over_within_five_seconds().was_told_rightly(&[Kind::SignIn, Kind::Registration]);

    let begun = Instant::now();
    fleet.nodes[0] = None;
    let outage = Outage::of("a node killed", &load, begun).await;
    outage.is_over_within_five_seconds().was_cut_off_or_told_rightly();
    let begun = Instant::now();
    fleet.start_node(0);
    Outage::of("the node back", &load, begun).await.is_over_within_five_seconds().was_told_rightly(&[]);

    let begun = Instant::now();
    fleet.postgres.crash();
    load.meets_a_fault_since(begun).await;
    fleet.postgres.resume();
    let outage = Outage::of("PostgreSQL crashed and restarted", &load, begun).await;
    outage.is_over_within_five_seconds().was_told_rightly(&Kind::ALL);

    let ledger = load.end().await;
    println!("{ledger}");
    ledger.is_all_there(&fleet.town).await;
}
