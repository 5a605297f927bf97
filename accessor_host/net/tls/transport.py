"""TLS between a TCP transport and a connection, for both sides.

asyncio's own TLS would do, but it keeps 256 KiB for every connection, tells nobody about clients
that are still in their TLS handshake, and cannot half-close: a last message that is followed by
the end of TCP is lost when the client is sending at that moment. Here a client counts from its
first byte, one deadline covers both handshakes, and the end of the stream comes as on plain TCP.
Loops need not know TLS at all, which takes longer to import than the rest of them.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import ssl
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from ..outgoing import half_close
from ..quoting import printable

if TYPE_CHECKING:
    from .renewal import Renewal

__all__ = ["ClientTransport", "PlainAnswer", "SecureTransport", "ServerTransport"]

logger = logging.getLogger("accessor_host.tls")

PlainAnswer = Callable[[bytes], bytes | None]
"""Takes the first bytes of a client that does not speak TLS; returns what to answer in plain text,
or None to answer nothing."""

_TLS_HANDSHAKE = 0x16
"""First byte of a TLS record of type handshake (RFC 8446 section 5.1)."""

_RECORD = 16 * 1024
"""Most bytes that one TLS record holds (RFC 8446 section 5.1)."""

_AGAIN = (ssl.SSLWantReadError, ssl.SSLWantWriteError)

# What of OpenSSL's names a person who reads the log cannot be expected to know.
_CAUSES = {
    "HTTPS_PROXY_REQUEST": "plain HTTP on a TLS port",
    "HTTP_REQUEST": "plain HTTP on a TLS port",
    "CERTIFICATE_VERIFY_FAILED": "the client's certificate is not accepted",
    "NO_SHARED_CIPHER": "the client offers no encryption that this server accepts",
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "the client shows no certificate, which is required",
    "SSLV3_ALERT_BAD_CERTIFICATE": "the client does not accept our certificate",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "the client says that our certificate has expired",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "the client does not accept our certificate",
    "TLSV1_ALERT_UNKNOWN_CA": "the client does not know the authority of our certificate",
    "UNSUPPORTED_PROTOCOL": "the client offers only TLS versions older than 1.2",
    "VERSION_TOO_LOW": "the client offers only TLS versions older than 1.2",
    "WRONG_VERSION_NUMBER": "the client does not speak TLS",
}


class SecureTransport(asyncio.Transport, asyncio.Protocol):
    """A transport for the connection above, a protocol for the TCP transport below: a server's.

    The connection gets its transport at once, and its first bytes after the TLS handshake: its
    opening deadline and its owner's limits hold from the start.

    Args:
        context: for the server's side.
        connection: speaks through TLS.
        answer_plain: decides what a client gets that does not speak TLS; None answers nothing.
        renewal: has a newer context, perhaps, when the client's handshake begins.
        refused: called with ``no TLS`` or ``failed TLS`` when that is the end of a connection.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        connection: asyncio.Protocol,
        answer_plain: PlainAnswer | None = None,
        renewal: Renewal | None = None,
        refused: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__()
        self._connection = connection
        self._answer_plain = answer_plain
        self._renewal = renewal
        self._refused = refused
        self._tcp: asyncio.Transport
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = self._wrap(context)
        self._begun = False  # the client's first byte has come
        self._ready = False  # the TLS handshake is done
        self._ended = False  # the other side has ended TLS
        self._deaf = False  # nothing that comes in matters any more
        self._mute = False  # our end of the stream is written

    # What TCP says.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start with a new TCP transport (asyncio)."""
        self._tcp = cast("asyncio.Transport", transport)
        self._connection.connection_made(self)

    def data_received(self, data: bytes) -> None:
        """Take bytes from the client (asyncio)."""
        if self._deaf:
            return
        if not self._begun:
            self._begun = True
            if data[0] != _TLS_HANDSHAKE:
                self._refuse_plain(data)
                return
            if self._renewal is not None and (newest := self._renewal.look()) is not None:
                self._incoming.write(data)
                self._tcp.pause_reading()
                newest.add_done_callback(self._begin)
                return
            self._renew()
        self._incoming.write(data)
        if not self._ready:
            self._shake_hands()
        if self._ready:
            self._read()

    def eof_received(self) -> None:
        """Take the end of TCP; the transport closes by itself (asyncio)."""
        if self._ready:
            # An end without TLS's own: the protocol above knows whether that is an end.
            self._connection.eof_received()
        elif not self._deaf:
            self._note("left in the TLS handshake")
            self._deaf = True

    def pause_writing(self) -> None:
        """Pass on that the client does not read (asyncio)."""
        self._connection.pause_writing()

    def resume_writing(self) -> None:
        """Pass on that the client reads again (asyncio)."""
        self._connection.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass on that TCP is gone (asyncio)."""
        if not (self._ready or self._deaf):
            self._note("left in the TLS handshake")
        self._connection.connection_lost(exc)
        # Each refers to the other: let both go now, without the garbage collector.
        del self._connection

    # What the connection wants.

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return who speaks through TLS (asyncio)."""
        return self._connection

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Let somebody else speak through TLS (asyncio)."""
        self._connection = cast("asyncio.Protocol", protocol)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Encrypt and send (asyncio)."""
        if not self._ready or self._mute:
            return
        rest = memoryview(data)
        while rest:
            rest = rest[self._tls.write(rest) :]
        self._send()

    def can_write_eof(self) -> bool:
        """Tell that the stream can be ended in one direction (asyncio)."""
        return True

    def write_eof(self) -> None:
        """End our direction: TLS's end, then TCP's; what still comes in is dropped (asyncio)."""
        self._end_tls()
        self._deaf = True
        half_close(self._tcp)

    def close(self) -> None:
        """End TLS, and TCP once all is sent (asyncio)."""
        self._end_tls()
        self._deaf = True
        self._tcp.close()

    def abort(self) -> None:
        """Cut TCP (asyncio)."""
        if not (self._ready or self._deaf):
            self._note("not done with the TLS handshake; dropped")
        self._deaf = self._mute = True
        self._tcp.abort()

    def is_closing(self) -> bool:
        """Tell whether TCP is closing (asyncio)."""
        return self._tcp.is_closing()

    def is_reading(self) -> bool:
        """Tell whether TCP is read (asyncio)."""
        return self._tcp.is_reading()

    def pause_reading(self) -> None:
        """Stop reading (asyncio)."""
        self._tcp.pause_reading()

    def resume_reading(self) -> None:
        """Read again (asyncio)."""
        self._tcp.resume_reading()
        if self._ended:
            asyncio.get_running_loop().call_soon(self._pass_on_end)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set when TCP says that the client does not read (asyncio)."""
        self._tcp.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        """Return the bytes, encrypted, that wait for TCP (asyncio)."""
        return self._tcp.get_write_buffer_size()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return ``ssl_object``, or what TCP knows (asyncio)."""
        return self._tls if name == "ssl_object" else self._tcp.get_extra_info(name, default)

    # TLS.

    def _begin(self, _newest: asyncio.Future[None]) -> None:
        """Begin the handshake, now that files that had changed are read."""
        if self._deaf or self._tcp.is_closing():
            return
        self._renew()
        self._tcp.resume_reading()
        self._shake_hands()

    def _renew(self) -> None:
        """Take the newest context, as long as nothing has come of the one that there is."""
        renewal, self._renewal = self._renewal, None
        if renewal is not None and renewal.context is not self._tls.context:
            self._tls = self._wrap(renewal.context)

    def _wrap(self, context: ssl.SSLContext) -> ssl.SSLObject:
        return context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def _shake_hands(self) -> None:
        try:
            self._tls.do_handshake()
        except _AGAIN:
            self._send()
        except ssl.SSLError as error:
            self._fail("TLS handshake failed", error)
        else:
            if self._tls.session_reused and self._has_expired():
                logger.debug("%s: the client's certificate has expired since", self._connection)
                self._hang_up()
                return
            self._ready = True
            self._send()

    def _has_expired(self) -> bool:
        """Tell whether the other side's certificate has: OpenSSL does not look at it again."""
        certificate = self._tls.getpeercert()
        if not certificate:
            return False
        return ssl.cert_time_to_seconds(str(certificate["notAfter"])) < time.time()

    def _read(self) -> None:
        """Decrypt all there is, and hand it over in one piece."""
        pieces = []
        try:
            # Asking once more than there is costs an exception.
            while self._incoming.pending or self._tls.pending():
                piece = self._tls.read(_RECORD)
                if not piece:
                    self._ended = True
                    break
                pieces.append(piece)
        except _AGAIN:
            pass
        except ssl.SSLZeroReturnError:
            self._ended = True
        except ssl.SSLError as error:
            # What came before is authentic, but the end of it is not the client's.
            self._fail("TLS failed", error)
            return
        self._send()
        if pieces:
            self._connection.data_received(b"".join(pieces))
        if self._ended:
            self._pass_on_end()

    def _pass_on_end(self) -> None:
        """Tell of the end of TLS; as on plain TCP, not while reading is paused."""
        if self._tcp.is_reading() and not self._tcp.is_closing():
            self._connection.eof_received()
            self.close()

    def _send(self) -> None:
        if self._outgoing.pending:
            data = self._outgoing.read()
            if not self._tcp.is_closing():
                self._tcp.write(data)

    def _end_tls(self) -> None:
        if self._mute:
            return
        self._mute = True
        if self._ready:
            try:
                self._tls.unwrap()
            except (*_AGAIN, ssl.SSLError):
                # Our half is written; nobody waits for the client's, TCP's end says enough.
                pass
            self._send()

    def _fail(self, what: str, error: ssl.SSLError) -> None:
        cause = _CAUSES.get(error.reason or "") or (error.reason or str(error)).lower()
        if isinstance(error, ssl.SSLCertVerificationError):
            cause += f": {error.verify_message}"
        reason = f"{what}: {printable(cause.replace('_', ' '))}"
        if self._ready:
            logger.debug("%s: %s", self._connection, reason)
        else:
            self._note(reason)
        if self._refused is not None:
            self._refused("failed TLS")
        self._hang_up()

    def _note(self, reason: str) -> None:
        """Say in one line why there was no TLS handshake, if the client has begun one."""
        level = logging.INFO if self._begun else logging.DEBUG
        logger.log(level, "%s: %s", self._connection, reason)

    def _hang_up(self) -> None:
        # The alert that OpenSSL has written tells the other side.
        self._send()
        self._deaf = self._mute = True
        self._tcp.close()

    def _refuse_plain(self, data: bytes) -> None:
        if self._refused is not None:
            self._refused("no TLS")
        answer = None if self._answer_plain is None else self._answer_plain(data)
        if answer is None:
            self._note("the client does not speak TLS; dropped")
            self._deaf = True
            self.abort()
            return
        self._note("the client does not speak TLS; answered in plain text")
        self._deaf = self._mute = True
        self._tcp.write(answer)
        half_close(self._tcp)


class ServerTransport(SecureTransport):
    """The same, where the server may speak first: it gets its transport after the TLS handshake.

    Args:
        context: for the server's side.
        connection: speaks through TLS.
        timeout: seconds that the handshake may take; then TCP is cut.
        renewal: has a newer context, perhaps, when the client's handshake begins.
        refused: called as for :class:`SecureTransport`.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        connection: asyncio.Protocol,
        timeout: float,
        renewal: Renewal | None = None,
        refused: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(context, connection, None, renewal, refused)
        self._timeout = timeout
        self._timer: asyncio.TimerHandle | None = None  # while the handshake goes on
        self._made = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the client's TLS handshake (asyncio)."""
        self._tcp = cast("asyncio.Transport", transport)
        self._timer = asyncio.get_running_loop().call_later(self._timeout, self.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass on that TCP is gone, to who has got to know it (asyncio)."""
        self._stop_timer()
        if self._made:
            super().connection_lost(exc)
            return
        if not self._deaf:
            self._note("left in the TLS handshake")
        del self._connection

    def _shake_hands(self) -> None:
        super()._shake_hands()
        if self._ready:
            self._stop_timer()
            self._made = True
            self._connection.connection_made(self)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class ClientTransport(SecureTransport):
    """The same for a client; the connection gets its transport after the TLS handshake.

    Args:
        context: for the client's side.
        connection: speaks through TLS.
        host: name or IP address that the server's certificate has to be for.
        secured: is done after the TLS handshake, or has what it failed with.

    Raises:
        ValueError: the host is no name.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        connection: asyncio.Protocol,
        host: str,
        secured: asyncio.Future[None],
    ) -> None:
        self._host = host
        self._secured = secured
        self._failure: ssl.SSLError | None = None
        super().__init__(context, connection)
        self._begun = True  # what a server begins with, OpenSSL judges

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the TLS handshake (asyncio)."""
        self._tcp = cast("asyncio.Transport", transport)
        self._shake_hands()

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass on that TCP is gone, to who waits for TLS if there is none yet (asyncio)."""
        if self._ready:
            super().connection_lost(exc or self._failure)
        elif not self._secured.done():
            reset = ConnectionResetError(errno.ECONNRESET, "TCP ended in the TLS handshake")
            self._secured.set_exception(exc or reset)

    def _wrap(self, context: ssl.SSLContext) -> ssl.SSLObject:
        return context.wrap_bio(self._incoming, self._outgoing, server_hostname=self._host)

    def _note(self, reason: str) -> None:
        # Who waits for the handshake is told.
        logger.debug("%s: %s", self._connection, reason)

    def _shake_hands(self) -> None:
        super()._shake_hands()
        if self._ready and not self._secured.done():
            self._secured.set_result(None)
            self._connection.connection_made(self)

    def _fail(self, what: str, error: ssl.SSLError) -> None:
        if not self._secured.done():
            self._secured.set_exception(error)
        else:
            self._failure = error
            logger.debug("%s: %s: %s", self._connection, what, error)
        self._hang_up()
