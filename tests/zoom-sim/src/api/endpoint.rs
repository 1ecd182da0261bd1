//! What an endpoint is: its rate-limit label, scopes and largest page, and how a path finds it.

use super::endpoint_table::ENDPOINTS;

/// The rate-limit label of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Label {
    Light,
    Medium,
    Heavy,
}

/// Phone endpoints have limits of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Family {
    General,
    Phone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Users,
    User,
    Groups,
    GroupMembers,
    Roles,
    Role,
    RoleMembers,
    PhoneUsers,
    PhoneUser,
    PhoneSettings,
    Sites,
    CallQueues,
    CallQueue,
    CallQueueMembers,
    AutoReceptionists,
    CommonAreas,
    SharedLineGroups,
    Devices,
    Rooms,
    PhoneNumbers,
    ManagedNumbers,
    CallHistory,
    CallHistoryDetail,
    CallElement,
    /// Withdrawn by Zoom; it only has an error left.
    CallLogs,
}

#[derive(Debug)]
pub(crate) struct EndpointSpec {
    pub endpoint: Endpoint,
    /// `{}` stands for one segment.
    pub path: &'static str,
    pub label: Label,
    pub family: Family,
    /// `None`: no paging parameters.
    pub page_max: Option<usize>,
    pub classic: &'static [&'static str],
    pub granular: &'static [&'static str],
    /// The code of "The next page token is invalid or expired."
    pub page_token_code: i64,
    /// Parameters with a closed list of values.
    pub enums: &'static [(&'static str, &'static [&'static str])],
}

/// The endpoint a path under `/v2` names, with the value of its `{}` segment.
pub(crate) fn find(segments: &[String]) -> Option<(&'static EndpointSpec, String)> {
    ENDPOINTS.iter().find_map(|spec| {
        let pattern: Vec<&str> = spec.path.split('/').collect();
        if pattern.len() != segments.len() {
            return None;
        }
        let mut subject = String::new();
        for (part, segment) in pattern.iter().zip(segments) {
            if *part == "{}" {
                subject.clone_from(segment);
            } else if part != segment {
                return None;
            }
        }
        Some((spec, subject))
    })
}

/// Every scope the app needs for the whole table, in one spelling.
pub(crate) fn all_scopes(classic: bool) -> Vec<String> {
    let mut scopes: Vec<String> = Vec::new();
    for spec in ENDPOINTS {
        let list = if classic { spec.classic } else { spec.granular };
        let first = list.first().map(|scope| (*scope).to_owned());
        scopes.extend(first.filter(|scope| !scopes.contains(scope)));
    }
    scopes
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, all_scopes, find};

    fn path(text: &str) -> Vec<String> {
        text.split('/').map(str::to_owned).collect()
    }

    #[test]
    fn literal_paths_win_over_nothing_and_take_their_subject() {
        let (spec, subject) = find(&path("phone/call_history/20260701-x")).expect("known path");
        assert_eq!(
            (spec.endpoint, subject.as_str()),
            (Endpoint::CallHistoryDetail, "20260701-x")
        );
        assert!(find(&path("phone/nothing")).is_none());
    }

    #[test]
    fn an_app_has_one_spelling_of_scopes() {
        assert!(all_scopes(true).contains(&"phone:read:admin".to_owned()));
        assert!(all_scopes(false).contains(&"phone:read:list_call_logs:admin".to_owned()));
    }
}
