// SPDX-License-Identifier: MIT OR Apache-2.0

//! Brings home all devices that are in the network namespace of a process: `recall PID`.

use std::process::ExitCode;

use homeward_client::{By, Client, Result};

fn main() -> ExitCode {
    let Some(pid) = std::env::args().nth(1).and_then(|pid| pid.parse().ok()) else {
        eprintln!("usage: recall PID");
        return ExitCode::from(2);
    };
    match recall(pid) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("recall: {error}");
            ExitCode::FAILURE
        }
    }
}

/// False when some stayed where they were.
fn recall(pid: u32) -> Result<bool> {
    let mut client = Client::connect()?;
    let namespace = client.namespace(By::Pid(pid))?;
    let done = client.recall_all(namespace.cookie)?;
    for device in &done.devices {
        let name = device.name.as_deref().unwrap_or("?");
        match &device.outcome {
            Ok(_) => println!("{name} is in {} now", device.namespace),
            Err(errno) => println!("ifindex {} stays: {}", device.ifindex, errno.desc()),
        }
    }
    println!("{} came home, {} did not", done.returned, done.failed);
    Ok(done.failed == 0)
}
