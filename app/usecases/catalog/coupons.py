"""Operations on coupons. Source: spec, catalog §7."""

from __future__ import annotations

from app.ports import Runtime, UnitOfWork
from app.usecases.catalog.events import coupon_event
from domain.catalog.coupons import (
    CouponChanges,
    NewCoupon,
    archive_coupon,
    change_coupon,
    coupon_not_found,
    create_coupon,
)
from domain.catalog.model import Coupon
from domain.ids import CouponId


async def create(new: NewCoupon, *, runtime: Runtime) -> Coupon:
    """Make a coupon; a taken refId raises DuplicatedEntityNotAllowed."""
    coupon = create_coupon(new, id=CouponId(runtime.ids.new_uuid()), now=runtime.clock())
    async with runtime.new_unit_of_work() as work:
        await work.coupons.add(coupon)
        work.publish(coupon_event("CREATED", coupon))
        await work.commit()
    return coupon


async def update(identifier: str, changes: CouponChanges, *, runtime: Runtime) -> Coupon:
    """Change name, description or metadata; raises CouponNotFound."""
    async with runtime.new_unit_of_work() as work:
        coupon = await _get(identifier, work=work)
        changed = change_coupon(coupon, changes, now=runtime.clock())
        await work.coupons.save(changed)
        work.publish(coupon_event("UPDATED", changed, coupon))
        await work.commit()
    return changed


async def archive(identifier: str, *, runtime: Runtime) -> Coupon:
    """Archive a coupon for good."""
    async with runtime.new_unit_of_work() as work:
        coupon = await _get(identifier, work=work)
        archived = archive_coupon(coupon, now=runtime.clock())
        if archived is not coupon:
            await work.coupons.save(archived)
            work.publish(coupon_event("ARCHIVED", archived, coupon))
            await work.commit()
    return archived


async def _get(identifier: str, *, work: UnitOfWork) -> Coupon:
    coupon = await work.coupons.lock(identifier)
    if coupon is None:
        raise coupon_not_found(identifier)
    return coupon
