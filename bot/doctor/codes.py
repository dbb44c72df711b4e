"""The kinds of trouble that a check can find, and which of them let the bot work all the same."""

from enum import StrEnum
from typing import Final


class Code(StrEnum):
    """What was found; the value is in the output of ``--json``."""

    OK = "ok"
    SKIPPED = "skipped"
    TIMED_OUT = "timed_out"
    BROKEN = "check_broken"

    SETTING_MISSING = "setting_missing"
    SETTING_INVALID = "setting_invalid"
    ENV_FILE_UNREAD = "env_file_unread"
    ENV_FILE_OPEN = "env_file_open"
    API_TOKEN_WEAK = "api_token_weak"  # noqa: S105 - a code
    CERTIFICATES_UNUSABLE = "certificates_unusable"
    PROXY_INVALID = "proxy_invalid"
    CARRIER_AND_PAIR = "carrier_and_pair"
    ASSISTANTS_SAME = "assistants_same"

    DATA_DIR_UNUSABLE = "data_dir_unusable"
    DISK_FULL = "disk_full"
    DISK_LOW = "disk_low"
    DATABASE_UNREADABLE = "database_unreadable"
    DATABASE_NOT_FILE = "database_not_file"
    DATABASE_LOCKED = "database_locked"
    DATABASE_UNREACHABLE = "database_unreachable"
    DATABASE_POOLED = "database_pooled"
    DATABASE_OLD = "database_old"

    HOST_UNUSABLE = "host_unusable"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_MISNAMED = "certificate_misnamed"
    NOT_TLS = "not_tls"

    STYLES_FAILED = "styles_failed"
    PICTURES_FAILED = "pictures_failed"
    CHROMIUM_MISSING = "chromium_missing"
    FONTS_MISSING = "fonts_missing"

    SLACK_UNREACHABLE = "slack_unreachable"
    SLACK_TLS = "slack_tls"
    SLACK_PROXY = "slack_proxy"
    SLACK_FOREIGN = "slack_foreign"
    SLACK_TOKEN_KIND = "slack_token_kind"  # noqa: S105 - a code
    SLACK_TOKEN_REFUSED = "slack_token_refused"  # noqa: S105 - a code
    SLACK_SCOPES_MISSING = "slack_scopes_missing"
    SLACK_SCOPES_OPTIONAL = "slack_scopes_optional"
    SLACK_SCOPES_EXTRA = "slack_scopes_extra"
    SLACK_GUESTS_UNKNOWN = "slack_guests_unknown"
    SLACK_CLOCK = "slack_clock"
    SLACK_APP_TOKEN_KIND = "slack_app_token_kind"  # noqa: S105 - a code
    SLACK_APP_TOKEN_REFUSED = "slack_app_token_refused"  # noqa: S105 - a code
    SLACK_APP_TOKEN_SCOPE = "slack_app_token_scope"  # noqa: S105 - a code
    SLACK_SOCKET_MODE = "slack_socket_mode"
    SLACK_SIGNING_SECRET_ODD = "slack_signing_secret_odd"  # noqa: S105 - a code
    SLACK_SIGNING_SECRET_SAME = "slack_signing_secret_same"  # noqa: S105 - a code
    SLACK_CLIENT_ODD = "slack_client_odd"
    SLACK_CLIENT_SAME = "slack_client_same"

    PUBLIC_URL_UNREACHABLE = "public_url_unreachable"
    PUBLIC_URL_FOREIGN = "public_url_foreign"
    PREVIEWS_NEED_HTTPS = "previews_need_https"
    INSTALLS_NEED_HTTPS = "installs_need_https"

    CODEMIE_UNREACHABLE = "codemie_unreachable"
    CODEMIE_TLS = "codemie_tls"
    CODEMIE_PROXY = "codemie_proxy"
    CODEMIE_PATH = "codemie_path"
    CODEMIE_FOREIGN = "codemie_foreign"
    CODEMIE_LOGIN_PAGE = "codemie_login_page"
    CODEMIE_FAILING = "codemie_failing"
    LOGIN_UNREACHABLE = "login_unreachable"
    LOGIN_TLS = "login_tls"
    LOGIN_PROXY = "login_proxy"
    LOGIN_PATH = "login_path"
    LOGIN_NOT_LOCAL = "login_not_local"
    LOGIN_FOREIGN = "login_foreign"
    LOGIN_CLIENT = "login_client"
    LOGIN_CLIENT_NOT_ALLOWED = "login_client_not_allowed"
    LOGIN_PASSWORD = "login_password"  # noqa: S105 - a code
    LOGIN_REFUSED = "login_refused"
    LOGIN_TOO_OFTEN = "login_too_often"
    TOKEN_NOT_ACCEPTED = "token_not_accepted"  # noqa: S105 - a code
    DEV_USER_REFUSED = "dev_user_refused"
    PROJECT_FOREIGN = "project_foreign"
    PROJECTS_NONE = "projects_none"
    ASSISTANT_DENIED = "assistant_denied"
    ASSISTANT_NOT_FOUND = "assistant_not_found"
    ASSISTANT_NOT_BARE = "assistant_not_bare"
    ASSISTANT_MODEL_UNKNOWN = "assistant_model_unknown"
    ASSISTANT_PROMPT_MISSING = "assistant_prompt_missing"
    ASSISTANT_PROMPT_TEMPLATE = "assistant_prompt_template"
    MODEL_UNKNOWN = "model_unknown"
    ANSWER_FAILED = "answer_failed"


WARNINGS: Final = frozenset(
    {
        Code.ENV_FILE_OPEN,
        Code.API_TOKEN_WEAK,
        Code.CARRIER_AND_PAIR,
        Code.DISK_LOW,
        Code.DATABASE_OLD,
        Code.FONTS_MISSING,
        Code.SLACK_SCOPES_OPTIONAL,
        Code.SLACK_SCOPES_EXTRA,
        Code.SLACK_GUESTS_UNKNOWN,
        Code.SLACK_SIGNING_SECRET_ODD,
        Code.SLACK_CLIENT_ODD,
        Code.PUBLIC_URL_UNREACHABLE,
        Code.PUBLIC_URL_FOREIGN,
        Code.PREVIEWS_NEED_HTTPS,
        Code.INSTALLS_NEED_HTTPS,
        Code.ASSISTANT_NOT_BARE,
        Code.ASSISTANT_MODEL_UNKNOWN,
        Code.ASSISTANT_PROMPT_TEMPLATE,
        Code.MODEL_UNKNOWN,
    }
)
