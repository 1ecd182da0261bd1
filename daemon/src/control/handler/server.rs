//! Database servers of the configuration.

use callsync_shared::{
    ExitCode, Problem,
    api::server::{Server, ServerTest},
};

use crate::control::{
    answer::{Answer, Answered},
    call::Call,
};

/// All servers, with the accounts on them that the caller may see.
pub async fn list(call: Call) -> Answered {
    let accounts = call.accounts().await?;
    let on = |server: &str| {
        let mut names: Vec<String> = accounts
            .iter()
            .filter(|account| account.cdr.server.as_deref() == Some(server))
            .map(|account| account.name.clone())
            .collect();
        names.sort();
        names
    };
    let servers = call.handles.servers.list().into_iter().map(|server| Server {
        accounts: on(&server.name),
        kind: server.kind.to_owned(),
        name: server.name,
        location: server.location,
    });
    Answer::list(servers.collect())
}

/// Whether a server can be used.
pub async fn test(call: Call) -> Answered {
    let name = call.path("name");
    let server = call
        .handles
        .servers
        .list()
        .into_iter()
        .find(|server| server.name == name)
        .ok_or_else(|| {
            Problem::new(
                ExitCode::NotFound,
                "server_not_found",
                format!("There is no database server \"{name}\"."),
            )
            .hint("See callsyncctl server list; servers are declared in the configuration under servers:.")
        })?;
    let report = call.handles.servers.test(name).await?;
    let facts = report.facts.as_ref();
    Answer::document(ServerTest {
        name: server.name,
        kind: server.kind.to_owned(),
        ok: report.missing_permissions.is_empty(),
        version: report.version,
        permissions: report.permissions,
        missing_permissions: report.missing_permissions,
        free_bytes: report.free_bytes,
        round_trip_seconds: report.round_trip.as_secs_f64(),
        product: facts.map(|facts| facts.product.clone()),
        edition: facts.and_then(|facts| facts.edition.clone()),
        size_limit_bytes: facts.and_then(|facts| facts.size_limit_bytes),
        tls: facts.map(|facts| facts.tls.clone()),
        collation: facts.and_then(|facts| facts.collation.clone()),
        clock_skew_seconds: facts.and_then(|facts| facts.clock_skew_seconds),
    })
}
