"""Whether a request is Slack's: https://docs.slack.dev/authentication/verifying-requests-from-slack/ ."""

from dataclasses import dataclass

from slack_sdk.signature import SignatureVerifier

from bot.credentials import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatures:
    """Checks signatures by the secret of this moment.

    Slack signs with one secret at a time, and the new one can be known only after it has switched: as soon as it is
    here the old one signs nothing more that is Slack's.
    """

    secret: Secret

    def is_valid(self, body: bytes, timestamp: str, signature: str) -> bool:
        """Check a signature, also its age; raises UnicodeDecodeError for a body that is no text."""
        secret = self.secret.read()
        if _is_valid(secret.get_secret_value(), body, timestamp, signature):
            return True
        other = self.secret.look()
        return other != secret and _is_valid(other.get_secret_value(), body, timestamp, signature)


def _is_valid(secret: str, body: bytes, timestamp: str, signature: str) -> bool:
    return SignatureVerifier(secret).is_valid(body, timestamp, signature)
