//! How far a job is: a moving bar on a terminal, a line now and then elsewhere, nothing with `--json`.

use std::{
    fmt,
    io::Write as _,
    time::{Duration, Instant},
};

use callsync_shared::api::job::Job;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::{Output, text};

/// Shortest time between two plain lines.
const LINE_EVERY: Duration = Duration::from_secs(5);

const KNOWN: &str = "{msg} [{wide_bar}] {pos}/{len} {prefix}, {rate}/s, ETA {eta}";
const UNKNOWN: &str = "{spinner} {msg} {pos} {prefix}, {rate}/s, {elapsed}";

/// Shows one job.
pub struct Progress {
    view: View,
    shown: bool,
}

enum View {
    Silent,
    Lines { last: Option<(Instant, String)> },
    Bar { bar: ProgressBar, total_known: bool },
}

impl Progress {
    /// The kind that suits the output.
    pub fn new(output: &Output) -> Self {
        let view = if output.json {
            View::Silent
        } else if output.moving_progress() {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.set_style(style(UNKNOWN));
            View::Bar {
                bar,
                total_known: false,
            }
        } else {
            View::Lines { last: None }
        };
        Self { view, shown: false }
    }

    /// Whether the job was seen at all.
    pub fn has_shown(&self) -> bool {
        self.shown
    }

    /// Shows the present state.
    pub fn show(&mut self, job: &Job) {
        let first = !std::mem::replace(&mut self.shown, true);
        match &mut self.view {
            View::Silent => {}
            View::Lines { last } => {
                let now = Instant::now();
                let line = line(job);
                let due = last
                    .as_ref()
                    .is_none_or(|(at, said)| *said != line && now.duration_since(*at) >= LINE_EVERY);
                if due {
                    let _ = writeln!(std::io::stderr(), "{line}");
                    *last = Some((now, line));
                }
            }
            View::Bar { bar, total_known } => {
                bar.set_message(format!("{} {}", name(job), text::one_line(&job.state)));
                bar.set_prefix(text::one_line(&job.progress.unit).into_owned());
                let total = job.progress.total.filter(|total| *total > 0);
                if total.is_some() != *total_known {
                    *total_known = total.is_some();
                    bar.set_style(style(if *total_known { KNOWN } else { UNKNOWN }));
                }
                if let Some(total) = total {
                    bar.set_length(total);
                }
                bar.set_position(job.progress.done);
                if first {
                    // Only now is there something to draw.
                    bar.enable_steady_tick(Duration::from_millis(200));
                }
            }
        }
    }

    /// Takes the bar away; the result is printed after it.
    pub fn clear(&mut self) {
        if let View::Bar { bar, .. } = &self.view {
            bar.finish_and_clear();
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    // Both templates are constants; a wrong one would only look plain.
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("rate", |state: &ProgressState, text: &mut dyn fmt::Write| {
            let _ = write!(text, "{:.0}", state.per_sec());
        })
}

fn name(job: &Job) -> String {
    let account = job
        .account
        .as_deref()
        .map(|account| format!(" {}", text::one_line(account)));
    format!("{}{}", text::one_line(&job.kind), account.unwrap_or_default())
}

fn line(job: &Job) -> String {
    let progress = &job.progress;
    let amount = match progress.total {
        Some(total) => format!("{} of {total} {}", progress.done, progress.unit),
        None => format!("{} {}", progress.done, progress.unit),
    };
    let rate = progress.rate.filter(|_| !job.is_finished());
    let rate = rate.map(|rate| format!(", {rate}/s"));
    let eta = progress.eta_seconds.map(|seconds| format!(", ETA {seconds} s"));
    let pace = format!("{}{}", rate.unwrap_or_default(), eta.unwrap_or_default());
    text::one_line(&format!("{}: {}, {amount}{pace}", name(job), job.state))
        .trim_end()
        .to_owned()
}
