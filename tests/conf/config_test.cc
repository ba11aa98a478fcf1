// The configuration file: defaults, ranges, unknown names, paths, and the sentences of refusals.
#include "conf/config.h"

#include "conf/limits.h"
#include "conf/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace conclave::conf {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string required_part =
    "[node]\ndata_dir = \"data\"\n[tls]\ncertificate_file = \"node.pem\"\nkey_file = "
    "\"node.key\"\n";

/// A complete file that sets one option: sections may stand in any order but only once.
std::string file_with(std::string_view section, const std::string& line) {
  std::string text = required_part;
  const std::string head = "[" + std::string(section) + "]\n";
  const std::size_t at = text.find(head);
  if (at == std::string::npos) return text + head + line + "\n";
  return text.insert(at + head.size(), line + "\n");
}

/// Those of [cluster] have a test file of their own.
std::vector<option_row> rows_of_every_node() {
  std::vector<option_row> rows(option_rows().begin(), option_rows().end());
  std::erase_if(rows, [](const option_row& row) { return row.section() == cluster_section; });
  return rows;
}

std::string refusal_of(const std::string& text) {
  const auto c = parse(text, "/etc/conclave/node.toml");
  return c.ok() ? "accepted" : c.error().detail;
}

TEST(config, only_the_three_paths_are_required_and_all_else_has_its_default) {
  const auto c = parse(required_part, "/etc/conclave/node.toml");
  ASSERT_TRUE(c.ok()) << c.error().detail;
  EXPECT_EQ(c->node_name, "node1");
  EXPECT_EQ(c->shards, 8);
  EXPECT_EQ(c->client.address, "127.0.0.1");
  EXPECT_EQ(c->client.port, 7443);
  EXPECT_EQ(c->admin.address, "127.0.0.1");
  EXPECT_EQ(c->admin.port, 7444);
  EXPECT_EQ(c->metrics.address, "127.0.0.1");
  EXPECT_EQ(c->metrics.port, 0);
  EXPECT_FALSE(c->allow_tls12);
  EXPECT_EQ(c->loops, 0u);
  EXPECT_EQ(c->workers, 0u);
  EXPECT_EQ(c->readers, 2u);
  EXPECT_TRUE(c->io_uring);
  EXPECT_EQ(c->block_cache_mib, 256u);
  EXPECT_EQ(c->write_buffer_mib, 64u);
  EXPECT_EQ(c->log_level, "info");
  EXPECT_EQ(c->log_file, "");
  EXPECT_FALSE(c->log_json);
  EXPECT_EQ(c->argon2_memory_kib, 19'456u);
  EXPECT_EQ(c->argon2_passes, 2u);
  EXPECT_EQ(c->passivate_after_ms, limits::passivate_after.count());
  EXPECT_EQ(c->idle_timeout_ms, limits::idle_timeout.count());
  EXPECT_EQ(c->max_connections, 0u);
}

TEST(config, every_required_option_is_asked_for_by_name) {
  std::size_t required = 0;
  for (const option_row& row : rows_of_every_node()) {
    if (!row.required()) continue;
    ++required;
    std::string text = required_part;
    const std::size_t at = text.find(std::string(row.key()) + " = ");
    ASSERT_NE(at, std::string::npos);
    text.erase(at, text.find('\n', at) - at);
    EXPECT_EQ(refusal_of(text), "/etc/conclave/node.toml: `" + std::string(row.name) +
                                    "` is required: add `" + std::string(row.key()) +
                                    " = \"…\"` under [" + std::string(row.section()) + "]");
  }
  EXPECT_EQ(required, 3u);
}

TEST(config, every_integer_accepts_the_ends_of_its_range_and_nothing_beyond) {
  std::size_t integers = 0;
  config probe;
  for (const option_row& row : rows_of_every_node()) {
    const option_place place = row.place(probe);
    if (std::holds_alternative<std::string*>(place) || std::holds_alternative<bool*>(place))
      continue;
    ++integers;
    const std::string key = std::string(row.key()) + " = ";
    for (const std::uint64_t fine : {row.lowest, row.highest}) {
      const auto c = parse(file_with(row.section(), key + std::to_string(fine)), "/n.toml");
      ASSERT_TRUE(c.ok()) << c.error().detail;
      EXPECT_EQ(written_value(row, *c), std::to_string(fine)) << row.name;
    }
    const std::string sentence = "`" + std::string(row.name) + "` must be from " +
                                 std::to_string(row.lowest) + " to " + std::to_string(row.highest);
    EXPECT_THAT(refusal_of(file_with(row.section(), key + std::to_string(row.highest + 1))),
                HasSubstr(sentence));
    const std::string below = row.lowest == 0 ? "-1" : std::to_string(row.lowest - 1);
    EXPECT_THAT(refusal_of(file_with(row.section(), key + below)), HasSubstr(sentence));
    EXPECT_THAT(refusal_of(file_with(row.section(), key + "9223372036854775807")),
                HasSubstr(sentence));
    EXPECT_THAT(refusal_of(file_with(row.section(), key + "\"1\"")),
                HasSubstr("must be an integer"));
    EXPECT_THAT(refusal_of(file_with(row.section(), key + "1.5")), HasSubstr("must be an integer"));
  }
  EXPECT_EQ(integers, 16u);
}

TEST(config, every_boolean_and_string_refuses_another_type) {
  config probe;
  for (const option_row& row : rows_of_every_node()) {
    const option_place place = row.place(probe);
    std::string text = row.required() ? required_part : file_with(row.section(), "");
    const std::string key = std::string(row.key());
    const auto set = [&](const std::string& value) {
      if (!row.required()) return file_with(row.section(), key + " = " + value);
      std::string changed = required_part;
      const std::size_t at = changed.find(key + " = ");
      return changed.replace(at, changed.find('\n', at) - at, key + " = " + value);
    };
    if (std::holds_alternative<bool*>(place)) {
      EXPECT_THAT(refusal_of(set("1")), HasSubstr("must be true or false")) << row.name;
      const auto c = parse(set("true"), "/n.toml");
      ASSERT_TRUE(c.ok());
      EXPECT_EQ(written_value(row, *c), "true");
    } else if (std::holds_alternative<std::string*>(place)) {
      EXPECT_THAT(refusal_of(set("7")), HasSubstr("must be a string in quotes")) << row.name;
      EXPECT_THAT(refusal_of(set("\"a\\u0000b\"")), HasSubstr("zero byte")) << row.name;
    }
  }
}

TEST(config, strings_with_a_form_are_checked) {
  EXPECT_THAT(refusal_of(file_with("listen", "client_address = \"localhost\"")),
              HasSubstr("must be an IPv4 or IPv6 address, not \"localhost\""));
  EXPECT_EQ(refusal_of(file_with("listen", "client_address = \"::\"")), "accepted");
  EXPECT_THAT(refusal_of(file_with("log", "level = \"loud\"")),
              HasSubstr("must be debug, info, warn or error, not \"loud\""));
  for (const char* level : {"debug", "info", "warn", "error"})
    EXPECT_EQ(refusal_of(file_with("log", "level = \"" + std::string(level) + "\"")), "accepted");
  EXPECT_THAT(refusal_of(file_with("node", "name = \"Node 1\"")), HasSubstr("1 to 64 characters"));
  EXPECT_THAT(refusal_of(file_with("node", "name = \"\"")), HasSubstr("1 to 64 characters"));
  EXPECT_THAT(refusal_of("[node]\ndata_dir = \"\"\n"), HasSubstr("must not be empty"));
}

TEST(config, a_typing_error_is_answered_with_the_name_that_was_meant) {
  EXPECT_EQ(refusal_of("[tls]\nkey_fiel = \"k\"\n"),
            "/etc/conclave/node.toml:2: unknown option `tls.key_fiel`; did you mean "
            "`tls.key_file`?");
  EXPECT_EQ(refusal_of("[node]\nlevel = \"info\"\n"),
            "/etc/conclave/node.toml:2: unknown option `node.level`; did you mean `log.level`?");
  EXPECT_EQ(refusal_of("[node]\nfrobnicate = 1\n"),
            "/etc/conclave/node.toml:2: unknown option `node.frobnicate`; the sample file lists "
            "all options");
  EXPECT_EQ(
      refusal_of("[nodes]\nname = \"a\"\n"),
      "/etc/conclave/node.toml:1: unknown section [nodes]; there are [node], [listen], [tls], "
      "[threads], [storage], [log], [login], [limits], [cluster]");
  EXPECT_THAT(refusal_of("data_dir = \"x\"\n"),
              HasSubstr("unknown option `data_dir`; did you mean `node.data_dir`?"));
  EXPECT_THAT(refusal_of("[node]\ndata_dir = { a = 1 }\n"), HasSubstr("must be a string"));
}

TEST(config, broken_toml_is_refused_with_its_line) {
  EXPECT_THAT(refusal_of("[node]\ndata_dir = \"x\n"),
              HasSubstr("/etc/conclave/node.toml:2: not valid TOML: "));
  EXPECT_THAT(refusal_of("[node]\ndata_dir = \"x\"\ndata_dir = \"y\"\n"), HasSubstr(":3: "));
  EXPECT_THAT(refusal_of(std::string(100, '[')), HasSubstr(":1: not valid TOML"));
  EXPECT_THAT(refusal_of("\xff\xfe"), HasSubstr("not valid TOML"));
  EXPECT_THAT(refusal_of("\xef\xb5\xbf[node]"), HasSubstr("not valid TOML")) << "U+FD7F";
  EXPECT_EQ(refusal_of("# \xef\xb5\xbf presentation form\n" + required_part), "accepted");
}

TEST(config, relative_paths_start_at_the_folder_of_the_file) {
  const auto c =
      parse(required_part + "[log]\nfile = \"../log/node.log\"\n", "/etc/conclave/n.toml");
  ASSERT_TRUE(c.ok()) << c.error().detail;
  EXPECT_EQ(c->data_dir, "/etc/conclave/data");
  EXPECT_EQ(c->certificate_file, "/etc/conclave/node.pem");
  EXPECT_EQ(c->log_file, "/etc/log/node.log");

  const auto absolute = parse(
      "[node]\ndata_dir = \"/var/lib/conclave\"\n[tls]\ncertificate_file = \"/a\"\nkey_file = "
      "\"/b\"\n",
      "/etc/conclave/n.toml");
  ASSERT_TRUE(absolute.ok());
  EXPECT_EQ(absolute->data_dir, "/var/lib/conclave");

  const auto nearby = parse(required_part, "node.toml");
  ASSERT_TRUE(nearby.ok());
  EXPECT_EQ(nearby->data_dir, (std::filesystem::current_path() / "data").string());
}

/// The folder above "data/" is "data" itself for whoever makes one and then the other.
TEST(config, a_path_ends_without_a_slash) {
  for (const char* const written :
       {"/srv/data", "/srv/data/", "/srv/data/.", "/srv//data//", "/srv/data/deep/.."}) {
    const auto c = parse("[node]\ndata_dir = \"" + std::string(written) +
                             "\"\n[tls]\ncertificate_file = \"a\"\nkey_file = \"b\"\n",
                         "/etc/conclave/n.toml");
    ASSERT_TRUE(c.ok()) << c.error().detail;
    EXPECT_EQ(c->data_dir, "/srv/data") << written;
  }
  const auto root = parse(
      "[node]\ndata_dir = \"/\"\n[tls]\ncertificate_file = \"a\"\nkey_file = "
      "\"b\"\n",
      "/n.toml");
  ASSERT_TRUE(root.ok()) << root.error().detail;
  EXPECT_EQ(root->data_dir, "/");
}

TEST(config, two_listeners_cannot_share_a_place) {
  EXPECT_THAT(refusal_of(file_with("listen", "client_port = 7444")),
              HasSubstr("two listeners share one address and port"));
  EXPECT_THAT(refusal_of(file_with("listen", "metrics_port = 7443")),
              HasSubstr("two listeners share"));
  EXPECT_EQ(refusal_of(file_with("listen", "client_port = 7444\nadmin_address = \"127.0.0.2\"")),
            "accepted");
  EXPECT_EQ(refusal_of(file_with("listen", "client_port = 0\nadmin_port = 0")), "accepted");
  // Whoever comes to 127.0.0.1 would find the one, whoever comes from outside the other.
  for (const char* any : {"0.0.0.0", "::"}) {
    const std::string all = "client_address = \"" + std::string(any) + "\"\nclient_port = 7444";
    EXPECT_THAT(refusal_of(file_with("listen", all)), HasSubstr("two listeners share")) << any;
  }
}

TEST(config, what_is_dumped_loads_to_the_same_values) {
  std::string text = required_part;
  text.insert(text.find("data_dir"), "name = \"n-2\"\nshards = 3\n");
  text +=
      "allow_tls12 = true\n[listen]\nclient_address = \"::1\"\nclient_port = 1\nmetrics_port = 9\n"
      "[threads]\nreaders = 5\nio_uring = false\n[log]\nlevel = \"debug\"\nfile = 'odd "
      "\"name\"\\\té.log'\n"
      "json = true\n[limits]\nidle_timeout_ms = 1000\n";
  const auto first = parse(text, "/etc/conclave/node.toml");
  ASSERT_TRUE(first.ok()) << first.error().detail;
  const auto second = parse(dump(*first), "/somewhere/else.toml");
  ASSERT_TRUE(second.ok()) << second.error().detail;
  EXPECT_EQ(dump(*second), dump(*first));
  for (const option_row& row : option_rows())
    EXPECT_EQ(written_value(row, *second), written_value(row, *first)) << row.name;
  EXPECT_EQ(second->log_file, first->log_file);
  EXPECT_EQ(second->client.address, "::1");
}

TEST(config, the_option_table_is_complete_and_its_defaults_are_those_of_the_struct) {
  ASSERT_EQ(option_table().size(), option_rows().size() + node_rows().size() + shard_rows().size());
  for (const option_info& option : option_table()) {
    EXPECT_FALSE(option.meaning.empty()) << option.name;
    EXPECT_EQ(option.meaning.back(), '.') << option.name;
    EXPECT_TRUE(option.type == "boolean" || !option.range.empty()) << option.name;
  }
  EXPECT_EQ(option_table().front().name, "node.name");
  EXPECT_EQ(option_table().front().fallback, "\"node1\"");
}

TEST(config, no_two_options_fill_the_same_field) {
  config c;
  for (const option_row& row : option_rows()) {
    for (const option_row& other : option_rows()) {
      if (&row != &other) {
        EXPECT_NE(row.place(c), other.place(c)) << row.name << " " << other.name;
        EXPECT_NE(row.name, other.name);
      }
    }
  }
}

TEST(config, a_file_that_cannot_be_read_is_named) {
  EXPECT_THAT(load("/nowhere/node.toml").error().detail,
              HasSubstr("/nowhere/node.toml: cannot be read"));
  EXPECT_THAT(load("/tmp").error().detail, HasSubstr("/tmp: is a folder"));
}

class sample_file : public ::testing::Test {
 protected:
  void SetUp() override {
    std::ifstream in(path_);
    std::stringstream all;
    all << in.rdbuf();
    text_ = all.str();
    ASSERT_FALSE(text_.empty());
  }

  std::string path_ = std::string(CONCLAVE_SOURCE_DIR) + "/conf/conclaved.sample.toml";
  std::string text_;
};

TEST_F(sample_file, loads_with_the_defaults) {
  const auto c = load(path_);
  ASSERT_TRUE(c.ok()) << c.error().detail;
  const config defaults;
  for (const option_row& row : option_rows()) {
    if (!row.required()) {
      EXPECT_EQ(written_value(row, *c), written_value(row, defaults)) << row.name;
    }
  }
}

TEST_F(sample_file, names_every_option_with_its_default_in_its_section) {
  for (const option_info& option : option_table()) {
    const std::size_t dot = option.name.rfind('.');
    const std::string section = option.name.substr(0, dot);
    std::string head_line = "[" + section + "]";
    const bool repeated = section == nodes_section || section == shards_section;
    if (repeated) head_line = "#[[" + section + "]]";
    if (section == cluster_section) head_line = "#[" + section + "]";
    const std::size_t head = text_.find("\n" + head_line + "\n");
    ASSERT_NE(head, std::string::npos) << option.name;
    const std::size_t next = std::min(text_.find("\n[", head + 1), text_.find("\n#[", head + 1));
    const std::string part = text_.substr(head, next - head);
    const std::string key = option.name.substr(dot + 1);
    if (repeated) {
      EXPECT_THAT(part, HasSubstr("\n#" + key + " = "));
    } else if (section == cluster_section && option.fallback == "required") {
      EXPECT_THAT(part, HasSubstr("\n#" + key + " = "));
    } else if (option.fallback == "required") {
      EXPECT_THAT(part, HasSubstr("\n" + key + " = \"/"));
    } else {
      EXPECT_THAT(part, HasSubstr("\n#" + key + " = " + option.fallback + "\n"));
    }
  }
}

TEST_F(sample_file, loads_with_every_option_switched_on) {
  std::stringstream lines(text_);
  std::string on;
  for (std::string line; std::getline(lines, line);) {
    // Prose has a blank behind its #.
    if (line.size() > 1 && line[0] == '#' && line[1] != ' ') line.erase(0, 1);
    on += line + '\n';
  }
  const auto c = parse(on, path_);
  ASSERT_TRUE(c.ok()) << c.error().detail;
  EXPECT_EQ(c->cluster.nodes.size(), 4u);
  EXPECT_EQ(c->cluster.shards.size(), 1u);
  const config defaults;
  for (const option_row& row : option_rows()) {
    if (!row.required()) {
      EXPECT_EQ(written_value(row, *c), written_value(row, defaults)) << row.name;
    }
  }
}

}  // namespace
}  // namespace conclave::conf
