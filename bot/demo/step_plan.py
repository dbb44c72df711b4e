"""Deals fields out to form steps: grouped by what they are about, at most about seven to a step."""

from collections import Counter

from bot.demo.field_rules import Draft
from bot.demo.vocabulary import Language, Topic
from bot.demo.wording import MORE_DETAILS, TOPIC_TITLES

_STEP_LIMIT_FIELDS = 7
_ONE_STEP_FIELDS = 5
_FORMS_LIMIT = 4
_PERSONAL = frozenset({Topic.PERSON, Topic.ADDRESS, Topic.ACCOUNT})
_APART = (Topic.DOCUMENTS, Topic.PAYMENT)

Group = list[Draft]


def plan_forms(drafts: list[Draft], *, form_count: int | None = None, is_wizard: bool = False) -> list[Group]:
    """Group ``drafts`` into form steps; into ``form_count`` of them when that many can be made."""
    consents = [draft for draft in drafts if draft.topic is Topic.CONSENT]
    rest = [draft for draft in drafts if draft.topic is not Topic.CONSENT]
    groups = _group(rest, is_wizard=is_wizard)
    if form_count is not None:
        groups = _reach(groups, max(1, form_count))
    while len(groups) > _FORMS_LIMIT:
        groups = _merge_smallest(groups)
    if consents:
        groups = [*groups[:-1], [*(groups[-1] if groups else []), *consents]]
    return groups


def title_forms(groups: list[Group], language: Language) -> list[str]:
    """Title each group by what most of its fields are about; no title twice."""
    titles: list[str] = []
    for group in groups:
        title = language.pick(TOPIC_TITLES[_find_topic(group)])
        if title in titles:
            title = language.pick(MORE_DETAILS)
        titles.append(title if title not in titles else f"{title} ({len(titles) + 1})")
    return titles


def _find_topic(group: Group) -> Topic:
    """Find the topic of most fields; personal ones count as one, and win where they are as many."""
    topics: Counter[Topic] = Counter(Topic.PERSON if draft.topic is Topic.ADDRESS else draft.topic for draft in group)
    if all(draft.topic in {Topic.ADDRESS, Topic.CONSENT} for draft in group) and Topic.PERSON in topics:
        return Topic.ADDRESS
    ranked: list[Topic] = [topic for topic, _ in topics.most_common() if topic != Topic.CONSENT]
    ranked = ranked or [Topic.CONSENT]
    is_about_people = any(draft.topic is Topic.PERSON for draft in group)
    if is_about_people and topics[Topic.PERSON] >= topics[ranked[0]] > 0:
        return Topic.PERSON
    is_mixed = topics[ranked[0]] * 2 <= len(group) and len(ranked) > 1
    return Topic.OTHER if is_mixed else ranked[0]


def _group(drafts: list[Draft], *, is_wizard: bool) -> list[Group]:
    """Group by kind: personal, subject matter, documents, payment; a short form stays in one piece."""
    plain_ones = [draft for draft in drafts if draft.topic not in _APART]
    personal = [draft for draft in plain_ones if draft.topic in _PERSONAL]
    subject = [draft for draft in plain_ones if draft.topic not in _PERSONAL]
    is_split = len(plain_ones) > _ONE_STEP_FIELDS or is_wizard
    halves = [personal, subject] if is_split and min(len(personal), len(subject)) > 1 else [plain_ones]
    apart = [[draft for draft in drafts if draft.topic is topic] for topic in _APART]
    if is_wizard and len(halves) == 1 and not any(apart) and len(plain_ones) > 1:
        halves = _halve(halves[0])
    return [chunk for half in halves for chunk in _chunk(half)] + [group for group in apart if group]


def _chunk(group: Group) -> list[Group]:
    """Cut a group into even pieces of at most seven."""
    if not group:
        return []
    pieces = -(-len(group) // _STEP_LIMIT_FIELDS)
    size = -(-len(group) // pieces)
    return [group[start : start + size] for start in range(0, len(group), size)]


def _reach(groups: list[Group], count: int) -> list[Group]:
    """Split the longest or merge the shortest groups until there are ``count``, as far as possible."""
    while len(groups) > count:
        groups = _merge_smallest(groups)
    while len(groups) < count and any(len(group) > 1 for group in groups):
        longest = max(range(len(groups)), key=lambda place: len(groups[place]))
        groups = [*groups[:longest], *_halve(groups[longest]), *groups[longest + 1 :]]
    return groups


def _halve(group: Group) -> list[Group]:
    """Cut a group in two where its topic changes nearest to the middle."""
    middle = len(group) / 2
    cuts = [place for place in range(1, len(group)) if group[place].topic is not group[place - 1].topic]
    cut = min(cuts or [-(-len(group) // 2)], key=lambda place: abs(place - middle))
    return [group[:cut], group[cut:]]


def _merge_smallest(groups: list[Group]) -> list[Group]:
    """Merge the two neighbours that are shortest together."""
    place = min(range(len(groups) - 1), key=lambda at: len(groups[at]) + len(groups[at + 1]))
    return [*groups[:place], groups[place] + groups[place + 1], *groups[place + 2 :]]
