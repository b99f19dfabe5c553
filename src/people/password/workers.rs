//! Threads that hash passwords and do nothing else, at a lower priority than those that serve: whoever asks for discovery
//! or a token does not wait for somebody's sign-in.
//!
//! Invariants: there are as many as hashes were computed at once; each keeps its memory from one hash to the next, and gives
//! it back with itself when nothing was to be done for a while.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argon2::Block;
use rustix::process::{getpriority_process, setpriority_process};
use tokio::sync::OwnedSemaphorePermit;

/// How long a worker waits for another hash.
const IDLE: Duration = Duration::from_secs(10);
/// Added to the niceness of the process: the scheduler then gives a worker a tenth of what a serving thread gets.
const NICER: i32 = 10;
/// The least priority there is.
const NICEST: i32 = 19;
/// Argon2 needs little of it; its memory is elsewhere.
const STACK_BYTES: usize = 512 * 1024;
/// An allocation of more than 32 MiB is always mapped by itself and goes back to the system when it is freed (mallopt(3),
/// `M_MMAP_THRESHOLD`); one of 19 MiB would stay. What is not used of it takes no memory.
const RESERVED_BLOCKS: usize = 33 * 1024;

/// Leave to compute, given back when the worker can take the next.
pub(super) type Permits = (OwnedSemaphorePermit, OwnedSemaphorePermit);
/// One hash with its memory.
pub(super) type Job = Box<dyn FnOnce(&mut Vec<Block>) -> Permits + Send>;

/// The threads; cheap to clone.
#[derive(Clone)]
pub(super) struct Workers(Arc<Shared>);

struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
    patience: Duration,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    idle: usize,
    threads: usize,
}

impl Workers {
    /// None yet.
    pub(super) fn new() -> Self {
        Self::that_wait(IDLE)
    }

    fn that_wait(patience: Duration) -> Self {
        Self(Arc::new(Shared { queue: Mutex::default(), wake: Condvar::new(), patience }))
    }

    /// Has a job done by a free worker, or by a new one.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub(super) fn submit(&self, job: Job) -> io::Result<()> {
        let mut queue = self.0.lock();
        if queue.idle > queue.jobs.len() {
            queue.jobs.push_back(job);
            self.0.wake.notify_one();
            return Ok(());
        }
        let shared = self.0.clone();
        let builder = std::thread::Builder::new().name("password-hash".to_owned()).stack_size(STACK_BYTES);
        builder.spawn(move || shared.work(job))?;
        queue.threads += 1;
        Ok(())
    }

    /// How many there are.
    #[cfg(test)]
    pub(super) fn threads(&self) -> usize {
        self.0.lock().threads
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, first: Job) {
        be_nicer();
        let _leaving = Leaving(self);
        let mut blocks = Vec::with_capacity(RESERVED_BLOCKS);
        let mut job = Some(first);
        while let Some(next) = job {
            let permits = next(&mut blocks);
            job = self.next(permits);
        }
    }

    /// The next job; none when there was none for a while.
    fn next(&self, permits: Permits) -> Option<Job> {
        let mut queue = self.lock();
        queue.idle += 1;
        // Whoever gets them finds a worker that waits.
        drop(permits);
        let (mut queue, _) = self
            .wake
            .wait_timeout_while(queue, self.patience, |queue| queue.jobs.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        queue.idle -= 1;
        queue.jobs.pop_front()
    }
}

/// Counts a worker off, also one that panicked.
struct Leaving<'s>(&'s Shared);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.lock().threads -= 1;
    }
}

/// On Linux a niceness belongs to a thread (setpriority(2)); elsewhere, and where it is forbidden, all stay alike.
fn be_nicer() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let lowered = getpriority_process(None)
        .and_then(|nice| setpriority_process(None, nice.saturating_add(NICER).min(NICEST)));
    if let Err(error) = lowered {
        tracing::debug!(%error, "passwords are hashed at the priority of all else");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::{Semaphore, oneshot};

    async fn permits(cores: &Arc<Semaphore>) -> Permits {
        let places = Arc::new(Semaphore::new(1));
        (places.acquire_owned().await.unwrap(), cores.clone().acquire_owned().await.unwrap())
    }

    /// Has `job` done and tells its answer.
    async fn done<T: Send + 'static>(
        workers: &Workers,
        cores: &Arc<Semaphore>,
        job: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Result<T, oneshot::error::RecvError> {
        let (tell, told) = oneshot::channel();
        let permits = permits(cores).await;
        let job: Job = Box::new(move |blocks| {
            let answer = job(blocks);
            assert!(tell.send(answer).is_ok());
            permits
        });
        workers.submit(job).unwrap();
        told.await
    }

    #[tokio::test]
    async fn one_after_the_other_is_one_worker_that_keeps_its_memory() {
        let (workers, cores) = (Workers::new(), Arc::new(Semaphore::new(1)));
        for round in 0..3 {
            let had = done(&workers, &cores, |blocks| {
                let had = blocks.len();
                blocks.resize(8, Block::default());
                had
            });
            assert_eq!(had.await, Ok(if round == 0 { 0 } else { 8 }));
            assert_eq!(workers.threads(), 1);
        }
    }

    #[tokio::test]
    async fn a_worker_that_nobody_needs_ends_and_another_comes_when_it_is_needed() {
        let (workers, cores) = (Workers::that_wait(Duration::ZERO), Arc::new(Semaphore::new(1)));
        for _ in 0..2 {
            assert_eq!(done(&workers, &cores, |_| 5).await, Ok(5));
            while workers.threads() > 0 {
                std::thread::yield_now();
            }
        }
    }

    #[tokio::test]
    async fn a_worker_that_panics_is_an_error_for_one_and_the_next_is_served() {
        let (workers, cores) = (Workers::new(), Arc::new(Semaphore::new(1)));
        assert!(done::<()>(&workers, &cores, |_| panic!("on purpose")).await.is_err());
        assert_eq!(done(&workers, &cores, |_| 5).await, Ok(5));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_worker_is_nicer_than_whoever_serves() {
        let nice = || getpriority_process(None).unwrap();
        let (workers, cores) = (Workers::new(), Arc::new(Semaphore::new(1)));
        let before = nice();
        assert_eq!(done(&workers, &cores, move |_| nice()).await, Ok((before + NICER).min(NICEST)));
        assert_eq!(nice(), before, "and nobody else is");
    }
}
