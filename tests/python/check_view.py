"""Holds conclave_view.py to what the page promises of rewritten messages: whether a device was there
all along, comes for the first time, or was away and returned, it ends with the same view. A model
stands for the node: it pushes events as they happen and rewrites its rows as section 6 of the page
says. Prints one line; code 0 is good."""

import copy
import random
import sys

from conclave_view import EDITED, EXPIRED, GONE, RECALLED, View
from conclave_wire import DEFAULTS, Protocol

protocol = Protocol()
USERS = (7, 8, 9)
RUNS = 300


class Model:
    def __init__(self):
        self.rows = []  # rows[i] is the event with seq i + 1
        self.pushed = []  # the same as they were when they happened
        self.went = []  # (seq of the event that emptied it, seq of the message)
        self.ordinal = 0
        body = {"kind": 2, "visibility": 1, "name": "group", "members": list(USERS), "topic": ""}
        self.happen(1, 7, body=protocol.encode("created_body", body))

    def happen(self, kind, sender, **fields):
        event = {f["name"]: DEFAULTS[f["type"]] for f in protocol.layouts["event"]}
        self.ordinal += kind == 16
        seq = len(self.rows) + 1
        event.update(format=1, seq=seq, kind=kind, sender=sender, time=1000 + seq)
        event.update(fields, ordinal=self.ordinal)
        # Through the bytes, as a real one goes.
        event = protocol.decode("event", protocol.encode("event", event))
        self.rows.append(event)
        self.pushed.append(copy.deepcopy(event))
        return seq

    def alive(self):
        return [e["seq"] for e in self.rows if e["kind"] == 16 and not e["flags"] & GONE]

    def empty(self, target, flag, by, changed):
        row = self.rows[target - 1]
        row.update(body=b"", flags=row["flags"] | flag, changed=changed, gone_by=by, gone_at=1)
        for event in self.rows:
            if event["kind"] == 32 and event["target"] == target:
                event["body"] = b""
        self.went.append((changed, target))

    def step(self, chance):
        sender = chance.choice(USERS)
        targets = self.alive()
        what = chance.choice("say say edit recall react react pin expire unknown".split())
        if what == "unknown":
            self.happen(200, sender, body=b"?")
        elif what == "say" or not targets:
            self.happen(16, sender, body=b"text %d" % len(self.rows))
        elif what == "edit":
            target = self.rows[chance.choice(targets) - 1]
            body = b"edited %d" % len(self.rows)
            seq = self.happen(32, target["sender"], target=target["seq"], body=body)
            target.update(body=body, flags=target["flags"] | EDITED, changed=seq)
        elif what == "recall":
            target = chance.choice(targets)
            self.empty(target, RECALLED, sender, self.happen(33, sender, target=target))
        elif what == "react":
            body = {"reaction": chance.choice(("+1", "-1")), "removed": chance.random() < 0.3}
            body = protocol.encode("reaction_body", body)
            self.happen(34, sender, target=chance.choice(targets), body=body)
        elif what == "pin":
            body = protocol.encode("pin_body", {"removed": chance.random() < 0.3})
            self.happen(35, sender, target=chance.choice(targets), body=body)
        elif what == "expire":
            seqs = chance.sample(targets, min(len(targets), 2))
            body = protocol.encode("gone_body", {"why": 1, "seqs": seqs})
            seq = self.happen(36, 0, body=body)
            for target in seqs:
                self.empty(target, EXPIRED, 0, seq)


class Reader:
    """A device: pushes while it is there, LIST_GONE and pages when it comes (again)."""

    def __init__(self):
        self.view = View(protocol)
        self.cursor = 0

    def take_pushes(self, model):
        for event in model.pushed[self.cursor :]:
            self.view.apply(event)
        self.cursor = len(model.rows)

    def take_pages(self, model):
        """False: a message that came as it is now was made older again on the way."""
        first = self.cursor
        self.view.forget([seq for when, seq in model.went if when > first >= seq])
        steady = True
        for event in copy.deepcopy(model.rows[first:]):
            self.view.apply(event)
            shown = self.view.messages.get(event["target"], {"body": b""})
            if event["target"] > first:
                steady = steady and shown["body"] == model.rows[event["target"] - 1]["body"]
        self.cursor = len(model.rows)
        return steady


def run(seed):
    chance = random.Random(seed)
    model = Model()
    always, away, late = Reader(), Reader(), Reader()
    here = steady = True
    for _ in range(chance.randrange(2, 80)):
        model.step(chance)
        always.take_pushes(model)
        if here:
            away.take_pushes(model)
        if chance.random() < 0.2:
            here = not here
            if here:
                steady = away.take_pages(model) and steady
    steady = away.take_pages(model) and late.take_pages(model) and steady
    expected = always.view.snapshot()
    return steady and away.view.snapshot() == expected and late.view.snapshot() == expected


def main():
    bad = [seed for seed in range(RUNS) if not run(seed)]
    print(f"{'BAD' if bad else 'GOOD'} runs={RUNS} bad={bad[:10]}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
