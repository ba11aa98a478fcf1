/// Inside of client/session*.cc: the thread of a session, and how a blocking call crosses to it.
#pragma once

#include "client/session.h"
#include "client/session_core.h"
#include "schemas/check.h"

#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace conclave::client {

/// A node's answer that owns its bytes.
struct owned_answer {
  frame_header header;
  std::string payload;
};

struct session::impl {
  std::unique_ptr<session_core> core;
  std::thread thread;
  std::uint64_t timeout_ms = 0;
  identity who;

  std::mutex catching_up_mutex;
  std::shared_future<void> catching_up;  ///< of the last who asked; all who wait share it

  ~impl() {
    if (thread.joinable()) {
      core->loop().post([this] {
        core->finish(failure{errc::shutting_down, "the session was closed"});
        core->loop().stop();
      });
      thread.join();
    }
  }

  /// Runs `work` on the loop's thread with a promise to be kept, and waits. The core answers every
  /// request, at its deadline at the latest, so the wait ends.
  template <class Result, class Work>
  Result wait_for(Work&& work) {
    CONCLAVE_CHECK(std::this_thread::get_id() != thread.get_id(),
                   "a callback of a session must not make its blocking calls");
    auto promise = std::make_shared<std::promise<Result>>();
    auto result = promise->get_future();
    core->loop().post([&work, promise] { work(promise); });
    return result.get();
  }

  /// One request without effects on conversations: encoded on the loop's thread while the caller
  /// waits, so the message may borrow the caller's strings.
  template <class Message>
  outcome<owned_answer> exchange(const Message& message) {
    using result = outcome<owned_answer>;
    return wait_for<result>([&](const std::shared_ptr<std::promise<result>>& promise) {
      core->call(message, 0, timeout_ms, keep(promise));
    });
  }

  /// The same for a request without a key; see session_core::call_keyless.
  template <class Message>
  outcome<owned_answer> exchange_keyless(const Message& message, errc once_done) {
    using result = outcome<owned_answer>;
    return wait_for<result>([&](const std::shared_ptr<std::promise<result>>& promise) {
      core->call_keyless(message, once_done, timeout_ms, keep(promise));
    });
  }

  static caller::answered keep(std::shared_ptr<std::promise<outcome<owned_answer>>> promise) {
    return [promise = std::move(promise)](const outcome<frame_view>& answer) {
      if (!answer) return promise->set_value(answer.error());
      promise->set_value(owned_answer{answer->header, std::string(answer->payload)});
    };
  }

  /// exchange() and decode; `use` turns the message, which borrows, into what the caller keeps.
  template <class Answer, class Result, class Message, class Use>
  outcome<Result> ask(const Message& message, Use&& use) {
    return read<Answer, Result>(exchange(message), std::forward<Use>(use));
  }

  template <class Answer, class Result, class Use>
  static outcome<Result> read(outcome<owned_answer> answer, Use&& use) {
    if (!answer) return std::move(answer).error();
    const frame_view view{answer->header, answer->payload};
    const auto decoded = answer_as<Answer>(view);
    if (!decoded) return decoded.error();
    return use(*decoded);
  }

  /// For requests that are answered DONE.
  template <class Message>
  status tell(const Message& message) {
    return only_done(exchange(message));
  }
  static status only_done(const outcome<owned_answer>& answer) {
    if (!answer) return answer.error();
    const auto word = effect_as<done_answer>(frame_view{answer->header, answer->payload});
    if (!word) return word.error();
    return done{};
  }

  template <class Message>
  outcome<receipt> change(const Message& message) {
    using result = outcome<receipt>;
    return wait_for<result>([&](const std::shared_ptr<std::promise<result>>& promise) {
      core->change(message, timeout_ms,
                   [promise](outcome<receipt> r) { promise->set_value(std::move(r)); });
    });
  }

  /// Work that ends in one callback.
  template <class Result, class Work>
  Result wait_for_callback(Work&& work) {
    return wait_for<Result>([&](const std::shared_ptr<std::promise<Result>>& promise) {
      work([promise](Result r) { promise->set_value(std::move(r)); });
    });
  }

  std::uint64_t random() {
    return wait_for<std::uint64_t>(
        [&](const std::shared_ptr<std::promise<std::uint64_t>>& promise) {
          promise->set_value(core->random());
        });
  }
};

}  // namespace conclave::client
