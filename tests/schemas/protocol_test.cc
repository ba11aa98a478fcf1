/// One source for the protocol: protocol.json and the pages' tables are what the structs say, the
/// limits are those of conf/limits.h, and the page's examples are golden vectors.
#include "conf/limits.h"
#include "schemas/errc.h"
#include "schemas/error_advice.h"
#include "schemas/message_list.h"
#include "schemas/names.h"
#include "schemas/protocol_dump.h"
#include "schemas/record_layouts.h"
#include "schemas/sender_record.h"
#include "tests/schemas/field_visitors.h"
#include "tests/schemas/vector_files.h"

#include <fstream>
#include <map>
#include <sstream>

namespace conclave {
namespace {

using test::json;

std::string read_file(const std::string& path) {
  std::ifstream file(std::string(CONCLAVE_SOURCE_DIR) + "/" + path);
  EXPECT_TRUE(file.is_open()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

constexpr const char* renew = "run: protocol-dump --readme schemas";

TEST(protocol, json_file_is_what_the_structs_say) {
  EXPECT_TRUE(read_file("schemas/protocol.json") == protocol_json()) << renew;
}

TEST(protocol, tables_of_the_pages_are_what_the_structs_say) {
  for (const auto* path : {"schemas/README.md", "schemas/FORMATS.md"}) {
    const auto page = read_file(path);
    const auto renewed = with_tables(page);
    ASSERT_TRUE(renewed.ok()) << renewed.error().detail;
    EXPECT_TRUE(page == *renewed) << path << ": " << renew;
  }
}

TEST(protocol, page_has_every_table) {
  const auto page = read_file("schemas/README.md");
  for (const auto* name :
       {"frames", "requests", "answers", "pushes", "records", "event", "event_kinds", "event_flags",
        "event_bodies", "inbox_kinds", "errors", "limits"}) {
    EXPECT_NE(page.find("<!-- table: " + std::string(name) + " -->"), std::string::npos) << name;
  }
}

TEST(protocol, a_page_with_an_unknown_table_or_an_open_one_is_refused) {
  EXPECT_FALSE(with_tables("<!-- table: nonsense -->\n<!-- end -->\n").ok());
  EXPECT_FALSE(with_tables("<!-- table: errors -->\n").ok());
  EXPECT_EQ(*with_tables("nothing generated\n"), "nothing generated\n");
  const auto once = with_tables("a\n<!-- table: errors -->\nstale line\n<!-- end -->\nb\n");
  ASSERT_TRUE(once.ok());
  EXPECT_EQ(once->find("stale line"), std::string::npos);
  EXPECT_EQ(*with_tables(*once), *once);
}

TEST(protocol, limits_are_those_of_the_node) {
  std::map<std::string, std::uint64_t> told;
  const auto protocol = json::parse(protocol_json());
  for (const auto& limit : protocol.at("limits")) {
    told[limit.at("name").get<std::string>()] = limit.at("value").get<std::uint64_t>();
  }
  const auto ms = [](auto duration) { return static_cast<std::uint64_t>(duration.count()); };
  EXPECT_EQ(told["max_frame_bytes"], limits::max_frame_bytes);
  EXPECT_EQ(told["max_frame_bytes_before_login"], limits::max_frame_bytes_before_login);
  EXPECT_EQ(told["max_answer_bytes"], limits::max_answer_bytes);
  EXPECT_EQ(told["max_body_bytes"], limits::max_body_bytes);
  EXPECT_EQ(told["max_body_bytes"], event_body_bounds.max);
  EXPECT_EQ(told["max_page_bytes"], limits::max_page_bytes);
  EXPECT_EQ(told["max_open_requests"], limits::max_open_requests);
  EXPECT_EQ(told["max_open_reads"], limits::max_open_reads);
  EXPECT_EQ(told["max_open_targets"], limits::max_open_targets);
  EXPECT_EQ(told["max_members"], limits::max_members);
  EXPECT_EQ(told["max_users_per_request"], limits::max_users_per_request);
  EXPECT_EQ(told["max_mentions"], max_mentions);
  EXPECT_EQ(told["max_burn_readers"], limits::max_burn_readers);
  EXPECT_EQ(told["max_pins"], limits::max_pins);
  EXPECT_EQ(told["max_reactions"], limits::max_reactions);
  EXPECT_EQ(told["max_watched"], limits::max_watched);
  EXPECT_EQ(told["max_join_requests"], limits::max_join_requests);
  EXPECT_EQ(told["inbox_kept"], limits::inbox_kept);
  EXPECT_EQ(told["resend_window"], sender_record::window);
  EXPECT_EQ(told["handshake_timeout_ms"], ms(limits::handshake_timeout));
  EXPECT_EQ(told["idle_timeout_ms"], ms(limits::idle_timeout));
  EXPECT_EQ(told["write_stall_ms"], ms(limits::write_stall));
  EXPECT_EQ(told["answer_deadline_ms"], ms(limits::answer_deadline));
  EXPECT_EQ(told["id_limit"], id_limit);
  EXPECT_LT(told["ping_every_ms"] * 2, told["idle_timeout_ms"]);
}

/// The bounds of one named field of a message, a record, a body or a policy.
class field_bounds {
 public:
  explicit field_bounds(std::string_view wanted) : wanted_(wanted) {}
  template <class T>
  void operator()(std::string_view name, const T&, bounds b, std::string_view) {
    if (name == wanted_) found = b;
  }
  bounds found{1, 0};

 private:
  std::string_view wanted_;
};

template <class T>
bounds bounds_of(std::string_view field) {
  field_bounds visitor(field);
  T record;
  layout<T>::fields(record, visitor);
  return visitor.found;
}

TEST(protocol, bounds_of_fields_agree_with_the_limits_behind_them) {
  EXPECT_EQ(bounds_of<send>("mentions").max, max_mentions);
  EXPECT_EQ(bounds_of<event_view>("mentions").max, max_mentions);
  EXPECT_EQ(bounds_of<send>("body").max, limits::max_body_bytes);
  EXPECT_EQ(bounds_of<edit>("body").max, limits::max_body_bytes);
  EXPECT_EQ(bounds_of<opened>("body").max, limits::max_body_bytes);
  EXPECT_EQ(bounds_of<pins_page>("pins").max, limits::max_pins);
  EXPECT_EQ(bounds_of<join_requests_page>("requests").max, limits::max_join_requests);
  EXPECT_EQ(bounds_of<tenant_policy>("max_members").max, limits::max_members);
  EXPECT_EQ(bounds_of<tenant_policy>("max_body_bytes").max, limits::max_body_bytes);
  EXPECT_EQ(bounds_of<devices_page>("devices").max, bounds_of<tenant_policy>("max_devices").max);
  EXPECT_EQ(bounds_of<created_body>("members").max, limits::max_members);
  EXPECT_EQ(bounds_of<members_body>("users").max, limits::max_members);
  for (const auto users : {bounds_of<create_conversation>("members"),
                           bounds_of<add_members>("users"), bounds_of<resolve_users>("users"),
                           bounds_of<resolve_users>("names"), bounds_of<watch_presence>("users"),
                           bounds_of<provision_users>("names"), bounds_of<send_notice>("names")}) {
    EXPECT_EQ(users.max, limits::max_users_per_request);
  }
  // What is asked for may all be there: an answer that does not fit would end the node.
  EXPECT_GE(bounds_of<users_resolved>("users").max, bounds_of<resolve_users>("users").max +
                                                        bounds_of<resolve_users>("names").max +
                                                        bounds_of<resolve_users>("full_names").max);
  EXPECT_GE(bounds_of<join_request_entry>("user_name").max,
            bounds_of<member_entry>("user_name").max);
  // What is stored may be wider than what is let in, never narrower.
  EXPECT_GE(bounds_of<burn_record>("readers").max, limits::max_burn_readers);
  EXPECT_GE(bounds_of<reactions_record>("reactions").max, limits::max_reactions);
  EXPECT_GE(bounds_of<gone_body>("seqs").max, limits::max_job_step);
}

TEST(protocol, defaults_of_a_policy_are_within_its_bounds) {
  std::string out;
  wire::field_writer(out).write_record(tenant_policy{});  // checks each
  EXPECT_FALSE(out.empty());
}

TEST(protocol, no_message_asks_for_more_optional_fields_than_it_has) {
  all_messages::for_each([]<class Message>(const Message& message) {
    EXPECT_LE(wire::count_required_fields(message), wire::count_fields(message)) << Message::name;
  });
}

TEST(protocol, every_code_that_leaves_a_node_comes_with_advice) {
  for (const auto& entry : error_table()) {
    const bool inside = entry.code >= errc::corrupt && entry.code < errc::internal;
    EXPECT_EQ(advice_for(entry.code).empty(), inside) << entry.name;
    EXPECT_FALSE(entry.text.empty()) << entry.name;
    EXPECT_TRUE(entry.text.ends_with('.')) << entry.name;
    EXPECT_EQ(&describe(entry.code), &entry) << entry.name;
  }
}

TEST(protocol, examples_of_the_page_are_golden_vectors) {
  std::map<std::string, std::string> vectors;
  test::for_each_vector([&](const json& vector) {
    vectors[vector.at("name").get<std::string>()] = vector.at("hex").get<std::string>();
  });
  std::istringstream page(read_file("schemas/README.md"));
  std::string line;
  int examples = 0;
  while (std::getline(page, line)) {
    if (!line.starts_with("```hex ")) continue;
    const auto name = line.substr(7);
    std::string hex;
    while (std::getline(page, line) && line != "```") {
      for (const char c : line.substr(0, line.find(';'))) {
        if (c != ' ') hex += c;
      }
    }
    EXPECT_EQ(hex, vectors[name]) << name;
    ++examples;
  }
  EXPECT_GE(examples, 12);
}

}  // namespace
}  // namespace conclave
