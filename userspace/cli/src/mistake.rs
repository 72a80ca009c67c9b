// SPDX-License-Identifier: GPL-2.0-only

//! What is left to do when this program itself is wrong: say so in one line, without a backtrace, as that
//! is of use to nobody who wants a machine to work again.

use std::panic::{set_hook, PanicHookInfo};
use std::process::exit;

use crate::exit::Status;
use crate::messages::Messages;

/// Has every panic, in whatever thread, end the program.
pub(crate) fn install_hook() {
    set_hook(Box::new(|info| {
        Messages::new(false, false).bare(&format!("homeward: {}", explain(info)));
        exit(Status::Internal.code().into());
    }));
}

fn explain(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let what = match (
        payload.downcast_ref::<&str>(),
        payload.downcast_ref::<String>(),
    ) {
        (Some(text), _) => text,
        (None, Some(text)) => text.as_str(),
        (None, None) => "unknown",
    };
    let place = match info.location() {
        Some(place) => format!(" at {}:{}", place.file(), place.line()),
        None => String::new(),
    };
    let version = env!("CARGO_PKG_VERSION");
    format!("internal error: {what}{place}, version {version}: please report this line")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    #[ignore = "ends the process: the test below runs it in one of its own"]
    fn panics() {
        install_hook();
        let thread = std::thread::spawn(|| panic!("two\nlines"));
        let _ = thread.join();
    }

    #[test]
    fn a_panic_is_one_line_with_a_status_of_its_own() {
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "mistake::tests::panics",
                "--exact",
                "--ignored",
                "--nocapture",
            ])
            .env("RUST_BACKTRACE", "1")
            .output()
            .unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(70), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(
            error.starts_with("homeward: internal error: two\\nlines at "),
            "{error}"
        );
    }
}
