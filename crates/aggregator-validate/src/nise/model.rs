//! nise's static report YAML of OpenShift, as far as the daily summary depends on it. What nise ignores is ignored.
//!
//! A field that is left out and one that is null differ only where nise tells them apart: in names.

#![expect(clippy::struct_field_names, reason = "the names are those of the file")]

use std::fmt::{self, Formatter};
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};

use super::scalar::Scalar;
use super::yaml::{IDENTITY, Node};

/// The name by which a [`Given`] asks a [`Node`] for its text.
pub(super) const TEXT: &str = "\u{0}text";

/// The file.
#[derive(Clone, Debug, serde::Deserialize)]
pub(crate) struct Report {
    /// Each a mapping from the generator's name to its attributes.
    pub(crate) generators: Vec<Ordered<Generator>>,
}

/// What a generator makes, and for when.
#[derive(Clone, Debug, serde::Deserialize)]
pub(crate) struct Generator {
    #[serde(default, deserialize_with = "moment")]
    pub(crate) start_date: Scalar,
    #[serde(default, deserialize_with = "moment")]
    pub(crate) end_date: Scalar,
    #[serde(default)]
    pub(crate) nodes: Option<Vec<NodeSpec>>,
}

/// A node of the cluster.
#[derive(Clone, Debug, serde::Deserialize)]
pub(crate) struct NodeSpec {
    #[serde(default, deserialize_with = "given")]
    pub(crate) node_name: Option<Given>,
    #[serde(default)]
    pub(crate) node_labels: Option<Given>,
    #[serde(default)]
    pub(crate) cpu_cores: Option<f64>,
    #[serde(default)]
    pub(crate) memory_gig: Option<f64>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) resource_id: Option<Given>,
    #[serde(default)]
    pub(crate) namespaces: Option<Ordered<Option<Namespace>>>,
}

/// A namespace on a node.
#[derive(Clone, Debug, Default, serde::Deserialize)]
pub(crate) struct Namespace {
    #[serde(default)]
    pub(crate) namespace_labels: Option<Given>,
    #[serde(default)]
    pub(crate) pods: Option<Vec<Pod>>,
    #[serde(default)]
    pub(crate) volumes: Option<Vec<Volume>>,
    #[serde(default)]
    pub(crate) virtual_machines: Option<Vec<Machine>>,
}

/// A pod.
#[derive(Clone, Debug, serde::Deserialize)]
pub(crate) struct Pod {
    #[serde(default, deserialize_with = "given")]
    pub(crate) pod_name: Option<Given>,
    #[serde(default)]
    pub(crate) cpu_request: Option<f64>,
    #[serde(default)]
    pub(crate) cpu_limit: Option<f64>,
    #[serde(default)]
    pub(crate) mem_request_gig: Option<f64>,
    #[serde(default)]
    pub(crate) mem_limit_gig: Option<f64>,
    #[serde(default)]
    pub(crate) pod_seconds: Option<f64>,
    #[serde(default)]
    pub(crate) cpu_usage: Option<Usage>,
    #[serde(default)]
    pub(crate) mem_usage_gig: Option<Usage>,
    #[serde(default)]
    pub(crate) labels: Option<Given>,
}

/// A volume.
#[derive(Clone, Debug, serde::Deserialize)]
pub(crate) struct Volume {
    #[serde(default, deserialize_with = "given")]
    pub(crate) volume_name: Option<Given>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) storage_class: Option<Given>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) csi_volume_handle: Option<Given>,
    #[serde(default)]
    pub(crate) volume_request_gig: Option<f64>,
    #[serde(default)]
    pub(crate) labels: Option<Given>,
    #[serde(default)]
    pub(crate) volume_claims: Option<Vec<Claim>>,
}

/// A claim of a volume.
#[derive(Clone, Debug, serde::Deserialize)]
pub(crate) struct Claim {
    #[serde(default, deserialize_with = "given")]
    pub(crate) volume_claim_name: Option<Given>,
    #[serde(default)]
    pub(crate) pod_name: Option<Given>,
    #[serde(default)]
    pub(crate) labels: Option<Given>,
    #[serde(default)]
    pub(crate) capacity_gig: Option<f64>,
    #[serde(default)]
    pub(crate) volume_claim_usage_gig: Option<Usage>,
}

/// A virtual machine; nise gives it a pod and a claim of its own where the file has none.
#[derive(Clone, Debug, serde::Deserialize)]
pub(crate) struct Machine {
    #[serde(default, deserialize_with = "given")]
    pub(crate) vm_name: Option<Given>,
    #[serde(default)]
    pub(crate) cpu_limit: Option<f64>,
    #[serde(default)]
    pub(crate) mem_limit_gig: Option<f64>,
    #[serde(default)]
    pub(crate) vm_seconds: Option<f64>,
    #[serde(default)]
    pub(crate) cpu_usage: Option<Usage>,
    #[serde(default)]
    pub(crate) mem_usage_gig: Option<Usage>,
    #[serde(default)]
    pub(crate) pod_name: Option<Given>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) volume_claim_name: Option<Given>,
    #[serde(default)]
    pub(crate) capacity_gig: Option<f64>,
}

/// A text that stands in the file, perhaps as a number or a date, as Python's `str` writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given(pub(crate) String);

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Given;

            fn expecting(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text")
            }

            fn visit_str<E>(self, text: &str) -> Result<Given, E> {
                Ok(Given(text.to_owned()))
            }
        }
        deserializer.deserialize_newtype_struct(TEXT, Text)
    }
}

/// A name: null is an empty one, and only one that is left out is made up by nise.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Given>, D::Error> {
    Given::deserialize(deserializer).map(Some)
}

fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Scalar, D::Error> {
    struct Moment;
    impl Visitor<'_> for Moment {
        type Value = Scalar;

        fn expecting(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
            formatter.write_str("a date, `today`, `last_month`, or a number of days")
        }

        fn visit_unit<E>(self) -> Result<Scalar, E> {
            Ok(Scalar::Null)
        }

        fn visit_i64<E>(self, days: i64) -> Result<Scalar, E> {
            Ok(Scalar::Integer(days.into()))
        }

        fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
            Ok(match Scalar::plain(text) {
                time @ (Scalar::Date(_) | Scalar::Time(_)) => time,
                _ => Scalar::Text(text.to_owned()),
            })
        }
    }
    deserializer.deserialize_any(Moment)
}

/// A mapping in the order of the file.
#[derive(Clone, Debug)]
pub(crate) struct Ordered<V>(pub(crate) Vec<(String, V)>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Ordered<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<V>(PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for Members<V> {
            type Value = Ordered<V>;

            fn expecting(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
                formatter.write_str("a mapping")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Ordered<V>, A::Error> {
                let mut all = Vec::new();
                while let Some((Given(key), value)) = members.next_entry()? {
                    all.push((key, value));
                }
                Ok(Ordered(all))
            }
        }
        deserializer.deserialize_map(Members(PhantomData))
    }
}

/// A usage: `full_period`, or days, and the amounts.
#[derive(Clone, Debug)]
pub(crate) struct Usage {
    /// Which mapping of the file it is: nise changes it in place, and aliases see that.
    pub(crate) identity: usize,
    pub(crate) amounts: Vec<(String, f64)>,
}

impl<'de> Deserialize<'de> for Usage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Amounts;
        impl<'de> Visitor<'de> for Amounts {
            type Value = Usage;

            fn expecting(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
                formatter.write_str("a mapping of `full_period` or days (`M-D-YYYY`) to amounts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Usage, A::Error> {
                let (mut identity, mut amounts) = (0, Vec::new());
                while let Some(Given(key)) = members.next_key()? {
                    if key == IDENTITY {
                        identity = usize::try_from(members.next_value::<u64>()?).map_err(A::Error::custom)?;
                    } else {
                        amounts.push((key, members.next_value()?));
                    }
                }
                Ok(Usage { identity, amounts })
            }
        }
        deserializer.deserialize_newtype_struct(IDENTITY, Amounts)
    }
}

/// Reads a static report.
pub(crate) fn report(text: &str) -> Result<Report, super::yaml::YamlError> {
    let document: Node = super::yaml::document(text)?;
    Report::deserialize(document)
}
