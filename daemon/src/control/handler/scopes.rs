//! Scopes: what callsyncd needs of Zoom, and what an account granted.

use crate::control::{
    answer::{Answer, Answered},
    call::Call,
    view,
};

/// The table of required scopes.
pub async fn required(_: Call) -> Answered {
    Answer::document(view::scopes::required())
}

/// The scopes of one account.
pub async fn account(call: Call) -> Answered {
    let account = call.account().await?;
    Answer::document(view::scopes::of(&account))
}
