"""What a branch system says of a task besides its kind and size: who the customer is, what was insured, where they were treated.

Drawn from a seed of its own, beside the day's: the day stays the same whatever is told of its tasks. Customers, hospitals, products and
cases come back, since that is what makes experience with them count. Plausible shares, not measured ones.
"""

import random
from dataclasses import dataclass, replace

from gateway.v1 import task_pb2
from loadtests.careers import CUSTOMERS, DAY_MS, DIALECTS, customer_of
from loadtests.catalogue import Line

PRODUCTS: dict[Line, tuple[str, ...]] = {
    Line.CLAIMS: ("medical-million", "critical-illness", "accident", "whole-life", "group-medical"),
    Line.SERVICING: ("whole-life", "annuity", "endowment", "universal-life", "critical-illness"),
    Line.UNDERWRITING: ("critical-illness", "term-life", "whole-life", "group-medical", "annuity"),
}
HOSPITALS_PER_BRANCH = 24
#: Share of the claims that come from a hospital, and of the tasks that say so much more of themselves.
HOSPITAL_SHARE = 0.8
SAME_CASE_SHARE = 0.1
BATCH_SHARE = 0.04
DIALECT_SHARE = 0.08
RESUBMITTED_SHARE = 0.05
MISSING_SHARE = 0.12
DISPUTE_SHARE = 0.005
DISASTER_SHARE = 0.003
#: Fraud alerts of claims, level 0 to 3, percent.
FRAUD_SHARES = (94.0, 4.0, 1.5, 0.5)
#: Privacy levels 1 to 3, percent; nobody of the roster may not see them.
PRIVACY_SHARES = (60, 30, 10)
#: Legal limit of a claim's decision, days.
STATUTORY_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Facts of one task. The default ones are none."""

    product: str = ""
    hospital: str = ""
    customer_id: str = ""
    case_id: str = ""
    batch_id: str = ""
    language: str = ""
    disaster_tag: str = ""
    missing_document_count: int = 0
    fraud_alert_level: int = 0
    privacy_level: int = 0
    return_count: int = 0
    resubmitted: bool = False
    dispute: bool = False
    #: Days until the law wants a decision; 0: no limit.
    statutory_days: int = 0

    def write(self, task: task_pb2.Task, now_ms: int) -> None:
        """Put the facts into a task that is sent at `now_ms`; what the task says itself stays."""
        task.product = self.product
        task.hospital = self.hospital
        task.customer_id = task.customer_id or self.customer_id
        task.case_id = task.case_id or self.case_id
        task.batch_id = self.batch_id
        task.language = self.language
        task.disaster_tag = self.disaster_tag
        task.missing_document_count = self.missing_document_count
        task.fraud_alert_level = self.fraud_alert_level
        task.privacy_level = self.privacy_level
        task.return_count = self.return_count
        task.resubmitted = self.resubmitted
        task.dispute = self.dispute
        task.statutory_due_time_ms = now_ms + self.statutory_days * DAY_MS if self.statutory_days else 0


NO_FACTS = Facts()


def draw_facts(rng: random.Random, province: str, line: Line, kind: str) -> Facts:
    """The facts of a task of a branch."""
    customer = rng.randrange(CUSTOMERS)
    facts = Facts(
        product=_skewed(rng, PRODUCTS[line]),
        customer_id=customer_of(province, customer),
        case_id=f"{province}-k{customer:04d}" if rng.random() < SAME_CASE_SHARE else "",
        batch_id=f"{kind}-{province}-{rng.randrange(20)}" if rng.random() < BATCH_SHARE else "",
        language=DIALECTS.get(province, "") if rng.random() < DIALECT_SHARE else "",
        disaster_tag="typhoon-2026-03" if rng.random() < DISASTER_SHARE else "",
        missing_document_count=rng.randint(1, 3) if rng.random() < MISSING_SHARE else 0,
        privacy_level=rng.choices((1, 2, 3), PRIVACY_SHARES)[0],
        dispute=rng.random() < DISPUTE_SHARE,
    )
    if rng.random() < RESUBMITTED_SHARE:
        # The papers have come: nothing is missing any longer.
        facts = replace(facts, resubmitted=True, return_count=rng.randint(1, 2), missing_document_count=0)
    return _of_claim(rng, facts, province) if line is Line.CLAIMS else facts


def _of_claim(rng: random.Random, facts: Facts, province: str) -> Facts:
    hospitals = tuple(f"{province}-h{number:02d}" for number in range(1, HOSPITALS_PER_BRANCH + 1))
    return replace(
        facts,
        hospital=_skewed(rng, hospitals) if rng.random() < HOSPITAL_SHARE else "",
        fraud_alert_level=rng.choices((0, 1, 2, 3), FRAUD_SHARES)[0],
        statutory_days=STATUTORY_DAYS,
    )


def _skewed(rng: random.Random, names: tuple[str, ...]) -> str:
    """One of the names, the first ones far more often: the square of an even draw."""
    return names[int(len(names) * rng.random() ** 2)]
