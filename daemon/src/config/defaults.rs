//! The documented defaults: what is in force where the file says nothing.

use std::path::{Path, PathBuf};

use callsync_shared::paths;
use url::Url;

use super::model::{
    Alerts, Config, Control, Limit, Limits, LogFormat, Logging, Plan, RemovalPolicy, Server, ServerKind, Zoom,
};

/// Redirect URL registered by the documented set-up.
pub const REDIRECT_URI: &str = "http://127.0.0.1:8460/oauth/callback";
/// Zoom's global cloud.
pub const OAUTH_URL: &str = "https://zoom.us";
/// Port of SQL Server when neither `port` nor `instance` is given.
pub const SQLSERVER_PORT: u16 = 1433;

/// The configuration without a file.
#[must_use]
pub fn config() -> Config {
    Config {
        file: None,
        state_directory: PathBuf::from(paths::STATE_DIRECTORY),
        control: control(),
        zoom: zoom(),
        servers: vec![local(PathBuf::from(paths::DATABASE_DIRECTORY))],
        listen: None,
        master_key: None,
        alerts: Alerts::default(),
        logging: logging(),
        removal_policy: RemovalPolicy::Agreement,
    }
}

/// `control:`.
#[must_use]
pub fn control() -> Control {
    Control {
        socket: PathBuf::from(paths::CONTROL_SOCKET),
        group: "callsync".to_owned(),
        admin_group: "callsync-admin".to_owned(),
        viewers: None,
    }
}

/// `zoom:`.
#[must_use]
pub fn zoom() -> Zoom {
    Zoom {
        client_id: None,
        client_secret: None,
        client_secret_source: None,
        redirect_uri: REDIRECT_URI.to_owned(),
        oauth_url: oauth_url(),
        api_url: None,
        plan: Plan::Business,
        limits: Limits::default(),
        proxy: None,
    }
}

#[expect(clippy::expect_used, reason = "a constant that a test parses")]
fn oauth_url() -> Url {
    Url::parse(OAUTH_URL).expect("a constant URL")
}

/// `servers:` when the file names none: the embedded server `local` beside the daemon's state.
#[must_use]
pub fn servers(state_directory: &Path) -> Vec<Server> {
    vec![local(state_directory.join("databases"))]
}

fn local(directory: PathBuf) -> Server {
    Server {
        name: "local".to_owned(),
        kind: ServerKind::Sqlite { directory },
    }
}

/// `logging:`.
#[must_use]
pub fn logging() -> Logging {
    Logging {
        level: tracing::Level::INFO,
        format: LogFormat::Auto,
    }
}

/// The limits that act: what the file says, and for the rest 80 % of the plan's documented figure a second and 50 %
/// of the daily one (Zoom's rate-limit page, columns for Zoom Phone; Medium and Light have no daily figure there).
#[must_use]
pub fn limits_in_force(plan: Plan, given: &Limits) -> Limits {
    let (heavy, medium, light, heavy_day) = match plan {
        Plan::Business => (10.0, 20.0, 40.0, 30_000),
        Plan::Pro => (5.0, 10.0, 20.0, 15_000),
    };
    let second = |given: Limit, documented: f64| Some(given.per_second.unwrap_or(documented * 0.8));
    Limits {
        heavy: Limit {
            per_second: second(given.heavy, heavy),
            per_day: Some(given.heavy.per_day.unwrap_or(heavy_day / 2)),
        },
        medium: Limit {
            per_second: second(given.medium, medium),
            per_day: given.medium.per_day,
        },
        light: Limit {
            per_second: second(given.light, light),
            per_day: given.light.per_day,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_limits_are_the_documented_share_of_the_plan() {
        let limits = limits_in_force(Plan::Business, &Limits::default());
        assert_eq!(
            limits.heavy,
            Limit {
                per_second: Some(8.0),
                per_day: Some(15_000)
            }
        );
        assert_eq!(limits.medium.per_second, Some(16.0));
        assert_eq!(limits.light.per_second, Some(32.0));
        let given = Limits {
            heavy: Limit {
                per_second: Some(1.0),
                per_day: None,
            },
            ..Limits::default()
        };
        let limits = limits_in_force(Plan::Pro, &given);
        assert_eq!(
            limits.heavy,
            Limit {
                per_second: Some(1.0),
                per_day: Some(7_500)
            }
        );
    }

    #[test]
    fn default_databases_follow_the_state_directory() {
        assert_eq!(
            format!("{:?}", config().servers),
            format!("{:?}", servers(Path::new(paths::STATE_DIRECTORY)))
        );
    }
}
