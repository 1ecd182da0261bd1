//! Directory entities: what a sync collects, under Zoom's names.
//!
//! Source: the list endpoints of the official OpenAPI; `site.id` within an answer becomes the column `site_id`.

use super::table::{Column, Kind, Table};

const fn column(name: &'static str, kind: Kind, wire: &'static [&'static str]) -> Column {
    Column { name, kind, wire }
}

/// Every directory table, in the order in which a sync applies them.
pub static TABLES: [&Table; 16] = [
    &ZOOM_USER,
    &ZOOM_GROUP,
    &ZOOM_GROUP_MEMBER,
    &ZOOM_ROLE,
    &ZOOM_ROLE_MEMBER,
    &PHONE_USER,
    &PHONE_SITE,
    &CALL_QUEUE,
    &CALL_QUEUE_MEMBER,
    &AUTO_RECEPTIONIST,
    &COMMON_AREA,
    &SHARED_LINE_GROUP,
    &PHONE_DEVICE,
    &PHONE_NUMBER,
    &DEPARTMENT,
    &COST_CENTER,
];

/// Tables whose rows have a validity (`valid_from`, `valid_to`) instead of a tombstone.
#[must_use]
pub fn is_membership(table: &Table) -> bool {
    table.key_columns == 2
}

/// Users of `/users`, all three statuses. A pending user without an id has the key `email:` + address.
pub static ZOOM_USER: Table = Table {
    name: "zoom_user",
    columns: &[
        column("id", Kind::Id, &["id"]),
        column("email", Kind::Text, &["email"]),
        column("first_name", Kind::Text, &["first_name"]),
        column("last_name", Kind::Text, &["last_name"]),
        column("display_name", Kind::Text, &["display_name"]),
        column("type", Kind::Integer, &["type"]),
        column("status", Kind::Id, &["status"]),
        column("dept", Kind::Text, &["dept"]),
        column("role_id", Kind::Id, &["role_id"]),
        column("timezone", Kind::Id, &["timezone"]),
        column("employee_unique_id", Kind::Text, &["employee_unique_id"]),
        column("pmi", Kind::Integer, &["pmi"]),
        column("verified", Kind::Integer, &["verified"]),
        column("plan_united_type", Kind::Id, &["plan_united_type"]),
        column("user_created_at", Kind::Time, &["user_created_at"]),
        column("created_at", Kind::Time, &["created_at"]),
        column("last_login_time", Kind::Time, &["last_login_time"]),
        column("last_client_version", Kind::Text, &["last_client_version"]),
        column("host_key", Kind::Text, &["host_key"]),
        column("group_ids", Kind::Json, &["group_ids"]),
        column("im_group_ids", Kind::Json, &["im_group_ids"]),
        column("division_ids", Kind::Json, &["division_ids"]),
        column("custom_attributes", Kind::Json, &["custom_attributes"]),
        column("license_info_list", Kind::Json, &["license_info_list"]),
    ],
    key_columns: 1,
    e164: &[],
};

/// `/groups`.
pub static ZOOM_GROUP: Table = Table {
    name: "zoom_group",
    columns: &[
        column("id", Kind::Id, &["id"]),
        column("name", Kind::Text, &["name"]),
        column("total_members", Kind::Integer, &["total_members"]),
    ],
    key_columns: 1,
    e164: &[],
};

/// `/groups/{groupId}/members`.
pub static ZOOM_GROUP_MEMBER: Table = Table {
    name: "zoom_group_member",
    columns: &[
        column("group_id", Kind::Id, &["group_id"]),
        column("id", Kind::Id, &["id"]),
        column("email", Kind::Text, &["email"]),
        column("first_name", Kind::Text, &["first_name"]),
        column("last_name", Kind::Text, &["last_name"]),
        column("type", Kind::Integer, &["type"]),
    ],
    key_columns: 2,
    e164: &[],
};

/// `/roles`.
pub static ZOOM_ROLE: Table = Table {
    name: "zoom_role",
    columns: &[
        column("id", Kind::Id, &["id"]),
        column("name", Kind::Text, &["name"]),
        column("description", Kind::Text, &["description"]),
        column("type", Kind::Id, &["type"]),
        column("total_members", Kind::Integer, &["total_members"]),
    ],
    key_columns: 1,
    e164: &[],
};

/// `/roles/{roleId}/members`.
pub static ZOOM_ROLE_MEMBER: Table = Table {
    name: "zoom_role_member",
    columns: &[
        column("role_id", Kind::Id, &["role_id"]),
        column("id", Kind::Id, &["id"]),
        column("email", Kind::Text, &["email"]),
        column("first_name", Kind::Text, &["first_name"]),
        column("last_name", Kind::Text, &["last_name"]),
        column("department", Kind::Text, &["department"]),
        column("type", Kind::Integer, &["type"]),
    ],
    key_columns: 2,
    e164: &[],
};

/// `/phone/users`.
pub static PHONE_USER: Table = Table {
    name: "phone_user",
    columns: &[
        column("id", Kind::Id, &["id"]),
        column("email", Kind::Text, &["email"]),
        column("name", Kind::Text, &["name"]),
        column("extension_id", Kind::Id, &["extension_id"]),
        column("extension_number", Kind::Integer, &["extension_number"]),
        column("phone_user_id", Kind::Id, &["phone_user_id"]),
        column("site_id", Kind::Id, &["site.id", "site.site_id"]),
        column("site_name", Kind::Text, &["site.name"]),
        column("status", Kind::Id, &["status"]),
        column("activation_status", Kind::Id, &["activation_status"]),
        column("department", Kind::Text, &["department"]),
        column("cost_center", Kind::Text, &["cost_center"]),
        column("phone_numbers", Kind::Json, &["phone_numbers"]),
        column("calling_plans", Kind::Json, &["calling_plans"]),
    ],
    key_columns: 1,
    e164: &[],
};

/// `/phone/sites`.
pub static PHONE_SITE: Table = Table {
    name: "phone_site",
    columns: &[
        column("id", Kind::Id, &["id"]),
        column("name", Kind::Text, &["name"]),
        column("country_code", Kind::Id, &["country.code"]),
        column("country_name", Kind::Text, &["country.name"]),
        column("main_auto_receptionist_id", Kind::Id, &["main_auto_receptionist.id"]),
        column(
            "main_auto_receptionist_name",
            Kind::Text,
            &["main_auto_receptionist.name"],
        ),
        column(
            "main_auto_receptionist_extension_id",
            Kind::Id,
            &["main_auto_receptionist.extension_id"],
        ),
        column(
            "main_auto_receptionist_extension_number",
            Kind::Integer,
            &["main_auto_receptionist.extension_number"],
        ),
        column("site_code", Kind::Integer, &["site_code"]),
    ],
    key_columns: 1,
    e164: &[],
};

/// `/phone/call_queues`; department and cost centre come from `/phone/call_queues/{callQueueId}`.
pub static CALL_QUEUE: Table = Table {
    name: "call_queue",
    columns: &[
        column("id", Kind::Id, &["id"]),
        column("name", Kind::Text, &["name"]),
        column("extension_id", Kind::Id, &["extension_id"]),
        column("extension_number", Kind::Integer, &["extension_number"]),
        column("site_id", Kind::Id, &["site.id", "site.site_id"]),
        column("site_name", Kind::Text, &["site.name"]),
        column("status", Kind::Id, &["status"]),
        column("department", Kind::Text, &["department"]),
        column("cost_center", Kind::Text, &["cost_center"]),
        column("phone_numbers", Kind::Json, &["phone_numbers"]),
    ],
    key_columns: 1,
    e164: &[],
};

/// `/phone/call_queues/{callQueueId}/members`.
pub static CALL_QUEUE_MEMBER: Table = Table {
    name: "call_queue_member",
    columns: &[
        column("call_queue_id", Kind::Id, &["call_queue_id"]),
        column("id", Kind::Id, &["id"]),
        column("level", Kind::Id, &["level"]),
        column("name", Kind::Text, &["name"]),
        column("receive_call", Kind::Boolean, &["receive_call"]),
        column("extension_id", Kind::Id, &["extension_id"]),
    ],
    key_columns: 2,
    e164: &[],
};

/// `/phone/auto_receptionists`.
pub static AUTO_RECEPTIONIST: Table = Table {
    name: "auto_receptionist",
    columns: &[
        column("id", Kind::Id, &["id"]),
        column("name", Kind::Text, &["name"]),
        column("extension_id", Kind::Id, &["extension_id"]),
        column("extension_number", Kind::Integer, &["extension_number"]),
        column("site_id", Kind::Id, &["site.id", "site.site_id"]),
        column("site_name", Kind::Text, &["site.name"]),
        column("department", Kind::Text, &["department"]),
        column("cost_center", Kind::Text, &["cost_center"]),
        column("timezone", Kind::Id, &["timezone"]),
        column("audio_prompt_language", Kind::Id, &["audio_prompt_language"]),
        column("phone_numbers", Kind::Json, &["phone_numbers"]),
        column("holiday_hours", Kind::Json, &["holiday_hours"]),
    ],
    key_columns: 1,
    e164: &[],
};

/// `/phone/common_areas`.
pub static COMMON_AREA: Table = Table {
    name: "common_area",
    columns: &[
        column("id", Kind::Id, &["id"]),
        column("display_name", Kind::Text, &["display_name"]),
        column("extension_id", Kind::Id, &["extension_id"]),
        column("extension_number", Kind::Integer, &["extension_number"]),
        column("site_id", Kind::Id, &["site.id", "site.site_id"]),
        column("site_name", Kind::Text, &["site.name"]),
        column("status", Kind::Id, &["status"]),
        column("department", Kind::Text, &["department"]),
        column("cost_center", Kind::Text, &["cost_center"]),
        column("phone_numbers", Kind::Json, &["phone_numbers"]),
        column("calling_plans", Kind::Json, &["calling_plans"]),
        column("desk_phones", Kind::Json, &["desk_phones"]),
    ],
    key_columns: 1,
    e164: &[],
};

/// `/phone/shared_line_groups`.
pub static SHARED_LINE_GROUP: Table = Table {
    name: "shared_line_group",
    columns: &[
        column("id", Kind::Id, &["id"]),
        column("display_name", Kind::Text, &["display_name"]),
        column("extension_id", Kind::Id, &["extension_id"]),
        column("extension_number", Kind::Integer, &["extension_number"]),
        column("site_id", Kind::Id, &["site.id", "site.site_id"]),
        column("site_name", Kind::Text, &["site.name"]),
        column("status", Kind::Id, &["status"]),
        column("phone_numbers", Kind::Json, &["phone_numbers"]),
    ],
    key_columns: 1,
    e164: &[],
};

/// `/phone/devices`, assigned and unassigned.
pub static PHONE_DEVICE: Table = Table {
    name: "phone_device",
    columns: &[
        column("id", Kind::Id, &["id"]),
        column("display_name", Kind::Text, &["display_name"]),
        column("device_type", Kind::Text, &["device_type"]),
        column("mac_address", Kind::Id, &["mac_address"]),
        column("site_id", Kind::Id, &["site.id", "site.site_id"]),
        column("site_name", Kind::Text, &["site.name"]),
        column("status", Kind::Id, &["status"]),
        column("provision_template_id", Kind::Id, &["provision_template_id"]),
        column("description", Kind::Text, &["description"]),
        column("firmware_version", Kind::Text, &["firmware_version"]),
        column("private_ip", Kind::Id, &["private_ip"]),
        column("public_ip", Kind::Id, &["public_ip"]),
        column("assignee", Kind::Json, &["assignee"]),
        column("assignees", Kind::Json, &["assignees"]),
        column("policy", Kind::Json, &["policy"]),
    ],
    key_columns: 1,
    e164: &[],
};

/// `/number_management/numbers`, or the older `/phone/numbers`.
pub static PHONE_NUMBER: Table = Table {
    name: "phone_number",
    columns: &[
        column("id", Kind::Id, &["id"]),
        column("number", Kind::Text, &["number"]),
        column("display_name", Kind::Text, &["display_name"]),
        column("number_type", Kind::Id, &["number_type"]),
        column("allocated_product", Kind::Id, &["allocated_product"]),
        column("caller_id_name", Kind::Text, &["caller_id_name"]),
        column("source", Kind::Id, &["source"]),
        column("status", Kind::Id, &["status"]),
        column("site_id", Kind::Id, &["site.site_id", "site.id"]),
        column("site_name", Kind::Text, &["site.name"]),
        column("carrier_code", Kind::Integer, &["carrier.code"]),
        column("carrier_name", Kind::Text, &["carrier.name"]),
        column("location", Kind::Json, &["location"]),
        column("address_update_required", Kind::Boolean, &["address_update_required"]),
        column("emergency_address_status", Kind::Integer, &["emergency_address_status"]),
        column(
            "emergency_address_update_time",
            Kind::Time,
            &["emergency_address_update_time"],
        ),
        column("capability", Kind::Json, &["capability"]),
        column("assigned_list", Kind::Json, &["assigned_list"]),
        column("assignee", Kind::Json, &["assignee"]),
        column("emergency_address", Kind::Json, &["emergency_address"]),
        column("sip_group", Kind::Json, &["sip_group"]),
    ],
    key_columns: 1,
    e164: &["number"],
};

/// Departments named by users, phone users, queues, auto receptionists; Zoom has no list of its own.
pub static DEPARTMENT: Table = Table {
    name: "department",
    columns: &[column("name", Kind::Text, &["name"])],
    key_columns: 1,
    e164: &[],
};

/// Cost centres named by phone users, queues, auto receptionists; Zoom has no list of its own.
pub static COST_CENTER: Table = Table {
    name: "cost_center",
    columns: &[column("name", Kind::Text, &["name"])],
    key_columns: 1,
    e164: &[],
};
