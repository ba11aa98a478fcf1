/// A node has one name, spelled in one way.
#include "replication/peer_identity.h"

#include <gtest/gtest.h>

namespace conclave::replication {
namespace {

TEST(peer_identity, a_name_comes_back) {
  const peer_identity who{"berlin-1", node_id(65'535)};
  EXPECT_EQ(uri_of(who), "conclave://berlin-1/65535");
  EXPECT_EQ(parse_peer_uri(uri_of(who)), who);
}

TEST(peer_identity, other_spellings_are_no_names) {
  for (const std::string uri :
       {"", "conclave://", "conclave://berlin", "conclave:///1", "conclave://berlin/",
        "conclave://berlin/0", "conclave://berlin/01", "conclave://berlin/+1",
        "conclave://berlin/-1", "conclave://berlin/65536", "conclave://berlin/1/",
        "conclave://berlin/1/2", "conclave://berlin/1 ", "conclave://ber lin/1",
        "Conclave://berlin/1", "https://berlin/1", "conclave://berlin/x"}) {
    EXPECT_FALSE(parse_peer_uri(uri)) << uri;
  }
  EXPECT_FALSE(parse_peer_uri(std::string("conclave://berlin\0/1", 20)));
  EXPECT_FALSE(parse_peer_uri(std::string("conclave://berlin/1\0", 20)));
}

TEST(peer_identity, a_certificate_names_exactly_one_node) {
  EXPECT_EQ(*identity_of({"https://x.example", "conclave://berlin/1"}),
            (peer_identity{"berlin", node_id(1)}));
  EXPECT_EQ(identity_of({}).error().detail, "has a certificate that names no node");
  EXPECT_EQ(identity_of({"https://x.example"}).error().detail,
            "has a certificate that names no node");
  EXPECT_EQ(identity_of({"conclave://berlin/1", "conclave://berlin/2"}).error().detail,
            "has a certificate that names more than one node");
  EXPECT_EQ(identity_of({"conclave://berlin/one"}).error().detail,
            "has a certificate with a malformed name of a node");
}

}  // namespace
}  // namespace conclave::replication
