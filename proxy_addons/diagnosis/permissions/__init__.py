"""Which permission a call needs, what its token holds, and what is missing or too much.

`table` answers what is accepted for a call, `holding` what a token brings, `verdict` holds one against the other. The
tables come from `rules/permissions` (`table_file`) or from Microsoft's own list (`published_table`); nothing is granted
or refused here that no table names.
"""
