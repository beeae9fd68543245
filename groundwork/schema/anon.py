"""Whether a condition lets somebody in who has not signed in, by what it comes to for them.

Their id and address are null, their role is anon, and of a row anything may be so. A function of the project's own
that is asked decides by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import Any

from pglast import ast
from pglast.enums import (
    A_Expr_Kind,
    BoolExprType,
    BoolTestType,
    JoinType,
    NullTestType,
    SetOperation,
    SQLValueFunctionOp,
    SubLinkType,
)
from pglast.parser import ParseError, parse_sql

from groundwork.schema.statements import dotted, walk


class Sort(Enum):
    """What is no constant: anything at all, or the claims of whoever calls."""

    anything = "anything"
    claims = "claims"


Value = bool | str | Sort | None
ANYTHING, CLAIMS = Sort.anything, Sort.claims
ROLE = "anon"

CALLER: dict[str, Value] = {"auth.uid": None, "auth.email": None, "auth.role": ROLE, "auth.jwt": CLAIMS}
SETTINGS: dict[Value, Value] = {"request.jwt.claims": CLAIMS, "request.jwt.claim.role": ROLE, "role": ROLE}
"""What current_setting() has of them; any other setting they cannot choose, and is as good as their id."""

NAMES = (
    SQLValueFunctionOp.SVFOP_CURRENT_ROLE,
    SQLValueFunctionOp.SVFOP_CURRENT_USER,
    SQLValueFunctionOp.SVFOP_USER,
)
TESTS: dict[BoolTestType, tuple[Value, bool]] = {
    BoolTestType.IS_TRUE: (True, True),
    BoolTestType.IS_NOT_TRUE: (True, False),
    BoolTestType.IS_FALSE: (False, True),
    BoolTestType.IS_NOT_FALSE: (False, False),
    BoolTestType.IS_UNKNOWN: (None, True),
    BoolTestType.IS_NOT_UNKNOWN: (None, False),
}


def lets_in(condition: str) -> bool:
    """Return whether a condition, as the catalog prints it, may be true for somebody who has not signed in."""
    try:
        select = parse_sql(f"select {condition}")[0].stmt
    except ParseError:
        return True
    targets = getattr(select, "targetList", None)
    return not targets or is_open(value(targets[0].val))


def is_open(found: Value) -> bool:
    """Return whether a value may be true."""
    return found is True or found is ANYTHING


def value(node: object) -> Value:
    """Return what an expression comes to."""
    known = KNOWN.get(type(node), other)
    return known(node)


def other(node: object) -> Value:
    """Return what an expression of a kind that is not known here comes to: null when it asks who calls."""
    return strict(value(item) for item in walk(node) if isinstance(item, ast.FuncCall))


def constant(node: Any) -> Value:
    """Return a constant that may be compared with a role; of others nothing is known."""
    if node.isnull:
        return None
    if isinstance(node.val, ast.Boolean):
        return bool(node.val.boolval)
    return str(node.val.sval) if isinstance(node.val, ast.String) else ANYTHING


def strict(values: Iterable[Value]) -> Value:
    """Return what comes of values that are computed with: null where one is, or is a claim that is not there."""
    return None if any(found is None or found is CLAIMS for found in values) else ANYTHING


def negated(found: Value) -> Value:
    """Return what `not` makes of a value."""
    return not found if isinstance(found, bool) else found


def logic(node: Any) -> Value:
    """Return what and, or and not come to, in the logic of three values and of any."""
    values = [value(item) for item in node.args]
    if node.boolop == BoolExprType.NOT_EXPR:
        return negated(values[0])
    decisive = bool(node.boolop == BoolExprType.OR_EXPR)
    if decisive in values:
        return decisive
    if node.boolop == BoolExprType.AND_EXPR and None in values:
        return None
    return next((found for found in (ANYTHING, None) if found in values), not decisive)


def tested(node: Any) -> Value:
    """Return what `is null`, `is true` and the like come to."""
    found = value(node.arg)
    if found is ANYTHING:
        return ANYTHING
    if isinstance(node, ast.NullTest):
        return (found is None) == (node.nulltesttype == NullTestType.IS_NULL)
    wanted, positive = TESTS[node.booltesttype]
    return (found is wanted) == positive


def case(node: Any) -> Value:
    """Return what a case comes to, if all its branches that may be taken come to the same."""
    results = set()
    for branch in node.args:
        chosen = value(branch.expr) if node.arg is None else compared("=", value(node.arg), value(branch.expr))
        if is_open(chosen):
            results.add(value(branch.result))
        if chosen is True:
            break
    else:
        results.add(value(node.defresult) if node.defresult is not None else None)
    if len(results) == 1:
        return results.pop()
    return ANYTHING if any(map(is_open, results)) else None


def call(node: Any) -> Value:
    """Return what a function returns."""
    name = dotted(node.funcname).lower().removeprefix("pg_catalog.")
    arguments = [value(item) for item in node.args or ()]
    if name in CALLER:
        return CALLER[name]
    if name == "current_setting":
        return SETTINGS.get(arguments[0]) if arguments else None
    # The catalog qualifies all names but those of pg_catalog.
    return None if "." in name else strict(arguments)


def operation(node: Any) -> Value:
    """Return what an operator comes to."""
    name, kind = str(node.name[-1].sval), node.kind
    if kind in (A_Expr_Kind.AEXPR_OP_ANY, A_Expr_Kind.AEXPR_OP_ALL):
        return among(node, name)
    if node.lexpr is None or kind not in OPERATIONS:
        return strict(value(item) for side in (node.lexpr, node.rexpr) for item in flat(side))
    left, right = value(node.lexpr), value(node.rexpr)
    if kind == A_Expr_Kind.AEXPR_OP:
        return compared(name, left, right)
    if kind == A_Expr_Kind.AEXPR_NULLIF:
        return None if compared("=", left, right) is True else left
    different = distinct(left, right)
    return different if kind == A_Expr_Kind.AEXPR_DISTINCT else negated(different)


OPERATIONS = (
    A_Expr_Kind.AEXPR_OP,
    A_Expr_Kind.AEXPR_NULLIF,
    A_Expr_Kind.AEXPR_DISTINCT,
    A_Expr_Kind.AEXPR_NOT_DISTINCT,
)


def flat(side: object) -> Sequence[object]:
    """Return one side of an operator as the list that it may be."""
    return side if isinstance(side, tuple) else () if side is None else (side,)


def compared(name: str, left: Value, right: Value) -> Value:
    """Return what an operator makes of two values."""
    if left is CLAIMS and name in ("->", "->>", "#>", "#>>"):
        return ROLE if right in ("role", "{role}") else None
    if strict((left, right)) is None:
        return None
    if left is ANYTHING or right is ANYTHING or name not in ("=", "<>"):
        return ANYTHING
    return (left == right) == (name == "=")


def distinct(left: Value, right: Value) -> Value:
    """Return whether two values are distinct, null being a value like others."""
    return ANYTHING if ANYTHING in (left, right) else left != right


def among(node: Any, name: str) -> Value:
    """Return what a comparison with any or with all of an array comes to."""
    every = node.kind == A_Expr_Kind.AEXPR_OP_ALL
    array = node.rexpr
    while isinstance(array, ast.TypeCast):
        array = array.arg
    left = value(node.lexpr)
    if not isinstance(array, ast.A_ArrayExpr):
        return strict((left, value(array)))
    results = [compared(name, left, value(item)) for item in array.elements or ()]
    if (not every) in results:
        return not every
    return next((found for found in (ANYTHING, None) if found in results), every)


def subquery(node: Any) -> Value:
    """Return what a subquery comes to; those about rows of nobody are empty."""
    empty, kind = is_empty(node.subselect), node.subLinkType
    if kind == SubLinkType.EXISTS_SUBLINK:
        return False if empty else ANYTHING
    if kind in (SubLinkType.ANY_SUBLINK, SubLinkType.ALL_SUBLINK) and empty:
        return bool(kind == SubLinkType.ALL_SUBLINK)
    if empty:
        return None
    targets = getattr(node.subselect, "targetList", None) or ()
    selected = value(targets[0].val) if targets else ANYTHING
    if kind == SubLinkType.EXPR_SUBLINK:
        return selected if selected is None or not node.subselect.fromClause else ANYTHING
    return strict((selected, value(node.testexpr) if node.testexpr is not None else ANYTHING))


def is_empty(select: Any) -> bool:
    """Return whether a query has no rows for somebody who has not signed in."""
    if not isinstance(select, ast.SelectStmt):
        return False
    if select.op != SetOperation.SETOP_NONE:
        sides = [is_empty(select.larg), is_empty(select.rarg)]
        if select.op == SetOperation.SETOP_EXCEPT:
            return sides[0]
        return all(sides) if select.op == SetOperation.SETOP_UNION else any(sides)
    if select.withClause is not None and any(is_empty(item.ctequery) for item in select.withClause.ctes or ()):
        return True
    if select.whereClause is not None and not is_open(value(select.whereClause)):
        return True
    return any(map(has_no_rows, select.fromClause or ()))


def has_no_rows(item: object) -> bool:
    """Return whether what a query reads from has no rows for somebody who has not signed in."""
    if isinstance(item, ast.RangeSubselect):
        return is_empty(item.subquery)
    if isinstance(item, ast.RangeFunction):
        return any(value(node) is None for node in walk(item.functions) if isinstance(node, ast.FuncCall))
    if not isinstance(item, ast.JoinExpr):
        return False
    left, right = has_no_rows(item.larg), has_no_rows(item.rarg)
    if item.jointype == JoinType.JOIN_INNER:
        return left or right or (item.quals is not None and not is_open(value(item.quals)))
    if item.jointype == JoinType.JOIN_FULL:
        return left and right
    return left if item.jointype == JoinType.JOIN_LEFT else right


def wrapped(node: Any) -> Value:
    """Return what a cast or a collation is of: they change no value."""
    return value(node.arg)


def present(node: Any) -> Value:
    """Return the first value that is there."""
    return next((found for found in map(value, node.args) if found is not None), None)


def name_of_caller(node: Any) -> Value:
    """Return the name of the role where current_user and the like are asked for it."""
    return ROLE if node.op in NAMES else ANYTHING


KNOWN: dict[type, Callable[[Any], Value]] = {
    ast.A_Const: constant,
    ast.A_Expr: operation,
    ast.BoolExpr: logic,
    ast.BooleanTest: tested,
    ast.CaseExpr: case,
    ast.CoalesceExpr: present,
    ast.CollateClause: wrapped,
    ast.FuncCall: call,
    ast.NullTest: tested,
    ast.SQLValueFunction: name_of_caller,
    ast.SubLink: subquery,
    ast.TypeCast: wrapped,
}
"""What computes which kind of expression."""
