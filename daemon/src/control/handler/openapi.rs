//! The description of the routes.

use crate::control::{
    answer::{Answer, Answered},
    call::Call,
    openapi,
};

/// OpenAPI 3.1.
pub async fn show(_: Call) -> Answered {
    Answer::value(&openapi::description())
}
