//! Programs that do the work: run, and their failure told with what they said.

use std::process::{Command, Stdio};

/// Runs to the end; the answer is its standard output.
///
/// # Errors
/// It cannot be started (then: which Debian package has it), or it failed.
pub fn output(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let out = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot run {name}: {error}{}", package_of(&name)))?;
    if !out.status.success() {
        let complaint = String::from_utf8_lossy(&out.stderr);
        return Err(format!("{name} failed, {}\n{complaint}", out.status));
    }
    String::from_utf8(out.stdout).map_err(|_| format!("{name} printed something that is not text"))
}

fn package_of(program: &str) -> String {
    let package = match program {
        "rpmbuild" => "rpm",
        "dpkg-deb" => "dpkg",
        "objcopy" | "objdump" => "binutils",
        _ => return String::new(),
    };
    format!("; on Debian: apt-get install {package}")
}
