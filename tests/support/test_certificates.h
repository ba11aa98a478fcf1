/// A certificate authority for tests: makes its own CA and server certificates (ECDSA P-256) in a
/// temporary folder that goes with the object. Any thread, one at a time. Failure ends the process:
/// without certificates there is nothing to test. Header only, since every test program may use it.
#pragma once

#include "schemas/check.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <sys/stat.h>

namespace conclave::test {

class test_certificates {
 public:
  /// The files of one certificate that this CA has issued.
  struct issued {
    std::string certificate_file;
    std::string key_file;
  };

  test_certificates() : folder_(make_folder()), ca_key_(EVP_EC_gen("P-256"), &EVP_PKEY_free) {
    CONCLAVE_CHECK(ca_key_ != nullptr, "OpenSSL makes a P-256 key");
    ca_ = make_certificate("Conclave test CA", *ca_key_, nullptr, "critical,CA:TRUE", "", 1);
    write_certificate(ca_file(), *ca_);
    server_ = issue("server", "DNS:localhost,IP:127.0.0.1");
  }
  ~test_certificates() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  test_certificates(const test_certificates&) = delete;
  test_certificates& operator=(const test_certificates&) = delete;

  const std::string& folder() const { return folder_; }
  std::string ca_file() const { return folder_ + "/ca.pem"; }

  /// Made out to localhost and 127.0.0.1.
  const std::string& certificate_file() const { return server_.certificate_file; }
  const std::string& key_file() const { return server_.key_file; }

  /// A certificate with which a node shows itself to the others of its cluster. Clusters have an
  /// authority of their own: another object of this class.
  issued issue_node(const std::string& cluster, unsigned number) {
    const std::string n = std::to_string(number);
    return issue(cluster + "-node" + n,
                 "URI:conclave://" + cluster + "/" + n + ",DNS:localhost,IP:127.0.0.1");
  }

  /// Another certificate of this CA; `alt_names` like "DNS:chat.example,IP:10.0.0.1".
  issued issue(const std::string& name, const std::string& alt_names,
               long valid_seconds = 24 * 3600) {
    const key_pointer key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
    const certificate_pointer certificate = make_certificate(
        name, *key, ca_.get(), "critical,CA:FALSE", alt_names, ++serial_, valid_seconds);
    issued files{folder_ + "/" + name + ".pem", folder_ + "/" + name + ".key"};
    write_certificate(files.certificate_file, *certificate);
    const file_pointer out = open_file(files.key_file);
    CONCLAVE_CHECK(
        PEM_write_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
        "a key can be written");
    CONCLAVE_CHECK(::chmod(files.key_file.c_str(), 0600) == 0,
                   "a key file can be closed to others");
    return files;
  }

 private:
  using key_pointer = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using certificate_pointer = std::unique_ptr<X509, decltype(&X509_free)>;
  using file_pointer = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

  static std::string make_folder() {
    std::string path =
        (std::filesystem::temp_directory_path() / "conclave-certificates-XXXXXX").string();
    CONCLAVE_CHECK(::mkdtemp(path.data()) != nullptr, "a temporary folder can be made");
    return path;
  }

  static file_pointer open_file(const std::string& path) {
    file_pointer file(std::fopen(path.c_str(), "w"), &std::fclose);
    CONCLAVE_CHECK(file != nullptr, "a file in the temporary folder can be made");
    return file;
  }

  static void write_certificate(const std::string& path, X509& certificate) {
    const file_pointer out = open_file(path);
    CONCLAVE_CHECK(PEM_write_X509(out.get(), &certificate) == 1, "a certificate can be written");
  }

  static void add_extension(X509& certificate, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context{};
    X509V3_set_ctx(&context, issuer, &certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    CONCLAVE_CHECK(extension != nullptr, "the extension is well formed");
    X509_add_ext(&certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }

  certificate_pointer make_certificate(const std::string& name, EVP_PKEY& key, X509* issuer,
                                       const std::string& constraints, const std::string& alt_names,
                                       long serial, long valid_seconds = 24 * 3600) {
    constexpr long one_hour = 3600;
    certificate_pointer made(X509_new(), &X509_free);
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -one_hour);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), valid_seconds);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509* signer = issuer != nullptr ? issuer : made.get();
    X509_set_issuer_name(made.get(), X509_get_subject_name(signer));
    X509_set_pubkey(made.get(), &key);
    add_extension(*made, signer, NID_basic_constraints, constraints);
    if (!alt_names.empty()) add_extension(*made, signer, NID_subject_alt_name, alt_names);
    CONCLAVE_CHECK(X509_sign(made.get(), ca_key_.get(), EVP_sha256()) > 0,
                   "the CA can sign a certificate");
    return made;
  }

  std::string folder_;
  key_pointer ca_key_;
  certificate_pointer ca_{nullptr, &X509_free};
  long serial_ = 1;
  issued server_;
};

}  // namespace conclave::test
