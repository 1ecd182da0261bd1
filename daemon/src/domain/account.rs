//! Accounts and their states; which moves between states are allowed.

use jiff::Timestamp;

/// Our own id of an account: opaque, never reused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(pub String);

impl AccountId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for AccountId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Declares an enum whose variants have fixed names in the database and in documents.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// Every variant.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The fixed name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The variant of a fixed name.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|variant| variant.as_str() == text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use named;

named! {
    /// How the account gives us access.
    AuthKind {
        /// A person authorizes with a code; tokens rotate.
        OAuth = "oauth",
        /// A server-to-server app; tokens are asked for by account id.
        ServerToServer = "server-to-server",
    }
}

named! {
    /// Where an account stands with Zoom.
    AccountState {
        /// Added, nobody has authorized it yet.
        PendingAuthorization = "pending_authorization",
        /// Tokens are good as far as we know.
        Authorized = "authorized",
        /// Zoom refuses the tokens for good: a person must authorize again. Nothing is sent to Zoom.
        ReauthorizationRequired = "reauthorization_required",
        /// The organisation withdrew its consent.
        Deauthorized = "deauthorized",
        /// Withdrawn, data kept until the term ends.
        Retained = "retained",
        /// Withdrawn, a date of removal is set.
        RemovalScheduled = "removal_scheduled",
        /// Data removed.
        Removed = "removed",
    }
}

impl AccountState {
    /// Whether requests to Zoom may be sent.
    #[must_use]
    pub const fn may_call_zoom(self) -> bool {
        matches!(self, Self::Authorized)
    }

    /// Whether the organisation withdrew its consent, so that data is not served.
    #[must_use]
    pub const fn is_withdrawn(self) -> bool {
        matches!(
            self,
            Self::Deauthorized | Self::Retained | Self::RemovalScheduled | Self::Removed
        )
    }
}

named! {
    /// Where CDR processing stands. A failing dependency is a health condition, not a state.
    CdrState {
        /// `cdr set` has not been given.
        Unconfigured = "unconfigured",
        /// Server and database are chosen.
        Configured = "configured",
        /// The database exists with our schema.
        DatabaseReady = "database_ready",
        /// Collecting.
        Active = "active",
        /// Switched off by a person; can be activated again.
        Paused = "paused",
        /// The account is deauthorized.
        Blocked = "blocked",
    }
}

/// An account as the state store holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Our own id.
    pub id: AccountId,
    /// Unique display name.
    pub name: String,
    /// Enterprise group, by name.
    pub group: String,
    /// How it gives us access.
    pub auth: AuthKind,
    /// Where it stands.
    pub state: AccountState,
    /// Why a person is needed.
    pub state_reason: Option<String>,
    /// Zoom's opaque account id.
    pub zoom_account_id: Option<String>,
    /// The number the admin portal shows.
    pub account_number: Option<i64>,
    /// Who authorized.
    pub authorized_by: Option<AuthorizedBy>,
    /// Scopes as Zoom spelled them.
    pub granted_scopes: Vec<String>,
    /// A running authorization.
    pub pending: Option<PendingAuthorization>,
    /// CDR processing.
    pub cdr: Cdr,
    /// When it was added.
    pub created_at: Timestamp,
}

/// Who authorized.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizedBy {
    /// Zoom's user id.
    pub user_id: String,
    /// E-mail.
    pub email: String,
    /// `owner` or `admin`.
    pub role: String,
}

/// An authorization that waits for its code. The PKCE verifier is kept sealed beside the tokens.
#[derive(Clone, PartialEq, Eq)]
pub struct PendingAuthorization {
    /// Where a person authorizes; holds `state` and the PKCE challenge.
    pub url: String,
    /// The `state` parameter that the redirect must carry.
    pub state: String,
    /// PKCE verifier: whoever has it and the code has the tokens, so it is never shown or logged.
    pub verifier: String,
    /// When we stop accepting a code for it.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for PendingAuthorization {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PendingAuthorization")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// CDR processing of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cdr {
    /// Where it stands.
    pub state: CdrState,
    /// Database server, by name.
    pub server: Option<String>,
    /// Primary database.
    pub database: Option<String>,
    /// What `cdr set` saved.
    pub settings: super::settings::CdrSettings,
    /// Whether the unfiltered call list also holds non-recorded calls; absent until a probe could tell.
    pub lists_all: Option<bool>,
}
