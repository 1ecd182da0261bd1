//! `server …`.

use callsync_shared::{ExitCode, client::routes};

use crate::{
    cli::ServerCommand,
    context::Context,
    error::Failure,
    output::{page::Cell, text},
};

pub async fn run(context: &Context, command: ServerCommand) -> Result<ExitCode, Failure> {
    match command {
        ServerCommand::List => {
            let answer = context.send(&routes::servers()).await?;
            context.show(&answer, |list, page| {
                let rows = list
                    .items
                    .into_iter()
                    .map(|server| {
                        [
                            server.name.into(),
                            server.kind.into(),
                            server.location.into(),
                            text::names(&server.accounts).into(),
                        ]
                    })
                    .collect();
                page.table(["NAME", "KIND", "LOCATION", "ACCOUNTS"], rows, "No database servers.");
            })
        }
        ServerCommand::Test { name } => {
            let answer = context.send_patiently(&routes::test_server(&name)).await?;
            context.show(&answer, |test, page| {
                let test = test.body;
                let mut fields = vec![
                    ("Server", test.name.into()),
                    ("Kind", test.kind.into()),
                    ("Usable", Cell::state(if test.ok { "yes" } else { "no" })),
                    ("Version", test.version.into()),
                    ("Permissions", text::names(&test.permissions).into()),
                    ("Missing permissions", text::names(&test.missing_permissions).into()),
                    ("Free space", Cell::or_dash(test.free_bytes.map(text::bytes))),
                    ("Round trip", text::milliseconds(test.round_trip_seconds).into()),
                ];
                if let Some(product) = test.product {
                    fields.extend([
                        ("Product", product.into()),
                        ("Edition", Cell::or_dash(test.edition)),
                        ("Size limit", Cell::or_dash(test.size_limit_bytes.map(text::bytes))),
                        ("TLS", Cell::or_dash(test.tls)),
                        ("Collation", Cell::or_dash(test.collation)),
                        (
                            "Clock",
                            Cell::or_dash(test.clock_skew_seconds.map(|skew| format!("{skew:+.0} s from ours"))),
                        ),
                    ]);
                }
                page.fields(fields);
            })
        }
    }
}
