/// Settings, session and failures of a command.
#include "client/cli/context.h"

#include "client/cli/advice.h"
#include "client/cli/text.h"
#include "client/renewal.h"
#include "client/token_file.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <unistd.h>

namespace conclave::client::cli {

namespace {

/// "a:1, b:2" -> both; empty parts are nobody's address.
std::vector<std::string> servers_of(const std::string& text) {
  std::vector<std::string> servers;
  std::stringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    std::erase(part, ' ');
    if (!part.empty()) servers.push_back(part);
  }
  return servers;
}

}  // namespace

context::context(settings s) : settings_(std::move(s)) {
  std::clearerr(stdout);  // an earlier command of this process failed for itself
  const char* term = std::getenv("TERM");
  const bool dumb = term == nullptr || std::string_view(term) == "dumb";
  decorated_ =
      !settings_.json && isatty(STDOUT_FILENO) == 1 && !dumb && std::getenv("NO_COLOR") == nullptr;
}

/// A failed write is remembered by stdout itself: see output_failed().
void context::line(std::string_view text) const {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fputc('\n', stdout);
  std::fflush(stdout);
}

bool context::output_failed() const {
  return std::ferror(stdout) != 0;
}

int context::fail(const failure& f) {
  return fail(f, advice_for_people(f.code));
}

int context::fail(const failure& f, std::string_view advice) {
  const std::string_view name = f.code == unreachable ? "unreachable" : name_of(f.code);
  const std::string text = f.detail.empty() ? std::string(describe(f.code).text) : f.detail;
  std::fprintf(stderr, "conclave: %s (%.*s)\n", printable(text, " ").c_str(),
               static_cast<int>(name.size()), name.data());
  if (!advice.empty()) {
    std::fprintf(stderr, "  %.*s\n", static_cast<int>(advice.size()), advice.data());
  }
  return exit_ = exit_code_of(f);
}

int context::usage(const std::string& sentence) {
  std::fprintf(stderr, "conclave: %s\n", printable(sentence, " ").c_str());
  return exit_ = exit_usage;
}

void context::remember(const failure& f) {
  exit_ = std::max<int>(exit_, exit_code_of(f));
}

int context::tell(conversation_id c, const outcome<receipt>& done, const std::string& words) {
  if (!done) return fail(done.error());
  if (json()) {
    line(nlohmann::ordered_json{
        {"conversation", c.value}, {"seq", done->seq.value}, {"time", done->time}}
             .dump());
  } else if (!words.empty()) {
    line(words);
  }
  return exit_ok;
}

int context::tell(const status& done, const std::string& words) {
  if (!done) return fail(done.error());
  if (json()) {
    line(R"({"done":true})");
  } else {
    line(words);
  }
  return exit_ok;
}

bool context::confirm(const std::string& question) const {
  if (settings_.yes || isatty(STDIN_FILENO) != 1) return true;
  std::fprintf(stderr, "%s [y/N] ", printable(question, " ").c_str());
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "yes";
}

status context::prepare() {
  auto stored =
      load_profile(profile_file(), profile_required_ && profile_is_named(settings_.profile_file));
  if (!stored) return std::move(stored).error();
  effective_ = settings_.given;
  const auto fill = [](std::string& to, const std::string& from) {
    if (to.empty()) to = from;
  };
  // A new login's token and memory are its own, not those of the profile.
  const bool new_token = !new_token_file_.empty();
  if (new_token) fill(effective_.token_file, new_token_file_);
  // A profile's state belongs to the profile's token.
  if (effective_.token_file.empty()) fill(effective_.state_file, stored->state_file);
  fill(effective_.server, stored->server);
  fill(effective_.ca, stored->ca);
  fill(effective_.token_file, stored->token_file);
  const auto missing = [&](const char* option) {
    return failure{errc::invalid_argument, std::string("no ") + option + " is given, and " +
                                               profile_file() + " does not name one"};
  };
  if (effective_.server.empty()) return missing("--server");
  if (effective_.ca.empty()) return missing("--ca");
  if (effective_.token_file.empty()) return missing("--token-file");
  if (access(effective_.ca.c_str(), R_OK) != 0) {
    return failure{errc::invalid_argument, "cannot read the CA file " + effective_.ca};
  }
  return done{};
}

std::unique_ptr<session> context::open(session_options options, session_events events) {
  const status prepared = prepare();
  if (!prepared) {
    usage(prepared.error().detail);
    return nullptr;
  }
  auto token = read_token_file(effective_.token_file);
  if (!token) {
    usage(token.error().detail);
    return nullptr;
  }
  options.token = std::move(*token);
  return connect(std::move(options), std::move(events));
}

std::unique_ptr<session> context::connect(session_options options, session_events events) {
  options.servers = servers_of(effective_.server);
  options.ca_file = effective_.ca;
  options.client_name = "conclave/" CONCLAVE_VERSION;
  const auto stored = std::make_shared<std::atomic<bool>>(false);
  events.on_token = [stored, file = effective_.token_file](const std::string& token, time_ms) {
    *stored = true;
    return write_token_file(file, token);
  };
  auto connected = session::connect(options, std::move(events));
  if (connected) {
    session& s = **connected;
    const time_ms renew_by = s.who().renew_by;
    const bool due = renew_by != 0 && renew_after_ms(renew_by, s.node_time(), false) == 0;
    // The session has begun to renew it by itself; a short command would end before the answer.
    if (due && !*stored) (void)s.renew_token();
    return std::move(*connected);
  }
  const failure& why = connected.error();
  if (why.code == errc::invalid_argument) {
    usage(why.detail);
  } else {
    fail(failure(why).prefixed(effective_.server));
  }
  return nullptr;
}

std::unique_ptr<session> context::open_quiet() {
  session_options options;
  options.follow = false;
  return open(std::move(options));
}

std::string context::state_file() const {
  return effective_.state_file.empty() ? effective_.token_file + ".state.json"
                                       : effective_.state_file;
}

}  // namespace conclave::client::cli
