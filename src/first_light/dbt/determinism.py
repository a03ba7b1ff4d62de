"""Whether the same code gives the same result again from the same inputs.

A match is enough for doubt: what is rebuilt without need costs time, what is not rebuilt although
it must be would be wrong.
"""

from __future__ import annotations

import re
from functools import lru_cache

# Functions and words of SQL that read a clock, a source of chance, a session, a server or a file.
_SQL = re.compile(
    r"\bnow[ \t]*\("
    r"|\bcurrent_?(date|time|timestamp|user|role|schema|catalog|database|query|setting)"
    r"|\blocal_?time(stamp)?\b|\b(transaction|statement|clock|get_current)_time|\btimeofday\b"
    r"|\b(today|getdate|sysdate|age|version|newid|rand|glob)\s*\("
    r"|\brandom|\bnormal_rand\b|\bsetseed\b|uuid(v\d)?\s*\(|\bgenerate_uuid|\bgen_random_"
    r"|\btablesample\b|\busing\s+sample\b|\b(next|curr|last)val\b|\bgetenv\b|\bgetvariable\b"
    r"|\bset_config\b|\b(session|system)_user\b|\btxid_|\bpg_\w+\s*\(|\binet_"
    r"|'(now|today|tomorrow|yesterday)'",
    re.IGNORECASE,
)
# Names of dbt's Jinja that say when, where or in which run it is rendered, or that query what is no
# declared input.
_JINJA = re.compile(
    r"\b(run_started_at|invocation_id|invocation_args_dict|thread_id|dbt_metadata_envs)\b"
    r"|\b(modules|graph|api|context|selected_resources)\s*[.\[]|\bflags\b(?!\.WHICH\b)"
    r"|\b(run_query|statement|load_result|load_relation|load_cached_relation)\b"
    r"|\badapter\s*\.\s*(?!dispatch\b|quote\b|get_columns_in_relation\b)|\badapter\s*\["
)
_WORD = re.compile(r"\w+")
_READS_VARIABLE = re.compile(r"\benv_var\b")
_VARIABLE = re.compile(r"\benv_var\(\s*(['\"])(\w+)\1")


def is_uncertain(code: str) -> bool:
    """Whether code, with Jinja or compiled, may give another result from the same inputs."""
    return _has_doubtful_words(code) and bool(_SQL.search(code) or _JINJA.search(code))


def is_uncertain_sql(sql: str) -> bool:
    """The same of compiled SQL, in which words of Jinja are names like others."""
    return _has_doubtful_words(sql) and bool(_SQL.search(sql))


def variables(code: str) -> frozenset[str] | None:
    """The environment variables that code reads; None where their names are not written in it."""
    names = [match[2] for match in _VARIABLE.finditer(code)]
    if len(names) != len(_READS_VARIABLE.findall(code)):
        return None
    return frozenset(names)


def _has_doubtful_words(code: str) -> bool:
    """Whether it has a word that may match: most code has none, and a search of all costs more."""
    return any(map(_is_doubtful, set(_WORD.findall(code))))


@lru_cache(maxsize=1 << 16)
def _is_doubtful(word: str) -> bool:
    """Whether a pattern matches this word in any surroundings that one asks for."""
    forms = (f"{word}(", f"'{word}'", f"using {word}", f"{word}.x", f"{word}[")
    return any(pattern.search(form) for pattern in (_SQL, _JINJA) for form in forms)
