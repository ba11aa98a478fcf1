/// Keys and values. The fields of a policy are walked by their own description, so that a new one
/// is known here at once.
#include "client/cli/setting_words.h"

#include "client/cli/words.h"
#include "client/within_bounds.h"

#include <charconv>
#include <limits>
#include <type_traits>

namespace conclave::client::cli {

namespace {

failure refused(std::string sentence) {
  return failure{errc::invalid_argument, std::move(sentence)};
}

template <class Enum>
status take_word(std::optional<Enum>& to, const std::string& key, const std::string& value,
                 const char* choices) {
  to = from_word<Enum>(value);
  if (to) return done{};
  return refused("`" + key + "` is " + choices);
}

status take_setting(settings_change& to, const std::string& key, const std::string& value) {
  if (key == "title") {
    to.title = value;
  } else if (key == "topic") {
    to.topic = value;
  } else if (key == "join") {
    return take_word(to.join, key, value, "closed, open or approval");
  } else if (key == "invite") {
    return take_word(to.invite, key, value, "admins, members or approval");
  } else if (key == "visibility") {
    return take_word(to.visibility, key, value, "joining or all");
  } else if (key == "all_muted") {
    to.all_muted = truth_from(value);
    if (!to.all_muted) return refused("`all_muted` is yes or no");
  } else {
    return refused("there is no setting `" + key +
                   "`; there are title, topic, join, invite, visibility, all_muted");
  }
  return done{};
}

/// "mobile,web" to bits 2^kind; "none" to 0.
outcome<std::uint64_t> kinds_from(const std::string& text) {
  std::uint64_t bits = 0;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    const std::string word = text.substr(from, comma - from);
    const auto kind = from_word<device_kind>(word);
    if (!kind && word != "none") {
      return refused("`" + word + "` is no kind of device: desktop, mobile, tablet, web, other");
    }
    if (kind) bits |= std::uint64_t{1} << static_cast<unsigned>(*kind);
    from = comma + 1;
  }
  return bits;
}

std::string kinds_text(std::uint64_t bits) {
  std::string out;
  for (unsigned kind = 1; kind <= 5; ++kind) {
    if ((bits >> kind & 1) == 0) continue;
    out += (out.empty() ? "" : ",") + std::string(word_of(static_cast<device_kind>(kind)));
  }
  return out.empty() ? "none" : out;
}

bool is_time(std::string_view name) {
  return name.ends_with("_ms");
}

outcome<std::uint64_t> number_for(std::string_view name, const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && end == text.data() + text.size()) return value;
  if (name == "exclusive_kinds") return kinds_from(text);
  if (is_time(name)) return duration_from(text);
  return refused("`" + std::string(name) + "` is a number, not `" + text + "`");
}

/// Sets the one field with the name.
class field_setter {
 public:
  field_setter(std::string_view name, std::string text) : wanted_(name), text_(std::move(text)) {}

  template <class T>
  void operator()(std::string_view name, T& value, bounds b, std::string_view) {
    known_ += (known_.empty() ? "" : ", ") + std::string(name);
    if (name != wanted_) return;
    found_ = true;
    if constexpr (std::is_same_v<T, bool>) {
      const auto truth = truth_from(text_);
      if (truth) {
        value = *truth;
      } else {
        wrong_ = "`" + std::string(name) + "` is yes or no, not `" + text_ + "`";
      }
    } else {
      take_number(name, value, b);
    }
  }

  status verdict() const {
    if (!found_) return refused("there is no rule `" + wanted_ + "`; there are " + known_);
    if (!wrong_.empty()) return refused(wrong_);
    return done{};
  }

 private:
  template <class T>
  void take_number(std::string_view name, T& value, bounds b) {
    const auto number = number_for(name, text_);
    if (!number) {
      wrong_ = number.error().detail;
    } else if (*number < b.min || *number > b.max || *number > std::numeric_limits<T>::max()) {
      wrong_ = "`" + std::string(name) + "` is not within its bounds";
    } else {
      value = static_cast<T>(*number);
    }
  }

  std::string wanted_;
  std::string text_;
  std::string known_;
  std::string wrong_;
  bool found_ = false;
};

class row_maker {
 public:
  template <class T>
  void operator()(std::string_view name, const T& value, bounds, std::string_view meaning) {
    const auto number = static_cast<std::uint64_t>(value);
    std::string text = std::to_string(number);
    if (name == "exclusive_kinds") text = kinds_text(number);
    if (is_time(name) && number != 0) text = duration_text(number);
    constexpr bool yes_or_no = std::is_same_v<T, bool>;
    if (yes_or_no) text = number != 0 ? "yes" : "no";
    rows.push_back({std::string(name), number, yes_or_no, std::move(text), std::string(meaning)});
  }
  std::vector<policy_row> rows;
};

}  // namespace

outcome<settings_change> settings_change_from(const std::vector<std::string>& words) {
  settings_change change;
  for (const std::string& word : words) {
    const auto pair = key_and_value(word);
    if (!pair) return refused("`" + word + "` is not KEY=VALUE");
    const status taken = take_setting(change, pair->first, pair->second);
    if (!taken) return taken.error();
  }
  return change;
}

status change_policy(tenant_policy& policy, const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    const auto pair = key_and_value(word);
    if (!pair) return refused("`" + word + "` is not KEY=VALUE");
    field_setter setter(pair->first, pair->second);
    tenant_policy::fields(policy, setter);
    const status set = setter.verdict();
    if (!set) return set.error();
  }
  return done{};
}

std::vector<policy_row> rows_of(const tenant_policy& policy) {
  row_maker maker;
  tenant_policy::fields(policy, maker);
  return maker.rows;
}

}  // namespace conclave::client::cli
