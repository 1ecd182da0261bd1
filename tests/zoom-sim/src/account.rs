//! One simulated Zoom account: its identity, its directory, its calls, its limits.

use crate::api::endpoint::all_scopes;
use crate::calls::CallSpec;
use crate::calls::book::{CallBook, KeptCall};
use crate::calls::cast::Cast;
use crate::calls::overlay;
use crate::calls::plan::Plan as CallPlan;
use crate::calls::record;
use crate::directory::{self, Container, Directory, MEMBER_ROLE, Status, User};
use crate::options::{AccountOptions, Lateness, Options, Plan, Quirks, Scopes};
use crate::random::Rng;
use crate::rate_limit::RateLedger;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct Account {
    pub name: String,
    pub id: String,
    pub number: i64,
    pub plan: Plan,
    pub phone_licensed: bool,
    pub scopes: Vec<String>,
    pub directory: Directory,
    pub calls: CallBook,
    pub rates: RateLedger,
    pub lateness: Lateness,
    /// How many of its calls were generated; what comes after them was added.
    pub generated: usize,
    pub rng: Rng,
    quirks: Quirks,
    cast: Arc<Cast>,
}

impl Account {
    pub fn generate(position: usize, wanted: &AccountOptions, options: &Options, now: Timestamp) -> Self {
        let seed = Rng::for_purpose(options.seed, &format!("account {position}")).next_u64();
        let end = options.end.unwrap_or(now);
        let end = Timestamp::from_second(end.as_second()).unwrap_or(end);
        let start = options.start.unwrap_or(end - SignedDuration::from_hours(30 * 24));
        let directory = directory::generate(&wanted.name, seed, wanted.users, wanted.queues, end);
        let cast = Arc::new(Cast::of(&directory));
        let mut account = Self {
            name: wanted.name.clone(),
            id: Rng::for_purpose(seed, "account id").zoom_id(),
            number: wanted
                .account_number
                .unwrap_or(10_010_370_036 + i64::try_from(position).unwrap_or(0)),
            plan: wanted.plan,
            phone_licensed: wanted.phone_licensed,
            scopes: Vec::new(),
            directory,
            calls: CallBook::default(),
            rates: RateLedger::default(),
            lateness: wanted.lateness,
            generated: 0,
            rng: Rng::for_purpose(seed, "calls"),
            quirks: wanted.quirks,
            cast,
        };
        account.set_scopes(&wanted.scopes);
        let span = (end.as_second() - start.as_second()).max(1);
        let mut planned = 0;
        while planned < wanted.calls && !account.cast.users.is_empty() {
            let at = start.as_second() + account.rng.between(0, span - 1);
            for plan in CallPlan::draw(&mut account.rng, &account.cast, at, account.quirks, None) {
                // The second record of a transfer may be one too many.
                if planned < wanted.calls {
                    let lag = account.lag(options.publish_lag);
                    account.calls.plan(plan, lag);
                    planned += 1;
                }
            }
        }
        // Back by the detail lag, so that the details of loaded records are there from the start.
        let lag = SignedDuration::try_from(options.detail_lag).unwrap_or(SignedDuration::MAX);
        account.load_records(&wanted.records, now.checked_sub(lag).unwrap_or(Timestamp::MIN));
        for (uuid, body) in &wanted.details {
            account.calls.set_detail(uuid.clone(), body.clone());
        }
        account.generated = account.calls.len();
        account
    }

    /// Calls that were added since the start.
    pub fn added(&self) -> Vec<KeptCall> {
        self.calls.kept(self.generated)
    }

    /// Calls that a run before has added.
    pub fn restore(&mut self, added: Vec<KeptCall>) {
        for call in added {
            self.calls.restore(call, self.quirks, &self.cast);
        }
    }

    /// Records as they are; keys that begin with `_` are notes of the sample files and are left out.
    pub fn load_records(&mut self, records: &[Value], publish_at: Timestamp) -> usize {
        let mut loaded = 0;
        for record in records.iter().filter_map(Value::as_object) {
            let row: Map<String, Value> = record
                .iter()
                .filter(|(key, _)| !key.starts_with('_'))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            self.calls.give(row, publish_at);
            loaded += 1;
        }
        loaded
    }

    pub fn set_scopes(&mut self, scopes: &Scopes) {
        self.scopes = match scopes {
            Scopes::Classic => all_scopes(true),
            Scopes::Granular => all_scopes(false),
            Scopes::Custom(list) => list.clone(),
        };
    }

    /// An active user without a phone; the answer is the id.
    pub fn add_user(&mut self, email: &str, first: &str, last: &str, now: Timestamp) -> String {
        let id = self.rng.zoom_id();
        self.directory.users.push(User {
            id: id.clone(),
            email: email.into(),
            first_name: first.into(),
            last_name: last.into(),
            status: Status::Active,
            dept: "Sales".into(),
            cost_center: "CC-100".into(),
            job_title: String::new(),
            employee_id: self.rng.hex(6),
            role_id: MEMBER_ROLE.into(),
            group_ids: Vec::new(),
            timezone: "UTC",
            created: Timestamp::from_second(now.as_second()).unwrap_or(now),
            pmi: 6_999_999_999,
            phone: None,
        });
        id
    }

    pub fn edit_user(&mut self, key: &str, edit: impl FnOnce(&mut User)) -> bool {
        let found = self.directory.user_mut(key).map(edit).is_some();
        self.refresh_cast();
        found
    }

    pub fn remove_user(&mut self, key: &str) -> bool {
        let removed = self.directory.remove_user(key);
        self.refresh_cast();
        removed
    }

    pub fn set_member(&mut self, container: Container, container_id: &str, user: &str, present: bool) -> bool {
        let changed = self.directory.set_member(container, container_id, user, present);
        self.refresh_cast();
        changed
    }

    /// The directory has changed: calls from now on are made by the people who are there now.
    fn refresh_cast(&mut self) {
        self.cast = Arc::new(Cast::of(&self.directory));
    }

    /// The time from the end of a call to its record: `usual`, or longer for one of the late.
    fn lag(&mut self, usual: Duration) -> Duration {
        let Lateness { permille, up_to } = self.lateness;
        // An account without late records draws nothing: its calls stay those of its seed.
        if permille == 0 || !self.rng.permille(permille) {
            return usual;
        }
        let most = i64::try_from(up_to.as_secs()).unwrap_or(i64::MAX - 1);
        usual + Duration::from_secs(self.rng.between(0, most).unsigned_abs())
    }

    /// Adds calls that ended just now; `None` as lag publishes them at once.
    pub fn add_fresh_calls(&mut self, count: usize, now: Timestamp, lag: Duration) -> Vec<String> {
        let mut added = Vec::new();
        while added.len() < count && !self.cast.users.is_empty() {
            let talk = self.rng.between(3, 120);
            let start = now.as_second() - talk;
            let drawn = CallPlan::draw(&mut self.rng, &self.cast, start, self.quirks, Some(talk));
            // Ringing and a second leg come on top; move the whole so that it ends now.
            let over = drawn.last().map_or(0, |last| last.end - now.as_second());
            for mut plan in drawn.into_iter().take(count - added.len()) {
                plan.start -= over;
                plan.answer = plan.answer.map(|answer| answer - over);
                plan.end -= over;
                added.push(plan.uuid.clone().unwrap_or_default());
                let lag = self.lag(lag);
                self.calls.plan(plan, lag);
            }
        }
        added
    }

    pub fn add_call(&mut self, spec: &CallSpec, now: Timestamp, lag: Duration) -> Option<String> {
        if self.cast.users.is_empty() {
            return None;
        }
        let length = spec.duration_seconds.unwrap_or_else(|| self.rng.between(5, 300));
        let start = spec.start.map_or(now.as_second() - length, Timestamp::as_second);
        let drawn = CallPlan::draw(&mut self.rng, &self.cast, start, Quirks::NONE, Some(length));
        let mut plan = drawn.into_iter().next()?;
        plan.end = start + length;
        plan.answer = plan.answer.map(|answer| answer.min(plan.end));
        let published = spec.publish_at;
        if spec.fields.is_empty() && published.is_none() {
            let uuid = plan.uuid.clone();
            self.calls.plan(plan, lag);
            return uuid;
        }
        let default = crate::clock::shift(Timestamp::from_second(plan.end).unwrap_or(now), lag);
        let mut row = record::write(&plan);
        overlay(&mut row, &spec.fields);
        let uuid = row.get("call_history_uuid").and_then(Value::as_str).map(str::to_owned);
        let elements = crate::calls::elements::write(&plan);
        let detail = crate::calls::elements::detail(&row, &elements);
        self.calls.give(row, published.unwrap_or(default));
        if let Some(uuid) = &uuid {
            self.calls.set_detail(uuid.clone(), detail);
        }
        uuid
    }
}
