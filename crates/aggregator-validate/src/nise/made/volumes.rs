//! Volumes and claims.

use super::{Amounts, Placed, Usages, text};
use crate::nise::known::{Known, Name, Why};
use crate::nise::model::{Claim, Given, Usage, Volume};

/// nise requests this for a volume that does not say, and for the volume of a virtual machine.
pub(super) const REQUEST_GIG: f64 = 100.0;

/// A claim, or a volume without one.
#[derive(Clone, Debug)]
pub(crate) struct MadeClaim {
    pub(crate) namespace: String,
    pub(crate) pod: Name,
    pub(crate) claim: Name,
    pub(crate) volume: Name,
    pub(crate) storage_class: Name,
    pub(crate) handle: Name,
    pub(crate) volume_labels: String,
    pub(crate) claim_labels: String,
    pub(crate) capacity_gig: Known<f64>,
    /// None for a volume without a claim: it requests and uses nothing.
    pub(crate) request_gig: Option<f64>,
    pub(crate) usage_gig: Amounts,
}

struct Pending<'a> {
    claim: MadeClaim,
    usage: Option<&'a Usage>,
}

/// All volumes so far.
#[derive(Default)]
pub(super) struct Volumes<'a> {
    claims: Vec<Pending<'a>>,
    /// nise's `pod_pvc_map`.
    of_pods: Vec<(Name, Name)>,
}

impl<'a> Volumes<'a> {
    /// Adds a volume of the file.
    pub(super) fn add(&mut self, volume: &'a Volume, place: &Placed<'_>, usages: &mut Usages) -> Result<(), String> {
        let request = volume.volume_request_gig.filter(|request| *request != 0.0).unwrap_or(REQUEST_GIG);
        let mut shared = MadeClaim {
            namespace: place.name.to_owned(),
            pod: Name::given(""),
            claim: Name::given(""),
            volume: usages.name(volume.volume_name.as_ref(), Why::VolumeName),
            storage_class: usages.name(volume.storage_class.as_ref(), Why::StorageClass),
            handle: usages.name(volume.csi_volume_handle.as_ref(), Why::CsiVolumeHandle),
            volume_labels: text(volume.labels.as_ref()),
            claim_labels: String::new(),
            capacity_gig: Ok(request),
            request_gig: Some(request),
            usage_gig: Amounts { days: Vec::new(), limit: Ok(request), otherwise: Why::ClaimUsage },
        };
        let (first, mut claimed) = (self.claims.len(), 0.0);
        for claim in volume.volume_claims.iter().flatten() {
            if request - claimed <= 1.0 {
                break;
            }
            let made = claimed_of(claim, &shared, usages);
            let capacity = claim.capacity_gig.unwrap_or(request);
            claimed += capacity;
            if claimed > request {
                return Err(format!("the claims of a volume ask for {claimed} GiB, more than its {request} GiB: nise refuses that"));
            }
            self.put(first, made);
        }
        if self.claims.len() == first {
            // A volume without a claim has neither namespace nor pod, and what it requests is its capacity.
            shared.namespace = String::new();
            shared.request_gig = None;
            self.claims.push(Pending { claim: shared, usage: None });
        }
        Ok(())
    }

    /// Adds the volume of a virtual machine, unless some pod has a claim of that name.
    pub(super) fn add_machine(&mut self, claim: MadeClaim) -> Result<(), String> {
        if self.of_pods.iter().any(|(_, known)| *known == claim.claim) {
            return Ok(());
        }
        if claim.capacity_gig.is_ok_and(|capacity| capacity > REQUEST_GIG) {
            return Err(format!("a virtual machine has `capacity_gig` of more than {REQUEST_GIG}: nise refuses that"));
        }
        let first = self.claims.len();
        self.put(first, Pending { claim, usage: None });
        Ok(())
    }

    fn put(&mut self, first: usize, new: Pending<'a>) {
        let pod = new.claim.pod.clone();
        let name = new.claim.claim.clone();
        match self.of_pods.iter_mut().find(|(known, _)| *known == pod) {
            Some((_, claim)) => *claim = name,
            None => self.of_pods.push((pod, name)),
        }
        match self.claims.iter_mut().skip(first).find(|known| known.claim.claim == new.claim.claim) {
            Some(known) => *known = new,
            None => self.claims.push(new),
        }
    }

    pub(super) fn finish(self, usages: &Usages) -> Result<Vec<MadeClaim>, String> {
        self.claims
            .into_iter()
            .map(|Pending { mut claim, usage }| {
                if claim.request_gig.is_some() {
                    claim.usage_gig = usages.amounts(usage, claim.capacity_gig, claim.usage_gig.otherwise)?;
                }
                Ok(claim)
            })
            .collect()
    }
}

fn claimed_of<'a>(claim: &'a Claim, volume: &MadeClaim, usages: &mut Usages) -> Pending<'a> {
    let capacity_gig = claim.capacity_gig.map_or(volume.capacity_gig, Ok);
    usages.cut(claim.volume_claim_usage_gig.as_ref(), capacity_gig);
    let made = MadeClaim {
        pod: Name::given(claim.pod_name.as_ref().map(|Given(pod)| pod.clone()).unwrap_or_default()),
        claim: usages.name(claim.volume_claim_name.as_ref(), Why::ClaimName),
        claim_labels: text(claim.labels.as_ref()),
        capacity_gig,
        ..volume.clone()
    };
    Pending { claim: made, usage: claim.volume_claim_usage_gig.as_ref() }
}
