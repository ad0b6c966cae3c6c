"""Why a scope is entitled as it is: its rows, each with every source that gives of it.

Source: spec, entitlements §2.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.ports import Runtime
from app.usecases.entitlements import gather_facts
from domain.catalog.model import Package
from domain.credits.model import CreditGrant
from domain.entitlements.model import Answer, CreditAnswer, ScopeAnswers, ScopeView
from domain.entitlements.resolution import contributions
from domain.entitlements.summary import Summary, summaries
from domain.ids import PackageId, ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Summarised:
    """A row with its sources; `packages` holds those that the sources name."""

    answer: Answer
    summaries: tuple[Summary, ...]
    packages: Mapping[PackageId, Package]


@dataclass(frozen=True, slots=True, kw_only=True)
class SummarisedCredits:
    """A wallet's row with its counted grants, oldest first."""

    answer: CreditAnswer
    grants: tuple[CreditGrant, ...]


async def feature_summaries(listed: ScopeAnswers, *, runtime: Runtime) -> tuple[Summarised, ...]:
    """The feature rows of a list, each with its sources."""
    view = listed.view
    if not listed.features or view.customer_id is None:
        return ()
    facts = await gather_facts(runtime, view.customer_id, await _resource_uuid(view, runtime))
    found = contributions(facts, runtime.clock())
    return tuple(
        Summarised(
            answer=answer,
            summaries=summaries(answer.feature, found.get(answer.feature.id, ())),
            packages=facts.packages,
        )
        for answer in listed.features
        if answer.feature is not None and answer.feature.id in found
    )


async def credit_summaries(
    listed: ScopeAnswers, *, runtime: Runtime
) -> tuple[SummarisedCredits, ...]:
    """The wallets' rows of a list, each with its counted grants."""
    view = listed.view
    if not listed.credits or view.customer_id is None:
        return ()
    resource_id = view.scope.resource_key
    grants = await runtime.readers.credits.counted_grants(view.customer_id, resource_id)
    return tuple(
        SummarisedCredits(
            answer=answer,
            grants=tuple(g for g in grants if answer.held and g.key == answer.held.wallet.key),
        )
        for answer in listed.credits
    )


async def _resource_uuid(view: ScopeView, runtime: Runtime) -> ResourceId | None:
    if view.scope.resource_id is None or view.customer_id is None:
        return None
    found = await runtime.readers.customers.resource(view.customer_id, view.scope.resource_id)
    return found.id if found else None
