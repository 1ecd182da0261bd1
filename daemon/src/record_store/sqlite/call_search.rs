//! Finding calls: filters, pages, one call with its elements.

use rusqlite::{Connection, OptionalExtension, ToSql, params_from_iter};

use super::row;
use crate::{
    domain::call::{CALL_ELEMENT, CALL_HISTORY},
    ports::records::{CallCursor, CallFilter, Record},
    record_store::{
        schema::{self, TableModel},
        search::{digits, fold},
    },
};

/// Conditions with bound parameters.
#[derive(Default)]
struct Conditions {
    clauses: Vec<String>,
    values: Vec<Box<dyn ToSql>>,
}

impl Conditions {
    /// Adds a clause in which `{}` stands for the parameter, as often as needed.
    fn add(&mut self, clause: &str, value: impl ToSql + 'static) {
        self.values.push(Box::new(value));
        self.clauses.push(format!(
            "({})",
            clause.replace("{}", &format!("?{}", self.values.len()))
        ));
    }

    fn of(filter: &CallFilter) -> Self {
        let mut all = Self::default();
        if let Some(from) = filter.from {
            all.add("end_time >= {}", row::time_text(from));
        }
        if let Some(to) = filter.to {
            all.add("end_time < {}", row::time_text(to));
        }
        if let Some(number) = &filter.number {
            all.number(number);
        }
        if let Some(user) = &filter.user {
            let sides = ["caller_email", "caller_name", "callee_email", "callee_name"]
                .map(|column| format!("fold_contains({column}, {{}})"));
            all.add(&sides.join(" OR "), fold(user));
        }
        if let Some(queue) = &filter.queue {
            all.queue(queue);
        }
        if let Some(site) = &filter.site {
            all.values.push(Box::new(site.clone()));
            let id = all.values.len();
            all.add(&format!("site_id = ?{id} OR fold_equals(site_name, {{}})"), fold(site));
        }
        if let Some(direction) = &filter.direction {
            all.add("direction = {}", direction.clone());
        }
        if let Some(result) = &filter.result {
            all.add("call_result = {}", result.clone());
        }
        if let Some(seconds) = filter.min_duration {
            all.add("duration >= {}", i64::try_from(seconds).unwrap_or(i64::MAX));
        }
        all
    }

    /// Either side's extension as typed, or its number digit by digit.
    fn number(&mut self, number: &str) {
        self.values.push(Box::new(number.trim().to_owned()));
        let typed = self.values.len();
        let exact = format!(
            "caller_ext_number = ?{typed} OR callee_ext_number = ?{typed} OR caller_did_number = ?{typed} OR callee_did_number = ?{typed}"
        );
        let only = digits(number);
        if only.is_empty() {
            self.clauses.push(format!("({exact})"));
            return;
        }
        self.values.push(Box::new(format!("+{only}")));
        let international = self.values.len();
        self.add(
            &format!(
                "{exact} OR caller_did_number_e164 = ?{international} OR callee_did_number_e164 = ?{international}
                 OR digits(caller_did_number) = {{}} OR digits(callee_did_number) = {{}}"
            ),
            only,
        );
    }

    /// A queue by extension id, by its own id, or by name: the name in the record, or the one it has now.
    fn queue(&mut self, queue: &str) {
        self.values.push(Box::new(queue.to_owned()));
        let id = self.values.len();
        let side = |side: &str| {
            format!(
                "({side}_ext_type = 'call_queue' AND ({side}_ext_id = ?{id} OR fold_equals({side}_name, {{}})
                  OR {side}_ext_id IN (SELECT extension_id FROM call_queue WHERE id = ?{id} OR fold_equals(name, {{}}))))"
            )
        };
        self.add(&format!("{} OR {}", side("caller"), side("callee")), fold(queue));
    }

    fn run(
        &self,
        connection: &Connection,
        model: &'static TableModel,
        order: &str,
        limit: usize,
    ) -> rusqlite::Result<Vec<Record>> {
        let sql = format!(
            "SELECT {} FROM {} WHERE {} ORDER BY {order} LIMIT {limit}",
            row::select_list(model),
            model.name,
            self.clauses.join(" AND "),
        );
        let mut statement = connection.prepare(&sql)?;
        let rows = statement.query_map(params_from_iter(&self.values), |found| row::record(model, found))?;
        rows.collect()
    }
}

/// Calls, newest first, those without an end time last, after `cursor`.
pub(super) fn calls(
    connection: &Connection,
    filter: &CallFilter,
    cursor: Option<CallCursor>,
    limit: usize,
) -> rusqlite::Result<Vec<Record>> {
    let Some(model) = schema::model(&CALL_HISTORY) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    // Two walks instead of one OR: each is a range of the index on end_time.
    if !matches!(cursor, Some((None, _))) {
        let mut dated = Conditions::of(filter);
        dated.clauses.push("end_time IS NOT NULL".to_owned());
        if let Some((Some(time), key)) = &cursor {
            dated.values.push(Box::new(row::time_text(*time)));
            let end = dated.values.len();
            dated.clauses.push(format!("end_time <= ?{end}"));
            dated.add(&format!("end_time < ?{end} OR call_history_uuid > {{}}"), key.clone());
        }
        found = dated.run(connection, model, "end_time DESC, call_history_uuid", limit)?;
    }
    if found.len() < limit && filter.from.is_none() && filter.to.is_none() {
        let mut undated = Conditions::of(filter);
        undated.clauses.push("end_time IS NULL".to_owned());
        if let Some((None, key)) = cursor {
            undated.add("call_history_uuid > {}", key);
        }
        found.extend(undated.run(connection, model, "call_history_uuid", limit - found.len())?);
    }
    Ok(found)
}

/// One call with its elements in the order in which they happened.
pub(super) fn call(connection: &Connection, uuid: &str) -> rusqlite::Result<Option<(Record, Vec<Record>)>> {
    let (Some(calls), Some(legs)) = (schema::model(&CALL_HISTORY), schema::model(&CALL_ELEMENT)) else {
        return Ok(None);
    };
    let call = connection
        .prepare_cached(&format!(
            "SELECT {} FROM call_history WHERE call_history_uuid = ?1",
            row::select_list(calls)
        ))?
        .query_row([uuid], |found| row::record(calls, found))
        .optional()?;
    let Some(call) = call else { return Ok(None) };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {} FROM call_element WHERE call_history_uuid = ?1 ORDER BY segment, node, start_time, call_element_id",
        row::select_list(legs),
    ))?;
    let rows = statement.query_map([uuid], |found| row::record(legs, found))?;
    Ok(Some((call, rows.collect::<Result<_, _>>()?)))
}
