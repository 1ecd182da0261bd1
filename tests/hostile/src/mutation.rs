//! One change to an input: of its bytes, or of the JSON that it is.

use proptest::{
    arbitrary::any,
    prelude::{Strategy, prop_oneof},
    sample::Index,
};
use serde_json::Value;

use crate::wild;

/// A change. Places are relative, so that one fits whatever the changes before have left.
#[derive(Debug, Clone)]
pub enum Mutation {
    /// Another byte.
    Put(Index, u8),
    /// A hostile text in between.
    Insert(Index, Index),
    /// A part less.
    Cut(Index, Index),
    /// A part once more, or many times.
    Repeat(Index, Index, u8),
    /// The rest of another seed from there on.
    Splice(Index, Index, Index),
    /// Another value at one place of the JSON.
    Replace(Index, Index),
    /// A field or an item less.
    Remove(Index),
    /// A field under another name.
    Rename(Index, Index),
    /// A value within a list.
    Wrap(Index),
}

/// Longest part that is cut or repeated, and longest input.
const PART: usize = 64;
const LONGEST: usize = 256 * 1024;

/// Any change.
pub(crate) fn any_mutation() -> impl Strategy<Value = Mutation> {
    let at = any::<Index>;
    prop_oneof![
        1 => (at(), any::<u8>()).prop_map(|(at, byte)| Mutation::Put(at, byte)),
        1 => (at(), at()).prop_map(|(at, text)| Mutation::Insert(at, text)),
        1 => (at(), at()).prop_map(|(at, length)| Mutation::Cut(at, length)),
        1 => (at(), at(), any::<u8>()).prop_map(|(at, length, times)| Mutation::Repeat(at, length, times)),
        1 => (at(), at(), at()).prop_map(|(at, seed, from)| Mutation::Splice(at, seed, from)),
        3 => (at(), at()).prop_map(|(at, value)| Mutation::Replace(at, value)),
        1 => (at()).prop_map(Mutation::Remove),
        1 => (at(), at()).prop_map(|(at, name)| Mutation::Rename(at, name)),
        1 => (at()).prop_map(Mutation::Wrap),
    ]
}

impl Mutation {
    /// The input after the change; as it was where the change makes no sense.
    #[must_use]
    pub fn apply(&self, mut input: Vec<u8>, seeds: &[Vec<u8>]) -> Vec<u8> {
        let place = |at: &Index, input: &[u8]| at.index(input.len() + 1);
        match self {
            Self::Put(at, byte) if !input.is_empty() => {
                let at = at.index(input.len());
                input[at] = *byte;
            }
            Self::Insert(at, text) => {
                let at = place(at, &input);
                input.splice(at..at, wild::TEXTS[text.index(wild::TEXTS.len())].bytes());
            }
            Self::Cut(at, length) => {
                let at = place(at, &input);
                let to = (at + length.index(PART)).min(input.len());
                input.drain(at..to);
            }
            Self::Repeat(at, length, times) => {
                let at = place(at, &input);
                let to = (at + length.index(PART)).min(input.len());
                let part = input[at..to].repeat(usize::from(*times));
                input.splice(to..to, part);
            }
            Self::Splice(at, seed, from) if !seeds.is_empty() => {
                input.truncate(place(at, &input));
                let other = &seeds[seed.index(seeds.len())];
                input.extend_from_slice(&other[place(from, other)..]);
            }
            Self::Put(..) | Self::Splice(..) => {}
            of_json => {
                if let Ok(mut value) = serde_json::from_slice::<Value>(&input) {
                    of_json.change(&mut value);
                    input = value.to_string().into_bytes();
                }
            }
        }
        input.truncate(LONGEST);
        input
    }

    fn change(&self, root: &mut Value) {
        let places = count(root);
        match self {
            Self::Replace(at, with) => {
                if let Some(value) = nth(root, &mut at.index(places)) {
                    *value = wild::value(with.index(1_000));
                }
            }
            Self::Wrap(at) => {
                if let Some(value) = nth(root, &mut at.index(places)) {
                    *value = Value::Array(vec![value.take()]);
                }
            }
            Self::Remove(at) => match nth(root, &mut at.index(places)) {
                Some(Value::Array(items)) if !items.is_empty() => drop(items.remove(at.index(items.len()))),
                Some(Value::Object(fields)) => {
                    if let Some(name) = name_of(fields, at) {
                        fields.shift_remove(&name);
                    }
                }
                _ => {}
            },
            Self::Rename(at, to) => {
                if let Some(Value::Object(fields)) = nth(root, &mut at.index(places))
                    && let Some(name) = name_of(fields, at)
                    && let Some(value) = fields.shift_remove(&name)
                {
                    fields.insert(wild::TEXTS[to.index(wild::TEXTS.len())].to_owned(), value);
                }
            }
            _ => {}
        }
    }
}

fn name_of(fields: &serde_json::Map<String, Value>, at: &Index) -> Option<String> {
    (!fields.is_empty()).then(|| fields.keys().nth(at.index(fields.len())).cloned())?
}

/// Values in a document, itself among them.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    }
}

fn nth<'a>(value: &'a mut Value, left: &mut usize) -> Option<&'a mut Value> {
    if *left == 0 {
        return Some(value);
    }
    *left -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| nth(item, left)),
        Value::Object(fields) => fields.values_mut().find_map(|field| nth(field, left)),
        _ => None,
    }
}
