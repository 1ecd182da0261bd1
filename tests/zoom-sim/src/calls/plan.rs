//! What happens in a generated call, decided from the seed; the wording is written only when somebody asks for it.

use super::cast::{Cast, Outsider, Party};
use super::utc;
use crate::options::Quirks;
use crate::random::Rng;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Shape {
    /// From outside to a user.
    Inbound,
    /// From outside through an auto receptionist to a queue whose members ring.
    Queue,
    Voicemail,
    Missed,
    Outbound,
    OutboundFailed,
    Internal,
    LineGroup,
    CommonArea,
    Emergency,
    /// From outside, answered and handed on: two records, the second with `_1` after the call id.
    Transfer,
    TransferLeg,
}

/// A call before it is written down. Small, because there are many.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub seed: u64,
    pub shape: Shape,
    pub start: i64,
    pub answer: Option<i64>,
    pub end: i64,
    pub uuid: Option<String>,
    pub recorded: bool,
    pub quirks: Quirks,
    pub cast: Arc<Cast>,
}

/// What a plan's parties are once drawn.
#[derive(Clone, Debug)]
pub(crate) struct Scene<'a> {
    pub call_id: String,
    pub insider: &'a Party,
    /// The member who took a queue call, or the second user of an internal or transferred one.
    pub second: &'a Party,
    pub receptionist: &'a Party,
    pub outsider: Outsider,
    pub rng: Rng,
}

const COUNTRIES: [(&str, &str, &str); 4] = [
    ("US", "1", "+1415555"),
    ("GB", "44", "+4420794"),
    ("DE", "49", "+4930901"),
    ("JP", "81", "+8135550"),
];
const CALLER_NAMES: [&str; 5] = [
    "WIRELESS CALLER",
    "Jane Roe",
    "Ünal Öztürk",
    "株式会社サンプル",
    "=SUM(A1:A9)",
];

impl Plan {
    /// The records of one call that begins at `start`: one, or two for a transfer.
    pub fn draw(rng: &mut Rng, cast: &Arc<Cast>, start: i64, quirks: Quirks, length: Option<i64>) -> Vec<Self> {
        let shape = match rng.below(100) {
            0..25 => Shape::Inbound,
            25..40 => Shape::Queue,
            40..46 => Shape::Voicemail,
            46..52 => Shape::Missed,
            52..72 => Shape::Outbound,
            72..78 => Shape::OutboundFailed,
            78..88 => Shape::Internal,
            88..91 => Shape::LineGroup,
            91..95 => Shape::CommonArea,
            95..96 => Shape::Emergency,
            _ => Shape::Transfer,
        };
        let ring = rng.between(2, 25);
        let answered = !matches!(shape, Shape::Missed | Shape::OutboundFailed);
        // A few calls last for hours: they appear long after their start time.
        let talk = if rng.permille(15) {
            rng.between(3600, 5 * 3600)
        } else {
            rng.between(5, 900)
        };
        let talk = length.unwrap_or(talk);
        let end = if answered {
            start + ring.min(talk) + talk
        } else {
            start + length.unwrap_or(ring)
        };
        let first = Self {
            seed: rng.next_u64(),
            shape,
            start,
            answer: answered.then_some(start + ring.min(talk)),
            end,
            uuid: Self::key(rng, start, quirks),
            recorded: answered && rng.permille(250),
            quirks,
            cast: Arc::clone(cast),
        };
        if shape != Shape::Transfer {
            return vec![first];
        }
        let leg = Self {
            shape: Shape::TransferLeg,
            start: end,
            answer: Some(end + 3),
            end: end + 3 + rng.between(10, 300),
            uuid: Self::key(rng, end, quirks),
            ..first.clone()
        };
        vec![first, leg]
    }

    fn key(rng: &mut Rng, start: i64, quirks: Quirks) -> Option<String> {
        let uuid = rng.uuid();
        let keyless = rng.permille(quirks.keyless);
        let day = utc(start).get(..10).unwrap_or("19700101").replace('-', "");
        (!keyless).then(|| format!("{day}-{uuid}"))
    }

    /// Always the same for the same plan, and the same people in both records of a transfer.
    pub fn scene(&self) -> Scene<'_> {
        let cast = &*self.cast;
        let mut rng = Rng::new(self.seed);
        let users = &cast.users;
        let first = rng.index(users.len());
        let other = if users.len() > 1 {
            (first + 1 + rng.index(users.len() - 1)) % users.len()
        } else {
            first
        };
        let queue = rng.index(cast.queues.len());
        let pick = |list: &'_ [Party], rng: &mut Rng| -> usize { rng.index(list.len()) };
        let area = pick(&cast.areas, &mut rng);
        let lines = pick(&cast.line_groups, &mut rng);
        let main = pick(&cast.receptionists, &mut rng);
        let member = cast
            .queues
            .get(queue)
            .and_then(|(_, members)| members.get(rng.index(members.len())).copied());
        let insider = match self.shape {
            Shape::Queue => cast.queues.get(queue).map(|(party, _)| party),
            Shape::LineGroup => cast.line_groups.get(lines),
            Shape::CommonArea | Shape::Emergency => cast.areas.get(area),
            _ => None,
        };
        let second = match self.shape {
            Shape::Queue => member.unwrap_or(first),
            _ => other,
        };
        // Digits mostly, now and then the older form that looks like hexadecimal; never a number to be parsed.
        let base = if rng.permille(900) {
            format!("7{:018}", rng.below(999_999_999_999_999_999))
        } else {
            rng.hex(19)
        };
        let outsider = outsider(&mut rng, self.shape);
        Scene {
            call_id: if self.shape == Shape::TransferLeg {
                format!("{base}_1")
            } else {
                base
            },
            insider: insider.unwrap_or(&users[first]),
            second: &users[second],
            receptionist: cast.receptionists.get(main).unwrap_or(&users[first]),
            outsider,
            rng,
        }
    }
}

fn outsider(rng: &mut Rng, shape: Shape) -> Outsider {
    if shape == Shape::Emergency {
        return Outsider {
            number: "911".into(),
            number_type: "external_service_number",
            name: Some("Emergency"),
            country: ("US", "1"),
        };
    }
    let (iso, code, prefix) = COUNTRIES[if rng.permille(800) {
        0
    } else {
        rng.index(COUNTRIES.len())
    }];
    let hidden = rng.permille(20);
    Outsider {
        number: if hidden {
            String::new()
        } else {
            format!("{prefix}{:04}", rng.below(10_000))
        },
        number_type: if hidden { "anonymous_number" } else { "external_pstn" },
        name: rng.permille(600).then(|| CALLER_NAMES[rng.index(CALLER_NAMES.len())]),
        country: (iso, code),
    }
}
