// SPDX-License-Identifier: GPL-2.0-only

//! The port to the host.

use crate::Error;
use homeward_vm::protocol::{
    Message,
    PORT_NAME, //
};
use std::{
    fs::{
        self,
        File,
        OpenOptions, //
    },
    io::Write,
    path::PathBuf,
    thread,
    time::Duration,
};

/// Ports are announced by the device some time after its driver has started.
const TRIES: u32 = 200;
const BETWEEN_TRIES: Duration = Duration::from_millis(10);

/// The port to the host, on which every line is a [`Message`].
pub(crate) struct Port(File);

impl Port {
    /// Finds the port by its name: there is no udev here to do it.
    pub(crate) fn open() -> Result<Self, Error> {
        for _ in 0..TRIES {
            if let Some(device) = find() {
                return OpenOptions::new()
                    .write(true)
                    .open(&device)
                    .map(Self)
                    .map_err(Error::io(format!("open {}", device.display())));
            }
            thread::sleep(BETWEEN_TRIES);
        }
        Err(Error::NoPort(PORT_NAME))
    }

    /// Tells the host. When that fails nothing can be told: the host takes silence for failure.
    pub(crate) fn say(&mut self, message: &Message) {
        if let Err(error) = self.0.write_all(format!("{message}\n").as_bytes()) {
            eprintln!("homeward-init: cannot tell the host: {error}");
        }
    }
}

fn find() -> Option<PathBuf> {
    let ports = fs::read_dir("/sys/class/virtio-ports").ok()?;
    ports.flatten().find_map(|entry| {
        let name = fs::read_to_string(entry.path().join("name")).ok()?;
        (name.trim_end() == PORT_NAME).then(|| PathBuf::from("/dev").join(entry.file_name()))
    })
}
