//! Zoom Phone's directory in the shapes of Zoom's answers.

use super::{Did, Directory, Member, PhoneLine, Place, Status, User};
use serde_json::{Value, json};

/// Phone users' numbers are shown without the plus sign, as in Zoom's own examples; everything else has it.
fn bare(dids: &[Did]) -> Value {
    dids.iter()
        .map(|did| json!({"id": did.id, "number": did.number.trim_start_matches('+')}))
        .collect()
}

fn sourced(dids: &[Did]) -> Value {
    dids.iter()
        .map(|did| json!({"id": did.id, "number": did.number, "source": "internal"}))
        .collect()
}

fn plain(dids: &[Did]) -> Value {
    dids.iter()
        .map(|did| json!({"id": did.id, "number": did.number}))
        .collect()
}

fn activity(active: bool) -> &'static str {
    if active { "active" } else { "inactive" }
}

fn plans() -> Value {
    json!([{"name": "US/CA Metered Calling Plan", "type": 100}])
}

impl Directory {
    pub fn phone_users(&self) -> impl Iterator<Item = (&User, &PhoneLine)> {
        self.users
            .iter()
            .filter(|user| user.status != Status::Pending)
            .filter_map(|user| user.phone.as_ref().map(|phone| (user, phone)))
    }

    pub fn phone_user_row(&self, user: &User, phone: &PhoneLine) -> Value {
        json!({
            "id": user.id,
            "phone_user_id": phone.phone_user_id,
            "name": user.display_name(),
            "email": user.email,
            "extension_id": phone.extension.ext_id,
            "extension_number": phone.extension.number,
            "status": phone.status.of_phone_user(),
            "activation_status": if phone.status == Status::Active { "activated" } else { "not ready" },
            "calling_plans": plans(),
            "phone_numbers": bare(&phone.extension.dids),
            "site": self.site_row(&phone.extension.site_id),
            "department": user.dept,
            "cost_center": user.cost_center,
        })
    }

    /// The body of `/phone/users/{userId}`, with a small part of its long `policy`.
    pub fn phone_user_detail(&self, user: &User, phone: &PhoneLine) -> Value {
        json!({
            "id": user.id,
            "phone_user_id": phone.phone_user_id,
            "email": user.email,
            "extension_id": phone.extension.ext_id,
            "extension_number": phone.extension.number,
            "status": phone.status.of_phone_user(),
            "calling_plans": [{"type": 100}],
            "phone_numbers": bare(&phone.extension.dids),
            "site_id": phone.extension.site_id,
            "site_admin": false,
            "department": user.dept,
            "cost_center": user.cost_center,
            "policy": {"international_calling": true, "voicemail": {"enable": true}},
        })
    }

    pub fn site_rows(&self) -> Vec<Value> {
        let receptionist = |id: &str| self.receptionists.iter().find(|place| place.id == id);
        self.sites
            .iter()
            .map(|site| {
                let mut row = json!({
                    "id": site.id, "name": site.name, "site_code": site.code,
                    "country": {"code": "US", "name": "United States"},
                });
                if let (Some(main), Some(row)) = (receptionist(&site.receptionist_id), row.as_object_mut()) {
                    row.insert(
                        "main_auto_receptionist".into(),
                        json!({
                            "id": main.id, "name": main.name, "extension_id": main.extension.ext_id,
                            "extension_number": main.extension.number,
                        }),
                    );
                }
                row
            })
            .collect()
    }

    /// Department and cost centre are filters of the list but fields of the detail only.
    pub fn queue_row(&self, queue: &Place) -> Value {
        json!({
            "id": queue.id,
            "extension_id": queue.extension.ext_id,
            "extension_number": queue.extension.number,
            "name": queue.name,
            "phone_numbers": sourced(&queue.extension.dids),
            "site": self.site_row(&queue.extension.site_id),
            "status": activity(queue.active),
        })
    }

    pub fn queue_detail(&self, queue: &Place) -> Value {
        let mut users = Vec::new();
        let mut areas = Vec::new();
        for mut row in self.queue_member_rows(queue) {
            let is_area = row["level"] == "commonArea";
            if let Some(row) = row.as_object_mut().filter(|_| is_area) {
                row.shift_remove("level");
            }
            if is_area { areas.push(row) } else { users.push(row) }
        }
        let mut detail = self.queue_row(queue);
        if let Some(detail) = detail.as_object_mut() {
            detail.insert("department".into(), json!(queue.dept));
            detail.insert("cost_center".into(), json!(queue.cost_center));
            detail.insert("members".into(), json!({"users": users, "common_areas": areas}));
            detail.insert("timezone".into(), json!("Europe/Berlin"));
        }
        detail
    }

    pub fn queue_member_rows(&self, queue: &Place) -> Vec<Value> {
        queue
            .members
            .iter()
            .filter_map(|member| match member {
                Member::User(id) => {
                    let user = self.user(id)?;
                    let extension = &user.phone.as_ref()?.extension;
                    Some(json!({
                        "id": user.id, "level": "user", "name": user.display_name(), "receive_call": true,
                        "extension_id": extension.ext_id,
                    }))
                }
                Member::CommonArea(id) => {
                    let area = self.areas.iter().find(|area| area.id == *id)?;
                    Some(json!({
                        "id": area.id, "level": "commonArea", "name": area.name,
                        "extension_id": area.extension.ext_id,
                    }))
                }
            })
            .collect()
    }

    pub fn receptionist_row(&self, place: &Place) -> Value {
        json!({
            "id": place.id,
            "name": place.name,
            "extension_id": place.extension.ext_id,
            "extension_number": place.extension.number,
            "department": place.dept,
            "cost_center": place.cost_center,
            "timezone": "Europe/Berlin",
            "audio_prompt_language": "en-US",
            "holiday_hours": [],
            "phone_numbers": plain(&place.extension.dids),
            "site": self.site_row(&place.extension.site_id),
        })
    }

    /// No `extension_id` here, and `display_name` instead of `name`.
    pub fn area_row(&self, place: &Place) -> Value {
        let desk_phones: Vec<Value> = self
            .devices
            .iter()
            .filter(|device| device.assignee.as_ref() == Some(&Member::CommonArea(place.id.clone())))
            .map(|device| {
                json!({
                    "id": device.id, "display_name": device.name, "device_type": device.model,
                    "status": if device.online { "online" } else { "offline" },
                })
            })
            .collect();
        json!({
            "id": place.id,
            "display_name": place.name,
            "extension_number": place.extension.number,
            "calling_plans": plans(),
            "phone_numbers": sourced(&place.extension.dids),
            "site": self.site_row(&place.extension.site_id),
            "status": "online",
            "desk_phones": desk_phones,
        })
    }

    pub fn line_group_row(&self, place: &Place) -> Value {
        let numbers: Vec<Value> = place
            .extension
            .dids
            .iter()
            .map(|did| json!({"id": did.id, "number": did.number, "status": "available"}))
            .collect();
        json!({
            "id": place.id,
            "display_name": place.name,
            "extension_id": place.extension.ext_id,
            "extension_number": place.extension.number,
            "phone_numbers": numbers,
            "site": self.site_row(&place.extension.site_id),
            "status": activity(place.active),
        })
    }

    pub fn room_row(&self, place: &Place) -> Value {
        json!({
            "id": place.id,
            "name": place.name,
            "extension_id": place.extension.ext_id,
            "extension_number": place.extension.number,
            "calling_plans": plans(),
            "phone_numbers": bare(&place.extension.dids),
            "site": self.site_row(&place.extension.site_id),
        })
    }

    pub fn device_row(&self, device: &super::Device) -> Value {
        let mut row = json!({
            "id": device.id,
            "display_name": device.name,
            "device_type": device.model,
            "mac_address": device.mac,
            "status": if device.online { "online" } else { "offline" },
            "site": self.site_row(&device.site_id),
            "provision_template_id": "",
        });
        let assignee = device.assignee.as_ref().and_then(|member| match member {
            Member::User(id) => {
                let user = self.user(id)?;
                let extension = &user.phone.as_ref()?.extension;
                Some((
                    user.id.clone(),
                    user.display_name(),
                    "user",
                    extension.number,
                    extension.ext_id.clone(),
                ))
            }
            Member::CommonArea(id) => {
                let area = self.areas.iter().find(|area| area.id == *id)?;
                let extension = &area.extension;
                Some((
                    area.id.clone(),
                    area.name.clone(),
                    "commonArea",
                    extension.number,
                    extension.ext_id.clone(),
                ))
            }
        });
        if let (Some((id, name, kind, number, ext_id)), Some(row)) = (assignee, row.as_object_mut()) {
            let short = json!({"id": id, "name": name, "extension_type": kind, "extension_number": number});
            let mut full = short.clone();
            full["extension_id"] = json!(ext_id);
            row.insert("assignee".into(), short);
            row.insert("assignees".into(), json!([full]));
        }
        row
    }

    /// Every number with its holder: (number, assignee as (id, name, old type, new type, extension, site)).
    pub fn numbers(&self) -> Vec<(&Did, Option<Holder<'_>>)> {
        let mut numbers: Vec<(&Did, Option<Holder<'_>>)> = Vec::new();
        for (user, phone) in self.phone_users() {
            let holder = |_| Holder {
                id: &user.id,
                name: user.display_name(),
                old_type: "user",
                new_type: "User",
                extension: phone.extension.number,
                site_id: &phone.extension.site_id,
            };
            numbers.extend(phone.extension.dids.iter().map(|did| (did, Some(holder(())))));
        }
        let places = [
            (&self.queues, "callQueue", "CallQueue"),
            (&self.receptionists, "autoReceptionist", "AutoReceptionist"),
            (&self.areas, "commonArea", "CommonArea"),
            (&self.line_groups, "sharedLineGroup", "SharedLineGroup"),
        ];
        for (list, old_type, new_type) in places {
            for place in list {
                let holder = |_| Holder {
                    id: &place.id,
                    name: place.name.clone(),
                    old_type,
                    new_type,
                    extension: place.extension.number,
                    site_id: &place.extension.site_id,
                };
                numbers.extend(place.extension.dids.iter().map(|did| (did, Some(holder(())))));
            }
        }
        numbers.extend(self.unassigned.iter().map(|did| (did, None)));
        numbers
    }

    /// A row of the deprecated `/phone/numbers`.
    pub fn old_number_row(&self, did: &Did, holder: Option<&Holder<'_>>) -> Value {
        let mut row = json!({
            "id": did.id, "number": did.number, "number_type": "toll", "capability": ["incoming", "outgoing"],
            "location": "Washington, District of Columbia, United States", "source": "internal",
            "status": "available",
        });
        if let (Some(holder), Some(row)) = (holder, row.as_object_mut()) {
            row.insert(
                "assignee".into(),
                json!({
                    "id": holder.id, "name": holder.name, "type": holder.old_type,
                    "extension_number": holder.extension,
                }),
            );
            row.insert("site".into(), self.site_row(holder.site_id));
        }
        row
    }

    /// A row of `/number_management/numbers`: other names, `site_id` instead of `id`, extension numbers as text.
    pub fn managed_number_row(&self, did: &Did, holder: Option<&Holder<'_>>) -> Value {
        let mut row = json!({
            "id": did.id, "number": did.number, "number_type": "Toll", "source": "Zoom", "status": "Normal",
            "allocated_product": if holder.is_some() { "ZOOM_PHONE" } else { "UNALLOCATED" },
            "capability": ["Incoming", "Outgoing"],
            "location": {"country": "United States", "city": "Washington", "state": "District of Columbia"},
        });
        if let (Some(holder), Some(row)) = (holder, row.as_object_mut()) {
            row.insert(
                "assigned_list".into(),
                json!([{
                    "assigned_to_id": holder.id, "assigned_to_name": holder.name,
                    "assigned_to_type": holder.new_type, "extension_number": holder.extension.to_string(),
                }]),
            );
            let site = self.site_row(holder.site_id);
            row.insert("site".into(), json!({"site_id": site["id"], "name": site["name"]}));
        }
        row
    }
}

/// Who has a phone number.
#[derive(Clone, Debug)]
pub(crate) struct Holder<'a> {
    pub id: &'a str,
    pub name: String,
    pub old_type: &'static str,
    pub new_type: &'static str,
    pub extension: u64,
    pub site_id: &'a str,
}
