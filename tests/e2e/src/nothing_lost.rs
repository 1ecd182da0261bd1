//! What has to hold once a fault is over: every call and element is held once and as Zoom has it, and the ledger says so.

use crate::{
    database::Database,
    directory_truth::{assert_calls_equal, assert_elements_equal},
    patience::eventually,
    world::World,
};

impl World {
    /// Lets an account catch up by itself and compares what is held with what Zoom has.
    ///
    /// # Panics
    /// When something is lost, doubled, different or counted as missing.
    pub fn nothing_is_lost(&self, name: &str) {
        self.await_backfill(name);
        eventually("a poll that succeeds", || {
            (self.ctl(&["cdr", "run", name, "--wait"]).code == 0).then_some(())
        });
        self.await_elements(name);
        let account = self.zoom_account(name);
        let database = Database::open(&self.database_file(name));
        assert_calls_equal(&account, &database);
        assert_elements_equal(&account, &database);
        assert_eq!(database.integrity(), "ok");
        let twice = "SELECT COUNT(*) - COUNT(DISTINCT call_history_uuid) FROM call_history";
        assert_eq!(database.cell(twice), 0);
        let shown = self.json(&["cdr", "show", name]);
        assert_eq!(shown["gaps"], 0, "{shown}");
    }
}
