"""Slack's limits as numbers. Text is counted in code points, except where a name says bytes.

* https://docs.slack.dev/reference/block-kit/blocks
* https://docs.slack.dev/reference/block-kit/block-elements
* https://docs.slack.dev/reference/methods/chat.postMessage
"""

from typing import Final

# Whole messages
MESSAGE_TEXT_MAX_CHARS: Final = 40_000
MESSAGE_TEXT_BEST_CHARS: Final = 4_000
UPDATE_TEXT_MAX_BYTES: Final = 4_000
MESSAGE_MAX_BLOCKS: Final = 50
# Undocumented, measured by others: https://github.com/slackapi/bolt-js/issues/2509
MESSAGE_BLOCKS_MAX_CHARS: Final = 13_200
MARKDOWN_MAX_CHARS: Final = 12_000
MAX_ATTACHMENTS: Final = 100
# Slack documents that there is a bound (metadata_too_large) but not which; ours holds ids only.
METADATA_MAX_BYTES: Final = 8_000

# Blocks
BLOCK_ID_MAX_CHARS: Final = 255
SECTION_TEXT_MAX_CHARS: Final = 3_000
SECTION_MAX_FIELDS: Final = 10
SECTION_FIELD_MAX_CHARS: Final = 2_000
HEADER_TEXT_MAX_CHARS: Final = 150
CONTEXT_MAX_ELEMENTS: Final = 10
CONTEXT_TEXT_MAX_CHARS: Final = 3_000
CONTEXT_ACTIONS_MAX_ELEMENTS: Final = 5
ACTIONS_MAX_ELEMENTS: Final = 25
IMAGE_ALT_MAX_CHARS: Final = 2_000
IMAGE_TITLE_MAX_CHARS: Final = 2_000
INPUT_LABEL_MAX_CHARS: Final = 2_000
INPUT_HINT_MAX_CHARS: Final = 2_000

# Elements
ACTION_ID_MAX_CHARS: Final = 255
BUTTON_TEXT_MAX_CHARS: Final = 75
BUTTON_VALUE_MAX_CHARS: Final = 2_000
URL_MAX_CHARS: Final = 3_000
PLACEHOLDER_MAX_CHARS: Final = 150
INPUT_TEXT_MAX_CHARS: Final = 3_000
OPTION_TEXT_MAX_CHARS: Final = 75
OPTION_VALUE_MAX_CHARS: Final = 150
SELECT_MAX_OPTIONS: Final = 100
CHOICE_MAX_OPTIONS: Final = 10
OVERFLOW_MAX_OPTIONS: Final = 5
SELECT_MAX_GROUPS: Final = 100
GROUP_LABEL_MAX_CHARS: Final = 75
CONFIRM_TITLE_MAX_CHARS: Final = 100
CONFIRM_TEXT_MAX_CHARS: Final = 300
CONFIRM_BUTTON_MAX_CHARS: Final = 30
FILE_ID_MAX_CHARS: Final = 255
# Slack names it when it refuses one: https://github.com/slackapi/python-slack-sdk/issues/1521
FILE_ID_PATTERN: Final = "F[A-Z0-9]{8,}"

# Views
VIEW_MAX_BLOCKS: Final = 100
VIEW_TITLE_MAX_CHARS: Final = 24
VIEW_BUTTON_MAX_CHARS: Final = 24
VIEW_CALLBACK_ID_MAX_CHARS: Final = 255
VIEW_PRIVATE_METADATA_MAX_CHARS: Final = 3_000
VIEW_MAX_STACK: Final = 3
# https://docs.slack.dev/reference/methods/views.open/#errors
VIEW_MAX_BYTES: Final = 250_000

# Calls
ACK_DEADLINE_S: Final = 3.0
TRIGGER_LIFETIME_S: Final = 3.0
RESPONSE_URL_MAX_USES: Final = 5
RESPONSE_URL_LIFETIME_S: Final = 1_800.0
POST_INTERVAL_S: Final = 1.0
SUGGESTED_PROMPTS_MAX: Final = 4
LOADING_MESSAGES_MAX: Final = 10
STATUS_LIFETIME_S: Final = 120.0
SESSION_TITLE_MAX_CHARS: Final = 200
