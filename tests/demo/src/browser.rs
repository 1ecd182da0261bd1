//! The part of the person at the browser: signs in at the authorize URL and allows.

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// The URL to which the browser is redirected after `user` allowed.
pub async fn consent(address: &str, authorize_url: &str, user: &str) -> anyhow::Result<String> {
    let body = json!({"url": authorize_url, "user": user}).to_string();
    let mut stream = TcpStream::connect(address)
        .await
        .context("the simulator does not answer")?;
    let head = format!(
        "POST /_sim/authorize HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
    let start = body.find('{').unwrap_or_default();
    let end = body.rfind('}').map_or(body.len(), |end| end + 1);
    let grant: Value = serde_json::from_str(body.get(start..end).unwrap_or_default()).unwrap_or_default();
    match grant["redirect_url"].as_str() {
        Some(url) => Ok(url.to_owned()),
        None => bail!("the simulator did not let {user} in: {answer}"),
    }
}
