//! An account's directory from a seed.

use super::{
    ADMIN_ROLE, Device, Did, Directory, Extension, MEMBER_ROLE, Member, Named, OWNER_ROLE, PhoneLine, Place, Site,
    Status, User,
};
use crate::random::Rng;
use jiff::{SignedDuration, Timestamp};

const FIRST: &[&str] = &[
    "Anna",
    "Bob",
    "Chō",
    "Dee",
    "Émile",
    "Fatima",
    "Грета",
    "Hüseyin",
    "Ingrid",
    "José",
    "Kŏn",
    "Łukasz",
    "Mia",
    "Nils",
    "Øystein",
    "Priya",
    "Quentin",
    "Renée",
    "Søren",
    "Thanh",
    "Uma",
    "Vlad",
    "Wei",
    "Xóchitl",
    "Yusuf",
    "Zoë",
    "美咲",
    "محمد",
];
const LAST: &[&str] = &[
    "Schmidt",
    "O'Neil",
    "Tanaka",
    "Müller",
    "Lefèvre",
    "al-Sayed",
    "Иванова",
    "Yılmaz",
    "Åkesson",
    "García Márquez",
    "Kim",
    "Wiśniewski",
    "van der Berg",
    "Nguyễn",
    "D’Angelo",
    "Smith; Jr.",
    "佐藤",
];
const DEPARTMENTS: &[(&str, &str)] = &[
    ("Sales", "CC-100"),
    ("Support", "CC-200"),
    ("Finance", "CC-300"),
    ("Legal & Compliance", "CC-350"),
    ("Entwicklung – Büro 2", "CC-400"),
    ("", ""),
];
const TITLES: &[&str] = &["Agent", "Team Lead", "Director", "Buchhalterin", "Engineer", ""];
const ZONES: &[&str] = &[
    "Europe/Berlin",
    "America/New_York",
    "Asia/Tokyo",
    "UTC",
    "America/Los_Angeles",
];
const MODELS: &[&str] = &["Poly VVX450", "Yealink T54W", "AudioCodes405", "Cisco 8851"];

struct Builder {
    rng: Rng,
    next_did: u64,
    next_extension: u64,
    sites: Vec<String>,
}

impl Builder {
    fn did(&mut self) -> Did {
        self.next_did += 1;
        Did {
            id: self.rng.zoom_id(),
            number: format!("+1202{:07}", self.next_did),
        }
    }

    fn extension(&mut self, with_did: bool) -> Extension {
        self.next_extension += 1;
        let site = self.rng.index(self.sites.len());
        Extension {
            ext_id: self.rng.zoom_id(),
            number: self.next_extension,
            site_id: self.sites[site].clone(),
            dids: if with_did { vec![self.did()] } else { Vec::new() },
        }
    }

    fn place(&mut self, name: String, first_extension: u64, with_did: bool) -> Place {
        self.next_extension = self.next_extension.max(first_extension);
        let (dept, cost_center) = DEPARTMENTS[self.rng.index(DEPARTMENTS.len())];
        Place {
            id: self.rng.zoom_id(),
            name,
            extension: self.extension(with_did),
            dept: dept.into(),
            cost_center: cost_center.into(),
            active: true,
            members: Vec::new(),
        }
    }

    fn named(&mut self, name: &str, description: &str) -> Named {
        Named {
            id: self.rng.zoom_id(),
            name: name.into(),
            description: description.into(),
        }
    }
}

/// `users` people beside the owner's and admin's own accounts are included in the number.
pub(crate) fn generate(account: &str, seed: u64, users: usize, queues: usize, now: Timestamp) -> Directory {
    let mut build = Builder {
        rng: Rng::for_purpose(seed, "directory"),
        next_did: 5_550_100,
        next_extension: 1000,
        sites: Vec::new(),
    };
    let mut directory = Directory::default();
    for (code, name) in ["Main Site", "München – Büro 2", "Tōkyō"].into_iter().enumerate() {
        let site = Site {
            id: build.rng.zoom_id(),
            name: name.into(),
            code: u32::try_from(code).unwrap_or(0) + 1,
            receptionist_id: String::new(),
        };
        build.sites.push(site.id.clone());
        directory.sites.push(site);
    }
    directory.roles = vec![
        Named {
            id: OWNER_ROLE.into(),
            name: "Owner".into(),
            description: "Account owner".into(),
        },
        Named {
            id: ADMIN_ROLE.into(),
            name: "Admin".into(),
            description: "Account administrator".into(),
        },
        Named {
            id: MEMBER_ROLE.into(),
            name: "Member".into(),
            description: "Account member".into(),
        },
        build.named("Phone Reports", "May read call history"),
    ];
    directory.groups = ["Developers", "Vertrieb", "Contact Center", "日本"]
        .map(|name| build.named(name, ""))
        .into();
    for position in 0..users.max(2) {
        let user = person(&mut build, &directory, account, position, now);
        directory.users.push(user);
    }
    add_places(&mut build, &mut directory, queues);
    add_devices(&mut build, &mut directory);
    directory.unassigned = (0..5).map(|_| build.did()).collect();
    directory
}

fn person(build: &mut Builder, directory: &Directory, account: &str, position: usize, now: Timestamp) -> User {
    let rng = &mut build.rng;
    let (dept, cost_center) = DEPARTMENTS[rng.index(DEPARTMENTS.len())];
    let (local, role_id) = match position {
        0 => ("owner".to_owned(), OWNER_ROLE),
        1 => ("admin".to_owned(), ADMIN_ROLE),
        _ => (format!("user{position:04}"), MEMBER_ROLE),
    };
    // The owner, the admin and the first member stay active: tests sign in as them.
    let status = match rng.below(100) {
        _ if position < 3 => Status::Active,
        0..5 => Status::Inactive,
        5..8 => Status::Pending,
        _ => Status::Active,
    };
    let group = rng.index(directory.groups.len());
    let mut user = User {
        id: rng.zoom_id(),
        email: format!("{local}@{account}.example.com"),
        first_name: rng.pick(FIRST).to_owned(),
        last_name: rng.pick(LAST).to_owned(),
        status,
        dept: dept.into(),
        cost_center: cost_center.into(),
        job_title: rng.pick(TITLES).to_owned(),
        employee_id: format!("E{}", 10_000 + position),
        role_id: role_id.into(),
        group_ids: if rng.permille(600) {
            vec![directory.groups[group].id.clone()]
        } else {
            Vec::new()
        },
        timezone: rng.pick(ZONES),
        created: now - SignedDuration::from_hours(24 * rng.between(200, 2000)),
        pmi: 6_000_000_000 + rng.below(999_999_999),
        phone: None,
    };
    let has_phone = position < 3 || (status != Status::Inactive && rng.permille(900));
    if has_phone {
        let with_did = build.rng.permille(850);
        user.phone = Some(PhoneLine {
            extension: build.extension(with_did),
            phone_user_id: build.rng.zoom_id(),
            status: match build.rng.below(100) {
                _ if position < 3 => Status::Active,
                0..3 => Status::Inactive,
                3..5 => Status::Pending,
                _ => Status::Active,
            },
        });
    }
    user
}

fn add_places(build: &mut Builder, directory: &mut Directory, queues: usize) {
    for position in 0..queues {
        let name = ["Support Hotline", "Vertrieb Inland", "Billing & Refunds", "夜間窓口"][position % 4];
        let name = if position < 4 {
            name.to_owned()
        } else {
            format!("{name} {}", position / 4 + 1)
        };
        let mut queue = build.place(name, 20_000, true);
        queue.active = !build.rng.permille(50);
        let size = build.rng.between(2, 8);
        for _ in 0..size {
            let pick = build.rng.index(directory.users.len());
            let user = &directory.users[pick];
            let member = Member::User(user.id.clone());
            if user.status == Status::Active && user.phone.is_some() && !queue.members.contains(&member) {
                queue.members.push(member);
            }
        }
        directory.queues.push(queue);
    }
    for position in 0..directory.sites.len() {
        let name = format!("Main Auto Receptionist {}", directory.sites[position].name);
        let mut receptionist = build.place(name, 30_000, true);
        receptionist.extension.site_id.clone_from(&directory.sites[position].id);
        directory.sites[position].receptionist_id.clone_from(&receptionist.id);
        directory.receptionists.push(receptionist);
    }
    for name in ["Lobby Phone", "Lager – Tor 3", "Break Room"] {
        let area = build.place(name.into(), 40_000, true);
        directory.areas.push(area);
    }
    for name in ["Reception SLG", "Executive Assistants"] {
        let group = build.place(name.into(), 50_000, true);
        directory.line_groups.push(group);
    }
    for name in ["Boardroom", "Huddle 1"] {
        let room = build.place(name.into(), 60_000, false);
        directory.rooms.push(room);
    }
    if let (Some(queue), Some(area)) = (directory.queues.first_mut(), directory.areas.first()) {
        queue.members.push(Member::CommonArea(area.id.clone()));
    }
}

fn add_devices(build: &mut Builder, directory: &mut Directory) {
    let mut owners: Vec<Option<(Member, String, String)>> = Vec::new();
    for user in directory.users.iter().filter(|user| user.status == Status::Active) {
        if let Some(phone) = &user.phone
            && build.rng.permille(400)
        {
            let site = phone.extension.site_id.clone();
            owners.push(Some((Member::User(user.id.clone()), user.display_name(), site)));
        }
    }
    for area in &directory.areas {
        owners.push(Some((
            Member::CommonArea(area.id.clone()),
            area.name.clone(),
            area.extension.site_id.clone(),
        )));
    }
    owners.extend([None, None, None]);
    for owner in owners {
        let model = build.rng.pick(MODELS);
        let (assignee, name, site_id) = match owner {
            Some((member, name, site)) => (Some(member), format!("{name}'s {model}"), site),
            None => (None, format!("Spare {model}"), directory.sites[0].id.clone()),
        };
        let device = Device {
            id: build.rng.zoom_id(),
            name,
            mac: build.rng.hex(12),
            model,
            online: build.rng.permille(800),
            site_id,
            assignee,
        };
        directory.devices.push(device);
    }
}
