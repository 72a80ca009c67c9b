// SPDX-License-Identifier: GPL-2.0-only

//! `homeward-screen SECONDS ARGUMENTS`: what `homeward ARGUMENTS` has on a terminal after that time, as SVG.

use std::thread::sleep;
use std::time::Duration;

use homeward_guest_tests::Pty;

fn main() {
    let mut words = std::env::args().skip(1);
    let seconds = words.next().and_then(|word| word.parse().ok());
    let seconds = seconds.expect("usage: homeward-screen SECONDS ARGUMENTS");
    let pty = Pty::run(&words.collect::<Vec<_>>().join(" "));
    sleep(Duration::from_secs(seconds));
    print!("{}", pty.picture());
}
