//! The mail channel: one message a notification, over SMTP.

use std::time::{Duration, SystemTime};

use lettre::{
    Address,
    message::{Mailbox, header},
    transport::smtp::{
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
    },
};
use secrecy::ExposeSecret;

use crate::{
    config::{self, model::AlertEmail},
    notify::{
        message::Message,
        refusal::{Refusal, chain},
        server::{MailServer, Protection},
    },
};

/// Time to connect, and for the whole exchange. Shorter than the time a stopping daemon has.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(20);

/// Sends one mail to the configured addresses and those of the alert. The addresses that the server refused while it
/// took the mail for others: a bad contact must not keep the mail from the operators.
///
/// # Errors
/// Nobody was reached.
pub async fn send(email: &AlertEmail, message: &Message, now: SystemTime) -> Result<Vec<String>, Refusal> {
    let from: Address = email
        .from
        .parse()
        .map_err(|_| Refusal::channel(format!("alerts: email: from: {} is no mail address", email.from)))?;
    let mut refused = Vec::new();
    let mut to: Vec<Address> = Vec::new();
    for text in email.to.iter().chain(&message.recipients) {
        match text.parse() {
            Ok(address) if to.contains(&address) => {}
            Ok(address) => to.push(address),
            Err(_) => refused.push(format!("{text}: no mail address")),
        }
    }
    let text = compose(&from, &to, message, now)?;
    let exchange = exchange(email, &from, &to, &text, &mut refused);
    tokio::time::timeout(TIMEOUT, exchange)
        .await
        .map_err(|_| Refusal::channel("the mail server did not answer in time"))??;
    Ok(refused)
}

fn compose(from: &Address, to: &[Address], message: &Message, now: SystemTime) -> Result<Vec<u8>, Refusal> {
    let thread = format!("<{}@callsync>", message.id);
    let mut builder = lettre::Message::builder()
        .from(Mailbox::new(Some("callsyncd".to_owned()), from.clone()))
        .subject(message.subject())
        .date(now)
        // A mail that is sent twice, because we died before we noted that it was taken, can be told by its id.
        .message_id(Some(format!("<{}.{}@callsync>", message.id, message.number)))
        .references(thread)
        .header(header::MIME_VERSION_1_0)
        .header(header::ContentType::TEXT_PLAIN);
    for address in to {
        builder = builder.to(Mailbox::new(None, address.clone()));
    }
    let mut mail = builder
        .body(message.text())
        .map_err(|error| Refusal::message(format!("the mail cannot be written: {error}")))?;
    let automatic = header::HeaderName::new_from_ascii_str("Auto-Submitted");
    mail.headers_mut()
        .insert_raw(header::HeaderValue::new(automatic, "auto-generated".to_owned()));
    Ok(mail.formatted())
}

async fn exchange(
    email: &AlertEmail,
    from: &Address,
    to: &[Address],
    text: &[u8],
    refused: &mut Vec<String>,
) -> Result<(), Refusal> {
    let server = MailServer::parse(&email.smtp_url).map_err(Refusal::channel)?;
    let mut connection = connect(&server).await?;
    log_in(&mut connection, &server, email).await?;

    let mut parameters = Vec::new();
    let foreign = !from.to_string().is_ascii() || to.iter().any(|address| !address.to_string().is_ascii());
    if foreign && connection.server_info().supports_feature(Extension::SmtpUtfEight) {
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !text.is_ascii() && connection.server_info().supports_feature(Extension::EightBitMime) {
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    connection
        .command(Mail::new(Some(from.clone()), parameters))
        .await
        .map_err(|error| Refusal::channel(format!("the mail server refuses the sender {from}: {}", chain(&error))))?;
    let mut taken = 0;
    for address in to {
        match connection.command(Rcpt::new(address.clone(), Vec::new())).await {
            Ok(_) => taken += 1,
            Err(error) if error.is_permanent() || error.is_transient() => {
                refused.push(format!("{address}: {}", chain(&error)));
            }
            Err(error) => return Err(Refusal::channel(chain(&error))),
        }
    }
    if taken == 0 {
        connection.abort().await;
        return Err(Refusal::message(format!(
            "the mail server refuses every address: {}",
            refused.join("; ")
        )));
    }
    connection
        .command(Data)
        .await
        .map_err(|error| Refusal::message(chain(&error)))?;
    connection
        .message(text)
        .await
        .map_err(|error| Refusal::message(chain(&error)))?;
    // It has taken the mail; how it says goodbye does not matter.
    connection.abort().await;
    Ok(())
}

async fn connect(server: &MailServer) -> Result<AsyncSmtpConnection, Refusal> {
    // An error only says that a provider is installed already.
    drop(rustls::crypto::ring::default_provider().install_default());
    let failed = |error: lettre::transport::smtp::Error| Refusal::channel(format!("{server}: {}", chain(&error)));
    let me = ClientId::Domain(host_name());
    let tls = || TlsParameters::new_rustls(server.host.clone()).map_err(failed);
    let at_once = match server.protection {
        Protection::Tls => Some(tls()?),
        Protection::StartTls | Protection::Plain => None,
    };
    let place = (server.host.as_str(), server.port);
    let mut connection = AsyncSmtpConnection::connect_tokio1(place, Some(CONNECT_TIMEOUT), &me, at_once, None)
        .await
        .map_err(failed)?;
    if server.protection == Protection::StartTls {
        connection.starttls(tls()?, &me).await.map_err(failed)?;
    }
    Ok(connection)
}

async fn log_in(connection: &mut AsyncSmtpConnection, server: &MailServer, email: &AlertEmail) -> Result<(), Refusal> {
    let Some(user) = &server.user else { return Ok(()) };
    let Some(source) = &email.password else {
        return Err(Refusal::channel(
            "alerts: email: smtp_url names a user but there is no password",
        ));
    };
    // Read now: the file may have been renewed since the start.
    let password = config::read(source).map_err(|error| Refusal::channel(error.to_string()))?;
    let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
    connection
        .auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
        .await
        .map(drop)
        .map_err(|error| Refusal::channel(format!("{server} refuses the login of {user}: {}", chain(&error))))
}

/// How we greet. Servers want a name that looks like a host's.
fn host_name() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map(|name| name.trim().to_owned())
        .ok()
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "localhost".to_owned())
}
