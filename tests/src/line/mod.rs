//! A serial line that a test can spoil: a proxy between a debugger and a machine's socket that damages, splits, stalls
//! and cuts, has a rate, and counts what goes over it.

mod address;
mod damage;
mod framing;
mod pump;
#[cfg(test)]
mod tests;
mod traffic;

pub use address::Address;
pub use damage::{Damage, Fault};
pub use traffic::{Flow, Traffic};

use address::{Listener, Stream};
use damage::Damager;
use std::net::Shutdown;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use traffic::Meter;

/// How often the line looks for a new client.
const ACCEPT_INTERVAL: Duration = Duration::from_millis(2);

/// Where bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the debugger to the machine.
    ToTarget,
    /// From the machine to the debugger.
    ToHost,
}

/// A line as long as this is there: for one client at a time, and for the next one when that has gone.
///
/// The machine is connected to for each client. A client that comes while nobody listens there is hung up on.
pub struct Line {
    shared: Arc<Shared>,
    address: Address,
    acceptor: Option<JoinHandle<()>>,
}

impl Line {
    /// A line without any faults, that listens at `listen` and leads to `machine`. Port 0 is any that is free.
    ///
    /// # Panics
    /// If it can't listen there.
    pub fn new(listen: &Address, machine: Address) -> Self {
        let (listener, address) =
            Listener::bind(listen).unwrap_or_else(|error| panic!("the line can't listen at {listen:?}: {error}"));
        let shared = Arc::new(Shared::default());
        let acceptor = {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || shared.accept(&listener, &machine))
        };
        Self { shared, address, acceptor: Some(acceptor) }
    }

    /// Where it listens.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// What becomes of bytes in both directions from now on; `None`: they arrive as they were sent.
    pub fn set_damage(&self, damage: Option<&Damage>) {
        self.set_damage_of(Direction::ToTarget, damage);
        self.set_damage_of(Direction::ToHost, damage);
    }

    /// The same for one direction. Each has its own sequence of faults.
    pub fn set_damage_of(&self, direction: Direction, damage: Option<&Damage>) {
        self.shared.lock().damagers[direction as usize] = damage.map(|damage| Damager::new(damage, direction));
    }

    /// How many bits per second each direction takes, 10 of them for a byte; `None`: as fast as it goes.
    pub fn set_baud(&self, baud: Option<u32>) {
        assert_ne!(baud, Some(0), "a line without a rate is one that drops every byte");
        self.shared.lock().baud = baud;
    }

    /// Hangs up on both ends. The next client is served again.
    pub fn cut(&self) {
        self.shared.cut();
    }

    /// How many faults there were so far.
    pub fn faults(&self) -> u64 {
        self.shared.lock().faults
    }

    /// What has been sent so far, by either end: what the line did to it doesn't matter.
    pub fn mark(&self) -> Traffic {
        self.shared.lock().meter.traffic()
    }

    /// What has been sent since `mark`.
    pub fn since(&self, mark: Traffic) -> Traffic {
        self.mark() - mark
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.shared.lock().closing = true;
        self.shared.cut();
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
        if let Address::Unix(path) = &self.address {
            // The next line may listen there.
            let _ = std::fs::remove_file(path);
        }
    }
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Told when `State::connection` or `State::closing` does.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    damagers: [Option<Damager>; 2],
    baud: Option<u32>,
    faults: u64,
    meter: Meter,
    /// The client and the machine, while both are there.
    ends: Option<[Stream; 2]>,
    /// Rises with each hanging up.
    connection: u64,
    closing: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A thread that failed has been reported by that.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cut(&self) {
        let mut state = self.lock();
        state.connection += 1;
        for end in state.ends.take().into_iter().flatten() {
            // An end that is gone already needs none.
            let _ = end.shutdown(Shutdown::Both);
        }
        self.changed.notify_all();
    }

    /// Waits until `time`, if `connection` lasts that long: says whether it did.
    fn wait_until(&self, time: Instant, connection: u64) -> bool {
        let mut state = self.lock();
        while state.connection == connection && !state.closing {
            let left = time.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        false
    }

    fn accept(&self, listener: &Listener, machine: &Address) {
        loop {
            if let Some(client) = listener.accept() {
                self.serve(client, machine);
            } else {
                let connection = self.lock().connection;
                self.wait_until(Instant::now() + ACCEPT_INTERVAL, connection);
            }
            if self.lock().closing {
                return;
            }
        }
    }

    fn serve(&self, client: Stream, machine: &Address) {
        // Without a machine, the client is dropped, and hears so.
        let Ok(machine) = Stream::connect(machine) else { return };
        let (Ok(client_end), Ok(machine_end)) = (client.try_clone(), machine.try_clone()) else { return };
        let connection = {
            let mut state = self.lock();
            if state.closing {
                return;
            }
            state.ends = Some([client_end, machine_end]);
            state.meter.start();
            state.connection
        };
        std::thread::scope(|scope| {
            scope.spawn(|| self.pump(Direction::ToHost, &machine, &client, connection));
            self.pump(Direction::ToTarget, &client, &machine, connection);
        });
    }
}
