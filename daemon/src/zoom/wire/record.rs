//! One record as borrowed fields: names and raw values in Zoom's order. One scan of the text, no copies.

use std::{borrow::Cow, fmt};

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A field's name and its value as JSON text.
pub type Field<'a> = (Cow<'a, str>, &'a RawValue);

/// What stands where a record should.
#[derive(Debug)]
pub enum Record<'r, 'a> {
    /// An object, as it should be.
    Object(&'r [Field<'a>]),
    /// Anything else, as JSON text.
    Other(String),
}

/// Reads the array of records; each goes to the sink as soon as it is read. `null` counts as an empty array.
pub struct Records<'s, F>(pub &'s mut F);

impl<'de, F: FnMut(Record<'_, 'de>)> DeserializeSeed<'de> for Records<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: FnMut(Record<'_, 'de>)> Visitor<'de> for Records<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of records")
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut fields = Vec::with_capacity(64);
        while let Some(other) = seq.next_element_seed(Fields(&mut fields))? {
            match other {
                None => (self.0)(Record::Object(&fields)),
                Some(json) => (self.0)(Record::Other(json)),
            }
        }
        Ok(())
    }
}

/// Reads one record into `fields`; answers with its JSON when it is not an object.
pub struct Fields<'s, 'de>(pub &'s mut Vec<Field<'de>>);

impl<'de> DeserializeSeed<'de> for Fields<'_, 'de> {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        self.0.clear();
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Fields<'_, 'de> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while let Some(name) = map.next_key_seed(Name)? {
            self.0.push((name, map.next_value()?));
        }
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element::<&RawValue>()? {
            items.push(item.get());
        }
        Ok(Some(format!("[{}]", items.join(","))))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Some("null".to_owned()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
        serde_json::to_string(value).map(Some).map_err(E::custom)
    }
}

/// Reads a field's name, borrowed when it holds no escape. What is not Unicode in it (half of a surrogate pair) becomes
/// U+FFFD, so that one such name does not cost the page.
pub struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        // As bytes: serde_json refuses half a surrogate pair in a str.
        deserializer.deserialize_bytes(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_borrowed_bytes<E>(self, name: &'de [u8]) -> Result<Self::Value, E> {
        Ok(String::from_utf8_lossy(name))
    }

    fn visit_bytes<E>(self, name: &[u8]) -> Result<Self::Value, E> {
        Ok(Cow::Owned(String::from_utf8_lossy(name).into_owned()))
    }
}

/// The fields of an object given as JSON text; nothing when it is not an object.
#[must_use]
pub fn fields_of(json: &str) -> Option<Vec<Field<'_>>> {
    let mut fields = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_str(json);
    match Fields(&mut fields).deserialize(&mut deserializer) {
        Ok(None) => Some(fields),
        _ => None,
    }
}

/// The record's JSON again, fields in Zoom's order.
#[must_use]
pub fn json_of(fields: &[Field<'_>]) -> String {
    let mut out = String::from("{");
    for (name, value) in fields {
        if out.len() > 1 {
            out.push(',');
        }
        super::scalar::push_quoted(&mut out, name);
        out.push(':');
        out.push_str(value.get());
    }
    out.push('}');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_not_unicode_costs_neither_its_record_nor_the_page() {
        let json = r#"{"plain": 1, "\u0061 b": 2, "x\ud800y": "\udc00", "żółć": 3}"#;
        let fields = fields_of(json).expect("an object");
        let names: Vec<&str> = fields.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["plain", "a b", "x\u{fffd}\u{fffd}\u{fffd}y", "żółć"]);
        assert_eq!(fields[2].1.get(), r#""\udc00""#);
        assert!(matches!(fields[0].0, Cow::Borrowed(_)), "a plain name is not copied");
    }
}
