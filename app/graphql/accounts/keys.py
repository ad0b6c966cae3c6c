"""Lists of API keys, and who sees their tokens. Source: spec, platform §1."""

from collections.abc import Sequence

from app.graphql.accounts.inputs import ApiKeyExpirationFilterInput, GetApiKeysInput
from app.graphql.accounts.listing import ApiKeyConnection, ApiKeyFilter, ApiKeySort
from app.graphql.accounts.mapping import key_to_graphql
from app.graphql.accounts.types import ApiKey
from app.graphql.context import Info
from app.graphql.filtering import predicate_of
from app.graphql.given import given, runtime_for
from app.graphql.paging import is_selected, orders_of, page_request, to_connection
from domain.accounts.enums import ApiKeyType
from domain.listing import (
    NEWEST_FIRST,
    PAGE_SIZE_MAX,
    And,
    Compare,
    ListQuery,
    Operator,
    Or,
    PageRequest,
    Predicate,
)


def sees_tokens(info: Info) -> bool:
    """Whole tokens are for server keys; others see prefix and last four characters."""
    return info.context.principal.key_type is ApiKeyType.SERVER


async def live_keys(
    info: Info, filter: ApiKeyFilter | None, sorting: Sequence[ApiKeySort] | None
) -> list[ApiKey]:
    """The environment's keys that have not expired."""
    query = ListQuery(
        predicate=And((predicate_of(filter), _not_expired(info))),
        orders=orders_of(sorting) if sorting else NEWEST_FIRST,
        page=PageRequest(size=PAGE_SIZE_MAX),
        wants_total=False,
    )
    page = await info.context.runtime.readers.accounts.key_page(query)
    return [key_to_graphql(key, is_full=sees_tokens(info)) for key in page.items]


async def key_connection(info: Info, input: GetApiKeysInput) -> ApiKeyConnection:
    """The keys that the input asks for; without an expiration filter expired ones are hidden."""
    conditions: list[Predicate] = [_expiration(info, given(input.expiration_filter))]
    if name := given(input.display_name_contains):
        escaped = name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        conditions.append(Compare("displayName", Operator.I_LIKE, f"%{escaped}%"))
    if types := given(input.key_types):
        conditions.append(Compare("keyType", Operator.IN, tuple(t.value for t in types)))
    query = ListQuery(
        predicate=And(tuple(conditions)),
        orders=NEWEST_FIRST,
        page=page_request(given(input.paging)),
        wants_total=is_selected(info, "totalCount"),
    )
    readers = runtime_for(info, given(input.environment_id)).readers
    page = await readers.accounts.key_page(query)
    is_full = sees_tokens(info)
    return to_connection(ApiKeyConnection, page, lambda key: key_to_graphql(key, is_full=is_full))


def _not_expired(info: Info) -> Predicate:
    now = info.context.runtime.real_clock()
    return Or((Compare("expireAt", Operator.IS, None), Compare("expireAt", Operator.GT, now)))


def _expiration(info: Info, asked: ApiKeyExpirationFilterInput | None) -> Predicate:
    if asked is None:
        return _not_expired(info)
    bounds: list[Predicate] = []
    if after := given(asked.expires_after):
        bounds.append(Compare("expireAt", Operator.GT, after))
    if before := given(asked.expires_before):
        bounds.append(Compare("expireAt", Operator.LT, before))
    never = Compare("expireAt", Operator.IS, None)
    expiring: Predicate = And((Compare("expireAt", Operator.IS_NOT, None), *bounds))
    if asked.include_never_expires is False:
        return expiring
    return Or((never, expiring))
