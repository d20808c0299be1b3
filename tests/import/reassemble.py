"""Reassembles the TCP streams of captures offline. Wirelab's own reassembly, which shares no code, is compared with it.

Reads pcap files (named as arguments), and prints a line of JSON for each direction between two addresses: the
bytes of all its connections, in the order of their positions; how many are missing between them; how many were
captured again with another value; and the bytes outside the streams, in the order of the capture. It sees the whole
capture at once and keeps for each position the first byte that was captured.

Outside the streams are the payloads of resets (RFC 9293, 3.5.3) and of a SYN-ACK that answers no SYN of the capture
while there is a connection between the addresses; identical ones count once. Resets end nothing here, since they may
hide no byte of the capture. A segment of one byte that ends where the next one is expected is a keep-alive probe,
whose byte may have any value (RFC 1122, 4.2.3.6).
"""

import ipaddress
import json
import struct
import sys
from collections import OrderedDict

FIN, SYN, RST, ACK = 1, 2, 4, 16
NEAR_BEHIND, NEAR_AHEAD = 64 << 20, 1 << 30


def frames(path):
    data = open(path, "rb").read()
    order = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">"}[data[:4]]
    link_type = struct.unpack_from(order + "I", data, 20)[0]
    at = 24
    while at + 16 <= len(data):
        captured, original = struct.unpack_from(order + "II", data, at + 8)
        yield link_type, data[at + 16 : at + 16 + captured], original
        at += 16 + captured


def ip_packet(link_type, frame):
    if link_type == 101:
        return frame
    kind, at = struct.unpack_from(">H", frame, 12)[0], 14
    while kind in (0x8100, 0x88A8):
        kind, at = struct.unpack_from(">H", frame, at + 2)[0], at + 4
    return frame[at:] if kind in (0x0800, 0x86DD) else None


def segment(link_type, frame, original):
    """Source, destination, sequence and acknowledgement number, flags, captured payload, and number of cut bytes."""
    packet = ip_packet(link_type, frame)
    if packet is None:
        return None
    cut = original - len(frame)
    if packet[0] >> 4 == 4:
        header = (packet[0] & 15) * 4
        length, protocol = struct.unpack_from(">H", packet, 2)[0], packet[9]
        ends = packet[12:16], packet[16:20]
        claimed = length - header if length >= header else None
    else:
        header, protocol = 40, packet[6]
        length = struct.unpack_from(">H", packet, 4)[0]
        ends = packet[8:24], packet[24:40]
        claimed = length or None
    if protocol != 6:
        return None
    tcp = packet[header:]
    if claimed is None:
        missing = cut
    elif claimed > len(tcp):
        # The original length of the frame bounds the missing bytes.
        missing = min(claimed - len(tcp), cut)
    else:
        tcp, missing = tcp[:claimed], 0
    if len(tcp) < 20:
        return None
    source, destination, sequence, acknowledged = struct.unpack_from(">HHII", tcp, 0)
    offset, flags = (tcp[12] >> 4) * 4, tcp[13]
    address = [str(ipaddress.ip_address(end)) for end in ends]
    ends = (address[0], source), (address[1], destination)
    return *ends, sequence, acknowledged, flags, tcp[offset:], missing


class Stream:
    """A half of a connection. Positions count from the first sequence number in the capture."""

    def __init__(self, sequence, syn=None):
        self.first, self.last, self.syn = sequence, 0, syn
        self.bytes, self.ends, self.fins = {}, set(), set()
        self.differing = 0

    def position(self, sequence):
        away = (sequence - self.first - self.last) & 0xFFFFFFFF
        return self.last + (away - (1 << 32) if away >= 1 << 31 else away)

    def is_near(self, sequence):
        return -NEAR_BEHIND <= self.position(sequence) - self.last <= NEAR_AHEAD

    def add(self, sequence, payload, missing, fin):
        start = self.position(sequence)
        if len(payload) > 1 or start + 1 != self.last:
            known = ((self.bytes.get(start + offset), byte) for offset, byte in enumerate(payload))
            self.differing += sum(1 for first, byte in known if first not in (None, byte))
        for offset, byte in enumerate(payload):
            # The sequence number of the SYN has no byte, but a keep-alive probe can carry one at it.
            if self.syn is None or start + offset != -1:
                self.bytes.setdefault(start + offset, byte)
        end = start + len(payload) + missing
        if payload or missing:
            self.ends.add(end)
            self.last = max(self.last, start + len(payload))
        if fin:
            self.fins.add(end)

    def result(self):
        if not self.bytes and not self.ends:
            return b"", 0
        first = 0 if self.syn is not None else min(self.bytes, default=0)
        end = max(self.ends)
        # Bytes before a FIN are missing, unless the FIN is far beyond all data.
        end = max([end] + [fin for fin in self.fins if fin <= end + 60_000])
        taken = sum(1 for fin in self.fins if first <= fin < end and fin not in self.bytes)
        missing = sum(1 for at in range(first, end) if at not in self.bytes) - taken
        return bytes(self.bytes[at] for at in sorted(self.bytes)), missing


def streams(path):
    flows, outside = OrderedDict(), {}
    segments = [found for found in (segment(*frame) for frame in frames(path)) if found]
    for number, (source, destination, sequence, acknowledged, flags, payload, missing) in enumerate(segments):
        flow = flows.setdefault((source, destination), [])
        apart = outside.setdefault((source, destination), OrderedDict())
        # The SYN may carry data, of which the answer acknowledges any part (RFC 7413).
        is_answer = any(
            other[:2] == (destination, source)
            and other[4] & SYN
            and (acknowledged - other[2] - 1) & 0xFFFFFFFF <= len(other[5])
            for other in segments
        )
        if flags & RST or (flags & SYN and flags & ACK and payload and flow and not is_answer):
            if payload:
                apart[sequence, payload] = True
            continue
        fin = bool(flags & FIN)
        if flags & SYN:
            first = (sequence + 1) & 0xFFFFFFFF
            known = [stream for stream in flow if stream.syn == sequence]
            # A SYN opens a connection only if data follows it; a forged one has none.
            follows = any(
                other[:3] == (source, destination, first) and other[5] and not other[4] & RST
                for other in segments[number + 1 :]
            )
            if flow and not known and flow[-1].syn is None and flow[-1].is_near(first):
                # The SYN was captured after the first data.
                stream = flow[-1]
                offset = stream.position(first)
                if offset <= min(stream.bytes, default=0):
                    stream.first, stream.syn = first, sequence
                    stream.bytes = {at - offset: byte for at, byte in stream.bytes.items()}
                    stream.ends = {at - offset for at in stream.ends}
                    stream.fins = {at - offset for at in stream.fins}
                    stream.last -= offset
            elif not known and (not flow or follows or payload):
                flow.append(Stream(first, sequence))
            sequence = first
        if not (payload or missing or fin):
            continue
        if payload or missing:
            if not flow or not flow[-1].is_near(sequence):
                flow.append(Stream(sequence))
        if flow:
            flow[-1].add(sequence, payload, missing, fin)
    for (source, destination), flow in flows.items():
        results = [stream.result() for stream in flow]
        yield {
            "source": "%s %d" % source,
            "destination": "%s %d" % destination,
            "bytes": b"".join(found for found, _ in results).hex(),
            "missing": sum(missing for _, missing in results),
            "differing": sum(stream.differing for stream in flow),
            "outside": b"".join(payload for _, payload in outside[source, destination]).hex(),
        }


for path in sys.argv[1:]:
    for found in streams(path):
        print(json.dumps({"file": path, **found}))
