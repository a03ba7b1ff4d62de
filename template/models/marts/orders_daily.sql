{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='order_date',
    on_schema_change='fail'
) }}

with orders as (

    select * from {{ ref('orders') }}

),

days as (

    select
        order_date,
        count(*) as order_count,
        sum(case when status = 'cancelled' then 1 else 0 end) as cancelled_order_count,
        sum(case when is_guest then 1 else 0 end) as guest_order_count,
        sum(case when is_late_arrival then 1 else 0 end) as late_order_count,
        sum(item_count) as item_count,
        sum(total_amount) as total_amount,
        sum(refunded_amount) as refunded_amount,
        sum(net_amount) as net_amount,
        sum(source_row_count) as source_row_count
    from orders
    group by order_date

),

final as (

    select
        order_date,
        order_count,
        cast(cancelled_order_count as bigint) as cancelled_order_count,
        cast(guest_order_count as bigint) as guest_order_count,
        cast(late_order_count as bigint) as late_order_count,
        cast(item_count as bigint) as item_count,
        cast(total_amount as decimal(18, 2)) as total_amount,
        cast(refunded_amount as decimal(18, 2)) as refunded_amount,
        cast(net_amount as decimal(18, 2)) as net_amount,
        cast(source_row_count as bigint) as source_row_count
    from days

)

select * from final

{% if is_incremental() %}

-- Raw only grows, so a day has changed if it has more source rows than when it was built: a late
-- order, a cancellation or a return. A fixed window of days would miss older changes.
    where not exists (
        select 1
        from {{ this }} as built
        where
            built.order_date = final.order_date
            and built.source_row_count = final.source_row_count
    )

{% endif %}
