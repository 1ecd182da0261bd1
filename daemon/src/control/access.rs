//! From a peer's user and groups to a role, and from the role to what it may see.

use crate::config::model::Control;

/// What the kernel says of a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Effective user id when it connected.
    pub uid: u32,
    /// Effective group id when it connected.
    pub gid: u32,
    /// Supplementary groups when it connected.
    pub groups: Vec<u32>,
    /// Process id; 0 when it is not visible from here.
    pub pid: i32,
}

impl Credentials {
    fn is_in(&self, group: Option<u32>) -> bool {
        group.is_some_and(|group| self.gid == group || self.groups.contains(&group))
    }
}

/// What a peer may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    Admin,
    /// Read what is visible.
    Viewer(Visibility),
    /// Nothing.
    Refused,
}

impl Role {
    /// Name in the audit log.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Viewer(_) => "viewer",
            Self::Refused => "refused",
        }
    }

    /// Whether data of an enterprise group may be seen.
    #[must_use]
    pub fn sees(&self, enterprise_group: &str) -> bool {
        match self {
            Self::Admin | Self::Viewer(Visibility::All) => true,
            Self::Viewer(Visibility::Groups(groups)) => {
                let name = enterprise_group.to_lowercase();
                groups.iter().any(|group| group.to_lowercase() == name)
            }
            Self::Refused => false,
        }
    }

    /// Whether everything may be seen, also what belongs to no enterprise group.
    #[must_use]
    pub const fn sees_all(&self) -> bool {
        matches!(self, Self::Admin | Self::Viewer(Visibility::All))
    }
}

/// Which enterprise groups a viewer may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Visibility {
    /// All of them: `viewers:` is absent.
    All,
    /// Those that `viewers:` names for the viewer's Unix groups; without regard to case, as group names are unique so.
    Groups(Vec<String>),
}

/// The rules of `control:` with the Unix groups looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRules {
    own_uid: u32,
    group: Option<u32>,
    admin_group: Option<u32>,
    viewers: Option<Vec<(Option<u32>, Vec<String>)>>,
}

impl AccessRules {
    /// Looks up the Unix groups by name; one that does not exist has no members. Blocks: call it at start and reload.
    #[must_use]
    pub fn resolve(control: &Control, own_uid: u32, group_id: impl Fn(&str) -> Option<u32>) -> Self {
        let viewers = control.viewers.as_ref().map(|entries| {
            entries
                .iter()
                .map(|entry| (group_id(&entry.group), entry.enterprise_groups.clone()))
                .collect()
        });
        Self {
            own_uid,
            group: group_id(&control.group),
            admin_group: group_id(&control.admin_group),
            viewers,
        }
    }

    /// [`AccessRules::resolve`] with this process's user and the system's groups. Says which of them do not exist.
    #[must_use]
    pub fn of_system(control: &Control) -> Self {
        let rules = Self::resolve(control, rustix::process::geteuid().as_raw(), super::peer::group_id);
        for (key, name) in rules.unknown(control) {
            tracing::warn!(
                "{key} gives rights to nobody, because the unix group {name} does not exist. Create it (groupadd --system \
                 {name}) and reload callsyncd."
            );
        }
        rules
    }

    /// Keys, and the groups they name, that exist no more than their members. Without `control.group` nobody gets as far:
    /// the listener says so.
    fn unknown<'a>(&self, control: &'a Control) -> Vec<(&'static str, &'a str)> {
        if self.group.is_none() {
            return Vec::new();
        }
        let admins = self
            .admin_group
            .is_none()
            .then_some(("control.admin_group", control.admin_group.as_str()));
        let viewers = self.viewers.iter().flatten().zip(control.viewers.iter().flatten());
        let viewers = viewers.filter(|((group, _), _)| group.is_none());
        admins
            .into_iter()
            .chain(viewers.map(|(_, entry)| ("control.viewers", entry.group.as_str())))
            .collect()
    }

    /// The role of a peer.
    #[must_use]
    pub fn role(&self, peer: &Credentials) -> Role {
        if peer.uid == 0 || peer.uid == self.own_uid {
            return Role::Admin;
        }
        // Members of only the admin group are not let in: the documented rule, and what the socket's mode says too.
        if !peer.is_in(self.group) {
            return Role::Refused;
        }
        if peer.is_in(self.admin_group) {
            return Role::Admin;
        }
        Role::Viewer(match &self.viewers {
            None => Visibility::All,
            Some(entries) => Visibility::Groups(
                entries
                    .iter()
                    .filter(|(group, _)| peer.is_in(*group))
                    .flat_map(|(_, names)| names.iter().cloned())
                    .collect(),
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::config::model::Viewers;

    const OWN: u32 = 900;

    fn control(viewers: Option<Vec<Viewers>>) -> Control {
        Control {
            socket: PathBuf::from("/run/x"),
            group: "callsync".into(),
            admin_group: "callsync-admin".into(),
            viewers,
        }
    }

    fn rules(viewers: Option<Vec<Viewers>>) -> AccessRules {
        AccessRules::resolve(&control(viewers), OWN, |name| match name {
            "callsync" => Some(10),
            "callsync-admin" => Some(11),
            "sales-ops" => Some(12),
            "support" => Some(13),
            _ => None,
        })
    }

    fn peer(uid: u32, gid: u32, groups: &[u32]) -> Credentials {
        Credentials {
            uid,
            gid,
            groups: groups.to_vec(),
            pid: 1,
        }
    }

    fn entry(group: &str, enterprise_groups: &[&str]) -> Viewers {
        Viewers {
            group: group.into(),
            enterprise_groups: enterprise_groups.iter().map(|name| (*name).into()).collect(),
        }
    }

    #[test]
    fn root_and_the_daemons_own_user_are_admins() {
        assert_eq!(rules(None).role(&peer(0, 0, &[])), Role::Admin);
        assert_eq!(rules(None).role(&peer(OWN, 5, &[])), Role::Admin);
    }

    #[test]
    fn group_members_view_and_admin_group_members_in_it_administer() {
        assert_eq!(rules(None).role(&peer(5, 5, &[10])), Role::Viewer(Visibility::All));
        assert_eq!(rules(None).role(&peer(5, 10, &[])), Role::Viewer(Visibility::All));
        assert_eq!(rules(None).role(&peer(5, 5, &[10, 11])), Role::Admin);
        assert_eq!(rules(None).role(&peer(5, 11, &[10])), Role::Admin);
    }

    #[test]
    fn others_are_refused_also_members_of_only_the_admin_group() {
        assert_eq!(rules(None).role(&peer(5, 5, &[6])), Role::Refused);
        assert_eq!(rules(None).role(&peer(5, 5, &[11])), Role::Refused);
    }

    #[test]
    fn unix_group_that_does_not_exist_has_no_members() {
        let control = Control {
            socket: PathBuf::from("/x"),
            group: "none".into(),
            admin_group: "none".into(),
            viewers: None,
        };
        let rules = AccessRules::resolve(&control, OWN, |_| None);
        assert_eq!(rules.role(&peer(5, 5, &[0, 10])), Role::Refused);
    }

    #[test]
    fn each_unix_group_that_does_not_exist_is_named_with_its_key() {
        let control = control(Some(vec![entry("sales-ops", &["Sales"]), entry("gone", &["All"])]));
        let known = |names: &'static [&str]| {
            AccessRules::resolve(&control, OWN, move |name| names.contains(&name).then_some(1)).unknown(&control)
        };
        let (admins, gone) = (("control.admin_group", "callsync-admin"), ("control.viewers", "gone"));
        assert_eq!(known(&["callsync", "callsync-admin", "sales-ops", "gone"]), []);
        assert_eq!(known(&["callsync", "sales-ops"]), [admins, gone]);
        assert_eq!(known(&[]), [], "the listener says that nobody gets in");
    }

    #[test]
    fn viewers_see_the_union_of_what_their_groups_may_see() {
        let rules = rules(Some(vec![
            entry("sales-ops", &["Sales"]),
            entry("support", &["Support"]),
            entry("gone", &["All"]),
        ]));
        let both = rules.role(&peer(5, 5, &[10, 12, 13]));
        assert!(both.sees("Sales") && both.sees("SUPPORT") && !both.sees("All") && !both.sees_all());
        let one = rules.role(&peer(5, 12, &[10]));
        assert!(one.sees("sales") && !one.sees("Support"));
    }

    #[test]
    fn viewer_whom_no_entry_names_sees_nothing() {
        let nobody = rules(Some(vec![entry("sales-ops", &["Sales"])])).role(&peer(5, 5, &[10]));
        assert_eq!(nobody, Role::Viewer(Visibility::Groups(Vec::new())));
        assert!(!nobody.sees("Sales") && !nobody.sees(""));
        assert!(!rules(Some(Vec::new())).role(&peer(5, 5, &[10])).sees("Sales"));
    }

    #[test]
    fn admins_are_not_restricted_by_viewers() {
        assert!(rules(Some(Vec::new())).role(&peer(5, 5, &[10, 11])).sees("Sales"));
    }
}
