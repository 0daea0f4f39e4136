//! Which cluster payloads are of, and which source stands for a cluster where nobody gave it one.

use aggregator_core::run::{ClusterId, SourceUuid};
use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::payload::{OpenError, Payload};
use crate::store::Store;

/// What the hash of a cluster's source begins with, so that it is no other program's hash of the same text.
const PURPOSE: &str = "aggregator: the source of cluster ";

/// The same for a cloud's source.
const CLOUD_PURPOSE: &str = "aggregator: the source of cloud ";

/// What payloads say of their cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedCluster {
    /// A manifest names this one.
    Named(ClusterId),
    /// None has a manifest that names one.
    Unnamed,
    /// None names one, and this one cannot be read at all.
    Unreadable {
        /// The payload.
        payload: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// The cluster that the first of `payloads` names which names one.
///
/// # Errors
/// See [`Error`](crate::error::Error): the store or this machine failed.
pub async fn cluster_of(payloads: &[String], store: &Store) -> Result<NamedCluster> {
    let mut unnamed = NamedCluster::Unnamed;
    for place in payloads {
        match Payload::open(place, store).await {
            Ok(payload) => {
                if let Some(cluster) = payload.manifest.and_then(|manifest| manifest.cluster_id) {
                    return Ok(NamedCluster::Named(ClusterId(cluster)));
                }
            }
            Err(OpenError::Payload(reason)) => unnamed = NamedCluster::Unreadable { payload: place.clone(), reason },
            Err(OpenError::Failed(error)) => return Err(error),
        }
    }
    Ok(unnamed)
}

/// The source of `cluster` in a store that koku does not know: always the same, and another one for another cluster.
///
/// It is a UUID of version 8: bits of a SHA-256 hash of the cluster's id.
pub fn source_of(cluster: &ClusterId) -> SourceUuid {
    of_hash(&format!("{PURPOSE}{}", cluster.0))
}

/// The source of a cloud in a store that koku does not know, as [`source_of`].
pub fn source_of_name(cloud: &str) -> SourceUuid {
    of_hash(&format!("{CLOUD_PURPOSE}{cloud}"))
}

fn of_hash(text: &str) -> SourceUuid {
    let hash = Sha256::digest(text);
    let mut bytes = [0; 16];
    for (byte, hashed) in bytes.iter_mut().zip(hash) {
        *byte = hashed;
    }
    SourceUuid(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_of_a_cluster_is_the_same_forever() {
        // SHA-256 of the purpose and the id, calculated with Python's hashlib; version 8 and the variant set by hand.
        assert_eq!(source_of(&ClusterId("my-cluster".to_owned())).to_string(), "197e7cd3-e410-84fc-8b0e-f8a031daef4e");
        assert_ne!(source_of(&ClusterId("my-cluster".to_owned())), source_of(&ClusterId("another".to_owned())));
    }
}
