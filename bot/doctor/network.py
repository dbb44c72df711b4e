"""What every outgoing connection takes: the certificates that are trusted, and the proxies."""

from pathlib import Path

from pydantic import SecretStr

from bot.doctor.codes import Code
from bot.doctor.findings import Finding, pass_over, report
from bot.proxies import read_proxy
from bot.settings import Settings
from bot.settings_problems import find_certificate_problem


def check_network(settings: Settings) -> list[Finding]:
    """Tell whether connections can be tried at all."""
    plain = [_check_proxy("HTTP_PROXY", settings.http_proxy, scheme="http")] if settings.http_proxy else []
    return [
        _check_certificates(settings.ssl_cert_file),
        _check_proxy("HTTPS_PROXY", settings.https_proxy, scheme="https"),
        *plain,
    ]


def _check_certificates(path: Path | None) -> Finding:
    name = "certificates"
    if path is None:
        return pass_over(name, "SSL_CERT_FILE is not set: public authorities are trusted")
    if problem := find_certificate_problem(path):
        return report(name, Code.CERTIFICATES_UNUSABLE, f"SSL_CERT_FILE, {path}, {problem}")
    return report(name, Code.OK, f"those of {path} are trusted")


def _check_proxy(setting: str, proxy: SecretStr | None, *, scheme: str) -> Finding:
    """Look at the form of the address; it may hold a password, so that only its host is told."""
    name = "proxy"
    if proxy is None:
        return pass_over(name, f"{setting} is not set")
    try:
        found = read_proxy(proxy.get_secret_value())
    except ValueError as error:
        return report(name, Code.PROXY_INVALID, f"{setting} is not valid: {error}")
    return report(name, Code.OK, f"{found.url} for {scheme}")
