//! Why a packet of a capture became no record, and the words for it.

use crate::lang::Words;

/// Why a packet became no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkipReason {
    /// The capture's link type is not supported.
    LinkType,
    /// ARP.
    Arp,
    /// IEEE 802.2 LLC without IP: spanning tree and others.
    Llc,
    /// PPP or PPPoE without IP: discovery, link control, compressed or encrypted packets.
    Ppp,
    /// MPLS without IP: pseudowires and others.
    Mpls,
    /// IEEE 802.1ah (provider backbone bridges) without IP.
    Pbb,
    /// GRE without IP.
    Gre,
    /// Another protocol of the link layer: LLDP, EtherCAT, encrypted MACsec and others.
    NotIp,
    /// IP with neither TCP nor UDP in it: ICMP, IGMP and others.
    OtherProtocol,
    /// A fragment of a packet whose other fragments are not in the capture.
    Fragment,
    /// Cut before its headers end.
    Cut,
    /// Its headers contradict each other.
    Damaged,
}

impl SkipReason {
    /// The reason in words, without a full stop.
    #[must_use]
    pub fn words(self, words: &Words) -> &str {
        match self {
            Self::LinkType => &words.import_skipped_link_type,
            Self::Arp => &words.import_skipped_arp,
            Self::Llc => &words.import_skipped_llc,
            Self::Ppp => &words.import_skipped_ppp,
            Self::Mpls => &words.import_skipped_mpls,
            Self::Pbb => &words.import_skipped_pbb,
            Self::Gre => &words.import_skipped_gre,
            Self::NotIp => &words.import_skipped_not_ip,
            Self::OtherProtocol => &words.import_skipped_other_protocol,
            Self::Fragment => &words.import_skipped_fragment,
            Self::Cut => &words.import_skipped_cut,
            Self::Damaged => &words.import_skipped_damaged,
        }
    }
}
