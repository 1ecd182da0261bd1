//! From an HTTP request to a handler: the role, the confirmation, the parameters, the body; then the audit log.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody, to_bytes},
    extract::{FromRequestParts, RawPathParams},
    http::{Request, Response, StatusCode, request::Parts},
    routing::{MethodFilter, MethodRouter},
};
use callsync_shared::{ExitCode, Problem, routes::CONFIRM_HEADER};
use tower::ServiceExt;
use url::form_urlencoded;

use super::{
    Handles, Spawn,
    access::{Credentials, Role},
    answer::{Answered, respond, sign},
    call::{Call, Caller, without_consent},
    problem::{usage, with_status},
    route::{Effect, Route, Withdrawn},
    table::TABLE,
    trail::{SharedNotes, Trail},
};
use crate::domain::command::about;
/// What the paths of routes on one account begin with.
const ONE_ACCOUNT: &str = "/v1/accounts/{name}";
/// Longest body of a request, in bytes.
pub const LONGEST_BODY: usize = 1 << 20;
/// Time in which the body of a request must have arrived.
pub const BODY_PATIENCE: Duration = Duration::from_secs(30);

/// Answers requests. Cheap to clone.
#[derive(Clone)]
pub struct Gate {
    inside: Arc<Inside>,
    router: Router,
}

struct Inside {
    handles: Arc<Handles>,
    trail: Arc<Trail>,
    spawn: Spawn,
}

impl Gate {
    /// Over the table of routes.
    #[must_use]
    pub fn new(handles: Arc<Handles>, spawn: Spawn) -> Self {
        let trail = Arc::new(Trail::new(&handles));
        let inside = Arc::new(Inside { handles, trail, spawn });
        let mut router = Router::new();
        for route in TABLE {
            router = router.route(route.path, methods(route, &inside));
        }
        let router = router
            .method_not_allowed_fallback(async || {
                respond(Err(with_status(
                    usage("method_not_allowed", "This path does not take this method.")
                        .hint("See GET /v1/openapi.json."),
                    405,
                )))
            })
            .fallback(async || {
                respond(Err(Problem::new(
                    ExitCode::NotFound,
                    "unknown_route",
                    "There is no such path.",
                )
                .hint(
                    "See GET /v1/openapi.json; compare the versions with callsyncctl version.",
                )))
            });
        Self { inside, router }
    }

    /// Answers one request of a peer.
    pub async fn answer(&self, peer: &Arc<Credentials>, mut request: Request<Body>) -> Response<Body> {
        let role = self.inside.handles.access.rules().role(peer);
        let mut response = if role == Role::Refused {
            self.inside
                .trail
                .refused(peer, &role, "connect", request.uri().path())
                .await;
            respond(Err(Problem::new(
                ExitCode::NotPermitted,
                "not_permitted",
                "This user may not use the control socket.",
            )
            .hint("Ask to be added to the unix group that control.group names, and to control.admin_group to change things; then log in again.")))
        } else {
            request.extensions_mut().insert(Caller {
                peer: Arc::clone(peer),
                role,
            });
            // Nothing here fails: the router's error is Infallible.
            self.router
                .clone()
                .oneshot(request)
                .await
                .unwrap_or_else(|never| match never {})
        };
        sign(&mut response);
        response
    }
}

fn methods(route: &'static Route, inside: &Arc<Inside>) -> MethodRouter {
    let inside = Arc::clone(inside);
    // Every method of the table is one that axum can filter; a test asks each route.
    let filter = MethodFilter::try_from(route.method.clone()).unwrap_or(MethodFilter::TRACE);
    axum::routing::on(filter, move |request: Request<Body>| {
        let inside = Arc::clone(&inside);
        async move {
            let mut object = None;
            let answered = inside.pass(route, request, &mut object).await;
            // Whoever is refused wants to type the next command, not to fill in what was just named.
            respond(answered.map_err(|mut problem| {
                if let Some(name) = &object {
                    problem.hint = about(&problem.hint, name);
                }
                problem
            }))
        }
    })
}

impl Inside {
    /// `named` is what the path names.
    async fn pass(
        self: Arc<Self>,
        route: &'static Route,
        request: Request<Body>,
        named: &mut Option<String>,
    ) -> Answered {
        let (mut parts, body) = request.into_parts();
        let path = path_of(&mut parts).await?;
        *named = path
            .first()
            .filter(|(key, _)| key == "name")
            .map(|(_, name)| name.clone());
        let object = path.first().map_or(route.path, |(_, name)| name.as_str()).to_owned();
        let caller = parts
            .extensions
            .remove::<Caller>()
            .ok_or_else(|| Problem::new(ExitCode::NotPermitted, "not_permitted", "Nobody said who is asking."))?;
        if !route.needs.allows(&caller.role) {
            self.trail
                .refused(&caller.peer, &caller.role, route.action, &object)
                .await;
            return Err(Problem::new(
                ExitCode::NotPermitted,
                "not_permitted",
                format!("{} needs the role {}.", route.action, route.needs.as_str()),
            )
            .hint("Ask an administrator, or to be added to the unix group that control.admin_group names."));
        }
        let (query, dry_run) = query_of(route, parts.uri.query().unwrap_or_default())?;
        self.refuse_withdrawn(route, &caller, &object).await?;
        let confirmed = parts
            .headers
            .get(CONFIRM_HEADER)
            .is_some_and(|value| value.as_bytes() == b"yes");
        if route.effect == Effect::Destroys && !dry_run && !confirmed {
            self.trail
                .refused(&caller.peer, &caller.role, route.action, &object)
                .await;
            return Err(Problem::new(
                ExitCode::Refused,
                "confirmation_required",
                format!(
                    "{} of \"{object}\" needs a confirmation. Nothing was changed.",
                    route.action
                ),
            )
            .hint(format!(
                "Repeat it with --yes (header {CONFIRM_HEADER}: yes), or look first with --dry-run."
            )));
        }
        let body = body_of(body).await?;
        if route.body.is_empty() && !body.trim_ascii().is_empty() {
            return Err(usage("unexpected_body", format!("{} takes no body.", route.action))
                .hint("Nothing was changed. Parameters go into the query, for example ?dry_run=true; see GET /v1/openapi.json."));
        }
        let notes = SharedNotes::default();
        let call = Call {
            handles: Arc::clone(&self.handles),
            caller: caller.clone(),
            dry_run,
            trail: Arc::clone(&self.trail),
            path,
            query,
            body,
            notes: notes.clone(),
        };
        if !route.effect.is_audited() || dry_run {
            return (route.handler)(call).await;
        }
        self.change(route, call, caller, object, notes).await
    }

    /// The one place where verbs on accounts without consent end. An account that does not exist, or that the caller
    /// may not see, is the handler's to refuse.
    async fn refuse_withdrawn(&self, route: &Route, caller: &Caller, name: &str) -> Result<(), Problem> {
        if route.withdrawn == Withdrawn::Answered || !route.path.starts_with(ONE_ACCOUNT) {
            return Ok(());
        }
        let Ok(account) = self.handles.enrolment.account(name).await else {
            return Ok(());
        };
        if !account.state.is_withdrawn() || !caller.role.sees(&account.group) {
            return Ok(());
        }
        self.trail.refused(&caller.peer, &caller.role, route.action, name).await;
        Err(without_consent(&account))
    }

    /// Runs a change to its end, also when the client hangs up: hyper drops the answer's future then, and a change
    /// that stopped half-way would be neither done nor in the audit log.
    async fn change(
        self: Arc<Self>,
        route: &'static Route,
        call: Call,
        caller: Caller,
        object: String,
        notes: SharedNotes,
    ) -> Answered {
        let (done, answered) = tokio::sync::oneshot::channel();
        let trail = Arc::clone(&self.trail);
        let monitor = Arc::clone(&self.handles.monitor);
        (self.spawn)(
            "control-change",
            Box::pin(async move {
                let answered = (route.handler)(call).await;
                trail
                    .changed(
                        &caller.peer,
                        &caller.role,
                        route.action,
                        &object,
                        &notes,
                        answered.as_ref().err(),
                    )
                    .await;
                // What a person mends should show at once, and what it breaks as well.
                monitor.look_soon();
                // Nobody listens any more when the client hung up.
                let _ = done.send(answered);
            }),
        );
        answered.await.unwrap_or_else(|_| {
            Err(
                Problem::new(ExitCode::Failed, "internal", "The request ended without an answer.")
                    .hint("Whether a change was made is shown by callsyncctl audit list; see journalctl -u callsyncd."),
            )
        })
    }
}

async fn path_of(parts: &mut Parts) -> Result<Vec<(String, String)>, Problem> {
    match RawPathParams::from_request_parts(parts, &()).await {
        Ok(parameters) => Ok(parameters
            .iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect()),
        Err(rejection) => Err(usage(
            "invalid_path",
            format!("The path is not usable: {}", rejection.body_text()),
        )
        .hint("Names in paths are percent-encoded UTF-8.")),
    }
}

type Query = (Vec<(String, String)>, bool);

fn query_of(route: &Route, query: &str) -> Result<Query, Problem> {
    let mut known: Vec<(String, String)> = Vec::new();
    let mut dry_run = None;
    for (name, value) in form_urlencoded::parse(query.as_bytes()).into_owned() {
        if value.is_empty() {
            // Taken for absent it would select everything.
            return Err(usage(
                "invalid_parameter",
                format!("The parameter {} is empty.", name.escape_debug()),
            )
            .hint("Give it a value, or leave it out. Nothing was changed."));
        }
        if known.iter().any(|(other, _)| *other == name) || (name == "dry_run" && dry_run.is_some()) {
            return Err(usage(
                "invalid_parameter",
                format!("The parameter {} is given twice.", name.escape_debug()),
            )
            .hint("Nothing was changed."));
        }
        if name == "dry_run" && route.effect.can_be_tried() {
            dry_run = match value.as_str() {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => {
                    return Err(
                        usage("invalid_parameter", "The parameter dry_run is neither true nor false.")
                            .hint("Nothing was changed."),
                    );
                }
            };
        } else if !route.query.contains(&name.as_str()) {
            return Err(usage(
                "unknown_parameter",
                format!("This route has no parameter {}.", name.escape_debug()),
            )
            .hint("Nothing was changed. See GET /v1/openapi.json."));
        } else {
            known.push((name, value));
        }
    }
    Ok((known, dry_run == Some(true)))
}

async fn body_of(body: Body) -> Result<Bytes, Problem> {
    let too_large = || {
        with_status(
            usage(
                "body_too_large",
                format!("The body of the request is larger than {LONGEST_BODY} bytes."),
            ),
            StatusCode::PAYLOAD_TOO_LARGE.as_u16(),
        )
    };
    // Told before it is read: a client that waits for `100 Continue` then never sends it.
    if HttpBody::size_hint(&body).lower() > LONGEST_BODY as u64 {
        return Err(too_large());
    }
    match tokio::time::timeout(BODY_PATIENCE, to_bytes(body, LONGEST_BODY)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => {
            let limit = std::error::Error::source(&error).is_some_and(|source| source.to_string().contains("limit"));
            Err(if limit {
                too_large()
            } else {
                usage(
                    "body_incomplete",
                    format!("The body of the request did not arrive whole: {error}"),
                )
            })
        }
        Err(_) => Err(with_status(
            usage("body_too_slow", "The body of the request did not arrive in time."),
            StatusCode::REQUEST_TIMEOUT.as_u16(),
        )),
    }
}
