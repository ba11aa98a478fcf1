/// Reads, checks and writes the configuration file. The only user of the TOML parser. Runs once, in
/// main(), before any other thread; every refusal is one sentence with file, line, option and mend.
#include "conf/config.h"

#include "conf/options.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <bitset>
#include <filesystem>
#include <fstream>
#include <limits>
#include <numeric>
#include <optional>

// The parser asserts on some malformed headers (`[[[`) that its next branch refuses with an error;
// with NDEBUG it would even take the assertion for granted. Without assertions it answers them all.
#undef NDEBUG
#define TOML_ASSERT(condition) static_cast<void>(0)
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace conclave::conf {
namespace {

/// A configuration has about 25 lines; whatever is longer than this is another kind of file.
constexpr std::size_t max_file_bytes = 1024 * 1024;

/// Two names at most this many edits apart are taken for a typing error.
constexpr std::size_t max_typo_edits = 2;

failure refusal(const std::string& file, const toml::source_position& at, const std::string& text) {
  return {errc::invalid_argument, file + ':' + std::to_string(at.line) + ": " + text};
}

/// Edits (insert, remove, replace) between two names: Levenshtein's distance, one row at a time.
std::size_t edits_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

/// The option that was probably meant: nearly the same name, or the same key in another section.
std::string suggestion_for(const std::string& name) {
  const option_row* best = nullptr;
  std::size_t best_edits = max_typo_edits + 1;
  for (const option_row& row : option_rows()) {
    const std::size_t edits = edits_between(name, row.name);
    if (edits < best_edits) {
      best = &row;
      best_edits = edits;
    }
  }
  const std::string_view key = std::string_view(name).substr(name.find('.') + 1);
  if (best == nullptr) {
    const auto rows = option_rows();
    const auto moved = std::find_if(rows.begin(), rows.end(),
                                    [&](const option_row& row) { return row.key() == key; });
    if (moved != rows.end()) best = &*moved;
  }
  if (best == nullptr) return "; the sample file lists all options";
  return "; did you mean `" + std::string(best->name) + "`?";
}

bool is_ip_address(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> parsed{};
  return inet_pton(AF_INET, text.c_str(), parsed.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), parsed.data()) == 1;
}

bool is_node_name(const std::string& text) {
  return !text.empty() && text.size() <= 64 &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") == std::string::npos;
}

/// Why a string is refused, or nothing when it is fine.
std::optional<std::string> text_fault(text_rule rule, const std::string& text) {
  if (text.find('\0') != std::string::npos) return "must not contain a zero byte";
  switch (rule) {
    case text_rule::any:
    case text_rule::path:
      return std::nullopt;
    case text_rule::required_path:
      if (text.empty()) return "must not be empty: give a path";
      return std::nullopt;
    case text_rule::ip_address:
      if (!is_ip_address(text)) return "must be an IPv4 or IPv6 address, not \"" + text + '"';
      return std::nullopt;
    case text_rule::node_name:
      if (!is_node_name(text)) return "must be 1 to 64 characters of a-z 0-9 - _ .";
      return std::nullopt;
    case text_rule::log_level:
      if (text != "debug" && text != "info" && text != "warn" && text != "error")
        return "must be debug, info, warn or error, not \"" + text + '"';
      return std::nullopt;
  }
  return std::nullopt;
}

/// Fills one file's values into a config; knows the file's name for its sentences.
class file_reader {
 public:
  file_reader(const std::string& file, config& out) : file_(file), out_(out) {
    // Absolute, so that dump() means the same wherever it is read again.
    folder_ = std::filesystem::absolute(file).parent_path();
  }

  status read(const toml::table& root) {
    for (const auto& [section, content] : root) {
      const std::string section_name(section.str());
      const toml::table* options = content.as_table();
      if (!known_section(section_name) || options == nullptr) {
        return refusal(file_, section.source().begin,
                       unknown(options == nullptr ? "option" : "section", section_name));
      }
      for (const auto& [key, value] : *options) {
        if (status s = read_option(section_name + '.' + std::string(key.str()), key, value); !s)
          return s;
      }
    }
    return check_whole();
  }

 private:
  static bool known_section(const std::string& name) {
    const auto rows = option_rows();
    return std::any_of(rows.begin(), rows.end(),
                       [&](const option_row& row) { return row.section() == name; });
  }

  static std::string unknown(const std::string& what, const std::string& name) {
    if (what == "option") return "unknown option `" + name + '`' + suggestion_for(name);
    std::string names;
    for (const option_row& row : option_rows()) {
      const std::string bracketed = '[' + std::string(row.section()) + ']';
      if (names.find(bracketed) == std::string::npos)
        names += (names.empty() ? "" : ", ") + bracketed;
    }
    return "unknown section [" + name + "]; there are " + names;
  }

  status read_option(const std::string& name, const toml::key& key, const toml::node& value) {
    const auto rows = option_rows();
    const auto row =
        std::find_if(rows.begin(), rows.end(), [&](const option_row& r) { return r.name == name; });
    if (row == rows.end()) return refusal(file_, key.source().begin, unknown("option", name));
    seen_.set(static_cast<std::size_t>(row - rows.begin()));
    return std::visit([&](auto* field) { return store(*row, value, *field); }, row->place(out_));
  }

  status store(const option_row& row, const toml::node& value, std::string& field) {
    const auto* text = value.as_string();
    if (text == nullptr) return wrong_type(row, value, "a string in quotes");
    field = text->get();
    if (const auto fault = text_fault(row.rule, field))
      return refusal(file_, value.source().begin, "`" + std::string(row.name) + "` " + *fault);
    const bool is_path = row.rule == text_rule::path || row.rule == text_rule::required_path;
    if (is_path && !field.empty()) field = (folder_ / field).lexically_normal().string();
    return done{};
  }

  status store(const option_row& row, const toml::node& value, bool& field) {
    const auto* flag = value.as_boolean();
    if (flag == nullptr) return wrong_type(row, value, "true or false");
    field = flag->get();
    return done{};
  }

  template <class Integer>
  status store(const option_row& row, const toml::node& value, Integer& field) {
    const auto* number = value.as_integer();
    if (number == nullptr) return wrong_type(row, value, "an integer");
    const std::int64_t given = number->get();
    if (given < 0 || static_cast<std::uint64_t>(given) < row.lowest ||
        static_cast<std::uint64_t>(given) > row.highest) {
      return refusal(file_, value.source().begin,
                     "`" + std::string(row.name) + "` must be from " + std::to_string(row.lowest) +
                         " to " + std::to_string(row.highest) + ", not " + std::to_string(given));
    }
    field = static_cast<Integer>(given);
    return done{};
  }

  failure wrong_type(const option_row& row, const toml::node& value, const std::string& expected) {
    return refusal(file_, value.source().begin,
                   "`" + std::string(row.name) + "` must be " + expected);
  }

  /// What no single option can tell.
  status check_whole() const {
    const auto rows = option_rows();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].required() && !seen_.test(i)) {
        return failure{errc::invalid_argument,
                       file_ + ": `" + std::string(rows[i].name) + "` is required: add `" +
                           std::string(rows[i].key()) + " = \"…\"` under [" +
                           std::string(rows[i].section()) + "]"};
      }
    }
    const auto collide = [](const listener_config& a, const listener_config& b) {
      return a.port != 0 && a.port == b.port && a.address == b.address;
    };
    if (collide(out_.client, out_.admin) || collide(out_.client, out_.metrics) ||
        collide(out_.admin, out_.metrics)) {
      return failure{errc::invalid_argument,
                     file_ + ": two listeners share one address and port; give each its own"};
    }
    return done{};
  }

  const std::string& file_;
  config& out_;
  std::filesystem::path folder_;
  std::bitset<64> seen_;
};

}  // namespace

outcome<config> parse(const std::string& text, const std::string& file_for_messages) {
  const toml::parse_result parsed = toml::parse(std::string_view(text));
  if (!parsed) {
    return refusal(file_for_messages, parsed.error().source().begin,
                   "not valid TOML: " + std::string(parsed.error().description()));
  }
  config c;
  if (status s = file_reader(file_for_messages, c).read(parsed.table()); !s)
    return std::move(s).error();
  return c;
}

outcome<config> load(const std::string& file) {
  std::error_code no_file;
  if (std::filesystem::is_directory(file, no_file))
    return failure{errc::invalid_argument, file + ": is a folder; name the configuration file"};
  std::ifstream in(file, std::ios::binary);
  std::string text(max_file_bytes + 1, '\0');
  if (!in || (!in.read(text.data(), static_cast<std::streamsize>(text.size())) && in.bad())) {
    return failure{errc::not_found,
                   file + ": cannot be read; check that the file exists and that you may read it"};
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > max_file_bytes)
    return failure{errc::invalid_argument, file + ": is larger than 1 MiB; is it the right file?"};
  return parse(text, file);
}

std::string dump(const config& c) {
  std::string out;
  std::string_view section;
  for (const option_row& row : option_rows()) {
    if (row.section() != section) {
      section = row.section();
      out += (out.empty() ? "[" : "\n[") + std::string(section) + "]\n";
    }
    out += std::string(row.key()) + " = " + written_value(row, c) + '\n';
  }
  return out;
}

}  // namespace conclave::conf
