// SPDX-License-Identifier: GPL-2.0-only

//! A NIC arrives at home as itself: those who listen there never see it otherwise, and nothing that they
//! do on its arrival takes anything from it.

mod faults;
mod indexes;
mod listeners;
mod moved;
mod names;
mod together;
mod told;
mod window;

/// Words for `ip link set` in a namespace: all that such words can change, and that stands in one
/// request.
fn disguised(number: usize) -> String {
    let (high, low) = (number / 256, number % 256);
    format!(
        "name ct{number} mtu 1400 address 02:00:00:99:{high:02x}:{low:02x} txqueuelen 77 promisc on \
         allmulticast on arp off multicast on alias theirs group 5 gso_max_size 30000 \
         gso_max_segs 99 gro_max_size 20000"
    )
}
