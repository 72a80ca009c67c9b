// SPDX-License-Identifier: MIT OR Apache-2.0

//! How many counted references the holders that were found take.

/// How many references something takes: not fewer than one number, not more than another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Range {
    /// At least so many.
    pub min: u32,
    /// At most so many.
    pub max: u32,
}

impl Range {
    /// Exactly so many.
    pub(crate) fn exactly(count: usize) -> Self {
        Range::between(count, count)
    }

    /// Between these.
    pub(crate) fn between(min: usize, max: usize) -> Self {
        let cut = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Range {
            min: cut(min.min(max)),
            max: cut(max),
        }
    }

    pub(crate) fn plus(self, other: Range) -> Self {
        Range {
            min: self.min.saturating_add(other.min),
            max: self.max.saturating_add(other.max),
        }
    }
}

/// The references that each kind of holder takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct References {
    /// Tasks: one for each set of namespaces (`struct nsproxy`), which tasks may share.
    pub tasks: Range,
    /// Open namespace files, inotify watches on them and bind mounts: one for all of them.
    pub files: Range,
    /// Sockets: one each, and one for each socket inside of one of MPTCP or SMC.
    pub sockets: Range,
    /// Open files of /dev/net/tun and of tap devices: one for each time that one was opened.
    pub tuns: Range,
    /// Open files of /proc/net: one for each time that one was opened.
    pub proc_files: Range,
    /// TCP connections and ends of local ones that no process has: one each.
    pub orphans: Range,
}

impl References {
    /// All of them.
    pub fn total(&self) -> Range {
        [
            self.files,
            self.sockets,
            self.tuns,
            self.proc_files,
            self.orphans,
        ]
        .into_iter()
        .fold(self.tasks, Range::plus)
    }

    /// Compares with what the kernel counted.
    pub fn explain(&self, counted: u32) -> Explained {
        Explained::new(self.total(), counted)
    }
}

/// What the kernel counted, compared with what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explained {
    /// The kernel's count.
    pub counted: u32,
    /// So many of them are certainly those of the holders found.
    pub certain: u32,
    /// So many may be those of the holders found.
    pub possible: u32,
    /// So many are of others.
    pub unexplained: u32,
    /// So many were found that the kernel had not counted: some came or went meanwhile.
    pub excess: u32,
}

impl Explained {
    /// Compares what was found with what the kernel counted.
    pub fn new(found: Range, counted: u32) -> Self {
        Explained {
            counted,
            certain: found.min.min(counted),
            possible: found.max.min(counted),
            unexplained: counted.saturating_sub(found.max),
            excess: found.min.saturating_sub(counted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn references(min: usize, max: usize) -> References {
        References {
            tasks: Range::between(min, max),
            files: Range::exactly(1),
            ..References::default()
        }
    }

    fn explained(min: usize, max: usize, counted: u32) -> (u32, u32, u32, u32) {
        let it = references(min, max).explain(counted);
        (it.certain, it.possible, it.unexplained, it.excess)
    }

    #[test]
    fn what_is_found_is_compared_with_the_count() {
        assert_eq!(explained(1, 1, 2), (2, 2, 0, 0));
        // Three tasks may share one reference, or have one each.
        assert_eq!(explained(1, 3, 2), (2, 2, 0, 0));
        assert_eq!(explained(1, 3, 4), (2, 4, 0, 0));
        assert_eq!(explained(1, 3, 6), (2, 4, 2, 0));
        assert_eq!(explained(2, 3, 1), (1, 1, 0, 2));
        assert_eq!(explained(0, 0, 0), (0, 0, 0, 1));
    }

    #[test]
    fn a_range_is_never_upside_down() {
        assert_eq!(Range::between(3, 2), Range { min: 2, max: 2 });
    }
}
