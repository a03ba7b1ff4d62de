with orders as (

    select * from {{ ref('int_orders_latest') }}

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

-- one row per order before the join: two payments must not duplicate the lines

lines_by_order as (

    select
        order_id,
        sum(quantity) as item_count,
        sum(quantity * unit_price) as gross_amount,
        sum(line_discount_amount) as discount_amount
    from order_lines
    group by order_id

),

payments_by_order as (

    select
        order_id,
        sum(amount) as paid_amount
    from payments
    group by order_id

),

returns_by_order as (

    select
        order_id,
        sum(refund_amount) as refund_amount
    from returns
    group by order_id

),

joined as (

    select
        orders.order_id,
        orders.status,
        orders.shipping_amount,
        coalesce(lines_by_order.item_count, 0) as item_count,
        coalesce(lines_by_order.gross_amount, 0) as gross_amount,
        coalesce(lines_by_order.discount_amount, 0) as discount_amount,
        coalesce(payments_by_order.paid_amount, 0) as paid_amount,
        coalesce(returns_by_order.refund_amount, 0) as returned_amount
    from orders
    left join lines_by_order on orders.order_id = lines_by_order.order_id
    left join payments_by_order on orders.order_id = payments_by_order.order_id
    left join returns_by_order on orders.order_id = returns_by_order.order_id

),

totals as (

    select
        *,
        gross_amount - discount_amount + shipping_amount as total_amount
    from joined

),

refunds as (

    select
        *,
        -- a cancelled order is refunded completely, other orders for the returned items
        case when status = 'cancelled' then total_amount else returned_amount end as refunded_amount
    from totals

),

final as (

    select
        order_id,
        cast(item_count as bigint) as item_count,
        cast(gross_amount as decimal(18, 2)) as gross_amount,
        cast(discount_amount as decimal(18, 2)) as discount_amount,
        shipping_amount,
        cast(total_amount as decimal(18, 2)) as total_amount,
        cast(refunded_amount as decimal(18, 2)) as refunded_amount,
        cast(total_amount - refunded_amount as decimal(18, 2)) as net_amount,
        cast(paid_amount as decimal(18, 2)) as paid_amount
    from refunds

)

select * from final
