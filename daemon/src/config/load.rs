//! Text to configuration: the one place that knows the YAML crate, and the top level of the file.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use callsync_shared::paths;
use serde::Deserialize;
use serde_saphyr::{Error as YamlError, MessageFormatter, Spanned, UserMessageFormatter};

use super::{
    address, alerts, control, defaults,
    error::{ConfigError, Place, Problem},
    listen, logging,
    master_key::{self, RawSecrets},
    model::{Config, RemovalPolicy},
    secret::Credentials,
    servers, spelling, zoom,
};

/// A value and where it stands.
pub(super) type Placed<T> = Spanned<T>;

/// The whole file as typed.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Raw {
    state_directory: Option<Placed<String>>,
    control: Option<control::RawControl>,
    zoom: Option<zoom::RawZoom>,
    servers: Option<Vec<Placed<servers::RawServer>>>,
    listen: Option<Placed<listen::RawListen>>,
    secrets: Option<RawSecrets>,
    alerts: Option<alerts::RawAlerts>,
    logging: Option<logging::RawLogging>,
    removal: Option<RawRemoval>,
}

/// `removal:`.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawRemoval {
    policy: Option<Placed<String>>,
}

/// Reads and checks a configuration file. Every secret it names is read once, so that an unusable one is found
/// now and not when it is needed.
///
/// `None` reads `/etc/callsyncd/callsyncd.yaml` when it exists and takes the documented defaults otherwise.
///
/// # Errors
/// The first thing that is wrong, with file, line, column, the line and a hint. An explicit path must exist.
pub fn load(path: Option<&Path>) -> Result<Config, ConfigError> {
    load_from(path, Path::new(paths::CONFIG_FILE), &Credentials::from_environment())
}

pub(super) fn load_from(path: Option<&Path>, usual: &Path, credentials: &Credentials) -> Result<Config, ConfigError> {
    let file = path.unwrap_or(usual);
    match std::fs::read(file) {
        Ok(bytes) => parse(&text(file, bytes)?, Some(file), credentials),
        Err(error) if error.kind() == ErrorKind::NotFound && path.is_none() => Ok(defaults::config()),
        Err(error) => {
            let hint = match error.kind() {
                ErrorKind::NotFound => format!("check the path after --config, or create {}", file.display()),
                ErrorKind::PermissionDenied => {
                    format!(
                        "let the daemon's user read it: chown root:callsync {0} && chmod 0640 {0}",
                        file.display()
                    )
                }
                _ => "it must be a regular file that the daemon can read".to_owned(),
            };
            Err(ConfigError::file(
                format!("cannot read the configuration file {}: {error}", file.display()),
                hint,
            ))
        }
    }
}

fn text(file: &Path, bytes: Vec<u8>) -> Result<String, ConfigError> {
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..good].iter().filter(|byte| **byte == b'\n').count() + 1;
        ConfigError::file(
            format!("{}:{line}: the file is not UTF-8 text", file.display()),
            format!(
                "save it as UTF-8, for example iconv -f latin1 -t utf-8 {}",
                file.display()
            ),
        )
    })
}

/// Checks the text of a configuration file.
pub(super) fn parse(text: &str, file: Option<&Path>, credentials: &Credentials) -> Result<Config, ConfigError> {
    let source = Source {
        text,
        file,
        credentials,
    };
    let options = serde_saphyr::options! {
        // Our own snippets, which also serve what is found after parsing and hide what may be secret.
        with_snippet: false,
        // `client_id: 123` is a number, not a text.
        no_schema: true,
        // Only true and false are truth values: `tls: off` is a text.
        strict_booleans: true,
    };
    let raw: Option<Raw> =
        serde_saphyr::from_str_with_options(text, options).map_err(|error| source.refuse_yaml(&error))?;
    let raw = raw.unwrap_or_default();
    let defaults = defaults::config();

    let state_directory = match &raw.state_directory {
        Some(typed) => address::absolute(&source, "state_directory", typed)?,
        None => defaults.state_directory,
    };
    Ok(Config {
        file: file.map(Path::to_path_buf),
        control: control::check(&source, raw.control.unwrap_or_default())?,
        zoom: zoom::check(&source, raw.zoom.unwrap_or_default())?,
        servers: match raw.servers {
            Some(typed) => servers::check(&source, typed)?,
            None => defaults::servers(&state_directory),
        },
        listen: raw.listen.map(|typed| listen::check(&source, &typed)).transpose()?,
        master_key: master_key::check(&source, raw.secrets.unwrap_or_default())?,
        alerts: alerts::check(&source, raw.alerts.unwrap_or_default())?,
        logging: logging::check(&source, raw.logging.unwrap_or_default())?,
        removal_policy: match raw.removal.unwrap_or_default().policy {
            Some(typed) => address::choice(&source, "policy", &typed, &REMOVAL_POLICIES)?,
            None => defaults.removal_policy,
        },
        state_directory,
    })
}

/// Names of `removal: policy`.
pub(super) const REMOVAL_POLICIES: [(&str, RemovalPolicy); 2] = [
    ("agreement", RemovalPolicy::Agreement),
    ("zoom_ten_days", RemovalPolicy::ZoomTenDays),
];

/// `did you mean …` when one is near, and all of them.
pub(super) fn choose(typed: &str, known: &[&str], label: &str) -> String {
    let all = known.join(", ");
    match spelling::nearest(typed, known) {
        Some(word) => format!("did you mean `{word}`? {label}: {all}"),
        None => format!("{label}: {all}"),
    }
}

/// How much of a line may be shown.
#[derive(Clone, Copy)]
enum Shown<'a> {
    /// All but what stands where a secret's source belongs.
    AsTyped,
    /// Nor what this key, which we do not know, holds unless it is a secret's source.
    WithoutValueOf(&'a str),
    /// Nothing but the key.
    KeyOnly,
}

/// The text being checked, to point into.
pub(super) struct Source<'a> {
    text: &'a str,
    file: Option<&'a Path>,
    pub(super) credentials: &'a Credentials,
}

impl Source<'_> {
    /// Refuses a value that is well-formed and cannot be used.
    pub(super) fn refuse<T>(&self, at: &Placed<T>, message: impl Into<String>, hint: impl Into<String>) -> ConfigError {
        self.locate(at, ConfigError::Value(Problem::new(message, hint)))
    }

    /// Adds to an error where in the file the thing is named that it is about.
    pub(super) fn locate<T>(&self, at: &Placed<T>, error: ConfigError) -> ConfigError {
        error.named_at(
            self.file(),
            self.place(at.referenced.line(), at.referenced.column(), Shown::AsTyped),
        )
    }

    /// Whether a scalar was typed as a text: the YAML crate reads a number out of quotes as well.
    pub(super) fn is_quoted<T>(&self, at: &Placed<T>) -> bool {
        let position = |number: u64| usize::try_from(number).ok()?.checked_sub(1);
        let (Some(line), Some(column)) = (position(at.defined.line()), position(at.defined.column())) else {
            return false;
        };
        let line = self.text.lines().nth(line).unwrap_or_default();
        line.chars()
            .nth(column)
            .is_some_and(|first| matches!(first, '"' | '\'' | '|' | '>'))
    }

    fn file(&self) -> Option<PathBuf> {
        self.file.map(Path::to_path_buf)
    }

    fn place(&self, line: u64, column: u64, shown: Shown<'_>) -> Option<Place> {
        let index = usize::try_from(line).ok()?.checked_sub(1)?;
        let text = self.text.lines().nth(index).unwrap_or_default();
        let above = self.above(index);
        let text = match shown {
            Shown::KeyOnly => spelling::hide_value(text),
            Shown::WithoutValueOf(key) => spelling::presentable(text, above, Some(key)),
            Shown::AsTyped => spelling::presentable(text, above, None),
        };
        Some(Place {
            line,
            column: column.max(1),
            text,
        })
    }

    /// The last line before `index` that says anything.
    fn above(&self, index: usize) -> Option<&str> {
        let lines: Vec<&str> = self.text.lines().take(index).collect();
        lines
            .into_iter()
            .rev()
            .find(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
    }

    fn refuse_yaml(&self, error: &YamlError) -> ConfigError {
        let location = error.location();
        let (line, column) = location.map_or((0, 0), |at| (at.line(), at.column()));
        let mut shown = Shown::AsTyped;
        let (message, hint) = match error {
            YamlError::SerdeUnknownField { field, expected, .. } => {
                if *expected == ["file", "credential"] {
                    shown = Shown::KeyOnly;
                } else if spelling::sounds_secret(field) {
                    shown = Shown::WithoutValueOf(field);
                }
                (
                    format!("unknown key `{field}`"),
                    choose(field, expected, "keys allowed here"),
                )
            }
            YamlError::DuplicateMappingKey { key, .. } => (
                format!("the key `{}` is given twice", key.as_deref().unwrap_or("?")),
                "remove one of the two lines".to_owned(),
            ),
            YamlError::MultipleDocuments { .. } => (
                "there is a second document in the file".to_owned(),
                "remove the line with ---".to_owned(),
            ),
            YamlError::QuotingRequired { .. } => (
                "a text is expected, and this reads as a number or a truth value".to_owned(),
                "put it in quotes".to_owned(),
            ),
            _ if self.is_secret(line) => (
                "a secret is expected as {file: PATH} or {credential: NAME}".to_owned(),
                "never write a secret here: put it in a file of mode 0600 and name that".to_owned(),
            ),
            YamlError::InvalidScalar { ty, .. } => (
                format!("{} is expected", kind_of_scalar(ty)),
                "compare with the commented file /etc/callsyncd/callsyncd.yaml".to_owned(),
            ),
            YamlError::NullIntoString { .. } => (
                "a value is missing".to_owned(),
                "give the key a value, or remove the line".to_owned(),
            ),
            YamlError::Unexpected { expected, .. } => (
                format!("{} is expected", kind_of_node(expected)),
                "check the indentation and the kind of value".to_owned(),
            ),
            other => (
                UserMessageFormatter.format_message(other).into_owned(),
                "check the indentation, colons, quotes and brackets of this line and the one before".to_owned(),
            ),
        };
        ConfigError::Text(Problem::new(message, hint)).named_at(self.file(), self.place(line, column, shown))
    }

    /// Whether the line stands where a secret's source belongs.
    fn is_secret(&self, line: u64) -> bool {
        let Some(index) = usize::try_from(line).ok().and_then(|line| line.checked_sub(1)) else {
            return false;
        };
        self.text.lines().nth(index).is_some_and(spelling::names_secret)
            || self
                .above(index)
                .is_some_and(|above| spelling::names_secret(above) && above.trim_end().ends_with([':', '|', '>']))
    }
}

fn kind_of_scalar(rust: &str) -> &'static str {
    match rust {
        text if text.contains("float") || text.starts_with('f') => "a number",
        text if text.contains("int") || text.starts_with(['i', 'u']) => "a whole number",
        text if text.contains("bool") => "true or false",
        _ => "another kind of value",
    }
}

fn kind_of_node(yaml: &str) -> String {
    if yaml.contains("mapping") {
        "a section (key: value lines)".to_owned()
    } else if yaml.contains("sequence") {
        "a list".to_owned()
    } else if yaml.contains("scalar") || yaml.contains("string") {
        "a single value".to_owned()
    } else {
        yaml.to_owned()
    }
}
