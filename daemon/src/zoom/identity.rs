//! Who granted access: the authorizing user and the account's number.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    ports::zoom::Identity,
    zoom::{
        error::ZoomError,
        wire::{Malformed, scalar},
    },
};

#[derive(Deserialize)]
struct UserBody<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    email: Option<&'a RawValue>,
    #[serde(borrow, default)]
    role_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    role_name: Option<&'a RawValue>,
    #[serde(borrow, default)]
    account_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    account_number: Option<&'a RawValue>,
}

/// Reads `GET /users/me` or `GET /users/{userId}`.
///
/// # Errors
/// No JSON object, or one without an id.
pub fn read(body: &str) -> Result<Identity, Malformed> {
    let user: UserBody<'_> = serde_json::from_str(body)?;
    // Ids are text; a number in their place is taken as its digits.
    let text = |raw: Option<&RawValue>| {
        let raw = raw?.get();
        let text = scalar::string(raw).map_or_else(|| raw.to_owned(), Into::into);
        (!text.is_empty() && text != "null").then_some(text)
    };
    Ok(Identity {
        user_id: text(user.id).ok_or_else(|| Malformed("the answer names no user".to_owned()))?,
        email: text(user.email).unwrap_or_default(),
        role_id: text(user.role_id),
        role_name: text(user.role_name),
        account_id: text(user.account_id),
        account_number: user.account_number.and_then(|raw| scalar::lenient_integer(raw.get())),
    })
}

#[derive(Deserialize)]
struct UsersBody<'a> {
    #[serde(borrow, default)]
    users: Vec<UserBody<'a>>,
}

/// The id, or else the address, of the first user of a page of `/users`.
///
/// # Errors
/// No such page.
pub fn first_user(body: &str) -> Result<Option<String>, Malformed> {
    let page: UsersBody<'_> = serde_json::from_str(body)?;
    let text = |raw: Option<&RawValue>| {
        raw.and_then(|raw| scalar::string(raw.get()).map(String::from))
            .filter(|text| !text.is_empty())
    };
    Ok(page
        .users
        .iter()
        .find_map(|user| text(user.id).or_else(|| text(user.email))))
}

/// A server-to-server token without any user it may see.
#[must_use]
pub fn nobody() -> ZoomError {
    ZoomError::Refused(crate::zoom::error::Refusal {
        status: 200,
        message: "the list of users is empty, so the account number cannot be read".to_owned(),
        ..Default::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_numbers_beyond_32_bits_and_as_digits_are_read() {
        for body in [
            r#"{"id":"u","email":"e","account_id":"a","account_number":10010370036,"role_id":"0"}"#,
            r#"{"id":"u","email":"e","account_id":"a","account_number":"10010370036","role_id":"0"}"#,
        ] {
            let identity = read(body).expect("an identity");
            assert_eq!(identity.account_number, Some(10_010_370_036));
            assert_eq!(
                (identity.user_id.as_str(), identity.role_id.as_deref()),
                ("u", Some("0"))
            );
        }
        assert_eq!(read(r#"{"id":"u"}"#).map(|identity| identity.account_number), Ok(None));
        assert!(read("{}").is_err());
    }

    #[test]
    fn the_first_user_is_found_by_id_or_address() {
        assert_eq!(
            first_user(r#"{"users":[{"email":"a@b"},{"id":"x"}]}"#),
            Ok(Some("a@b".to_owned()))
        );
        assert_eq!(first_user(r#"{"users":[]}"#), Ok(None));
        assert_eq!(first_user("{}"), Ok(None));
        assert!(first_user("<").is_err());
    }
}
