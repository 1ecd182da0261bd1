//! The rights an app needs at Zoom, and which of them an account has not granted.
//!
//! An app has either granular scopes (all new apps) or classic ones, so a token's scope list shows one or the other:
//! either spelling satisfies. Source: the scopes of each endpoint in the official OpenAPI.

/// A right that one of our requests needs.
#[derive(Debug, PartialEq, Eq)]
pub struct RequiredScope {
    /// The granular name: what to add to an app of today.
    pub scope: &'static str,
    /// Other scopes that permit the same requests.
    pub alternatives: &'static [&'static str],
    /// What is lost without it.
    pub needed_for: &'static str,
    /// Whether nothing works without it: the account cannot be connected.
    pub essential: bool,
}

impl RequiredScope {
    /// Whether `granted` holds it in some spelling.
    #[must_use]
    pub fn is_granted(&self, granted: &[String]) -> bool {
        granted
            .iter()
            .any(|name| name == self.scope || self.alternatives.contains(&name.as_str()))
    }
}

const fn required(
    scope: &'static str,
    alternatives: &'static [&'static str],
    needed_for: &'static str,
) -> RequiredScope {
    RequiredScope {
        scope,
        alternatives,
        needed_for,
        essential: false,
    }
}

const fn essential(
    scope: &'static str,
    alternatives: &'static [&'static str],
    needed_for: &'static str,
) -> RequiredScope {
    RequiredScope {
        scope,
        alternatives,
        needed_for,
        essential: true,
    }
}

const CALL_LOG: &[&str] = &["phone:read:admin", "phone_call_log:read:admin"];
const PHONE: &[&str] = &["phone:read:admin"];
const GROUP: &[&str] = &["group:read:admin", "group:write:admin"];

/// Everything our requests need.
pub static REQUIRED: &[RequiredScope] = &[
    essential("phone:read:list_call_logs:admin", CALL_LOG, "the list of calls"),
    essential(
        "user:read:user:admin",
        &[
            "user:read:user",
            "user:read:admin",
            "user:read",
            "user:write:admin",
            "user:write",
            "user_info:read",
            "user_profile",
        ],
        "who authorized, and the account number",
    ),
    required("phone:read:call_log:admin", CALL_LOG, "the elements (legs) of calls"),
    required(
        "user:read:list_users:admin",
        &["user:read:admin", "user:write:admin", "user:read", "user:write"],
        "users, with their departments",
    ),
    required("group:read:list_groups:admin", GROUP, "groups"),
    required("group:read:list_members:admin", GROUP, "members of groups"),
    required(
        "role:read:list_roles:admin",
        &["role:read:list_roles", "role:read:admin", "role:write:admin"],
        "roles",
    ),
    required(
        "role:read:list_members:admin",
        &["role:read:list_members", "role:read:admin", "role:write:admin"],
        "members of roles",
    ),
    required("phone:read:list_users:admin", PHONE, "phone users and their extensions"),
    required("phone:read:list_sites:admin", PHONE, "sites"),
    required("phone:read:list_call_queues:admin", PHONE, "call queues"),
    required(
        "phone:read:call_queue:admin",
        PHONE,
        "departments and cost centres of call queues",
    ),
    required(
        "phone:read:list_call_queue_members:admin",
        PHONE,
        "members of call queues",
    ),
    required("phone:read:list_auto_receptionists:admin", PHONE, "auto receptionists"),
    required("phone:read:common_area:admin", PHONE, "common areas"),
    required("phone:read:list_shared_line_groups:admin", PHONE, "shared line groups"),
    required("phone:read:list_devices:admin", PHONE, "devices"),
    required(
        "number_management:read:list_numbers:admin",
        &["number_management_numbers:read:admin"],
        "phone numbers",
    ),
    required(
        "phone:read:settings:admin",
        PHONE,
        "checking that Zoom Phone answers without spending a heavy request",
    ),
];

/// What is required and in no spelling among `granted`.
#[must_use]
pub fn missing(granted: &[String]) -> Vec<&'static RequiredScope> {
    REQUIRED
        .iter()
        .filter(|required| !required.is_granted(granted))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn the_classic_set_satisfies_everything() {
        let classic =
            "phone:read:admin user:read:admin group:read:admin role:read:admin number_management_numbers:read:admin";
        assert_eq!(missing(&granted(classic)), Vec::<&RequiredScope>::new());
    }

    #[test]
    fn the_granular_set_satisfies_everything() {
        let granular: Vec<String> = REQUIRED.iter().map(|required| required.scope.to_owned()).collect();
        assert!(missing(&granular).is_empty());
    }

    #[test]
    fn what_is_missing_is_named_with_its_weight() {
        let scopes = granted("user:read:user phone:read:call_log:admin");
        let missing = missing(&scopes);
        assert!(
            missing
                .iter()
                .any(|m| m.scope == "phone:read:list_call_logs:admin" && m.essential)
        );
        assert!(
            missing
                .iter()
                .all(|m| m.scope != "user:read:user:admin" && m.scope != "phone:read:call_log:admin")
        );
        assert!(
            missing
                .iter()
                .any(|m| m.scope == "group:read:list_groups:admin" && !m.essential)
        );
    }

    #[test]
    fn a_users_own_scope_does_not_stand_for_the_account_wide_one() {
        assert!(
            missing(&granted("phone:read:list_call_logs"))
                .iter()
                .any(|m| m.essential && m.needed_for == "the list of calls")
        );
    }
}
