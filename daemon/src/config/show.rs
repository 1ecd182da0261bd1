//! The configuration in force as a document: every key with its value, secrets only as where they come from.

use serde_json::{Value, json};

use super::{
    defaults, listen, logging,
    model::{Alerts, Config, Control, Limit, Server, ServerKind, SqlLogin, SqlServerEndpoint, Zoom},
    secret::source_as_json,
    servers, spelling,
    zoom::PLANS,
};

/// Every key of the file with its value in force; `null` where a key is absent and nothing stands in for it.
#[must_use]
pub fn show(config: &Config) -> Value {
    json!({
        "state_directory": config.state_directory.display().to_string(),
        "control": control(&config.control),
        "zoom": zoom(&config.zoom),
        "servers": config.servers.iter().map(server).collect::<Vec<_>>(),
        "listen": config.listen.as_ref().map(|listen| json!({
            "address": listen.address.to_string(),
            "webhook_secret": listen.webhook_secret.as_ref().map(source_as_json),
            "deletions": name(&listen::DELETIONS, listen.deletions),
        })),
        "secrets": { "master_key": config.master_key.as_ref().map(source_as_json) },
        "alerts": alerts(&config.alerts),
        "logging": {
            "level": name(&logging::LEVELS, config.logging.level),
            "format": name(&logging::FORMATS, config.logging.format),
        },
        "removal": { "policy": name(&super::load::REMOVAL_POLICIES, config.removal_policy) },
    })
}

fn name<T: PartialEq>(names: &[(&'static str, T)], value: T) -> Option<&'static str> {
    names.iter().find(|(_, known)| *known == value).map(|(name, _)| *name)
}

fn control(control: &Control) -> Value {
    json!({
        "socket": control.socket.display().to_string(),
        "group": control.group,
        "admin_group": control.admin_group,
        "viewers": control.viewers.as_ref().map(|entries| {
            entries
                .iter()
                .map(|entry| json!({ "group": entry.group, "enterprise_groups": entry.enterprise_groups }))
                .collect::<Vec<_>>()
        }),
    })
}

fn zoom(zoom: &Zoom) -> Value {
    let limits = defaults::limits_in_force(zoom.plan, &zoom.limits);
    json!({
        "client_id": zoom.client_id,
        "client_secret": zoom.client_secret_source.as_ref().map(source_as_json),
        "redirect_uri": zoom.redirect_uri,
        "oauth_url": url(&zoom.oauth_url),
        "api_url": zoom.api_url.as_ref().map(url),
        "plan": name(&PLANS, zoom.plan),
        "limits": {
            "heavy": limit(limits.heavy),
            "medium": limit(limits.medium),
            "light": limit(limits.light),
        },
        "proxy": zoom.proxy.as_ref().map(url),
    })
}

/// A URL without the slash that the parser adds, and without a password.
fn url(url: &url::Url) -> String {
    spelling::hide_userinfo(url.as_str().trim_end_matches('/'))
}

fn limit(limit: Limit) -> Value {
    json!({ "per_second": limit.per_second, "per_day": limit.per_day })
}

fn server(server: &Server) -> Value {
    match &server.kind {
        ServerKind::Sqlite { directory } => json!({
            "name": server.name,
            "kind": "sqlite",
            "directory": directory.display().to_string(),
        }),
        ServerKind::SqlServer(sql) => {
            let (port, instance) = match &sql.endpoint {
                SqlServerEndpoint::Port(port) => (Some(*port), None),
                SqlServerEndpoint::Instance(instance) => (None, Some(instance.as_str())),
            };
            let (auth, user, password) = match &sql.login {
                SqlLogin::Sql {
                    user, password_source, ..
                } => ("sql", Some(user.as_str()), Some(source_as_json(password_source))),
                #[cfg(feature = "kerberos")]
                SqlLogin::Kerberos => ("kerberos", None, None),
            };
            json!({
                "name": server.name,
                "kind": "sqlserver",
                "host": sql.host,
                "port": port,
                "instance": instance,
                "auth": auth,
                "user": user,
                "password": password,
                "tls": name(&servers::TLS, sql.tls),
                "ca_file": sql.ca_file.as_ref().map(|path| path.display().to_string()),
            })
        }
    }
}

fn alerts(alerts: &Alerts) -> Value {
    json!({
        "email": alerts.email.as_ref().map(|email| json!({
            "smtp_url": email.smtp_url,
            "password": email.password.as_ref().map(source_as_json),
            "from": email.from,
            "to": email.to,
        })),
        "webhook": alerts.webhook.as_ref().map(|webhook| json!({
            "url": spelling::hide_userinfo(&webhook.url),
            "secret": webhook.secret.as_ref().map(source_as_json),
        })),
        "holidays": alerts.holidays.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
