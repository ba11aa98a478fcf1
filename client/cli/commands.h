/// The commands of `conclave`, with their options already read. Each returns its exit code; the
/// sentence for a failure has been printed. Main thread only.
#pragma once

#include "client/cli/context.h"

#include <cstdint>
#include <string>
#include <vector>

namespace conclave::client::cli {

int login(context& at, bool save);
int chat(context& at, const std::string& conversation);
int send(context& at, const std::string& conversation, const std::vector<std::string>& words);
int listen(context& at, const std::vector<std::string>& conversations);

struct history_options {
  std::string conversation;
  std::uint64_t from = 0;
  std::uint64_t limit = 50;
  bool back = false;
};
int history(context& at, const history_options& o);

int conv_list(context& at);
int conv_create(context& at, const std::string& title, const std::vector<std::string>& with,
                bool visible_to_all);
int conv_members(context& at, const std::string& conversation);
int conv_add(context& at, const std::string& conversation, const std::vector<std::string>& names);
int conv_remove(context& at, const std::string& conversation, const std::string& name);
int conv_leave(context& at, const std::string& conversation);

int tenant_create(context& at, const std::string& name);
int tenant_list(context& at);
struct user_add_options {
  std::string tenant;
  std::vector<std::string> names;
  std::string folder;  ///< where token files go; empty: tokens are printed
  std::string device = "conclave";
};
int user_add(context& at, const user_add_options& o);
int user_list(context& at, const std::string& tenant);

}  // namespace conclave::client::cli
