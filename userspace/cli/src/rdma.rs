// SPDX-License-Identifier: GPL-2.0-only

//! The RDMA devices of NICs.

use std::collections::BTreeSet;

use homeward_client::model::{Device, Namespace, State};
use homeward_client::Client;
use homeward_netns::{inside, RdmaDevice, RdmaDevices};
use serde::Serialize;

use crate::book::{Book, Place};
use crate::render::device::at;

/// An RDMA device of a NIC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Rdma {
    /// Its name.
    pub(crate) name: String,
    /// The namespace that it is in, if that is another one than the NIC's.
    pub(crate) namespace: Option<Place>,
}

impl Rdma {
    /// For people.
    pub(crate) fn text(&self) -> String {
        match &self.namespace {
            Some(namespace) => at(&self.name, namespace),
            None => self.name.clone(),
        }
    }
}

/// The RDMA devices that there are, each with the cookie of the namespace from which it was seen.
#[derive(Debug, Default)]
pub(crate) struct RdmaSurvey {
    seen: Vec<(u64, RdmaDevice)>,
    exclusive: bool,
}

impl RdmaSurvey {
    /// Looks for those of some NICs: from the namespaces that these are in, and in exclusive mode from all. Of a
    /// namespace that cannot be entered nothing is known.
    pub(crate) fn new(client: &mut Client, devices: &[Device], namespaces: &[Namespace]) -> Self {
        let mut survey = RdmaSurvey::default();
        let Ok(here) = RdmaDevices::here() else {
            return survey;
        };
        survey.exclusive = here.exclusive;
        if here.list.is_empty() && !here.exclusive {
            return survey;
        }
        let nics = devices.iter().filter(|device| device.physical);
        let nics: BTreeSet<u64> = nics.map(|device| device.namespace).collect();
        let live = namespaces.iter().filter(|one| one.state == State::Live);
        let cookies = live.map(|one| one.cookie);
        for cookie in cookies.filter(|cookie| here.exclusive || nics.contains(cookie)) {
            let Ok(file) = client.open(cookie) else {
                continue;
            };
            if let Ok(Ok(there)) = inside(file, RdmaDevices::here) {
                survey
                    .seen
                    .extend(there.list.into_iter().map(|one| (cookie, one)));
            }
        }
        survey
    }

    /// The RDMA devices of a NIC: those that have it as a port, and in exclusive mode also those of the same
    /// card that are elsewhere, as the kernel does not say of these which ports they have.
    pub(crate) fn of(&self, device: &Device, book: &Book) -> Vec<Rdma> {
        let its_own = |cookie: u64, rdma: &RdmaDevice| {
            if cookie == device.namespace {
                return rdma.links.contains(&device.ifindex);
            }
            let same_card = rdma.parent.is_some() && rdma.parent == device.parent;
            self.exclusive && device.physical && same_card && rdma.links.is_empty()
        };
        let its_own = self
            .seen
            .iter()
            .filter(|(cookie, rdma)| its_own(*cookie, rdma));
        its_own
            .map(|(cookie, rdma)| Rdma {
                name: rdma.name.clone(),
                namespace: (*cookie != device.namespace).then(|| book.place(*cookie)),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{book, nic};

    fn rdma(links: &[u32], parent: Option<&str>) -> RdmaDevice {
        RdmaDevice {
            index: 1,
            name: "mlx5_0".to_owned(),
            links: links.to_vec(),
            parent: parent.map(str::to_owned),
        }
    }

    /// What is said of a NIC of namespace 4711, with index 4, on this card, where one such is seen from there.
    fn said(exclusive: bool, cookie: u64, one: RdmaDevice) -> Vec<String> {
        let survey = RdmaSurvey {
            seen: vec![(cookie, one)],
            exclusive,
        };
        let device = Device {
            parent: Some("0000:03:00.0".to_owned()),
            ..nic()
        };
        let all = survey.of(&device, &book());
        all.iter().map(Rdma::text).collect()
    }

    #[test]
    fn that_of_its_own_ports_is_its_own() {
        assert_eq!(said(false, 4711, rdma(&[4], None)), ["mlx5_0"]);
        assert_eq!(said(true, 4711, rdma(&[9, 4], None)), ["mlx5_0"]);
        assert!(said(true, 4711, rdma(&[9], Some("0000:03:00.0"))).is_empty());
        // The same index elsewhere is another device.
        assert!(said(true, 7, rdma(&[4], None)).is_empty());
    }

    #[test]
    fn that_of_its_card_in_another_namespace_is_told_with_that() {
        let card = Some("0000:03:00.0");
        assert_eq!(said(true, 7, rdma(&[], card)), ["mlx5_0@init"]);
        assert!(said(true, 7, rdma(&[], Some("0000:04:00.0"))).is_empty());
        assert!(said(true, 7, rdma(&[], None)).is_empty());
        // It has another port there.
        assert!(said(true, 7, rdma(&[2], card)).is_empty());
        // Shared ones can be seen from everywhere.
        assert!(said(false, 7, rdma(&[], card)).is_empty());
    }
}
