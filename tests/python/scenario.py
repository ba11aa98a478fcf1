"""Two users, two devices each, one group: what they do to it must leave all devices with one view.

    scenario.py HOST PORT CA_FILE ALICE BOB [--parts chat,edit,…]
                [--guest TOKEN --operator ADMIN_PORT,TOKEN]

ALICE and BOB are either two resume tokens, `cv1…,cv1…`, or `tenant/user:password`, with which both
devices log in. The part `external` wants a user of another tenant and an operator. Ends with code 0 and a line `GOOD …`; with 3 and `UNSUPPORTED …` when the node does
not know a request that a part needs; with 1 and `BAD …` otherwise."""

import argparse
import sys
import time

from conclave_client import Device
from conclave_session import Closed, Refused, Session

PARTS = "chat resend extras edit recall react pin inbox expire burn absence".split()
PATIENCE = 30.0


def parts_of(snapshot):
    return [snapshot["settings"], snapshot["members"], *snapshot["messages"]]


class World:
    def __init__(self, arguments):
        address = (arguments.host, arguments.port)
        self.alice, self.bob = (
            [
                Device(address, arguments.ca_file, name=f"{who}-{i}", **credentials)
                for i, credentials in enumerate(credentials_of(text))
            ]
            for who, text in (("alice", arguments.alice), ("bob", arguments.bob))
        )
        self.everyone = self.alice + self.bob
        self.arguments = arguments
        for device in self.everyone:
            device.log_in()
        self.found()

    def found(self):
        """A group whose every seq all four see."""
        group = {"kind": 2, "visibility": 1, "title": "scenario"}
        made = self.alice[0].request(
            "CREATE_CONVERSATION", **group, members=[self.bob[0].me["user"]]
        )
        self.group = made["conversation"]
        self.agree()

    def say(self, device, text, **extras):
        return self.do(device, "SEND", kind=16, body=text.encode(), **extras)["seq"]

    def do(self, device, name, **fields):
        return device.request(name, conversation=self.group, **fields)

    def wait(self, holds, who=None, complain=True):
        """Reads all connections until it holds."""
        until = time.monotonic() + PATIENCE
        while not holds():
            if time.monotonic() > until:
                assert not complain, "what was waited for did not come"
                return
            for device in who or self.everyone:
                device.pump(0.02)

    def agree(self, who=None):
        """All devices have everything and show the same; returns what they show."""
        who = who or self.everyone

        def caught_up():
            known = [device.conversations.get(self.group) for device in who]
            if not all(known) or not all(device.caught_up() for device in who):
                return False
            return len({c.cursor for c in known}) == 1

        snapshots = []  # those that were compared: the next ones may differ again

        def same():  # what expires does so on each device by its own clock
            self.wait(caught_up, who)
            snapshots[:] = [device.snapshot(self.group) for device in who]
            return all(snapshot == snapshots[0] for snapshot in snapshots)

        self.wait(same, who, complain=False)
        for device, snapshot in zip(who, snapshots):
            for shown, expected in zip(parts_of(snapshot), parts_of(snapshots[0])):
                assert shown == expected, f"{device.name} shows {shown}, not {expected}"
            assert snapshot == snapshots[0], f"{device.name} shows more or less than others"
        return snapshots[0]

    def message(self, seq):
        return next(m for m in self.agree()["messages"] if m["seq"] == seq)


def credentials_of(text):
    if text.startswith("cv1."):
        tokens = text.split(",")
        return [{"token": tokens[0]}, {"token": tokens[-1]}]
    names, password = text.split(":", 1)
    return [{"password": (*names.split("/"), password)}] * 2


# -- parts: each leaves the group as it may be


def chat(world):
    seqs = [world.say(device, f"good morning from {device.name}") for device in world.everyone]
    assert seqs == sorted(set(seqs)), seqs
    bodies = [m["body"].decode() for m in world.agree()["messages"]]
    assert bodies == [f"good morning from {device.name}" for device in world.everyone], bodies


def extras(world):
    question = world.say(world.alice[0], "lunch?")
    alice = world.alice[0].me["user"]
    fields = {"reply_to": question, "thread": question, "mentions": [alice]}
    answer = world.say(world.bob[0], "@alice yes", **fields)
    assert world.message(answer)["extras"] == (question, question, (alice,), 0)


def resend(world):
    """Requests whose answers are lost with the connection are done once, in their order, unless the
    node put some of them off."""
    device = world.alice[0]
    texts = [f"once {i}" for i in range(20)]
    fields = {"conversation": world.group, "kind": 16}
    requests = [device.start("SEND", **fields, body=text.encode()) for text in texts]
    device.drop()
    world.wait(lambda: not any(request.open for request in requests))
    assert all(request.answer for request in requests), [str(r.refused) for r in requests]
    bodies = [m["body"].decode() for m in world.agree()["messages"]]
    assert sorted(b for b in bodies if b.startswith("once ")) == sorted(texts), bodies
    steady = [text for text, request in zip(texts, requests) if not request.put_off]
    assert [b for b in bodies if b in steady] == steady, bodies


def edit(world):
    seq = world.say(world.alice[0], "helo")
    world.do(world.alice[1], "EDIT", target=seq, body=b"hello")
    world.do(world.alice[0], "EDIT", target=seq, body=b"hello, all")
    message = world.message(seq)
    assert (message["body"], message["state"]) == (b"hello, all", "edited"), message
    versions = world.do(world.bob[0], "LIST_VERSIONS", target=seq)["versions"]
    assert [v["body"] for v in versions] == [b"helo", b"hello"], versions
    target = {"conversation": world.group, "target": seq}
    assert refusal(world.bob[0], "EDIT", **target, body=b"x") == "forbidden"


def recall(world):
    seq = world.say(world.bob[0], "a secret")
    target = {"conversation": world.group, "target": seq}
    world.bob[0].request("EDIT", **target, body=b"a bigger secret")
    world.do(world.bob[1], "RECALL", target=seq)
    message = world.message(seq)
    assert (message["body"], message["state"]) == (b"", "gone"), message
    assert refusal(world.bob[0], "RECALL", **target) == "gone"
    for direction, start in ((1, 1), (2, 0)):
        where = {"from": start, "direction": direction}
        page = world.do(world.alice[0], "HISTORY", limit=1000, **where)
        served = [event["seq"] for event in page["events"] if b"secret" in event["body"]]
        assert not served, f"history serves what is gone, in {served}"


def react(world):
    seq = world.say(world.alice[0], "who likes it?")
    given = ((0, "+1", False), (1, "heart", False), (0, "+1", True), (0, "wave", False))
    for device, reaction, removed in given:
        world.do(world.bob[device], "REACT", target=seq, reaction=reaction, removed=removed)
    bob = world.bob[0].me["user"]
    assert world.message(seq)["reactions"] == [(bob, "heart"), (bob, "wave")]
    again = {"conversation": world.group, "target": seq, "reaction": "heart", "removed": False}
    assert refusal(world.bob[1], "REACT", **again) == "already_exists"


def pin(world):
    seq, other = (world.say(world.bob[0], text) for text in ("read this", "and this"))
    for target, removed in ((seq, False), (other, False), (other, True)):
        world.do(world.alice[0], "PIN", target=target, removed=removed)
    assert world.message(seq)["pinned"] and not world.message(other)["pinned"]
    assert [p["seq"] for p in world.do(world.bob[0], "LIST_PINS")["pins"]] == [seq]


def inbox(world):
    """What one device sets the other one learns."""
    seq = world.say(world.alice[0], "read me")
    world.do(world.bob[0], "MARK_READ", seq=seq)
    world.do(world.bob[0], "SET_CONVERSATION", muted_until=0, pinned=True, hidden=False)
    summary = world.bob[1].conversation(world.group).summary
    world.wait(lambda: summary.get("read") == seq and summary.get("pinned"))
    readers = world.do(world.alice[0], "LIST_READERS", seq=seq, after=0, limit=10)
    assert readers["users"] == [world.bob[0].me["user"]], readers


def expire(world):
    world.do(world.alice[0], "LIST_GONE", cursor=1, after=0)
    seq = world.say(world.alice[0], "for a second", expires_after_ms=1000)
    device = world.bob[0]
    world.wait(lambda: world.message(seq)["state"] == "gone")
    world.wait(lambda: seq in world.do(device, "LIST_GONE", cursor=seq, after=0)["gone"])
    page = world.do(device, "HISTORY", limit=1, direction=1, **{"from": seq})
    assert page["events"][0]["body"] == b"", page
    assert world.message(seq)["state"] == "gone"


def burn(world):
    seq = world.do(world.alice[0], "SEND", kind=16, body=b"burn", burn_ms=1000)["seq"]
    assert world.do(world.bob[0], "OPEN", seq=seq)["body"] == b"burn"
    assert world.message(seq)["body"] == b""
    world.wait(lambda: seq in world.bob[1].conversations[world.group].burned)
    assert refusal(world.bob[1], "OPEN", conversation=world.group, seq=seq) == "gone"
    world.wait(lambda: world.message(seq)["state"] == "gone")


def external(world):
    """Somebody of another tenant comes in, talks, and hears nothing after he was removed."""
    host, ca_file = world.arguments.host, world.arguments.ca_file
    admin_port, token = world.arguments.operator.split(",")
    operator = Session((host, int(admin_port)), ca_file, token=token, name="operator")
    guest = Device((host, world.arguments.port), ca_file, token=world.arguments.guest, name="guest")
    alice, bob = world.alice[0], world.bob[0]
    operator.log_in()
    guest.log_in()
    name, home = guest.me["user_name"], guest.me["tenant_name"]
    invitation = {"conversation": world.group, "tenant_name": home, "names": [name]}
    assert refusal(bob, "ADD_EXTERNAL", **invitation) == "forbidden", "bob is no admin"
    assert refusal(alice, "ADD_EXTERNAL", **invitation) == "policy_forbids", "no guests"
    allow(operator, alice.me["tenant_name"], host_external=True)
    assert refusal(alice, "ADD_EXTERNAL", **invitation) == "not_found", "they stay at home"
    allow(operator, home, visit_external=True)
    alice.request("ADD_EXTERNAL", **invitation)

    everyone = [*world.everyone, guest]
    world.wait(lambda: any(c.summary for c in guest.conversations.values()), everyone)
    (room,) = [c for c, known in guest.conversations.items() if known.summary]
    summary = guest.conversations[room].summary
    assert (summary["host"], summary["external"]) == (alice.me["tenant_name"], True), summary
    assert summary["self"], summary

    theirs = world.say(alice, "welcome", mentions=[summary["self"]])
    ours = guest.request("SEND", conversation=room, kind=16, body=b"thank you")["seq"]

    def heard(device, where, seq):
        return seq in device.conversations[where].view.messages

    world.wait(lambda: heard(guest, room, theirs) and heard(bob, world.group, ours), everyone)
    said = guest.conversations[room].view.messages
    assert said[theirs]["mentions"] == [summary["self"]], said[theirs]
    assert {said[theirs]["sender"], said[ours]["sender"]} == {alice.me["user"], summary["self"]}
    spoken = world.message(ours)
    assert (spoken["sender"], spoken["body"]) == (summary["self"], b"thank you"), spoken

    ids = {"names": [], "users": [alice.me["user"], summary["self"]]}
    called = guest.request("RESOLVE_USERS", **ids, conversation=room)["users"]
    expected = [alice.me["user_name"], f"{name}@{home}"]
    assert [u["user_name"] for u in called] == expected, called
    elsewhere = guest.request("RESOLVE_USERS", names=expected, users=[], conversation=0)["users"]
    assert not elsewhere, f"the names of one tenant mean nothing in another: {elsewhere}"

    fence = world.do(alice, "REMOVE_MEMBER", user=summary["self"])["seq"]
    secret = world.say(alice, "among ourselves")
    world.wait(lambda: guest.conversations[room].cursor >= fence, everyone)
    world.agree()
    until = time.monotonic() + 1.0
    world.wait(lambda: time.monotonic() > until, [guest])
    assert guest.conversations[room].cursor == fence, "something came after the removal"
    assert secret not in guest.conversations[room].view.messages
    assert refusal(guest, "SEND", conversation=room, kind=16, body=b"?") == "not_found"
    page = {"conversation": room, "from": 0, "direction": 2, "limit": 100}
    assert max(e["seq"] for e in guest.request("HISTORY", **page)["events"]) == fence


def allow(operator, tenant, **rules):
    policy = operator.request("GET_POLICY", tenant_name=tenant)
    operator.request("SET_POLICY", tenant_name=tenant, **(policy | rules))


def absence(world):
    """A device that was away ends with the view of those that stayed."""
    away = world.bob[1]
    stayed = [device for device in world.everyone if device is not away]
    kept = [world.say(world.alice[0], f"to be {what}") for what in ("edited", "recalled", "liked")]
    world.agree()
    away.drop()
    for i in range(30):
        world.say(stayed[i % 3], f"while you were away {i}")
    target = {"conversation": world.group}
    world.alice[0].request("EDIT", **target, target=kept[0], body=b"edited")
    world.alice[0].request("RECALL", **target, target=kept[1])
    world.bob[0].request("REACT", **target, target=kept[2], reaction="heart", removed=False)
    world.alice[0].request("PIN", **target, target=kept[2], removed=False)
    before = world.agree(stayed)
    away.log_in()
    assert world.agree() == before


def refusal(device, name, **fields):
    """The name of the error with which a request must be refused."""
    try:
        device.request(name, **fields)
    except Refused as refused:
        return refused.name
    return "done"


def main():
    parser = argparse.ArgumentParser()
    for name in ("host", "port", "ca_file", "alice", "bob"):
        parser.add_argument(name, type=int if name == "port" else str)
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--guest")
    parser.add_argument("--operator")
    arguments = parser.parse_args()
    parts = arguments.parts.split(",")
    try:
        world = World(arguments)
        for part in parts:
            globals()[part](world)
        events = world.alice[0].conversations[world.group].cursor
        messages = len(world.agree()["messages"])
    except (AssertionError, TimeoutError, Closed, Refused) as failed:
        print(f"BAD {failed}")
        return 1
    print(f"GOOD parts={len(parts)} devices=4 events={events} messages={messages}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
