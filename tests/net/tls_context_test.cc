/// TLS contexts from files: refused with a sentence that names the file.
#include "net/tls_context.h"

#include "tests/net/loop_fixture.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sys/stat.h>

namespace conclave::net {
namespace {

std::string server_error(const tls_server_options& options) {
  const auto made = tls_context::server(options);
  return made.ok() ? "accepted" : made.error().detail;
}

TEST(tls_context, a_key_file_that_others_may_read_is_refused) {
  const auto files = certificates().issue("open-key", "DNS:localhost");
  ASSERT_EQ(::chmod(files.key_file.c_str(), 0644), 0);
  EXPECT_EQ(server_error({files.certificate_file, files.key_file}),
            "the key file " + files.key_file +
                " is open to every user of this machine; chmod 600 mends it");
  ASSERT_EQ(::chmod(files.key_file.c_str(), 0640), 0);
  EXPECT_EQ(server_error({files.certificate_file, files.key_file}), "accepted");
}

TEST(tls_context, missing_files_are_named) {
  EXPECT_EQ(server_error({certificates().certificate_file(), "/nowhere/server.key"}),
            "cannot read the key file /nowhere/server.key: no such file or directory");
  EXPECT_EQ(server_error({"/nowhere/server.pem", certificates().key_file()}),
            "cannot use the certificate file /nowhere/server.pem: no such file or directory");
  const auto client = tls_context::client({"/nowhere/ca.pem"});
  ASSERT_FALSE(client.ok());
  EXPECT_EQ(client.error().detail,
            "cannot use the CA file /nowhere/ca.pem: no such file or directory");
}

TEST(tls_context, a_certificate_that_has_expired_is_refused_with_its_day) {
  const auto old = certificates().issue("expired", "DNS:localhost", -60);
  const auto made = tls_context::server({old.certificate_file, old.key_file});
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.error().detail.find("expired.pem expired on 20"), std::string::npos)
      << made.error().detail;
}

TEST(tls_context, a_key_of_another_certificate_is_refused) {
  const auto other = certificates().issue("other-key", "DNS:localhost");
  const std::string error = server_error({certificates().certificate_file(), other.key_file});
  EXPECT_EQ(error.find("cannot use the key file " + other.key_file), 0u) << error;
}

TEST(tls_context, a_file_that_is_no_certificate_is_refused) {
  const std::string file = certificates().folder() + "/nonsense.pem";
  std::ofstream(file) << "this is no certificate\n";
  const std::string error = server_error({file, certificates().key_file()});
  EXPECT_EQ(error.find("cannot use the certificate file " + file), 0u) << error;
}

}  // namespace
}  // namespace conclave::net
