//! The description of the routes, generated from the one table.

use callsync_shared::{VERSION, api::schema, problem::MEDIA_TYPE, routes::CONFIRM_HEADER};
use serde_json::{Map, Value, json};

use super::{
    route::{Effect, Route},
    table::TABLE,
};

/// The description as OpenAPI 3.1.
#[must_use]
pub fn description() -> Value {
    let mut paths = Map::new();
    for route in TABLE {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.as_str().to_lowercase()] = operation(route);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "callsyncd control socket",
            "version": VERSION,
            "description": "HTTP/1.1 over a Unix socket. Roles come from the kernel's peer credentials. Names in paths are percent-encoded.",
        },
        "servers": [{"url": "http://localhost"}],
        "paths": paths,
        "components": {"schemas": {"Problem": problem()}},
    })
}

fn operation(route: &Route) -> Value {
    let mut operation = json!({
        "operationId": route.action,
        "summary": route.summary,
        "x-callsync-role": route.needs.as_str(),
        "x-callsync-audited": route.effect.is_audited(),
        "parameters": parameters(route),
        "responses": {
            "200": {"description": "Good answer.", "content": content(route.answer)},
            "default": {
                "description": "What went wrong, with the exit code of callsyncctl.",
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        },
    });
    if let Ok(example) = serde_json::from_str::<Value>(route.body) {
        operation["requestBody"] =
            json!({"content": {"application/json": {"schema": {"type": "object"}, "example": example}}});
    }
    operation
}

fn parameters(route: &Route) -> Vec<Value> {
    let text = json!({"type": "string"});
    let named = |place: &str, name: &str, required: bool| json!({"in": place, "name": name, "required": required, "schema": text});
    let mut parameters: Vec<Value> = route
        .path
        .split('/')
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| named("path", name, true))
        .collect();
    parameters.extend(route.query.iter().map(|name| named("query", name, false)));
    if route.effect.can_be_tried() {
        parameters.push(json!({
            "in": "query", "name": "dry_run", "required": false, "schema": {"type": "boolean"},
            "description": "Check everything and change nothing.",
        }));
    }
    if route.effect == Effect::Destroys {
        parameters.push(json!({
            "in": "header", "name": CONFIRM_HEADER, "required": true, "schema": {"const": "yes"},
            "description": "A person confirmed it; not needed with dry_run.",
        }));
    }
    parameters
}

fn content(answer: &str) -> Value {
    match answer {
        "ndjson" => json!({"application/x-ndjson": {"schema": {"type": "object"}}}),
        "openmetrics" => json!({"application/openmetrics-text": {"schema": {"type": "string"}}}),
        "json" => json!({"application/json": {"schema": {"type": "object"}}}),
        noun => json!({"application/json": {"schema": {
            "type": "object",
            "required": ["schema"],
            "properties": {"schema": {"const": schema(noun)}},
        }}}),
    }
}

fn problem() -> Value {
    json!({
        "type": "object",
        "required": ["title", "status", "code", "message", "hint", "retryable", "exit_code"],
        "properties": {
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "code": {"type": "string"},
            "message": {"type": "string"},
            "hint": {"type": "string"},
            "retryable": {"type": "boolean"},
            "exit_code": {"type": "integer"},
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn description_has_every_row_and_nothing_else() {
        let description = description();
        let paths = description["paths"].as_object().expect("paths");
        let described: usize = paths.values().filter_map(Value::as_object).map(Map::len).sum();
        assert_eq!(described, TABLE.len());
        for route in TABLE {
            let operation = &paths[route.path][route.method.as_str().to_lowercase()];
            assert_eq!(operation["operationId"], route.action);
            assert_eq!(operation["x-callsync-role"], route.needs.as_str());
        }
    }
}
