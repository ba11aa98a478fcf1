/// What a session does with messages: say, change, take back, read, watch.
#include "client/session_impl.h"
#include "schemas/event_messages.h"

#include <utility>

namespace conclave::client {

outcome<receipt> session::send(conversation_id c, std::string_view body,
                               const message_extras& extras) {
  return impl_->wait_for_callback<outcome<receipt>>(
      [&](auto then) { impl_->core->send_message(c, body, extras, impl_->timeout_ms, then); });
}

void session::send_async(conversation_id c, std::string text, answered then) {
  send_async(c, std::move(text), message_extras{}, std::move(then));
}

void session::send_async(conversation_id c, std::string body, message_extras extras,
                         answered then) {
  session_core& core = *impl_->core;
  core.loop().post([&core, c, text = std::move(body), with = std::move(extras),
                    timeout = impl_->timeout_ms,
                    done = std::move(then)] { core.send_message(c, text, with, timeout, done); });
}

outcome<receipt> session::edit(conversation_id c, event_seq target, std::string_view body) {
  conclave::edit message;
  message.conversation = c;
  message.target = target;
  message.body.data = body;
  return impl_->change(message);
}

outcome<receipt> session::recall(conversation_id c, event_seq target) {
  conclave::recall message;
  message.conversation = c;
  message.target = target;
  return impl_->change(message);
}

outcome<receipt> session::react(conversation_id c, event_seq target, std::string_view reaction,
                                bool removed) {
  conclave::react message;
  message.conversation = c;
  message.target = target;
  message.reaction = reaction;
  message.removed = removed;
  return impl_->change(message);
}

outcome<receipt> session::pin(conversation_id c, event_seq target, bool removed) {
  conclave::pin message;
  message.conversation = c;
  message.target = target;
  message.removed = removed;
  return impl_->change(message);
}

outcome<receipt> session::forward(conversation_id to, conversation_id from, event_seq seq) {
  conclave::forward message;
  message.conversation = to;
  message.from_conversation = from;
  message.from_seq = seq;
  return impl_->change(message);
}

outcome<opened_message> session::open(conversation_id c, event_seq seq) {
  open_burning message;
  message.conversation = c;
  message.seq = seq;
  // Asked again after it burned it is gone, though it was opened.
  return impl::read<opened, opened_message>(
      impl_->exchange_keyless(message, errc::gone), [](const opened& m) -> outcome<opened_message> {
        return opened_message{m.burns_at, std::string(m.body.data)};
      });
}

status session::mark_read(conversation_id c, event_seq seq) {
  conclave::mark_read message;
  message.conversation = c;
  message.seq = seq;
  return impl_->tell(message);
}

void session::mark_read_async(conversation_id c, event_seq seq) {
  session_core& core = *impl_->core;
  core.loop().post([&core, c, seq] { core.marks().mark(c, seq); });
}

void session::typing(conversation_id c, bool stopped) {
  session_core& core = *impl_->core;
  core.loop().post([&core, c, stopped] { core.typing(c, stopped); });
}

status session::watch(conversation_id c, bool on) {
  return impl_->wait_for_callback<status>(
      [&](auto then) { impl_->core->watches().watch(c, on, impl_->timeout_ms, then); });
}

outcome<std::vector<user_id>> session::watch_presence(const std::vector<user_id>& users) {
  return impl_->wait_for_callback<outcome<std::vector<user_id>>>(
      [&](auto then) { impl_->core->watches().watch_presence(users, impl_->timeout_ms, then); });
}

}  // namespace conclave::client
