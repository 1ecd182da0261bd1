//! The people and extensions of one account, and the changes a test makes to them.

mod generate;
pub(crate) mod list;
mod phone_rows;
mod user_rows;

pub(crate) use generate::generate;

use jiff::Timestamp;
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Active,
    Inactive,
    Pending,
}

impl Status {
    pub fn of_user(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Pending => "pending",
        }
    }

    pub fn of_phone_user(self) -> &'static str {
        match self {
            Self::Active => "activate",
            Self::Inactive => "deactivate",
            Self::Pending => "pending",
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct User {
    /// Kept for pending users too, but then never shown.
    pub id: String,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub status: Status,
    pub dept: String,
    pub cost_center: String,
    pub job_title: String,
    pub employee_id: String,
    pub role_id: String,
    pub group_ids: Vec<String>,
    pub timezone: &'static str,
    pub created: Timestamp,
    pub pmi: u64,
    pub phone: Option<PhoneLine>,
}

impl User {
    pub fn display_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }
}

#[derive(Clone, Debug)]
pub(crate) struct PhoneLine {
    pub extension: Extension,
    pub phone_user_id: String,
    pub status: Status,
}

/// What every kind of phone object has.
#[derive(Clone, Debug)]
pub(crate) struct Extension {
    pub ext_id: String,
    pub number: u64,
    pub site_id: String,
    pub dids: Vec<Did>,
}

#[derive(Clone, Debug)]
pub(crate) struct Did {
    pub id: String,
    pub number: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub id: String,
    pub name: String,
    pub description: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub id: String,
    pub name: String,
    pub code: u32,
    pub receptionist_id: String,
}

/// A call queue, auto receptionist, common area, shared line group or room.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub id: String,
    pub name: String,
    pub extension: Extension,
    pub dept: String,
    pub cost_center: String,
    pub active: bool,
    pub members: Vec<Member>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Member {
    User(String),
    CommonArea(String),
}

#[derive(Clone, Debug)]
pub(crate) struct Device {
    pub id: String,
    pub name: String,
    pub mac: String,
    pub model: &'static str,
    pub online: bool,
    pub site_id: String,
    /// The user or common area it belongs to.
    pub assignee: Option<Member>,
}

/// What a test may put members into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    Group,
    Role,
    CallQueue,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Directory {
    pub users: Vec<User>,
    pub groups: Vec<Named>,
    pub roles: Vec<Named>,
    pub sites: Vec<Site>,
    pub queues: Vec<Place>,
    pub receptionists: Vec<Place>,
    pub areas: Vec<Place>,
    pub line_groups: Vec<Place>,
    pub rooms: Vec<Place>,
    pub devices: Vec<Device>,
    pub unassigned: Vec<Did>,
}

pub(crate) const OWNER_ROLE: &str = "0";
pub(crate) const ADMIN_ROLE: &str = "1";
pub(crate) const MEMBER_ROLE: &str = "2";

impl Directory {
    /// By id or e-mail address, as Zoom takes either in a path.
    pub fn user(&self, key: &str) -> Option<&User> {
        self.users
            .iter()
            .find(|user| user.id == key || user.email.eq_ignore_ascii_case(key))
    }

    pub fn user_mut(&mut self, key: &str) -> Option<&mut User> {
        self.users
            .iter_mut()
            .find(|user| user.id == key || user.email.eq_ignore_ascii_case(key))
    }

    pub fn owner(&self) -> Option<&User> {
        self.users.iter().find(|user| user.role_id == OWNER_ROLE)
    }

    pub fn remove_user(&mut self, key: &str) -> bool {
        let Some(id) = self.user(key).map(|user| user.id.clone()) else {
            return false;
        };
        self.users.retain(|user| user.id != id);
        for queue in &mut self.queues {
            queue.members.retain(|member| *member != Member::User(id.clone()));
        }
        for device in &mut self.devices {
            device
                .assignee
                .take_if(|assignee| *assignee == Member::User(id.clone()));
        }
        true
    }

    pub fn set_member(&mut self, container: Container, container_id: &str, user: &str, present: bool) -> bool {
        let Some(user_id) = self.user(user).map(|user| user.id.clone()) else {
            return false;
        };
        match container {
            Container::CallQueue => {
                let Some(queue) = self.queues.iter_mut().find(|queue| queue.id == container_id) else {
                    return false;
                };
                queue.members.retain(|member| *member != Member::User(user_id.clone()));
                if present {
                    queue.members.push(Member::User(user_id));
                }
            }
            Container::Group => {
                let known = self.groups.iter().any(|group| group.id == container_id);
                let Some(user) = self.user_mut(&user_id).filter(|_| known) else {
                    return false;
                };
                user.group_ids.retain(|id| id != container_id);
                if present {
                    user.group_ids.push(container_id.to_owned());
                }
            }
            Container::Role => {
                let known = self.roles.iter().any(|role| role.id == container_id);
                let Some(user) = self.user_mut(&user_id).filter(|_| known) else {
                    return false;
                };
                user.role_id = if present {
                    container_id.to_owned()
                } else {
                    MEMBER_ROLE.to_owned()
                };
            }
        }
        true
    }

    pub(crate) fn site_row(&self, site_id: &str) -> Value {
        let name = self
            .sites
            .iter()
            .find(|site| site.id == site_id)
            .map_or("", |site| site.name.as_str());
        json!({"id": site_id, "name": name})
    }
}
