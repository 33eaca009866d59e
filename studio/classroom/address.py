"""Under which address others on the network reach this machine."""

from __future__ import annotations

import ipaddress
import socket

EVERY = ("0.0.0.0", "::")  # listening on all addresses of the machine
ELSEWHERE = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}  # of documentation: nobody answers there


def is_address(host: str) -> bool:
    """Whether a host is written as an address, and not as a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether a host is this machine and no other can reach it."""
    return host == "localhost" or (is_address(host) and ipaddress.ip_address(host).is_loopback)


def on_network(host: str) -> str | None:
    """The host that others on the network can open where the studio listens on `host`; None if they cannot."""
    if is_loopback(host):
        return None
    if host not in EVERY:
        return host
    families = (socket.AF_INET, socket.AF_INET6) if host == "::" else (socket.AF_INET,)
    return next(filter(None, map(_outward, families)), None)


def _outward(family: socket.AddressFamily) -> str | None:
    """Our own address on the way out, of which the system knows; nothing is sent."""
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((ELSEWHERE[family], 9))
            own = probe.getsockname()[0]
        except OSError:
            return None
    return None if is_loopback(own) else own


def url(host: str, port: int) -> str:
    """The address of a page as a browser takes it.

    >>> url("::1", 80), url("10.0.0.7", 8765)
    ('http://[::1]:80/', 'http://10.0.0.7:8765/')
    """
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
