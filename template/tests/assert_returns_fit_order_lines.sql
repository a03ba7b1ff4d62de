-- Selects returns without an order line, or with a larger quantity than the line.
select
    returns.return_id,
    returns.order_id,
    returns.line_number,
    returns.returned_quantity,
    order_lines.quantity as quantity_bought
from {{ ref('stg_returns') }} as returns
left join {{ ref('stg_order_lines') }} as order_lines
    on
        returns.order_id = order_lines.order_id
        and returns.line_number = order_lines.line_number
where order_lines.quantity is null or returns.returned_quantity > order_lines.quantity
