//! Group commit on SQLite: units that wait at the same time share one transaction and one trip to the thread that writes.
//!
//! A unit whose conditions do not hold or whose deciding write meets no row has written nothing and is left out. When anything else fails, the transaction
//! is rolled back and each unit gets one of its own, so that nobody pays for another's fault. Units and transactions take
//! turns in the order in which they came: SQLite itself would let one wait and another pass.

use super::{StoreError, Unit, pen::Pen};
use sea_orm::{ConnAcquireErr, DbErr};
use std::{
    io,
    sync::{Arc, Mutex as Lock, MutexGuard, PoisonError, mpsc as threads},
    thread,
    time::Duration,
};
use tokio::sync::{Mutex, OwnedMutexGuard, mpsc, oneshot};

/// Units of one transaction; one more would make the first wait too long.
const BATCH: usize = 64;
/// Units that may wait; who comes later waits for a place.
const QUEUE: usize = 1024;

/// The right to write, until it is dropped.
pub(super) type Turn = OwnedMutexGuard<()>;

/// A unit and who waits for it.
struct Waiting {
    unit: Unit,
    answer: oneshot::Sender<Result<(), StoreError>>,
}

/// Units of one transaction, and the right to write them.
type Batch = (Vec<Waiting>, Turn);

/// The way to the thread that writes; it ends when nobody can send any more.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    sender: mpsc::Sender<Waiting>,
    turns: Arc<Mutex<()>>,
    wait: Duration,
    pen: Arc<Lock<Pen>>,
}

impl Writer {
    /// Starts the thread; `wait` is how long anybody waits for a turn.
    pub(super) fn start(pen: Pen, wait: Duration) -> io::Result<Self> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let (batches, ordered) = threads::channel();
        let writer = Self { sender, turns: Arc::default(), wait, pen: Arc::new(Lock::new(pen)) };
        let pen = writer.pen.clone();
        thread::Builder::new().name("sqlite-writer".to_owned()).spawn(move || work(&pen, ordered))?;
        tokio::spawn(gather(receiver, writer.turns.clone(), wait, batches));
        Ok(writer)
    }

    /// Returns when the unit is durable, or has failed. A caller that goes away meanwhile changes nothing.
    pub(super) async fn write(&self, unit: Unit) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        let ended = || StoreError::Db(DbErr::Custom("the writer has ended".to_owned()));
        self.sender.send(Waiting { unit, answer }).await.map_err(|_| ended())?;
        answered.await.map_err(|_| ended())?
    }

    /// For whoever writes by another connection.
    pub(super) async fn turn(&self) -> Result<Turn, DbErr> {
        turn(&self.turns, self.wait).await
    }

    /// Closes the connection once what is under way is written; nothing can be written afterwards.
    pub(super) async fn close(&self) -> Result<(), DbErr> {
        let _turn = self.turn().await?;
        lock(&self.pen).close();
        Ok(())
    }
}

async fn turn(turns: &Arc<Mutex<()>>, wait: Duration) -> Result<Turn, DbErr> {
    let turn = tokio::time::timeout(wait, turns.clone().lock_owned()).await;
    turn.map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))
}

fn lock(pen: &Lock<Pen>) -> MutexGuard<'_, Pen> {
    pen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Hands what waits to the thread when its turn comes; so units gather while another transaction runs.
async fn gather(
    mut waiting: mpsc::Receiver<Waiting>,
    turns: Arc<Mutex<()>>,
    wait: Duration,
    batches: threads::Sender<Batch>,
) {
    while let Some(first) = waiting.recv().await {
        let turn = turn(&turns, wait).await;
        // Whoever is about to write, does so now: a transaction costs more than this look around.
        tokio::task::yield_now().await;
        let mut batch = vec![first];
        while batch.len() < BATCH
            && let Ok(next) = waiting.try_recv()
        {
            batch.push(next);
        }
        match turn {
            // Without the thread nobody is answered, and each caller hears that the writer has ended.
            Ok(turn) => drop(batches.send((batch, turn))),
            Err(_) => batch.into_iter().for_each(|one| {
                finish(one, Err(StoreError::Db(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))));
            }),
        }
    }
}

fn work(pen: &Lock<Pen>, batches: threads::Receiver<Batch>) {
    for (batch, _turn) in batches {
        let pen = &mut *lock(pen);
        let units: Vec<&Unit> = batch.iter().map(|one| &one.unit).collect();
        match pen.write(&units) {
            Ok(taken) => batch.into_iter().zip(taken).for_each(|(one, taken)| finish(one, outcome(taken))),
            Err(_) => batch.into_iter().for_each(|one| {
                let alone = pen.write(&[&one.unit]);
                finish(one, alone.and_then(|taken| outcome(taken == [true])));
            }),
        }
    }
}

fn outcome(taken: bool) -> Result<(), StoreError> {
    if taken { Ok(()) } else { Err(StoreError::Gone) }
}

fn finish(one: Waiting, result: Result<(), StoreError>) {
    if result.is_ok() {
        one.unit.settle();
    }
    // Whoever waited may have gone away; what is written stays.
    let _ = one.answer.send(result);
}
