// SPDX-License-Identifier: GPL-2.0-only

//! What a shell calls this program, for commands that are to be typed or run as they are told.

use std::env;
use std::sync::OnceLock;

use crate::printable::quoted;

const NAME: &str = "homeward";

static PATH: OnceLock<String> = OnceLock::new();

/// Finds out its path, where no shell finds it by its name: somebody runs it where it was built.
pub(crate) fn learn() {
    let places = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&places).any(|place| place.join(NAME).is_file());
    let own = env::current_exe().ok().filter(|own| !found && own.exists());
    if let Some(own) = own {
        // Nobody else sets it.
        let _ = PATH.set(quoted(&own));
    }
}

/// Its name, or else its path.
pub(crate) fn program() -> &'static str {
    PATH.get().map_or(NAME, String::as_str)
}
