"""The built-in workspace: a small, faithful Slack on loopback."""

from bot.demo.workspace.delivery import SLACK_RETRY_DELAYS_S
from bot.demo.workspace.faults import Drop, Fault, Faults
from bot.demo.workspace.people import Said
from bot.demo.workspace.records import (
    Change,
    ChangeKind,
    Ephemeral,
    EphemeralSource,
    File,
    Json,
    Message,
    Reaction,
    Revision,
    Status,
    View,
)
from bot.demo.workspace.server import Workspace
from bot.demo.workspace.several import SeveralWorkspaces
from bot.demo.workspace.traffic import Call, Delivery, DeliveryKind, ResponseUrlPost, UploadPost
from bot.demo.workspace.world import APP_ID, BOT_ID, BOT_USER, TEAM_ID, Channel, ChannelKind, User

__all__ = [
    "APP_ID",
    "BOT_ID",
    "BOT_USER",
    "SLACK_RETRY_DELAYS_S",
    "TEAM_ID",
    "Call",
    "Change",
    "ChangeKind",
    "Channel",
    "ChannelKind",
    "Delivery",
    "DeliveryKind",
    "Drop",
    "Ephemeral",
    "EphemeralSource",
    "Fault",
    "Faults",
    "File",
    "Json",
    "Message",
    "Reaction",
    "ResponseUrlPost",
    "Revision",
    "Said",
    "SeveralWorkspaces",
    "Status",
    "UploadPost",
    "User",
    "View",
    "Workspace",
]
