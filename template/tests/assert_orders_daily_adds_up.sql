-- orders_daily is incremental; a missed late order would make it differ from orders.
-- Returns the days that differ.
with orders_by_day as (

    select
        order_date,
        count(*) as order_count,
        sum(net_amount) as daily_net_amount
    from {{ ref('orders') }}
    group by order_date

)

select
    coalesce(orders_by_day.order_date, orders_daily.order_date) as order_date,
    orders_by_day.order_count as expected_order_count,
    orders_daily.order_count,
    orders_by_day.daily_net_amount as expected_net_amount,
    orders_daily.daily_net_amount
from orders_by_day
full outer join {{ ref('orders_daily') }} as orders_daily
    on orders_by_day.order_date = orders_daily.order_date
where
    orders_daily.order_date is null
    or orders_by_day.order_date is null
    or orders_by_day.order_count <> orders_daily.order_count
    or orders_by_day.daily_net_amount <> orders_daily.daily_net_amount
