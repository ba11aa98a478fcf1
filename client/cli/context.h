/// What every command of `conclave` shares: the settings in force, the way to a session, output as
/// text or JSON lines, failures as one sentence and what to do about it. Main thread only.
#pragma once

#include "client/cli/exit_codes.h"
#include "client/cli/profile.h"
#include "client/session.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace conclave::client::cli {

struct settings {
  profile given;             ///< from options
  std::string profile_file;  ///< from --profile
  bool json = false;
  bool yes = false;  ///< do not ask
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
  /// The token file is about to be written, here unless another one is given.
  void token_file_may_be(std::string file) { new_token_file_ = std::move(file); }

  /// Merges options and profile into effective() and checks that enough is known. open() does it
  /// too.
  status prepare();

  /// Logs in with the token of the token file, and keeps that file current. On failure the sentence
  /// has been printed and exit() holds the code.
  std::unique_ptr<session> open(session_options options, session_events events = {});
  /// For commands that ask one thing: no events.
  std::unique_ptr<session> open_quiet();
  /// With what the options say: a password in place of the token.
  std::unique_ptr<session> connect(session_options options, session_events events);

  /// Where `listen` remembers: the profile's state_file, else a file beside the token.
  std::string state_file() const;

  /// What becomes of a direct conversation that is not there yet: whoever wants to say something
  /// gets it, whoever wants to read does not.
  enum class absent : std::uint8_t { fail, found };

  /// A conversation by id, by its unique title, or as @NAME: the direct one with a user. Zero: not
  /// found, the sentence has been printed.
  conversation_id find_conversation(session& s, const std::string& name,
                                    absent then = absent::fail);
  /// The same with all that the list says about it.
  std::optional<conversation_info> find_info(session& s, const std::string& name,
                                             absent then = absent::fail);
  /// A user of the own tenant by name (a leading @ is ignored). Zero: as above.
  user_id find_user(session& s, const std::string& name);
  /// All of them in one request; false: as above.
  bool find_users(session& s, std::vector<std::string> names, std::vector<user_id>& users);
  /// People as they are called in a conversation: `carol@globex`, and for the guests of acme
  /// `alice@acme`. In one of the own tenant any of its users. Zero and false: as above.
  user_id find_person(session& s, conversation_id c, const std::string& name);
  bool find_people(session& s, conversation_id c, const std::vector<std::string>& names,
                   std::vector<user_id>& users);

  /// A question before something that cannot be undone. True at once with --yes, and where nobody
  /// could answer: standard input is no terminal.
  bool confirm(const std::string& question) const;

  void line(std::string_view text) const;  ///< to stdout, with a line end
  /// Some line could not be written, by line() or by whoever else writes to stdout.
  bool output_failed() const;
  int fail(const failure& f);  ///< prints the sentence, remembers and returns the code
  int fail(const failure& f, std::string_view advice);  ///< with other advice than the code's
  int usage(const std::string& sentence);
  /// For a failure that has been told: exit() becomes its code, unless a higher one was met.
  void remember(const failure& f);
  int exit() const { return exit_; }
  /// The receipt of an own event as JSON, or `words` for people; or the failure.
  int tell(conversation_id c, const outcome<receipt>& done, const std::string& words);
  /// The same for what makes no event.
  int tell(const status& done, const std::string& words);

 private:
  settings settings_;
  profile effective_;
  std::string new_token_file_;
  bool decorated_ = false;
  bool profile_required_ = true;
  int exit_ = exit_ok;
};

}  // namespace conclave::client::cli
