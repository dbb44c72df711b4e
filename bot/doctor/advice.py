"""What to do about each kind of trouble, in one place; a word in braces is filled in by the check."""

from collections.abc import Mapping
from typing import Final

from bot.doctor.codes import Code
from bot.pooling import MENDING

ADVICE: Final[Mapping[Code, str]] = {
    Code.OK: "",
    Code.SKIPPED: "",
    Code.TIMED_OUT: "it may be overloaded, or a firewall drops what is sent: try again, then ask who runs the network",
    Code.BROKEN: "look whether what answers is what the settings name; if so, this is a fault of the bot: "
    "report it with the name of the check and what was found",
    Code.SETTING_MISSING: "put it into the environment, .env or SECRETS_DIR",
    Code.SETTING_INVALID: "mend its value; README.md describes each setting",
    Code.ENV_FILE_UNREAD: "write NAME=value, a line each, and close every quote; "
    "where there is a folder, remove it and put the file in its place",
    Code.ENV_FILE_OPEN: "let its owner alone read it: chmod 600 .env",
    Code.API_TOKEN_WEAK: "make a long random one: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'",
    Code.CERTIFICATES_UNUSABLE: "let SSL_CERT_FILE name a file of certificates in PEM, which the bot's user can read",
    Code.PROXY_INVALID: "write HTTPS_PROXY as http://host:port, or http://user:password@host:port",
    Code.CARRIER_AND_PAIR: "the pair is not used: remove CODEMIE_FLOW_ASSISTANT_ID and CODEMIE_UI_ASSISTANT_ID, "
    "or CODEMIE_ASSISTANT_ID",
    Code.ASSISTANTS_SAME: "use two assistants with a prompt each, or set CODEMIE_ASSISTANT_ID instead of the pair",
    Code.DATA_DIR_UNUSABLE: "give the bot's user a folder to write to, and name it in DATA_DIR",
    Code.DISK_FULL: "make room, or move DATA_DIR: the bot refuses requests while it can't write",
    Code.DISK_LOW: "make room soon, or set RETENTION_DAYS lower",
    Code.DATABASE_UNREADABLE: "let the bot's user read and write it; restore it from a back-up if it is damaged; "
    "or set another DATABASE_URL or DATA_DIR",
    Code.DATABASE_NOT_FILE: "move away what is in the database's place, or set another DATABASE_URL or DATA_DIR",
    Code.DATABASE_LOCKED: "end that program, or wait until it is done: nothing is wrong with the database",
    Code.DATABASE_UNREACHABLE: "check host, name and password in DATABASE_URL, and that PostgreSQL lets this host in",
    Code.DATABASE_POOLED: MENDING,
    Code.DATABASE_OLD: "start the bot, which brings it up to date",
    Code.HOST_UNUSABLE: "let HOST be an address of this machine: 127.0.0.1, or 0.0.0.0 for all it has",
    Code.CERTIFICATE_EXPIRED: "have who runs that host renew its certificate; "
    "if it is in order, set this machine's clock",
    Code.CERTIFICATE_MISNAMED: "write the host in {setting} as its certificate has it, "
    "or have who runs it add the name to the certificate",
    Code.NOT_TLS: "check the port in {setting}; if it speaks http, as inside a cluster, begin the address with http://",
    Code.STYLES_FAILED: "pages have no styles: install the package again, for this machine's kind of processor",
    Code.PICTURES_FAILED: "results come without pictures: install the package again, and let the bot start processes "
    "and write to the temporary folder",
    Code.CHROMIUM_MISSING: "install chromium, put it on the PATH, or set PREVIEW_ENGINE=blitz, which is used meanwhile",
    Code.FONTS_MISSING: "install a font with Cyrillic letters, such as Debian's fonts-dejavu-core",
    Code.SLACK_UNREACHABLE: "let this machine reach Slack by https, or check SLACK_API_URL",
    Code.SLACK_TLS: "if a proxy re-signs the traffic, put its authority's certificate into SSL_CERT_FILE",
    Code.SLACK_PROXY: "check HTTPS_PROXY, its user and password, and that it lets Slack through",
    Code.SLACK_FOREIGN: "what answers is not Slack: check SLACK_API_URL, and whether a proxy answers in its place",
    Code.SLACK_TOKEN_KIND: "SLACK_BOT_TOKEN takes the bot token (xoxb-…) of OAuth & Permissions; "
    "the app-level token (xapp-…) belongs to SLACK_APP_TOKEN",
    Code.SLACK_TOKEN_REFUSED: "install the app to the workspace again, and put its bot token into SLACK_BOT_TOKEN",
    Code.SLACK_SCOPES_MISSING: "add {scopes} under OAuth & Permissions, Bot Token Scopes, or use manifest.yml; "
    "then install the app to the workspace again",
    Code.SLACK_SCOPES_OPTIONAL: "without {scopes}: no {losses}; to have it, add the scope and install the app again",
    Code.SLACK_SCOPES_EXTRA: "the bot does not need {scopes}: remove it from the app, unless something else does",
    Code.SLACK_GUESTS_UNKNOWN: "guests may ask, since without users:read they can't be told from members: "
    "add the scope and install the app again, or say ALLOW_GUESTS=yes",
    Code.SLACK_CLOCK: "set this machine's clock, with NTP: Slack's requests are refused at five minutes' difference",
    Code.SLACK_APP_TOKEN_KIND: "SLACK_APP_TOKEN takes the app-level token (xapp-…) of Basic Information; "
    "the bot token (xoxb-…) belongs to SLACK_BOT_TOKEN",
    Code.SLACK_APP_TOKEN_REFUSED: "make an app-level token with connections:write under Basic Information, "
    "in the same app, and put it into SLACK_APP_TOKEN",
    Code.SLACK_APP_TOKEN_SCOPE: "make an app-level token with the scope connections:write, "
    "and put it into SLACK_APP_TOKEN",
    Code.SLACK_SOCKET_MODE: "turn on Socket Mode in the app's settings, or remove SLACK_APP_TOKEN to use HTTP mode",
    Code.SLACK_SIGNING_SECRET_ODD: "copy the Signing Secret of Basic Information, 32 hexadecimal digits, "
    "into SLACK_SIGNING_SECRET",
    Code.SLACK_SIGNING_SECRET_SAME: "SLACK_SIGNING_SECRET takes the Signing Secret of Basic Information, "
    "not the Client Secret beside it",
    Code.SLACK_CLIENT_ODD: "copy Client ID, two numbers with a dot between, and Client Secret of Basic Information",
    Code.SLACK_CLIENT_SAME: "SLACK_CLIENT_ID and SLACK_CLIENT_SECRET are the same: one of them is the other's",
    Code.PUBLIC_URL_UNREACHABLE: "start the bot, and let PUBLIC_URL lead to HOST and PORT; "
    "from here it may not be reachable though people reach it",
    Code.PUBLIC_URL_FOREIGN: "let PUBLIC_URL lead to this bot's HOST and PORT, below /p/ at least; "
    "a path that PUBLIC_URL has is the proxy's to take off; a bot that was started without PUBLIC_URL takes a restart",
    Code.PREVIEWS_NEED_HTTPS: "serve PUBLIC_URL by https: sign-in and PREVIEW_SCRIPTS=model need it",
    Code.INSTALLS_NEED_HTTPS: "serve PUBLIC_URL by https: Slack leads who installs the app to no other address",
    Code.CODEMIE_UNREACHABLE: "check the host of CODEMIE_API_URL, and that this machine may reach it",
    Code.CODEMIE_TLS: "put the certificate of the authority that signed CodeMie's into a file, "
    "and name it in SSL_CERT_FILE",
    Code.CODEMIE_PROXY: "check HTTPS_PROXY and its user and password; a CodeMie inside goes into NO_PROXY",
    Code.CODEMIE_PATH: "check the path of CODEMIE_API_URL: it ends with /code-assistant-api, and /v1 is not part of it",
    Code.CODEMIE_FOREIGN: "check CODEMIE_API_URL: what answers there is a web page or another service, "
    "often the address lacks /code-assistant-api",
    Code.CODEMIE_LOGIN_PAGE: "CODEMIE_API_URL leads to a login page: use the address of the API, "
    "which takes tokens, not that of the site for people",
    Code.CODEMIE_FAILING: "CodeMie is down or overloaded: tell who runs it, if it lasts",
    Code.LOGIN_UNREACHABLE: "check the host of CODEMIE_AUTH_URL, and that this machine may reach it",
    Code.LOGIN_TLS: "put the certificate of the authority that signed Keycloak's into a file, "
    "and name it in SSL_CERT_FILE",
    Code.LOGIN_PROXY: "check HTTPS_PROXY and its user and password; a Keycloak inside goes into NO_PROXY",
    Code.LOGIN_PATH: "check CODEMIE_AUTH_REALM, and CODEMIE_AUTH_URL: "
    "older Keycloaks have /auth at its end, newer ones do not",
    Code.LOGIN_NOT_LOCAL: "this CodeMie has no login of its own: set CODEMIE_AUTH_URL to its Keycloak",
    Code.LOGIN_FOREIGN: "check CODEMIE_AUTH_URL: what answers there is not Keycloak's token endpoint",
    Code.LOGIN_CLIENT: "check CODEMIE_CLIENT_ID, CODEMIE_CLIENT_SECRET and CODEMIE_AUTH_REALM",
    Code.LOGIN_CLIENT_NOT_ALLOWED: "check CODEMIE_CLIENT_SECRET; in Keycloak the client needs Service accounts roles "
    "for client credentials, or Direct access grants for a user's password",
    Code.LOGIN_PASSWORD: "check CODEMIE_USERNAME and CODEMIE_PASSWORD, and that the account is enabled and set up",
    Code.LOGIN_REFUSED: "check the credentials of CodeMie, and the account in Keycloak",
    Code.LOGIN_TOO_OFTEN: "wait a quarter of an hour: CodeMie's own login allows five tries",
    Code.TOKEN_NOT_ACCEPTED: "Keycloak gives a token that CodeMie refuses: use the realm that this CodeMie uses, "
    "and give the client the scope codemie",
    Code.DEV_USER_REFUSED: "CODEMIE_USER_ID works on development servers only: use client credentials, "
    "or a name and a password",
    Code.PROJECT_FOREIGN: "have an administrator of CodeMie add the account to that project, or change CODEMIE_PROJECT",
    Code.PROJECTS_NONE: "have an administrator of CodeMie add the account to a project",
    Code.ASSISTANT_DENIED: "the assistant exists, but this account may not use it: have its owner share it with the "
    "project, and the account added to that project",
    Code.ASSISTANT_NOT_FOUND: "check {setting}, or run codemie-bot setup for an assistant of the bot's own",
    Code.ASSISTANT_NOT_BARE: "these stay at work under the bot's prompt: take them away in CodeMie, "
    "or, if codemie-bot setup has made this assistant, run codemie-bot setup --repair",
    Code.ASSISTANT_MODEL_UNKNOWN: "CodeMie answers with its default model instead: choose one of its list",
    Code.ASSISTANT_PROMPT_MISSING: "give it the prompt that codemie-bot prompts flow, or ui, prints, "
    "or set CODEMIE_ASSISTANT_ID",
    Code.ASSISTANT_PROMPT_TEMPLATE: "CodeMie reads {{ and {% in a stored prompt as a template, "
    "which may break each call: remove them, or put {% raw %} around them",
    Code.MODEL_UNKNOWN: "setup would refuse it: choose one that CodeMie offers",
    Code.ANSWER_FAILED: "try the assistant in CodeMie itself; its model may lack a provider there",
}
