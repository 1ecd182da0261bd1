//! The whole simulated platform behind one lock.

use crate::account::Account;
use crate::api::long_listings::LongListings;
use crate::fault::Faults;
use crate::oauth::grants::Grants;
use crate::options::Options;
use crate::paging::Bookmarks;
use crate::random::Rng;
use crate::request_log::LoggedRequest;
use jiff::Timestamp;

#[derive(Debug)]
pub(crate) struct World {
    pub options: Options,
    pub base_url: String,
    pub accounts: Vec<Account>,
    pub grants: Grants,
    pub bookmarks: Bookmarks,
    pub long_listings: LongListings,
    pub faults: Faults,
    pub log: Vec<LoggedRequest>,
    pub rng: Rng,
}

impl World {
    pub fn new(options: Options, base_url: String) -> Self {
        let now = options.clock.now();
        let accounts = options
            .accounts
            .iter()
            .enumerate()
            .map(|(position, wanted)| Account::generate(position, wanted, &options, now))
            .collect();
        Self {
            base_url,
            accounts,
            grants: Grants::default(),
            bookmarks: Bookmarks::default(),
            long_listings: LongListings::default(),
            faults: Faults::default(),
            log: Vec::new(),
            rng: Rng::for_purpose(options.seed, "tokens"),
            options,
        }
    }

    pub fn now(&self) -> Timestamp {
        self.options.clock.now()
    }

    pub fn account_named(&self, name: &str) -> Option<usize> {
        self.accounts.iter().position(|account| account.name == name)
    }

    /// The account and id of an active user.
    pub fn person(&self, email: &str) -> Option<(usize, String)> {
        self.accounts.iter().enumerate().find_map(|(position, account)| {
            let user = account.directory.users.iter().find(|user| {
                user.email.eq_ignore_ascii_case(email) && user.status == crate::directory::Status::Active
            })?;
            Some((position, user.id.clone()))
        })
    }
}
