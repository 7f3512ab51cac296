"""What erk-shared makes of blocks that Waymark wrote; run with an interpreter that has erk-shared.

Standard input: JSON Lines of {"name", "key", "data" (a mapping, or the text of a content block), "rendered"}.
Every block must be read back as exactly that data: 1, 1.0, true and "1" are four values. Exit 1 where one is not.

With --rates FILE: erk's own rates over the conformance bodies, beside ours from FILE, as ratios.
"""
import datetime
import json
import pathlib
import sys
import time
from importlib.metadata import version

from erk_shared.gateway.github.metadata import core, plan_header
from erk_shared.gateway.github.metadata.types import MetadataBlock

CONTENT = ("plan-body", "objective-body", "planning-session-prompts")
VECTORS = pathlib.Path(__file__).resolve().parent.parent / "domain/tests/vectors"


def same(one, two):
    if type(one) is not type(two):
        return False
    if isinstance(one, dict):
        return one.keys() == two.keys() and all(same(one[key], two[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(two) and all(map(same, one, two))
    return one == two


def blocks(text):
    found = core.parse_metadata_blocks(text)
    # Newer releases answer with an object that holds the errors too.
    return found if isinstance(found, list) else found.blocks


def read(case):
    """What erk reads in a block, or None where it reads none."""
    if case["key"] in CONTENT:
        # One extractor serves all content kinds; it looks for the markers of a plan.
        text = case["rendered"].replace(f"metadata-block:{case['key']}", "metadata-block:plan-body")
        return plan_header.extract_plan_from_comment(text)
    data = [block.data for block in blocks(case["rendered"]) if block.key == case["key"]]
    return data[0] if len(data) == 1 else None


def check():
    cases = [json.loads(line) for line in sys.stdin]
    wrong = 0
    for case in cases:
        got = read(case) if "rendered" in case else case["error"]
        if not same(got, case["data"]):
            wrong += 1
            shown = json.dumps(got, ensure_ascii=True, default=str)[:300]
            print(f"{case['name']}: erk reads {shown}, wanted {json.dumps(case['data'])[:300]}")
    print(f"erk-shared {version('erk-shared')} reads {len(cases) - wrong} of {len(cases)} blocks as they were meant")
    return 1 if wrong or not cases else 0


def per_second(items, work):
    start, rounds = time.perf_counter(), 0
    while time.perf_counter() - start < 1:
        for item in items:
            work(item)
        rounds += 1
    return rounds * len(items) / (time.perf_counter() - start)


def rates(path):
    ours = json.loads(pathlib.Path(path).read_text())
    lines = lambda name: [json.loads(line) for line in (VECTORS / name).read_text().split("\n") if line]
    bodies = [case["input"] for case in lines("blocks.jsonl")]
    data = [MetadataBlock(key=case["key"], data=case["data"]) for case in lines("render.jsonl")]
    parse, render = per_second(bodies, blocks), per_second(data, core.render_metadata_block)
    for what, mine, theirs in (
        ("read", ours["bodies_read_per_s"], parse),
        ("written", ours["blocks_written_and_verified_per_s"], render),
    ):
        print(f"{what}: {mine:,.0f} per second; erk-shared {version('erk-shared')}: {theirs:,.0f}; {mine / theirs:.0f} times as many")
    return 0


if __name__ == "__main__":
    sys.exit(rates(sys.argv[2]) if sys.argv[1:2] == ["--rates"] else check())
