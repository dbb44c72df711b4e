"""What a request is about: gives the fields that such an app usually has when the request names none."""

import re
from dataclasses import dataclass
from enum import StrEnum

from bot.demo.vocabulary import plain


class Shape(StrEnum):
    """What kind of flow a subject makes."""

    FORM = "form"
    SERVICE = "service"
    SIGN_IN = "sign_in"
    TABLE = "table"


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """A subject by its words; ``keys`` are concepts, for a table its columns.

    ``delivered`` holds the concepts a delivery asks for here.
    """

    shape: Shape
    words: str
    keys: str
    delivered: str = "delivery_method"

    @property
    def concept_keys(self) -> list[str]:
        """The concepts, in order."""
        return self.keys.split()


_FORM, _SERVICE = Shape.FORM, Shape.SERVICE

_TABLE_WORDS = re.compile(
    r"\bdashboard\b|\btables? (?:of|with|for)\b|\b\w+ table\b|\blist of\b|\b\w+ list\b|\boverview of\b|"
    r"\bcatalog(?:ue)?\b|\badmin panel\b|"
    r"дашборд|\bпанел[ьі]\b|таблиц|\bспис(?:ок|ку)\b|перелік|каталог|реєстр(?!ац)",
)
_FORM_WORDS = re.compile(
    r"\bform\b|regist(?:er|ration)|sign[- ]?up|application|request|booking|\bформ[аиу]\b|реєстрац|заявк|запис\b|"
    r"анкет|бронюван"
)

_FORM_ITSELF = re.compile(r"\bform\b|\bформ[аиу]\b|table (?:booking|reservation)")

# Tables are read by rows, which the formatter would break into one argument a line.
# fmt: off
_TABLES = (
    Subject(shape=Shape.TABLE, keys="order_number name date amount status",
            words=r"order|sale|shop|замовл|продаж|магазин"),
    Subject(shape=Shape.TABLE, keys="name position department email status",
            words=r"employee|staff|team|user|працівник|співробіт|користувач|команд"),
    Subject(shape=Shape.TABLE, keys="title name priority deadline status",
            words=r"task|ticket|issue|request|заявк|завдан|задач|звернен"),
    Subject(shape=Shape.TABLE, keys="product category quantity amount status",
            words=r"product|stock|warehouse|товар|склад|продукт"),
    Subject(shape=Shape.TABLE, keys="name grade rating date status",
            words=r"student|pupil|grade|учн|студент|клас"),
    Subject(shape=Shape.TABLE, keys="name doctor date time status",
            words=r"appointment|patient|visit|пацієнт|прийом|візит"),
    Subject(shape=Shape.TABLE, keys="title place date quantity status",
            words=r"event|course|book|поді|захо|курс|книг"),
    Subject(shape=Shape.TABLE, keys="title name date status",
            words=r""),
)

_SUBJECTS = (
    Subject(shape=Shape.SIGN_IN, keys="email password remember_me",
            words=r"\blog ?in\b|\bsign ?in\b|\bauthori[sz]ation\b|\bвхід\b|\bвхо?д[уі]\b|увійти|авторизаці|логін"),
    Subject(shape=_SERVICE, keys="full_name email car_plate car_model permit_period consent",
            words=r"parking|паркув|паркомісц"),
    Subject(shape=_SERVICE, keys="full_name phone pet_name pet_kind visit_at symptoms",
            words=r"vet|ветеринар|улюблен"),
    Subject(shape=_SERVICE, keys="full_name phone birth_date doctor visit_at reason consent",
            words=r"doctor|clinic|dentist|patient|лікар|клінік|стоматолог|медичн"),
    Subject(shape=_FORM, keys="name phone service specialist visit_at comment",
            words=r"hair|barber|salon|manicure|beauty|манікюр|перукар|салон|барбер|стриж"),
    Subject(shape=_FORM, keys="full_name email phone check_in check_out guests room_type payment",
            words=r"hotel|room booking|accommodation|готел|номер[аи]? в готел|хостел|проживан"),
    Subject(shape=_FORM, keys="full_name email origin destination start_date passengers payment",
            words=r"flight|train|bus|travel|tour|taxi|квитк|подорож|поїзд|тур\b|турів|таксі|авіа"),
    Subject(shape=_FORM, keys="name phone guests visit_at comment",
            words=r"restaurant|table (?:reservation|booking)|столик|ресторан|кафе"),
    Subject(shape=_FORM, keys="name email date time duration participants comment",
            words=r"meeting room|conference|переговорн|кімнат[уи] для"),
    Subject(shape=_FORM, keys="full_name email phone date time skills comment",
            words=r"volunteer|волонтер"),
    Subject(shape=_FORM, keys="name email amount payment comment",
            words=r"donation|donate|charit|благодійн|пожертв|донат"),
    Subject(shape=_FORM, keys="name phone rental_item start_date end_date",
            delivered="delivery_address delivery_time",
            words=r"rent(?:al|als|ing|s)?\b|(?:bike|bicycle|car|ski|tool|boat|scooter|kayak|equipment) hire\b|"
                  r"оренд|прокат|напрокат"),
    Subject(shape=_FORM, keys="name phone dish quantity delivery_address delivery_time payment comment",
            words=r"pizza|food|cake|піц|їж[іу]|їжа|торт|суші|обід"),
    Subject(shape=_FORM, keys="name phone email product quantity delivery_method delivery_address payment",
            words=r"shop|store|flower|order|checkout|cart|магазин|квіт(?:и|ів)|замовлен|кошик|покупк"),
    Subject(shape=_FORM, keys="name phone delivery_address delivery_date delivery_time weight comment",
            words=r"shipping|parcel|посилк"),
    Subject(shape=_FORM, keys="name phone product quantity delivery_address delivery_date delivery_time comment",
            words=r"deliver|доставк"),
    Subject(shape=_FORM, keys="full_name email order_number reason iban photo",
            words=r"return|refund|повернен"),
    Subject(shape=_FORM, keys="name email rating recommend comment",
            words=r"feedback|review|survey|poll|rating|відгук|опитув|оцін|анкет[аиу] задовол"),
    Subject(shape=_SERVICE, keys="employee leave_type start_date end_date reason",
            words=r"vacation|leave\b(?! (?:an?|us|your|feedback|reviews?|comments?|messages?)\b)|time[- ]off|pto\b|"
                  r"day off|відпуст|відгул|лікарнян"),
    Subject(shape=_FORM, keys="full_name email phone position experience resume cover_letter consent",
            words=r"job|vacanc|career|candidate|resume|\bcv\b|вакансі|робот[уи]|кандидат|резюме|працевлашт"),
    Subject(shape=_SERVICE, keys="parent_name phone email child_name child_birth_date grade documents consent",
            words=r"kindergarten|school|садоч|садок|школ"),
    Subject(shape=_SERVICE, keys="full_name tax_number phone registered_address income iban documents consent",
            words=r"subsid|benefit|social|субсиді|пільг|соціальн|виплат"),
    Subject(shape=_SERVICE, keys="full_name birth_date tax_number phone email branch documents consent",
            words=r"certificate|passport|довідк|паспорт|витяг|ліцензі|licen[cs]e"),
    Subject(shape=_SERVICE, keys="full_name phone tax_number income amount loan_term documents consent",
            words=r"loan|credit|mortgage|кредит|позик|іпотек"),
    Subject(shape=_SERVICE, keys="full_name phone email car_plate car_model start_date payment",
            words=r"insurance|страхув|страхов"),
    Subject(shape=_FORM, keys="account_number address meter_reading date email",
            words=r"meter|utilit|показник|показан|лічильник|комунальн"),
    Subject(shape=_FORM, keys="full_name phone place description photo consent",
            words=r"complaint|pothole|petition|скарг|звернен|петиці|пам'ятк|ям[аиу]\b"),
    Subject(shape=_FORM, keys="name email subject priority description photo",
            words=r"support|ticket|bug|incident|issue|helpdesk|підтримк|інцидент|заявк[аиу] в (?:іт|it)|поломк|"
                  r"несправн"),
    Subject(shape=_FORM, keys="full_name email phone ticket_type participation comment consent",
            words=r"event|webinar|conference|marathon|course|workshop|training|поді[яїю]|вебінар|конференці|марафон|"
                  r"курс|тренінг|захід|змаган|гурт"),
    Subject(shape=_FORM, keys="name email newsletter",
            words=r"newsletter|subscri|розсилк|підписк"),
    Subject(shape=_FORM, keys="name email phone password password_repeat consent",
            words=r"sign[- ]?up|account|regist|member|акаунт|облікового? запис|реєстраці|членств"),
    Subject(shape=_FORM, keys="name phone service visit_at comment",
            words=r"appointment|booking|reserv|запис|бронюв|резерв"),
    Subject(shape=_FORM, keys="name email subject message",
            words=r"contact|message|контакт|зворотн|зв'яз"),
)
# fmt: on

_SERVICE_WORDS = re.compile(
    r"permit|licen[cs]e|regist(?:er|ration)|application for|apply for|certificate|subsid|benefit|"
    r"дозв(?:іл|ол)|реєстраці|заяв[аиук]|довідк|субсиді|пільг|ліцензі|витяг|соціальн|паспорт",
)
DEFAULT_SUBJECT = Subject(shape=_FORM, words="", keys="name email comment")


def find_subject(heading: str, *, text: str) -> Subject:
    """Find the subject by the heading, then by the whole ``text``; an ordinary contact form otherwise."""
    lowered = plain(heading)
    table = _TABLE_WORDS.search(lowered)
    if table and not _FORM_WORDS.search(lowered[: table.start()]) and not _FORM_ITSELF.search(lowered):
        return _match(_TABLES, lowered) or DEFAULT_SUBJECT
    return _match(_SUBJECTS, lowered) or _match(_SUBJECTS[1:], plain(text)) or DEFAULT_SUBJECT


def is_service(heading: str) -> bool:
    """Tell whether the heading asks for a service, which people want explained before they start."""
    return _SERVICE_WORDS.search(plain(heading)) is not None


def _match(subjects: tuple[Subject, ...], lowered: str) -> Subject | None:
    """Give the first subject whose words stand in the text."""
    return next((subject for subject in subjects if re.search(rf"(?<!\w)(?:{subject.words})", lowered)), None)
