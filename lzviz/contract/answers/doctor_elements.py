"""Each element of a batch or clip by itself: which one is ill, and with what."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lzviz.contract.answers import doctor
from lzviz.contract.decoding import check_wanted
from lzviz.contract.messages import doctor as messages

if TYPE_CHECKING:
    from lzviz.contract.workshop import Workshop

SECONDS = 8.0
"""Processor seconds after which no further element is looked at while a page waits."""
VERDICTS = ("fault", "warning", "ok")


def diagnosed(workshop: Workshop, question: messages.AskElements) -> messages.Elements:
    given, beside = doctor.subject(workshop, question)
    count, until, told = given.elements, time.thread_time() + SECONDS, []
    for element in range(count):
        check_wanted()
        if told and time.thread_time() > until:
            break
        found = doctor.looked(question, *doctor.element_of(given, beside, element)).diagnosis
        worst = next((f for f in found.findings if f.verdict in ("fault", "warning")), None)
        told.append(
            {"element": element, "verdict": worst.verdict if worst else "ok", "check": worst.check if worst else ""}
        )
    told.sort(key=lambda line: VERDICTS.index(line["verdict"]))
    return messages.Elements.model_validate({"count": count, "elements": told})
