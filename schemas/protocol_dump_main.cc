/// protocol-dump: prints protocol.json; with `--readme FOLDER` it rewrites protocol.json and the
/// generated tables of README.md and FORMATS.md in that folder. Run it after every change of a
/// message, and read the difference: only additions at the end of a message are compatible.
#include "schemas/protocol_dump.h"

#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

namespace {

bool write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.flush();
  if (!file) std::fprintf(stderr, "protocol-dump: cannot write %s\n", path.c_str());
  return static_cast<bool>(file);
}

bool renew_tables(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream page;
  page << file.rdbuf();
  if (!file) {
    std::fprintf(stderr, "protocol-dump: cannot read %s\n", path.c_str());
    return false;
  }
  const auto renewed = conclave::with_tables(page.str());
  if (!renewed.ok()) {
    std::fprintf(stderr, "protocol-dump: %s: %s\n", path.c_str(), renewed.error().detail.c_str());
    return false;
  }
  return write_file(path, *renewed);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 1) {
    std::cout << conclave::protocol_json();
    return 0;
  }
  if (argc != 3 || std::string(argv[1]) != "--readme") {
    std::fprintf(stderr, "usage: protocol-dump [--readme FOLDER]\n");
    return 2;
  }
  const std::string folder = argv[2];
  const bool written = write_file(folder + "/protocol.json", conclave::protocol_json()) &&
                       renew_tables(folder + "/README.md") && renew_tables(folder + "/FORMATS.md");
  return written ? 0 : 1;
}
