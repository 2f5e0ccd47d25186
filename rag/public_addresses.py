"""Connections to the public internet alone.

Each goes to the very address that was looked at, so that neither a redirect nor a name that means another host a moment
later leads inside.
"""

import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpcore2

NAT64 = IPv6Network("64:ff9b::/96")


class PrivateAddress(Exception):  # noqa: N818 - reads as what happened
    """A name leads to an address that is not public."""


class VettedBackend(httpcore2.NetworkBackend):
    """Looks a name up once, refuses it unless all its addresses are public, and connects to one of these.

    Args:
        allow_private: refuse none.

    Raises:
        PrivateAddress: a name has an address that is not public.
    """

    def __init__(self, *, allow_private: bool) -> None:
        self.allow_private = allow_private
        self._plain = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first address of a host that answers."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError("no such host") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not self.allow_private and not all(map(is_public, addresses)):
            raise PrivateAddress(host)
        for address in addresses[:-1]:
            try:
                return self._plain.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore2.ConnectError:
                continue
        return self._plain.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the public internet, whatever it is wrapped in."""
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if inner:
            ip = inner
        elif ip in NAT64:
            ip = IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.is_global and not ip.is_multicast
