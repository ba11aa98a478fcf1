"""Requests of one device from their first sending to their answer, over as many connections as it
takes: login by token or password, correlations, keys, resending, pauses (schemas/README.md, sections
4, 5 and 7). What events mean is left to conclave_client.py. One thread: what waits reads meanwhile."""

import random
import time

from conclave_connection import Closed, Connection
from conclave_wire import Protocol

PATIENCE = 30.0  # seconds that a caller waits for what must come
PING_AFTER = 30.0
WINDOW = 255  # numbers above the oldest unanswered one
REJECTED = 1  # the class of what was certainly not done and will not be
NEVER_AGAIN = {103, 104, 105, 106}  # GOAWAY: replaced, kicked, device_ended, logged_out

protocol = Protocol()


class Refused(Exception):
    """The node's ERROR, of class rejected."""

    def __init__(self, request, error):
        super().__init__(f"{request}: {error['name']}: {error['text']}")
        self.name = error["name"]


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
        self.put_off = False

    @property
    def key(self):
        return self.fields.get("conversation"), self.fields.get("client_seq")

    @property
    def open(self):
        return self.answer is None and self.refused is None


class Session:
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
        self.client_seqs = {}  # by conversation: the last one
        self.clock_ahead = 0  # ms that the node's clock is ahead of ours
        self.me = {}

    # What the class above this one does with what comes:

    def _logged_in(self):
        """Begins to catch up."""

    def _pushed(self, name, fields):
        """A push but GOAWAY."""

    def self_in(self, conversation_id):
        """Who the user is there: another one where all ids are those of another tenant."""
        return self.me["user"]

    def _done(self, request, name, answer):
        """A request was answered."""

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
        unanswered = list(self.requests.values())
        self.requests = {}
        for request in unanswered:
            if request.then is None:  # catching up begins anew below
                self.requests[request.correlation] = request
                self._transmit(request)
        self._logged_in()

    def _greet(self):
        self._exchange("HELLO", min_version=1, max_version=1, features=0, client="python/1")
        if self.token:
            self.me = self._exchange("LOGIN", token=self.token)
        else:
            tenant, user, password = self.password
            self.me = self._exchange(
                "LOGIN_PASSWORD", op_id=self.op_id, tenant_name=tenant, user_name=user,
                password=password, kind=1, device_name=self.name,
            )
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
        last = self.client_seqs.get(conversation_id, 0)

        def room():
            keys = [r.key for r in self.requests.values()]
            unanswered = [number for where, number in keys if where == conversation_id and number]
            return not unanswered or last < min(unanswered) + WINDOW

        self.pump_until(room)
        number = last + 1 if last else int(time.time() * 1e6)
        self.client_seqs[conversation_id] = number
        return number

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
            request.put_off = True
            request.again_at = time.monotonic() + pause * (1 + random.random() / 2)
        elif name == "ERROR":
            del self.requests[correlation]
            request.refused = Refused(request.name, fields)
            if request.then:
                request.then(None)
        else:
            del self.requests[correlation]
            request.answer = fields
            self._done(request, name, fields)
            if request.then:
                request.then(fields)

    def _look_up(self, request, start=0):
        """resend_expired: the event is in the history, or the request was never done."""
        request.again_at = None

        def is_mine(event):
            made_by = event["sender"], event["device"], event["client_seq"]
            return made_by == (self.self_in(request.key[0]), self.me["device"], request.key[1])

        def page(answer):
            events = answer["events"] if answer else []
            mine = [event for event in events if is_mine(event)]
            if not mine and answer and answer["next"]:
                return self._look_up(request, answer["next"])
            self.requests.pop(request.correlation, None)
            if mine:
                request.answer = {"seq": mine[0]["seq"], "time": mine[0]["time"]}
            else:
                never = {"name": "resend_expired", "text": "it was never done"}
                request.refused = Refused(request.name, never)

        self._read_history(request.key[0], start, page, direction=2)

    def _read_history(self, conversation_id, start, page, direction):
        where = {"conversation": conversation_id, "from": start}
        self.start("HISTORY", page, **where, direction=direction, limit=1000)

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
        name = frame and protocol.names.get(frame[0])
        if name:  # a push of an unknown type is ignored
            self._take(name, frame[1], protocol.decode(name, frame[2]))

    def pump_until(self, holds, patience=PATIENCE):
        until = time.monotonic() + patience
        while not holds():
            if time.monotonic() > until:
                raise TimeoutError("what was waited for did not come")
            self.pump()

    def now(self):
        return int(time.time() * 1000) + self.clock_ahead

    def _keep_alive(self):
        silent = time.monotonic() - self.connection.sent_at
        if silent > PING_AFTER:
            if time.monotonic() - self.connection.heard_at > 2 * PING_AFTER:
                raise Closed(text="the node says nothing")
            self.connection.send(protocol.frame("PING", 0, {}))

    def _take(self, name, correlation, fields):
        if name == "GOAWAY":
            self.drop()
            if fields["code"] in NEVER_AGAIN:
                raise Closed(fields["code"], fields["text"])
        elif name == "ERROR" and correlation == 0:
            self.drop()
            raise Closed(fields["code"], fields["text"])
        elif protocol.frames[name]["direction"] == "answer":
            self._answered(correlation, name, fields)
        else:
            self._pushed(name, fields)
