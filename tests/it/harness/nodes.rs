//! One provider of two nodes: one database, one Redis, one address, two services.
//!
//! Where the suite has no Redis two processes have nothing in common to hold what may be lost, so these tests have
//! nothing to show and end at once.

use std::ops::Deref;
use std::sync::Arc;

use menfu::app::Service;
use tokio::net::TcpListener;

use super::balancer::Balancer;
use super::{House, Plan, serve};
use crate::servers;

/// The first node as a house, and the second.
pub struct Nodes {
    pub house: House,
    pub other: Service,
    balancer: Arc<Balancer>,
}

impl Deref for Nodes {
    type Target = House;

    fn deref(&self) -> &House {
        &self.house
    }
}

/// Runs a test at two nodes of the `reference` profile.
pub async fn nodes(test: impl AsyncFnOnce(&Nodes)) {
    Box::pin(nodes_of(Plan::default(), test)).await;
}

/// Runs a test at two nodes of its own plan.
pub async fn nodes_of(plan: Plan, test: impl AsyncFnOnce(&Nodes)) {
    if servers::shared().is_none() {
        return;
    }
    let nodes = Box::pin(Nodes::open(plan)).await;
    test(&nodes).await;
    nodes.house.is_left_in_order().await;
}

impl Nodes {
    async fn open(plan: Plan) -> Self {
        let front = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (house, settings) = House::behind(plan, front.local_addr().unwrap()).await;
        let other = Service::build(settings, house.another_base().await).unwrap();
        let mut addresses = Vec::new();
        for service in [&house.service, &other] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            addresses.push(listener.local_addr().unwrap());
            serve(service, listener);
        }
        let balancer = Balancer::before([addresses[0], addresses[1]], front);
        Self { house, other, balancer }
    }

    /// Everything goes to the first node.
    pub fn on_a(&self) -> &House {
        self.balancer.always(0);
        &self.house
    }

    /// Everything goes to the second node.
    pub fn on_b(&self) -> &House {
        self.balancer.always(1);
        &self.house
    }

    /// Each request goes to the other node than the one before.
    pub fn by_turns(&self) -> &House {
        self.balancer.alternate();
        &self.house
    }
}
