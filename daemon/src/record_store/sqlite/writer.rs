//! The writer: at most one thread a database, which owns its only writing connection. It is there while there is work.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use super::{connection, crowd::Turn, disposal, place, proofs, readers::Readers, row, upkeep};
use crate::{domain::clock::SharedClock, ports::records::Summary, record_store::error::Error};

/// After this long without work the database rests: every connection to it is closed and its thread ends, until there is
/// work again. With many accounts their parsed schemas, caches and stacks would add up to more than the daemon itself.
const IDLE: Duration = Duration::from_millis(if cfg!(test) { 300 } else { 5_000 });

/// How often it looks meanwhile whether others wait for it to rest.
const LOOK: Duration = Duration::from_millis(50);

/// How often a transaction starts over because another program wrote between its reads and its first write.
const SNAPSHOT_RETRIES: usize = 5;

type Work = Box<dyn FnOnce(&mut WriteSide) + Send>;

enum Command {
    Work(Work),
    Close(oneshot::Sender<()>),
}

/// Hands work to the writer's thread. Work runs in the order in which it was handed over.
#[derive(Debug)]
pub(super) struct Writer {
    desk: Arc<Desk>,
    path: PathBuf,
}

/// Where work is left and picked up.
#[derive(Debug)]
struct Desk {
    state: Mutex<State>,
    called: Condvar,
}

struct State {
    inbox: VecDeque<Command>,
    staff: Staff,
}

/// Who sees to the work.
enum Staff {
    /// Nobody: the database rests.
    Resting(Box<WriteSide>),
    /// A thread. When it panics it takes the write side with it, and the database has to be opened anew.
    Working(JoinHandle<()>),
    /// Nobody any more.
    Closed,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").finish_non_exhaustive()
    }
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the thread owns.
pub(super) struct WriteSide {
    /// Absent while the database rests.
    connection: Option<Connection>,
    readers: Readers,
    clock: SharedClock,
    path: PathBuf,
    inode: (u64, u64),
    /// The stored watermark, so that an idle poll does not even read.
    pub watermark: Option<Timestamp>,
    /// Calls that ended before were purged or archived: they are not taken in again.
    pub floor: Option<Timestamp>,
    /// The counts when the database came to rest: `status` asks a hundred accounts, and opening the database of each
    /// takes longer than it may.
    summary: Option<Summary>,
}

/// A running transaction and its time.
pub(super) struct Writing<'a> {
    /// The transaction.
    pub transaction: Transaction<'a>,
    /// The file, for errors.
    pub path: &'a Path,
    /// When it began, as stored.
    pub now_text: String,
    /// Calls that ended before are not taken in.
    pub floor: Option<Timestamp>,
}

impl Writing<'_> {
    /// Says which file a SQLite error is about.
    pub fn failed(&self) -> impl Fn(rusqlite::Error) -> Error + '_ {
        Error::sqlite(self.path)
    }
}

impl Writer {
    /// A writer over an open connection. Its thread starts with the first work.
    pub fn new(connection: Connection, readers: Readers, path: &Path, clock: SharedClock) -> Result<Self, Error> {
        let inode = place::inode(path).map_err(Error::file(path))?;
        let watermark = proofs::stored_watermark(&connection).map_err(Error::sqlite(path))?;
        let floor = disposal::floor(&connection).map_err(Error::sqlite(path))?;
        let summary = upkeep::summary(&connection).map_err(Error::sqlite(path))?;
        drop(connection);
        let side = WriteSide {
            connection: None,
            readers,
            clock,
            path: path.to_owned(),
            inode,
            watermark,
            floor,
            summary: Some(summary),
        };
        let state = State {
            inbox: VecDeque::new(),
            staff: Staff::Resting(Box::new(side)),
        };
        Ok(Self {
            desk: Arc::new(Desk {
                state: Mutex::new(state),
                called: Condvar::new(),
            }),
            path: path.to_owned(),
        })
    }

    /// Runs `work` on the writer's thread. When the caller stops waiting, the work is done all the same.
    pub async fn run<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut WriteSide) -> Result<T, Error> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let command = Command::Work(Box::new(move |side| {
            // Nobody waits any more: the work is committed, only its receipt is lost.
            let _ = answer.send(side.checked(work));
        }));
        self.hand_over(command)?;
        answered.await.map_err(|_| self.closed())?
    }

    fn closed(&self) -> Error {
        Error::Closed {
            place: self.path.as_path().into(),
        }
    }

    /// Leaves a command at the desk and sees to it that somebody is there.
    fn hand_over(&self, command: Command) -> Result<(), Error> {
        let mut state = self.desk.lock();
        match std::mem::replace(&mut state.staff, Staff::Closed) {
            Staff::Closed => return Err(self.closed()),
            Staff::Working(thread) if thread.is_finished() => return Err(self.closed()),
            working @ Staff::Working(_) => state.staff = working,
            Staff::Resting(side) => {
                let desk = Arc::clone(&self.desk);
                let thread = std::thread::Builder::new()
                    .name("record-writer".to_owned())
                    .stack_size(1024 * 1024)
                    .spawn(move || serve(side, &desk))
                    .map_err(Error::file(&self.path))?;
                state.staff = Staff::Working(thread);
            }
        }
        state.inbox.push_back(command);
        self.desk.called.notify_one();
        Ok(())
    }

    /// Whether it can work: a panic or a close ends that.
    pub fn is_alive(&self) -> bool {
        match &self.desk.lock().staff {
            Staff::Resting(_) => true,
            Staff::Working(thread) => !thread.is_finished(),
            Staff::Closed => false,
        }
    }

    /// The counts, while the database rests: nothing can have changed since it came to rest.
    pub fn summary_at_rest(&self) -> Option<Summary> {
        match &self.desk.lock().staff {
            Staff::Resting(side) => side.summary.clone(),
            Staff::Working(_) | Staff::Closed => None,
        }
    }

    /// Writes the log back into the file and closes the connection, after the work that was handed over before.
    pub async fn close(&self) {
        let (answer, answered) = oneshot::channel();
        if self.hand_over(Command::Close(answer)).is_ok() {
            let _ = answered.await;
        }
    }
}

impl Drop for Writer {
    /// Nobody can ask any more: its thread ends now, not only when it comes to rest.
    fn drop(&mut self) {
        let mut state = self.desk.lock();
        if matches!(state.staff, Staff::Working(_)) {
            let (answer, _) = oneshot::channel();
            state.inbox.push_back(Command::Close(answer));
            self.desk.called.notify_one();
        }
    }
}

/// A desk with somebody at it, for as long as this lives.
struct Staffed<'a>(&'a Desk);

impl Drop for Staffed<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // Whoever waits for what is left is told by the end of its channel, and the database is opened anew.
            let mut state = self.0.lock();
            state.staff = Staff::Closed;
            state.inbox.clear();
        }
    }
}

fn serve(mut side: Box<WriteSide>, desk: &Desk) {
    let _staffed = Staffed(desk);
    let turn = Turn::take();
    side.readers.keep(true);
    loop {
        let mut state = desk.lock();
        let mut idle = Duration::ZERO;
        while state.inbox.is_empty() {
            if idle >= IDLE || turn.is_wanted() {
                side.rest();
                state.staff = Staff::Resting(side);
                return;
            }
            let (woken, waited) = desk
                .called
                .wait_timeout(state, LOOK)
                .unwrap_or_else(PoisonError::into_inner);
            state = woken;
            if waited.timed_out() {
                idle += LOOK;
            }
        }
        let command = state.inbox.pop_front();
        drop(state);
        match command {
            Some(Command::Work(work)) => work(&mut side),
            Some(Command::Close(answer)) => {
                // If we die here, or a reader holds the log open, the log is replayed at the next open.
                if let Some(connection) = &side.connection {
                    let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
                }
                drop(side);
                let mut state = desk.lock();
                state.staff = Staff::Closed;
                // Whoever waits for what is left is told by the end of its channel.
                state.inbox.clear();
                let _ = answer.send(());
                return;
            }
            None => {}
        }
    }
}

impl WriteSide {
    /// Closes every idle connection. The last one writes the log back; if we die before that it is replayed at the next
    /// open. A read that is under way keeps its own.
    fn rest(&mut self) {
        // Readers first: they may not write, and so could not write the log back.
        self.readers.keep(false);
        if let Some(connection) = self.connection.take() {
            // Counts that cannot be read now are read when somebody asks.
            self.summary = upkeep::summary(&connection).ok();
        }
    }

    /// Runs `work` unless the file was moved away: SQLite would go on writing into a file that nobody finds again.
    fn checked<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        match place::inode(&self.path) {
            Ok(inode) if inode == self.inode => work(self),
            Ok(_) => Err(Error::Moved {
                path: self.path.clone(),
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Error::Moved {
                path: self.path.clone(),
            }),
            Err(error) => Err(Error::File {
                path: self.path.clone(),
                source: error,
            }),
        }
    }

    /// Runs `work` so that what it overwrites is gone from the file and from the log too, not only out of sight.
    pub fn without_trace<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        let pragma = |side: &mut Self, value: &str| {
            let path = side.path.clone();
            let statement = format!("PRAGMA secure_delete = {value}");
            side.awake()?.execute_batch(&statement).map_err(Error::sqlite(&path))
        };
        pragma(self, "ON")?;
        let done = work(self);
        pragma(self, "OFF")?;
        // Best effort: a reader may still need the log; the next checkpoint without one takes it.
        let _ = self
            .awake()?
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        done
    }

    /// Writes the file anew, so that no page keeps what was deleted, and empties the log beside it.
    pub fn rebuild(&mut self) -> Result<(), Error> {
        let path = self.path.clone();
        let connection = self.awake()?;
        connection
            .execute_batch("VACUUM")
            .and_then(|()| connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())))
            .map_err(Error::sqlite(&path))
    }

    /// The connection, opened anew when the database rested.
    fn awake(&mut self) -> Result<&mut Connection, Error> {
        match &mut self.connection {
            Some(connection) => Ok(connection),
            resting => Ok(resting.insert(wake(&self.path)?)),
        }
    }

    /// Runs `work` in one transaction and commits it. It takes the write lock at its first write, so that work which
    /// finds nothing to write costs no write at all. Any error undoes everything.
    pub fn transaction<T>(&mut self, work: impl Fn(&Writing<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let mut left = SNAPSHOT_RETRIES;
        loop {
            match self.attempt(&work) {
                Err(error) if error.is_stale_snapshot() && left > 0 => left -= 1,
                result => return result,
            }
        }
    }

    fn attempt<T>(&mut self, work: &impl Fn(&Writing<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let now_text = row::time_text(self.clock.now());
        let connection = match &mut self.connection {
            Some(connection) => connection,
            resting => resting.insert(wake(&self.path)?),
        };
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Deferred)
            .map_err(Error::sqlite(&self.path))?;
        let writing = Writing {
            transaction,
            path: &self.path,
            now_text,
            floor: self.floor,
        };
        let done = work(&writing)?;
        // If we die before this line nothing happened; after it everything did.
        writing.transaction.commit().map_err(Error::sqlite(&self.path))?;
        Ok(done)
    }
}

/// Opens the connection of a database that rested. Its owner and schema were checked when it was opened first.
fn wake(path: &Path) -> Result<Connection, Error> {
    let connection = connection::examining(path)?;
    connection::make_writing(&connection, path)?;
    Ok(connection)
}
