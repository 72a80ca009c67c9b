// SPDX-License-Identifier: MIT OR Apache-2.0

//! The id that a network namespace has in another one.

attributes! {
    nsid;
    /// The id of a network namespace in the initial one, which may have one for itself, too.
    ///
    /// With it, messages of rtnetlink name the other end of a link (IFLA_LINK_NETNSID).
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Nsid {
        /// The id, at most 2147483647.
        id: u32 = ID or "id without its namespace",
        /// The namespace that has it, by its cookie.
        namespace: u64 = NS_COOKIE or "id without its namespace",
        /// The inode number of that namespace in nsfs.
        inum: u32 = INUM or "id without its namespace",
    }
}
