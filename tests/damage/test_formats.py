"""What agents send in the three other formats is shortened as the same chat is, and no file comes out other than it went in."""

import pytest

from tests.damage.asking import LEVELS, asker
from tests.damage.corpus.catalogue import files
from tests.damage.formats import APIS, Api, format_asker
from tests.damage.table import rows
from tests.damage.talk.transcripts import Transcript, native_tools, text_tools

AGENTS = [*native_tools(), *text_tools()]


@pytest.mark.parametrize("api", APIS)
def test_no_file_is_changed(api: Api) -> None:
    found = rows(format_asker(api), list(files())[::18])
    assert sum(row.checked for row in found.values()) > 500
    assert [row.said() for row in found.values() if row.harmed or row.substance or row.applied != row.edits] == []


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("agent", AGENTS, ids=[agent.name for agent in AGENTS])
def test_the_same_edits_in_every_format(api: Api, agent: Transcript) -> None:
    for level in LEVELS[1:]:
        chat = asker().send(agent.messages, level, tools=agent.tools)
        found = format_asker(api).send(agent.messages, level, tools=agent.tools)
        assert (found.positions, found.texts()) == (chat.positions, chat.texts())
        assert (found.reply.levers, found.reply.cut) == (chat.reply.levers, chat.reply.cut)


@pytest.mark.parametrize("api", APIS)
def test_agents_are_shortened_at_all(api: Api) -> None:
    changed = [format_asker(api).send(agent.messages, "moderate", tools=agent.tools) for agent in AGENTS]
    assert sum(sent.reply.changed for sent in changed) > len(AGENTS) // 2
