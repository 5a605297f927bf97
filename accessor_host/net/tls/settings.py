"""What a server or client of a module is told about TLS, and what the module calls it.

Errors name the setting that is wrong as its user wrote it: a module that has other names for its
options hands them in.
"""

# Annotations are no strings here: each of a NamedTuple would be compiled at import.

from typing import NamedTuple

__all__ = ["ClientNames", "ClientTls", "ServerNames", "ServerTls"]


class ServerNames(NamedTuple):
    """The user's names of the settings of a server.

    Args:
        tls: what switches TLS on.
        pfx_path: of :attr:`ServerTls.pfx_path`; so are the others.
        pfx_password: see there.
        pem_key_path: see there.
        pem_path: see there.
        pem_password: see there.
        client_authorities: see there.
        client_certificate: see there.
    """

    tls: str = "tls"
    pfx_path: str = "pfx_path"
    pfx_password: str = "pfx_password"  # noqa: S105 (a name)
    pem_key_path: str = "pem_key_path"
    pem_path: str = "pem_path"
    pem_password: str = "pem_password"  # noqa: S105 (a name)
    client_authorities: str = "client_authorities"
    client_certificate: str = "client_certificate"


class ServerTls(NamedTuple):
    """The key and certificate files of a server; a path that is empty names no file.

    Args:
        pfx_path: PKCS#12 file with the key and its certificates.
        pfx_password: of that file; empty for none.
        pem_key_path: PEM file with the key; empty when it is among the certificates.
        pem_path: PEM file with the certificates.
        pem_password: of the PEM key; empty for none.
        alpn: protocols to agree on, for clients that offer some (RFC 7301).
        client_authorities: PEM file of the authorities whose clients are trusted.
        client_certificate: ``none`` asks clients for no certificate; ``request`` asks, and refuses
            a bad one; ``require`` refuses those without one, too.
        names: what messages call these.
    """

    pfx_path: str = ""
    pfx_password: str = ""
    pem_key_path: str = ""
    pem_path: str = ""
    pem_password: str = ""
    alpn: tuple[str, ...] = ()
    client_authorities: str = ""
    client_certificate: str = "none"
    names: ServerNames = ServerNames()

    @property
    def paths(self) -> list[str]:
        """Return the files that are named."""
        paths = (self.pfx_path, self.pem_key_path, self.pem_path, self.client_authorities)
        return [path for path in paths if path]


class ClientNames(NamedTuple):
    """The user's names of the settings of a client.

    Args:
        trust_all: of :attr:`ClientTls.trust_all`.
        authorities: of :attr:`ClientTls.authorities`.
        plain: the protocol without TLS, as in "is it a plain ws port?".
        tls: what switches TLS on.
        pfx_path: of :attr:`ClientTls.pfx_path`; so are the others.
        pfx_password: see there.
        pem_key_path: see there.
        pem_path: see there.
        pem_password: see there.
    """

    trust_all: str = "trust_all"
    authorities: str = "authorities"
    plain: str = "text"
    tls: str = "tls"
    pfx_path: str = "pfx_path"
    pfx_password: str = "pfx_password"  # noqa: S105 (a name)
    pem_key_path: str = "pem_key_path"
    pem_path: str = "pem_path"
    pem_password: str = "pem_password"  # noqa: S105 (a name)


class ClientTls(NamedTuple):
    """Whom a client trusts, by default the authorities of the operating system, and who it is.

    Args:
        trust_all: whether to talk to whoever answers, unverified.
        authorities: PEM file of the authorities to trust instead; empty for none.
        names: what messages call these.
        pfx_path: PKCS#12 file with the client's own key and certificates; empty for none.
        pfx_password: of that file; empty for none.
        pem_key_path: PEM file with the key; empty when it is among the certificates.
        pem_path: PEM file with the certificates, instead of the PKCS#12 file.
        pem_password: of the PEM key; empty for none.
    """

    trust_all: bool = False
    authorities: str = ""
    names: ClientNames = ClientNames()
    pfx_path: str = ""
    pfx_password: str = ""
    pem_key_path: str = ""
    pem_path: str = ""
    pem_password: str = ""

    @property
    def has_identity(self) -> bool:
        """Tell whether there is a certificate for servers that ask for one."""
        return bool(self.pfx_path or self.pem_key_path or self.pem_path)
