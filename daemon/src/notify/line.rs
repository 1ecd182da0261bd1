//! The configured channels, and the way over each.

use std::time::SystemTime;

use async_trait::async_trait;

use super::{
    mail,
    message::Message,
    refusal::Refusal,
    server::{MailServer, Protection},
    webhook,
};
use crate::{
    config::model,
    domain::{alert::Channel, clock::SharedClock},
};

/// Carries a message over a channel.
#[async_trait]
pub trait Line: Send + Sync {
    /// Who of several recipients was refused; nobody when all took it.
    ///
    /// # Errors
    /// Nobody took it.
    async fn carry(
        &self,
        channels: &model::Alerts,
        channel: Channel,
        message: &Message,
    ) -> Result<Vec<String>, Refusal>;
}

/// Over the network.
pub struct Network(pub SharedClock);

#[async_trait]
impl Line for Network {
    async fn carry(
        &self,
        channels: &model::Alerts,
        channel: Channel,
        message: &Message,
    ) -> Result<Vec<String>, Refusal> {
        let now = self.0.now();
        match (channel, &channels.email, &channels.webhook) {
            (Channel::Email, Some(email), _) => {
                let date = SystemTime::try_from(now).unwrap_or(SystemTime::UNIX_EPOCH);
                mail::send(email, message, date).await
            }
            (Channel::Webhook, _, Some(webhook)) => webhook::post(webhook, message, now.as_second())
                .await
                .map(|()| Vec::new()),
            _ => Err(Refusal::channel(format!(
                "the channel {channel} is not configured any more"
            ))),
        }
    }
}

/// The configured channels.
#[must_use]
pub fn configured(channels: &model::Alerts) -> Vec<Channel> {
    let email = channels.email.as_ref().map(|_| Channel::Email);
    let webhook = channels.webhook.as_ref().map(|_| Channel::Webhook);
    email.into_iter().chain(webhook).collect()
}

/// Where a channel leads, for people.
#[must_use]
pub fn target(channels: &model::Alerts, channel: Channel) -> String {
    match channel {
        Channel::Email => channels.email.as_ref().map(|email| {
            let server = MailServer::parse(&email.smtp_url).map_or_else(|error| error, |server| server.to_string());
            format!("{} over {server}", email.to.join(", "))
        }),
        Channel::Webhook => channels.webhook.as_ref().map(webhook::target),
    }
    .unwrap_or_else(|| "not configured".to_owned())
}

/// What a person should know of the configured channels although they work.
#[must_use]
pub fn warnings(channels: &model::Alerts) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(email) = &channels.email
        && let Ok(server) = MailServer::parse(&email.smtp_url)
    {
        warnings.extend(server.warning());
        if server.user.is_some() && email.password.is_none() {
            warnings.push("alerts: email: smtp_url names a user but there is no password".to_owned());
        }
        if server.protection == Protection::Plain && email.password.is_some() && server.user.is_none() {
            warnings.push("alerts: email: password is not used, smtp_url names no user".to_owned());
        }
    }
    if let Some(webhook) = &channels.webhook
        && webhook.secret.is_none()
    {
        warnings.push("alerts: webhook: without secret its posts are not signed".to_owned());
    }
    warnings
}
