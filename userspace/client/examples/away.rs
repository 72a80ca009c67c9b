// SPDX-License-Identifier: MIT OR Apache-2.0

//! Lists the devices that are away from home, and what would happen to each.

use homeward_client::model::Action;
use homeward_client::{Client, Result};

fn main() -> Result<()> {
    let mut client = Client::connect()?;
    for device in client.devices(None)? {
        let Some(home) = device.homes.last() else {
            continue;
        };
        let fate = match &device.fate {
            Some(fate) if fate.action == Action::Return => "would come home",
            Some(_) => "would not come home",
            None => "is stuck",
        };
        let was = home.name.as_deref().unwrap_or("?");
        println!(
            "{} in {}: {was} of {}, {fate}",
            device.name, device.namespace, home.namespace
        );
    }
    Ok(())
}
