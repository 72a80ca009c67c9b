// SPDX-License-Identifier: MIT OR Apache-2.0

/// What may hold a network namespace and is not found, in words: what user space has and /proc does not show,
/// and then the kernel itself. Not in it are requests that are under way, and references that a bug leaked.
///
/// As of Linux 7.3, who calls `get_net()`, `get_net_track()` or `sk_net_refcnt_upgrade()`, or keeps a socket of
/// somebody, and does not let go of it soon.
pub const UNSEEN: [&str; 11] = [
    "descriptors in io_uring or on their way through a socket",
    "mounts in a mount namespace without process",
    // vhost_vsock_dev_open(), alloc_fs_context(), l2tp_dfs_seq_open(); __rdma_create_id().
    "files of /dev/vhost-vsock, fsopen(2) or l2tp in debugfs",
    "RDMA connection ids",
    "closed datagram sockets that others are connected to",
    // sockfd_lookup() in iscsi_tcp, nbd, vhci_hcd, gtp.
    "sockets that are mapped or that iSCSI, NBD, USB/IP or GTP took over",
    // mptcp_sk_clone_init() before accept(2); smc_switch_to_fallback() makes another socket of the descriptor's.
    "MPTCP connections without process or SMC connections that are TCP by now",
    // tag_mounts() has a mark on each mount below the directory.
    "audit rules about a directory with its name in it ('auditctl -l')",
    // nfs_alloc_client(), cifs_get_tcp_session(), afs_alloc_sbi(), ceph_messenger_init(),
    // rpc_fs_get_tree(), nfsd_fs_get_tree(). A mount does not tell which namespace it was made in.
    "mounts of network file systems, rpc_pipefs or nfsd ('findmnt -t nfs,nfs4,cifs,smb3,afs,ceph,rpc_pipefs,nfsd')",
    // svc_xprt_init(), xprt_init(), nfs4_state_create_net(), create_socket() of ksmbd,
    // nvme_tcp_alloc_queue(), ceph_messenger_init(), rds_tcp_tune(), ppp_register_net_channel().
    "servers of NFS or SMB, NVMe/TCP, RBD, RDS or PPP in the kernel",
    // instance_create() in nfnetlink_log, bpf_nf_link_attach(), auditd_set(), efx_bind_neigh().
    "netfilter logs, BPF links, the audit daemon or tunnels offloaded to an sfc NIC",
];
