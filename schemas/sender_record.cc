/// The window of resends, and its bytes:
///
///   format u8 = 2 | floor varint | count varint | three columns: client_seq, seq, time | prints
///   column: (run length varint, difference to the value before as zigzag varint) until count is
///   full
///   prints: count times u16, big endian; format 1 ends before them
///
/// Columns rather than rows, because client_seq and seq mostly climb by one while only time jumps.
#include "schemas/sender_record.h"

#include "schemas/bytes.h"
#include "schemas/check.h"
#include "schemas/varint.h"

#include <algorithm>
#include <array>

namespace conclave {
namespace {

constexpr char sender_format = 2;
constexpr char format_without_prints = 1;

bool below(const sender_record::accepted& entry, std::uint64_t client_seq) {
  return entry.client_seq < client_seq;
}

/// The differences of one column, first of all to 0. Gathered before they are written, because
/// walking the entries is what costs.
struct column {
  std::array<std::uint64_t, sender_record::window> differences;
  std::uint64_t previous = 0;

  void put(std::size_t at, std::uint64_t value) {
    differences[at] = value - previous;
    previous = value;
  }

  void append_to(std::string& out, std::size_t count) const {
    for (std::size_t at = 0; at < count;) {
      const std::size_t first = at;
      while (at < count && differences[at] == differences[first]) ++at;
      append_varint(out, at - first);
      append_varint(out, zigzag(differences[first]));
    }
  }
};

/// Reads one column into `entries`; `put` stores a value in an entry.
template <class Entries, class Put>
bool read_column(std::string_view& rest, Entries& entries, Put put) {
  std::uint64_t value = 0;
  std::size_t filled = 0;
  while (filled < entries.size()) {
    std::uint64_t run = 0;
    std::uint64_t difference = 0;
    if (!read_varint(rest, run) || !read_varint(rest, difference)) return false;
    if (run == 0 || run > entries.size() - filled) return false;
    for (; run > 0; --run) {
      value += unzigzag(difference);
      put(entries[filled++], value);
    }
  }
  return true;
}

}  // namespace

sender_record::judgement sender_record::judge(std::uint64_t client_seq, std::uint16_t print) const {
  if (client_seq < floor_) return {verdict::expired, {}};
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), client_seq, below);
  if (at == entries_.end() || at->client_seq != client_seq) return {verdict::fresh, {}};
  const bool other = print != 0 && at->print != 0 && print != at->print;
  return {other ? verdict::reused : verdict::repeated, *at};
}

void sender_record::accept(const accepted& entry) {
  CONCLAVE_CHECK(judge(entry.client_seq).kind == verdict::fresh,
                 "only fresh requests are accepted");
  if (entry.client_seq > highest()) {
    entries_.push_back(entry);
  } else {
    entries_.insert(std::lower_bound(entries_.begin(), entries_.end(), entry.client_seq, below),
                    entry);
  }
  if (entries_.size() > window) {
    floor_ = entries_.front().client_seq + 1;
    entries_.pop_front();
  }
}

std::string sender_record::encode() const {
  std::string out(1, sender_format);
  append_varint(out, floor_);
  append_varint(out, entries_.size());
  column client_seqs;
  column seqs;
  column times;
  std::size_t count = 0;
  for (const auto& entry : entries_) {
    client_seqs.put(count, entry.client_seq);
    seqs.put(count, entry.seq.value);
    times.put(count, entry.time);
    ++count;
  }
  client_seqs.append_to(out, count);
  seqs.append_to(out, count);
  times.append_to(out, count);
  const std::size_t at = out.size();
  out.resize(at + count * sizeof(accepted::print));
  char* to = out.data() + at;
  for (const auto& entry : entries_) to = store_big_endian(to, entry.print);
  return out;
}

outcome<sender_record> sender_record::decode(std::string_view bytes) {
  const failure corrupt{errc::corrupt, "not a sender row"};
  if (bytes.empty()) return corrupt;
  const char format = bytes.front();
  if (format != sender_format && format != format_without_prints) return corrupt;
  bytes.remove_prefix(1);
  sender_record record;
  std::uint64_t count = 0;
  if (!read_varint(bytes, record.floor_) || !read_varint(bytes, count)) return corrupt;
  if (record.floor_ == 0 || count > window) return corrupt;
  auto& entries = record.entries_;
  entries.resize(static_cast<std::size_t>(count));
  if (!read_column(bytes, entries, [](accepted& e, std::uint64_t v) { e.client_seq = v; }) ||
      !read_column(bytes, entries, [](accepted& e, std::uint64_t v) { e.seq = event_seq(v); }) ||
      !read_column(bytes, entries, [](accepted& e, std::uint64_t v) { e.time = v; })) {
    return corrupt;
  }
  const std::size_t prints = format == sender_format ? entries.size() * sizeof(accepted::print) : 0;
  if (bytes.size() != prints) return corrupt;
  if (prints != 0) {
    const char* from = bytes.data();
    for (auto& entry : entries) {
      entry.print = load_big_endian<std::uint16_t>(from);
      from += sizeof(accepted::print);
    }
  }
  std::uint64_t lowest = record.floor_;
  for (const auto& entry : entries) {
    if (entry.client_seq < lowest || entry.client_seq == ~std::uint64_t{0}) return corrupt;
    lowest = entry.client_seq + 1;
  }
  return record;
}

}  // namespace conclave
