//! Finding calls: filters, pages, one call with its elements.
//!
//! What can be compared byte by byte is compared by the server. Numbers by digits and names without regard to case are
//! compared here, by the code that the embedded engine uses: collations differ between servers in exactly that, and a
//! search must not find something else on another engine.

use std::collections::HashSet;

use super::{
    connection::{Connection, Patience},
    identifier::quoted,
    value::{self, Parameter},
};
use crate::{
    domain::call::{CALL_ELEMENT, CALL_HISTORY},
    ports::records::{CallCursor, CallFilter, Record},
    record_store::{
        error::Error,
        schema::{self, TableModel},
        search::{contains, digits, fold},
    },
};

/// Calls that are looked through at a time when a filter is compared here.
const PAGE: usize = 2_000;

/// Queues as they are known now, also those that are gone.
pub(super) const QUEUES: &str = "SELECT id, name, extension_id FROM dbo.call_queue WHERE extension_id IS NOT NULL;";

/// Conditions with their parameters.
#[derive(Default)]
pub(super) struct Conditions<'a> {
    clauses: Vec<String>,
    values: Vec<Parameter<'a>>,
}

impl<'a> Conditions<'a> {
    /// Adds a clause in which `{}` stands for the parameter.
    fn add(&mut self, clause: &str, value: Parameter<'a>) {
        self.values.push(value);
        self.clauses
            .push(clause.replace("{}", &format!("@P{}", self.values.len())));
    }

    fn exact(filter: &'a CallFilter) -> Self {
        let mut all = Self::default();
        if let Some(from) = filter.from {
            all.add("end_time >= CAST({} AS datetime2(0))", Parameter::Time(from));
        }
        if let Some(to) = filter.to {
            all.add("end_time < CAST({} AS datetime2(0))", Parameter::Time(to));
        }
        if let Some(direction) = &filter.direction {
            all.add("direction = CAST({} AS varchar(255))", Parameter::id(direction));
        }
        if let Some(result) = &filter.result {
            all.add("call_result = CAST({} AS varchar(255))", Parameter::id(result));
        }
        if let Some(seconds) = filter.min_duration {
            all.add("duration >= {}", Parameter::count(seconds));
        }
        all
    }

    /// Calls with an end time, newest first, after a cursor.
    pub fn dated(filter: &'a CallFilter, after: Option<&'a CallCursor>) -> Self {
        let mut all = Self::exact(filter);
        all.clauses.push("end_time IS NOT NULL".to_owned());
        if let Some((Some(time), key)) = after {
            all.add("end_time <= CAST({} AS datetime2(0))", Parameter::Time(*time));
            let end = all.values.len();
            all.add(
                &format!(
                    "(end_time < CAST(@P{end} AS datetime2(0)) OR call_history_uuid > CAST({{}} AS varchar(255)))"
                ),
                Parameter::id(key),
            );
        }
        all
    }

    /// Calls without an end time, after a cursor.
    pub fn undated(filter: &'a CallFilter, after: Option<&'a CallCursor>) -> Self {
        let mut all = Self::exact(filter);
        all.clauses.push("end_time IS NULL".to_owned());
        if let Some((None, key)) = after {
            all.add("call_history_uuid > CAST({} AS varchar(255))", Parameter::id(key));
        }
        all
    }

    /// A page of calls with an end time. Rows lie by end time and key, both ascending; read backwards that is the right
    /// order for the time and the wrong one for keys within a second. So the oldest end time of the page is found first,
    /// by a walk from the newest end that stops after the page, and only what is in between is sorted.
    pub fn dated_page(&self, limit: usize) -> String {
        let place = self.clauses.join(" AND ");
        format!(
            "SELECT TOP ({limit}) {columns} FROM dbo.call_history WHERE {place}
  AND end_time >= (SELECT MIN(newest.end_time) FROM
    (SELECT TOP ({limit}) end_time FROM dbo.call_history WHERE {place} ORDER BY end_time DESC) newest)
ORDER BY end_time DESC, call_history_uuid;",
            columns = select_list(&CALL_HISTORY).unwrap_or_default(),
        )
    }

    /// A page of calls without one.
    pub fn undated_page(&self, limit: usize) -> String {
        format!(
            "SELECT TOP ({limit}) {} FROM dbo.call_history WHERE {} ORDER BY call_history_uuid;",
            select_list(&CALL_HISTORY).unwrap_or_default(),
            self.clauses.join(" AND "),
        )
    }
}

fn columns_of(model: &TableModel) -> String {
    model.names().map(quoted).collect::<Vec<_>>().join(", ")
}

fn select_list(table: &crate::domain::table::Table) -> Option<String> {
    schema::model(table).map(columns_of)
}

/// One call.
pub(super) fn one_call() -> Option<String> {
    let columns = select_list(&CALL_HISTORY)?;
    Some(format!(
        "SELECT {columns} FROM dbo.call_history WHERE call_history_uuid = CAST(@P1 AS varchar(255));"
    ))
}

/// The legs of a call in the order in which they happened.
pub(super) fn legs() -> Option<String> {
    let columns = select_list(&CALL_ELEMENT)?;
    Some(format!(
        "SELECT {columns} FROM dbo.call_element WHERE call_history_uuid = CAST(@P1 AS varchar(255))
ORDER BY segment, node, start_time, call_element_id;"
    ))
}

/// What is compared here.
struct Wanted {
    number: Option<Number>,
    user: Option<String>,
    queue: Option<Queue>,
    site: Option<Named>,
}

struct Number {
    typed: String,
    digits: String,
}

/// Something by its id or its name in one case.
struct Named {
    id: String,
    name: String,
}

struct Queue {
    wanted: Named,
    extensions: HashSet<String>,
}

fn text<'a>(record: &'a Record, name: &str) -> Option<&'a str> {
    let (_, value) = record.iter().find(|(column, _)| *column == name)?;
    value.as_text()
}

impl Wanted {
    fn of(filter: &CallFilter, queues: &[(String, String, String)]) -> Self {
        let named = |text: &String| Named {
            id: text.clone(),
            name: fold(text),
        };
        Self {
            number: filter.number.as_ref().map(|number| Number {
                typed: number.trim().to_owned(),
                digits: digits(number),
            }),
            user: filter.user.as_deref().map(fold),
            queue: filter.queue.as_ref().map(|queue| {
                let wanted = named(queue);
                let of_it = queues
                    .iter()
                    .filter(|(id, name, _)| *id == wanted.id || fold(name) == wanted.name);
                let extensions = of_it.map(|(_, _, extension)| extension.clone()).collect();
                Queue { wanted, extensions }
            }),
            site: filter.site.as_ref().map(named),
        }
    }

    fn is_anything(&self) -> bool {
        self.number.is_none() && self.user.is_none() && self.queue.is_none() && self.site.is_none()
    }

    fn admits(&self, record: &Record) -> bool {
        let sides = ["caller", "callee"];
        let field = |side: &str, name: &str| text(record, &format!("{side}_{name}"));
        let number = self.number.as_ref().is_none_or(|number| {
            let international = format!("+{}", number.digits);
            sides.iter().any(|side| {
                let did = field(side, "did_number");
                field(side, "ext_number") == Some(&number.typed)
                    || did == Some(&number.typed)
                    || (!number.digits.is_empty()
                        && (field(side, "did_number_e164") == Some(&international)
                            || did.is_some_and(|did| digits(did) == number.digits)))
            })
        });
        let user = self.user.as_ref().is_none_or(|part| {
            let mut fields = sides
                .iter()
                .flat_map(|side| [field(side, "email"), field(side, "name")]);
            fields.any(|text| text.is_some_and(|text| contains(text, part)))
        });
        let queue = self.queue.as_ref().is_none_or(|queue| {
            sides.iter().any(|side| {
                let extension = field(side, "ext_id");
                field(side, "ext_type") == Some("call_queue")
                    && (extension == Some(&queue.wanted.id)
                        || field(side, "name").is_some_and(|name| fold(name) == queue.wanted.name)
                        || extension.is_some_and(|extension| queue.extensions.contains(extension)))
            })
        });
        let site = self.site.as_ref().is_none_or(|site| {
            text(record, "site_id") == Some(&site.id)
                || text(record, "site_name").is_some_and(|name| fold(name) == site.name)
        });
        number && user && queue && site
    }
}

async fn queues(connection: &mut Connection) -> Result<Vec<(String, String, String)>, Error> {
    let rows = connection.rows(Patience::Search, QUEUES, &[]).await?;
    let text = |row, column| value::text(row, column).unwrap_or_default();
    Ok(rows
        .iter()
        .map(|row| (text(row, 0), text(row, 1), text(row, 2)))
        .collect())
}

fn end_of(record: &Record) -> CallCursor {
    let end = record
        .iter()
        .find(|(column, _)| *column == "end_time")
        .and_then(|(_, value)| value.as_time());
    let key = text(record, CALL_HISTORY.columns[0].name).unwrap_or_default();
    (end, key.to_owned())
}

/// Calls, newest first, those without an end time last, after `cursor`.
pub(super) async fn calls(
    connection: &mut Connection,
    filter: &CallFilter,
    cursor: Option<&CallCursor>,
    limit: usize,
) -> Result<Vec<Record>, Error> {
    let Some(model) = schema::model(&CALL_HISTORY) else {
        return Ok(Vec::new());
    };
    let known = if filter.queue.is_some() {
        queues(connection).await?
    } else {
        Vec::new()
    };
    let wanted = Wanted::of(filter, &known);
    let mut found = Vec::new();
    let mut after = cursor.cloned();
    let mut dated = !matches!(cursor, Some((None, _)));
    while found.len() < limit {
        let left = limit - found.len();
        let size = if wanted.is_anything() { left } else { PAGE.max(left) };
        let (conditions, sql) = if dated {
            let conditions = Conditions::dated(filter, after.as_ref());
            let sql = conditions.dated_page(size);
            (conditions, sql)
        } else if filter.from.is_none() && filter.to.is_none() {
            let conditions = Conditions::undated(filter, after.as_ref());
            let sql = conditions.undated_page(size);
            (conditions, sql)
        } else {
            break;
        };
        let rows = connection.rows(Patience::Search, &sql, &conditions.values).await?;
        let page: Vec<Record> = rows.iter().map(|row| value::record(model, row)).collect();
        let full = page.len() == size;
        let end = page.last().map(end_of);
        found.extend(page.into_iter().filter(|record| wanted.admits(record)).take(left));
        match (full, dated) {
            (true, _) => after = end,
            (false, true) => {
                dated = false;
                after = None;
            }
            (false, false) => break,
        }
    }
    Ok(found)
}

/// One call with its elements.
pub(super) async fn call(connection: &mut Connection, uuid: &str) -> Result<Option<(Record, Vec<Record>)>, Error> {
    let (Some(calls), Some(elements)) = (schema::model(&CALL_HISTORY), schema::model(&CALL_ELEMENT)) else {
        return Ok(None);
    };
    let (Some(one), Some(legs)) = (one_call(), legs()) else {
        return Ok(None);
    };
    let key = [Parameter::id(uuid)];
    let Some(row) = connection.row(Patience::Brief, &one, &key).await? else {
        return Ok(None);
    };
    let rows = connection.rows(Patience::Brief, &legs, &key).await?;
    let legs = rows.iter().map(|row| value::record(elements, row)).collect();
    Ok(Some((value::record(calls, &row), legs)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::table::Value;

    #[test]
    fn a_filter_is_never_part_of_the_statement() {
        let hostile = "'; DROP TABLE call_history; --";
        let filter = CallFilter {
            direction: Some(hostile.to_owned()),
            result: Some(hostile.to_owned()),
            user: Some(hostile.to_owned()),
            ..CallFilter::default()
        };
        let cursor = (None, hostile.to_owned());
        for sql in [
            Conditions::dated(&filter, None).dated_page(10),
            Conditions::undated(&filter, Some(&cursor)).undated_page(10),
        ] {
            assert!(!sql.contains("DROP"), "{sql}");
        }
    }

    #[test]
    fn absent_fields_match_nothing() {
        let filter = CallFilter {
            site: Some(String::new()),
            ..CallFilter::default()
        };
        let record: Record = vec![("site_name", Value::Null), ("site_id", Value::Null)];
        assert!(!Wanted::of(&filter, &[]).admits(&record));
    }
}
