"""A client of Conclave for one device, written from schemas/README.md alone: login, requests that survive
a lost connection, cursors with gaps filled by HISTORY, LIST_GONE, the inbox, and a view of each
conversation. One thread; everything that waits reads the connection meanwhile. The standard library only.

    device = Device(("127.0.0.1", 7430), "ca.pem", token="cv1…")
    device.log_in()
    ok = device.request("SEND", conversation=c, kind=16, body=b"hello")
    device.pump_until(lambda: device.conversations[c].cursor >= ok["seq"])
"""

import random
import socket
import ssl
import time

from conclave_view import MESSAGES, View
from conclave_wire import HEADER, Protocol

PATIENCE = 30.0  # seconds that a caller waits for what must come
PING_AFTER = 30.0
MOST_READS = 8
WINDOW = 255  # numbers above the oldest unanswered one
REJECTED, RETRY, UNKNOWN = 1, 2, 3
NEVER_AGAIN = {103, 104, 105, 106}  # GOAWAY: replaced, kicked, device_ended, logged_out

protocol = Protocol()


class Refused(Exception):
    """The node's ERROR, of class rejected."""

    def __init__(self, request, error):
        super().__init__(f"{request}: {error['name']}: {error['text']}")
        self.name = error["name"]


class Closed(Exception):
    """The connection is gone; `code` is GOAWAY's, 0 without one."""

    def __init__(self, code=0, text=""):
        super().__init__(f"closed {code} {text}")
        self.code = code


class Connection:
    """TLS and frames; nothing of what they mean."""

    def __init__(self, address, ca_file):
        context = ssl.create_default_context(cafile=ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["conclave/1"])
        try:
            plain = socket.create_connection(address, timeout=PATIENCE)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket = context.wrap_socket(plain, server_hostname=address[0])
        except ssl.SSLCertVerificationError:
            raise  # not the node that was meant: trying again does not help
        except OSError as error:
            raise Closed(text=str(error)) from None
        self.buffer = b""
        self.sent_at = self.heard_at = time.monotonic()

    def send(self, frame):
        try:
            self.socket.sendall(frame)
        except OSError as error:
            raise Closed(text=str(error)) from None
        self.sent_at = time.monotonic()

    def receive(self, timeout):
        """The next frame as (type, correlation, payload); None when none came in time."""
        until = time.monotonic() + timeout
        while True:
            if len(self.buffer) >= HEADER.size:
                length, _, type_number, _, correlation = HEADER.unpack_from(self.buffer)
                if len(self.buffer) >= 4 + length:
                    payload = self.buffer[HEADER.size : 4 + length]
                    self.buffer = self.buffer[4 + length :]
                    return type_number, correlation, payload
            left = until - time.monotonic()
            try:
                self.socket.settimeout(max(left, 0.001))
                data = self.socket.recv(65536)
            except (TimeoutError, ssl.SSLWantReadError):
                if left <= 0:
                    return None
                continue
            except OSError as error:
                raise Closed(text=str(error)) from None
            if not data:
                raise Closed()
            self.buffer += data
            self.heard_at = time.monotonic()

    def close(self):
        self.socket.close()


class Request:
    """A request from its first sending to its answer."""

    def __init__(self, name, correlation, fields, then=None):
        self.name = name
        self.correlation = correlation
        self.fields = fields
        self.then = then  # called with the answer; such requests belong to the catching up
        self.answer = None
        self.refused = None
        self.again_at = None  # when it is to be sent again
        self.pause = 0.1

    @property
    def key(self):
        return self.fields.get("conversation"), self.fields.get("client_seq")

    @property
    def open(self):
        return self.answer is None and self.refused is None


class Conversation:
    def __init__(self):
        self.cursor = 0
        self.view = View(protocol)
        self.summary = {}  # the last entry of the list
        self.wanted = 0  # events are known to exist up to here
        self.fetching = False
        self.gone_asked = False  # on this connection
        self.client_seq = 0
        self.burned = set()  # over for this user


class Device:
    def __init__(self, address, ca_file, token="", password=None, name="python"):
        self.address = address
        self.ca_file = ca_file
        self.token = token
        self.password = password  # (tenant, user, password): until there is a token
        self.op_id = random.getrandbits(64)
        self.name = name
        self.connection = None
        self.correlation = 0
        self.requests = {}  # unanswered, by correlation, in the order of their first sending
        self.conversations = {}
        self.inbox_cursor = None
        self.inbox = []
        self.inbox_fetching = False
        self.list_time = 0
        self.clock_ahead = 0  # ms that the node's clock is ahead of ours
        self.me = {}
        self.soft = []  # TYPING_NOW, READ_BY, PRESENCE as they came

    # -- the connection

    def log_in(self):
        """Connects, however often it takes, resends what is unanswered and begins to catch up."""
        pause = 0.2
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self.connection = Connection(self.address, self.ca_file)
                self._greet()
                break
            except Closed as closed:
                if closed.code in NEVER_AGAIN or time.monotonic() > until:
                    raise
                time.sleep(pause + random.random() * pause)
                pause = min(pause * 2, 30.0)
        self._start()

    def _greet(self):
        self._exchange("HELLO", min_version=1, max_version=1, features=0, client="python/1")
        if self.token:
            self.me = self._exchange("LOGIN", token=self.token)
        else:
            tenant, user, password = self.password
            self.me = self._exchange(
                "LOGIN_PASSWORD", op_id=self.op_id, tenant_name=tenant, user_name=user,
                password=password, kind=1, device_name=self.name,
            )  # fmt: skip
            self.token = self.me["token"]

    def _exchange(self, name, **fields):
        """A request before the login: its answer comes next, or the end."""
        self.correlation += 1
        self.connection.send(protocol.frame(name, self.correlation, fields))
        frame = self.connection.receive(PATIENCE)
        if frame is None:
            raise Closed(text="no answer")
        answer = protocol.names[frame[0]]
        fields = protocol.decode(answer, frame[2])
        if answer == "ERROR" and fields["class"] == REJECTED:
            raise Refused(name, fields)
        if answer in ("ERROR", "GOAWAY"):
            raise Closed(fields["code"], fields["text"])
        if answer == "WELCOME":
            self.clock_ahead = fields["time"] - int(time.time() * 1000)
        return fields

    def _start(self):
        waiting = list(self.requests.values())
        self.requests = {}
        self.inbox_fetching = False
        for conversation in self.conversations.values():
            conversation.fetching = conversation.gone_asked = False
        for request in waiting:
            if request.then is None:  # catching up begins anew below
                self.requests[request.correlation] = request
                self._transmit(request)
        if self.inbox_cursor is None:
            self.inbox_cursor = self.me["inbox_head"]
        self._fetch_inbox()
        self._list(0, self.list_time, first=True)

    def drop(self):
        """Cuts the connection, as a lost network does."""
        if self.connection:
            self.connection.close()
            self.connection = None

    # -- requests

    def start(self, name, then=None, **fields):
        """Sends a request and returns at once."""
        layout = [field["name"] for field in protocol.layouts[name]]
        if "client_seq" in layout and "client_seq" not in fields:
            fields["client_seq"] = self._next_client_seq(fields["conversation"])
        if "op_id" in layout and "op_id" not in fields:
            fields["op_id"] = random.getrandbits(64)
        self.correlation += 1
        request = Request(name, self.correlation, fields, then)
        self.requests[request.correlation] = request
        self._transmit(request)
        return request

    def request(self, name, **fields):
        """Sends a request and waits for its answer, over lost connections too."""
        request = self.start(name, **fields)
        self.pump_until(lambda: not request.open)
        if request.refused:
            raise request.refused
        return request.answer

    def _next_client_seq(self, conversation_id):
        """Consecutive from the clock, never far above the oldest one that is unanswered."""
        conversation = self.conversation(conversation_id)

        def room():
            unanswered = [r.key[1] for r in self.requests.values() if r.key[0] == conversation_id and r.key[1]]
            return not unanswered or conversation.client_seq + 1 <= min(unanswered) + WINDOW

        self.pump_until(room)
        conversation.client_seq = max(conversation.client_seq + 1, int(time.time() * 1e6) if conversation.client_seq == 0 else 0)
        return conversation.client_seq

    def _transmit(self, request):
        request.again_at = None
        if self.connection is None:
            return  # sent with the next login
        try:
            self.connection.send(protocol.frame(request.name, request.correlation, request.fields))
        except Closed:
            self.drop()

    def _answered(self, correlation, name, fields):
        request = self.requests.get(correlation)
        if request is None:
            return  # PONG, or the OK of what an EVENT answered before
        if name == "ERROR" and fields["name"] == "resend_expired":
            self._look_up(request)
        elif name == "ERROR" and fields["class"] != REJECTED:
            pause = max(fields["retry_after_ms"] / 1000, request.pause)
            request.pause = min(request.pause * 2, 5.0)
            request.again_at = time.monotonic() + pause * (1 + random.random() / 2)
        elif name == "ERROR":
            del self.requests[correlation]
            request.refused = Refused(request.name, fields)
            if request.then:
                request.then(None)
        else:
            del self.requests[correlation]
            request.answer = fields
            if name == "OK":
                self._arrived(request.fields["conversation"], self._own_event(request, fields))
            if name == "CONVERSATION_CREATED":
                self._want(fields["conversation"], 1)
            if request.then:
                request.then(fields)

    def _own_event(self, request, ok):
        """The event that an OK stands for, as far as the view needs it; None: let HISTORY tell."""
        asked = request.fields
        if request.name not in ("SEND", "EDIT", "RECALL", "REACT", "PIN"):
            return {"seq": ok["seq"], "kind": None}
        event = {f["name"]: asked.get(f["name"], b"" if f["type"] == "bin" else [] if f["type"] == "list" else 0) for f in protocol.layouts["event"]}
        event.update(seq=ok["seq"], time=ok["time"], sender=self.me["user"], device=self.me["device"])
        event["kind"] = {"SEND": asked.get("kind"), "EDIT": 32, "RECALL": 33, "REACT": 34, "PIN": 35}[request.name]
        if request.name == "SEND":
            event["expires"] = asked.get("expires_at") or (asked.get("expires_after_ms") and ok["time"] + asked["expires_after_ms"]) or 0
            event["flags"] = (1 if asked.get("mentions_all") else 0) | (16 if asked.get("burn_ms") else 0)
            if asked.get("burn_ms"):
                event["body"] = b""
        if request.name == "REACT":
            event["body"] = protocol.encode("reaction_body", asked)
        if request.name == "PIN":
            event["body"] = protocol.encode("pin_body", asked)
        event["ordinal"] = self.conversation(asked["conversation"]).view.ordinal + (event["kind"] in MESSAGES)
        return event

    def _look_up(self, request, start=0):
        """resend_expired: the event is in the history, or the request was never done."""
        request.again_at = None

        def page(answer):
            mine = [e for e in (answer or {"events": []})["events"] if e["device"] == self.me["device"]
                    and e["sender"] == self.me["user"] and e["client_seq"] == request.key[1]]  # fmt: skip
            if not mine and answer and answer["next"]:
                return self._look_up(request, answer["next"])
            self.requests.pop(request.correlation, None)
            if mine:
                request.answer = {"seq": mine[0]["seq"], "time": mine[0]["time"]}
            else:
                gone = {"name": "resend_expired", "text": "it was never done"}
                request.refused = Refused(request.name, gone)

        self.start("HISTORY", page, conversation=request.key[0], **{"from": start}, direction=2, limit=1000)

    # -- reading the connection

    def pump(self, timeout=0.05):
        """Takes one frame, if one comes in time; logs in again when the connection is lost."""
        if self.connection is None:
            self.log_in()
        try:
            self._keep_alive()
            frame = self.connection.receive(timeout)
        except Closed:
            self.drop()
            return
        for request in list(self.requests.values()):
            if request.again_at and request.again_at <= time.monotonic():
                self._transmit(request)
        if frame:
            name = protocol.names.get(frame[0])
            if name:  # a push of an unknown type is ignored
                self._take(name, frame[1], protocol.decode(name, frame[2]))
        for conversation_id in list(self.conversations):
            self._fetch(conversation_id)

    def pump_until(self, holds, patience=PATIENCE):
        until = time.monotonic() + patience
        while not holds():
            if time.monotonic() > until:
                raise TimeoutError("what was waited for did not come")
            self.pump()

    def caught_up(self):
        """True when nothing is being fetched any more."""
        behind = any(c.fetching or c.wanted > c.cursor for c in self.conversations.values())
        return self.connection is not None and not behind and not self.requests

    def now(self):
        return int(time.time() * 1000) + self.clock_ahead

    def _keep_alive(self):
        silent = time.monotonic() - self.connection.sent_at
        if silent > PING_AFTER:
            if time.monotonic() - self.connection.heard_at > 2 * PING_AFTER:
                raise Closed(text="the node says nothing")
            self.connection.send(protocol.frame("PING", 0, {}))

    def _take(self, name, correlation, fields):
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
        elif name == "GOAWAY":
            self.drop()
            if fields["code"] in NEVER_AGAIN:
                raise Closed(fields["code"], fields["text"])
        elif name == "ERROR" and correlation == 0:
            self.drop()
            raise Closed(fields["code"], fields["text"])
        elif self.frames_answer(name):
            self._answered(correlation, name, fields)

    @staticmethod
    def frames_answer(name):
        return protocol.frames[name]["direction"] == "answer"

    # -- conversations and their cursors

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
        if event.get("device") != self.me["device"] or event.get("sender") != self.me["user"]:
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
        if conversation.fetching or conversation.wanted <= conversation.cursor or reads >= MOST_READS:
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

        self.start("LIST_GONE", page, conversation=conversation_id, cursor=conversation.cursor, after=after)

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
            conversation.wanted = max(conversation.wanted, answer["head"])
            if not answer["events"]:
                conversation.wanted = conversation.cursor

        self.start("HISTORY", page, conversation=conversation_id, **{"from": start}, direction=1, limit=1000)

    def _list(self, after, changed_after, first=False):
        def page(answer):
            if answer is None:
                return
            if first:
                self.list_time = answer["time"]
            for summary in answer["conversations"]:
                self.conversation(summary["conversation"]).summary = summary
                self._want(summary["conversation"], summary["head"])
            if answer["more"]:
                ids = [s["conversation"] for s in answer["conversations"]]
                self._list(answer["next"] or ids[-1], changed_after)

        self.start("LIST_CONVERSATIONS", page, after=after, limit=500, changed_after=changed_after)

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
            self._want(entry["conversation"], entry["at"])
        elif entry["kind"] == 3:
            flags = entry["flags"]
            conversation.summary.update(muted_until=entry["number"], pinned=flags & 1 != 0, hidden=flags & 2 != 0)
        elif entry["kind"] == 4:
            conversation.summary["read"] = entry["at"]
        elif entry["kind"] == 5:
            conversation.burned.add(entry["at"])

    # -- for whoever looks at it

    def snapshot(self, conversation_id):
        view = self.conversations[conversation_id].view
        view.expire(self.now())
        return view.snapshot()
