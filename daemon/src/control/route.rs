//! What a row of the table of routes is. The rows themselves are in [`super::table`].

use axum::http::Method;
use futures_util::future::BoxFuture;

use super::{access::Role, answer::Answered, call::Call};

/// The role that a route needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Any viewer; the handler shows only what the viewer may see.
    View,
    /// A viewer who is not restricted to some enterprise groups: the answer cannot be cut down to them.
    ViewAll,
    /// An administrator.
    Admin,
}

impl Needs {
    /// Whether a role suffices.
    #[must_use]
    pub const fn allows(self, role: &Role) -> bool {
        match self {
            Self::View => !matches!(role, Role::Refused),
            Self::ViewAll => role.sees_all(),
            Self::Admin => matches!(role, Role::Admin),
        }
    }

    /// Name in the description of the routes.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::View => "viewer",
            Self::ViewAll => "viewer without restriction",
            Self::Admin => "admin",
        }
    }
}

/// What a route does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Reads. Refusals are audited, nothing else.
    Reads,
    /// May change something by itself, so it is audited, but there is nothing to try out: no `dry_run`.
    Acts,
    /// Changes something: audited, takes `dry_run`.
    Changes,
    /// Destroys or cuts off: as `Changes`, and needs the confirmation header.
    Destroys,
}

impl Effect {
    /// Whether it takes `dry_run`.
    #[must_use]
    pub const fn can_be_tried(self) -> bool {
        matches!(self, Self::Changes | Self::Destroys)
    }

    /// Whether it is written to the audit log.
    #[must_use]
    pub const fn is_audited(self) -> bool {
        !matches!(self, Self::Reads)
    }
}

/// What a route does for an account whose organisation withdrew its consent. Matters only below `/v1/accounts/{name}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawn {
    /// Refused with exit code 8, before its handler runs.
    Refused,
    /// Answered as ever: showing, authorizing again, removing.
    Answered,
}

/// What answers a route.
pub type Handler = fn(Call) -> BoxFuture<'static, Answered>;

/// A row of the table.
pub struct Route {
    /// HTTP method.
    pub method: Method,
    /// Path with `{names}`.
    pub path: &'static str,
    /// The role it needs.
    pub needs: Needs,
    /// What it does.
    pub effect: Effect,
    /// Name in the audit log, unique.
    pub action: &'static str,
    /// One sentence for people.
    pub summary: &'static str,
    /// Parameters of the query, beside `dry_run`. Others are refused: a misspelt `dry_run` must not change anything.
    pub query: &'static [&'static str],
    /// An example of the body; empty when it takes none.
    pub body: &'static str,
    /// What it does for a withdrawn account.
    pub withdrawn: Withdrawn,
    /// Noun of the answer's schema, or `ndjson` for a stream, `json` for plain JSON, `openmetrics`.
    pub answer: &'static str,
    /// What answers.
    pub handler: Handler,
}

/// A row of the table, in the order method, path, role, effect, action, summary; then `query [names]` and
/// `body "example"` where there are any, `also withdrawn` where it answers for withdrawn accounts too; then
/// `answers "noun"` and the handler.
macro_rules! route {
    ($method:ident $path:literal, $needs:ident, $effect:ident, $action:literal, $summary:literal,
     $(query $query:expr,)? $(body $body:expr,)? $(also $withdrawn:ident,)? answers $answer:literal, $handler:path) => {
        $crate::control::route::Route {
            method: axum::http::Method::$method,
            path: $path,
            needs: $crate::control::route::Needs::$needs,
            effect: $crate::control::route::Effect::$effect,
            action: $action,
            summary: $summary,
            query: $crate::control::route::route!(@query $($query)?),
            body: $crate::control::route::route!(@body $($body)?),
            withdrawn: $crate::control::route::route!(@withdrawn $($withdrawn)?),
            answer: $answer,
            handler: |call| Box::pin($handler(call)),
        }
    };
    (@query $query:expr) => { &$query };
    (@query) => { &[] };
    (@body $body:expr) => { $body };
    (@body) => { "" };
    (@withdrawn withdrawn) => { $crate::control::route::Withdrawn::Answered };
    (@withdrawn) => { $crate::control::route::Withdrawn::Refused };
}
pub(crate) use route;
