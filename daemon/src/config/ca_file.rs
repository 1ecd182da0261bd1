//! `ca_file`: whether it holds certificates that a server's can be checked against.

use std::path::Path;

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};

/// Reads the file as the driver of SQL Server will.
///
/// # Errors
/// Why no certificate can be had from it.
pub fn check_ca_file(path: &Path) -> Result<(), String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let extension = path.extension().and_then(|extension| extension.to_str());
    let certificates: Vec<CertificateDer<'_>> = match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("der") => vec![CertificateDer::from(bytes)],
        Some("pem" | "crt") => CertificateDer::pem_slice_iter(&bytes)
            .collect::<Result<_, _>>()
            .map_err(|error| format!("it is no PEM file: {error}"))?,
        // The driver goes by the name.
        _ => return Err("the name must end in .pem, .crt or .der".to_owned()),
    };
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots
            .add(certificate)
            .map_err(|error| format!("a certificate in it cannot be read: {error}"))?;
    }
    if roots.is_empty() {
        return Err("it holds no certificate".to_owned());
    }
    Ok(())
}
