"""Pages from the web, fetched politely and within bounds, and never from a network that is not public.

One request at a time with a pause for each host, robots.txt obeyed (RFC 9309), the version in the user agent.
"""

import importlib.metadata
import re
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urldefrag, urljoin, urlsplit

import httpcore2
from protego import Protego

from rag.errors import LoadError
from rag.public_addresses import PrivateAddress, VettedBackend

NAME = "footnoted"
MOST_BYTES = 50_000_000
MOST_SECONDS = 60.0
MOST_REDIRECTS = 5
# A site that asks for more patience than this is waited for this long.
LONGEST_PAUSE = 30.0
SOCKET_SECONDS = 20.0

REDIRECTS = {301, 302, 303, 307, 308}
GONE = {404, 410}
COMPRESSED = {"gzip", "x-gzip", "deflate"}
CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


class PageGone(LoadError):  # noqa: N818 - reads as what happened
    """The site says that there is no such page."""


@dataclass(frozen=True, slots=True)
class Validators:
    """What a site calls the state of a page, so that it can say that nothing has changed."""

    etag: str | None = None
    last_modified: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The conditions of a request."""
        said = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in said.items() if value}


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it came: ``url`` is where it was found in the end, ``kind`` its media type, in lower case."""

    url: str
    data: bytes
    kind: str
    charset: str | None
    validators: Validators


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    headers: Mapping[str, str]
    data: bytes


@dataclass(slots=True)
class _Host:
    robots: Protego
    pause: float
    last: float = field(default=0.0)


class Fetcher:
    """Fetches pages.

    Args:
        allow_private: also from addresses that are not public.
        pause: seconds between two requests to a host; more if its robots.txt asks for more.
        most_bytes: a larger page is refused.
        most_seconds: one that takes longer is given up.
    """

    def __init__(
        self,
        *,
        allow_private: bool = False,
        pause: float = 1.0,
        most_bytes: int = MOST_BYTES,
        most_seconds: float = MOST_SECONDS,
    ) -> None:
        self.pause = pause
        self.most_bytes = most_bytes
        self.most_seconds = most_seconds
        self.agent = f"{NAME}/{importlib.metadata.version(NAME)}"
        self._hosts: dict[str, _Host] = {}
        self._pool = httpcore2.ConnectionPool(network_backend=VettedBackend(allow_private=allow_private))

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    def fetch(self, url: str, validators: Validators | None = None) -> Page | None:
        """Fetch a page; None where the site says that it is as the validators say.

        Raises:
            PageGone: there is no such page any more.
            LoadError: it cannot be had, or may not be; one line that names the URL.
        """
        with _told_of(url, url):
            return self._follow(url, validators, time.monotonic() + self.most_seconds)

    def _follow(self, url: str, validators: Validators | None, deadline: float) -> Page | None:
        place = urldefrag(url).url
        for _ in range(MOST_REDIRECTS + 1):
            host = self._host(place, url, deadline)
            if not host.robots.can_fetch(place, NAME):
                raise LoadError(f"{url}: the site's robots.txt asks programs not to fetch it; leave it out.")
            self._wait(host)
            reply = self._get(place, url, deadline, (validators or Validators()).headers)
            host.last = time.monotonic()
            if reply.status in REDIRECTS and "location" in reply.headers:
                place = urldefrag(urljoin(place, reply.headers["location"])).url
                continue
            if reply.status == 304 and validators:
                return None
            if reply.status in GONE:
                raise PageGone(f"{url}: the site has no such page ({reply.status}).")
            if reply.status != 200:
                raise LoadError(f"{url}: the site answers with status {reply.status}; try again later.")
            kind, _, rest = reply.headers.get("content-type", "").partition(";")
            charset = CHARSET.search(rest)
            state = Validators(reply.headers.get("etag"), reply.headers.get("last-modified"))
            return Page(place, reply.data, kind.strip().lower(), charset[1] if charset else None, state)
        raise LoadError(f"{url}: is redirected more than {MOST_REDIRECTS} times; leave it out.")

    def _host(self, place: str, url: str, deadline: float) -> _Host:
        """Return what is known of a page's host; asks for its robots.txt the first time."""
        parts = urlsplit(place)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise LoadError(f"{url}: leads to '{place[:100]}', which is no page of the web.")
        base = f"{parts.scheme}://{parts.netloc}"
        if base not in self._hosts:
            robots = Protego.parse(self._robots(f"{base}/robots.txt", url, deadline))
            asked = min(robots.crawl_delay(NAME) or 0.0, LONGEST_PAUSE)
            self._hosts[base] = _Host(robots, max(asked, self.pause))
        return self._hosts[base]

    def _robots(self, place: str, url: str, deadline: float) -> str:
        for _ in range(MOST_REDIRECTS + 1):
            reply = self._get(place, url, deadline, {})
            if reply.status not in REDIRECTS or "location" not in reply.headers:
                break
            place = urljoin(place, reply.headers["location"])
        if reply.status >= 500:
            raise LoadError(f"{url}: the site's robots.txt cannot be had ({reply.status}); try again later.")
        return reply.data.decode("utf-8", errors="replace") if reply.status == 200 else ""

    @staticmethod
    def _wait(host: _Host) -> None:
        time.sleep(max(0.0, host.last + host.pause - time.monotonic()))

    def _get(self, place: str, url: str, deadline: float, conditions: Mapping[str, str]) -> _Reply:
        headers = [("User-Agent", self.agent), ("Accept-Encoding", "gzip"), ("Accept", "*/*"), *conditions.items()]
        timeout = dict.fromkeys(("connect", "read", "write", "pool"), SOCKET_SECONDS)
        with (
            _told_of(url, place),
            self._pool.stream("GET", place, headers=headers, extensions={"timeout": timeout}) as response,
        ):
            said = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            data = self._read(response.iter_stream(), said.get("content-encoding", ""), url, deadline)
            return _Reply(response.status, said, data)

    def _read(self, pieces: Iterable[bytes], encoding: str, url: str, deadline: float) -> bytes:
        encoding = encoding.strip().lower()
        unpack = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32) if encoding in COMPRESSED else None
        data = bytearray()
        for piece in pieces:
            data += unpack.decompress(piece, self.most_bytes + 1) if unpack else piece
            if len(data) > self.most_bytes:
                raise LoadError(f"{url}: is larger than {self.most_bytes / 1e6:.0f} MB; leave it out.")
            if time.monotonic() > deadline:
                raise LoadError(f"{url}: takes longer than {self.most_seconds:.0f} seconds to come; leave it out.")
        return bytes(data)


@contextmanager
def _told_of(url: str, place: str) -> Iterator[None]:
    """Say in one line what went wrong between here and the site."""
    where = "" if place == url else f" (at {place[:200]})"
    try:
        yield
    except PrivateAddress as error:
        raise LoadError(
            f"{url}: leads to '{error}', which is not on the public internet; if that is meant, use --allow-private."
        ) from error
    except (httpcore2.TimeoutException, TimeoutError) as error:
        raise LoadError(f"{url}: the site does not answer{where}; try again later.") from error
    except (httpcore2.NetworkError, httpcore2.ProtocolError, zlib.error, OSError) as error:
        what = " ".join(str(error).split()) or type(error).__name__
        raise LoadError(f"{url}: cannot be fetched{where}: {what}.") from error
    except (ValueError, TypeError, UnicodeError, httpcore2.UnsupportedProtocol) as error:
        raise LoadError(f"{url}: is no address that can be fetched{where}.") from error
