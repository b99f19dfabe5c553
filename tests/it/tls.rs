//! TLS of the provider's own, over the wire, and what a listener bears: changed certificates, callers that take their
//! time, heads without end, and the end of the process.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use menfu::app::{Bounds, Doors, Service, Tls, TlsFiles};
use openssl::ssl::{SslConnector, SslMethod, SslVersion};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer as Authority, KeyPair};
use reqwest::header::{SET_COOKIE, STRICT_TRANSPORT_SECURITY};
use reqwest::{Certificate, Client, StatusCode, Version};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::harness::{Plan, sandbox_of, settings};
use crate::store;

const NAME: &str = "sso.example";

/// A certificate for [`NAME`] by an authority made for it.
pub struct Pair {
    pub authority: String,
    pub certificate: String,
    pub key: String,
}

impl Pair {
    pub fn made(names: &[&str]) -> Self {
        let (own, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = params.self_signed(&own).unwrap().pem();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let issuer = Authority::new(params, own);
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap().pem();
        Self { authority, certificate, key: key.serialize_pem() }
    }

    /// A client that trusts this authority alone and finds [`NAME`] here.
    pub fn client(&self, address: SocketAddr) -> Client {
        let root = Certificate::from_pem(self.authority.as_bytes()).unwrap();
        let client =
            Client::builder().use_rustls_tls().tls_built_in_root_certs(false).add_root_certificate(root);
        client.resolve(NAME, address).no_proxy().build().unwrap()
    }
}

/// A provider behind a door of its own.
struct Entrance {
    address: SocketAddr,
    tls: Option<Tls>,
    folder: tempfile::TempDir,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<std::io::Result<()>>,
    store: store::TestStore,
}

impl Entrance {
    async fn open(pair: Option<&Pair>, bounds: Bounds) -> Self {
        let store = store::db().await;
        let (outside, _) = sandbox_of(&store).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let issuer = match pair {
            Some(_) => format!("https://{NAME}:{}", address.port()),
            None => format!("http://{address}"),
        };
        let issuer = issuer.parse().unwrap();
        let plan = Plan { clients: String::new(), ..Plan::default() };
        let service = Service::build(settings(&issuer, plan, &outside), store.base()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let tls = pair.map(|pair| {
            write(&folder, pair);
            Tls::open(files(&folder)).unwrap()
        });
        let doors = Doors { public: vec![listener], tls: tls.clone(), bounds, metrics: None };
        let (stop, stopped) = oneshot::channel::<()>();
        let end = async move { stopped.await.unwrap() };
        let server = tokio::spawn(async move { service.serve(doors, end, Duration::from_secs(30)).await });
        Self { address, tls, folder, stop: Some(stop), server, store }
    }

    fn url(&self, path: &str) -> String {
        format!("https://{NAME}:{}{path}", self.address.port())
    }

    async fn socket(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn closed(self) {
        drop(self.stop);
        let _ = &self.store;
    }
}

fn files(folder: &tempfile::TempDir) -> TlsFiles {
    let path = |name: &str| -> PathBuf { folder.path().join(name) };
    TlsFiles { certificate: path("certificate.pem"), key: path("key.pem") }
}

fn write(folder: &tempfile::TempDir, pair: &Pair) {
    std::fs::write(files(folder).certificate, &pair.certificate).unwrap();
    std::fs::write(files(folder).key, &pair.key).unwrap();
}

/// All that comes until the other side closes.
async fn rest(socket: &mut TcpStream) -> String {
    let mut read = Vec::new();
    // A reset is an end too.
    let _ = socket.read_to_end(&mut read).await;
    String::from_utf8_lossy(&read).into_owned()
}

#[tokio::test]
async fn over_tls_the_provider_is_https_and_its_cookies_are_secure() {
    let pair = Pair::made(&[NAME]);
    let entrance = Entrance::open(Some(&pair), Bounds::default()).await;
    let client = pair.client(entrance.address);
    let answer = client.get(entrance.url("/.well-known/openid-configuration")).send().await.unwrap();
    assert_eq!((answer.status(), answer.version()), (StatusCode::OK, Version::HTTP_11));
    assert!(answer.headers().contains_key(STRICT_TRANSPORT_SECURITY));
    let discovery: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(discovery["issuer"], entrance.url(""));
    let page = client.get(entrance.url("/login")).send().await.unwrap();
    let cookie = page.headers()[SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("__Host-") && cookie.contains("; Secure"), "{cookie}");
    entrance.closed().await;
}

#[tokio::test]
async fn who_does_not_know_the_authority_or_speaks_plain_http_gets_nothing() {
    let pair = Pair::made(&[NAME]);
    let entrance = Entrance::open(Some(&pair), Bounds::default()).await;
    let stranger = Pair::made(&[NAME]).client(entrance.address);
    assert!(stranger.get(entrance.url("/healthz")).send().await.is_err());
    let mut plain = entrance.socket().await;
    plain.write_all(b"GET /healthz HTTP/1.1\r\nhost: sso.example\r\n\r\n").await.unwrap();
    assert!(!rest(&mut plain).await.contains("HTTP/1.1 200"));
    entrance.closed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_before_1_2_are_refused() {
    let pair = Pair::made(&[NAME]);
    let entrance = Entrance::open(Some(&pair), Bounds::default()).await;
    for (version, accepted) in
        [(SslVersion::TLS1_1, false), (SslVersion::TLS1_2, true), (SslVersion::TLS1_3, true)]
    {
        let mut connector = SslConnector::builder(SslMethod::tls_client()).unwrap();
        connector.set_verify(openssl::ssl::SslVerifyMode::NONE);
        connector.set_cipher_list("ALL:@SECLEVEL=0").unwrap();
        connector.set_min_proto_version(Some(version)).unwrap();
        connector.set_max_proto_version(Some(version)).unwrap();
        let (connector, address) = (connector.build(), entrance.address);
        let spoken = tokio::task::spawn_blocking(move || {
            let socket = std::net::TcpStream::connect(address).unwrap();
            connector.connect(NAME, socket).is_ok()
        });
        assert_eq!(spoken.await.unwrap(), accepted, "{version:?}");
    }
    entrance.closed().await;
}

#[tokio::test]
async fn a_changed_certificate_is_taken_up_and_open_connections_go_on() {
    let (old, new) = (Pair::made(&[NAME]), Pair::made(&[NAME]));
    let entrance = Entrance::open(Some(&old), Bounds::default()).await;
    let before = old.client(entrance.address);
    assert!(before.get(entrance.url("/healthz")).send().await.is_ok());
    write(&entrance.folder, &new);
    entrance.tls.as_ref().unwrap().reload().unwrap();
    // It keeps its connection, which keeps its certificate; a newcomer of its kind trusts the new one no more.
    assert!(before.get(entrance.url("/healthz")).send().await.is_ok());
    assert!(old.client(entrance.address).get(entrance.url("/healthz")).send().await.is_err());
    assert!(new.client(entrance.address).get(entrance.url("/healthz")).send().await.is_ok());
    entrance.closed().await;
}

#[tokio::test]
async fn a_broken_pair_is_refused_and_the_old_one_stays() {
    let (old, new) = (Pair::made(&[NAME]), Pair::made(&[NAME]));
    let entrance = Entrance::open(Some(&old), Bounds::default()).await;
    let tls = entrance.tls.clone().unwrap();
    for (certificate, key, complaint) in [
        (new.certificate.as_str(), old.key.as_str(), "do not fit together"),
        ("", old.key.as_str(), "holds no certificate"),
        (old.certificate.as_str(), "half a ke", "key.pem"),
    ] {
        let broken =
            Pair { authority: String::new(), certificate: certificate.to_owned(), key: key.to_owned() };
        write(&entrance.folder, &broken);
        let told = tls.reload().unwrap_err().to_string();
        assert!(told.contains(complaint), "{told}");
    }
    assert!(old.client(entrance.address).get(entrance.url("/healthz")).send().await.is_ok());
    entrance.closed().await;
}

#[tokio::test]
async fn callers_that_never_finish_a_handshake_keep_nobody_out_and_are_sent_away() {
    let pair = Pair::made(&[NAME]);
    let bounds = Bounds { handshake: Duration::from_millis(300), ..Bounds::default() };
    let entrance = Entrance::open(Some(&pair), bounds).await;
    let mut silent = Vec::new();
    for _ in 0..50 {
        let mut socket = entrance.socket().await;
        socket.write_all(&[0x16, 0x03, 0x01]).await.unwrap();
        silent.push(socket);
    }
    let client = pair.client(entrance.address);
    assert!(client.get(entrance.url("/healthz")).send().await.is_ok());
    for mut socket in silent {
        assert_eq!(rest(&mut socket).await, "");
    }
    entrance.closed().await;
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_ends_its_connection_and_no_other() {
    let bounds = Bounds { head: Duration::from_millis(300), ..Bounds::default() };
    let entrance = Entrance::open(None, bounds).await;
    let mut slow = entrance.socket().await;
    slow.write_all(b"GET /healthz HTTP/1.1\r\nx-slow: ").await.unwrap();
    let mut quick = entrance.socket().await;
    quick.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    assert!(rest(&mut quick).await.starts_with("HTTP/1.1 200"));
    assert!(!rest(&mut slow).await.contains("200 OK"));
    entrance.closed().await;
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let entrance = Entrance::open(None, Bounds::default()).await;
    let mut socket = entrance.socket().await;
    let long = "a".repeat(17 * 1024);
    socket
        .write_all(format!("GET /healthz HTTP/1.1\r\nhost: x\r\nx-long: {long}\r\n\r\n").as_bytes())
        .await
        .unwrap();
    assert!(rest(&mut socket).await.starts_with("HTTP/1.1 431"));
    let mut socket = entrance.socket().await;
    let long = "a".repeat(8 * 1024);
    let request = format!("GET /healthz?{long} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    assert!(rest(&mut socket).await.starts_with("HTTP/1.1 200"));
    entrance.closed().await;
}

#[tokio::test]
async fn past_the_number_of_connections_the_next_one_waits_until_one_ends() {
    let entrance = Entrance::open(None, Bounds { connections: 1, ..Bounds::default() }).await;
    let mut first = entrance.socket().await;
    first.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    first.read_exact(&mut answer).await.unwrap();
    let mut second = entrance.socket().await;
    second.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    drop(first);
    assert!(rest(&mut second).await.starts_with("HTTP/1.1 200"));
    entrance.closed().await;
}

#[tokio::test]
async fn a_request_that_is_open_when_the_end_comes_is_served_and_no_new_one() {
    let mut entrance = Entrance::open(None, Bounds::default()).await;
    let mut open = entrance.socket().await;
    let head = "POST /token HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n\
                content-length: 29\r\nexpect: 100-continue\r\n\r\n";
    open.write_all(head.as_bytes()).await.unwrap();
    let mut waits = [0; 21];
    open.read_exact(&mut waits).await.unwrap();
    assert!(waits.starts_with(b"HTTP/1.1 100"), "the handler waits for the body");
    entrance.stop.take().unwrap().send(()).unwrap();
    while TcpStream::connect(entrance.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    open.write_all(b"grant_type=client_credentials").await.unwrap();
    let answer = rest(&mut open).await;
    assert!(answer.contains("HTTP/1.1 401") && answer.contains("invalid_client"), "{answer}");
    entrance.server.await.unwrap().unwrap();
}
