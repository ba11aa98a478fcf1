// [cluster] and [[cluster.nodes]]: what is read, what is refused with which sentence, and that a
// dump says the same again.
#include "conf/cluster_config.h"

#include "conf/config.h"
#include "conf/host_port.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace conclave::conf {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string of_every_node =
    "[node]\ndata_dir = \"data\"\n[tls]\ncertificate_file = \"node.pem\"\nkey_file = "
    "\"node.key\"\n";

/// A cluster's part of the file, to be spoilt by tests. Voters stand on the sites that are named.
struct draft {
  std::string name = "\"acme-chat\"";
  std::string node = "1";
  std::string mode = "\"metro3\"";
  std::string more = "founder = 1\n";
  std::vector<std::string> sites{"berlin", "potsdam", "leipzig"};
  int learners = 1;
  std::string further;

  static std::string entry(int number, const std::string& site, const std::string& role) {
    const std::string n = std::to_string(number);
    return "[[cluster.nodes]]\nnode = " + n + "\nsite = \"" + site + "\"\naddress = \"10.0.0." + n +
           ":7445\"\nclient_address = \"chat" + n + ".example.org:7443\"\n" + role;
  }

  std::string text() const {
    std::string out = of_every_node + "[cluster]\nname = " + name + "\nnode = " + node +
                      "\nmode = " + mode +
                      "\nca_file = \"ca.pem\"\ncertificate_file = \"peer.pem\"\nkey_file = "
                      "\"peer.key\"\n" +
                      more;
    int number = 0;
    for (const std::string& site : sites) out += entry(++number, site, "");
    for (int i = 0; i < learners; ++i) out += entry(++number, "lisbon", "role = \"learner\"\n");
    return out + further;
  }
};

std::string refusal_of(const draft& d) {
  const auto c = parse(d.text(), "/etc/conclave/node.toml");
  return c.ok() ? "accepted" : c.error().detail;
}

TEST(cluster_config, is_not_enabled_without_its_section) {
  const auto c = parse(of_every_node, "/etc/conclave/node.toml");
  ASSERT_TRUE(c.ok());
  EXPECT_FALSE(c->cluster.enabled());
  EXPECT_THAT(c->cluster.nodes, ::testing::IsEmpty());
  EXPECT_EQ(dump(*c).find("cluster"), std::string::npos);
}

TEST(cluster_config, is_read_with_its_nodes) {
  const auto c = parse(draft{}.text(), "/etc/conclave/node.toml");
  ASSERT_TRUE(c.ok()) << c.error().detail;
  const cluster_config& cluster = c->cluster;
  EXPECT_TRUE(cluster.enabled());
  EXPECT_EQ(cluster.name, "acme-chat");
  EXPECT_EQ(cluster.mode, cluster_mode::metro3);
  EXPECT_EQ(cluster.founder, 1);
  EXPECT_EQ(cluster.listen.address, "127.0.0.1");
  EXPECT_EQ(cluster.listen.port, 7445);
  EXPECT_EQ(cluster.lag_alarm_s, 5u);
  EXPECT_EQ(cluster.ca_file, "/etc/conclave/ca.pem");
  EXPECT_EQ(cluster.certificate_file, "/etc/conclave/peer.pem");
  EXPECT_EQ(cluster.key_file, "/etc/conclave/peer.key");
  ASSERT_EQ(cluster.nodes.size(), 4u);
  EXPECT_EQ(&cluster.self(), &cluster.nodes[0]);
  EXPECT_EQ(cluster.find(2)->site, "potsdam");
  EXPECT_EQ(cluster.find(2)->name, "node2");
  EXPECT_EQ(cluster.find(2)->role, node_role::voter);
  EXPECT_EQ(cluster.find(4)->role, node_role::learner);
  EXPECT_EQ(cluster.find(4)->address, "10.0.0.4:7445");
  EXPECT_EQ(cluster.find(4)->client_address, "chat4.example.org:7443");
  EXPECT_EQ(cluster.find(5), nullptr);
  EXPECT_EQ(cluster.identity_of(4), "conclave://acme-chat/4");
}

TEST(cluster_config, survives_a_dump) {
  draft d;
  d.more = "founder = 2\nlisten_address = \"::\"\nlisten_port = 9\nlag_alarm_s = 60\n";
  d.node = "3";
  const auto first = parse(d.text(), "/etc/conclave/node.toml");
  ASSERT_TRUE(first.ok()) << first.error().detail;
  const std::string dumped = dump(*first);
  EXPECT_THAT(dumped, HasSubstr("\n[cluster]\nname = \"acme-chat\"\nnode = 3\nmode = \"metro3\"\n"
                                "founder = 2\nlisten_address = \"::\"\nlisten_port = 9\n"));
  EXPECT_THAT(dumped, HasSubstr("\n[[cluster.nodes]]\nnode = 4\nname = \"node4\"\n"));
  const auto second = parse(dumped, "/elsewhere/node.toml");
  ASSERT_TRUE(second.ok()) << second.error().detail;
  EXPECT_EQ(dump(*second), dumped);
  EXPECT_EQ(second->cluster.nodes.size(), 4u);
  EXPECT_EQ(second->cluster.find(4)->role, node_role::learner);
}

TEST(cluster_config, the_order_of_sections_does_not_matter) {
  const std::string text = draft{}.text();
  const std::size_t nodes = text.find("[[cluster.nodes]]");
  const std::size_t cluster = text.find("[cluster]");
  const std::string turned =
      text.substr(nodes) + text.substr(cluster, nodes - cluster) + text.substr(0, cluster);
  const auto c = parse(turned, "/n.toml");
  EXPECT_TRUE(c.ok()) << c.error().detail;
}

TEST(cluster_config, what_is_required_is_asked_for_once_there_is_a_cluster) {
  for (const option_info& option : option_table()) {
    if (option.name.rfind("cluster.shards.", 0) == 0) continue;  // only where there are any
    const bool of_nodes = option.name.rfind("cluster.nodes.", 0) == 0;
    if (option.name.rfind("cluster.", 0) != 0 || option.fallback != "required") continue;
    const std::string key = option.name.substr(option.name.rfind('.') + 1);
    std::string text = draft{}.text();
    const std::size_t from = text.find(of_nodes ? "[[cluster.nodes]]" : "[cluster]");
    const std::size_t at = text.find("\n" + key + " = ", from);
    ASSERT_NE(at, std::string::npos) << option.name;
    text.erase(at, text.find('\n', at + 1) - at);
    const auto c = parse(text, "/etc/conclave/node.toml");
    ASSERT_FALSE(c.ok()) << option.name;
    EXPECT_THAT(c.error().detail, HasSubstr("`" + option.name + "` is required: add `" + key));
    EXPECT_THAT(c.error().detail,
                HasSubstr(of_nodes ? "under [[cluster.nodes]]" : "under [cluster]"));
  }
  EXPECT_THAT(parse(of_every_node + "[cluster]\n", "/n.toml").error().detail,
              HasSubstr("`cluster.name` is required"));
  EXPECT_THAT(parse(of_every_node + draft::entry(1, "berlin", ""), "/n.toml").error().detail,
              HasSubstr("`cluster.name` is required"));
}

TEST(cluster_config, wrong_values_are_refused_with_their_line) {
  draft d;
  d.mode = "\"metro4\"";
  EXPECT_EQ(refusal_of(d),
            "/etc/conclave/node.toml:9: `cluster.mode` must be \"single\", \"local3\", \"metro3\" "
            "or \"metro5\"");
  d = {};
  d.mode = "3";
  EXPECT_THAT(refusal_of(d), HasSubstr("`cluster.mode` must be"));
  d = {};
  d.name = "\"Acme Chat\"";
  EXPECT_THAT(refusal_of(d), HasSubstr("`cluster.name` must be 1 to 64 characters"));
  for (const char* number : {"0", "65536", "-1"}) {
    d = {};
    d.node = number;
    EXPECT_THAT(refusal_of(d), HasSubstr("`cluster.node` must be from 1 to 65535"));
  }
  d = {};
  d.more = "listen_port = 0\n";
  EXPECT_THAT(refusal_of(d), HasSubstr("`cluster.listen_port` must be from 1 to 65535"));
  d = {};
  d.further = draft::entry(5, "lisbon", "role = \"boss\"\n");
  EXPECT_THAT(refusal_of(d), HasSubstr("`cluster.nodes.role` must be \"voter\" or \"learner\""));
  d.further = draft::entry(5, "lisbon", "adress = \"a:1\"\n");
  EXPECT_THAT(refusal_of(d), HasSubstr("unknown option `cluster.nodes.adress`; did you mean "
                                       "`cluster.nodes.address`?"));
  d.further = draft::entry(5, "Lisbon", "");
  EXPECT_THAT(refusal_of(d), HasSubstr("`cluster.nodes.site` must be 1 to 64 characters"));
  for (const char* address :
       {"10.0.0.9", "10.0.0.9:", "10.0.0.9:0", ":7445", "::1:7445", "a b:1"}) {
    d.further = "[[cluster.nodes]]\nnode = 5\naddress = \"" + std::string(address) + "\"\n";
    EXPECT_THAT(refusal_of(d), HasSubstr("`cluster.nodes.address` must be HOST:PORT")) << address;
  }
}

TEST(cluster_config, nodes_that_are_no_tables_are_refused) {
  draft d;
  d.sites.clear();
  d.learners = 0;
  const std::string head = d.text();
  for (const char* wrong : {"nodes = 3\n", "nodes = []\n", "nodes = [1, 2]\n",
                            "nodes = [{node = 1}, 2]\n", "[cluster.nodes]\nnode = 1\n"}) {
    const auto c = parse(head + wrong, "/n.toml");
    ASSERT_FALSE(c.ok()) << wrong;
    EXPECT_THAT(c.error().detail, HasSubstr("write [[cluster.nodes]] before")) << wrong;
  }
}

TEST(cluster_config, shards_may_have_rules_of_their_own) {
  draft d;
  d.further =
      "[[cluster.shards]]\nshard = 3\ncopies = 3\nsites = 2\n"
      "[[cluster.shards]]\nshard = 0\ncopies = 1\n";
  const auto c = parse(d.text(), "/n.toml");
  ASSERT_TRUE(c.ok()) << c.error().detail;
  ASSERT_EQ(c->cluster.shards.size(), 2u);
  EXPECT_EQ(c->cluster.shards[0].shard, 3);
  EXPECT_EQ(c->cluster.shards[0].copies, 3);
  EXPECT_EQ(c->cluster.shards[0].sites, 2);
  EXPECT_EQ(c->cluster.shards[1].sites, 1);
  const std::string dumped = dump(*c);
  EXPECT_THAT(dumped, HasSubstr("\n[[cluster.shards]]\nshard = 3\ncopies = 3\nsites = 2\n"));
  const auto again = parse(dumped, "/n.toml");
  ASSERT_TRUE(again.ok()) << again.error().detail;
  EXPECT_EQ(dump(*again), dumped);
}

TEST(cluster_config, a_rule_of_a_shard_that_the_voters_cannot_meet_is_refused) {
  const auto with = [](const std::string& options) {
    draft d;
    d.further = "[[cluster.shards]]\n" + options;
    return refusal_of(d);
  };
  EXPECT_THAT(with("shard = 8\ncopies = 2\n"),
              HasSubstr("does not exist: shards have the numbers 0 to 7 (`node.shards`)"));
  EXPECT_THAT(with("shard = 1\ncopies = 4\n"),
              HasSubstr("takes 4 copies but there are 3 voters; lower `copies`"));
  EXPECT_THAT(with("shard = 1\ncopies = 2\nsites = 3\n"), HasSubstr("more sites than copies"));
  EXPECT_EQ(with("shard = 1\ncopies = 3\nsites = 3\n"), "accepted");
  draft d;
  d.sites = {"berlin", "berlin", "leipzig"};
  d.further = "[[cluster.shards]]\nshard = 1\ncopies = 3\nsites = 3\n";
  EXPECT_THAT(refusal_of(d), HasSubstr("takes 3 sites but the voters stand on 2; lower `sites`"));
  EXPECT_THAT(with("shard = 1\ncopies = 2\n[[cluster.shards]]\nshard = 1\ncopies = 1\n"),
              HasSubstr("give each shard one rule"));
  EXPECT_THAT(with("shard = 1\n"), HasSubstr("`cluster.shards.copies` is required: add"));
  EXPECT_THAT(with("copies = 1\n"), HasSubstr("`cluster.shards.shard` is required: add"));
  EXPECT_THAT(with("shard = 1\ncopies = 0\n"),
              HasSubstr("`cluster.shards.copies` must be from 1 to 5"));
  EXPECT_THAT(with("shard = 1\ncopeis = 2\n"), HasSubstr("did you mean `cluster.shards.copies`?"));
}

TEST(cluster_config, numbers_and_addresses_belong_to_one_node) {
  draft d;
  d.further = draft::entry(4, "lisbon", "");
  EXPECT_EQ(refusal_of(d),
            "/etc/conclave/node.toml: two [[cluster.nodes]] have `node = 4`; give each its own "
            "number");
  const std::string fifth = "[[cluster.nodes]]\nnode = 5\nrole = \"learner\"\nsite = \"x\"\n";
  d.further = fifth + "address = \"10.0.0.2:7445\"\nclient_address = \"c:1\"\n";
  EXPECT_THAT(refusal_of(d), HasSubstr("have `address = \"10.0.0.2:7445\"`; give each its own"));
  d.further = fifth + "address = \"a:1\"\nclient_address = \"chat1.example.org:7443\"\n";
  EXPECT_THAT(refusal_of(d), HasSubstr("have `client_address = \"chat1.example.org:7443\"`"));
  d.further = fifth + "address = \"a:1\"\nclient_address = \"c:1\"\n";
  EXPECT_EQ(refusal_of(d), "accepted");
}

TEST(cluster_config, this_node_and_the_founder_are_in_the_list) {
  draft d;
  d.node = "9";
  EXPECT_THAT(refusal_of(d), HasSubstr("`cluster.node` is 9 but no [[cluster.nodes]] has that "
                                       "number; list every node, this one included"));
  d = {};
  for (const char* nobody : {"founder = 9\n", "founder = 4\n"}) {
    d.more = nobody;
    EXPECT_THAT(refusal_of(d), HasSubstr("but no voter has that number; name one of the voters"));
  }
  d = {};
  d.node = "4";
  EXPECT_EQ(refusal_of(d), "accepted") << "a learner is a node like any other";
}

TEST(cluster_config, the_mode_gets_the_voters_and_sites_that_it_takes) {
  struct trial {
    const char* mode;
    std::vector<std::string> sites;
    const char* verdict;
  };
  const char* const more = "; add [[cluster.nodes]] with `role = \"voter\"`";
  const char* const less = "; give the others `role = \"learner\"`";
  const char* const spread = "; put voters elsewhere (`site`)";
  for (const trial& t : {
           trial{"single", {"a"}, "accepted"},
           trial{"single", {"a", "b"}, less},
           trial{"local3", {"a", "a", "a"}, "accepted"},
           trial{"local3", {"a", "b", "c"}, "accepted"},
           trial{"local3", {"a", "a"}, more},
           trial{"metro3", {"a", "a", "b"}, "accepted"},
           trial{"metro3", {"a", "a", "a"}, spread},
           trial{"metro3", {"a", "b"}, more},
           trial{"metro3", {"a", "b", "c", "d"}, less},
           trial{"metro5", {"a", "a", "b", "b", "c"}, "accepted"},
           trial{"metro5", {"a", "a", "a", "b", "b"}, spread},
           trial{"metro5", {"a", "b", "c"}, more},
       }) {
    draft d;
    d.mode = '"' + std::string(t.mode) + '"';
    d.sites = t.sites;
    EXPECT_THAT(refusal_of(d), HasSubstr(t.verdict)) << t.mode << ' ' << t.sites.size();
  }
  draft d;
  d.sites = {"berlin", "potsdam"};
  EXPECT_EQ(refusal_of(d),
            "/etc/conclave/node.toml: `cluster.mode = \"metro3\"` takes exactly 3 voters but there "
            "are 2; add [[cluster.nodes]] with `role = \"voter\"` or choose another mode");
  d.sites = {"berlin", "berlin", "berlin"};
  EXPECT_EQ(refusal_of(d),
            "/etc/conclave/node.toml: `cluster.mode = \"metro3\"` takes voters on at least 2 sites "
            "but they stand on 1; put voters elsewhere (`site`) or choose another mode");
}

TEST(cluster_config, a_mode_demands_what_its_page_says) {
  const auto metro5 = demand_of(cluster_mode::metro5);
  EXPECT_EQ(metro5.replicas, 3);
  EXPECT_EQ(metro5.sites, 2);
  const auto metro3 = demand_of(cluster_mode::metro3);
  EXPECT_EQ(metro3.replicas, 2);
  EXPECT_EQ(metro3.sites, 2);
  const auto local3 = demand_of(cluster_mode::local3);
  EXPECT_EQ(local3.replicas, 2);
  EXPECT_EQ(local3.sites, 1);
  const auto single = demand_of(cluster_mode::single);
  EXPECT_EQ(single.replicas, 1);
  EXPECT_EQ(single.sites, 1);
}

TEST(cluster_config, the_listener_of_the_nodes_has_a_place_of_its_own) {
  draft d;
  d.more = "listen_port = 7443\n";
  EXPECT_THAT(refusal_of(d), HasSubstr("two listeners share one address and port"));
}

TEST(host_port, is_read_and_written) {
  EXPECT_EQ(*parse_host_port("chat.example.org:7443"), (host_port{"chat.example.org", 7443}));
  EXPECT_EQ(*parse_host_port("[::1]:1"), (host_port{"::1", 1}));
  EXPECT_EQ(to_string(host_port{"::1", 1}), "[::1]:1");
  EXPECT_EQ(to_string(host_port{"a", 65'535}), "a:65535");
  for (const char* wrong : {"", ":", "a", "a:", "a:0", "a:65536", "a:1x", ":1", "::1:1", "[]:1",
                            "[::1:1", "a b:1", "a\n:1", "\xff:1", "a/b:1"}) {
    EXPECT_FALSE(parse_host_port(wrong).ok()) << wrong;
  }
  EXPECT_FALSE(parse_host_port(std::string(254, 'a') + ":1").ok());
  EXPECT_TRUE(parse_host_port(std::string(253, 'a') + ":1").ok());
}

}  // namespace
}  // namespace conclave::conf
