//! `servers:`: the database servers that accounts can be given to.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    address, defaults,
    error::ConfigError,
    load::{Placed, Source},
    model::{Server, ServerKind, SqlLogin, SqlServer, SqlServerEndpoint, Tls},
    secret::{self, RawSecret},
};

/// An entry of `servers:` as typed; which keys go together depends on `kind`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawServer {
    name: Option<Placed<String>>,
    kind: Option<Placed<String>>,
    directory: Option<Placed<String>>,
    host: Option<Placed<String>>,
    port: Option<Placed<i64>>,
    instance: Option<Placed<String>>,
    auth: Option<Placed<String>>,
    user: Option<Placed<String>>,
    password: Option<Placed<RawSecret>>,
    tls: Option<Placed<String>>,
    ca_file: Option<Placed<String>>,
}

/// Names of `tls`.
pub(super) const TLS: [(&str, Tls); 3] = [
    ("verify", Tls::Verify),
    ("trust_server_certificate", Tls::TrustServerCertificate),
    ("off", Tls::Off),
];

/// `auth:`.
#[derive(Clone, Copy)]
enum Auth {
    Sql,
    Kerberos,
}

const AUTHS: [(&str, Auth); 2] = [("sql", Auth::Sql), ("kerberos", Auth::Kerberos)];

#[derive(Clone, Copy)]
enum Kind {
    Sqlite,
    SqlServer,
}

const KINDS: [(&str, Kind); 2] = [("sqlite", Kind::Sqlite), ("sqlserver", Kind::SqlServer)];

pub(super) fn check(source: &Source<'_>, raw: Vec<Placed<RawServer>>) -> Result<Vec<Server>, ConfigError> {
    let mut names = BTreeMap::new();
    let mut directories = BTreeMap::new();
    let mut servers = Vec::with_capacity(raw.len());
    for typed in &raw {
        let server = server(source, typed)?;
        // Names are typed on command lines: two that differ only in case would be mixed up.
        if let Some(other) = names.insert(server.name.to_lowercase(), server.name.clone()) {
            let at = typed.value.name.as_ref();
            let message = format!("there are two servers named \"{other}\"");
            let hint = "names are unique without regard to case; rename one";
            return Err(at.map_or_else(
                || source.refuse(typed, message.clone(), hint),
                |name| source.refuse(name, message.clone(), hint),
            ));
        }
        if let ServerKind::Sqlite { directory } = &server.kind
            && let Some(other) = directories.insert(directory.clone(), server.name.clone())
        {
            let message = format!(
                "the servers \"{other}\" and \"{}\" have the same directory",
                server.name
            );
            let hint = "two accounts could get the same database; give each server a directory of its own";
            return Err(source.refuse(typed, message, hint));
        }
        servers.push(server);
    }
    Ok(servers)
}

fn server(source: &Source<'_>, typed: &Placed<RawServer>) -> Result<Server, ConfigError> {
    let raw = &typed.value;
    let Some(name) = &raw.name else {
        return Err(source.refuse(typed, "a server needs `name`", "add name: NAME; commands refer to it"));
    };
    let name = address::named(source, "name", name)?;
    let Some(kind) = &raw.kind else {
        return Err(source.refuse(
            typed,
            format!("the server \"{name}\" needs `kind`"),
            "add kind: sqlite or kind: sqlserver",
        ));
    };
    let kind = match address::choice(source, "kind", kind, &KINDS)? {
        Kind::Sqlite => sqlite(source, typed, &name)?,
        Kind::SqlServer => ServerKind::SqlServer(sql_server(source, typed, &name)?),
    };
    Ok(Server { name, kind })
}

fn sqlite(source: &Source<'_>, typed: &Placed<RawServer>, name: &str) -> Result<ServerKind, ConfigError> {
    let raw = &typed.value;
    stray(source, raw.host.as_ref(), "host", "sqlserver")?;
    stray(source, raw.port.as_ref(), "port", "sqlserver")?;
    stray(source, raw.instance.as_ref(), "instance", "sqlserver")?;
    stray(source, raw.auth.as_ref(), "auth", "sqlserver")?;
    stray(source, raw.user.as_ref(), "user", "sqlserver")?;
    stray(source, raw.password.as_ref(), "password", "sqlserver")?;
    stray(source, raw.tls.as_ref(), "tls", "sqlserver")?;
    stray(source, raw.ca_file.as_ref(), "ca_file", "sqlserver")?;
    let directory = required(source, typed, raw.directory.as_ref(), name, "directory")?;
    Ok(ServerKind::Sqlite {
        directory: address::absolute(source, "directory", directory)?,
    })
}

fn sql_server(source: &Source<'_>, typed: &Placed<RawServer>, name: &str) -> Result<SqlServer, ConfigError> {
    let raw = &typed.value;
    stray(source, raw.directory.as_ref(), "directory", "sqlite")?;
    let host = address::named(
        source,
        "host",
        required(source, typed, raw.host.as_ref(), name, "host")?,
    )?;
    let login = login(source, typed, name)?;
    let endpoint = match (&raw.port, &raw.instance) {
        (Some(port), Some(_)) => {
            let hint = "keep port for a fixed port, or instance to ask the server's browser service";
            return Err(source.refuse(
                port,
                format!("the server \"{name}\" has both `port` and `instance`"),
                hint,
            ));
        }
        (Some(port), None) if source.is_quoted(port) => {
            return Err(source.refuse(
                port,
                "a whole number is expected, and this is a text",
                "remove the quotes",
            ));
        }
        (Some(port), None) => match u16::try_from(port.value) {
            Ok(number) if number > 0 => SqlServerEndpoint::Port(number),
            _ => return Err(source.refuse(port, "`port` is out of range", "give a number from 1 to 65535")),
        },
        (None, Some(instance)) => SqlServerEndpoint::Instance(address::named(source, "instance", instance)?),
        (None, None) => SqlServerEndpoint::Port(defaults::SQLSERVER_PORT),
    };
    let tls = raw
        .tls
        .as_ref()
        .map_or(Ok(Tls::Verify), |typed| address::choice(source, "tls", typed, &TLS))?;
    let ca_file = match &raw.ca_file {
        Some(typed) if tls != Tls::Verify => {
            let hint = "set tls: verify, or remove ca_file";
            return Err(source.refuse(
                typed,
                "`ca_file` needs tls: verify; otherwise nothing is verified",
                hint,
            ));
        }
        // What is in the file is looked at by `warnings`: one server's missing file stops no other account.
        Some(typed) => Some(address::absolute(source, "ca_file", typed)?),
        None => None,
    };
    Ok(SqlServer {
        host,
        endpoint,
        login,
        tls,
        ca_file,
    })
}

fn login(source: &Source<'_>, typed: &Placed<RawServer>, name: &str) -> Result<SqlLogin, ConfigError> {
    let raw = &typed.value;
    if let Some(auth) = &raw.auth
        && let Auth::Kerberos = address::choice(source, "auth", auth, &AUTHS)?
    {
        return kerberos(source, auth, raw);
    }
    let user = required(source, typed, raw.user.as_ref(), name, "user")?;
    let user = address::named(source, "user", user)?;
    let password = required(source, typed, raw.password.as_ref(), name, "password")?;
    let (password_source, password) = secret::check(source, "password", password)?;
    Ok(SqlLogin::Sql {
        user,
        password,
        password_source,
    })
}

/// The principal is that of the daemon's credentials cache or keytab (`KRB5CCNAME`, `KRB5_CLIENT_KTNAME`).
#[cfg(feature = "kerberos")]
fn kerberos(source: &Source<'_>, _: &Placed<String>, raw: &RawServer) -> Result<SqlLogin, ConfigError> {
    let hint = "remove it, or use auth: sql: with auth: kerberos the daemon's ticket says who it is";
    if let Some(user) = &raw.user {
        return Err(source.refuse(user, "`user` belongs to auth: sql only", hint));
    }
    if let Some(password) = &raw.password {
        return Err(source.refuse(password, "`password` belongs to auth: sql only", hint));
    }
    Ok(SqlLogin::Kerberos)
}

#[cfg(not(feature = "kerberos"))]
fn kerberos(source: &Source<'_>, auth: &Placed<String>, _: &RawServer) -> Result<SqlLogin, ConfigError> {
    let hint = "use auth: sql with user and password, or build with: cargo build -p callsyncd --features kerberos";
    Err(source.refuse(auth, "this callsyncd was built without Kerberos", hint))
}

fn required<'a, T>(
    source: &Source<'_>,
    at: &Placed<RawServer>,
    value: Option<&'a T>,
    name: &str,
    key: &str,
) -> Result<&'a T, ConfigError> {
    value.ok_or_else(|| {
        source.refuse(
            at,
            format!("the server \"{name}\" needs `{key}`"),
            format!("add {key}: to it"),
        )
    })
}

fn stray<T>(source: &Source<'_>, value: Option<&Placed<T>>, key: &str, kind: &str) -> Result<(), ConfigError> {
    match value {
        None => Ok(()),
        Some(typed) => Err(source.refuse(
            typed,
            format!("`{key}` belongs to kind: {kind} only"),
            format!("remove `{key}`, or change the server's kind"),
        )),
    }
}
