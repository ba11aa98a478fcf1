"""A client of Conclave for one device, written from schemas/README.md alone: cursors with gaps filled
by HISTORY, LIST_GONE, the inbox, and a view of each conversation, on top of conclave_session.py. The
standard library only.

    device = Device(("127.0.0.1", 7430), "ca.pem", token="cv1…")
    device.log_in()
    ok = device.request("SEND", conversation=c, kind=16, body=b"hello")
    device.pump_until(lambda: device.conversations[c].cursor >= ok["seq"])
"""

from conclave_session import Session, protocol
from conclave_view import BURNING, MESSAGES, View
from conclave_wire import DEFAULTS

MOST_READS = 8


class Conversation:
    def __init__(self):
        self.cursor = 0
        self.view = View(protocol)
        self.summary = {}  # the last entry of the list
        self.wanted = 0  # events are known to exist up to here
        self.fetching = False
        self.gone_asked = False  # on this connection
        self.burned = set()  # over for this user


class Device(Session):
    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.conversations = {}
        self.inbox_cursor = None
        self.inbox = []
        self.inbox_fetching = False
        self.list_time = 0
        self.soft = []  # TYPING_NOW, READ_BY, PRESENCE as they came

    def _logged_in(self):
        self.inbox_fetching = False
        for conversation in self.conversations.values():
            conversation.fetching = conversation.gone_asked = False
        if self.inbox_cursor is None:
            self.inbox_cursor = self.me["inbox_head"]
        self._fetch_inbox()
        self._list(0, self.list_time, first=True)

    def pump(self, timeout=0.05):
        super().pump(timeout)
        for conversation_id in list(self.conversations):
            self._fetch(conversation_id)

    def caught_up(self):
        """True when nothing is being fetched any more."""
        behind = any(c.fetching or c.wanted > c.cursor for c in self.conversations.values())
        return self.connection is not None and not behind and not self.requests

    def _pushed(self, name, fields):
        if name == "EVENT":
            self._arrived(fields["conversation"], fields["event"])
        elif name == "HEAD":
            self._want(fields["conversation"], fields["head"])
        elif name == "INBOX_ENTRY":
            self._inbox_entry(fields)
        elif name == "INBOX_HEAD" and fields["head"] > self.inbox_cursor:
            self._fetch_inbox()
        elif name in ("TYPING_NOW", "READ_BY", "PRESENCE"):
            self.soft.append((name, fields))

    def _done(self, request, name, answer):
        if name == "OK":
            self._arrived(request.fields["conversation"], self._own_event(request, answer))
        elif name == "CONVERSATION_CREATED":
            self.conversation(answer["conversation"]).summary.setdefault("host", "")
            self._want(answer["conversation"], 1)

    def _own_event(self, request, ok):
        """The event that an OK stands for; of kind None when HISTORY is to tell what it holds."""
        asked = request.fields
        event = {f["name"]: DEFAULTS[f["type"]] for f in protocol.layouts["event"]}
        event |= {name: value for name, value in asked.items() if name in event}
        event.update(ok, sender=self.self_in(asked["conversation"]), device=self.me["device"])
        if not self.conversation(asked["conversation"]).summary:
            return event | {"kind": None}  # whose conversation it is has not been told yet
        kinds = {"SEND": asked.get("kind"), "EDIT": 32, "RECALL": 33, "REACT": 34, "PIN": 35}
        event["kind"] = kinds.get(request.name)
        if request.name == "SEND":
            after = asked.get("expires_after_ms")
            event["expires"] = ok["time"] + after if after else asked.get("expires_at", 0)
            event["flags"] = asked.get("mentions_all", False) * 1 | (event["burn_ms"] > 0) * BURNING
            event["body"] = b"" if event["burn_ms"] else asked["body"]
        elif request.name in ("REACT", "PIN"):
            layout = {"REACT": "reaction_body", "PIN": "pin_body"}[request.name]
            event["body"] = protocol.encode(layout, asked)
        ordinal = self.conversation(asked["conversation"]).view.ordinal
        event["ordinal"] = ordinal + (event["kind"] in MESSAGES)
        return event

    # -- conversations and their cursors

    def self_in(self, conversation_id):
        summary = self.conversation(conversation_id).summary
        return summary.get("self") or self.me["user"]

    def conversation(self, conversation_id):
        return self.conversations.setdefault(conversation_id, Conversation())

    def _arrived(self, conversation_id, event):
        """An EVENT, or the OK in its place."""
        conversation = self.conversation(conversation_id)
        self._recognise(conversation_id, event)
        if event["seq"] == conversation.cursor + 1 and event["kind"] is not None:
            conversation.cursor = event["seq"]
            conversation.view.apply(event)
        elif event["seq"] > conversation.cursor:
            self._want(conversation_id, event["seq"])

    def _recognise(self, conversation_id, event):
        """An own event counts as the answer that was lost with a connection."""
        mine = self.me["device"], self.self_in(conversation_id)
        if (event.get("device"), event.get("sender")) != mine:
            return
        for request in list(self.requests.values()):
            if request.key == (conversation_id, event["client_seq"]):
                del self.requests[request.correlation]
                request.answer = {"seq": event["seq"], "time": event["time"]}

    def _want(self, conversation_id, seq):
        conversation = self.conversation(conversation_id)
        conversation.wanted = max(conversation.wanted, seq)
        self._fetch(conversation_id)

    def _fetch(self, conversation_id):
        """One read at a time for each conversation: first what is gone, then what is new."""
        conversation = self.conversations[conversation_id]
        reads = sum(r.then is not None for r in self.requests.values())
        known = conversation.wanted <= conversation.cursor
        if known or conversation.fetching or reads >= MOST_READS:
            return
        conversation.fetching = True
        if conversation.cursor and not conversation.gone_asked:
            conversation.gone_asked = True
            self._ask_gone(conversation_id, 0)
        else:
            self._ask_history(conversation_id, conversation.cursor + 1)

    def _ask_gone(self, conversation_id, after):
        conversation = self.conversations[conversation_id]

        def page(answer):
            if answer:  # None: the node does not know the request
                conversation.view.forget(answer["gone"])
            if answer and answer["next"]:
                return self._ask_gone(conversation_id, answer["next"])
            self._ask_history(conversation_id, conversation.cursor + 1)

        where = {"conversation": conversation_id, "cursor": conversation.cursor}
        self.start("LIST_GONE", page, **where, after=after)

    def _ask_history(self, conversation_id, start):
        conversation = self.conversations[conversation_id]

        def page(answer):
            if answer is None:  # not ours (any more): nothing to fetch
                conversation.fetching = False
                conversation.wanted = conversation.cursor
                return
            for event in answer["events"]:
                self._recognise(conversation_id, event)
                if event["seq"] > conversation.cursor:
                    conversation.cursor = event["seq"]
                    conversation.view.apply(event)
            reached = answer["next"] - 1 if answer["next"] else answer["head"]
            conversation.cursor = max(conversation.cursor, reached)
            if answer["next"]:
                return self._ask_history(conversation_id, answer["next"])
            conversation.fetching = False
            if not answer["events"]:  # what was announced is not for this user
                conversation.wanted = conversation.cursor

        self._read_history(conversation_id, start, page, direction=1)

    def _list(self, after, changed_after, first=False, limit=500):
        def page(answer):
            if answer is None:
                return
            if first:
                self.list_time = answer["time"]
            for summary in answer["conversations"]:
                self.conversation(summary["conversation"]).summary = summary
                self._want(summary["conversation"], summary["head"])
            if answer["more"] and limit > 1:
                ids = [s["conversation"] for s in answer["conversations"]]
                self._list(answer["next"] or ids[-1], changed_after)

        self.start("LIST_CONVERSATIONS", page, after=after, limit=limit, changed_after=changed_after)

    # -- the inbox

    def _fetch_inbox(self):
        if self.inbox_fetching:
            return
        self.inbox_fetching = True

        def page(answer):
            self.inbox_fetching = False
            if answer is None:
                return
            if answer["first"] > self.inbox_cursor + 1:  # older ones are no longer kept
                self.inbox_cursor = answer["first"] - 1
                self._list(0, 0)
            for entry in answer["entries"]:
                self._inbox_entry(entry)
            if answer["head"] > self.inbox_cursor and answer["entries"]:
                self._fetch_inbox()

        self.start("INBOX", page, after=self.inbox_cursor, limit=500)

    def _inbox_entry(self, entry):
        if entry["seq"] > self.inbox_cursor + 1:
            return self._fetch_inbox()
        if entry["seq"] <= self.inbox_cursor:
            return
        self.inbox_cursor = entry["seq"]
        self.inbox.append(entry)
        conversation = self.conversation(entry["conversation"]) if entry["conversation"] else None
        if entry["kind"] in (1, 2):  # added or removed: events up to `at` are his
            self._list(entry["conversation"] - 1, 0, limit=1)  # whose it is, and who we are there
            self._want(entry["conversation"], entry["at"])
        elif entry["kind"] == 3:
            own = {"pinned": entry["flags"] & 1 != 0, "hidden": entry["flags"] & 2 != 0}
            conversation.summary.update(own, muted_until=entry["number"])
        elif entry["kind"] == 4:
            conversation.summary["read"] = entry["at"]
        elif entry["kind"] == 5:
            conversation.burned.add(entry["at"])

    # -- for whoever looks at it

    def snapshot(self, conversation_id):
        view = self.conversations[conversation_id].view
        view.expire(self.now())
        return view.snapshot()
