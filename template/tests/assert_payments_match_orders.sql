-- What the payments say was paid and what lines and returns say is kept must agree, order by order.
-- Returns the orders for which they do not.
select
    order_id,
    status,
    net_amount,
    paid_amount
from {{ ref('orders') }}
where net_amount <> paid_amount
