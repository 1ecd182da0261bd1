//! The rows each directory listing answers with, filters applied.

use super::{Directory, Extension, Place, Status};
use crate::api::endpoint::Endpoint;
use crate::request::Params;
use serde_json::Value;

impl Directory {
    /// The rows of a list endpoint without a subject; `None` for any other endpoint.
    pub fn rows(&self, endpoint: Endpoint, params: &Params) -> Option<Vec<Value>> {
        let site_matches = |extension: &Extension| params.get("site_id").is_none_or(|id| extension.site_id == id);
        let place_matches = |place: &&Place| {
            site_matches(&place.extension)
                && params.get("department").is_none_or(|wanted| place.dept == wanted)
                && params
                    .get("cost_center")
                    .is_none_or(|wanted| place.cost_center == wanted)
        };
        Some(match endpoint {
            Endpoint::Users => self.user_listing(params),
            Endpoint::Groups => self.group_rows(),
            Endpoint::Roles if params.get("type") == Some("iq") => Vec::new(),
            Endpoint::Roles => self.role_rows(),
            Endpoint::PhoneUsers => self
                .phone_users()
                .filter(|(user, phone)| {
                    site_matches(&phone.extension)
                        && params
                            .get("status")
                            .is_none_or(|status| status == phone.status.of_phone_user())
                        && params.get("department").is_none_or(|wanted| user.dept == wanted)
                        && params
                            .get("cost_center")
                            .is_none_or(|wanted| user.cost_center == wanted)
                })
                .map(|(user, phone)| self.phone_user_row(user, phone))
                .filter(|row| contains_keyword(row, params))
                .collect(),
            Endpoint::Sites => self
                .site_rows()
                .into_iter()
                .filter(|row| params.get("site_name").is_none_or(|name| row["name"] == name))
                .collect(),
            Endpoint::CallQueues => self
                .queues
                .iter()
                .filter(place_matches)
                .map(|queue| self.queue_row(queue))
                .collect(),
            Endpoint::AutoReceptionists => self
                .receptionists
                .iter()
                .map(|place| self.receptionist_row(place))
                .collect(),
            Endpoint::CommonAreas => self
                .areas
                .iter()
                .filter(|area| site_matches(&area.extension))
                .map(|area| self.area_row(area))
                .collect(),
            Endpoint::SharedLineGroups => self
                .line_groups
                .iter()
                .map(|place| self.line_group_row(place))
                .collect(),
            Endpoint::Rooms => self
                .rooms
                .iter()
                .filter(|room| site_matches(&room.extension))
                .map(|room| self.room_row(room))
                .filter(|row| contains_keyword(row, params))
                .collect(),
            Endpoint::Devices => self.device_listing(params),
            Endpoint::PhoneNumbers => self.old_number_listing(params),
            Endpoint::ManagedNumbers => self.managed_number_listing(params),
            _ => return None,
        })
    }

    fn user_listing(&self, params: &Params) -> Vec<Value> {
        let status = params.get("status").unwrap_or("active");
        self.users
            .iter()
            .filter(|user| user.status.of_user() == status)
            .filter(|user| params.get("role_id").is_none_or(|role| user.role_id == role))
            .map(|user| self.user_row(user))
            .collect()
    }

    fn device_listing(&self, params: &Params) -> Vec<Value> {
        let assigned = params.get("type") == Some("assigned");
        self.devices
            .iter()
            .filter(|device| device.assignee.is_some() == assigned)
            .filter(|device| params.get("site_id").is_none_or(|id| device.site_id == id))
            .map(|device| self.device_row(device))
            .filter(|row| {
                params
                    .get("assignee_type")
                    .is_none_or(|wanted| row["assignee"]["extension_type"] == wanted)
            })
            .filter(|row| contains_keyword(row, params))
            .collect()
    }

    fn old_number_listing(&self, params: &Params) -> Vec<Value> {
        let kind = params.get("type").unwrap_or("all");
        self.numbers()
            .iter()
            .filter(|(_, holder)| match kind {
                "assigned" => holder.is_some(),
                "unassigned" => holder.is_none(),
                "byoc" => false,
                _ => true,
            })
            .filter(|(did, _)| params.get("phone_number").is_none_or(|wanted| did.number == wanted))
            .filter(|(_, holder)| {
                let wanted = params.get("extension_type");
                wanted.is_none() || wanted == holder.as_ref().map(|holder| holder.old_type)
            })
            .filter(|(_, holder)| {
                let site = params.get("site_id");
                site.is_none() || site == holder.as_ref().map(|holder| holder.site_id)
            })
            .filter(|_| params.get("number_type").is_none_or(|wanted| wanted == "toll"))
            .map(|(did, holder)| self.old_number_row(did, holder.as_ref()))
            .collect()
    }

    fn managed_number_listing(&self, params: &Params) -> Vec<Value> {
        let fields = [
            ("allocated_product", "allocated_product"),
            ("number_type", "number_type"),
            ("number_status", "status"),
            ("number_source", "source"),
        ];
        self.numbers()
            .iter()
            .map(|(did, holder)| self.managed_number_row(did, holder.as_ref()))
            .filter(|row| {
                fields
                    .iter()
                    .all(|(param, field)| params.get(param).is_none_or(|wanted| row[field] == wanted))
            })
            .filter(|row| {
                params
                    .get("site_id")
                    .is_none_or(|wanted| row["site"]["site_id"] == wanted)
            })
            .filter(|row| {
                let kind = row["assigned_list"][0]["assigned_to_type"]
                    .as_str()
                    .unwrap_or("PhoneUnassigned");
                params.get("assigned_to_type").is_none_or(|wanted| kind == wanted)
            })
            .filter(|row| {
                let number = row["number"].as_str().unwrap_or_default().trim_start_matches('+');
                params
                    .get("keyword")
                    .is_none_or(|wanted| number.starts_with(wanted.trim_start_matches(['+', ' '])))
            })
            .collect()
    }

    /// Everything of one kind, for a test to compare with; the names are those of the listings.
    pub fn truth(&self, entity: &str) -> Option<Vec<Value>> {
        let none = Params::default();
        let endpoint = match entity {
            "users" => return Some(self.users.iter().map(|user| self.user_row(user)).collect()),
            "devices" => {
                return Some(self.devices.iter().map(|device| self.device_row(device)).collect());
            }
            "group_members" => {
                let rows = self
                    .groups
                    .iter()
                    .map(|group| (&group.id, self.group_member_rows(&group.id)));
                return Some(with_container(rows, "group_id"));
            }
            "role_members" => {
                let rows = self
                    .roles
                    .iter()
                    .map(|role| (&role.id, self.role_member_rows(&role.id)));
                return Some(with_container(rows, "role_id"));
            }
            "call_queue_members" => {
                let rows = self
                    .queues
                    .iter()
                    .map(|queue| (&queue.id, Some(self.queue_member_rows(queue))));
                return Some(with_container(rows, "call_queue_id"));
            }
            "groups" => Endpoint::Groups,
            "roles" => Endpoint::Roles,
            "phone_users" => Endpoint::PhoneUsers,
            "sites" => Endpoint::Sites,
            "call_queues" => Endpoint::CallQueues,
            "auto_receptionists" => Endpoint::AutoReceptionists,
            "common_areas" => Endpoint::CommonAreas,
            "shared_line_groups" => Endpoint::SharedLineGroups,
            "rooms" => Endpoint::Rooms,
            "phone_numbers" => Endpoint::PhoneNumbers,
            "numbers" => Endpoint::ManagedNumbers,
            _ => return None,
        };
        self.rows(endpoint, &none)
    }

    /// Somebody to be "any ordinary member" in a test.
    pub fn first_member(&self) -> Option<&super::User> {
        self.users
            .iter()
            .find(|user| user.role_id == super::MEMBER_ROLE && user.status == Status::Active)
    }
}

fn with_container<'a>(lists: impl Iterator<Item = (&'a String, Option<Vec<Value>>)>, key: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for (id, rows) in lists {
        for mut row in rows.unwrap_or_default() {
            row[key] = Value::from(id.as_str());
            all.push(row);
        }
    }
    all
}

fn contains_keyword(row: &Value, params: &Params) -> bool {
    let Some(keyword) = params.get("keyword").map(str::to_lowercase) else {
        return true;
    };
    row.to_string().to_lowercase().contains(&keyword)
}
