//! A world whose clocks a test sets: the daemon's while it runs, and the simulated Zoom's with it.

use jiff::Timestamp;

use crate::{daemon::Launch, faketime::MovableClock, world::World};

/// The clocks of one world. They run on from wherever they are set; only wall time is moved, never what timers count.
#[derive(Debug)]
pub struct TimeMachine(MovableClock);

impl TimeMachine {
    /// With the clocks at `start`; nothing where the library is not installed, and then the test is skipped.
    #[must_use]
    pub fn at(world: &World, start: Timestamp) -> Option<Self> {
        let machine = Self(MovableClock::new(world.home())?);
        machine.travel(world, start);
        Some(machine)
    }

    /// Starts the world's daemon in that time.
    pub fn start(&self, world: &mut World) {
        world.configuration.write(world.home());
        let mut daemon = self.0.shown_to(Launch::new(world.home()), false).spawn();
        daemon.wait_ready(&world.socket());
        world.adopt(daemon);
    }

    /// Sets the clocks of the daemon and of Zoom, forwards or back.
    pub fn travel(&self, world: &World, to: Timestamp) {
        world.zoom().clock().set(to);
        self.0.set(to);
    }
}
