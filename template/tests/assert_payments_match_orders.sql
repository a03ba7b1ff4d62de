-- The amount paid and the net amount from lines and returns must be equal for each order.
-- Returns the orders that differ.
select
    order_id,
    status,
    net_amount,
    paid_amount
from {{ ref('orders') }}
where net_amount <> paid_amount
