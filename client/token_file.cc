/// Reading and writing token files.
#include "client/token_file.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace conclave::client {

namespace {

/// Longest token the protocol carries, a line end, and something to notice that it is more.
constexpr std::size_t most = 256 + 2 + 1;

failure file_failure(const std::string& doing, const std::string& file) {
  return failure{errc::invalid_argument, doing + " " + file + ": " + std::strerror(errno)};
}

}  // namespace

outcome<std::string> read_token_file(const std::string& file) {
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return file_failure("cannot read the token file", file);
  struct stat facts {};
  std::array<char, most> bytes{};
  ssize_t size = -1;
  if (fstat(fd, &facts) == 0) size = read(fd, bytes.data(), bytes.size());
  const int error = errno;
  close(fd);
  errno = error;
  if (size < 0) return file_failure("cannot read the token file", file);
  if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return failure{errc::invalid_argument, "the token file " + file +
                                               " can be read by others: chmod 600 it, and have a "
                                               "new token issued if they may have"};
  }
  std::string_view token(bytes.data(), static_cast<std::size_t>(size));
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r' || token.back() == ' ')) {
    token.remove_suffix(1);
  }
  if (token.empty() || token.size() > 256 || token.find_first_of(" \t\n\r") != token.npos) {
    return failure{errc::invalid_argument, file + " does not hold one token on one line"};
  }
  return std::string(token);
}

status write_token_file(const std::string& file, std::string_view token) {
  const std::string fresh = file + ".new";
  unlink(fresh.c_str());
  const int fd = open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return file_failure("cannot write the token file", fresh);
  const std::string line = std::string(token) + "\n";
  const ssize_t written = write(fd, line.data(), line.size());
  const bool whole = written == static_cast<ssize_t>(line.size()) && fsync(fd) == 0;
  close(fd);
  if (!whole || rename(fresh.c_str(), file.c_str()) != 0) {
    failure f = file_failure("cannot write the token file", file);
    unlink(fresh.c_str());
    return f;
  }
  // The name too: after a power cut the token of before may be worth nothing.
  const std::string folder = std::filesystem::path(file).parent_path().string();
  const int named = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (named >= 0) {
    (void)fsync(named);  // a file system that cannot sync a folder keeps names by itself
    close(named);
  }
  return done{};
}

status check_token_file_writable(const std::string& file) {
  const std::string fresh = file + ".new";
  unlink(fresh.c_str());
  const int fd = open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return file_failure("cannot write the token file", fresh);
  close(fd);
  unlink(fresh.c_str());
  return done{};
}

}  // namespace conclave::client
