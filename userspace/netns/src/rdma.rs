// SPDX-License-Identifier: MIT OR Apache-2.0

//! RDMA devices, by RDMA netlink and, where that does not tell, by sysfs.

use std::fs;
use std::path::Path;

use homeward_netlink::{attribute, attrs, Attr, NlmF, Protocol, Socket, Transport};

use crate::rtnetlink::{talk, LinkError};

/// There is none where this is missing, and asking would load a module.
const CLASS: &str = "/sys/class/infiniband";
/// Character devices of RDMA devices, which sysfs shows in every network namespace.
const VERBS: &str = "/sys/class/infiniband_verbs";

/// RDMA_NL_NLDEV, where a type has the client.
const NLDEV: u16 = 5 << 10;
const GET: u16 = NLDEV | 1;
const PORT_GET: u16 = NLDEV | 5;
const SYS_GET: u16 = NLDEV | 6;
const GET_CHARDEV: u16 = NLDEV | 15;

const DEV_INDEX: u16 = 1;
const DEV_NAME: u16 = 2;
const NDEV_INDEX: u16 = 50;
const NETNS_MODE: u16 = 66;
const CHARDEV_TYPE: u16 = 69;
const CHARDEV_NAME: u16 = 70;

type Result<T> = std::result::Result<T, LinkError>;

/// An RDMA device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RdmaDevice {
    /// Its index, unique on the machine.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// Indices of the network devices of its ports that are in the network namespace that was asked.
    pub links: Vec<u32>,
    /// The device that it belongs to, for example `0000:00:03.0`.
    pub parent: Option<String>,
}

/// What RDMA devices can be reached from a network namespace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RdmaDevices {
    /// The devices.
    pub list: Vec<RdmaDevice>,
    /// Whether each is in one network namespace only: in shared mode all can be reached from everywhere.
    pub exclusive: bool,
}

impl RdmaDevices {
    /// Those that can be reached from the network namespace of this thread. Needs no permission.
    pub fn here() -> Result<Self> {
        if !Path::new(CLASS).exists() {
            return Ok(RdmaDevices::default());
        }
        let socket = Socket::open(Protocol::NetlinkRDMA).map_err(LinkError::System)?;
        let mut devices = RdmaDevices::ask(socket, &mut parent)?;
        devices.list.sort_by_key(|device| device.index);
        Ok(devices)
    }

    /// Asks for them; `parent` finds that of a character device.
    fn ask(
        mut socket: impl Transport,
        parent: &mut impl FnMut(&str) -> Option<String>,
    ) -> Result<Self> {
        let mut devices = RdmaDevices::default();
        talk(&mut socket, SYS_GET, NlmF::ACK, &[], |_, body| {
            // 1 byte: whether they are shared.
            devices.exclusive = find(body, NETNS_MODE)?.payload == [0];
            Some(())
        })?;
        talk(&mut socket, GET, NlmF::DUMP, &[], |_, body| {
            devices.list.push(RdmaDevice {
                index: find(body, DEV_INDEX)?.u32().ok()?,
                name: find(body, DEV_NAME)?.string(),
                ..RdmaDevice::default()
            });
            Some(())
        })?;
        for device in &mut devices.list {
            device.ask(&mut socket, parent)?;
        }
        Ok(devices)
    }
}

impl RdmaDevice {
    fn ask(
        &mut self,
        socket: &mut impl Transport,
        parent: &mut impl FnMut(&str) -> Option<String>,
    ) -> Result<()> {
        let unsendable = LinkError::Unsendable;
        let index = attribute(DEV_INDEX, &self.index.to_ne_bytes()).ok_or(unsendable.clone())?;
        let kind = attribute(CHARDEV_TYPE, b"uverbs\0").ok_or(unsendable)?;
        let links = talk(socket, PORT_GET, NlmF::DUMP, &index, |_, body| {
            let link = find(body, NDEV_INDEX).and_then(|attr| attr.u32().ok());
            self.links.extend(link);
            Some(())
        });
        let kind = [index, kind].concat();
        let node = talk(socket, GET_CHARDEV, NlmF::ACK, &kind, |_, body| {
            self.parent = parent(&find(body, CHARDEV_NAME)?.string());
            Some(())
        });
        // It may go meanwhile, and it has no character device without ib_uverbs.
        let refused = |error| match error {
            LinkError::Refused(_) => Ok(true),
            other => Err(other),
        };
        links.or_else(refused)?;
        node.or_else(refused).map(drop)
    }
}

fn find(body: &[u8], kind: u16) -> Option<Attr<'_>> {
    attrs(body).flatten().find(|attr| attr.kind == kind)
}

/// The name of the device that a character device belongs to.
fn parent(node: &str) -> Option<String> {
    let device = fs::read_link(Path::new(VERBS).join(node).join("device")).ok()?;
    Some(device.file_name()?.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeward_netlink::script::{ack, attr, done, message, Script};
    use nix::errno::Errno;

    const MULTI: u16 = 2;

    fn number(kind: u16, value: u32) -> Vec<u8> {
        attr(kind, &value.to_ne_bytes())
    }

    fn device(seq: u32, index: u32, name: &[u8]) -> Vec<u8> {
        let body = [number(DEV_INDEX, index), attr(DEV_NAME, name)].concat();
        message(GET, MULTI, seq, &body)
    }

    /// Two devices in exclusive mode; the second has a port without network device, and no character device.
    fn answers() -> Vec<Vec<u8>> {
        let mode = message(SYS_GET, 0, 1, &attr(NETNS_MODE, &[0]));
        let list = [device(2, 4, b"mlx5_0\0"), device(2, 7, b"rxe0\0")].concat();
        let port = |seq, links: &[u8]| message(PORT_GET, MULTI, seq, links);
        vec![
            [mode, ack(1, 0)].concat(),
            [list, done(MULTI, 2, 0)].concat(),
            [port(3, &number(NDEV_INDEX, 9)), done(MULTI, 3, 0)].concat(),
            message(GET_CHARDEV, 0, 4, &attr(CHARDEV_NAME, b"uverbs0\0")),
            ack(4, 0),
            [port(5, &[]), done(MULTI, 5, 0)].concat(),
            ack(6, Errno::EOPNOTSUPP as i32),
        ]
    }

    fn asked(answers: Vec<Vec<u8>>) -> Result<RdmaDevices> {
        let mut parent = |node: &str| (node == "uverbs0").then(|| "0000:03:00.0".to_owned());
        RdmaDevices::ask(Script::new(answers), &mut parent)
    }

    #[test]
    fn each_has_its_name_its_network_devices_and_its_parent() {
        let mlx5 = RdmaDevice {
            index: 4,
            name: "mlx5_0".to_owned(),
            links: vec![9],
            parent: Some("0000:03:00.0".to_owned()),
        };
        let rxe = RdmaDevice {
            index: 7,
            name: "rxe0".to_owned(),
            ..RdmaDevice::default()
        };
        let expected = RdmaDevices {
            list: vec![mlx5, rxe],
            exclusive: true,
        };
        assert_eq!(asked(answers()), Ok(expected));
    }

    #[test]
    fn one_that_goes_meanwhile_does_not_hide_the_others() {
        let mut all = answers();
        all[2] = ack(3, Errno::EINVAL as i32);
        all[3] = ack(4, Errno::EINVAL as i32);
        all.remove(4);
        let devices = asked(all).unwrap().list;
        assert_eq!(devices.len(), 2);
        assert_eq!((devices[0].links.len(), &devices[0].parent), (0, &None));
    }

    #[test]
    fn where_there_are_none_the_list_is_empty() {
        let devices = RdmaDevices::here().unwrap();
        assert!(Path::new(CLASS).exists() || devices == RdmaDevices::default());
    }
}
