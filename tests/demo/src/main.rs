//! `cargo demo`: builds the programs, plays an administrator's first day against a simulated Zoom, and shows it.

mod browser;
mod screen;
mod script;
mod stage;

use std::process::ExitCode;

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use crate::{screen::Screen, stage::Stage};

/// Shows callsyncd at work: a simulated Zoom account is connected, collected, searched and exported.
#[derive(Debug, Parser)]
#[command(name = "cargo demo")]
struct Arguments {
    /// Leave the daemon and the simulator running, and say how to go on
    #[arg(long)]
    keep: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    // The alias ends in `--` already, so that both `cargo demo --keep` and `cargo demo -- --keep` are what is meant.
    let arguments = Arguments::parse_from(std::env::args().filter(|argument| argument != "--"));
    let screen = Screen::default();
    let played = tokio::select! {
        played = play(&arguments, &screen) => played,
        () = told_to_end() => Err(anyhow::anyhow!("interrupted")),
    };
    match played {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nThe demo failed at the step \"{}\": {error:#}", screen.step());
            ExitCode::FAILURE
        }
    }
}

/// Ctrl-C, or the polite signal of a program that runs the demo.
async fn told_to_end() {
    let mut terminated = signal(SignalKind::terminate()).ok();
    let termination = async {
        match &mut terminated {
            Some(signal) => drop(signal.recv().await),
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = termination => {}
    }
}

/// Whatever is dropped on the way, by a failure or an interruption, takes its processes and files along.
async fn play(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    screen.begin("building callsyncd, callsyncctl and zoom-sim");
    let programs = tokio::task::spawn_blocking(stage::build).await?;
    let stage = Stage::set(programs, screen).await?;
    if let Err(error) = script::play(&stage, screen).await {
        eprintln!("\nThe daemon said, at the end:\n{}", stage.last_words());
        stage.strike().await;
        return Err(error);
    }
    if arguments.keep {
        stage.keep(screen);
    } else {
        screen.begin("stopping the daemon and the simulator");
        stage.strike().await;
        screen.say("Both were stopped and their files removed. To keep them: cargo demo -- --keep");
    }
    Ok(())
}
