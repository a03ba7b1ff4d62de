{{ config(
    materialized='incremental',
    incremental_strategy='merge' if target.type in ('bigquery', 'spark') else 'delete+insert',
    unique_key='order_date',
    on_schema_change='fail'
) }}

with order_versions as (

    select * from {{ ref('stg_orders') }}

),

order_lines as (

    select * from {{ ref('stg_order_lines') }}

),

payments as (

    select * from {{ ref('stg_payments') }}

),

returns as (

    select * from {{ ref('stg_returns') }}

),

orders as (

    select * from {{ ref('orders') }}

),

exported as (

    select
        order_id,
        exported_at
    from order_versions

    union all

    select
        order_id,
        exported_at
    from order_lines

    union all

    select
        order_id,
        exported_at
    from payments

    union all

    select
        order_id,
        exported_at
    from returns

),

changed_orders as (

    select
        order_id,
        max(exported_at) as last_exported_at
    from exported

    {% if is_incremental() %}

    -- Only what was exported since the last build, however old its order is. A week is read
    -- again, for files that arrive after newer ones; for an older one
    -- assert_orders_daily_adds_up fails.
        where exported_at > (
            select {{ add_interval('max(built.last_exported_at)', -7, 'day') }}
            from {{ this }} as built
        )

    {% endif %}

    group by order_id

),

-- Of all versions of an order: one that moves to another day also changes the day that it leaves.

order_days as (

    select
        {{ business_date('order_versions.ordered_at') }} as order_date,
        changed_orders.last_exported_at
    from order_versions
    inner join changed_orders on order_versions.order_id = changed_orders.order_id

),

changed_days as (

    select
        order_date,
        max(last_exported_at) as last_exported_at
    from order_days
    group by order_date

),

days as (

    select
        changed_days.order_date,
        changed_days.last_exported_at,
        count(orders.order_id) as order_count,
        sum(case when orders.status = 'cancelled' then 1 else 0 end) as cancelled_order_count,
        sum(case when orders.is_guest then 1 else 0 end) as guest_order_count,
        sum(case when orders.is_late_arrival then 1 else 0 end) as late_order_count,
        coalesce(sum(orders.item_count), 0) as daily_item_count,
        coalesce(sum(orders.total_amount), 0) as daily_total_amount,
        coalesce(sum(orders.refunded_amount), 0) as daily_refunded_amount,
        coalesce(sum(orders.net_amount), 0) as daily_net_amount
    from changed_days
    -- left: a day that lost all its orders must become 0, not keep what it was
    left join orders on changed_days.order_date = orders.order_date
    group by changed_days.order_date, changed_days.last_exported_at

),

final as (

    select
        order_date,
        order_count,
        cast(cancelled_order_count as bigint) as cancelled_order_count,
        cast(guest_order_count as bigint) as guest_order_count,
        cast(late_order_count as bigint) as late_order_count,
        cast(daily_item_count as bigint) as daily_item_count,
        cast(daily_total_amount as decimal(18, 2)) as daily_total_amount,
        cast(daily_refunded_amount as decimal(18, 2)) as daily_refunded_amount,
        cast(daily_net_amount as decimal(18, 2)) as daily_net_amount,
        last_exported_at
    from days

)

select * from final
