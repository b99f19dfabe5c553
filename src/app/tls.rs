//! TLS of our own listener: certificate and key from files, read anew when told to.
//!
//! Invariants: TLS 1.2 and 1.3 only, by ring; a pair of files that does not fit together, or cannot be read, is refused and
//! the old pair stays; connections that are open keep theirs.

use std::path::PathBuf;
use std::sync::{Arc, RwLock};

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{self, ServerConfig};

/// Where certificate and key stand.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The server's certificate, then those between it and the authority, in PEM.
    pub certificate: PathBuf,
    /// Its key, in PEM; mode 0600.
    pub key: PathBuf,
}

/// Why there is no TLS with these files.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{path}: {cause}", path = path.display())]
    Unreadable { path: PathBuf, cause: rustls::pki_types::pem::Error },
    #[error("{path} holds no certificate", path = .0.display())]
    NoCertificate(PathBuf),
    #[error("certificate and key do not fit together: {0}")]
    Unfit(#[source] rustls::Error),
    #[error("TLS cannot be set up: {0}")]
    Setup(#[source] rustls::Error),
}

/// TLS of the provider's listeners; cheap to clone.
#[derive(Clone)]
pub struct Tls {
    files: TlsFiles,
    current: Arc<Current>,
    acceptor: TlsAcceptor,
}

impl Tls {
    /// # Errors
    /// [`TlsError`], in a sentence for the operator.
    pub fn open(files: TlsFiles) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let current = Arc::new(Current(RwLock::new(Arc::new(read(&files, &provider)?))));
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(TlsError::Setup)?
            .with_no_client_auth()
            .with_cert_resolver(current.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { files, current, acceptor: TlsAcceptor::from(Arc::new(config)) })
    }

    /// Takes up changed files for new connections.
    ///
    /// # Errors
    /// [`TlsError`]; then the old pair stays.
    pub fn reload(&self) -> Result<(), TlsError> {
        let fresh = Arc::new(read(&self.files, &ring::default_provider())?);
        // A poisoned lock holds a whole pair all the same: it is replaced in one move.
        let mut current = self.current.0.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        *current = fresh;
        Ok(())
    }

    pub(super) fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }
}

/// The pair that new connections get.
#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone())
    }
}

fn read(files: &TlsFiles, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let unreadable = |path: &PathBuf| {
        let path = path.clone();
        move |cause| TlsError::Unreadable { path, cause }
    };
    let certificates = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(unreadable(&files.certificate))?;
    if certificates.is_empty() {
        return Err(TlsError::NoCertificate(files.certificate.clone()));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(unreadable(&files.key))?;
    let pair = CertifiedKey::from_der(certificates, key, provider).map_err(TlsError::Unfit)?;
    pair.keys_match().map_err(TlsError::Unfit)?;
    Ok(pair)
}
