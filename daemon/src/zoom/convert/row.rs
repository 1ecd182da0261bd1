//! Borrowed fields become rows of a described table.

use std::collections::BTreeMap;

use crate::{
    domain::{
        directory::ZOOM_USER,
        table::{Kind, Parsed, Rejected, Row, Table, Value},
    },
    zoom::{
        convert::{
            digest,
            spelling::{self, Place, Spellings, Spot},
            value::{Decoded, decode},
        },
        wire::{
            record::{Field, Record, fields_of, json_of},
            scalar::{compact, push_quoted},
        },
    },
};

/// Collects the rows of one answer.
pub struct RowReader {
    table: &'static Table,
    spellings: &'static Spellings,
    parent: Option<(usize, String)>,
    parsed: Parsed,
}

/// A value that claims a column.
struct Claim<'a> {
    spot: Spot,
    outer: Option<&'a str>,
    name: &'a str,
    raw: &'a str,
}

impl RowReader {
    /// For rows of `table`.
    #[must_use]
    pub fn new(table: &'static Table) -> Self {
        Self {
            table,
            spellings: spelling::of(table),
            parent: None,
            parsed: Parsed::default(),
        }
    }

    /// Every row gets `value` in `column`, whatever the record itself says there.
    #[must_use]
    pub fn with_parent(mut self, column: &str, value: &str) -> Self {
        self.parent = self.table.position(column).map(|position| (position, value.to_owned()));
        self
    }

    /// What was collected.
    #[must_use]
    pub fn finish(self) -> Parsed {
        self.parsed
    }

    /// Takes one record.
    pub fn read(&mut self, record: Record<'_, '_>) {
        match record {
            Record::Other(json) => self.reject("the record is not an object".to_owned(), json),
            Record::Object(fields) => match self.row(fields) {
                Ok(row) => self.parsed.rows.push(row),
                Err(reason) => self.reject(reason, json_of(fields)),
            },
        }
    }

    fn reject(&mut self, reason: String, json: String) {
        self.parsed.rejected.push(Rejected {
            table: self.table.name,
            reason,
            digest: digest::of_rejected(self.table, &json),
            json,
        });
    }

    fn row(&self, fields: &[Field<'_>]) -> Result<Row, String> {
        let mut claims: Vec<Claim<'_>> = Vec::with_capacity(self.table.columns.len());
        let mut extra = Extra::default();
        let mut nested: Vec<(&str, Vec<Field<'_>>)> = Vec::new();
        for (name, raw) in fields {
            match self.spellings.get(&**name) {
                Some(Place::Column(spot)) => claims.push(Claim {
                    spot: *spot,
                    outer: None,
                    name,
                    raw: raw.get(),
                }),
                Some(Place::Object(_)) if raw.get() == "null" => {}
                Some(Place::Object(_)) => match fields_of(raw.get()) {
                    Some(inner) => nested.push((&**name, inner)),
                    None => extra.keep(None, name, raw.get()),
                },
                None => extra.keep(None, name, raw.get()),
            }
        }
        for (outer, inner) in &nested {
            let Some(Place::Object(spots)) = self.spellings.get(outer) else {
                continue;
            };
            for (name, raw) in inner {
                match spots.get(&**name) {
                    Some(spot) => claims.push(Claim {
                        spot: *spot,
                        outer: Some(outer),
                        name,
                        raw: raw.get(),
                    }),
                    None => extra.keep(Some(outer), name, raw.get()),
                }
            }
        }
        claims.sort_by_key(|claim| claim.spot);
        let mut values = vec![Value::Null; self.table.columns.len()];
        if let Some((column, parent)) = &self.parent {
            values[*column] = Value::Text(parent.clone());
        }
        for claim in &claims {
            self.settle(claim, &mut values, &mut extra);
        }
        self.complete_key(&mut values)?;
        let extra = extra.into_fields();
        let digest = digest::of_record(self.table, &values, &extra);
        Ok(Row {
            values,
            extra: object(&extra),
            digest,
        })
    }

    /// The best spelling that holds something wins; a different value under another spelling is kept in `extra`.
    fn settle(&self, claim: &Claim<'_>, values: &mut [Value], extra: &mut Extra) {
        let column = claim.spot.column;
        let Decoded { value, keep } = decode(self.kind(column), claim.raw);
        if column < self.table.key_columns && value.as_text() == Some("") {
            return;
        }
        let wins = values[column] == Value::Null;
        let differs = value != Value::Null && value != values[column];
        if keep || (!wins && differs) {
            extra.keep(claim.outer, claim.name, claim.raw);
        }
        if wins {
            values[column] = value;
        }
    }

    fn kind(&self, column: usize) -> Kind {
        self.table.columns[column].kind
    }

    /// A user who has not accepted the invitation has no id yet; the address stands for it.
    fn complete_key(&self, values: &mut [Value]) -> Result<(), String> {
        if self.table.name == ZOOM_USER.name && values[0] == Value::Null {
            let email = self
                .table
                .position("email")
                .and_then(|position| values[position].as_text());
            if let Some(email) = email.filter(|email| !email.is_empty()) {
                values[0] = Value::Text(format!("email:{email}"));
            }
        }
        match self
            .table
            .key()
            .iter()
            .zip(values.iter())
            .find(|(_, value)| value.as_text().is_none_or(str::is_empty))
        {
            None => Ok(()),
            Some((column, _)) => Err(format!("the record has no usable {}", column.name)),
        }
    }
}

/// What has no column, by name; fields of a nested object stay under the object's name.
#[derive(Default)]
struct Extra {
    fields: BTreeMap<String, String>,
    nested: BTreeMap<String, BTreeMap<String, String>>,
}

impl Extra {
    fn keep(&mut self, outer: Option<&str>, name: &str, raw: &str) {
        let target = match outer {
            None => &mut self.fields,
            Some(outer) => self.nested.entry(outer.to_owned()).or_default(),
        };
        target.insert(name.to_owned(), compact(raw));
    }

    fn into_fields(self) -> BTreeMap<String, String> {
        let mut fields = self.fields;
        for (outer, inner) in self.nested {
            if let Some(json) = object(&inner) {
                fields.insert(outer, json);
            }
        }
        fields
    }
}

/// A JSON object of the fields; nothing when there are none.
fn object(fields: &BTreeMap<String, String>) -> Option<String> {
    if fields.is_empty() {
        return None;
    }
    let mut out = String::from("{");
    for (name, json) in fields {
        if out.len() > 1 {
            out.push(',');
        }
        push_quoted(&mut out, name);
        out.push(':');
        out.push_str(json);
    }
    out.push('}');
    Some(out)
}
