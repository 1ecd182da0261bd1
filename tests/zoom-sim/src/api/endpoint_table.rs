//! The table of endpoints, as in Zoom's OpenAPI descriptions.

use super::endpoint::Endpoint as E;
use super::endpoint::Label::{Heavy, Light, Medium};
use super::endpoint::{Endpoint, EndpointSpec, Family, Label};

const USER_CLASSIC: &[&str] = &["user:read:admin", "user:read", "user:write:admin", "user:write"];
const PROFILE_CLASSIC: &[&str] = &[
    "user:read:admin",
    "user:read",
    "user:write:admin",
    "user:write",
    "user_profile",
    "user_info:read",
];
const GROUP_CLASSIC: &[&str] = &["group:read:admin", "group:write:admin"];
const ROLE_CLASSIC: &[&str] = &["role:read:admin", "role:write:admin"];
const PHONE_CLASSIC: &[&str] = &["phone:read:admin"];
const CALLS_CLASSIC: &[&str] = &["phone:read:admin", "phone_call_log:read:admin"];
// Without `phone:read:admin`, as described: an app with classic scopes needs `phone_call_log` for elements.
const ELEMENT_CLASSIC: &[&str] = &["phone_call_log:read:admin", "phone_call_log:read", "phone:read"];

const fn row(
    endpoint: Endpoint,
    path: &'static str,
    label: Label,
    page_max: Option<usize>,
    classic: &'static [&'static str],
    granular: &'static [&'static str],
) -> EndpointSpec {
    EndpointSpec {
        endpoint,
        path,
        label,
        family: Family::Phone,
        page_max,
        classic,
        granular,
        page_token_code: 400,
        enums: &[],
    }
}

/// An endpoint outside Zoom Phone: general limits, and 300 for a bad page token.
const fn general(mut spec: EndpointSpec) -> EndpointSpec {
    spec.family = Family::General;
    spec.page_token_code = 300;
    spec
}

const fn values(mut spec: EndpointSpec, enums: &'static [(&'static str, &'static [&'static str])]) -> EndpointSpec {
    spec.enums = enums;
    spec
}

const fn token_code(mut spec: EndpointSpec, code: i64) -> EndpointSpec {
    spec.page_token_code = code;
    spec
}

pub(crate) static ENDPOINTS: &[EndpointSpec] = &[
    values(
        general(row(
            E::Users,
            "users",
            Medium,
            Some(2000),
            USER_CLASSIC,
            &["user:read:list_users:admin"],
        )),
        &[
            ("status", &["active", "inactive", "pending"]),
            ("include_fields", &["custom_attributes", "host_key"]),
        ],
    ),
    general(row(
        E::User,
        "users/{}",
        Light,
        None,
        PROFILE_CLASSIC,
        &["user:read:user:admin", "user:read:user"],
    )),
    general(row(
        E::Groups,
        "groups",
        Medium,
        Some(300),
        GROUP_CLASSIC,
        &["group:read:list_groups:admin"],
    )),
    general(row(
        E::GroupMembers,
        "groups/{}/members",
        Medium,
        Some(2000),
        GROUP_CLASSIC,
        &["group:read:list_members:admin"],
    )),
    values(
        general(row(
            E::Roles,
            "roles",
            Medium,
            None,
            ROLE_CLASSIC,
            &["role:read:list_roles:admin", "role:read:list_roles"],
        )),
        &[("type", &["common", "iq"])],
    ),
    general(row(
        E::Role,
        "roles/{}",
        Light,
        None,
        ROLE_CLASSIC,
        &["role:read:role:admin", "role:read:role"],
    )),
    general(row(
        E::RoleMembers,
        "roles/{}/members",
        Medium,
        Some(300),
        ROLE_CLASSIC,
        &["role:read:list_members:admin", "role:read:list_members"],
    )),
    values(
        row(
            E::PhoneUsers,
            "phone/users",
            Medium,
            Some(100),
            PHONE_CLASSIC,
            &["phone:read:list_users:admin"],
        ),
        &[("status", &["activate", "deactivate", "pending"])],
    ),
    row(
        E::PhoneUser,
        "phone/users/{}",
        Light,
        None,
        &["phone:read:admin", "phone:read"],
        &["phone:read:user:admin", "phone:read:user"],
    ),
    row(
        E::PhoneSettings,
        "phone/settings",
        Light,
        None,
        PHONE_CLASSIC,
        &["phone:read:settings:admin"],
    ),
    row(
        E::Sites,
        "phone/sites",
        Medium,
        Some(300),
        PHONE_CLASSIC,
        &["phone:read:list_sites:admin"],
    ),
    row(
        E::CallQueues,
        "phone/call_queues",
        Medium,
        Some(100),
        PHONE_CLASSIC,
        &["phone:read:list_call_queues:admin"],
    ),
    row(
        E::CallQueue,
        "phone/call_queues/{}",
        Light,
        None,
        PHONE_CLASSIC,
        &["phone:read:call_queue:admin"],
    ),
    row(
        E::CallQueueMembers,
        "phone/call_queues/{}/members",
        Medium,
        None,
        PHONE_CLASSIC,
        &["phone:read:list_call_queue_members:admin"],
    ),
    row(
        E::AutoReceptionists,
        "phone/auto_receptionists",
        Medium,
        Some(100),
        PHONE_CLASSIC,
        &["phone:read:list_auto_receptionists:admin"],
    ),
    values(
        row(
            E::CommonAreas,
            "phone/common_areas",
            Medium,
            Some(100),
            PHONE_CLASSIC,
            &["phone:read:common_area:admin"],
        ),
        &[("common_area_device_type", &["1", "2", "3"])],
    ),
    row(
        E::SharedLineGroups,
        "phone/shared_line_groups",
        Medium,
        Some(300),
        PHONE_CLASSIC,
        &["phone:read:list_shared_line_groups:admin"],
    ),
    values(
        row(
            E::Devices,
            "phone/devices",
            Medium,
            Some(300),
            PHONE_CLASSIC,
            &["phone:read:list_devices:admin"],
        ),
        &[
            ("type", &["assigned", "unassigned"]),
            ("assignee_type", &["user", "commonArea"]),
        ],
    ),
    row(
        E::Rooms,
        "phone/rooms",
        Medium,
        Some(100),
        PHONE_CLASSIC,
        &["phone:read:list_rooms:admin"],
    ),
    values(
        row(
            E::PhoneNumbers,
            "phone/numbers",
            Medium,
            Some(100),
            PHONE_CLASSIC,
            &["phone:read:list_numbers:admin"],
        ),
        &[
            ("type", &["assigned", "unassigned", "byoc", "all"]),
            (
                "extension_type",
                &[
                    "user",
                    "callQueue",
                    "autoReceptionist",
                    "commonArea",
                    "emergencyNumberPool",
                    "companyLocation",
                    "meetingService",
                ],
            ),
            ("number_type", &["toll", "tollfree"]),
        ],
    ),
    values(
        token_code(
            general(row(
                E::ManagedNumbers,
                "number_management/numbers",
                Light,
                Some(200),
                &["number_management_numbers:read:admin"],
                &["number_management:read:list_numbers:admin"],
            )),
            1_003_100,
        ),
        &[
            (
                "allocated_product",
                &["UNALLOCATED", "ZOOM_PHONE", "ZOOM_CONTACT_CENTER"],
            ),
            (
                "number_type",
                &[
                    "Toll",
                    "TollFree",
                    "VirtualService",
                    "Mobile",
                    "SharedCost",
                    "National",
                    "ITFS",
                ],
            ),
            ("number_status", &["Normal", "Pending"]),
            (
                "number_source",
                &[
                    "Zoom",
                    "ZoomPorted",
                    "ZoomReserved",
                    "ThirdPartyNumber",
                    "BYOCCloud",
                    "BYOCPremises",
                ],
            ),
        ],
    ),
    values(
        token_code(
            row(
                E::CallHistory,
                "phone/call_history",
                Heavy,
                Some(300),
                CALLS_CLASSIC,
                &["phone:read:list_call_logs:admin"],
            ),
            300,
        ),
        &[
            ("directions", &["inbound", "outbound"]),
            ("connect_types", &["internal", "external"]),
            ("call_types", &["general", "emergency"]),
            ("time_type", &["start_time", "end_time"]),
            ("recording_status", &["recorded", "non_recorded"]),
            ("with_voicemail", &["true", "false"]),
        ],
    ),
    row(
        E::CallHistoryDetail,
        "phone/call_history/{}",
        Light,
        None,
        CALLS_CLASSIC,
        &["phone:read:call_log:admin"],
    ),
    row(
        E::CallElement,
        "phone/call_element/{}",
        Light,
        None,
        ELEMENT_CLASSIC,
        &["phone:read:call_log:admin"],
    ),
    row(
        E::CallLogs,
        "phone/call_logs",
        Heavy,
        Some(300),
        CALLS_CLASSIC,
        &["phone:read:list_call_logs:admin"],
    ),
];
