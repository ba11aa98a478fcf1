/// A session's beginning, its end and its state.
#include "client/session.h"

#include "client/session_impl.h"

#include <csignal>
#include <utility>

namespace conclave::client {

namespace {

/// Is there a proof of who logs in, and is it fit to be sent?
status check_proof(const session_options& options) {
  if (!options.token.empty()) {
    login message;
    message.token = options.token;
    return within_bounds(message);
  }
  if (options.password.empty()) {
    return failure{errc::invalid_argument, "there is neither a token nor a password"};
  }
  login_password message;
  message.tenant_name = options.tenant;
  message.user_name = options.user;
  message.password = options.password;
  message.kind = options.device;
  message.device_name = options.device_name;
  return within_bounds(message);
}

}  // namespace

session::session(std::unique_ptr<impl> i) : impl_(std::move(i)) {}

session::~session() = default;

outcome<std::unique_ptr<session>> session::connect(const session_options& options,
                                                   session_events events) {
  std::vector<endpoint> servers;
  for (const std::string& text : options.servers) {
    auto server = parse_endpoint(text);
    if (!server) return std::move(server).error();
    servers.push_back(std::move(*server));
  }
  if (servers.empty()) return failure{errc::invalid_argument, "no server is named"};
  const status proof = check_proof(options);
  if (!proof) return proof.error();
  auto tls = net::tls_context::client({options.ca_file});
  if (!tls) return std::move(tls).error();
  session_state state = options.state;
  if (!options.state_file.empty()) {
    auto stored = load_state(options.state_file);
    if (!stored) return std::move(stored).error();
    if (!stored->empty()) state = std::move(*stored);
  }
  std::signal(SIGPIPE, SIG_IGN);

  auto said = std::make_shared<std::promise<status>>();
  auto first = said->get_future();
  auto i = std::make_unique<impl>();
  i->timeout_ms = static_cast<std::uint64_t>(options.request_timeout.count());
  i->core = std::make_unique<session_core>(
      options, std::move(servers), std::move(*tls), std::move(state), std::move(events),
      [said](status word) { said->set_value(std::move(word)); });
  session_core& core = *i->core;
  i->thread = std::thread([&core] { core.loop().run(); });
  core.loop().post([&core] { core.start(); });
  const status word = first.get();
  if (!word) return word.error();
  i->who = i->wait_for<identity>([&core](const std::shared_ptr<std::promise<identity>>& promise) {
    promise->set_value(core.who());
  });
  return std::unique_ptr<session>(new session(std::move(i)));
}

const identity& session::who() const {
  return impl_->who;
}

time_ms session::node_time() const {
  return impl_->core->node_time();
}

bool session::wait_until_caught_up(std::chrono::milliseconds timeout) {
  const auto within = [](const std::shared_future<void>& done, std::chrono::milliseconds time) {
    return done.wait_for(time) == std::future_status::ready;
  };
  std::shared_future<void> done;
  {
    // One question at a time: the core would forget an earlier one, and a program that asks again
    // after each timeout would pile them up.
    const std::lock_guard lock(impl_->catching_up_mutex);
    if (!impl_->catching_up.valid() || within(impl_->catching_up, {})) {
      auto promise = std::make_shared<std::promise<void>>();
      impl_->catching_up = promise->get_future().share();
      session_core& core = *impl_->core;
      core.loop().post(
          [&core, promise] { core.when_caught_up([promise] { promise->set_value(); }); });
    }
    done = impl_->catching_up;
  }
  return within(done, timeout);
}

session_state session::export_state() {
  return impl_->wait_for<session_state>(
      [this](const std::shared_ptr<std::promise<session_state>>& promise) {
        promise->set_value(impl_->core->state());
      });
}

status session::save_state() {
  return impl_->wait_for<status>([this](const std::shared_ptr<std::promise<status>>& promise) {
    promise->set_value(impl_->core->save());
  });
}

}  // namespace conclave::client
