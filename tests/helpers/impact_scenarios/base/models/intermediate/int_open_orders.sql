with orders as (

    select * from {{ ref('int_orders_latest') }}

),

customers as (

    select * from {{ ref('int_customers_latest') }}

),

countries as (

    select * from {{ ref('countries') }}

),

final as (

    select
        orders.order_id,
        orders.status,
        countries.country_name
    from orders
    left join customers on orders.customer_id = customers.customer_id
    left join countries on customers.country_code = countries.country_code
    where {{ is_open('orders.status') }}

)

select * from final
