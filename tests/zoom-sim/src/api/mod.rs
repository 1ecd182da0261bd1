//! The REST API under `/v2`: who may ask, whether now, and for what.

pub(crate) mod directory_answers;
pub(crate) mod endpoint;
mod endpoint_table;
pub(crate) mod history;
pub(crate) mod listing;
pub(crate) mod long_listings;

use crate::answer::Answer;
use crate::directory::{Directory, Status};
use crate::oauth::grants::Kind;
use crate::request::Request;
use crate::world::World;
use endpoint::{Endpoint, EndpointSpec, Family};

/// A request that was let in.
pub(crate) struct Call<'a> {
    pub request: &'a Request,
    pub spec: &'static EndpointSpec,
    /// The `{}` of the path.
    pub subject: String,
    pub account: usize,
    /// The person the token speaks for; none for server-to-server.
    pub user: Option<String>,
}

type Outcome = Result<Answer, Box<Answer>>;

/// The answer, and the account of the token when there is one.
pub(crate) fn answer(world: &mut World, request: &Request) -> (Answer, Option<usize>) {
    let segments = request.segments();
    let Some((spec, subject)) = endpoint::find(&segments[1..]) else {
        return (Answer::error(400, 2300, "This API endpoint is not recognized."), None);
    };
    if request.method != "GET" {
        return (Answer::error(405, 405, "Request method is not supported."), None);
    }
    let held = match authenticate(world, request) {
        Ok(held) => held,
        Err(refused) => return (*refused, None),
    };
    let (account, kind, scopes) = held;
    let now = world.now();
    let holder = &mut world.accounts[account];
    let admitted = holder
        .rates
        .admit(now, holder.plan, &world.options.rate_limits, spec.family, spec.label);
    let reading = match admitted {
        Ok(reading) => reading,
        Err(refused) => {
            return (refused.1.put_on(refused.0, world.options.rate_headers), Some(account));
        }
    };
    let user = match &kind {
        Kind::User(user) => Some(user.clone()),
        Kind::ServerToServer => None,
    };
    let call = Call {
        request,
        spec,
        subject,
        account,
        user,
    };
    let mut answer = permit(world, &call, &scopes)
        .and_then(|()| route(world, &call))
        .unwrap_or_else(|refused| *refused);
    if let Some(reading) = reading {
        answer = reading.put_on(answer, world.options.rate_headers);
    }
    (answer, Some(account))
}

fn authenticate(world: &World, request: &Request) -> Result<(usize, Kind, Vec<String>), Box<Answer>> {
    let status = world.options.bad_token_status;
    let refuse = |message: &str| Err(Box::new(Answer::error(status, 124, message)));
    let Some(held) = request.bearer().and_then(|token| world.grants.access.get(token)) else {
        return refuse("Invalid access token.");
    };
    if held.revoked {
        return refuse("Invalid access token.");
    }
    // The token of somebody who has left is worth nothing.
    let directory = &world.accounts[held.account].directory;
    let gone = matches!(&held.kind, Kind::User(id)
        if directory.user(id).is_none_or(|user| user.status != Status::Active));
    if gone {
        return refuse("Invalid access token.");
    }
    if held.expires_at <= world.now() {
        return refuse("Access token is expired.");
    }
    Ok((held.account, held.kind.clone(), held.scopes.clone()))
}

fn permit(world: &World, call: &Call<'_>, scopes: &[String]) -> Result<(), Box<Answer>> {
    let spec = call.spec;
    let granted = |wanted: &[&str]| scopes.iter().any(|scope| wanted.contains(&scope.as_str()));
    if !granted(spec.classic) && !granted(spec.granular) {
        // Zoom names the scopes in the spelling of the app.
        let classic = scopes.iter().any(|scope| endpoint::all_scopes(true).contains(scope));
        let names = if classic { spec.classic } else { spec.granular }.join(", ");
        let message = format!("Invalid access token, does not contain scopes:[{names}].");
        return Err(Box::new(Answer::error(400, 4711, &message)));
    }
    let me = call.subject == "me" && matches!(spec.endpoint, Endpoint::User | Endpoint::PhoneUser);
    let unscoped = || {
        Err(Box::new(Answer::error(
            400,
            4700,
            "Invalid access token, does not contain scopes.",
        )))
    };
    match &call.user {
        None if me => return unscoped(),
        Some(id) => {
            let directory = &world.accounts[call.account].directory;
            let admin = directory.user(id).is_some_and(Directory::may_administer);
            // A person who is neither owner nor admin only has what is theirs.
            if !admin && !me {
                return unscoped();
            }
        }
        None => {}
    }
    if spec.family == Family::Phone && !world.accounts[call.account].phone_licensed {
        let message = "Zoom Phone has not been enabled for this account.";
        return Err(Box::new(Answer::error(403, 2031, message)));
    }
    Ok(())
}

fn route(world: &mut World, call: &Call<'_>) -> Outcome {
    for (name, allowed) in call.spec.enums {
        let bad = call
            .request
            .params
            .all(name)
            .into_iter()
            .any(|value| !allowed.contains(&value));
        if bad && call.spec.endpoint == Endpoint::ManagedNumbers {
            return Err(Box::new(Answer::error(400, 999, &format!("Invalid value: {name}"))));
        }
        if bad {
            return Err(Box::new(Answer::validation(name, "Invalid parameter.")));
        }
    }
    match call.spec.endpoint {
        Endpoint::CallHistory => history::list(world, call),
        Endpoint::CallHistoryDetail => history::detail(world, call),
        Endpoint::CallElement => history::element(world, call),
        Endpoint::CallLogs => Err(Box::new(Answer::error(404, 3001, "Error retrieving call logs."))),
        _ => directory_answers::answer(world, call),
    }
}
