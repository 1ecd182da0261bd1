//! Who can take part in calls: a copy of the directory's extensions, so that renaming somebody leaves old records alone.

use crate::directory::{Directory, Extension, Member, Status};
use serde_json::{Map, Value, json};

#[derive(Clone, Debug)]
pub(crate) struct Party {
    pub kind: &'static str,
    pub ext_id: String,
    pub ext_number: String,
    pub name: String,
    pub email: Option<String>,
    pub did: Option<String>,
    pub device: &'static str,
    pub dept: String,
    pub cost_center: String,
    pub site_id: String,
    pub site_name: String,
    pub group_id: String,
}

/// Somebody outside the account.
#[derive(Clone, Debug)]
pub(crate) struct Outsider {
    pub number: String,
    pub number_type: &'static str,
    pub name: Option<&'static str>,
    pub country: (&'static str, &'static str),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Cast {
    pub users: Vec<Party>,
    /// Each queue with the positions of its members in `users`.
    pub queues: Vec<(Party, Vec<usize>)>,
    pub receptionists: Vec<Party>,
    pub areas: Vec<Party>,
    pub line_groups: Vec<Party>,
}

const CLIENTS: [&str; 4] = [
    "WIN_Client(6.4.10.32000)",
    "MAC_Client(6.0.2.33403)",
    "IOS_Client(6.3.1.1187)",
    "Poly VVX450",
];

impl Cast {
    pub fn of(directory: &Directory) -> Self {
        let site_name = |extension: &Extension| {
            directory
                .sites
                .iter()
                .find(|site| site.id == extension.site_id)
                .map_or("", |site| &site.name)
                .to_owned()
        };
        let party = |kind, name: String, extension: &Extension, dept: &str, cost_center: &str| Party {
            kind,
            ext_id: extension.ext_id.clone(),
            ext_number: extension.number.to_string(),
            name,
            email: None,
            did: extension.dids.first().map(|did| did.number.clone()),
            device: CLIENTS[usize::try_from(extension.number % 4).unwrap_or(0)],
            dept: dept.to_owned(),
            cost_center: cost_center.to_owned(),
            site_id: extension.site_id.clone(),
            site_name: site_name(extension),
            group_id: String::new(),
        };
        let mut cast = Self::default();
        let mut user_ids = Vec::new();
        for (user, phone) in directory.phone_users() {
            if user.status != Status::Active || phone.status != Status::Active {
                continue;
            }
            let mut one = party(
                "user",
                user.display_name(),
                &phone.extension,
                &user.dept,
                &user.cost_center,
            );
            one.email = Some(user.email.clone());
            one.group_id = user.group_ids.first().cloned().unwrap_or_default();
            cast.users.push(one);
            user_ids.push(user.id.clone());
        }
        for queue in &directory.queues {
            let members = queue.members.iter().filter_map(|member| match member {
                Member::User(id) => user_ids.iter().position(|known| known == id),
                Member::CommonArea(_) => None,
            });
            let one = party(
                "call_queue",
                queue.name.clone(),
                &queue.extension,
                &queue.dept,
                &queue.cost_center,
            );
            cast.queues.push((one, members.collect()));
        }
        let places = |kind: &'static str, list: &[crate::directory::Place]| -> Vec<Party> {
            list.iter()
                .map(|place| {
                    party(
                        kind,
                        place.name.clone(),
                        &place.extension,
                        &place.dept,
                        &place.cost_center,
                    )
                })
                .collect()
        };
        cast.receptionists = places("auto_receptionist", &directory.receptionists);
        cast.areas = places("common_area", &directory.areas);
        cast.line_groups = places("shared_line_group", &directory.line_groups);
        cast
    }
}

/// One side of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Side<'a> {
    Inside(&'a Party),
    Outside(&'a Outsider),
}

impl Side<'_> {
    /// Writes `caller_…` or `callee_…`. Record lists show the country as "US", elements as "1".
    pub fn write(self, prefix: &str, fields: &mut Map<String, Value>, country_as_number: bool) {
        let mut put = |name: &str, value: Value| {
            fields.insert(format!("{prefix}_{name}"), value);
        };
        let country = match self {
            Self::Inside(party) => {
                put("ext_id", json!(party.ext_id));
                if let Some(did) = &party.did {
                    put("did_number", json!(did));
                }
                put("ext_number", json!(party.ext_number));
                put("name", json!(party.name));
                if let Some(email) = &party.email {
                    put("email", json!(email));
                }
                put("ext_type", json!(party.kind));
                if party.did.is_some() {
                    put("number_type", json!("zoom_pstn"));
                }
                if party.kind == "user" || party.kind == "common_area" {
                    put("device_type", json!(party.device));
                }
                ("US", "1")
            }
            Self::Outside(party) => {
                if !party.number.is_empty() {
                    put("did_number", json!(party.number));
                }
                if let Some(name) = party.name {
                    put("name", json!(name));
                }
                put("number_type", json!(party.number_type));
                party.country
            }
        };
        put("country_iso_code", json!(country.0));
        put(
            "country_code",
            json!(if country_as_number { country.1 } else { country.0 }),
        );
    }
}

/// Department, cost centre, site and group of the account's own side.
pub(crate) fn write_owner(party: &Party, fields: &mut Map<String, Value>) {
    fields.insert("department".into(), json!(party.dept));
    fields.insert("cost_center".into(), json!(party.cost_center));
    fields.insert("site_id".into(), json!(party.site_id));
    fields.insert("group_id".into(), json!(party.group_id));
    fields.insert("site_name".into(), json!(party.site_name));
}
