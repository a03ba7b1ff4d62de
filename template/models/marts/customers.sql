with customers as (

    select * from {{ ref('int_customers_latest') }}

),

orders as (

    select * from {{ ref('orders') }}

),

orders_by_customer as (

    select
        customer_id,
        count(*) as order_count,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date,
        sum(total_amount) as total_amount,
        sum(refunded_amount) as refunded_amount,
        sum(net_amount) as net_amount
    from orders
    where customer_id is not null
    group by customer_id

),

final as (

    select
        customers.customer_id,
        customers.country_code,
        customers.city,
        customers.tier,
        customers.has_newsletter,
        {{ business_date('customers.created_at') }} as signup_date,
        orders_by_customer.first_order_date,
        orders_by_customer.last_order_date,
        coalesce(orders_by_customer.order_count, 0) as lifetime_order_count,
        cast(
            coalesce(orders_by_customer.total_amount, 0) as decimal(18, 2)
        ) as lifetime_total_amount,
        cast(
            coalesce(orders_by_customer.refunded_amount, 0) as decimal(18, 2)
        ) as lifetime_refunded_amount,
        cast(coalesce(orders_by_customer.net_amount, 0) as decimal(18, 2)) as lifetime_net_amount
    from customers
    left join orders_by_customer on customers.customer_id = orders_by_customer.customer_id

)

select * from final
