//! The simulator as a program: options in, one JSON line when ready, runs until it is told to stop.

use clap::Parser;
use jiff::SignedDuration;
use serde_json::json;
use std::error::Error;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::LazyLock;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use zoom_sim::{AccountOptions, Options, Plan, RateLimits, Scopes, Simulator};

const EXAMPLES: &str = "\
Examples:
  zoom-sim                                          one account, a free port, 30 days of calls
  zoom-sim --listen 127.0.0.1:8470 --accounts 2 --users 200 --calls 20000 --seed 7
  zoom-sim --live 30 --lag 20                       a fresh call every two seconds, visible 20 s after its end
  zoom-sim --no-rate-limits --ready-file sim.json   the ready line also goes to a file

The ready line is JSON: base_url, oauth_url, api_url, client_id, accounts with their owners' e-mail addresses.
Sign in as an owner:  curl -s $BASE/_sim/authorize -d '{\"url\": \"<authorize URL>\", \"user\": \"owner@acme.example.com\"}'";

/// With the commit, when the build was told it, like the programs of the other package; they share no code with this one.
fn version() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let commit = option_env!("CALLSYNC_BUILD_COMMIT").map(|commit| format!(" (commit {commit})"));
        format!("{}{}", env!("CARGO_PKG_VERSION"), commit.unwrap_or_default())
    });
    &TEXT
}

/// Strict simulator of the parts of the Zoom platform a call-record collector needs.
#[derive(Debug, Parser)]
#[command(name = "zoom-sim", version = version(), after_help = EXAMPLES)]
struct Arguments {
    /// Address to listen on; port 0 picks a free one
    #[arg(long, default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))]
    listen: SocketAddr,
    /// Same seed and same time span, same accounts and calls
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of Zoom accounts
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=500))]
    accounts: u16,
    /// Users of each account
    #[arg(long, default_value_t = 40)]
    users: usize,
    /// Generated calls of each account
    #[arg(long, default_value_t = 500)]
    calls: usize,
    /// The generated calls lie in the last N days
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=366))]
    days: u16,
    /// Seconds between the end of a call and the appearance of its record
    #[arg(long, default_value_t = 60)]
    lag: u64,
    /// Keep publishing this many fresh calls per minute in every account
    #[arg(long, value_name = "CALLS_PER_MINUTE", default_value_t = 0)]
    live: u32,
    /// Do not answer 429
    #[arg(long)]
    no_rate_limits: bool,
    /// Use the rate limits of the Pro plan instead of Business
    #[arg(long)]
    pro: bool,
    /// The app holds classic scopes instead of granular ones
    #[arg(long)]
    classic_scopes: bool,
    /// Registered redirect URI; may be given more than once. None: every https and loopback URI
    #[arg(long, value_name = "URI")]
    redirect_uri: Vec<String>,
    /// Client id of the app
    #[arg(long)]
    client_id: Option<String>,
    /// File with the client secret; the default secret is shown by GET /_sim/info
    #[arg(long, value_name = "FILE")]
    client_secret_file: Option<PathBuf>,
    /// Also write the ready line to this file, complete or not at all
    #[arg(long, value_name = "PATH")]
    ready_file: Option<PathBuf>,
    /// Keep tokens and added calls here, so that they outlive a restart with the same options
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
}

impl Arguments {
    fn options(&self) -> Result<Options, Box<dyn Error>> {
        let mut options = Options {
            listen: self.listen,
            seed: self.seed,
            publish_lag: Duration::from_secs(self.lag),
            redirect_uris: self.redirect_uri.clone(),
            state: self.state.clone(),
            ..Options::default()
        };
        let now = options.clock.now();
        options.start = Some(now - SignedDuration::from_hours(24 * i64::from(self.days)));
        options.end = Some(now);
        if let Some(id) = &self.client_id {
            options.client_id.clone_from(id);
        }
        if let Some(path) = &self.client_secret_file {
            let text =
                std::fs::read_to_string(path).map_err(|wrong| format!("cannot read {}: {wrong}", path.display()))?;
            options.client_secret = text.trim().to_owned();
        }
        if self.no_rate_limits {
            options.rate_limits = RateLimits::Off;
        }
        options.accounts = (0..self.accounts)
            .map(|number| AccountOptions {
                users: self.users,
                calls: self.calls,
                plan: if self.pro { Plan::Pro } else { Plan::Business },
                scopes: if self.classic_scopes {
                    Scopes::Classic
                } else {
                    Scopes::Granular
                },
                ..AccountOptions::named(&name(number))
            })
            .collect();
        Ok(options)
    }
}

fn name(number: u16) -> String {
    let known = ["acme", "globex", "initech", "umbrella", "hooli"];
    known
        .get(usize::from(number))
        .map_or_else(|| format!("account{number}"), |name| (*name).to_owned())
}

fn ready_line(simulator: &Simulator) -> String {
    let accounts: Vec<_> = simulator
        .account_names()
        .iter()
        .map(|name| {
            let account = simulator.account(name.as_str());
            json!({
                "name": name,
                "owner": account.owner_email(),
                "member": account.member_email(),
                "account_id": account.account_id(),
                "account_number": account.account_number(),
            })
        })
        .collect();
    let base = simulator.base_url();
    json!({
        "base_url": base,
        "oauth_url": base,
        "api_url": format!("{base}/v2"),
        "client_id": simulator.client_id(),
        "accounts": accounts,
    })
    .to_string()
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            // A closed stderr leaves nobody to tell.
            let _ = writeln!(std::io::stderr(), "zoom-sim: {wrong}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    // Before anything else, so that a signal during the start is not lost.
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let simulator = Simulator::start(arguments.options()?).await?;
    let line = ready_line(&simulator);
    if let Some(path) = &arguments.ready_file {
        let partial = path.with_extension("partial");
        std::fs::write(&partial, format!("{line}\n"))?;
        std::fs::rename(&partial, path)?;
    }
    let mut out = std::io::stdout();
    writeln!(out, "{line}")?;
    out.flush()?;
    let pause = Duration::from_secs(60) / arguments.live.max(1);
    let mut beat = tokio::time::interval(pause);
    loop {
        tokio::select! {
            _ = terminated.recv() => break,
            _ = interrupted.recv() => break,
            _ = beat.tick(), if arguments.live > 0 => {
                for name in simulator.account_names() {
                    simulator.account(name.as_str()).add_calls(1);
                }
            }
        }
    }
    simulator.keep_state()?;
    simulator.stop().await;
    Ok(())
}
