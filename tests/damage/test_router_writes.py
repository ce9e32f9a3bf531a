"""Whoever calls tools that change something is the model that was asked for."""

import pytest

from libs.common import conversation
from libs.common.contracts.auth import RoutingRule, RuleCondition
from tests.damage.router_asking import ask

EASY = "What is the capital of France?"
WRITES = (
    *(
        "cancel_reservation",
        "update_reservation_flights",
        "book_reservation",
        "sendEmail",
        "run_sql",
        "execute",
        "bash",
    ),
    *(
        "get_or_create_user",
        "search_and_replace",
        "str_replace_based_edit_tool",
        "apply_patch",
        "Write",
        "MultiEdit",
        "shell",
    ),
    *("transfer_to_human_agents", "deletefile", "do_it", "browser", "create-issue", "issue.close", "payments"),
)
READS = (
    *("get_user_details", "searchFlights", "list_all_airports", "read_file", "Read", "lookup", "calculate", "think"),
    *("find-restaurants", "fetch_url", "count_rows"),
)


@pytest.mark.parametrize("name", WRITES)
def test_with_a_tool_that_may_write_nothing_goes_down(name: str) -> None:
    assert ask(("user", EASY), tools=("get_user_details", name)).model == "claude-opus"


@pytest.mark.parametrize("name", READS)
def test_a_tool_that_reads_is_no_reason(name: str) -> None:
    assert ask(("user", EASY), tools=(name,)).model == "claude-haiku"


def test_what_is_not_a_function_is_told_by_its_kind_or_writes() -> None:
    assert not conversation.writes([{"type": "web_search"}, {"type": "web_search_20250305", "name": "web_search"}])
    assert conversation.writes([{"type": "computer_20250124", "name": "computer"}])
    assert conversation.writes([{"type": "code_interpreter"}])
    assert conversation.writes([{"type": "mcp"}])
    assert conversation.writes([{}])
    assert conversation.writes([{"type": "function", "function": {"name": "取消预订"}}])


def test_a_description_speaks_for_a_name_without_a_verb() -> None:
    def tool(told: str) -> list[dict[str, object]]:
        return [{"type": "function", "function": {"name": "weather", "description": told}}]

    assert not conversation.writes(tool("Returns the weather of a city."))
    assert conversation.writes(tool("Sets the weather station up."))
    assert conversation.writes(tool("Returns the weather, and can delete old records."))
    assert conversation.writes(tool(""))


def test_a_hint_of_the_tools_author_counts() -> None:
    assert not conversation.writes(
        [{"type": "function", "function": {"name": "x", "annotations": {"readOnlyHint": True}}}]
    )


def test_rules_of_the_organisation_still_count() -> None:
    """Whoever writes a rule knows what it does."""
    rule = RoutingRule(
        id="r", name="r", condition=RuleCondition(type="always"), action="use_model", action_value="claude-haiku"
    )
    assert ask(("user", EASY), tools=("cancel_reservation",), rules=(rule,)).model == "claude-haiku"
