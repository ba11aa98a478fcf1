/// Settings, session and failures of a command.
#include "client/cli/context.h"

#include "client/cli/text.h"
#include "client/token_file.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace conclave::client::cli {

context::context(settings s) : settings_(std::move(s)) {
  const char* term = std::getenv("TERM");
  const bool dumb = term == nullptr || std::string_view(term) == "dumb";
  decorated_ =
      !settings_.json && isatty(STDOUT_FILENO) == 1 && !dumb && std::getenv("NO_COLOR") == nullptr;
}

void context::line(std::string_view text) const {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fputc('\n', stdout);
  std::fflush(stdout);
}

int context::fail(const failure& f) {
  const std::string_view name = f.code == unreachable ? "unreachable" : name_of(f.code);
  const std::string text = f.detail.empty() ? std::string(describe(f.code).text) : f.detail;
  std::fprintf(stderr, "conclave: %s (%.*s)\n", printable(text, " ").c_str(),
               static_cast<int>(name.size()), name.data());
  return exit_ = exit_code_of(f);
}

int context::usage(const std::string& sentence) {
  std::fprintf(stderr, "conclave: %s\n", printable(sentence, " ").c_str());
  return exit_ = exit_usage;
}

status context::prepare() {
  auto stored =
      load_profile(profile_file(), profile_required_ && profile_is_named(settings_.profile_file));
  if (!stored) return std::move(stored).error();
  effective_ = settings_.given;
  const auto fill = [](std::string& to, const std::string& from) {
    if (to.empty()) to = from;
  };
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
  options.servers = {effective_.server};
  options.ca_file = effective_.ca;
  options.token = std::move(*token);
  options.client_name = "conclave/" CONCLAVE_VERSION;
  auto connected = session::connect(options, std::move(events));
  if (connected) return std::move(*connected);
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

conversation_id context::find_conversation(session& s, const std::string& name) {
  if (!name.empty() && name.find_first_not_of("0123456789") == std::string::npos) {
    const std::uint64_t id = std::strtoull(name.c_str(), nullptr, 10);
    if (id != 0 && id < id_limit) return conversation_id{id};
  }
  const auto all = s.list_conversations();
  if (!all) {
    fail(all.error());
    return {};
  }
  std::vector<conversation_info> same;
  std::copy_if(all->begin(), all->end(), std::back_inserter(same),
               [&](const conversation_info& c) { return c.title == name; });
  // One that was left does not compete with one of today.
  if (same.size() > 1) std::erase_if(same, [](const conversation_info& c) { return !c.member; });
  if (same.size() == 1) return same.front().conversation;
  if (same.empty()) {
    fail({errc::not_found, "you have no conversation `" + name + "`"});
    return {};
  }
  std::string ids;
  for (const conversation_info& c : same) ids += " " + std::to_string(c.conversation.value);
  usage("`" + name + "` is the title of several conversations; name one by its id:" + ids);
  return {};
}

user_id context::find_user(session& s, const std::string& name) {
  const std::string plain = !name.empty() && name.front() == '@' ? name.substr(1) : name;
  const auto found = s.resolve({plain});
  if (!found) {
    fail(found.error());
    return {};
  }
  if (found->empty()) {
    fail({errc::not_found, "there is no user `" + plain + "`"});
    return {};
  }
  return found->front().user;
}

}  // namespace conclave::client::cli
