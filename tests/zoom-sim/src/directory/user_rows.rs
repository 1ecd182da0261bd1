//! Users, groups and roles in the shapes of Zoom's answers.

use super::{Directory, OWNER_ROLE, Status, User};
use serde_json::{Value, json};

impl Directory {
    /// A row of `/users`. Pending users have no `id`; `cost_center`, `job_title` and `account_number` are not listed.
    pub fn user_row(&self, user: &User) -> Value {
        let mut row = json!({
            "id": user.id,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "display_name": user.display_name(),
            "email": user.email,
            "type": 2,
            "pmi": user.pmi,
            "timezone": user.timezone,
            "verified": 1,
            "dept": user.dept,
            "created_at": user.created.to_string(),
            "user_created_at": user.created.to_string(),
            "last_login_time": user.created.to_string(),
            "last_client_version": "6.4.10.32000(win)",
            "employee_unique_id": user.employee_id,
            "group_ids": user.group_ids,
            "im_group_ids": [],
            "status": user.status.of_user(),
            "role_id": user.role_id,
        });
        if user.status == Status::Pending {
            for hidden in ["id", "pmi", "last_login_time", "last_client_version"] {
                row.as_object_mut().map(|row| row.shift_remove(hidden));
            }
        }
        row
    }

    /// The body of `/users/{userId}`.
    pub fn user_detail(&self, user: &User, account_id: &str, account_number: i64) -> Value {
        let role_name = self
            .roles
            .iter()
            .find(|role| role.id == user.role_id)
            .map_or("Member", |role| role.name.as_str());
        json!({
            "id": user.id,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "display_name": user.display_name(),
            "email": user.email,
            "type": 2,
            "role_name": role_name,
            "role_id": user.role_id,
            "pmi": user.pmi,
            "use_pmi": false,
            "timezone": user.timezone,
            "verified": 1,
            "dept": user.dept,
            "cost_center": user.cost_center,
            "job_title": user.job_title,
            "employee_unique_id": user.employee_id,
            "created_at": user.created.to_string(),
            "user_created_at": user.created.to_string(),
            "last_login_time": user.created.to_string(),
            "language": "en-US",
            "phone_country": "",
            "phone_number": "",
            "status": user.status.of_user(),
            "group_ids": user.group_ids,
            "im_group_ids": [],
            "account_id": account_id,
            "account_number": account_number,
            "jid": format!("{}@xmpp.example.com", user.id.to_lowercase()),
            "cluster": "us04",
            "login_types": [100],
        })
    }

    pub fn group_rows(&self) -> Vec<Value> {
        let count = |id: &String| self.users.iter().filter(|user| in_group(user, id)).count();
        self.groups
            .iter()
            .map(|group| json!({"id": group.id, "name": group.name, "total_members": count(&group.id)}))
            .collect()
    }

    /// `None`: there is no such group.
    pub fn group_member_rows(&self, group_id: &str) -> Option<Vec<Value>> {
        self.groups.iter().find(|group| group.id == group_id)?;
        let members = self.users.iter().filter(|user| in_group(user, group_id));
        Some(
            members
                .map(|user| {
                    json!({
                        "id": user.id, "first_name": user.first_name, "last_name": user.last_name,
                        "email": user.email, "type": 2,
                    })
                })
                .collect(),
        )
    }

    pub fn role_rows(&self) -> Vec<Value> {
        self.roles.iter().filter_map(|role| self.role_row(&role.id)).collect()
    }

    pub fn role_row(&self, role_id: &str) -> Option<Value> {
        let role = self.roles.iter().find(|role| role.id == role_id)?;
        let total = self.users.iter().filter(|user| holds_role(user, role_id)).count();
        Some(json!({
            "id": role.id, "name": role.name, "description": role.description, "type": "common",
            "total_members": total,
        }))
    }

    /// The body of `/roles/{roleId}`.
    pub fn role_detail(&self, role_id: &str) -> Option<Value> {
        let mut row = self.role_row(role_id)?;
        let privileges = if role_id == super::MEMBER_ROLE {
            json!([])
        } else {
            json!(["User:Read", "Role:Read"])
        };
        row.as_object_mut()?.insert("privileges".into(), privileges);
        Some(row)
    }

    pub fn role_member_rows(&self, role_id: &str) -> Option<Vec<Value>> {
        self.roles.iter().find(|role| role.id == role_id)?;
        let members = self.users.iter().filter(|user| holds_role(user, role_id));
        Some(
            members
                .map(|user| {
                    json!({
                        "id": user.id, "first_name": user.first_name, "last_name": user.last_name,
                        "email": user.email, "type": 2, "department": user.dept,
                    })
                })
                .collect(),
        )
    }

    /// Owners and admins may install the app for the whole account.
    pub fn may_administer(user: &User) -> bool {
        user.role_id == OWNER_ROLE || user.role_id == super::ADMIN_ROLE
    }
}

fn in_group(user: &User, group_id: &str) -> bool {
    user.status != Status::Pending && user.group_ids.iter().any(|id| id == group_id)
}

fn holds_role(user: &User, role_id: &str) -> bool {
    user.status != Status::Pending && user.role_id == role_id
}
