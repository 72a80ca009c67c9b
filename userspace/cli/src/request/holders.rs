// SPDX-License-Identifier: GPL-2.0-only

//! What the words of `holders` and `sockets` mean.

use crate::args::{Holders, Sockets};
use crate::error::Result;
use crate::request::selector;
use crate::selector::Selector;

/// Whose sockets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SocketsOf {
    /// Everybody's.
    All,
    /// Those that belong to a namespace.
    Namespace(Selector),
    /// Those that a process has.
    Process(u32),
}

impl Holders {
    /// Which namespace.
    pub(super) fn selector(&self) -> Result<Selector> {
        selector(&self.namespace)
    }
}

impl SocketsOf {
    /// Reads whose sockets are wanted.
    pub(super) fn new(words: &Sockets) -> Result<Self> {
        Ok(match words.of.as_deref().map(selector).transpose()? {
            None => SocketsOf::All,
            Some(Selector::Pid(pid)) => SocketsOf::Process(pid),
            Some(selector) => SocketsOf::Namespace(selector),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Status;

    fn of(word: Option<&str>) -> Result<SocketsOf> {
        SocketsOf::new(&Sockets {
            of: word.map(Into::into),
        })
    }

    #[test]
    fn a_pid_means_the_process_and_all_else_a_namespace() {
        assert_eq!(of(None), Ok(SocketsOf::All));
        assert_eq!(of(Some("pid:812")), Ok(SocketsOf::Process(812)));
        assert_eq!(of(Some("init")), Ok(SocketsOf::Namespace(Selector::Init)));
        assert_eq!(of(Some("pid:x")).unwrap_err().status, Status::Usage);
    }
}
