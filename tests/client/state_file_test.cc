/// The state file and endpoints: what is read back, what is refused.
#include "client/state_file.h"

#include "client/endpoint.h"
#include "client/failures.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <stdlib.h>

namespace conclave::client {
namespace {

class folder {
 public:
  folder() {
    std::string name = (std::filesystem::temp_directory_path() / "conclave-state-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~folder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  std::filesystem::path path_;
};

session_state sample() {
  session_state s;
  s.tenant = tenant_id{3};
  s.user = user_id{5};
  s.device = device_id{7};
  s.conversations[conversation_id{11}] = {true, event_seq{42}, 1'700'000'000'000'000};
  s.conversations[conversation_id{12}] = {false, event_seq{0}, 9};
  return s;
}

TEST(state_file, what_was_saved_is_read_back_and_no_other_file_stays) {
  const folder here;
  const std::string file = here.file("state.json");
  ASSERT_TRUE(save_state(file, sample()));
  ASSERT_TRUE(save_state(file, sample()));
  EXPECT_EQ(here.files(), 1u);
  const auto back = load_state(file);
  ASSERT_TRUE(back) << back.error().detail;
  EXPECT_EQ(back->device, device_id{7});
  ASSERT_EQ(back->conversations.size(), 2u);
  const auto& followed = back->conversations.at(conversation_id{11});
  EXPECT_TRUE(followed.following);
  EXPECT_EQ(followed.cursor, event_seq{42});
  EXPECT_EQ(followed.client_seq, 1'700'000'000'000'000u);
  EXPECT_FALSE(back->conversations.at(conversation_id{12}).following);
  EXPECT_EQ(to_json(*back), to_json(sample()));
}

TEST(state_file, the_inbox_cursor_is_kept_and_a_file_from_before_it_is_readable) {
  session_state s = sample();
  s.following_inbox = true;
  s.inbox = 17;
  const auto back = session_state_from_json(to_json(s));
  ASSERT_TRUE(back);
  EXPECT_TRUE(back->following_inbox);
  EXPECT_EQ(back->inbox, 17u);
  const auto old = session_state_from_json(
      R"({"format":1,"tenant":1,"user":2,"device":3,"conversations":{"5":{"cursor":9}}})");
  ASSERT_TRUE(old);
  EXPECT_FALSE(old->following_inbox);
  EXPECT_EQ(old->conversations.at(conversation_id{5}).cursor, event_seq{9});
}

TEST(state_file, what_was_stepped_over_is_kept_and_nonsense_there_is_nothing) {
  session_state s = sample();
  conversation_state& at = s.conversations[conversation_id{11}];
  at.passed.add(1, 4);
  at.passed.add(9, 9);
  at.looking_back = true;
  const auto back = session_state_from_json(to_json(s));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->conversations.at(conversation_id{11}).passed, at.passed);
  EXPECT_TRUE(back->conversations.at(conversation_id{11}).looking_back);
  EXPECT_TRUE(back->conversations.at(conversation_id{12}).passed.empty());
  for (const char* nonsense : {R"("passed":7)", R"("passed":[1,2])", R"("passed":[["a",2]])",
                               R"("passed":[[1,2,3]],"looking_back":"yes")"}) {
    const auto odd = session_state_from_json(
        std::string(R"({"format":1,"tenant":1,"user":2,"device":3,"conversations":{"5":{)") +
        R"("cursor":9,)" + nonsense + "}}}");
    ASSERT_TRUE(odd) << nonsense;
    EXPECT_TRUE(odd->conversations.at(conversation_id{5}).passed.empty()) << nonsense;
    EXPECT_FALSE(odd->conversations.at(conversation_id{5}).looking_back);
  }
}

TEST(state_file, an_absent_file_is_an_empty_state) {
  const folder here;
  const auto state = load_state(here.file("none"));
  ASSERT_TRUE(state);
  EXPECT_TRUE(state->empty());
}

TEST(state_file, what_is_not_a_state_file_is_refused_with_its_name) {
  const folder here;
  for (const char* text : {"", "{", "[]", R"({"format":2})", R"({"format":1})",
                           R"({"format":1,"conversations":{"x":{}}})"}) {
    std::ofstream(here.file("bad")) << text;
    const auto state = load_state(here.file("bad"));
    ASSERT_FALSE(state) << text;
    EXPECT_NE(state.error().detail.find(here.file("bad")), std::string::npos);
  }
}

TEST(state_file, a_folder_that_does_not_exist_is_one_sentence) {
  const auto saved = save_state("/nonexistent/folder/state", sample());
  ASSERT_FALSE(saved);
  EXPECT_NE(saved.error().detail.find("/nonexistent/folder/state"), std::string::npos);
}

TEST(endpoint, hosts_names_and_both_kinds_of_addresses_are_understood) {
  EXPECT_EQ(parse_endpoint("chat.example.org:7443")->host, "chat.example.org");
  EXPECT_EQ(parse_endpoint("127.0.0.1:1")->port, 1);
  EXPECT_EQ(parse_endpoint("[::1]:7443")->host, "::1");
  EXPECT_EQ(to_string(*parse_endpoint("[::1]:7443")), "[::1]:7443");
  for (const char* bad : {"", "host", ":7443", "host:", "host:0", "host:65536", "host:7x", "::1:7",
                          "[]:7", "[::1:7"}) {
    EXPECT_FALSE(parse_endpoint(bad)) << bad;
  }
}

TEST(endpoint, an_address_resolves_to_itself_and_an_impossible_name_is_unreachable) {
  EXPECT_EQ(resolve(*parse_endpoint("127.0.0.1:7"))->address, "127.0.0.1");
  const auto none = resolve(*parse_endpoint("no-such-host.invalid:7"));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, unreachable);
}

}  // namespace
}  // namespace conclave::client
