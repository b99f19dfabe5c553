use super::*;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, pki_types::PrivateKeyDer},
};

const LOOPBACK: Settings = Settings { allow_loopback: true, ca_file: None };
const STRICT: Settings = Settings { allow_loopback: false, ca_file: None };

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

async fn refusal(settings: Settings, address: &str) -> FetchError {
    Fetcher::new(&settings).unwrap().get(&url(address)).await.unwrap_err()
}

/// Answers one request with these bytes and tells what was asked.
async fn server(answer: Vec<u8>) -> (Url, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = url(&format!("http://{}/hook", listener.local_addr().unwrap()));
    let asked = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !complete(&request) {
            socket.read_buf(&mut request).await.unwrap();
        }
        let _ = socket.write_all(&answer).await;
        String::from_utf8(request).unwrap()
    });
    (address, asked)
}

/// Headers are there, and as much of a body as they promise.
fn complete(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let promised = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
    body.len() >= promised.parse().unwrap()
}

fn answer(head: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn only_https_leaves_the_house() {
    for address in ["http://example.com/", "ftp://example.com/", "file:///etc/passwd"] {
        assert!(matches!(refusal(STRICT, address).await, FetchError::Refused(_)), "{address}");
        assert!(matches!(refusal(LOOPBACK, address).await, FetchError::Refused(_)), "{address}");
    }
}

#[tokio::test]
async fn private_addresses_are_refused_in_every_spelling() {
    let spellings =
        ["https://10.0.0.1/", "https://0x0a000001/", "https://167772161/", "https://[::ffff:10.0.0.1]/"];
    for address in
        spellings.into_iter().chain(["https://169.254.169.254/latest/meta-data/", "https://127.1/"])
    {
        assert_eq!(refusal(STRICT, address).await, FetchError::Refused(SPECIAL), "{address}");
    }
}

#[tokio::test]
async fn a_name_that_resolves_to_loopback_is_refused() {
    assert_eq!(refusal(STRICT, "https://localhost:1/").await, FetchError::Refused(SPECIAL));
}

#[tokio::test]
async fn credentials_in_an_address_are_refused() {
    assert!(matches!(refusal(LOOPBACK, "http://user@127.0.0.1/").await, FetchError::Refused(_)));
}

#[tokio::test]
async fn a_form_arrives_as_posted() {
    let (address, asked) = server(answer("200 OK\r\nContent-Type: text/plain", b"ok")).await;
    let fetched =
        Fetcher::new(&LOOPBACK).unwrap().post_form(&address, &[("logout_token", "a.b&c")]).await.unwrap();
    assert_eq!(
        fetched,
        Fetched { status: 200, content_type: Some("text/plain".into()), body: b"ok".to_vec() }
    );
    let asked = asked.await.unwrap();
    assert!(
        asked.starts_with("POST /hook HTTP/1.1\r\n") && asked.ends_with("logout_token=a.b%26c"),
        "{asked}"
    );
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let (address, _asked) = server(answer("302 Found\r\nLocation: http://127.0.0.1:1/", b"")).await;
    assert_eq!(Fetcher::new(&LOOPBACK).unwrap().get(&address).await.unwrap().status, 302);
}

#[tokio::test]
async fn an_answer_of_64_kib_is_read_and_a_longer_one_is_not() {
    let (address, _asked) = server(answer("200 OK", &vec![b'x'; SIZE_LIMIT])).await;
    assert_eq!(Fetcher::new(&LOOPBACK).unwrap().get(&address).await.unwrap().body.len(), SIZE_LIMIT);
    let (address, _asked) = server(answer("200 OK", &vec![b'x'; SIZE_LIMIT + 1])).await;
    assert_eq!(Fetcher::new(&LOOPBACK).unwrap().get(&address).await, Err(FetchError::TooLong));
}

#[tokio::test]
async fn a_closed_port_is_unreachable_and_the_error_names_no_address() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let error = refusal(LOOPBACK, &format!("http://127.0.0.1:{port}/?token=secret")).await;
    assert!(matches!(&error, FetchError::Unreachable(why) if !why.contains("secret")), "{error}");
}

/// A bureau's authority, and a server on this machine with a certificate by it.
async fn certified() -> (tempfile::TempDir, Url) {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    let (own, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ca.pem"), params.self_signed(&own).unwrap().pem()).unwrap();
    let issuer = Issuer::new(params, own);
    let names = vec!["localhost".to_owned()];
    let server = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![server.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(std::sync::Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = url(&format!("https://localhost:{}/hook", listener.local_addr().unwrap().port()));
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let Ok(mut socket) = acceptor.accept(socket).await else { continue };
            let mut request = Vec::new();
            while !complete(&request) {
                socket.read_buf(&mut request).await.unwrap();
            }
            let _ = socket.write_all(&answer("200 OK", b"told")).await;
            let _ = socket.shutdown().await;
        }
    });
    (folder, address)
}

#[tokio::test]
async fn a_server_of_the_bureau_s_own_authority_is_believed_where_its_certificate_is_given() {
    let ((ours, address), (others, _)) = (certified().await, certified().await);
    let with =
        |folder: &tempfile::TempDir| Settings { ca_file: Some(folder.path().join("ca.pem")), ..LOOPBACK };
    assert_eq!(Fetcher::new(&with(&ours)).unwrap().get(&address).await.unwrap().body, b"told");
    for settings in [LOOPBACK, with(&others)] {
        assert!(matches!(refusal(settings, address.as_str()).await, FetchError::Unreachable(_)));
    }
    let strict = Settings { allow_loopback: false, ..with(&ours) };
    assert!(
        matches!(refusal(strict, address.as_str()).await, FetchError::Refused(_)),
        "an authority opens no address"
    );
}

#[test]
fn authorities_that_cannot_be_read_stop_the_start_and_say_where() {
    let folder = tempfile::tempdir().unwrap();
    let [missing, empty] = ["missing.pem", "empty.pem"].map(|name| folder.path().join(name));
    std::fs::write(&empty, "nothing").unwrap();
    for path in [missing, empty] {
        let settings = Settings { ca_file: Some(path.clone()), ..LOOPBACK };
        let error = Fetcher::new(&settings).unwrap_err().to_string();
        assert!(error.contains("outbound.ca_file") && error.contains(&*path.to_string_lossy()), "{error}");
    }
}
