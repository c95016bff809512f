"""TLS of the trunk's listeners and of the Manager's: named files, or a self-signed certificate.

Made afresh at each start and kept in a private temporary folder for as long as the trunk runs.
"""

import datetime as dt
import ssl
import tempfile
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from reference_server.settings import TrunkSettings

LIFETIME = dt.timedelta(days=30)


def server_context(settings: TrunkSettings, domain: str, beside: Path) -> ssl.SSLContext:
    """The TLS context of the trunk's listeners. Raises `OSError` or `ssl.SSLError` for unusable files."""
    hosts = [listener.host for listener in settings.listeners]
    return tls_context(settings.certificate, settings.private_key, domain, hosts, beside)


def tls_context(
    certificate: str | None, private_key: str | None, domain: str, hosts: list[str], beside: Path
) -> ssl.SSLContext:
    """TLS with files in the folder `beside`, or with a certificate that is made for `domain` and `hosts`.

    Raises `OSError` or `ssl.SSLError` for unusable files.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate is not None:
        context.load_cert_chain(beside / certificate, None if private_key is None else beside / private_key)
        return context
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trunk.pem"
        path.write_bytes(self_signed(domain, hosts, dt.datetime.now(dt.UTC)))
        context.load_cert_chain(path)
    return context


def self_signed(domain: str, hosts: list[str], now: dt.datetime) -> bytes:
    """Private key and certificate for `domain` and `hosts`, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, domain)])
    names: list[x509.GeneralName] = [x509.DNSName(domain)]
    for host in sorted(set(hosts)):
        try:
            names.append(x509.IPAddress(ip_address(host)))
        except ValueError:
            names.append(x509.DNSName(host))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)
