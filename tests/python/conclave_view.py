"""What a client shows of one conversation: events in order of seq go in, messages, edits, recalls,
expiry, reactions, pins, members and settings come out (schemas/README.md, section 6). No I/O."""

MESSAGES = (16, 17, 18)
EDITED, RECALLED, EXPIRED, BURNING, BURNED = 2, 4, 8, 16, 32
GONE = RECALLED | EXPIRED | BURNED
WHY = {1: EXPIRED, 2: BURNED}
MEMBER, ADMIN, OWNER = 1, 2, 3


class View:
    def __init__(self, protocol):
        self.protocol = protocol
        self.messages = {}  # seq -> event, as it stands
        self.reactions = {}  # seq -> {(user, reaction)}
        self.pins = set()
        self.members = {}  # user -> role
        self.muted = {}  # user -> until
        self.settings = {}
        self.kind = 0
        self.dissolved = False
        self.ordinal = 0  # of the newest event

    def body(self, layout, event):
        return self.protocol.decode(layout, event["body"])

    def apply(self, event):
        """The next event that this user may see."""
        self.ordinal = event["ordinal"]
        handle = self.HANDLERS.get(event["kind"])
        if handle:  # an event of an unknown kind is opaque: it only takes its place
            handle(self, event)

    def founded(self, event):
        body = self.body("created_body", event)
        self.kind = body["kind"]
        self.settings = {"title": body["name"], "topic": body["topic"]}
        self.members = {user: MEMBER for user in body["members"]}
        if self.kind in (2, 3) and body["members"]:
            self.members[body["members"][0]] = OWNER

    def added(self, event):
        for user in self.body("members_body", event)["users"]:
            self.members.setdefault(user, MEMBER)

    def removed(self, event):
        for user in self.body("members_body", event)["users"]:
            self.members.pop(user, None)

    def role_changed(self, event):
        body = self.body("role_body", event)
        if body["role"] == OWNER:
            former = [user for user, role in self.members.items() if role == OWNER]
            self.members.update({user: ADMIN for user in former})
        self.members[body["user"]] = body["role"]

    def member_muted(self, event):
        body = self.body("mute_body", event)
        self.muted[body["user"]] = body["until"]

    def settings_changed(self, event):
        self.settings = self.body("settings_body", event)

    def dissolve(self, event):
        self.dissolved = True
        self.members = {}

    def said(self, event):
        self.messages[event["seq"]] = dict(event)

    def edited(self, event):
        message = self.messages.get(event["target"])
        if message and not message["flags"] & GONE and message["changed"] < event["seq"]:
            message["body"] = event["body"]
            message["flags"] |= EDITED
            message["changed"] = event["seq"]

    def recalled(self, event):
        self.go(event["target"], RECALLED, event["seq"], event["time"], event["sender"])

    def gone(self, event):
        body = self.body("gone_body", event)
        for seq in body["seqs"]:
            self.go(seq, WHY.get(body["why"], EXPIRED), event["seq"], event["time"])

    def go(self, seq, flag, changed=0, at=0, by=0):
        message = self.messages.get(seq)
        if message and not message["flags"] & GONE:
            message["flags"] |= flag
            message.update(body=b"", changed=changed, gone_at=at, gone_by=by)
        self.reactions.pop(seq, None)
        self.pins.discard(seq)

    def forget(self, seqs):
        """LIST_GONE: bodies that must not be shown any more; the events that say why come later."""
        for seq in seqs:
            if seq in self.messages:
                self.messages[seq]["body"] = b""
            self.reactions.pop(seq, None)
            self.pins.discard(seq)

    def alive(self, seq):
        return seq in self.messages and not self.messages[seq]["flags"] & GONE

    def reacted(self, event):
        body = self.body("reaction_body", event)
        if self.alive(event["target"]):
            who = self.reactions.setdefault(event["target"], set())
            (who.discard if body["removed"] else who.add)((event["sender"], body["reaction"]))

    def pinned(self, event):
        removed = self.body("pin_body", event)["removed"]
        if self.alive(event["target"]):
            (self.pins.discard if removed else self.pins.add)(event["target"])

    HANDLERS = {
        1: founded, 2: added, 3: removed, 4: role_changed, 5: member_muted, 6: settings_changed,
        7: dissolve, 16: said, 17: said, 18: said, 32: edited, 33: recalled, 34: reacted,
        35: pinned, 36: gone,
    }

    def expire(self, now):
        """Hides what is over by the client's clock, as corrected by the node's."""
        for seq, message in self.messages.items():
            if message["expires"] and message["expires"] <= now and not message["flags"] & GONE:
                self.go(seq, EXPIRED)

    def snapshot(self):
        """What a user sees, for comparing devices."""
        messages = []
        for seq, m in sorted(self.messages.items()):
            shown = {"seq": seq, "sender": m["sender"], "body": m["body"]}
            shown["why"] = m["flags"] & GONE
            shown["state"] = "gone" if shown["why"] else "edited" if m["flags"] & EDITED else ""
            shown["reactions"] = sorted(self.reactions.get(seq, ()))
            shown["pinned"] = seq in self.pins
            shown["extras"] = (m["reply_to"], m["thread"], tuple(m["mentions"]), m["origin_seq"])
            messages.append(shown)
        members = sorted(self.members.items())
        return {"settings": self.settings, "members": members, "messages": messages}
