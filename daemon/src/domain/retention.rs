//! Retention: which classes of rows grow old, who a person is, what a hold covers.

use jiff::{Timestamp, ToSpan as _, tz::TimeZone};

use super::{
    account::named,
    failure::{Cause, Fault},
    settings::Retain,
};

named! {
    /// What has an age of its own.
    Class {
        /// Calls, with everything that belongs to them.
        Calls = "calls",
        /// The legs of calls.
        Elements = "elements",
        /// Directory entries that vanished at Zoom.
        Directory = "directory",
        /// What we wrote about our own work.
        History = "history",
    }
}

/// Before which instant each class is too old; absent = kept for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cutoffs {
    /// Calls that ended before.
    pub calls: Option<Timestamp>,
    /// Elements of calls that ended before.
    pub elements: Option<Timestamp>,
    /// Entries that vanished before.
    pub directory: Option<Timestamp>,
    /// Runs that ended before.
    pub history: Option<Timestamp>,
}

impl Cutoffs {
    /// The cutoffs at an instant.
    #[must_use]
    pub fn of(retain: Option<&Retain>, now: Timestamp) -> Self {
        let mut cutoffs = Self::default();
        for (class, days) in retain.iter().flat_map(|retain| &retain.classes) {
            let cutoff = days.and_then(|days| days_before(now, days));
            match Class::parse(class) {
                Some(Class::Calls) => cutoffs.calls = cutoff,
                Some(Class::Elements) => cutoffs.elements = cutoff,
                Some(Class::Directory) => cutoffs.directory = cutoff,
                Some(Class::History) => cutoffs.history = cutoff,
                None => {}
            }
        }
        cutoffs
    }

    /// Whether anything can be too old.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.calls.is_none() && self.elements.is_none() && self.directory.is_none() && self.history.is_none()
    }

    /// Elements go with their call, so that is how far both reach.
    #[must_use]
    pub fn of_elements(&self) -> Option<Timestamp> {
        self.calls.max(self.elements)
    }
}

/// That many days before an instant, at a whole minute: two looks within a minute see the same rows.
#[must_use]
pub fn days_before(now: Timestamp, days: u32) -> Option<Timestamp> {
    let then = now
        .to_zoned_datetime(TimeZone::UTC)
        .checked_sub(i64::from(days).days())
        .ok()?
        .timestamp();
    Timestamp::from_second(then.as_second().div_euclid(60) * 60).ok()
}

/// One person, as calls and the directory name them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Person {
    /// A phone number; digits are compared.
    Number(String),
    /// An e-mail address; case is ignored.
    Email(String),
    /// An extension number.
    Extension(String),
    /// Zoom's id of a user. Nobody types it: it is how an erased person is recognised in the directory.
    User(String),
}

impl Person {
    /// The person that a person typed: one of the three, or nobody.
    ///
    /// # Errors
    /// Code `person_invalid`: two are given, or one is none.
    pub fn typed(
        number: Option<String>,
        email: Option<String>,
        extension: Option<String>,
    ) -> Result<Option<Self>, Fault> {
        let wrong = |message: &str, hint: &str| Fault::new(Cause::Usage, "person_invalid", message).hint(hint);
        let given = [number.is_some(), email.is_some(), extension.is_some()];
        if given.iter().filter(|given| **given).count() > 1 {
            return Err(wrong(
                "a person is named by one thing",
                "Give one of --number, --email and --extension.",
            ));
        }
        let person = match (number, email, extension) {
            (Some(number), _, _) => Self::Number(number),
            (_, Some(email), _) => Self::Email(email),
            (_, _, Some(extension)) => Self::Extension(extension),
            (None, None, None) => return Ok(None),
        };
        let is_one = match &person {
            Self::Number(_) => person.normal().len() >= 3,
            Self::Email(email) => email.trim().len() > 2 && email.contains('@'),
            Self::Extension(_) => !person.normal().is_empty() && person.normal().bytes().all(|b| b.is_ascii_digit()),
            Self::User(_) => false,
        };
        if is_one {
            Ok(Some(person))
        } else {
            Err(wrong(
                &format!("this is no {}", person.kind()),
                "For example --number +14155550111, --email jane@example.com or --extension 1012.",
            ))
        }
    }

    /// `number`, `email`, `extension`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Number(_) => "number",
            Self::Email(_) => "email",
            Self::Extension(_) => "extension",
            Self::User(_) => "user",
        }
    }

    /// As it was typed.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Number(text) | Self::Email(text) | Self::Extension(text) | Self::User(text) => text,
        }
    }

    /// What is compared: the digits of a number, an address in one case, an extension without spaces around it.
    #[must_use]
    pub fn normal(&self) -> String {
        match self {
            Self::Number(number) => number.chars().filter(char::is_ascii_digit).collect(),
            Self::Email(email) => email.trim().to_lowercase(),
            Self::Extension(text) | Self::User(text) => text.trim().to_owned(),
        }
    }

    /// The person of a kind and a text, as they are kept.
    #[must_use]
    pub fn kept(kind: &str, text: String) -> Option<Self> {
        match kind {
            "number" => Some(Self::Number(text)),
            "email" => Some(Self::Email(text)),
            "extension" => Some(Self::Extension(text)),
            "user" => Some(Self::User(text)),
            _ => None,
        }
    }
}

/// What a hold covers. Everything given must hold; nothing given is the whole account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extent {
    /// Calls in which this person takes part.
    pub person: Option<Person>,
    /// Calls that ended at or after.
    pub from: Option<Timestamp>,
    /// Calls that ended before.
    pub to: Option<Timestamp>,
}

impl Extent {
    /// Whether it covers the whole account.
    #[must_use]
    pub const fn is_everything(&self) -> bool {
        self.person.is_none() && self.from.is_none() && self.to.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn cutoffs_are_whole_minutes_and_never_is_absent() {
        let retain = Retain::parse("calls=2d,elements=1d,directory=never").expect("classes");
        let cutoffs = Cutoffs::of(Some(&retain), at("2026-03-03T10:00:59Z"));
        assert_eq!(cutoffs.calls, Some(at("2026-03-01T10:00:00Z")));
        assert_eq!(cutoffs.of_elements(), Some(at("2026-03-02T10:00:00Z")));
        assert_eq!((cutoffs.directory, cutoffs.history), (None, None));
        assert!(Cutoffs::of(None, at("2026-03-03T10:00:59Z")).is_empty());
    }

    #[test]
    fn elements_never_outlive_their_call() {
        let retain = Retain::parse("calls=2d,elements=9d").expect("classes");
        let cutoffs = Cutoffs::of(Some(&retain), at("2026-03-03T10:00:00Z"));
        assert_eq!(cutoffs.of_elements(), cutoffs.calls);
    }

    #[test]
    fn a_person_is_one_thing() {
        let typed = |number: &str, email: &str, extension: &str| {
            let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            Person::typed(given(number), given(email), given(extension))
        };
        assert_eq!(typed("", "", ""), Ok(None));
        assert!(typed("+1 415", "a@b.c", "").is_err());
        assert!(typed("12", "", "").is_err());
        assert!(typed("", "nobody", "").is_err());
        assert!(typed("", "", "12a").is_err());
        let number = typed("+1 (415) 555-0111", "", "").expect("a number").expect("somebody");
        assert_eq!((number.kind(), number.normal().as_str()), ("number", "14155550111"));
        let email = typed("", "Jane@Example.COM", "")
            .expect("an address")
            .expect("somebody");
        assert_eq!(email.normal(), "jane@example.com");
    }
}
