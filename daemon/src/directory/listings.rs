//! What a sync reads: one entity is one table, read from one or more listings.

use crate::{
    domain::{directory as tables, table::Table},
    ports::zoom::Listing,
};

/// One entity of a sync.
#[derive(Debug)]
pub struct Entity {
    /// Name in `sync status`.
    pub name: &'static str,
    /// Where it is kept.
    pub table: &'static Table,
    /// How it is read.
    pub source: Source,
}

/// How an entity is read.
#[derive(Debug)]
pub enum Source {
    /// From these listings, together.
    Listings(&'static [Listing]),
    /// From the first of these that the account may use.
    FirstOf(&'static [Listing]),
    /// A listing for each row of another table that is present now.
    PerRow {
        /// Whose rows, read just before.
        parent: &'static Table,
        /// The listing of a row's key.
        listing: fn(String) -> Listing,
    },
    /// A listing, each row completed by its detail.
    Detailed {
        /// The listing.
        list: Listing,
        /// The detail of a row's key.
        detail: fn(String) -> Listing,
    },
    /// The distinct values of these columns.
    Distinct(&'static [(&'static Table, &'static str)]),
}

/// Every entity, in an order in which parents come before what needs them.
pub static ENTITIES: [Entity; 16] = [
    Entity {
        name: "users",
        table: &tables::ZOOM_USER,
        source: Source::Listings(&[
            Listing::Users("active"),
            Listing::Users("inactive"),
            Listing::Users("pending"),
        ]),
    },
    Entity {
        name: "groups",
        table: &tables::ZOOM_GROUP,
        source: Source::Listings(&[Listing::Groups]),
    },
    Entity {
        name: "group_members",
        table: &tables::ZOOM_GROUP_MEMBER,
        source: Source::PerRow {
            parent: &tables::ZOOM_GROUP,
            listing: Listing::GroupMembers,
        },
    },
    Entity {
        name: "roles",
        table: &tables::ZOOM_ROLE,
        source: Source::Listings(&[Listing::Roles]),
    },
    Entity {
        name: "role_members",
        table: &tables::ZOOM_ROLE_MEMBER,
        source: Source::PerRow {
            parent: &tables::ZOOM_ROLE,
            listing: Listing::RoleMembers,
        },
    },
    Entity {
        name: "phone_users",
        table: &tables::PHONE_USER,
        source: Source::Listings(&[Listing::PhoneUsers]),
    },
    Entity {
        name: "sites",
        table: &tables::PHONE_SITE,
        source: Source::Listings(&[Listing::Sites]),
    },
    Entity {
        name: "call_queues",
        table: &tables::CALL_QUEUE,
        source: Source::Detailed {
            list: Listing::CallQueues,
            detail: Listing::CallQueue,
        },
    },
    Entity {
        name: "call_queue_members",
        table: &tables::CALL_QUEUE_MEMBER,
        source: Source::PerRow {
            parent: &tables::CALL_QUEUE,
            listing: Listing::CallQueueMembers,
        },
    },
    Entity {
        name: "auto_receptionists",
        table: &tables::AUTO_RECEPTIONIST,
        source: Source::Listings(&[Listing::AutoReceptionists]),
    },
    Entity {
        name: "common_areas",
        table: &tables::COMMON_AREA,
        source: Source::Listings(&[Listing::CommonAreas]),
    },
    Entity {
        name: "shared_line_groups",
        table: &tables::SHARED_LINE_GROUP,
        source: Source::Listings(&[Listing::SharedLineGroups]),
    },
    Entity {
        name: "devices",
        table: &tables::PHONE_DEVICE,
        source: Source::Listings(&[Listing::Devices("assigned"), Listing::Devices("unassigned")]),
    },
    Entity {
        name: "phone_numbers",
        table: &tables::PHONE_NUMBER,
        source: Source::FirstOf(&[Listing::Numbers, Listing::OldNumbers]),
    },
    Entity {
        name: "departments",
        table: &tables::DEPARTMENT,
        source: Source::Distinct(&[
            (&tables::ZOOM_USER, "dept"),
            (&tables::PHONE_USER, "department"),
            (&tables::AUTO_RECEPTIONIST, "department"),
            (&tables::CALL_QUEUE, "department"),
            (&tables::COMMON_AREA, "department"),
        ]),
    },
    Entity {
        name: "cost_centers",
        table: &tables::COST_CENTER,
        source: Source::Distinct(&[
            (&tables::PHONE_USER, "cost_center"),
            (&tables::AUTO_RECEPTIONIST, "cost_center"),
            (&tables::CALL_QUEUE, "cost_center"),
            (&tables::COMMON_AREA, "cost_center"),
        ]),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_directory_table_is_read_by_exactly_one_entity() {
        for table in tables::TABLES {
            let readers = ENTITIES.iter().filter(|entity| entity.table.name == table.name).count();
            assert_eq!(readers, 1, "{}", table.name);
        }
    }

    #[test]
    fn derived_columns_exist() {
        for entity in &ENTITIES {
            if let Source::Distinct(columns) = &entity.source {
                for (table, column) in *columns {
                    assert!(table.position(column).is_some(), "{}.{column}", table.name);
                }
            }
        }
    }
}
