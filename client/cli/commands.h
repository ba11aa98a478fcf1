/// The commands of `conclave`, with their options already read. Each returns its exit code; the
/// sentence for a failure has been printed. Main thread only.
#pragma once

#include "client/cli/context.h"

#include <cstdint>
#include <string>
#include <vector>

namespace conclave::client::cli {

using word_list = std::vector<std::string>;

// -- account
// ---------------------------------------------------------------------------------------

struct login_options {
  bool save = false;
  std::string tenant;  ///< empty: by the token file
  std::string user;
  std::string password_file;
  std::string device_name = "conclave";
  std::string device_kind = "desktop";
};
int login(context& at, const login_options& o);
int logout(context& at);
int devices(context& at);
int device_end(context& at, std::uint64_t device);
struct passwd_options {
  std::string old_file;
  std::string new_file;
  bool end_others = false;
};
int passwd(context& at, const passwd_options& o);
int inbox(context& at, std::uint64_t after, std::uint64_t limit);

// -- talking
// ---------------------------------------------------------------------------------------

int chat(context& at, const std::string& conversation);
struct send_options {
  std::string conversation;
  word_list text;  ///< a single "-": each line of standard input
  std::string kind = "text";
  std::string reply;
  std::string thread;
  word_list mentions;
  bool mention_all = false;
  std::string expires;
  std::string burn;
};
int send(context& at, const send_options& o);
struct listen_options {
  word_list conversations;  ///< empty: all
  bool soft = false;        ///< also who types and who reads
};
int listen(context& at, const listen_options& o);
struct history_options {
  std::string conversation;
  std::uint64_t from = 0;
  std::uint64_t limit = 50;
  bool back = false;
};
int history(context& at, const history_options& o);

/// A message of a conversation, as the command line names it.
struct message_at {
  std::string conversation;
  std::string seq;  ///< "12" or "#12"
};
int edit(context& at, const message_at& m, const word_list& text);
int recall(context& at, const message_at& m);
int react(context& at, const message_at& m, const std::string& reaction, bool removed);
int pin(context& at, const message_at& m, bool removed);
int forward(context& at, const message_at& m, const std::string& to);
int open(context& at, const message_at& m);
/// An empty seq: everything that there is.
int mark_read(context& at, const message_at& m);
int readers(context& at, const message_at& m);
int versions(context& at, const message_at& m);

// -- conversations
// ---------------------------------------------------------------------------------

int conv_list(context& at, bool all);
int conv_show(context& at, const std::string& conversation);
struct create_options {
  std::string title;
  std::string topic;
  word_list with;
  std::string visibility = "joining";
  bool announcement = false;
};
int conv_create(context& at, const create_options& o);
int conv_direct(context& at, const std::string& name);
int conv_members(context& at, const std::string& conversation);
int conv_add(context& at, const std::string& conversation, const word_list& names);
int conv_remove(context& at, const std::string& conversation, const std::string& name);
int conv_leave(context& at, const std::string& conversation);
int conv_role(context& at, const std::string& conversation, const std::string& name,
              const std::string& role);
/// `duration` empty: for ever.
int conv_mute(context& at, const std::string& conversation, const std::string& name,
              const std::string& duration);
int conv_unmute(context& at, const std::string& conversation, const std::string& name);
int conv_settings(context& at, const std::string& conversation, const word_list& changes);
int conv_dissolve(context& at, const std::string& conversation);
int conv_pins(context& at, const std::string& conversation);
int conv_join_code(context& at, const std::string& conversation);
int conv_join(context& at, const std::string& code, const word_list& text);
int conv_requests(context& at, const std::string& conversation);
int conv_answer(context& at, const std::string& conversation, const std::string& name, bool accept);
/// `how`: empty or "on", "off"; for mute_me also a duration.
int conv_mute_me(context& at, const std::string& conversation, const std::string& how);
int conv_pin_me(context& at, const std::string& conversation, const std::string& how);
int conv_hide(context& at, const std::string& conversation, const std::string& how);

// -- operators
// -------------------------------------------------------------------------------------

int tenant_create(context& at, const std::string& name);
int tenant_list(context& at);
int policy_show(context& at, const std::string& tenant);
int policy_set(context& at, const std::string& tenant, const word_list& changes);
struct user_add_options {
  std::string tenant;
  word_list names;
  std::string folder;  ///< where token files go; empty: tokens are printed
  std::string device = "conclave";
};
int user_add(context& at, const user_add_options& o);
int user_list(context& at, const std::string& tenant);
struct user_passwd_options {
  std::string tenant;
  std::string name;
  std::string password_file;
  bool end_devices = false;
};
int user_passwd(context& at, const user_passwd_options& o);
struct notice_options {
  std::string tenant;
  word_list names;
  word_list text;
  std::uint64_t number = 0;  ///< 0: a new one
};
int notice(context& at, const notice_options& o);

/// The words of a command line as one text.
inline std::string joined_words(const word_list& all) {
  std::string text;
  for (const std::string& word : all) text += (text.empty() ? "" : " ") + word;
  return text;
}

}  // namespace conclave::client::cli
