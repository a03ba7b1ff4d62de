{% macro is_open(column) -%} {{ column }} in ('placed', '{{ var("open_status", "completed") }}') {%- endmacro %}
