//! The configuration in force: every value checked, every default applied, secrets read.

use std::path::PathBuf;

use secrecy::SecretString;
use url::Url;

/// The whole configuration. Built only by `config::load`.
#[derive(Debug, Clone)]
pub struct Config {
    /// File it came from; absent when the documented defaults are in force.
    pub file: Option<PathBuf>,
    /// The daemon's own durable state.
    pub state_directory: PathBuf,
    /// `control:`.
    pub control: Control,
    /// `zoom:`.
    pub zoom: Zoom,
    /// `servers:`.
    pub servers: Vec<Server>,
    /// `listen:`; no TCP port is opened when absent.
    pub listen: Option<Listen>,
    /// `secrets: master_key`.
    pub master_key: Option<SecretSource>,
    /// `alerts:`.
    pub alerts: Alerts,
    /// `logging:`.
    pub logging: Logging,
    /// `removal: policy`.
    pub removal_policy: RemovalPolicy,
}

/// Where a secret comes from. Its value is read when it is needed, so that a reload picks up a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// A file that neither group nor others may read.
    File(PathBuf),
    /// A systemd credential, by name.
    Credential(String),
}

/// `control:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// Path of the socket.
    pub socket: PathBuf,
    /// Unix group whose members may read.
    pub group: String,
    /// Unix group whose members may do everything.
    pub admin_group: String,
    /// Which enterprise groups a Unix group may see; absent = no restriction.
    pub viewers: Option<Vec<Viewers>>,
}

/// An entry of `control: viewers`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewers {
    /// Unix group.
    pub group: String,
    /// Enterprise groups whose data its members may see.
    pub enterprise_groups: Vec<String>,
}

/// `zoom:`.
#[derive(Debug, Clone)]
pub struct Zoom {
    /// Client id of the app; absent until an administrator sets it.
    pub client_id: Option<String>,
    /// Client secret; absent for public clients.
    pub client_secret: Option<SecretString>,
    /// Where `client_secret` came from, for `config show`.
    pub client_secret_source: Option<SecretSource>,
    /// Must equal the app's registered redirect URL.
    pub redirect_uri: String,
    /// OAuth host, without trailing slash, for example `https://zoom.us`.
    pub oauth_url: Url,
    /// API base with `/v2`; when given it always wins over the token answer's `api_url`.
    pub api_url: Option<Url>,
    /// Which of Zoom's rate-limit columns applies.
    pub plan: Plan,
    /// Explicit limits, by label.
    pub limits: Limits,
    /// HTTP proxy.
    pub proxy: Option<Url>,
}

/// `zoom: plan`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// Business, Education, Enterprise, Partners.
    Business,
    /// Pro.
    Pro,
}

/// `zoom: limits`. What is absent takes 80 % of the plan's figure a second and 50 % of the daily one.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Limits {
    /// Label Heavy.
    pub heavy: Limit,
    /// Label Medium.
    pub medium: Limit,
    /// Label Light.
    pub light: Limit,
}

/// Limits of one label.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Limit {
    /// Requests a second.
    pub per_second: Option<f64>,
    /// Requests a UTC day.
    pub per_day: Option<u64>,
}

/// An entry of `servers:`.
#[derive(Debug, Clone)]
pub struct Server {
    /// Unique name.
    pub name: String,
    /// Which engine, and where.
    pub kind: ServerKind,
}

/// `servers: kind`.
#[derive(Debug, Clone)]
pub enum ServerKind {
    /// Embedded.
    Sqlite {
        /// Where the databases are.
        directory: PathBuf,
    },
    /// Microsoft SQL Server, Azure SQL, Babelfish.
    SqlServer(SqlServer),
}

/// `servers: kind: sqlserver`.
#[derive(Debug, Clone)]
pub struct SqlServer {
    /// Host name or address.
    pub host: String,
    /// Port or named instance.
    pub endpoint: SqlServerEndpoint,
    /// As whom the daemon logs in.
    pub login: SqlLogin,
    /// How the connection is protected.
    pub tls: Tls,
    /// Additional roots, with `tls: verify`.
    pub ca_file: Option<PathBuf>,
}

/// `auth:`.
#[derive(Debug, Clone)]
pub enum SqlLogin {
    /// A SQL login.
    Sql {
        /// Its name.
        user: String,
        /// Its password.
        password: SecretString,
        /// Where the password came from, for `config show`.
        password_source: SecretSource,
    },
    /// The Kerberos ticket of the daemon's user.
    #[cfg(feature = "kerberos")]
    Kerberos,
}

/// `port` or `instance`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SqlServerEndpoint {
    /// TCP port, 1433 by default.
    Port(u16),
    /// Named instance, through the browser protocol.
    Instance(String),
}

/// `tls:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Verify against system roots or `ca_file`.
    Verify,
    /// Encrypt without verifying.
    TrustServerCertificate,
    /// Plain text.
    Off,
}

/// `listen:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// Address and port.
    pub address: std::net::SocketAddr,
    /// Secret of Zoom's webhook signature.
    pub webhook_secret: Option<SecretSource>,
    /// What becomes of records that were deleted at Zoom.
    pub deletions: Deletions,
}

/// `listen: deletions`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Deletions {
    /// They stay, marked with `deleted_at`.
    #[default]
    Keep,
    /// They are deleted here as well.
    Delete,
}

/// `alerts:`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Alerts {
    /// Mail channel.
    pub email: Option<AlertEmail>,
    /// Webhook channel.
    pub webhook: Option<AlertWebhook>,
    /// Days on which silence is no alert, in the zone of each account's rule.
    pub holidays: Vec<jiff::civil::Date>,
}

/// `alerts: email`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertEmail {
    /// `smtps://…`, `smtp://…`.
    pub smtp_url: String,
    /// Password.
    pub password: Option<SecretSource>,
    /// Sender.
    pub from: String,
    /// Recipients.
    pub to: Vec<String>,
}

/// `alerts: webhook`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertWebhook {
    /// Where alerts are posted.
    pub url: String,
    /// Key of the signature.
    pub secret: Option<SecretSource>,
}

/// `logging:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logging {
    /// `error`, `warn`, `info`, `debug`, `trace`.
    pub level: tracing::Level,
    /// How lines look.
    pub format: LogFormat,
}

/// `logging: format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Journal when started by systemd, human text on stderr otherwise.
    Auto,
    /// The journal.
    Journald,
    /// Text on stderr.
    Human,
    /// One JSON object a line on stderr.
    Json,
}

/// `removal: policy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemovalPolicy {
    /// The agreement's term end.
    Agreement,
    /// Zoom's ten days.
    ZoomTenDays,
}
