//! The endpoints we use: path, rate-limit label, largest page, and which table a listing fills.
//!
//! Source: the official OpenAPI.

use crate::{
    domain::{
        directory::{
            AUTO_RECEPTIONIST, CALL_QUEUE, CALL_QUEUE_MEMBER, COMMON_AREA, PHONE_DEVICE, PHONE_NUMBER, PHONE_SITE,
            PHONE_USER, SHARED_LINE_GROUP, ZOOM_GROUP, ZOOM_GROUP_MEMBER, ZOOM_ROLE, ZOOM_ROLE_MEMBER, ZOOM_USER,
        },
        quota::Purpose,
        table::Table,
    },
    ports::zoom::Listing,
    zoom::wire::page::Arrays,
};

/// Zoom counts requests of an account by these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Label {
    /// The call list.
    Heavy,
    /// Most listings.
    Medium,
    /// Single things.
    Light,
}

impl Label {
    /// Every label.
    pub const ALL: [Self; 3] = [Self::Heavy, Self::Medium, Self::Light];

    /// The fixed name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Heavy => "heavy",
            Self::Medium => "medium",
            Self::Light => "light",
        }
    }
}

/// An endpoint; all are `GET`.
#[derive(Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Below the API base; `{}` stands for an id.
    pub path: &'static str,
    /// What a request costs.
    pub label: Label,
    /// Largest page; absent when there is no such parameter.
    pub page_size: Option<u16>,
    /// Zoom's code for a page token that is no longer good.
    pub bad_page_token: Option<i64>,
}

impl Endpoint {
    const fn list(path: &'static str, label: Label, page_size: u16, bad_page_token: i64) -> Self {
        Self {
            path,
            label,
            page_size: Some(page_size),
            bad_page_token: Some(bad_page_token),
        }
    }

    const fn single(path: &'static str, label: Label) -> Self {
        Self {
            path,
            label,
            page_size: None,
            bad_page_token: None,
        }
    }

    /// Whether it speaks of one thing by its id, so that 404 means that this thing does not exist.
    #[must_use]
    pub fn names_one_thing(&self) -> bool {
        self.path.contains("{}")
    }
}

/// Calls.
pub static CALL_HISTORY: Endpoint = Endpoint::list("/phone/call_history", Label::Heavy, 300, 400);
/// One call with its elements.
pub static CALL_DETAIL: Endpoint = Endpoint::single("/phone/call_history/{}", Label::Light);
/// Settings of Zoom Phone.
pub static PHONE_SETTINGS: Endpoint = Endpoint::single("/phone/settings", Label::Light);
/// The authorizing user.
pub static OWN_USER: Endpoint = Endpoint::single("/users/me", Label::Light);
/// One user.
pub static USER: Endpoint = Endpoint::single("/users/{}", Label::Light);
// Zoom's documents disagree on the largest page of users and group members, 300 or 2,000: 300 is right in both.
/// Users.
pub static USERS: Endpoint = Endpoint::list("/users", Label::Medium, 300, 300);
static GROUPS: Endpoint = Endpoint::list("/groups", Label::Medium, 300, 300);
static GROUP_MEMBERS: Endpoint = Endpoint::list("/groups/{}/members", Label::Medium, 300, 300);
static ROLES: Endpoint = Endpoint::single("/roles", Label::Medium);
static ROLE_MEMBERS: Endpoint = Endpoint::list("/roles/{}/members", Label::Medium, 300, 300);
static PHONE_USERS: Endpoint = Endpoint::list("/phone/users", Label::Medium, 100, 400);
static SITES: Endpoint = Endpoint::list("/phone/sites", Label::Medium, 300, 400);
static CALL_QUEUES: Endpoint = Endpoint::list("/phone/call_queues", Label::Medium, 100, 400);
static CALL_QUEUE_DETAIL: Endpoint = Endpoint::single("/phone/call_queues/{}", Label::Light);
static CALL_QUEUE_MEMBERS: Endpoint = Endpoint::single("/phone/call_queues/{}/members", Label::Medium);
static AUTO_RECEPTIONISTS: Endpoint = Endpoint::list("/phone/auto_receptionists", Label::Medium, 100, 400);
static COMMON_AREAS: Endpoint = Endpoint::list("/phone/common_areas", Label::Medium, 100, 400);
static SHARED_LINE_GROUPS: Endpoint = Endpoint::list("/phone/shared_line_groups", Label::Medium, 300, 400);
static DEVICES: Endpoint = Endpoint::list("/phone/devices", Label::Medium, 300, 400);
static NUMBERS: Endpoint = Endpoint::list("/number_management/numbers", Label::Light, 200, 1_003_100);
static OLD_NUMBERS: Endpoint = Endpoint::list("/phone/numbers", Label::Medium, 100, 400);

/// A request before it has a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Where.
    pub endpoint: &'static Endpoint,
    /// The id in the path.
    pub id: Option<String>,
    /// Query parameters in order.
    pub query: Vec<(&'static str, String)>,
    /// What it is for.
    pub purpose: Purpose,
}

impl Request {
    /// Without parameters.
    #[must_use]
    pub const fn new(endpoint: &'static Endpoint) -> Self {
        Self {
            endpoint,
            id: None,
            query: Vec::new(),
            purpose: Purpose::Fresh,
        }
    }

    /// About one thing.
    #[must_use]
    pub fn about(endpoint: &'static Endpoint, id: &str) -> Self {
        Self {
            endpoint,
            id: Some(id.to_owned()),
            query: Vec::new(),
            purpose: Purpose::Fresh,
        }
    }

    /// For another purpose than fresh calls.
    #[must_use]
    pub const fn meant_for(mut self, purpose: Purpose) -> Self {
        self.purpose = purpose;
        self
    }

    /// Adds a parameter.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// A page as large as it can be.
    #[must_use]
    pub fn page(mut self, token: Option<&str>) -> Self {
        if let Some(size) = self.endpoint.page_size {
            self.query.push(("page_size", size.to_string()));
        }
        if let Some(token) = token {
            self.query.push((PAGE_TOKEN, token.to_owned()));
        }
        self
    }

    /// Whether it continues a listing.
    #[must_use]
    pub fn continues(&self) -> bool {
        self.query.iter().any(|(name, _)| *name == PAGE_TOKEN)
    }
}

const PAGE_TOKEN: &str = "next_page_token";

/// How a listing is asked for and read.
#[derive(Debug)]
pub struct ListingPlan {
    /// The request of its first page, without page parameters.
    pub request: Request,
    /// The table its records are rows of.
    pub table: &'static Table,
    /// The array that holds the records; absent when the body is one record.
    pub arrays: Option<Arrays>,
    /// The id that every row carries in its first column.
    pub parent: Option<String>,
}

/// The plan of a listing.
#[must_use]
pub fn plan(listing: &Listing) -> ListingPlan {
    let of = |endpoint, table, array| ListingPlan {
        request: Request::new(endpoint),
        table,
        arrays: Some(Arrays {
            current: array,
            older: None,
        }),
        parent: None,
    };
    let members = |endpoint, table, array, id: &String| ListingPlan {
        request: Request::about(endpoint, id),
        table,
        arrays: Some(Arrays {
            current: array,
            older: None,
        }),
        parent: Some(id.clone()),
    };
    let with = |mut plan: ListingPlan, name, value: &str| {
        plan.request = plan.request.with(name, value);
        plan
    };
    match listing {
        Listing::Users(status) => with(of(&USERS, &ZOOM_USER, "users"), "status", status),
        Listing::Groups => of(&GROUPS, &ZOOM_GROUP, "groups"),
        Listing::GroupMembers(id) => members(&GROUP_MEMBERS, &ZOOM_GROUP_MEMBER, "members", id),
        Listing::Roles => of(&ROLES, &ZOOM_ROLE, "roles"),
        Listing::RoleMembers(id) => members(&ROLE_MEMBERS, &ZOOM_ROLE_MEMBER, "members", id),
        Listing::PhoneUsers => of(&PHONE_USERS, &PHONE_USER, "users"),
        Listing::Sites => of(&SITES, &PHONE_SITE, "sites"),
        Listing::CallQueues => of(&CALL_QUEUES, &CALL_QUEUE, "call_queues"),
        Listing::CallQueue(id) => ListingPlan {
            request: Request::about(&CALL_QUEUE_DETAIL, id),
            table: &CALL_QUEUE,
            arrays: None,
            parent: None,
        },
        Listing::CallQueueMembers(id) => members(&CALL_QUEUE_MEMBERS, &CALL_QUEUE_MEMBER, "call_queue_members", id),
        Listing::AutoReceptionists => of(&AUTO_RECEPTIONISTS, &AUTO_RECEPTIONIST, "auto_receptionists"),
        Listing::CommonAreas => of(&COMMON_AREAS, &COMMON_AREA, "common_areas"),
        Listing::SharedLineGroups => of(&SHARED_LINE_GROUPS, &SHARED_LINE_GROUP, "shared_line_groups"),
        Listing::Devices(kind) => with(of(&DEVICES, &PHONE_DEVICE, "devices"), "type", kind),
        Listing::Numbers => of(&NUMBERS, &PHONE_NUMBER, "numbers"),
        Listing::OldNumbers => with(of(&OLD_NUMBERS, &PHONE_NUMBER, "phone_numbers"), "type", "all"),
    }
}
