/// Reading the metrics page over HTTP.
#include "bench/node_page.h"

#include "client/endpoint.h"

#include <civetweb.h>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace conclave::bench {

node_numbers parse_node_page(std::string_view text) {
  node_numbers numbers;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string line(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.front() == '#') continue;
    const std::size_t name_end = line.find_first_of("{ ");
    const std::size_t labels_end = line.rfind('}');
    const std::size_t value_at =
        line.find(' ', labels_end == std::string::npos ? name_end : labels_end);
    if (name_end == std::string::npos || value_at == std::string::npos) continue;
    char* rest = nullptr;
    const double value = std::strtod(line.c_str() + value_at, &rest);
    if (rest != line.c_str() + value_at) numbers[line.substr(0, name_end)] += value;
  }
  return numbers;
}

outcome<node_numbers> read_node_page(const std::string& where) {
  const auto at = client::parse_endpoint(where);
  if (!at) return failure(at.error());
  static const unsigned ready = mg_init_library(0);
  static_cast<void>(ready);
  char why[200] = "";
  const auto none = [&] {
    return failure{errc::io_error, "no metrics page at http://" + where + "/metrics (" + why +
                                       "): set listen.metrics_port in the node's configuration"};
  };
  const std::unique_ptr<mg_connection, void (*)(mg_connection*)> http(
      mg_connect_client(at->host.c_str(), at->port, 0, why, sizeof why), mg_close_connection);
  if (http == nullptr) return none();
  mg_printf(http.get(), "GET /metrics HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n",
            at->host.c_str());
  constexpr int patience_ms = 5'000;
  if (mg_get_response(http.get(), why, sizeof why, patience_ms) < 0) return none();
  const int code = mg_get_response_info(http.get())->status_code;
  if (code != 200) {
    std::snprintf(why, sizeof why, "status %d", code);
    return none();
  }
  std::string page;
  char part[16'384];
  for (int size = 0; (size = mg_read(http.get(), part, sizeof part)) > 0;)
    page.append(part, static_cast<std::size_t>(size));
  const long long whole = mg_get_response_info(http.get())->content_length;
  if (static_cast<long long>(page.size()) != whole) {
    std::snprintf(why, sizeof why, "%zu of %lld bytes came", page.size(), whole);
    return none();
  }
  return parse_node_page(page);
}

}  // namespace conclave::bench
