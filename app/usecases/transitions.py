"""Running what the clock made due: by the worker, by the test clock, and before any operation.

Each job acts at its own due instant, in the order of spec, subscriptions §15.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from app.ports import Runtime
from app.usecases.subscriptions.billing import (
    bill_monthly_overage,
    collect,
    has_method,
    void_unpaid_update,
    with_cut_usage,
)
from app.usecases.subscriptions.book import Book, open_book
from app.usecases.subscriptions.endings import follow_replaced, take_ending
from app.usecases.subscriptions.gather import held_content, provision_facts
from domain.catalog.enums import PricingType
from domain.customers.model import CustomerResource
from domain.errors import Conflict, DomainError, ErrorCode
from domain.ids import CustomerId
from domain.subscriptions.charges import Terms
from domain.subscriptions.due import Due, Job, earliest
from domain.subscriptions.enums import (
    PaymentCollectionMethod,
    ScheduleStrategy,
    SubscriptionScheduleStatus,
)
from domain.subscriptions.execution import (
    content_of,
    due_updates,
    marked,
    plan_change_due,
    renewal_result,
    start_due,
    updates_due,
)
from domain.subscriptions.facts import ContentFacts, ProvisionFacts
from domain.subscriptions.lifecycle import UPDATED, Told
from domain.subscriptions.model import ScheduledUpdate, Subscription
from domain.subscriptions.provisioning import Provisioning, decide, settle
from domain.subscriptions.replacement import Decision, takes_over
from domain.subscriptions.request import ContentRequest, ProvisionRequest
from domain.subscriptions.succession import successor_of
from domain.subscriptions.transitions import (
    Step,
    cancel_due,
    coupons_due,
    end_due,
    end_trial,
    expire_pending,
    month_ends_soon,
    renew,
    trial_ends_soon,
)

log = logging.getLogger("plangate.transitions")

CUSTOMERS_PER_BATCH = 100


async def run_due_transitions(runtime: Runtime, until: datetime) -> int:
    """Let happen everything due by `until` in the environment; how many customers it touched.

    One transaction a customer; one that another operation holds for too long waits for the next
    run. One that fails holds up nobody else: the others come first, then the failure is raised.
    """
    touched = 0
    failed: Exception | None = None
    seen: set[CustomerId] = set()
    while True:
        due = await runtime.readers.subscriptions.customers_due(
            until, limit=CUSTOMERS_PER_BATCH, excluding=seen
        )
        if not due:
            break
        for customer_id in due:
            seen.add(customer_id)
            try:
                touched += await _settle_customer(runtime, customer_id, until=until)
            except Exception as error:
                log.exception("what is due for customer %s failed", customer_id)
                failed = failed or error
    if failed is not None:
        raise failed
    return touched


async def catch_up(runtime: Runtime, customer_ids: Iterable[CustomerId]) -> None:
    """Let happen what is due for these customers by now, on behalf of somebody who only looks.

    What cannot be done is left to the worker.
    """
    for customer_id in sorted(customer_ids):
        try:
            await _settle_customer(runtime, customer_id, until=runtime.clock())
        except Exception:
            log.exception("what is due for customer %s failed", customer_id)


async def _settle_customer(runtime: Runtime, customer_id: CustomerId, *, until: datetime) -> bool:
    """Bring one customer up to `until`; False if somebody held it for too long."""
    async with runtime.new_unit_of_work() as work:
        customers = await work.customers.by_ids([customer_id])
        try:
            book = await open_book(work, runtime, customers[customer_id], now=until, settle=False)
        except Conflict as held:
            if held.code is not ErrorCode.ObjectAlreadyBeingUsedByAnotherRequestError:
                raise
            return False
        await settle_due(book, until=until)
        await book.close()
        await work.commit()
    return True


async def settle_due(book: Book, *, until: datetime) -> None:
    """Bring a book up to `until`, job by job; nothing is written before the book is closed."""
    while (due := earliest(book.all, until=until)) is not None:
        await _run(book, due)


async def _run(book: Book, due: Due) -> None:  # noqa: C901  # one case a job
    one, at = due.subscription, due.at
    match due.job:
        case Job.EXPIRE_PENDING:
            await take_ending(book, one, expire_pending(one, at=at), at=at)
            await void_unpaid_update(book, one)
        case Job.CANCEL_DUE:
            await _cancel(book, one, at=at)
        case Job.END_DUE:
            await take_ending(book, one, end_due(one, at=at), at=at)
        case Job.END_TRIALS:
            await _end_trial(book, one, at=at)
        case Job.APPLY_UPDATES:
            await _apply_updates(book, one, at=at)
        case Job.START_DUE:
            await _start(book, one, at=at)
        case Job.EXPIRE_COUPONS:
            book.take(coupons_due(one, at=at), at=at)
        case Job.RENEW:
            terms = await terms_in(book)
            await _finish(book, renew(one, terms, at=at), at=at, key=f"renew:{one.id}:{at}")
        case Job.TRIAL_ENDS_SOON:
            book.take(trial_ends_soon(one), at=at)
        case Job.MONTH_ENDS_SOON:
            await book.load_packages([one.plan_id, *(addon.addon_id for addon in one.addons)])
            book.take(month_ends_soon(one), at=at)
        case Job.OVERAGE_DUE:
            await bill_monthly_overage(book, one, at=at)


async def terms_in(book: Book) -> Terms:
    """What prices a transition: the customer's coupon, the account's behaviour."""
    await book.load_customer_coupon()
    return Terms(customer_coupon=book.customer_coupon, proration=book.settings.proration)


async def _finish(book: Book, step: Step, *, at: datetime, key: str) -> Decision:
    """Collect what a step charges and take what it comes to, with what follows from it."""
    before = {one.id: one for one in book.all}
    new, charged = step.subscription, step.charged
    replaced = next((one for one in step.replaces if takes_over(one, new)), None)
    old = replaced or before.get(new.id)
    if old is not None:
        terms = await terms_in(book)
        charged = await with_cut_usage(book, charged, new, old=old, terms=terms, at=at)
    result = await collect(book, new, charged, taken_over=replaced, at=at, key=key)
    decision = step.finish(result, charged)
    book.take(decision, at=at)
    await follow_replaced(book, before, decision, at=at)
    return decision


async def _cancel(book: Book, one: Subscription, *, at: datetime) -> None:
    product = await book.product(one.product_id)
    successor = successor_of(one, book.all, product=product, at=at)
    if successor is not None:
        await _start(book, successor, at=at)
        return
    ended = cancel_due(one, at=at)
    action = one.due_cancellation.action if one.due_cancellation is not None else None
    if action is None:
        await take_ending(book, one, ended.decision, at=at, credit=ended.credit)
    else:
        await take_ending(book, one, ended.decision, at=at, credit=ended.credit, action=action)


async def _end_trial(book: Book, one: Subscription, *, at: datetime) -> None:
    product = await book.product(one.product_id)
    payer = await book.payer_of(one)
    charges = (
        one.pricing_type is PricingType.PAID
        and one.payment_collection_method is PaymentCollectionMethod.CHARGE
    )
    step = end_trial(
        one,
        book.all,
        at=at,
        product=product,
        terms=await terms_in(book),
        can_pay=not charges or has_method(book, payer),
    )
    await _finish(book, step, at=at, key=f"convert:{one.id}")


async def _start(book: Book, one: Subscription, *, at: datetime) -> None:
    """Begin on the latest versions, or on the announced ones if the latest cannot take it."""
    terms = await terms_in(book)
    try:
        latest = await held_content(book, one, ContentRequest(), latest=True)
        step = start_due(one, await facts_at(book, one, latest, at), terms)
    except DomainError:
        held = await held_content(book, one, ContentRequest())
        step = start_due(one, await facts_at(book, one, held, at), terms)
    await _finish(book, step, at=at, key=f"start:{one.id}")


async def facts_at(
    book: Book, one: Subscription, content: ContentFacts, at: datetime
) -> ProvisionFacts:
    """Facts around an existing subscription at a due instant."""
    resource = await _resource(book, one)
    return ProvisionFacts(
        now=at,
        customer=book.customer,
        product=await book.product(one.product_id),
        resource=resource,
        content=content,
        subscriptions=tuple(other for other in book.all if other.id != one.id),
        packages=book.packages,
        customer_coupon=book.customer_coupon,
        settings=book.settings,
        new_id=book.runtime.ids.new_uuid,
        ref_id=one.ref_id,
    )


async def _resource(book: Book, one: Subscription) -> CustomerResource | None:
    if one.resource_id is None:
        return None
    if one.resource_id not in book.resources:
        book.resources |= await book.work.customers.resources_by_ids([one.resource_id])
    return book.resources[one.resource_id]


async def _apply_updates(book: Book, one: Subscription, *, at: datetime) -> None:
    updates = due_updates(one, at=at)
    for update in updates:
        if update.change is not None and update.change.provision is not None:
            await _change_plan(book, one, update, at=at)
            return
    try:
        step = await _parts_step(book, one, updates, at=at)
    except DomainError:
        _fail(book, one, updates, at=at)
        return
    await _finish(book, step, at=at, key=f"update:{one.id}:{at}")


async def after_updates(book: Book, one: Subscription, *, at: datetime) -> Subscription:
    """What of a subscription remains at `at` once its scheduled updates have happened.

    A deferred plan change gives the new record. Decides only; nothing is charged or taken. What
    the catalogue no longer allows will fail: it changes nothing.
    """
    updates = due_updates(one, at=at)
    if not updates:
        return one
    try:
        for update in updates:
            if update.change is not None and update.change.provision is not None:
                return (await _plan_step(book, one, update, at=at))[0].new
        return (await _parts_step(book, one, updates, at=at)).subscription
    except DomainError:
        return one


async def _parts_step(
    book: Book, one: Subscription, updates: tuple[ScheduledUpdate, ...], *, at: datetime
) -> Step:
    migrates = any(update.change and update.change.migrates for update in updates)
    content = await held_content(book, one, content_of(updates), latest=migrates)
    facts = await facts_at(book, one, content, at)
    return updates_due(one, facts, await terms_in(book))


def _fail(
    book: Book, one: Subscription, updates: tuple[ScheduledUpdate, ...], *, at: datetime
) -> None:
    """What the catalogue no longer allows is Failed: it must not be tried for ever."""
    failed = replace(marked(one, updates, SubscriptionScheduleStatus.Failed), updated_at=at)
    told = (Told(type=UPDATED, subscription=failed),)
    book.take(Decision(subscription=failed, changed=(failed,), told=told), at=at)


async def _change_plan(
    book: Book, one: Subscription, update: ScheduledUpdate, *, at: datetime
) -> None:
    """A deferred plan change: the new record, charged as a renewal, whatever the charge does."""
    try:
        provisioning, facts, request = await _plan_step(book, one, update, at=at)
    except DomainError:
        _fail(book, one, (update,), at=at)
        return
    new, terms = provisioning.new, await terms_in(book)
    charged = await with_cut_usage(book, provisioning.charged, new, old=one, terms=terms, at=at)
    provisioning = replace(provisioning, charged=charged)
    result = await collect(
        book,
        new,
        charged,
        billing=request.billing,
        taken_over=one,
        at=at,
        key=f"plan:{update.id}",
    )
    decision = renewal_result(settle(provisioning, facts, result=None), result)
    before = {other.id: other for other in book.all}
    book.take(decision, at=at)
    await follow_replaced(book, before, decision, at=at)


async def _plan_step(
    book: Book, one: Subscription, update: ScheduledUpdate, *, at: datetime
) -> tuple[Provisioning, ProvisionFacts, ProvisionRequest]:
    assert update.change is not None
    asked = update.change.provision
    assert asked is not None
    request = replace(asked, schedule_strategy=ScheduleStrategy.IMMEDIATE, start_date=at)
    if asked.ref_id is not None and await book.work.subscriptions.by_ref_ids([asked.ref_id]):
        request = replace(request, ref_id=None)  # somebody has taken it meanwhile
    facts = await provision_facts(book, request, executed_at=at)
    provisioning = plan_change_due(one, update, decide(request, facts), await terms_in(book))
    return provisioning, facts, request
