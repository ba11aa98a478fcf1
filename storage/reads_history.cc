/// One page of a conversation's history. The rows' bytes are the events' wire bytes: they are
/// copied, and of most only the header is read; what takes the place of a row is shown_row's to
/// say. A member's spans cut the range of seqs; a page ends at the request's limit, at
/// limits::max_page_bytes, or at the end of what he may see. A first event larger than a page is
/// given alone, so that a reader always gets on.
#include "conf/limits.h"
#include "storage/reads.h"
#include "storage/reads_rows.h"

#include <algorithm>
#include <vector>

namespace conclave::storage {

namespace {

/// Gathers rows in the order in which they are read and knows when the page is full.
class page {
 public:
  explicit page(std::size_t limit) : limit_(limit) {}

  /// False: full, and `seq` is where the next page starts.
  bool add(event_seq seq, std::string_view event) {
    const bool too_many = sizes_.size() >= limit_;
    const bool too_large = !sizes_.empty() && bytes_.size() + event.size() > limits::max_page_bytes;
    if (too_many || too_large) {
      next_ = seq;
      return false;
    }
    bytes_.append(event);
    sizes_.push_back(event.size());
    return true;
  }

  bool full() const { return next_.value != 0; }
  event_seq next() const { return next_; }
  std::uint32_t count() const { return static_cast<std::uint32_t>(sizes_.size()); }

  std::string ascending() && { return std::move(bytes_); }

  /// The rows were read downwards: puts the last one first.
  std::string descending() && {
    std::string turned;
    turned.reserve(bytes_.size());
    std::size_t end = bytes_.size();
    for (auto size = sizes_.rbegin(); size != sizes_.rend(); ++size) {
      turned.append(bytes_, end - *size, *size);
      end -= *size;
    }
    return turned;
  }

 private:
  std::size_t limit_;
  std::string bytes_;
  std::vector<std::size_t> sizes_;
  event_seq next_{};
};

keys::range rows(tenant_id tenant, conversation_id conversation, const visible_span& stretch) {
  return {keys::event(tenant, conversation, stretch.first),
          keys::event(tenant, conversation, event_seq{stretch.last.value + 1})};
}

}  // namespace

outcome<history_slice> read_history(const state_view& view, tenant_id tenant, user_id reader,
                                    const history& request, time_ms now) {
  const conversation_id conversation = request.conversation;
  const auto who = reading_of(view, tenant, conversation, reader, now);
  if (!who) return who.error();
  history_slice slice;
  slice.head = who->last;
  if (!slice.head) return slice;

  const bool forward = request.direction == history_direction::forward;
  const event_seq from = !forward && !request.from ? slice.head : request.from;
  std::vector<visible_span> parts =
      forward ? stretches(who->member, from, slice.head)
              : stretches(who->member, event_seq{1}, std::min(from, slice.head));
  if (!forward) std::reverse(parts.begin(), parts.end());

  page result(request.limit);
  failure damage{errc::ok, {}};
  std::string scratch;
  const state_view::visitor take = [&](std::string_view, std::string_view value) {
    const auto header = read_event_header(value);
    if (!header) {
      damage = header.error();
      return false;
    }
    const auto shown = shown_row(view, tenant, conversation, *who, *header, value, scratch);
    if (!shown) {
      damage = shown.error();
      return false;
    }
    if (!result.add(header->seq, *shown)) return false;
    slice.due = sooner(slice.due, due_after(*header, now));
    return true;
  };
  for (const visible_span& part : parts) {
    const keys::range range = rows(tenant, conversation, part);
    const status read = forward ? view.scan(range, take) : view.scan_backward(range, take);
    if (!read) return read.error();
    if (damage.code != errc::ok) return damage;
    if (result.full()) break;
  }
  slice.count = result.count();
  slice.next = result.next();
  slice.bytes = forward ? std::move(result).ascending() : std::move(result).descending();
  return slice;
}

}  // namespace conclave::storage
