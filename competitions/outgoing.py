"""Requests to addresses that people typed in: the place where a server is made to attack its own network.

An address is https, and every address its name stands for is a public one. The connection goes to the very address that
was checked, not to the name, which may stand for another one a moment later (DNS rebinding); the certificate is checked
against the name. Redirects are not followed, and little of the answer is read, within a time that covers everything:
a receiver that sends a byte a second holds nobody up.

Source: OWASP, Server-Side Request Forgery Prevention Cheat Sheet.
"""

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable, Mapping
from threading import Timer
from typing import Any
from urllib.parse import SplitResult, urlsplit

CONNECT_SECONDS = 4.0
TOTAL_SECONDS = 10.0
READ_BYTES = 4096
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[..., list[tuple[Any, ...]]]
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Forbidden(Exception):
    """The address may not be asked; the message says why and goes on a sentence."""


class NoAnswer(Exception):
    """Nobody answered in time, or not in HTTP."""


def check_address(url: str, *, allow_loopback: bool = False) -> SplitResult:
    """The parts of an address that may be asked as far as its text tells. Forbidden otherwise."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Forbidden("it cannot be read") from None
    if any(not 32 < ord(character) < 127 for character in url):
        raise Forbidden("it has blanks or characters outside ASCII; write the host in punycode")
    if parts.scheme != "https" and not (allow_loopback and parts.scheme == "http"):
        raise Forbidden("it does not begin with https://")
    if not parts.hostname or parts.username is not None or parts.password is not None:
        raise Forbidden("it names no host, or a user and password")
    if port is not None and port != 443 and port < 1024:
        raise Forbidden(f"port {port} is for other services; use 443 or one from 1024 on")
    literal = _literal(parts.hostname)
    if literal is not None:
        require_public(literal, allow_loopback=allow_loopback)
    return parts


def _literal(host: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def require_public(address: IPAddress, *, allow_loopback: bool = False) -> None:
    """Forbidden for private, link-local, loopback, multicast, reserved addresses, and for IPv6 that wraps one."""
    if allow_loopback and address.is_loopback:
        return
    for one in (address, *_wrapped(address)):
        if not one.is_global or one.is_multicast or one.is_reserved or one.is_unspecified:
            raise Forbidden("its host is not on the public internet")


def _wrapped(address: IPAddress) -> list[IPAddress]:
    """IPv4 inside IPv6: mapped, 6to4, Teredo, NAT64."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    teredo = address.teredo or ()
    nat64 = [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)] if address in NAT64 else []
    return [one for one in (address.ipv4_mapped, address.sixtofour, *teredo, *nat64) if one is not None]


def public_addresses(host: str, port: int, *, allow_loopback: bool, resolve: Resolve) -> list[str]:
    """What the name stands for. One that is not public among them forbids all: it is no accident."""
    try:
        found = resolve(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise NoAnswer("its host name stands for no address") from None
    addresses = [str(entry[4][0]) for entry in found]
    for text in addresses:
        require_public(ipaddress.ip_address(text.partition("%")[0]), allow_loopback=allow_loopback)
    if not addresses:
        raise NoAnswer("its host name stands for no address")
    return addresses


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    allow_loopback: bool = False,
    resolve: Resolve = socket.getaddrinfo,
    total_seconds: float = TOTAL_SECONDS,
) -> int:
    """POST and the status of the answer. Forbidden, NoAnswer."""
    parts = check_address(url, allow_loopback=allow_loopback)
    host, is_secure = str(parts.hostname), parts.scheme == "https"
    port = parts.port or (443 if is_secure else 80)
    addresses = public_addresses(host, port, allow_loopback=allow_loopback, resolve=resolve)
    if not is_secure and not all(ipaddress.ip_address(one).is_loopback for one in addresses):
        raise Forbidden("it does not begin with https://")
    connection = _Pinned(host, port, addresses[0], is_secure=is_secure)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    guard = Timer(total_seconds, connection.break_off)
    guard.daemon = True
    guard.start()
    try:
        return _exchange(connection, path, body, headers)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoAnswer(f"it does not answer: {type(error).__name__}") from error
    finally:
        guard.cancel()
        connection.close()


def _exchange(connection: "_Pinned", path: str, body: bytes, headers: Mapping[str, str]) -> int:
    connection.request("POST", path, body, dict(headers))
    answer = connection.getresponse()
    answer.read(READ_BYTES)
    if connection.is_broken_off:  # what was read up to then looks like an answer
        raise TimeoutError
    return answer.status


class _Pinned(http.client.HTTPConnection):
    """A connection to an address that was checked, with TLS for the name that it stands for."""

    def __init__(self, host: str, port: int, address: str, *, is_secure: bool) -> None:
        super().__init__(host, port, timeout=CONNECT_SECONDS)
        self.address, self.is_secure, self.is_broken_off = address, is_secure, False
        self.default_port = 443 if is_secure else 80

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.port), CONNECT_SECONDS)
        if self.is_secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
            self.sock.do_handshake()

    def break_off(self) -> None:
        """From another thread: whatever waits for the socket fails."""
        self.is_broken_off = True
        if self.sock is not None:
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it is closed already
