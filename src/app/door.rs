//! The listeners: connections accepted, TLS spoken, requests served, within limits that one caller cannot use up.
//!
//! axum's own `serve` sets no limit on the head of a request; this does. A handshake or a head that does not come in time
//! ends its connection and nothing else; a connection holds a place, so that their number is bounded.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::Tls;

/// A pause after a failed accept: with no file descriptor left it would fail again at once.
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// What one caller may use.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// For a TLS handshake.
    pub handshake: Duration,
    /// From the end of one request to the end of the next one's head; so also how long a connection may idle.
    pub head: Duration,
    /// Bytes of request line and headers: an address of 8 KiB and its cookies.
    pub head_bytes: usize,
    /// Connections at once.
    pub connections: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(30),
            head_bytes: 16 * 1024,
            connections: 8192,
        }
    }
}

/// One listener with what it speaks.
pub(super) struct Door {
    pub(super) listener: TcpListener,
    pub(super) tls: Option<Tls>,
    pub(super) bounds: Bounds,
    pub(super) router: Router,
}

impl Door {
    /// Serves until told to stop, then waits for the requests that are open.
    pub(super) async fn serve(self, mut stopped: watch::Receiver<bool>) {
        let places = Arc::new(Semaphore::new(self.bounds.connections));
        let mut connections = JoinSet::new();
        let end = stopped.clone();
        loop {
            let accepted = tokio::select! {
                accepted = accept(&self.listener, &places) => accepted,
                // An error means that the sender is gone: the program ends too.
                _ = stopped.wait_for(|stop| *stop) => break,
                Some(_) = connections.join_next() => continue,
            };
            let Ok((socket, peer, place)) = accepted else {
                tokio::time::sleep(AFTER_FAILURE).await;
                continue;
            };
            let connection = Connection {
                peer,
                tls: self.tls.clone(),
                bounds: self.bounds.clone(),
                router: self.router.clone(),
                stopped: end.clone(),
            };
            connections.spawn(async move {
                connection.serve(socket).await;
                drop(place);
            });
        }
        drop(self.listener);
        while connections.join_next().await.is_some() {}
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (socket, peer) = listener.accept().await.inspect_err(|error| {
        tracing::warn!(%error, "a connection cannot be accepted");
    })?;
    Ok((socket, peer, place))
}

struct Connection {
    peer: SocketAddr,
    tls: Option<Tls>,
    bounds: Bounds,
    router: Router,
    stopped: watch::Receiver<bool>,
}

impl Connection {
    async fn serve(self, socket: TcpStream) {
        // Without it a small answer may wait for the caller's acknowledgement; if it fails, it waits.
        let _ = socket.set_nodelay(true);
        let Some(tls) = self.tls.clone() else { return self.speak(socket).await };
        match tokio::time::timeout(self.bounds.handshake, tls.acceptor().accept(socket)).await {
            Ok(Ok(stream)) => self.speak(stream).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    async fn speak(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let Self { peer, router, bounds, mut stopped, .. } = self;
        let service = service_fn(move |request| answer(router.clone(), peer, request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(bounds.head)
            .max_header_size(bounds.head_bytes)
            .serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => Some(ended),
            _ = stopped.wait_for(|stop| *stop) => None,
        };
        let ended = match ended {
            Some(ended) => ended,
            None => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended badly");
        }
    }
}

async fn answer(
    router: Router,
    peer: SocketAddr,
    mut request: Request<Incoming>,
) -> Result<Response, Infallible> {
    request.extensions_mut().insert(ConnectInfo(peer));
    router.oneshot(request.map(Body::new)).await
}
