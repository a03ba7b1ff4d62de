"""Ten generated shops, unlike each other and unlike the example: what each delivers day by day.

A shop is a function of a first day, a number of days and a seed. It yields clean deliveries: what
is in them is usual for that shop, also where it is a lot (a month's end, a holiday, a new store).
"""

from __future__ import annotations

from bench.audit.shops import (
    campaigns,
    clinic,
    events,
    ferries,
    meters,
    parcels,
    reference,
    retail,
    sensors,
    subscriptions,
)
from bench.audit.shops.base import Shop

SHOPS: dict[str, Shop] = {
    "retail": retail.deliveries,
    "subscriptions": subscriptions.deliveries,
    "sensors": sensors.deliveries,
    "events": events.deliveries,
    "reference": reference.deliveries,
    "parcels": parcels.deliveries,
    "meters": meters.deliveries,
    "campaigns": campaigns.deliveries,
    "clinic": clinic.deliveries,
    "ferries": ferries.deliveries,
}
