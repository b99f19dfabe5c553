//! Running: the listeners, what is worked off beside them, and the end.

use std::future::Future;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::door::{Bounds, Door};
use super::{Service, StartError, Tls, figures};
use crate::audit::Audit;
use crate::storage::{Db, Tx, counters, fleet};

/// How often what is due is looked for.
const PULSE: Duration = Duration::from_millis(250);
/// How often rows are removed that nobody needs any more.
const SWEEP_EVERY: Duration = Duration::from_secs(600);
/// How often it is looked whose level ends soon: a few each time, so that a code never waits behind many notices.
const WARN_EVERY: Duration = Duration::from_secs(5);
/// The writer's rest between two batches of them.
const BETWEEN_BATCHES: Duration = Duration::from_millis(20);

/// Where callers come in.
#[derive(Default)]
pub struct Doors {
    /// The provider's listeners.
    pub public: Vec<TcpListener>,
    /// Whether they speak TLS themselves.
    pub tls: Option<Tls>,
    /// What one caller may use there.
    pub bounds: Bounds,
    /// The listener of `/metrics`, for the bureau's own network.
    pub metrics: Option<TcpListener>,
}

impl Service {
    /// Serves at these doors until `shutdown`, then lets open requests end, all of them within `grace`.
    ///
    /// # Errors
    /// When the database cannot be closed.
    pub async fn serve(
        &self,
        doors: Doors,
        shutdown: impl Future<Output = ()> + Send + 'static,
        grace: Duration,
    ) -> std::io::Result<()> {
        let (stop, stopped) = watch::channel(false);
        let work = [
            tokio::spawn(self.clone().pulse()),
            tokio::spawn(self.clone().job_pulse()),
            tokio::spawn(self.clone().sweep_on()),
            tokio::spawn(self.clone().warn_on()),
        ];
        let presence = tokio::spawn(self.presence.clone().live());
        let servers: Vec<_> =
            self.doors(doors).into_iter().map(|door| tokio::spawn(door.serve(stopped.clone()))).collect();
        shutdown.await;
        // Nobody listens any more when every server has ended already.
        let _ = stop.send(true);
        let end = tokio::time::Instant::now() + grace;
        for server in servers {
            match tokio::time::timeout_at(end, server).await {
                Ok(Ok(())) => {}
                Ok(Err(panic)) => tracing::error!(error = %panic, "a server ended badly"),
                Err(_) => tracing::warn!("requests were cut off at the end of the grace time"),
            }
        }
        work.iter().for_each(tokio::task::JoinHandle::abort);
        presence.abort();
        self.presence.leave().await;
        self.app.base.db.close().await.map_err(std::io::Error::other)
    }

    fn doors(&self, doors: Doors) -> Vec<Door> {
        let (router, figures) = (self.router(), figures::router(self.clone()));
        let public = doors.public.into_iter().map(|listener| Door {
            listener,
            tls: doors.tls.clone(),
            bounds: doors.bounds.clone(),
            router: router.clone(),
        });
        let metrics = doors.metrics.into_iter().map(|listener| Door {
            listener,
            tls: None,
            bounds: doors.bounds.clone(),
            router: figures.clone(),
        });
        public.chain(metrics).collect()
    }

    async fn pulse(self) {
        let mut pulse = tokio::time::interval(PULSE);
        pulse.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            pulse.tick().await;
            self.deliver().await;
        }
    }

    /// Beside the pulse: however much there is to remove, messages and bank jobs do not wait for it.
    async fn sweep_on(self) {
        let mut turns = tokio::time::interval(SWEEP_EVERY);
        turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            turns.tick().await;
            if let Err(error) = self.sweep().await {
                tracing::error!(error = %error, "old rows are not removed");
            }
        }
    }

    async fn warn_on(self) {
        let mut turns = tokio::time::interval(WARN_EVERY);
        turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            turns.tick().await;
            if let Err(error) = self.warn().await {
                tracing::error!(error = %error, "nobody is told of levels that end soon");
            }
        }
    }

    /// Tells a few of those whose level ends soon; tells how many proofs were looked at.
    ///
    /// # Errors
    /// [`StartError::Store`]
    pub async fn warn(&self) -> Result<usize, StartError> {
        Ok(self.app.signup.warn_of_ends(&self.own_ctx()).await?)
    }

    /// Beside the rest: an authority that is slow holds up no message.
    async fn job_pulse(self) {
        let mut pulse = tokio::time::interval(PULSE);
        pulse.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut running = JoinSet::new();
        loop {
            pulse.tick().await;
            self.start_jobs(&mut running).await;
        }
    }

    /// Removes all rows whose time is over, batch by batch; tells how many.
    ///
    /// # Errors
    /// [`StartError`] of the room that fails; what was removed before stays so.
    pub async fn sweep(&self) -> Result<u64, StartError> {
        let mut removed = 0;
        loop {
            let batch = self.sweep_batch().await?;
            if batch == 0 {
                return Ok(removed);
            }
            removed += batch;
            tokio::time::sleep(BETWEEN_BATCHES).await;
        }
    }

    /// A few rows of each kind, each kind in a transaction of its own: whoever writes meanwhile waits some milliseconds.
    async fn sweep_batch(&self) -> Result<u64, StartError> {
        let (now, db) = (self.app.base.clock.now(), &self.app.base.db);
        let mut removed = self.app.proofing.purge(now).await?;
        removed += in_tx(db, async |tx| Ok(self.outbox.sweep(tx, now).await?)).await?;
        removed += in_tx(db, async |tx| Ok(self.app.sessions.sweep(tx, now).await?)).await?;
        removed += in_tx(db, async |tx| Ok(self.app.provider.sweep(tx, now).await?)).await?;
        removed += in_tx(db, async |tx| Ok(self.app.signup.sweep(tx, now).await?)).await?;
        removed += in_tx(db, async |tx| Ok(self.app.people.sweep(tx, now).await?)).await?;
        removed += in_tx(db, async |tx| Ok(self.app.ownership.sweep(tx, now).await?)).await?;
        removed += in_tx(db, async |tx| Ok(self.app.notify.codes().sweep(tx, now).await?)).await?;
        removed += in_tx(db, async |tx| Ok(self.app.limits.lockout().sweep(tx, now).await?)).await?;
        removed += in_tx(db, async |tx| Ok(counters::sweep(tx, now).await?)).await?;
        removed += in_tx(db, async |tx| Ok(fleet::sweep(tx, now).await?)).await?;
        let audit = Audit::new(self.app.base.clone());
        removed += in_tx(db, async |tx| Ok(audit.sweep(tx, now).await?)).await?;
        removed += in_tx(db, async |tx| Ok(self.app.ledger.sweep(tx, now).await?)).await?;
        Ok(removed)
    }
}

async fn in_tx(db: &Db, sweep: impl AsyncFnOnce(&Tx) -> Result<u64, StartError>) -> Result<u64, StartError> {
    let tx = db.begin().await?;
    let removed = sweep(&tx).await?;
    tx.commit().await?;
    Ok(removed)
}
