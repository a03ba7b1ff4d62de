with days as (

    select * from {{ ref('int_orders_daily') }}

),

final as (

    select
        order_date,
        order_count,
        cancelled_order_count,
        guest_order_count,
        late_order_count,
        daily_item_count,
        daily_total_amount,
        daily_refunded_amount,
        daily_net_amount
    from days
    where order_count > 0

)

select * from final
