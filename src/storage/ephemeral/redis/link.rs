//! The connection to Redis and its keeper: made anew when it breaks, wherever the master is by then.
//!
//! ```text
//! Connecting ── connected ──▶ Up ── a command met a broken connection ──▶ Connecting
//!      └─────── refused ────▶ Down ── connected at a later try ──▶ Up
//! ```
//!
//! A command waits while the keeper is connecting and fails at once while Redis is down: who needs it is told so without
//! delay, and no request pays for the tries.

use super::super::{EphemeralError, Settings};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo,
    RedisError, RedisResult, ServerErrorKind, TlsCertificates, TlsMode, Value,
    aio::MultiplexedConnection,
    cluster::{ClusterClient, ClusterClientBuilder},
    cluster_async::ClusterConnection,
    sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType},
};
use std::time::Duration;
use tokio::{
    sync::{mpsc, watch},
    task::AbortHandle,
    time::{sleep, timeout},
};

/// Between two tries to connect.
const AGAIN: Duration = Duration::from_millis(250);

/// What commands go through; ends its keeper when it is dropped.
pub(super) struct Link {
    state: watch::Receiver<State>,
    broken: mpsc::UnboundedSender<u64>,
    keeper: AbortHandle,
    patience: Duration,
}

#[derive(Clone)]
enum State {
    Connecting,
    /// The connection with this number.
    Up(u64, Connection),
    Down(String),
}

#[derive(Clone)]
enum Connection {
    /// To one server, single or as a Sentinel named it.
    Server(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Link {
    pub(super) fn open(settings: &Settings) -> Result<Self, EphemeralError> {
        let source = Source::new(settings)?;
        let (tell, state) = watch::channel(State::Connecting);
        let (broken, told) = mpsc::unbounded_channel();
        let keeper = tokio::spawn(keep(source, tell, told)).abort_handle();
        let patience = settings.connect_timeout() + settings.answer_timeout();
        Ok(Self { state, broken, keeper, patience })
    }

    pub(super) async fn ask(&self, command: &Cmd) -> Result<Value, EphemeralError> {
        let (number, connection) = self.connection().await?;
        let error = match connection.ask(command).await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        if !is_broken(&error) {
            return Err(EphemeralError(error.to_string()));
        }
        // The keeper lives as long as we do.
        let _ = self.broken.send(number);
        if error.is_timeout() {
            return Err(EphemeralError(error.to_string()));
        }
        let connection = self.later_than(number).await?;
        connection.ask(command).await.map_err(|error| EphemeralError(error.to_string()))
    }

    async fn connection(&self) -> Result<(u64, Connection), EphemeralError> {
        self.wait(|state| !matches!(state, State::Connecting)).await
    }

    /// The connection that takes the place of the one with this number.
    async fn later_than(&self, number: u64) -> Result<Connection, EphemeralError> {
        let is_later = |state: &State| match state {
            State::Connecting => false,
            State::Up(now, _) => *now > number,
            State::Down(_) => true,
        };
        self.wait(is_later).await.map(|(_, connection)| connection)
    }

    async fn wait(&self, settled: impl FnMut(&State) -> bool) -> Result<(u64, Connection), EphemeralError> {
        let mut state = self.state.clone();
        match timeout(self.patience, state.wait_for(settled)).await {
            Ok(Ok(state)) => match &*state {
                State::Up(number, connection) => Ok((*number, connection.clone())),
                State::Down(why) => Err(EphemeralError(why.clone())),
                State::Connecting => Err(EphemeralError("not connected".to_owned())),
            },
            Ok(Err(_)) => Err(EphemeralError("nobody keeps the connection".to_owned())),
            Err(_) => Err(EphemeralError("no connection in time".to_owned())),
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

impl Connection {
    async fn ask(self, command: &Cmd) -> RedisResult<Value> {
        match self {
            Self::Server(mut connection) => command.query_async(&mut connection).await,
            Self::Cluster(mut connection) => command.query_async(&mut connection).await,
        }
    }
}

/// Whether another connection may be answered: this one is gone, or its server is no master any more.
fn is_broken(error: &RedisError) -> bool {
    let demoted = matches!(
        error.kind(),
        ErrorKind::Server(
            ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown | ServerErrorKind::BusyLoading
        )
    );
    demoted || error.is_io_error() || error.is_unrecoverable_error()
}

/// Connects, and again when the connection is told to be broken.
async fn keep(mut source: Source, tell: watch::Sender<State>, mut told: mpsc::UnboundedReceiver<u64>) {
    let mut number = 0;
    loop {
        match source.connect().await {
            Ok(connection) => {
                number += 1;
                tracing::info!(number, "connected to Redis");
                tell.send_replace(State::Up(number, connection));
                while told.recv().await.is_some_and(|broken| broken < number) {}
                if told.is_closed() {
                    return;
                }
                tell.send_replace(State::Connecting);
            }
            Err(error) => {
                if !matches!(*tell.borrow(), State::Down(_)) {
                    tracing::error!(%error, "Redis is not reached, and tried again until it is");
                }
                tell.send_replace(State::Down(error.to_string()));
                sleep(AGAIN).await;
            }
        }
    }
}

/// Where connections come from.
struct Source {
    kind: Kind,
    config: AsyncConnectionConfig,
    /// For all that belongs to one connection.
    limit: Duration,
}

enum Kind {
    Single(Box<Client>),
    Sentinel(Box<SentinelClient>),
    Cluster(Box<ClusterClient>),
}

impl Source {
    fn new(settings: &Settings) -> Result<Self, EphemeralError> {
        let kind = Kind::new(settings).map_err(|error| EphemeralError(error.to_string()))?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(settings.connect_timeout()))
            .set_response_timeout(Some(settings.answer_timeout()));
        Ok(Self { kind, config, limit: settings.connect_timeout() * 3 })
    }

    /// A connection that has been answered.
    async fn connect(&mut self) -> RedisResult<Connection> {
        let limit = self.limit;
        match timeout(limit, self.try_connect()).await {
            Ok(connected) => connected,
            Err(_) => Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()),
        }
    }

    async fn try_connect(&mut self) -> RedisResult<Connection> {
        let connection = match &mut self.kind {
            Kind::Single(client) => Connection::Server(self.config.connect_to(client).await?),
            Kind::Sentinel(sentinel) => {
                let master = sentinel.async_get_client().await?;
                Connection::Server(self.config.connect_to(&master).await?)
            }
            Kind::Cluster(client) => Connection::Cluster(client.get_async_connection().await?),
        };
        connection.clone().ask(&redis::cmd("PING")).await?;
        Ok(connection)
    }
}

trait ConnectTo {
    async fn connect_to(&self, client: &Client) -> RedisResult<MultiplexedConnection>;
}

impl ConnectTo for AsyncConnectionConfig {
    async fn connect_to(&self, client: &Client) -> RedisResult<MultiplexedConnection> {
        client.get_multiplexed_async_connection_with_config(self).await
    }
}

impl Kind {
    fn new(settings: &Settings) -> RedisResult<Self> {
        let certificates = certificates(settings)?;
        let addresses = settings.urls.iter().map(|url| url.as_str().into_connection_info());
        let addresses = addresses.collect::<RedisResult<Vec<_>>>()?;
        match &settings.sentinel_master {
            Some(master) => sentinel(settings, master, &addresses, certificates),
            None if settings.cluster => cluster(settings, addresses, certificates),
            None => single(settings, addresses, certificates),
        }
    }
}

fn certificates(settings: &Settings) -> RedisResult<Option<TlsCertificates>> {
    let Some(path) = &settings.ca_file else { return Ok(None) };
    let root_cert = std::fs::read(path)
        .map_err(|error| std::io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
    Ok(Some(TlsCertificates { client_tls: None, root_cert: Some(root_cert) }))
}

fn single(
    settings: &Settings,
    addresses: Vec<ConnectionInfo>,
    certificates: Option<TlsCertificates>,
) -> RedisResult<Kind> {
    let Some(address) = addresses.into_iter().next() else { return Err(no_address()) };
    let mut who = address.redis_settings().clone();
    if let Some(username) = &settings.username {
        who = who.set_username(username);
    }
    if let Some(password) = &settings.password {
        who = who.set_password(password.expose());
    }
    let address = address.set_redis_settings(who);
    Ok(Kind::Single(Box::new(match certificates.filter(|_| is_tls(address.addr())) {
        Some(certificates) => Client::build_with_tls(address, certificates)?,
        None => Client::open(address)?,
    })))
}

fn sentinel(
    settings: &Settings,
    master: &str,
    addresses: &[ConnectionInfo],
    certificates: Option<TlsCertificates>,
) -> RedisResult<Kind> {
    let Some(first) = addresses.first() else { return Err(no_address()) };
    let hosts = addresses.iter().map(|address| address.addr().clone());
    let mut builder = SentinelClientBuilder::new(hosts, master, SentinelServerType::Master)?;
    if is_tls(first.addr()) {
        builder = builder
            .set_client_to_sentinel_tls_mode(TlsMode::Secure)
            .set_client_to_redis_tls_mode(TlsMode::Secure);
        if let Some(certificates) = certificates {
            builder = builder
                .set_client_to_sentinel_certificates(certificates.clone())
                .set_client_to_redis_certificates(certificates);
        }
    }
    let sentinels = first.redis_settings();
    if let Some(username) = sentinels.username() {
        builder = builder.set_client_to_sentinel_username(username);
    }
    if let Some(password) = sentinels.password() {
        builder = builder.set_client_to_sentinel_password(password);
    }
    if let Some(username) = &settings.username {
        builder = builder.set_client_to_redis_username(username);
    }
    if let Some(password) = &settings.password {
        builder = builder.set_client_to_redis_password(password.expose());
    }
    Ok(Kind::Sentinel(Box::new(builder.set_client_to_redis_db(sentinels.db()).build()?)))
}

fn cluster(
    settings: &Settings,
    addresses: Vec<ConnectionInfo>,
    certificates: Option<TlsCertificates>,
) -> RedisResult<Kind> {
    let secure = addresses.iter().any(|address| is_tls(address.addr()));
    let mut builder = ClusterClientBuilder::new(addresses)
        .connection_timeout(settings.connect_timeout())
        .response_timeout(settings.answer_timeout())
        .overall_response_timeout(Some(settings.connect_timeout() + settings.answer_timeout()));
    if let Some(certificates) = certificates.filter(|_| secure) {
        builder = builder.certs(certificates);
    }
    if let Some(username) = &settings.username {
        builder = builder.username(username);
    }
    if let Some(password) = &settings.password {
        builder = builder.password(password.expose());
    }
    Ok(Kind::Cluster(Box::new(builder.build()?)))
}

const fn is_tls(address: &ConnectionAddr) -> bool {
    matches!(address, ConnectionAddr::TcpTls { .. })
}

fn no_address() -> RedisError {
    (ErrorKind::EmptySentinelList, "no address").into()
}
