with orders as (

    select * from {{ ref('int_orders_latest') }}

),

amounts as (

    select * from {{ ref('int_order_amounts') }}

),

final as (

    select
        orders.order_id,
        orders.customer_id,
        orders.order_date,
        orders.ordered_at,
        orders.arrived_at,
        orders.channel,
        orders.status,
        orders.customer_id is null as is_guest,
        orders.arrived_at > {{ add_interval('orders.ordered_at', 24, 'hour') }} as is_late_arrival,
        amounts.item_count,
        amounts.gross_amount,
        amounts.discount_amount,
        amounts.shipping_amount,
        amounts.total_amount,
        amounts.refunded_amount,
        amounts.net_amount,
        amounts.paid_amount
    from orders
    inner join amounts on orders.order_id = amounts.order_id

)

select * from final
