/// The tables of the pages, in Markdown, from the model.
#include "schemas/protocol_dump.h"
#include "schemas/protocol_model.h"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>

namespace conclave {
namespace {

using json = nlohmann::ordered_json;

std::string text(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string hex_byte(const json& number) {
  std::array<char, 8> digits{};
  std::snprintf(digits.data(), digits.size(), "0x%02x", number.get<unsigned>());
  return digits.data();
}

/// 18446744073709551615 says less to people than 2^64-1 does.
std::string readable(const json& number) {
  const auto digits = text(number);
  if (digits == "18446744073709551615") return "2^64-1";
  if (digits == "9007199254740991") return "2^53-1";
  if (digits == "4294967295") return "2^32-1";
  return digits;
}

std::string range_of(const json& field) {
  if (!field.contains("min")) return field.at("type") == "bool" ? "true, false" : "";
  const auto min = readable(field.at("min"));
  const auto max = readable(field.at("max"));
  const auto range = min == max ? min : min + " … " + max;
  const auto type = text(field.at("type"));
  if (type == "str" || type == "bin") return range + " bytes";
  if (type == "list") return range + " elements";
  return range;
}

std::string type_of(const json& field) {
  const auto type = text(field.at("type"));
  if (type != "list") return type == "event" ? "[event](#the-event)" : type;
  const auto& element = field.at("element");
  const auto of = text(element.at("type"));
  if (of == "event") return "list of [event](#the-event)";
  if (of == "list") return "list of arrays";
  if (!element.contains("min")) return "list of `" + of + "`";
  return "list of " + of + " (" + range_of(element) + ")";
}

std::string fields_table(const json& fields) {
  if (fields.empty()) return "No fields: the payload is the empty array, `90`.\n";
  std::string out = "| # | field | type | bounds | meaning |\n|---|---|---|---|---|\n";
  int number = 0;
  for (const auto& field : fields) {
    out += "| " + std::to_string(number++) + " | `" + text(field.at("name")) + "` | " +
           type_of(field) + " | " + range_of(field) + " | " +
           (field.contains("optional") ? "*optional*; " : "") + text(field.at("doc")) + " |\n";
  }
  return out;
}

std::string frame_index(const json& model) {
  std::string out = "| type | name | direction | answered by |\n|---|---|---|---|\n";
  for (const auto& frame : model.at("frames")) {
    out += "| `" + hex_byte(frame.at("type")) + "` | " + text(frame.at("name")) + " | " +
           text(frame.at("direction")) + " | " + frame.value("answer", std::string()) + " |\n";
  }
  return out;
}

std::string messages(const json& model, const std::string& direction) {
  std::string out;
  for (const auto& frame : model.at("frames")) {
    if (frame.at("direction") != direction) continue;
    out += "#### " + text(frame.at("name")) + " `" + hex_byte(frame.at("type")) + "`\n\n" +
           text(frame.at("doc")) + "\n\n" + fields_table(frame.at("fields")) + "\n";
  }
  out.pop_back();
  return out;
}

std::string named_records(const json& list) {
  std::string out;
  for (const auto& record : list) {
    out += "#### " + text(record.at("name")) + "\n\n";
    if (record.contains("where")) out += "Row: `" + text(record.at("where")) + "`.\n\n";
    out += fields_table(record.at("fields")) + "\n";
  }
  out.pop_back();
  return out;
}

std::string kinds(const json& model) {
  std::string out = "| kind | name | counts as unread | body |\n|---|---|---|---|\n";
  for (const auto& kind : model.at("event_kinds")) {
    out += "| " + text(kind.at("kind")) + " | " + text(kind.at("name")) + " | " +
           (kind.at("unread").get<bool>() ? "yes" : "no") + " | " + text(kind.at("body")) + " |\n";
  }
  return out;
}

/// Tables of numbers with a name and what they mean.
std::string numbered(const json& list, const char* number) {
  std::string out = "| " + std::string(number) + " | name | meaning |\n|---|---|---|\n";
  for (const auto& row : list)
    out += "| " + text(row.at(number)) + " | " + text(row.at("name")) + " | " +
           text(row.at("doc")) + " |\n";
  return out;
}

std::string errors(const json& model) {
  std::string out =
      "| code | name | class | meaning | what the client does |\n|---|---|---|---|---|\n";
  for (const auto& error : model.at("errors")) {
    out += "| " + text(error.at("code")) + " | `" + text(error.at("name")) + "` | " +
           text(error.at("class")) + " | " + text(error.at("text")) + " | " +
           text(error.at("client")) + " |\n";
  }
  return out;
}

std::string limits(const json& model) {
  std::string out = "| limit | value | meaning |\n|---|---|---|\n";
  for (const auto& limit : model.at("limits")) {
    out += "| `" + text(limit.at("name")) + "` | " + text(limit.at("value")) + " | " +
           text(limit.at("doc")) + " |\n";
  }
  return out;
}

outcome<std::string> table_called(std::string_view name) {
  const auto model = protocol_model();
  if (name == "frames") return frame_index(model);
  if (name == "requests") return messages(model, "request");
  if (name == "answers") return messages(model, "answer");
  if (name == "pushes") return messages(model, "push");
  if (name == "records") return named_records(model.at("records"));
  if (name == "event") return fields_table(model.at("event").at("fields"));
  if (name == "event_kinds") return kinds(model);
  if (name == "event_flags") return numbered(model.at("event_flags"), "bit");
  if (name == "inbox_kinds") return numbered(model.at("inbox_kinds"), "kind");
  if (name == "event_bodies") return named_records(model.at("event_bodies"));
  if (name == "errors") return errors(model);
  if (name == "limits") return limits(model);
  if (name == "stored_records") return named_records(stored_records_model());
  return failure{errc::invalid_argument, "there is no table `" + std::string(name) + "`"};
}

constexpr std::string_view marker = "<!-- table: ";
constexpr std::string_view marker_end = " -->\n";
constexpr std::string_view closing = "<!-- end -->";

}  // namespace

std::string protocol_json() {
  return protocol_model().dump(1) + "\n";
}

outcome<std::string> with_tables(std::string_view page) {
  std::string out;
  for (;;) {
    const auto open = page.find(marker);
    if (open == std::string_view::npos) break;
    const auto name_at = open + marker.size();
    const auto name_end = page.find(marker_end, name_at);
    const auto close = page.find(closing, name_at);
    if (name_end == std::string_view::npos || close == std::string_view::npos || close < name_end) {
      return failure{errc::invalid_argument, "a generated part of the page has no end"};
    }
    auto table = table_called(page.substr(name_at, name_end - name_at));
    if (!table.ok()) return table;
    out += page.substr(0, name_end + marker_end.size());
    out += "\n" + *table + "\n";
    page.remove_prefix(close);
  }
  return out += page;
}

}  // namespace conclave
