"""Why a scope is entitled as it is: its rows, each with every source that gives of it.

Source: spec, entitlements §2.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.ports import Runtime
from app.usecases.entitlements import gather_facts
from domain.catalog.model import Package
from domain.credits.model import CreditGrant
from domain.credits.origins import Origin, origin_of
from domain.entitlements.model import Answer, CreditAnswer, ScopeAnswers, ScopeView
from domain.entitlements.resolution import Facts, contributions
from domain.entitlements.summary import Summary, summaries
from domain.ids import PackageId, ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Summarised:
    """A row with its sources; `packages` holds those that the sources name."""

    answer: Answer
    summaries: tuple[Summary, ...]
    packages: Mapping[PackageId, Package]


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantSummary:
    """A counted grant; a recurring one with where it comes from, and the row it depends on."""

    grant: CreditGrant
    origin: Origin | None = None
    dependency: Answer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SummarisedCredits:
    """A wallet's row with its counted grants, oldest first."""

    answer: CreditAnswer
    grants: tuple[GrantSummary, ...]


async def facts_behind(listed: ScopeAnswers, *, runtime: Runtime) -> Facts:
    """What the rows of a list come from."""
    view = listed.view
    if view.customer_id is None or not (listed.features or listed.credits):
        return Facts(packages={}, features={})
    return await gather_facts(runtime, view.customer_id, await _resource_uuid(view, runtime))


def feature_summaries(
    listed: ScopeAnswers, facts: Facts, *, now: datetime
) -> tuple[Summarised, ...]:
    """The feature rows of a list, each with its sources."""
    found = contributions(facts, now)
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
    listed: ScopeAnswers, facts: Facts, *, runtime: Runtime
) -> tuple[SummarisedCredits, ...]:
    """The wallets' rows of a list, each with its counted grants."""
    view = listed.view
    if view.customer_id is None or not listed.credits:
        return ()
    resource_id = view.scope.resource_key
    grants = await runtime.readers.credits.counted_grants(view.customer_id, resource_id)
    return tuple(
        SummarisedCredits(
            answer=answer,
            grants=tuple(
                _grant_summary(grant, listed, facts)
                for grant in grants
                if answer.held is not None and grant.key == answer.held.wallet.key
            ),
        )
        for answer in listed.credits
    )


def _grant_summary(grant: CreditGrant, listed: ScopeAnswers, facts: Facts) -> GrantSummary:
    subscription = next((s for s in facts.subscriptions if s.id == grant.subscription_id), None)
    if subscription is None:
        return GrantSummary(grant=grant)
    origin = origin_of(grant, subscription, facts.packages)
    needed = origin.dependency_feature_id
    dependency = (a for a in listed.features if a.feature and a.feature.id == needed)
    return GrantSummary(grant=grant, origin=origin, dependency=next(dependency, None))


async def _resource_uuid(view: ScopeView, runtime: Runtime) -> ResourceId | None:
    if view.scope.resource_id is None or view.customer_id is None:
        return None
    found = await runtime.readers.customers.resource(view.customer_id, view.scope.resource_id)
    return found.id if found else None
