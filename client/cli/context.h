/// What every command of `conclave` shares: the settings in force, the way to a session, output as
/// text or JSON lines, failures as one sentence. Main thread only.
#pragma once

#include "client/cli/exit_codes.h"
#include "client/cli/profile.h"
#include "client/session.h"

#include <memory>
#include <string>
#include <string_view>

namespace conclave::client::cli {

struct settings {
  profile given;             ///< from options
  std::string profile_file;  ///< from --profile
  bool json = false;
};

class context {
 public:
  explicit context(settings s);

  bool json() const { return settings_.json; }
  /// Colours and other decoration: a person looks at it, and did not ask for JSON.
  bool decorated() const { return decorated_; }
  const profile& effective() const { return effective_; }
  std::string profile_file() const { return profile_path(settings_.profile_file); }

  /// The named profile is about to be written: it need not be there yet.
  void profile_may_be_new() { profile_required_ = false; }

  /// Merges options and profile into effective() and checks that enough is known. open() does it
  /// too.
  status prepare();

  /// Logs in. On failure the sentence has been printed and exit()
  /// holds the code.
  std::unique_ptr<session> open(session_options options, session_events events = {});
  /// For commands that ask one thing: no events.
  std::unique_ptr<session> open_quiet();

  /// Where `listen` remembers: the profile's state_file, else a file beside the token.
  std::string state_file() const;

  /// A conversation by id or by its unique title. Zero: not found, the sentence has been printed.
  conversation_id find_conversation(session& s, const std::string& name);
  /// A user of the own tenant by name (a leading @ is ignored). Zero: as above.
  user_id find_user(session& s, const std::string& name);

  void line(std::string_view text) const;  ///< to stdout, with a line end
  int fail(const failure& f);              ///< prints the sentence, remembers and returns the code
  int usage(const std::string& sentence);
  int exit() const { return exit_; }

 private:
  settings settings_;
  profile effective_;
  bool decorated_ = false;
  bool profile_required_ = true;
  int exit_ = exit_ok;
};

}  // namespace conclave::client::cli
