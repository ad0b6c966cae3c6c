"""Versions: drafts, publishing, cascades, archiving. Source: spec, catalog §4 and §12 (19-26)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalog.enums import (
    BillingModel,
    CreditCadence,
    CustomCurrencyStatus,
    FeatureStatus,
    MeterType,
    PackageStatus,
    PricingType,
    ProductStatus,
)
from domain.catalog.model import (
    CreditEntitlement,
    CreditRate,
    CustomCurrency,
    FeatureEntitlement,
    Package,
    PackageType,
)
from domain.catalog.publishing import (
    ArchiveFacts,
    Cascade,
    Lineage,
    Published,
    PublishFacts,
    archive,
    cascade,
    costs_money,
    countries_of,
    currency_ids_of,
    feature_ids_of,
    open_draft,
    open_empty_draft,
    package_not_found,
    publish,
    require_discardable,
    require_package_editable,
    require_publishable,
    unarchive,
    unpublished,
)
from domain.errors import DomainError
from domain.ids import CurrencyId, PackageId
from tests.builders import (
    NOW,
    a_feature,
    a_plan,
    a_price,
    a_product,
    an_addon,
    some_tiers,
    uid,
)

LATER = NOW + timedelta(days=1)
DRAFT = PackageStatus.DRAFT
ARCHIVED = PackageStatus.ARCHIVED
SEATS = a_feature("feature-seats")
TOKENS = CustomCurrency(
    id=CurrencyId(uid("currency:tokens")),
    currency_id="tokens",
    display_name="Tokens",
    created_at=NOW,
    updated_at=NOW,
)


def new_ids() -> Callable[[], UUID]:
    numbers = count(1)
    return lambda: UUID(int=next(numbers))


def code_of(action: Callable[[], object]) -> str | None:
    try:
        action()
    except DomainError as error:
        return error.code.value
    return None


def lineage(latest: Package, draft: Package | None = None) -> Lineage:
    rows = [p for p in (latest, draft) if p is not None]
    return Lineage(
        latest=latest,
        draft=draft if draft is not None else latest if latest.status is DRAFT else None,
        version_number_max=max(p.version_number for p in rows),
    )


PUBLISHED_V1 = a_plan("plan-pro", a_price(20))
DRAFT_V1 = replace(PUBLISHED_V1, status=DRAFT)
DRAFT_V2 = a_plan("plan-pro", a_price(25), version_number=2, is_latest=False, status=DRAFT)
ARCHIVED_V1 = replace(PUBLISHED_V1, status=ARCHIVED)

STATES = {
    "only DRAFT v1": lineage(DRAFT_V1),
    "PUBLISHED vN": lineage(PUBLISHED_V1),
    "vN + DRAFT vN+1": lineage(PUBLISHED_V1, DRAFT_V2),
    "ARCHIVED": lineage(ARCHIVED_V1),
}


def as_addon(state: Lineage) -> Lineage:
    return Lineage(
        latest=replace(state.latest, type=PackageType.Addon),
        draft=state.draft and replace(state.draft, type=PackageType.Addon),
        version_number_max=state.version_number_max,
    )


FACTS = PublishFacts(
    product=a_product(),
    features={SEATS.id: SEATS},
    currencies={TOKENS.id: TOKENS},
    compatible_addons={},
)


@pytest.mark.parametrize(
    ("state", "create", "publishing", "remove", "archiving", "archiving_addon"),
    [
        (
            "only DRAFT v1",
            "DraftAlreadyExists",
            None,
            None,
            "DraftPlanCantBeArchived",
            "DraftAddonCantBeArchived",
        ),
        ("PUBLISHED vN", None, "PackageAlreadyPublished", "IntegrityViolation", None, None),
        (
            "vN + DRAFT vN+1",
            "DraftAlreadyExists",
            None,
            None,
            "DraftPlanCantBeArchived",
            "AddonWithDraftCannotBeDeletedError",
        ),
        (
            "ARCHIVED",
            "EntityIsArchivedError",
            "EntityIsArchivedError",
            "IntegrityViolation",
            None,
            None,
        ),
    ],
)
def test_the_table_of_states(
    state: str,
    create: str | None,
    publishing: str | None,
    remove: str | None,
    archiving: str | None,
    archiving_addon: str | None,
) -> None:
    found = STATES[state]
    to_publish = found.draft or found.latest
    assert code_of(lambda: open_draft(found, new_id=new_ids(), now=LATER)) == create
    assert code_of(lambda: require_publishable(to_publish, FACTS)) == publishing
    assert code_of(lambda: require_discardable(found)) == remove
    assert code_of(lambda: archive(found, ArchiveFacts(), now=LATER)) == archiving
    assert code_of(lambda: archive(as_addon(found), ArchiveFacts(), now=LATER)) == archiving_addon


def test_a_draft_is_a_deep_copy_with_new_ids() -> None:
    plan = a_plan(
        "plan-pro",
        a_price(20),
        entitlements=(
            FeatureEntitlement(id=uid("e"), feature_id=SEATS.id, created_at=NOW, updated_at=NOW),
        ),
        lineage_created_at=NOW,
    )
    draft = open_draft(lineage(plan), new_id=new_ids(), now=LATER)
    assert (draft.version_number, draft.is_latest, draft.status) == (2, False, DRAFT)
    assert (draft.created_at, draft.first_created_at) == (LATER, NOW)
    ids = {draft.id, draft.prices[0].id, draft.entitlements[0].id}
    assert len(ids) == 3
    assert not ids & {plan.id, plan.prices[0].id, plan.entitlements[0].id}
    assert draft.prices[0].package_id == draft.id
    assert replace(draft.prices[0], id=plan.prices[0].id, package_id=None) == plan.prices[0]
    assert replace(draft.entitlements[0], id=uid("e")) == plan.entitlements[0]


def test_an_empty_draft_keeps_only_the_name() -> None:
    plan = a_plan("plan-pro", a_price(20), compatible_addon_ref_ids=("addon-support",))
    draft = open_empty_draft(lineage(plan), new_id=new_ids(), now=LATER)
    assert (draft.prices, draft.entitlements, draft.compatible_addon_ref_ids) == ((), (), ())
    assert (draft.display_name, draft.pricing_type) == ("plan-pro", PricingType.PAID)


def test_rollback_copies_the_named_version() -> None:
    v2 = a_plan("plan-pro", a_price(25), version_number=2)
    draft = open_draft(lineage(v2), content=PUBLISHED_V1, new_id=new_ids(), now=LATER)
    assert draft.version_number == 3
    assert draft.prices[0].amount == 20


def test_only_drafts_are_editable() -> None:
    assert code_of(lambda: require_package_editable(DRAFT_V1)) is None
    refused = code_of(lambda: require_package_editable(PUBLISHED_V1))
    assert refused == "CannotEditPackageInNonDraftMode"


# --- checks -----------------------------------------------------------------------------------


def publishing(package: Package, **facts: Any) -> str | None:
    return code_of(lambda: require_publishable(package, replace(FACTS, **facts)))


def offered(addon: Package, plan: Package = DRAFT_V1) -> str | None:
    plan = replace(plan, compatible_addon_ref_ids=(addon.ref_id,))
    return publishing(plan, compatible_addons={addon.ref_id: addon})


SUPPORT = an_addon("addon-support", a_price(15))
FREE_DRAFT = a_plan("plan-free", status=DRAFT)


def test_the_product_must_be_live() -> None:
    archived = a_product(status=ProductStatus.ARCHIVED)
    assert publishing(DRAFT_V1, product=archived) == "ProductNotPublishedError"


def test_a_pricing_type_must_be_set() -> None:
    unpriced = a_plan("plan-x", status=DRAFT, pricing_type=None)
    with pytest.raises(DomainError) as refused:
        require_publishable(unpriced, FACTS)
    assert refused.value.code.value == "PackagePricingTypeNotSet"
    assert refused.value.details == {"refId": "plan-x"}


def test_paid_packages_have_a_price() -> None:
    bare = a_plan("plan-x", status=DRAFT, pricing_type=PricingType.PAID)
    assert publishing(bare) == "PriceNotFound"
    assert publishing(replace(bare, type=PackageType.Addon)) == "AddonHasToHavePriceError"
    rated = a_plan(
        "plan-x",
        a_price(model=BillingModel.CREDIT_BASED, feature="feature-seats"),
        status=DRAFT,
        pricing_type=PricingType.PAID,
    )
    assert publishing(rated) == "PriceNotFound"


def test_nothing_archived_is_published() -> None:
    seats = a_plan(
        "plan-x", a_price(1, model=BillingModel.PER_UNIT, feature="feature-seats"), status=DRAFT
    )
    suspended = replace(SEATS, feature_status=FeatureStatus.SUSPENDED)
    assert publishing(seats) is None
    assert publishing(seats, features={SEATS.id: suspended}) == "EntityIsArchivedError"
    assert publishing(seats, features={}) == "EntityIsArchivedError"
    credits = CreditEntitlement(
        id=uid("c"),
        currency_id=TOKENS.id,
        amount=Decimal(1),
        cadence=CreditCadence.MONTH,
        created_at=NOW,
        updated_at=NOW,
    )
    giving = replace(FREE_DRAFT, entitlements=(credits,))
    archived = replace(TOKENS, status=CustomCurrencyStatus.ARCHIVED)
    assert publishing(giving) is None
    assert publishing(giving, currencies={TOKENS.id: archived}) == "EntityIsArchivedError"
    assert publishing(giving, currencies={}) == "EntityIsArchivedError"


def test_the_base_plan_must_be_published_and_no_circle() -> None:
    base = a_plan("plan-base")
    child = replace(DRAFT_V1, parent_plan_id=base.id)
    assert publishing(child, base_plan=replace(base, status=DRAFT)) == (
        "PlanCannotBePublishWhenBasePlanIsDraft"
    )
    assert publishing(child, base_plan=base, ancestors={base.id: base}) is None
    other = a_plan("plan-pro", version_number=7)
    turned = replace(base, parent_plan_id=other.id)
    assert publishing(child, base_plan=turned, ancestors={other.id: other}) == (
        "PlansCircularDependencyError"
    )
    assert publishing(child, base_plan=other) == "PlansCircularDependencyError"


def test_compatible_addons_must_be_published() -> None:
    code = "PlanCannotBePublishWhenCompatibleAddonIsDraft"
    assert offered(SUPPORT) is None
    assert offered(replace(SUPPORT, status=DRAFT)) == code
    assert offered(replace(SUPPORT, status=ARCHIVED)) == code
    gone = replace(DRAFT_V1, compatible_addon_ref_ids=("addon-gone",))
    assert publishing(gone) == code


def test_custom_addons_are_for_custom_plans() -> None:
    custom = an_addon("addon-custom", pricing_type=PricingType.CUSTOM)
    assert offered(custom) == "BadUserInput"
    assert offered(custom, replace(FREE_DRAFT, pricing_type=PricingType.CUSTOM)) is None


def test_free_plans_offer_addons_without_a_price_above_zero() -> None:
    assert offered(SUPPORT, FREE_DRAFT) == "BadUserInput"
    assert offered(an_addon("addon-free", a_price(0)), FREE_DRAFT) is None
    tiered = an_addon(
        "addon-tiered",
        a_price(model=BillingModel.PER_UNIT, feature="feature-seats", tiers=((None, None, 5),)),
    )
    assert offered(tiered, FREE_DRAFT) == "BadUserInput"


def test_each_country_of_the_plan_is_on_its_paid_addons() -> None:
    plan = a_plan("plan-pro", a_price(20), a_price(900, billing_country_code="IN"), status=DRAFT)
    assert offered(SUPPORT, plan) == "BadUserInput"
    local = an_addon("addon-support", a_price(15), a_price(700, billing_country_code="IN"))
    assert offered(local, plan) is None
    assert offered(an_addon("addon-free"), plan) is None


def test_the_checks_come_in_the_documented_order() -> None:
    wrong = a_plan(
        "plan-x",
        status=DRAFT,
        pricing_type=None,
        parent_plan_id=uid("base"),
        compatible_addon_ref_ids=("addon-gone",),
    )
    archived = a_product(status=ProductStatus.ARCHIVED)
    assert publishing(wrong, product=archived) == "ProductNotPublishedError"
    assert publishing(wrong) == "PackagePricingTypeNotSet"
    base = a_plan("plan-base", status=DRAFT)
    free = replace(wrong, pricing_type=PricingType.FREE)
    assert publishing(free, base_plan=base) == "PlanCannotBePublishWhenBasePlanIsDraft"
    live = replace(base, status=PackageStatus.PUBLISHED)
    assert publishing(free, base_plan=live) == "PlanCannotBePublishWhenCompatibleAddonIsDraft"


def test_everything_that_a_package_names_is_found() -> None:
    rate = CreditRate(amount=Decimal(1), currency_id=TOKENS.id)
    other = a_feature("feature-calls", meter_type=MeterType.Incremental)
    plan = a_plan(
        "plan-x",
        a_price(1, model=BillingModel.PER_UNIT, feature="feature-seats"),
        a_price(model=BillingModel.CREDIT_BASED, feature="feature-calls", credit_rate=rate),
        a_price(2, model=BillingModel.PER_UNIT, top_up_currency_id=uid("gold")),
        entitlements=(
            FeatureEntitlement(
                id=uid("e"),
                feature_id=SEATS.id,
                dependency_feature_id=other.id,
                created_at=NOW,
                updated_at=NOW,
            ),
        ),
    )
    assert feature_ids_of(plan) == (SEATS.id, other.id)
    assert set(currency_ids_of(plan)) == {TOKENS.id, uid("gold")}
    assert costs_money(plan)
    assert not costs_money(a_plan("plan-free"))
    assert countries_of(plan) == frozenset()
    assert some_tiers() == ()


# --- publishing and its cascade -----------------------------------------------------------------


def test_the_first_publish_makes_the_draft_the_version() -> None:
    found = publish(DRAFT_V1, latest=DRAFT_V1, now=LATER)
    assert found.superseded is None
    assert found.package == replace(PUBLISHED_V1, updated_at=LATER)


def test_a_later_publish_supersedes_without_changing_content() -> None:
    found = publish(DRAFT_V2, latest=PUBLISHED_V1, now=LATER)
    assert (found.package.is_latest, found.package.status) == (True, PackageStatus.PUBLISHED)
    assert found.superseded == replace(PUBLISHED_V1, is_latest=False)
    assert found.superseded.status is PackageStatus.PUBLISHED


def test_a_first_publish_cascades_nowhere() -> None:
    found = publish(DRAFT_V1, latest=DRAFT_V1, now=LATER)
    child = a_plan("plan-child", parent_plan_id=DRAFT_V1.id)
    assert cascade(found, plans=[child], new_id=new_ids(), now=LATER) == Cascade()


def test_children_follow_their_base_transitively() -> None:
    child = a_plan("plan-child", parent_plan_id=PUBLISHED_V1.id)
    grandchild = a_plan("plan-grandchild", parent_plan_id=child.id)
    stranger = a_plan("plan-stranger")
    archived = a_plan("plan-old", parent_plan_id=PUBLISHED_V1.id, status=ARCHIVED)
    found = cascade(
        publish(DRAFT_V2, latest=PUBLISHED_V1, now=LATER),
        plans=[grandchild, child, stranger, archived, PUBLISHED_V1],
        new_id=new_ids(),
        now=LATER,
    )
    assert [(p.ref_id, p.version_number) for p in found.versions] == [
        ("plan-child", 2),
        ("plan-grandchild", 2),
    ]
    assert found.versions[0].parent_plan_id == DRAFT_V2.id
    assert found.versions[1].parent_plan_id == found.versions[0].id
    assert all(p.is_latest and p.status is PackageStatus.PUBLISHED for p in found.versions)
    assert found.superseded == (
        replace(child, is_latest=False),
        replace(grandchild, is_latest=False),
    )
    assert found.drafts == ()


def test_open_drafts_are_repointed_and_move_up() -> None:
    child = a_plan("plan-child", parent_plan_id=PUBLISHED_V1.id)
    draft = replace(
        child, id=PackageId(uid("child draft")), version_number=2, is_latest=False, status=DRAFT
    )
    young = a_plan("plan-young", parent_plan_id=PUBLISHED_V1.id, status=DRAFT)
    free = a_plan("plan-alone", status=DRAFT)
    orphan = replace(draft, parent_plan_id=None)
    published = publish(DRAFT_V2, latest=PUBLISHED_V1, now=LATER)
    found = cascade(published, plans=[child, draft, young, free], new_id=new_ids(), now=LATER)
    assert [v.version_number for v in found.versions] == [2]
    moved = {p.ref_id: p for p in found.drafts}
    assert set(moved) == {"plan-child", "plan-young"}
    assert moved["plan-child"].version_number == 3
    assert moved["plan-child"].parent_plan_id == DRAFT_V2.id
    assert (moved["plan-young"].version_number, moved["plan-young"].parent_plan_id) == (
        1,
        DRAFT_V2.id,
    )
    alone = cascade(published, plans=[child, orphan], new_id=new_ids(), now=LATER)
    [detached] = alone.drafts
    assert (detached.parent_plan_id, detached.version_number) == (None, 3)


@given(st.lists(st.sampled_from(["draft", "edit", "publish", "rollback"]), max_size=25))
def test_a_published_version_never_changes(steps: list[str]) -> None:
    new_id = new_ids()
    latest, draft = PUBLISHED_V1, None
    published: dict[UUID, Package] = {PUBLISHED_V1.id: PUBLISHED_V1}
    for step in steps:
        state = lineage(latest, draft)
        if step == "draft" and draft is None:
            draft = open_draft(state, new_id=new_id, now=LATER)
        elif step == "rollback" and draft is None:
            oldest = min(published.values(), key=lambda p: p.version_number)
            draft = open_draft(state, content=oldest, new_id=new_id, now=LATER)
        elif step == "edit" and draft is not None:
            draft = replace(draft, display_name=f"v{draft.version_number}", prices=())
        elif step == "publish" and draft is not None:
            found: Published = publish(draft, latest=latest, now=LATER)
            before = published[latest.id]
            assert found.superseded == replace(before, is_latest=False)
            published[latest.id] = found.superseded
            published[found.package.id] = found.package
            latest, draft = found.package, None
    assert [p.version_number for p in published.values()] == list(range(1, len(published) + 1))
    assert [p for p in published.values() if p.is_latest] == [latest]
    assert replace(published[PUBLISHED_V1.id], is_latest=True) == PUBLISHED_V1


# --- archiving ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (
            ArchiveFacts(start_plan_of={"p"}, downgrade_plan_of={"p"}, child_plans={"c"}),
            "PlanIsUsedAsDefaultStartPlan",
        ),
        (ArchiveFacts(downgrade_plan_of={"p"}, child_plans={"c"}), "PlanIsUsedAsDowngradePlan"),
        (ArchiveFacts(child_plans={"c"}), "PlanWithChildCantBeDeleted"),
        (
            ArchiveFacts(compatible_plans={"p"}, compatible_groups={"g"}),
            "AddonIsCompatibleWithPlan",
        ),
        (ArchiveFacts(compatible_groups={"g"}), "AddonIsCompatibleWithGroup"),
    ],
)
def test_what_is_used_is_not_archived(facts: ArchiveFacts, code: str) -> None:
    assert code_of(lambda: archive(lineage(PUBLISHED_V1), facts, now=LATER)) == code


def test_archiving_twice_and_back_changes_nothing() -> None:
    archived = archive(lineage(PUBLISHED_V1), ArchiveFacts(), now=LATER)
    assert archived.status is ARCHIVED
    assert archive(lineage(archived), ArchiveFacts(child_plans={"c"}), now=LATER) == archived
    live = unarchive(archived, now=LATER)
    assert live.status is PackageStatus.PUBLISHED
    assert unarchive(live, now=NOW) is live


def test_what_is_not_published_is_named() -> None:
    refused = unpublished(PackageType.Plan, ["plan-pro"])
    assert refused.code.value == "UnPublishedPackage"
    assert refused.details == {
        "nonPublishedPackageIds": ["plan-pro"],
        "packageType": "Plan",
    }


def test_unknown_packages_are_named_by_their_kind() -> None:
    codes = [package_not_found(kind, "x").code.value for kind in PackageType]
    assert codes == ["PlanNotFound", "AddonNotFound"]
