/// What a message costs to take apart and to put together: SEND as the gateway decodes it, EVENT as
/// it is encoded once, as a client splits and decodes it, and a page of events as it is framed.
#include "schemas/codec.h"
#include "schemas/conversation_messages.h"
#include "schemas/event.h"
#include "schemas/history_messages.h"

#include <benchmark/benchmark.h>

#include <string>

namespace conclave {
namespace {

const std::string body(160, 'x');

event_view a_message() {
  event_view event;
  event.seq = event_seq{123'456};
  event.kind = event_kind::text;
  event.sender = user_id{1'234};
  event.device = device_id{7};
  event.time = 1'795'642'766'736;
  event.ordinal = 120'000;
  event.client_seq = 1'795'642'766'782'915;
  event.body = body;
  return event;
}

void decode_send(benchmark::State& state) {
  send message;
  message.conversation = conversation_id{1'486'171'476'627'135};
  message.client_seq = 1'795'642'766'782'915;
  message.body = {body};
  std::string frame;
  append_frame(frame, 1, message);
  const std::string_view payload = std::string_view(frame).substr(frame_header_size);
  for (auto _ : state) benchmark::DoNotOptimize(decode<send>(payload));
}
BENCHMARK(decode_send);

void encode_ok(benchmark::State& state) {
  std::string out;
  for (auto _ : state) {
    out.clear();
    append_frame(out, 99, ok_answer{event_seq{123'456}, 1'795'642'766'736});
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(encode_ok);

void encode_event_frame(benchmark::State& state) {
  const event_view event = a_message();
  std::string out;
  for (auto _ : state) {
    out.clear();
    benchmark::DoNotOptimize(
        append_event_frame(out, conversation_id{1'486'171'476'627'135}, event));
  }
}
BENCHMARK(encode_event_frame);

void split_and_decode_event(benchmark::State& state) {
  std::string frame;
  append_event_frame(frame, conversation_id{1'486'171'476'627'135}, a_message());
  const std::string_view payload = std::string_view(frame).substr(frame_header_size);
  for (auto _ : state) {
    const auto push = split_event_payload(payload);
    benchmark::DoNotOptimize(decode_event(push->event_bytes));
  }
}
BENCHMARK(split_and_decode_event);

/// For a member of another tenant.
void rename_event_frame(benchmark::State& state) {
  std::string frame;
  append_event_frame(frame, conversation_id{1}, a_message());
  std::uint64_t id = 1;
  for (auto _ : state) {
    rename_event_frames(frame, 0, conversation_id{++id});
    benchmark::DoNotOptimize(frame.data());
  }
}
BENCHMARK(rename_event_frame);

void encode_page_of_100(benchmark::State& state) {
  std::string events;
  for (int i = 0; i < 100; ++i) append_event(events, a_message());
  const history_page page{conversation_id{9}, event_seq{100}, event_seq{}, {100, events}};
  std::string out;
  for (auto _ : state) {
    out.clear();
    append_frame(out, 1, page);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(encode_page_of_100);

}  // namespace
}  // namespace conclave
