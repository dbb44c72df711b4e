"""Logging in, the pure parts: what is sent, how long a token is used, what a refusal means."""

import json
import math

import httpx
import pytest
from pydantic import SecretStr

from bot.codemie.auth import ClientCredentials, DevUser, LocalLogin, PasswordGrant
from bot.codemie.login import decipher_login_error, read_access, write_dev_access, write_grant
from bot.errors import (
    CodemieBadGateway,
    CodemieError,
    CodemieLoginFailed,
    CodemieRateLimited,
    CodemieUnavailable,
)

URL = "https://keycloak.example.com/realms/codemie/protocol/openid-connect/token"
CLIENT = ClientCredentials(token_url=URL, client_id="bot", client_secret=SecretStr("planted-secret"))
PERSON = PasswordGrant(token_url=URL, username="olena", password=SecretStr("planted-secret"))


def test_client_credentials_are_written() -> None:
    """A service account sends its id and secret."""
    assert write_grant(CLIENT) == {
        "grant_type": "client_credentials",
        "client_id": "bot",
        "client_secret": "planted-secret",
    }


def test_password_is_written_without_a_client_secret() -> None:
    """The usual client of people is public: it has no secret to send."""
    assert write_grant(PERSON) == {
        "grant_type": "password",
        "client_id": "codemie-sdk",
        "username": "olena",
        "password": "planted-secret",
    }


def test_password_is_written_with_a_client_secret() -> None:
    """A client of their own may have one."""
    person = PasswordGrant(
        token_url=URL,
        username="olena",
        password=SecretStr("planted-secret"),
        client_id="ours",
        client_secret=SecretStr("other"),
    )

    assert write_grant(person)["client_secret"] == "other"


@pytest.mark.parametrize(
    "value",
    [
        CLIENT,
        PERSON,
        LocalLogin(email="bot@example.com", password=SecretStr("planted-secret")),
        read_access(b'{"access_token":"planted-secret"}', now_s=0, lifetime_s=300),
    ],
)
def test_secrets_do_not_show(value: object) -> None:
    """What ends up in a traceback or a log shows no secret."""
    assert "planted-secret" not in f"{value!r} {value}"


@pytest.mark.parametrize(
    ("expires_in", "used_s"),
    [
        (28_500, 28_470),
        (300, 270),
        (60, 30),
        (40, 20),
        (20, 10),
        (10, 5),
        (1, 5),
        (0, 5),
        (-3, 5),
        (None, 270),
        ("300", 270),
        (True, 270),
        (math.nan, 270),
    ],
)
def test_token_is_renewed_early_but_not_for_every_call(expires_in: object, used_s: float) -> None:
    """A token is renewed 30 s ahead, a short-lived one after half its life, none before 5 s."""
    body = json.dumps({"access_token": "t", "expires_in": expires_in}).encode()
    access = read_access(body, now_s=1_000, lifetime_s=300)

    assert access.renew_at_s - 1_000 == used_s
    assert access.headers == {"Authorization": "Bearer t"}


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"access_token":null}', b'{"access_token":""}'])
def test_answer_without_token_is_no_login(body: bytes) -> None:
    """A page that answers 200 is not the identity provider."""
    with pytest.raises(CodemieBadGateway):
        read_access(body, now_s=0, lifetime_s=300)


@pytest.mark.parametrize("value", ["a b", "a\r\nX-Evil: 1", "ключ", ""])
def test_what_no_header_can_hold_is_refused(value: str) -> None:
    """It is refused here, without being quoted, rather than by a library that quotes it."""
    with pytest.raises(CodemieLoginFailed) as caught:
        write_dev_access(DevUser(user_id=value))

    assert not value or value not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "body", "expected", "reason"),
    [
        (302, b"", CodemieBadGateway, "login"),
        (400, b'{"error":"invalid_grant","error_description":"private"}', CodemieLoginFailed, "invalid_grant"),
        (401, b'{"error":"invalid_client"}', CodemieLoginFailed, "invalid_client"),
        (401, b'{"error":{"message":"Invalid email or password"}}', CodemieLoginFailed, "login"),
        (403, b"<html>", CodemieLoginFailed, "login"),
        (404, b'{"error":"Realm does not exist"}', CodemieLoginFailed, "login"),
        (429, b'{"error":{"message":"Too many attempts."}}', CodemieRateLimited, "login"),
        (500, b"", CodemieUnavailable, "login"),
        (503, b"", CodemieUnavailable, "login"),
    ],
)
def test_refusal_is_deciphered(status: int, body: bytes, expected: type[CodemieError], reason: str) -> None:
    """A refusal keeps Keycloak's word for it and nothing else that was said."""
    error = decipher_login_error(status, httpx.Headers(), body)

    assert type(error) is expected
    assert error.reason == reason
    assert error.status == status
