//! A real browser without a screen, where there is one.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Whether pages may run scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scripts {
    /// As people usually have it.
    Run,
    /// The person has switched them off for all sites.
    Off,
}

/// The browser's program, if one is installed. `CALLSYNC_TEST_BROWSER` names another.
#[must_use]
pub fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CALLSYNC_TEST_BROWSER") {
        return Some(named.into());
    }
    ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .flat_map(|name| ["/usr/bin", "/usr/local/bin"].map(|directory| Path::new(directory).join(name)))
        .find(|path| path.exists())
}

/// The page as the browser understood it, after everything on it has run: its document as HTML.
///
/// # Panics
/// When the profile cannot be written, the browser does not start, or does not end.
#[must_use]
pub fn document(program: &Path, profile: &Path, scripts: Scripts, url: &str) -> String {
    if scripts == Scripts::Off {
        // What the switch in the settings writes. The flag of the engine would keep the browser itself from telling
        // what it shows.
        let settings = profile.join("Default");
        fs::create_dir_all(&settings).expect("a profile");
        let off = r#"{"profile":{"default_content_setting_values":{"javascript":2}}}"#;
        fs::write(settings.join("Preferences"), off).expect("settings");
    }
    let output = Command::new(program)
        .args([
            "--headless=new",
            // Tests run as root in containers, where the browser's own sandbox cannot be had.
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--no-first-run",
            "--timeout=30000",
            "--dump-dom",
        ])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(url)
        .output()
        .expect("the browser starts");
    assert!(
        output.status.success(),
        "the browser ended with {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}
