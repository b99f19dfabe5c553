//! Running: the listeners, what is worked off beside them, and the end.

use std::future::Future;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::door::{Bounds, Door};
use super::{Service, StartError, Tls, figures};
use crate::storage::{counters, fleet};

/// How often what is due is looked for.
const PULSE: Duration = Duration::from_millis(250);
/// Pulses between two sweeps of rows that nobody needs any more: ten minutes.
const SWEEP_EVERY: u32 = 2400;

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
        let work = [tokio::spawn(self.clone().pulse()), tokio::spawn(self.clone().job_pulse())];
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
        let mut until_sweep = 0_u32;
        loop {
            pulse.tick().await;
            self.deliver().await;
            if until_sweep == 0 {
                self.sweep().await;
                until_sweep = SWEEP_EVERY;
            }
            until_sweep -= 1;
        }
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

    /// Removes rows whose time is over.
    async fn sweep(&self) {
        if let Err(error) = self.try_sweep().await {
            tracing::error!(error = %error, "old rows are not removed");
        }
    }

    async fn try_sweep(&self) -> Result<(), StartError> {
        let now = self.app.base.clock.now();
        self.app.proofing.purge(now).await?;
        let tx = self.app.base.db.begin().await?;
        self.outbox.sweep(&tx, now).await?;
        self.app.sessions.sweep(&tx, now).await?;
        self.app.provider.sweep(&tx, now).await?;
        self.app.signup.sweep(&tx, now).await?;
        self.app.notify.codes().sweep(&tx, now).await?;
        self.app.limits.lockout().sweep(&tx, now).await?;
        counters::sweep(&tx, now).await?;
        fleet::sweep(&tx, now).await?;
        Ok(tx.commit().await?)
    }
}
