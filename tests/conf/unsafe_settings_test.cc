// What a node refuses to start with: each unsafe setting alone gives exactly its sentence.
#include "conf/config.h"
#include "conf/descriptors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace conclave::conf {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class unsafe_settings_of : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "conf_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    c_.key_file = folder_ / "node.key";
    c_.data_dir = folder_ / "data";
    std::ofstream(c_.key_file) << "key";
    ASSERT_EQ(chmod(c_.key_file.c_str(), 0600), 0);
    ASSERT_EQ(mkdir(c_.data_dir.c_str(), 0700), 0);
    c_.max_connections = 16;
  }

  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
  config c_;
};

TEST_F(unsafe_settings_of, a_careful_node_are_none) {
  EXPECT_THAT(unsafe_settings(c_), IsEmpty());
}

TEST_F(unsafe_settings_of, a_node_whose_key_is_open_to_others) {
  for (const mode_t open : {0644u, 0604u, 0660u, 0666u}) {
    ASSERT_EQ(chmod(c_.key_file.c_str(), open), 0);
    EXPECT_THAT(unsafe_settings(c_),
                ElementsAre(AllOf(HasSubstr(c_.key_file), HasSubstr("chmod 600"))))
        << std::oct << open;
  }
  ASSERT_EQ(chmod(c_.key_file.c_str(), 0640), 0);
  EXPECT_THAT(unsafe_settings(c_), IsEmpty()) << "the group of a service may read its key";
}

TEST_F(unsafe_settings_of, a_node_that_listens_where_no_other_node_comes) {
  c_.cluster.node = 1;
  c_.cluster.nodes.push_back({1, "one", "berlin", "10.0.1.7:7445", "10.0.1.7:7443", {}});
  c_.client.address = "0.0.0.0";
  const auto said = [&] { return unsafe_settings(c_).back(); };
  EXPECT_THAT(said(), Not(HasSubstr("listen_address"))) << "nobody else is there";
  c_.cluster.nodes.push_back({2, "two", "berlin", "10.0.1.8:7445", "10.0.1.8:7443", {}});
  EXPECT_THAT(said(), AllOf(HasSubstr("10.0.1.7:7445"), HasSubstr("`cluster.listen_address`")));
  c_.cluster.nodes[0].address = "[2001:db8::1]:7445";
  EXPECT_THAT(said(), HasSubstr("set it to 2001:db8::1"));
  for (const char* const fine : {"127.0.0.1:7445", "[::1]:7445", "chat.example:7445"}) {
    c_.cluster.nodes[0].address = fine;
    EXPECT_THAT(said(), Not(HasSubstr("listen_address"))) << fine;
  }
  c_.cluster.nodes[0].address = "10.0.1.7:7445";
  c_.cluster.listen.address = "0.0.0.0";
  EXPECT_THAT(said(), Not(HasSubstr("listen_address")));
}

TEST_F(unsafe_settings_of, a_node_that_serves_where_no_client_comes) {
  c_.cluster.node = 1;
  c_.cluster.nodes.push_back({1, "one", "berlin", "127.0.0.1:7445", "10.0.1.7:7443", {}});
  const auto said = [&] { return unsafe_settings(c_).back(); };
  EXPECT_THAT(said(), Not(HasSubstr("Clients"))) << "nobody is sent here by another node";
  c_.cluster.nodes.push_back({2, "two", "berlin", "127.0.0.2:7445", "10.0.1.8:7443", {}});
  EXPECT_THAT(said(), AllOf(HasSubstr("Clients are sent to 10.0.1.7:7443"),
                            HasSubstr("`listen.client_address`"), HasSubstr("set it to 10.0.1.7")));
  for (const char* const fine :
       {"127.0.0.1:7443", "[::1]:7443", "chat.example:7443", "10.0.1.7:443"}) {
    c_.cluster.nodes[0].client_address = fine;
    EXPECT_THAT(said(), Not(HasSubstr("Clients"))) << fine;
  }
  c_.client.port = 0;
  EXPECT_THAT(said(), HasSubstr("`listen.client_port` is 0"));
  c_.client = {"10.0.1.7", 7443};
  c_.cluster.nodes[0].client_address = "10.0.1.7:443";
  EXPECT_THAT(said(), Not(HasSubstr("Clients"))) << "a port may be forwarded";
}

TEST_F(unsafe_settings_of, a_node_of_a_cluster_whose_data_path_is_too_long_for_its_socket) {
  const auto of_length = [](std::size_t bytes) { return "/" + std::string(bytes - 1, 'x'); };
  c_.data_dir = of_length(120);
  EXPECT_THAT(unsafe_settings(c_), IsEmpty()) << "who stands alone has no such socket";
  c_.cluster.node = 1;
  EXPECT_THAT(unsafe_settings(c_), Contains(AllOf(HasSubstr("120 bytes"), HasSubstr("at most 94"),
                                                  HasSubstr("`node.data_dir`"))));
  c_.data_dir = of_length(95);
  EXPECT_THAT(unsafe_settings(c_), Contains(HasSubstr("95 bytes")));
  c_.data_dir = of_length(94);
  EXPECT_THAT(unsafe_settings(c_), Not(Contains(HasSubstr("94 bytes"))));
}

TEST_F(unsafe_settings_of, a_node_whose_log_lies_among_its_data) {
  for (const char* const inside : {"node.log", "logs/node.log", "000012.log"}) {
    c_.log_file = c_.data_dir + "/" + inside;
    EXPECT_THAT(unsafe_settings(c_),
                ElementsAre(AllOf(HasSubstr(c_.log_file), HasSubstr("correct `log.file`"))));
  }
  std::filesystem::create_symlink(c_.data_dir, folder_ / "link");
  c_.log_file = folder_ / "link/node.log";
  EXPECT_THAT(unsafe_settings(c_), ElementsAre(HasSubstr("correct `log.file`"))) << "by a link";
  for (const char* const beside : {"node.log", "data.log", "data-logs/node.log"}) {
    c_.log_file = folder_ / beside;
    EXPECT_THAT(unsafe_settings(c_), IsEmpty()) << beside;
  }
  std::filesystem::remove_all(c_.data_dir);
  c_.log_file = c_.data_dir + "/node.log";
  EXPECT_THAT(unsafe_settings(c_), ElementsAre(HasSubstr("correct `log.file`")))
      << "a folder that is not there yet";
}

TEST_F(unsafe_settings_of, a_node_whose_cluster_key_or_authority_is_open_to_others) {
  c_.cluster.key_file = folder_ / "cluster.key";
  c_.cluster.ca_file = folder_ / "cluster-ca.pem";
  EXPECT_THAT(unsafe_settings(c_), IsEmpty()) << "no cluster, no files";
  c_.cluster.node = 1;
  EXPECT_THAT(unsafe_settings(c_), ElementsAre(HasSubstr("correct `cluster.key_file`"),
                                               HasSubstr("correct `cluster.ca_file`")));
  std::ofstream(c_.cluster.key_file) << "key";
  std::ofstream(c_.cluster.ca_file) << "ca";
  ASSERT_EQ(chmod(c_.cluster.key_file.c_str(), 0600), 0);
  ASSERT_EQ(chmod(c_.cluster.ca_file.c_str(), 0644), 0);
  EXPECT_THAT(unsafe_settings(c_), IsEmpty());
  ASSERT_EQ(chmod(c_.cluster.key_file.c_str(), 0644), 0);
  EXPECT_THAT(unsafe_settings(c_),
              ElementsAre(AllOf(HasSubstr(c_.cluster.key_file), HasSubstr("chmod 600"))));
  ASSERT_EQ(chmod(c_.cluster.key_file.c_str(), 0640), 0);
  ASSERT_EQ(chmod(c_.cluster.ca_file.c_str(), 0664), 0);
  EXPECT_THAT(unsafe_settings(c_),
              ElementsAre(AllOf(HasSubstr(c_.cluster.ca_file), HasSubstr("can be changed"))));
}

TEST_F(unsafe_settings_of, a_node_whose_password_hashes_are_cheap) {
  c_.argon2_passes = 1;
  EXPECT_THAT(unsafe_settings(c_),
              ElementsAre(AllOf(HasSubstr("login.argon2_memory_kib"), HasSubstr("is 19456"))));
  c_.argon2_memory_kib = 47'104;
  EXPECT_THAT(unsafe_settings(c_), IsEmpty());
  c_.argon2_memory_kib = 7'168;
  c_.argon2_passes = 5;
  EXPECT_THAT(unsafe_settings(c_), IsEmpty()) << "the weakest that is advised";
}

TEST_F(unsafe_settings_of, a_node_without_its_key) {
  ASSERT_EQ(unlink(c_.key_file.c_str()), 0);
  EXPECT_THAT(unsafe_settings(c_), ElementsAre(HasSubstr("cannot be read")));
}

TEST_F(unsafe_settings_of, a_node_whose_files_belong_to_a_stranger) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  ASSERT_EQ(chown(c_.key_file.c_str(), 12345, 12345), 0);
  EXPECT_THAT(unsafe_settings(c_), ElementsAre(HasSubstr("belongs to another account")));
  ASSERT_EQ(chown(c_.data_dir.c_str(), 12345, 12345), 0);
  EXPECT_EQ(unsafe_settings(c_).size(), 2u);
}

TEST_F(unsafe_settings_of, a_node_whose_data_is_open_to_others) {
  for (const mode_t open : {0755u, 0701u, 0770u}) {
    ASSERT_EQ(chmod(c_.data_dir.c_str(), open), 0);
    EXPECT_THAT(unsafe_settings(c_),
                ElementsAre(AllOf(HasSubstr(c_.data_dir), HasSubstr("chmod 700"))))
        << std::oct << open;
  }
  ASSERT_EQ(rmdir(c_.data_dir.c_str()), 0);
  EXPECT_THAT(unsafe_settings(c_), IsEmpty()) << "a missing folder is created, closed";
  std::ofstream(c_.data_dir) << "a file";
  EXPECT_THAT(unsafe_settings(c_), ElementsAre(HasSubstr("is not a folder")));
}

TEST_F(unsafe_settings_of, a_node_whose_metrics_leave_the_machine) {
  c_.metrics.port = 9100;
  for (const char* loopback : {"127.0.0.1", "127.1.2.3", "::1"}) {
    c_.metrics.address = loopback;
    EXPECT_THAT(unsafe_settings(c_), IsEmpty()) << loopback;
  }
  for (const char* open : {"0.0.0.0", "10.0.0.1", "::", "fe80::1", "128.0.0.1"}) {
    c_.metrics.address = open;
    EXPECT_THAT(unsafe_settings(c_),
                ElementsAre(AllOf(HasSubstr("not encrypted"), HasSubstr(open))));
  }
  c_.metrics.port = 0;
  EXPECT_THAT(unsafe_settings(c_), IsEmpty()) << "no page, no danger";
}

TEST_F(unsafe_settings_of, a_node_with_more_connections_than_descriptors) {
  c_.max_connections = 10'000'000;
  if (descriptor_ceiling() > 10'000'512) GTEST_SKIP() << "this system has no such limit";
  EXPECT_THAT(unsafe_settings(c_),
              ElementsAre(AllOf(HasSubstr("needs 10000512"), HasSubstr("limits.max_connections"))));
}

TEST(descriptors, connections_get_what_is_not_reserved_or_what_was_asked_for) {
  config c;
  EXPECT_EQ(connection_ceiling(c, 1024), 512u);
  EXPECT_EQ(connection_ceiling(c, 100), 1u);
  c.max_connections = 100;
  EXPECT_EQ(connection_ceiling(c, 1024), 100u);
  c.max_connections = 10'000;
  EXPECT_EQ(connection_ceiling(c, 1024), 512u);
}

TEST(descriptors, the_limit_is_raised_to_its_ceiling) {
  const std::uint64_t ceiling = descriptor_ceiling();
  EXPECT_GT(ceiling, 0u);
  EXPECT_EQ(raise_descriptor_limit(), ceiling);
}

}  // namespace
}  // namespace conclave::conf
