// SPDX-License-Identifier: GPL-2.0-only

//! How long others have to wait for RTNL meanwhile.

use crate::error::{
    Error,
    Result, //
};
use homeward_netlink::{
    Protocol,
    Socket,
    Transport, //
};
use neli::consts::nl::NlmF;
use neli::consts::rtnl::Rtm;
use std::sync::atomic::{
    AtomicBool,
    Ordering, //
};
use std::thread;
use std::time::{
    Duration,
    Instant, //
};

/// Between two requests: short against a grace period, and leaves the processor to others.
const STEP: Duration = Duration::from_millis(1);
/// `struct ifinfomsg`, and where the index is in it.
const IFINFOMSG: usize = 16;
const INDEX: usize = 4;
/// LOOPBACK_IFINDEX
const LOOPBACK: i32 = 1;

/// Does some work; gives with its result the most seconds that a request of somebody else took
/// meanwhile which wants RTNL and nothing more.
pub(crate) fn longest_wait<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, f64)> {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| ask_until(&over));
        let done = work();
        over.store(true, Ordering::SeqCst);
        let longest = waiting.join();
        let longest = longest.unwrap_or_else(|_| Err(Error::other("a thread panicked")));
        Ok((done?, longest?))
    })
}

fn ask_until(over: &AtomicBool) -> Result<f64> {
    let failed = |error: &dyn std::fmt::Display| Error::other(format!("RTM_SETLINK: {error}"));
    let socket = Socket::open(Protocol::NetlinkRoute);
    let mut socket = socket.map_err(Error::sys("open an rtnetlink socket"))?;
    let request = change_nothing();
    let mut longest = Duration::ZERO;
    while !over.load(Ordering::SeqCst) {
        let begun = Instant::now();
        let outcome = socket.exchange(Rtm::Setlink.into(), NlmF::ACK, &request, |_, _| Ok(()));
        longest = longest.max(begun.elapsed());
        if let Some(errno) = outcome.map_err(|error| failed(&error))?.ack.errno {
            return Err(failed(&errno));
        }
        thread::sleep(STEP);
    }
    Ok(longest.as_secs_f64())
}

/// The body of an RTM_SETLINK that leaves the loopback device as it is.
fn change_nothing() -> [u8; IFINFOMSG] {
    let mut body = [0; IFINFOMSG];
    body[INDEX..INDEX + size_of::<i32>()].copy_from_slice(&LOOPBACK.to_ne_bytes());
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_failure_of_the_work_is_told() {
        assert!(longest_wait(|| Err::<(), _>(Error::other("no"))).is_err());
    }
}
