//! What stands in front of the nodes: each connection goes to the node whose turn it is, from the address it came from.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// Takes turns as it is told.
pub struct Balancer {
    nodes: [SocketAddr; 2],
    /// The turn: the node is its remainder by two.
    turn: AtomicUsize,
    /// What is added to the turn after a connection.
    step: AtomicUsize,
}

impl Balancer {
    /// In front of two nodes; everything goes to the first.
    pub fn before(nodes: [SocketAddr; 2], listener: TcpListener) -> Arc<Self> {
        let balancer = Arc::new(Self { nodes, turn: AtomicUsize::new(0), step: AtomicUsize::new(0) });
        tokio::spawn(balancer.clone().carry(listener));
        balancer
    }

    /// From now on everything goes to this node.
    pub fn always(&self, node: usize) {
        self.step.store(0, Ordering::SeqCst);
        self.turn.store(node, Ordering::SeqCst);
    }

    /// From now on the nodes take turns.
    pub fn alternate(&self) {
        self.step.store(1, Ordering::SeqCst);
    }

    async fn carry(self: Arc<Self>, listener: TcpListener) {
        while let Ok((browser, from)) = listener.accept().await {
            let step = self.step.load(Ordering::SeqCst);
            let turn = self.turn.fetch_add(step, Ordering::SeqCst);
            tokio::spawn(join(browser, from, [self.nodes[turn % 2], self.nodes[(turn + 1) % 2]]));
        }
    }
}

/// The next takes the place of a node that is not there. Nobody there is a connection that ends, and so is a node that dies.
async fn join(mut browser: TcpStream, from: SocketAddr, nodes: [SocketAddr; 2]) {
    for node in nodes {
        let socket = TcpSocket::new_v4().unwrap();
        // Without being told the kernel takes this address, and ports that a thousand ended connections still hold.
        if from.ip() != IpAddr::from(Ipv4Addr::LOCALHOST) {
            socket.bind(SocketAddr::new(from.ip(), 0)).unwrap();
        }
        let Ok(mut node) = socket.connect(node).await else { continue };
        // Either side may hang up whenever it likes.
        let _ = copy_bidirectional(&mut browser, &mut node).await;
        return;
    }
}
