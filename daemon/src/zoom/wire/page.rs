//! One page of a listing: the envelope and its records, read in one pass.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{
    Malformed,
    record::{Fields, Name, Record, Records},
    scalar,
};

/// What surrounds the records. Every part is optional.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Envelope {
    /// How many records the whole query has.
    pub total_records: Option<u64>,
    /// Token of the next page; absent on the last.
    pub next: Option<String>,
    /// The echoed start, a date or a time.
    pub from: Option<String>,
    /// The echoed end, a date or a time.
    pub to: Option<String>,
}

/// Names of the arrays that can hold the records: the second is read only when the first is absent or empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrays {
    /// Current name.
    pub current: &'static str,
    /// Name of an older generation that may stand beside it with the same records.
    pub older: Option<&'static str>,
}

/// Reads a page. Records go to `sink` in Zoom's order.
///
/// # Errors
/// Truncated, no JSON, or the array is something else.
pub fn read<'a, F>(body: &'a str, arrays: Arrays, sink: &mut F) -> Result<Envelope, Malformed>
where
    F: FnMut(Record<'_, 'a>),
{
    let mut records = 0_usize;
    let mut counting = |record: Record<'_, 'a>| {
        records += 1;
        sink(record);
    };
    let mut deserializer = serde_json::Deserializer::from_str(body);
    let (envelope, older) = deserializer.deserialize_map(Page {
        arrays,
        sink: &mut counting,
    })?;
    deserializer.end()?;
    if let (0, Some(older)) = (records, older) {
        let mut deserializer = serde_json::Deserializer::from_str(older.get());
        Records(sink).deserialize(&mut deserializer)?;
    }
    Ok(envelope)
}

/// Reads a body that is one record.
///
/// # Errors
/// Truncated or no JSON.
pub fn read_one<'a, F>(body: &'a str, sink: &mut F) -> Result<(), Malformed>
where
    F: FnMut(Record<'_, 'a>),
{
    let mut fields = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_str(body);
    let other = Fields(&mut fields).deserialize(&mut deserializer)?;
    deserializer.end()?;
    match other {
        None => sink(Record::Object(&fields)),
        Some(_) => return Err(Malformed("JSON of an unexpected shape".to_owned())),
    }
    Ok(())
}

struct Page<'s, F> {
    arrays: Arrays,
    sink: &'s mut F,
}

impl<'de, F: FnMut(Record<'_, 'de>)> Visitor<'de> for Page<'_, F> {
    type Value = (Envelope, Option<&'de RawValue>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut envelope = Envelope::default();
        let mut older = None;
        while let Some(name) = map.next_key_seed(Name)? {
            if name == self.arrays.current {
                map.next_value_seed(Records(&mut *self.sink))?;
                continue;
            }
            if Some(&*name) == self.arrays.older {
                older = Some(map.next_value()?);
                continue;
            }
            let text = |raw: &RawValue| {
                scalar::string(raw.get())
                    .filter(|text| !text.is_empty())
                    .map(Into::into)
            };
            match &*name {
                "total_records" => {
                    let raw: &RawValue = map.next_value()?;
                    envelope.total_records =
                        scalar::lenient_integer(raw.get()).and_then(|total| u64::try_from(total).ok());
                }
                "next_page_token" => envelope.next = text(map.next_value()?),
                "from" => envelope.from = text(map.next_value()?),
                "to" => envelope.to = text(map.next_value()?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok((envelope, older))
    }
}
