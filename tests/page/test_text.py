"""Text from outside is shown, never obeyed. Each row: mrkdwn as Slack sends it, and the nodes it becomes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.page.conftest import Opened

pytestmark = pytest.mark.real("chromium")

DRAW = """async (text) => {
  const { mrkdwn } = await import("/page/mrkdwn.js");
  const { names } = await import("/page/people.js");
  const box = document.createElement("div");
  box.append(mrkdwn(text, names));
  return box.innerHTML;
}"""
LINK = '<a href="http://a.test/b?c=1&amp;d=2" target="_blank" rel="noopener noreferrer">'

ROWS = {
    "bold": ("*shop*, production", "<strong>shop</strong>, production"),
    "italic": ("it is _old_.", "it is <em>old</em>."),
    "strike": ("~v1~ v2", "<s>v1</s> v2"),
    "nested": ("*_both_ and `code`*", "<strong><em>both</em> and <code>code</code></strong>"),
    "marks inside words stay": ("snake_case_name 2*3*4 a~b~c", "snake_case_name 2*3*4 a~b~c"),
    "a lone mark stays": ("* not bold * and 5 * 3", "* not bold * and 5 * 3"),
    "code is not read": ("`*a* <b>`", "<code>*a* &lt;b&gt;</code>"),
    "a fence": ("say\n```*a*\nb```\nend", "say\n<pre>*a*\nb</pre>end"),
    "a quote": ("&gt; one\n&gt; two\nthree", "<blockquote>one\ntwo</blockquote>three"),
    "entities once": ("&lt;b&gt; &amp;amp; &amp;", "&lt;b&gt; &amp;amp; &amp;"),
    "a link with a label": ("<http://a.test/b?c=1&amp;d=2|here>", f"{LINK}here</a>"),
    "a bare link": ("http://a.test/b?c=1&amp;d=2.", f"{LINK}http://a.test/b?c=1&amp;d=2</a>."),
    "a link in brackets of prose": (
        "(http://a.test/x)",
        '(<a href="http://a.test/x" target="_blank" rel="noopener noreferrer">http://a.test/x</a>)',
    ),
    "a person": ("<@U_LEA>", '<span class="mention" data-mention="U_LEA">@Lea</span>'),
    "a stranger": ("<@U_X>", '<span class="mention" data-mention="U_X">@U_X</span>'),
    "a channel": (
        "<#C_APPROVE|approvals>",
        '<button type="button" class="link" data-open-channel="C_APPROVE">#approvals</button>',
    ),
    "a group": ("<!subteam^S_SRE>", '<span class="mention" data-mention="S_SRE">@sre</span>'),
    "a group of elsewhere": ("<!subteam^S_X|@ops>", '<span class="mention" data-mention="S_X">@ops</span>'),
    "a group without a name": ("<!subteam^S_X>", '<span class="mention" data-mention="S_X">@S_X</span>'),
    "everybody here": ("<!here>", '<span class="mention">@here</span>'),
    "emoji": (":white_check_mark: :no_such_thing: 12:30:45", "✅ :no_such_thing: 12:30:45"),
    "a script stays words": ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
    "an image stays words": ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
    "a javascript link stays words": ("<javascript:alert(1)|safe>", "&lt;javascript:alert(1)|safe&gt;"),
    "a data link stays words": ("<data:text/html,x|safe>", "&lt;data:text/html,x|safe&gt;"),
    "a link cannot leave its attribute": (
        'http://a.test/"onmouseover="x',
        '<a href="http://a.test/&quot;onmouseover=&quot;x" target="_blank" rel="noopener noreferrer">'
        'http://a.test/"onmouseover="x</a>',
    ),
}


@pytest.mark.parametrize(("text", "expected"), ROWS.values(), ids=ROWS.keys())
def test_mrkdwn_becomes_nodes(modules: Page, text: str, expected: str) -> None:
    assert expected == modules.evaluate(DRAW, text)


def test_a_date_is_told_in_the_readers_own_time(modules: Page) -> None:
    drawn = modules.evaluate(DRAW, "until <!date^1795627666^{date_num} {time}|2026-11-25 17:27 UTC>")
    assert '<time datetime="2026-11-25T17:27:46.000Z"' in drawn
    assert "25/11/2026 18:27</time>" in drawn


def test_a_date_that_is_none_shows_its_fallback(modules: Page) -> None:
    assert "soon" == modules.evaluate(DRAW, "<!date^never^{time}|soon>")


HOSTILE = '<img src=x onerror="window.owned=1"> <script>window.owned=1</script> *<b>bold</b>* `<i>`'


def hostile(text: str) -> dict[str, object]:
    """A message in which everything that can hold text holds `text`."""
    plain = {"type": "plain_text", "text": text[:75]}
    marked = {"type": "mrkdwn", "text": text}
    button = {"type": "button", "action_id": text, "value": text, "text": plain, "accessibility_label": text}
    link = {"type": "link", "url": f"javascript:{text}", "text": text}
    rich = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}, link]}
    blocks: list[dict[str, object]] = [
        {"type": "header", "text": plain},
        {"type": "section", "text": marked, "fields": [marked, plain], "accessory": button},
        {
            "type": "context",
            "elements": [marked, plain, {"type": "image", "image_url": "http://e.test/x", "alt_text": text}],
        },
        {"type": "actions", "elements": [button]},
        {"type": "rich_text", "elements": [rich]},
        {"type": "image", "image_url": f"javascript:{text}", "alt_text": text, "title": plain},
        {"type": text, "text": marked},
    ]
    named = [{**block, "block_id": f"{text}{n}"} for n, block in enumerate(blocks)]
    return {"ts": "1795625999.000001", "user": text, "text": text, "blocks": named, "ephemeral": False, "pings": []}


def test_hostile_text_is_inert_in_every_block(shown: Opened) -> None:
    shown.play.messages["C_SHOP"].append(hostile(HOSTILE))
    drawn = shown.page.locator("[data-ts='1795625999.000001']")
    expect(drawn).to_contain_text("window.owned=1")
    assert 0 == drawn.locator("script, img, iframe, b b, i, a").count()
    assert shown.page.evaluate("window.owned") is None
    assert shown.seen.hosts == {shown.play.url.removeprefix("http://")}


def test_hostile_text_is_inert_in_a_form(shown: Opened) -> None:
    text = HOSTILE[:75]
    plain = {"type": "plain_text", "text": text}
    option = {"text": plain, "value": "a"}
    elements: list[dict[str, object]] = [
        {"type": "plain_text_input", "placeholder": plain, "initial_value": text},
        {"type": "static_select", "placeholder": plain, "options": [option]},
        {"type": "radio_buttons", "options": [option]},
    ]
    blocks = [
        {"type": "input", "block_id": f"b{n}", "label": plain, "hint": plain, "element": {**element, "action_id": "a"}}
        for n, element in enumerate(elements)
    ]
    shown.play.views = [
        {
            "id": "V_1",
            "hash": "1",
            "title": plain,
            "submit": plain,
            "close": plain,
            "blocks": blocks,
            "errors": {"b0": text},
        }
    ]
    expect(shown.page.locator("#form .wrong").first).to_have_text(text)
    assert 0 == shown.page.locator("#form script, #form img").count()
    assert shown.page.evaluate("window.owned") is None


def test_every_field_of_a_form_sends_what_it_holds(shown: Opened) -> None:
    def words(text: str) -> dict[str, str]:
        return {"type": "plain_text", "text": text}

    options = [{"text": words(name), "value": name.lower()} for name in ("Soft", "Hard")]
    elements: dict[str, dict[str, object]] = {
        "why": {"type": "plain_text_input", "multiline": True, "initial_value": "prices"},
        "mode": {"type": "static_select", "options": options, "initial_option": options[1]},
        "kind": {"type": "radio_buttons", "options": options},
        "more": {"type": "checkboxes", "options": options, "initial_options": [options[0]]},
        "day": {"type": "datepicker", "initial_date": "2026-11-27"},
        "who": {"type": "users_select"},
    }
    blocks = [
        {"type": "input", "block_id": name, "label": words(name), "element": {**element, "action_id": "a"}}
        for name, element in elements.items()
    ]
    shown.play.views = [{"id": "V_1", "hash": "1", "title": words("All"), "submit": words("Send"), "blocks": blocks}]
    page = shown.page
    page.get_by_role("radiogroup", name="kind").get_by_label("Hard").check()
    page.get_by_label("who").select_option("U_KIM")
    page.click("#form-send")
    expect(page.locator("#form-send")).to_be_enabled()
    [sent] = shown.play.posted("submit")
    expected = {"why": "prices", "mode": "hard", "kind": "hard", "more": ["soft"], "day": "2026-11-27", "who": "U_KIM"}
    assert {name: {"a": value} for name, value in expected.items()} == sent["values"]
