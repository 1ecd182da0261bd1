//! One account as a test holds it: add, change, remove, and ask what is true.

use crate::account::Account;
use crate::api::endpoint::Family;
use crate::calls::CallSpec;
use crate::directory::{Container, Status, User};
use crate::options::{Lateness, Plan, Scopes};
use crate::server::{Shared, lock};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Cheap to clone; every method takes the simulator's lock for a moment.
#[derive(Clone, Debug)]
pub struct AccountHandle {
    world: Shared,
    position: usize,
}

impl AccountHandle {
    pub(crate) fn new(world: Shared, position: usize) -> Self {
        Self { world, position }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Account) -> T) -> T {
        work(&mut lock(&self.world).accounts[self.position])
    }

    pub fn name(&self) -> String {
        self.with(|account| account.name.clone())
    }

    pub fn account_id(&self) -> String {
        self.with(|account| account.id.clone())
    }

    pub fn account_number(&self) -> i64 {
        self.with(|account| account.number)
    }

    pub fn owner_email(&self) -> String {
        self.with(|account| {
            account
                .directory
                .owner()
                .map(|user| user.email.clone())
                .unwrap_or_default()
        })
    }

    /// An active administrator who is not the owner.
    pub fn admin_email(&self) -> String {
        self.with(|account| format!("admin@{}.example.com", account.name))
    }

    /// Somebody who may not authorize the app for the account.
    pub fn member_email(&self) -> String {
        self.with(|account| {
            account
                .directory
                .first_member()
                .map(|user| user.email.clone())
                .unwrap_or_default()
        })
    }

    /// Adds one call; the answer is its `call_history_uuid`.
    ///
    /// # Panics
    /// When nobody in the account has a phone.
    pub fn add_call(&self, spec: CallSpec) -> String {
        let mut world = lock(&self.world);
        let (now, lag) = (world.now(), world.options.publish_lag);
        let uuid = world.accounts[self.position].add_call(&spec, now, lag);
        uuid.expect("somebody with a phone in this account")
    }

    /// Calls that ended just now and appear after the publish lag; the answers are their uuids.
    pub fn add_calls(&self, count: usize) -> Vec<String> {
        let mut world = lock(&self.world);
        let (now, lag) = (world.now(), world.options.publish_lag);
        world.accounts[self.position].add_fresh_calls(count, now, lag)
    }

    /// A record exactly as given, from `publish_at` on. A record of the same uuid is replaced.
    pub fn add_record(&self, record: Value, publish_at: Timestamp) {
        self.with(|account| account.load_records(&[record], publish_at));
    }

    /// Records exactly as given, at once; keys beginning with `_` are left out. The answer is how many.
    pub fn load_records(&self, records: Vec<Value>) -> usize {
        let mut world = lock(&self.world);
        // In the past by the detail lag, so that loaded details are there at once.
        let lag = SignedDuration::try_from(world.options.detail_lag).unwrap_or(SignedDuration::MAX);
        let at = world.now().checked_sub(lag).unwrap_or(Timestamp::MIN);
        world.accounts[self.position].load_records(&records, at)
    }

    /// Bodies of `/phone/call_history/{uuid}` by uuid; load the records first.
    pub fn load_details(&self, details: BTreeMap<String, Value>) {
        self.with(|account| {
            for (uuid, body) in details {
                account.calls.set_detail(uuid, body);
            }
        });
    }

    /// Lays `patch` over a record; `null` removes a field. False: there is no such record.
    pub fn change_record(&self, uuid: &str, patch: Value) -> bool {
        let patch = patch.as_object().cloned().unwrap_or_default();
        self.with(|account| account.calls.change(uuid, &patch, None))
    }

    /// Moves the moment at which a record appears.
    pub fn publish_record_at(&self, uuid: &str, at: Timestamp) -> bool {
        self.with(|account| account.calls.change(uuid, &Map::new(), Some(at)))
    }

    pub fn remove_record(&self, uuid: &str) -> bool {
        self.with(|account| account.calls.remove(uuid))
    }

    /// Every record that has appeared and was not removed, as a row of `call_history[]`, newest first.
    pub fn truth_calls(&self) -> Vec<Value> {
        let mut world = lock(&self.world);
        let now = world.now();
        let book = &mut world.accounts[self.position].calls;
        let visible = book.visible(now);
        visible
            .into_iter()
            .map(|position| Value::Object(book.get(position).row()))
            .collect()
    }

    /// The body of `/phone/call_history/{uuid}` regardless of the detail lag.
    pub fn truth_detail(&self, uuid: &str) -> Option<Value> {
        self.with(|account| account.calls.find(uuid).map(|position| account.calls.detail(position)))
    }

    /// `calls`, or one of `users`, `groups`, `group_members`, `roles`, `role_members`, `phone_users`, `sites`,
    /// `call_queues`, `call_queue_members`, `auto_receptionists`, `common_areas`, `shared_line_groups`, `devices`,
    /// `rooms`, `numbers`, `phone_numbers`. Member rows carry the id of their container. Empty for any other name.
    pub fn truth(&self, entity: &str) -> Vec<Value> {
        if entity == "calls" {
            return self.truth_calls();
        }
        self.with(|account| account.directory.truth(entity).unwrap_or_default())
    }

    /// Adds an active user without a phone; the answer is the id.
    pub fn add_user(&self, email: &str, first_name: &str, last_name: &str) -> String {
        let mut world = lock(&self.world);
        let now = world.now();
        world.accounts[self.position].add_user(email, first_name, last_name, now)
    }

    /// `user` is an id or an e-mail address, here and below. Records that exist keep the old name.
    pub fn rename_user(&self, user: &str, first_name: &str, last_name: &str) -> bool {
        self.edit_user(user, |user| {
            user.first_name = first_name.into();
            user.last_name = last_name.into();
        })
    }

    pub fn set_department(&self, user: &str, department: &str, cost_center: &str) -> bool {
        self.edit_user(user, |user| {
            user.dept = department.into();
            user.cost_center = cost_center.into();
        })
    }

    /// `active` or `inactive`.
    pub fn set_active(&self, user: &str, active: bool) -> bool {
        self.edit_user(user, |user| {
            user.status = if active { Status::Active } else { Status::Inactive }
        })
    }

    fn edit_user(&self, key: &str, edit: impl FnOnce(&mut User)) -> bool {
        self.with(|account| account.edit_user(key, edit))
    }

    pub fn remove_user(&self, user: &str) -> bool {
        self.with(|account| account.remove_user(user))
    }

    /// Puts a user into, or takes one out of, a group, role or call queue.
    pub fn set_member(&self, container: Container, container_id: &str, user: &str, present: bool) -> bool {
        self.with(|account| account.set_member(container, container_id, user, present))
    }

    /// How late records of calls that are added from now on appear.
    pub fn set_lateness(&self, lateness: Lateness) {
        self.with(|account| account.lateness = lateness);
    }

    pub fn set_phone_licensed(&self, licensed: bool) {
        self.with(|account| account.phone_licensed = licensed);
    }

    pub fn set_plan(&self, plan: Plan) {
        self.with(|account| account.plan = plan);
    }

    /// Takes effect with the next token, as at Zoom.
    pub fn set_granted_scopes(&self, scopes: Scopes) {
        self.with(|account| account.set_scopes(&scopes));
    }

    /// The app is removed from the account: every token and code is dead.
    pub fn revoke_app(&self) {
        lock(&self.world).grants.revoke_account(self.position);
    }

    /// Every access token of the account expires now; refresh tokens live on.
    pub fn expire_access_tokens(&self) {
        let mut world = lock(&self.world);
        let now = world.now();
        world.grants.expire_access(self.position, now);
    }

    /// Whether somebody holds a refresh token that would still work.
    pub fn has_live_refresh_token(&self) -> bool {
        lock(&self.world).grants.holds_live_refresh(self.position)
    }

    /// Other apps of the account have used this many of today's heavy Phone requests.
    pub fn spend_heavy_quota(&self, requests: u32) {
        let mut world = lock(&self.world);
        let now = world.now();
        world.accounts[self.position]
            .rates
            .spend_heavy(now, Family::Phone, requests);
    }
}
